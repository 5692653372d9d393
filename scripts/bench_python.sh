#!/usr/bin/env bash
# Makes the Python environments of `scripts/bench.sh peers`: the peers as PyPI has them today, and Poise's own package.
#   scripts/bench_python.sh [FOLDER]        (default build/bench/python) FOLDER/main, and one beside it for a peer that does
#                                           not go together with the others; FOLDER/cluster for `scripts/bench.sh cluster`;
#                                           FOLDER/missing.txt: what is missing, and why
# What is there is left alone: remove FOLDER to begin anew. PYTHON chooses the interpreter. PyTorch brings CUDA along: 6 GB.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
folder=${1:-build/bench/python}
main=$folder/main
export PIP_DISABLE_PIP_VERSION_CHECK=1

peers=(torch scikit-learn-intelex cyanure skglm glum snapml liblinear-official adelie)
declare -A imported=([scikit-learn-intelex]=sklearnex [liblinear-official]=liblinear.liblinear [dask-ml]=dask_ml.linear_model)

reason() {  # of a failure, from its log: the last line of what failed, or of pip
  local said
  said=$(grep -vE '^ *$|×|originates from|See above|end of output|exit code|subprocess-exited|\[notice\]' "$1" |
    grep -iE 'error|require|no matching|not found|conflict' | tail -1 | sed 's/^ *//' | cut -c1-200) || true
  echo "${said:-$(tail -1 "$1" | cut -c1-200)}"
}

try() {  # ENVIRONMENT PACKAGE [PIP ARGUMENTS…]: installed, and imported
  local environment=$1 package=$2
  shift 2
  "$environment/bin/pip" install --quiet "$@" "$package" > "$folder/$package.log" 2>&1 &&
    "$environment/bin/python" -c "import ${imported[$package]:-$package}" >> "$folder/$package.log" 2>&1
}

add() {  # PACKAGE: into the environment of all without changing numpy, or into one of its own
  local package=$1
  if try "$main" "$package" -c "$folder/constraints.txt"; then return; fi
  "$main/bin/pip" uninstall --quiet --yes "$package" > /dev/null 2>&1 || true
  "$python" -m venv "$folder/$package"
  if try "$folder/$package" "$package"; then return; fi
  rm -rf "${folder:?}/$package"
  echo "$package: $(reason "$folder/$package.log")" >> "$folder/missing.txt"
}

if [ ! -f "$folder/done" ]; then
  rm -rf "$folder"
  mkdir -p "$folder"
  "$python" -m venv "$main"
  "$main/bin/pip" install --quiet numpy scipy scikit-learn onnx onnxruntime
  "$main/bin/pip" freeze | grep -iE '^(numpy|scipy|scikit-learn)==' > "$folder/constraints.txt"
  : > "$folder/missing.txt"
  for package in "${peers[@]}"; do
    echo "bench_python.sh: $package" >&2
    add "$package"
  done
  touch "$folder/done"
fi

cluster=$folder/cluster
if [ ! -f "$cluster/done" ]; then
  "$python" -m venv --clear "$cluster"
  "$cluster/bin/pip" install --quiet scikit-learn "dask[array,dataframe]" distributed
  for package in dask-ml pyspark; do  # Spark wants Java, too
    try "$cluster" "$package" || echo "$package: $(reason "$folder/$package.log")" >> "$folder/missing.txt"
  done
  touch "$cluster/done"
fi

# Poise's package of this commit, for the paths; as scripts/test_python.sh builds it.
sources=(src include python CMakeLists.txt)
commit=$(printf 'HEAD:%s\n' "${sources[@]}" | xargs git rev-parse | sha256sum)$(git diff HEAD -- "${sources[@]}" | sha256sum)
if [ "$(cat "$folder/poise" 2> /dev/null)" != "$commit" ]; then
  werror=$(grep -qs -- -Werror build/release/build.ninja && echo ON || echo OFF)
  rm -rf "$folder/wheel"
  CXX=${CXX:-c++} CC=${CC:-cc} nice "$main/bin/pip" wheel --quiet --no-deps --wheel-dir "$folder/wheel" \
    --config-settings=cmake.define.POISE_WERROR="$werror" .
  for environment in "$main" "$cluster"; do
    "$environment/bin/pip" install --quiet --no-deps --force-reinstall "$folder"/wheel/*.whl
  done
  echo "$commit" > "$folder/poise"
fi
cat "$folder/missing.txt" >&2
