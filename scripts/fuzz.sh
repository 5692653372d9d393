#!/usr/bin/env bash
# Builds the fuzz targets and runs each from its seeds: scripts/fuzz.sh [seconds each, default 60] [target…]
# Ends with an error at the first input that is neither read nor refused properly; it is left in build/fuzz/found/.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || for source in fuzz/*_fuzz.cc; do targets+=("$(basename "$source" _fuzz.cc)"); done
clang=$(scripts/clang_version.sh)
cmake --preset fuzz -DCMAKE_C_COMPILER="clang-$clang" -DCMAKE_CXX_COMPILER="clang++-$clang" >/dev/null
if ! cmake --build --preset fuzz --target "${targets[@]/%/_fuzz}" >build/fuzz.log 2>&1; then
  { grep -v '^\[[0-9]*/' build/fuzz.log || true; } | tail -n 60 >&2
  echo "fuzz: the targets cannot be built; all of the log is in build/fuzz.log" >&2
  exit 1
fi
mkdir -p build/fuzz/found
for target in "${targets[@]}"; do
  corpus=build/fuzz/corpus/$target  # what libFuzzer finds stays out of the repository
  mkdir -p "$corpus"
  if ! build/fuzz/bin/"${target}_fuzz" -max_total_time="$seconds" -rss_limit_mb=4096 -max_len=4096 -timeout=20 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/found/$target-" "$corpus" fuzz/corpus/"$target" >build/fuzz/"$target".log 2>&1; then
    tail -40 build/fuzz/"$target".log >&2
    echo "fuzz: $target failed; the input is in build/fuzz/found/" >&2
    exit 1
  fi
  echo "fuzz: $target clean, $(grep -oP 'number_of_executed_units: \K\d+' build/fuzz/"$target".log) inputs in ${seconds} s"
done
