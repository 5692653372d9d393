#!/usr/bin/env bash
# Builds the Python package and tests it beside the oldest scikit-learn it supports and the newest there is; its own
# checks beside one between them, too.
# Needs PyPI; where that cannot be reached it says so and succeeds.
#   scripts/test_python.sh [PYTEST ARGUMENTS]
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
folder=build/python

export PIP_DISABLE_PIP_VERSION_CHECK=1

environment() {  # NAME PACKAGE…: build/python/NAME with these packages, made once
  local name=$1
  shift
  if [ "$(cat "$folder/$name/packages" 2>/dev/null)" != "$*" ]; then
    "$python" -m venv --clear "$folder/$name"
    "$folder/$name/bin/pip" install --quiet "$@"
    echo "$*" > "$folder/$name/packages"
  fi
}

mkdir -p "$folder"
[ -x "$folder/probe/bin/pip" ] || "$python" -m venv "$folder/probe"  # Debian's python3 has no pip of its own
if ! reason=$("$folder/probe/bin/pip" download --quiet --no-deps --dest "$folder/reached" nanobind 2>&1); then
  echo "test_python.sh: PyPI cannot be reached; the Python package is not tested: ${reason##*$'\n'}" >&2
  exit 0
fi
environment oldest numpy scipy "scikit-learn==1.6.*" pytest pandas polars pyarrow mypy ruff
environment middle numpy scipy "scikit-learn==1.8.*" pytest  # for scikit-learn's own checks alone
environment newest numpy scipy scikit-learn pytest onnx onnxruntime statsmodels lightgbm tensorboard "dask[array,dataframe]" distributed

# With the compiler's name and the warnings that scripts/build.sh has, ccache knows what that has built.
werror=$(grep -qs -- -Werror build/release/build.ninja && echo ON || echo OFF)
export CXX=${CXX:-c++} CC=${CC:-cc}
rm -rf "$folder/wheel"
nice "$folder/newest/bin/pip" wheel --quiet --no-deps --wheel-dir "$folder/wheel" \
  --config-settings=cmake.define.POISE_WERROR="$werror" .
for name in oldest middle newest; do
  "$folder/$name/bin/pip" install --quiet --no-deps --force-reinstall "$folder"/wheel/*.whl
  "$folder/$name/bin/python" -c "import sklearn, sys; print('scikit-learn', sklearn.__version__, 'on Python', sys.version.split()[0])"
  checks=()
  [ "$name" != middle ] || checks=(-k "scikit_learns_checks")
  "$folder/$name/bin/python" -m pytest -q "${checks[@]}" "$@"
done
"$folder/newest/bin/python" tests/python/sklearn_logistic.py  # scikit-learn's own tests of its estimator, on ours
