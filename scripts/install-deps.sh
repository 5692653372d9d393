#!/usr/bin/env bash
# Installs what the build and the tests need, on Debian 12 and 13. Quiet and idempotent: a second run does nothing.
#   scripts/install-deps.sh            what `scripts/demo.sh` needs (compiler and libraries)
#   scripts/install-deps.sh --test     also what `scripts/test.sh` needs (oracles, formatter, onnxruntime, a browser)
#   scripts/install-deps.sh --bench    also the peers of `scripts/bench.sh`
#   scripts/install-deps.sh --fuzz     also clang with libFuzzer
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(g++ cmake ninja-build ccache libeigen3-dev libgmp-dev libhwy-dev zlib1g-dev liblzma-dev libzstd-dev libfmt-dev
          libcli11-dev nlohmann-json3-dev libcpp-httplib-dev)
test_packages=(libgtest-dev libgmock-dev libprotobuf-dev protobuf-compiler libonnx-dev libopenmpi-dev openmpi-bin make groff-base python3 python3-dev python3-venv python3-numpy python3-scipy python3-mpmath python3-sklearn
               python3-torch python3-onnx nodejs npm chromium fonts-dejavu-core)
bench_packages=(python3-numpy python3-scipy python3-sklearn python3-torch python3-onnx libopenblas-openmp-dev libblis-openmp-dev liblinear-tools
                r-base-core r-cran-glmnet libdlib-dev
                # the public sets of `scripts/bench.sh defaults`, which leaves out what is not here
                r-cran-mass r-cran-rpart r-cran-survival r-cran-mlbench r-cran-kernlab r-cran-modeldata r-cran-cardata r-cran-aer
                r-cran-vcdextra r-cran-ddalpha r-cran-randomforest r-cran-dslabs r-cran-ggplot2 r-cran-caret r-cran-th.data
                r-cran-mclust r-cran-psychtools r-cran-pscl r-cran-hsaur3 r-cran-ade4)
clang=$(scripts/clang_version.sh)
fuzz_packages=("clang-$clang" "libclang-rt-$clang-dev" "libfuzzer-$clang-dev")
# The layout is that of clang-format 16, which Debian 13 lacks: scripts/check.sh says there that it is not checked.
[ "$clang" -ne 16 ] || test_packages+=(clang-format-16)

want_node=0
for argument in "$@"; do
  case "$argument" in
    --test) packages+=("${test_packages[@]}"); want_node=1 ;;
    --bench) packages+=("${bench_packages[@]}") ;;
    --fuzz) packages+=("${fuzz_packages[@]}") ;;
    *) echo "install-deps.sh: unknown argument '$argument' (expected --test, --bench or --fuzz)" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${packages[@]}"; do
  # A tool that is already there from another source (Node.js, say) serves as well as Debian's.
  case "$package" in nodejs) command -v node >/dev/null && continue ;; npm) command -v npm >/dev/null && continue ;; esac
  [ "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" = "install ok installed" ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing: ${missing[*]}" >&2
  sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "install-deps.sh: needs root (or sudo) to install: ${missing[*]}" >&2; exit 6; }
    sudo="sudo"
  fi
  log=$(mktemp)
  if ! { $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
         $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -20 "$log" >&2
    rm -f "$log"
    exit 6
  fi
  rm -f "$log"
fi

# The ONNX oracle. Its post-install step would fetch GPU libraries, hence --ignore-scripts.
if [ "$want_node" -eq 1 ] && [ ! -d tests/onnx/node_modules/onnxruntime-node ] && [ -f tests/onnx/package.json ]; then
  echo "installing: onnxruntime-node" >&2
  npm ci --prefix tests/onnx --ignore-scripts --no-audit --no-fund --silent >&2
fi
# What drives Debian's Chromium, and the rules of accessibility.
if [ "$want_node" -eq 1 ] && [ ! -d tests/report/browser/node_modules/playwright-core ]; then
  echo "installing: playwright-core axe-core" >&2
  npm ci --prefix tests/report/browser --ignore-scripts --no-audit --no-fund --silent >&2
fi
