#!/usr/bin/env bash
# House rules that a compiler does not see: layers, namespaces, tests that documents cite, self-contained public headers, formatting.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0

# A folder is a layer; includes point only downwards (ARCHITECTURE.md).
layers=(base rows data network loss convex learning thermo run report serve theory experiments cli)
for ((upper = 0; upper < ${#layers[@]}; ++upper)); do
  for ((above = upper + 1; above < ${#layers[@]}; ++above)); do
    if grep -rn "#include \"${layers[above]}/" "src/${layers[upper]}" 2>/dev/null; then
      echo "check: src/${layers[upper]} includes src/${layers[above]}, which is above it" >&2
      failed=1
    fi
  done
done
if grep -rnE '#include "(base|rows|data|network|loss|convex|learning|thermo|run|report|serve|theory|experiments|cli)/' include; then
  echo "check: a public header includes a private one" >&2
  failed=1
fi

# The library never prints, exits or aborts (DESIGN): that is for src/cli and the progress stream it passes in.
if grep -rnE '\b(std::)?(cout|cerr|printf|puts|exit|abort)\b *[(<]' src/base src/rows src/data src/network src/loss src/convex src/learning src/thermo src/report src/serve src/theory; then
  echo "check: the library must not print, exit or abort" >&2
  failed=1
fi

# Nor does it change what belongs to the process it is a guest in.
if grep -rnE '\b(setenv|putenv|unsetenv|signal|sigaction|setlocale|mallopt|umask|chdir|omp_[a-z_]+|openblas_[a-z_]+) *\(' src/base src/rows src/data src/network src/loss src/convex src/learning src/thermo src/run src/report src/theory src/experiments; then
  echo "check: the library must leave environment, signals and threads of the process alone" >&2
  failed=1
fi

# A folder is a namespace, too (two folders with one name in it would be merged by the linker). Documents cite tests as
# proof, link to each other, and are cited by sources: all of it must be there.
if command -v python3 > /dev/null; then
  python3 scripts/check_namespaces.py || failed=1
  python3 scripts/check_cited_tests.py || failed=1
  python3 scripts/check_links.py || failed=1
else
  echo "check: python3 is not installed, namespaces, cited tests and links not checked" >&2
fi

# Every public header compiles alone.
for header in include/poise/*.h include/poise/*/*.h; do
  if ! echo "#include \"${header#include/}\"" |
       g++ -std=c++20 -fsyntax-only -Wall -Wextra -Werror -Iinclude -isystem /usr/include/eigen3 -x c++ -; then
    echo "check: $header does not compile alone" >&2
    failed=1
  fi
done

# What describes data, options and errors does not make its users wait for Eigen, which is most of the time of <poise/poise.h>.
for header in class_weight dual_process error estimate measuring rows schema solver version; do
  if g++ -std=c++20 -M -Iinclude -isystem /usr/include/eigen3 -x c++ "include/poise/$header.h" | grep -q '/Eigen/'; then
    echo "check: include/poise/$header.h includes Eigen" >&2
    failed=1
  fi
done

# Formatted copies are compared, since --dry-run counts what is replaced by the same text: `}  // namespace a::inline b` (clang-format 16).
format=$(command -v clang-format-16 || true)
if [ -n "$format" ]; then
  mapfile -t sources < <(git ls-files '*.h' '*.cc')
  formatted=$(mktemp -d)
  trap 'rm -rf "$formatted"' EXIT
  cp --parents -t "$formatted" .clang-format "${sources[@]}"
  (cd "$formatted" && "$format" -i "${sources[@]}")
  for source in "${sources[@]}"; do
    cmp -s "$source" "$formatted/$source" || { echo "check: run clang-format-16 -i $source" >&2; failed=1; }
  done
else
  echo "check: clang-format-16 is not installed, formatting not checked" >&2
fi
exit "$failed"
