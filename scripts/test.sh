#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test and check.
#   scripts/test.sh                release build, all tests, house checks; the Python package, where PyPI can be reached
#   scripts/test.sh --debug        also the tests of a build for debuggers (-Og), with the assertions of our libraries
#   scripts/test.sh --odr          also the tests of a build that is linked as one program (-flto -Wodr): no name twice
#   scripts/test.sh --sanitize     also the tests under address and undefined-behavior sanitizers, with assertions
#   scripts/test.sh --sanitize-fast  of these what is fast, and where hostile bytes arrive: readers, arithmetic, losses, models
#   scripts/test.sh --thread       also the tests under the thread sanitizer
#   scripts/test.sh --fuzz         also every fuzz target for 60 s
set -euo pipefail
cd "$(dirname "$0")/.."
debug=0 odr=0 sanitize=0 sanitize_fast=0 thread=0 fuzz=0
for argument in "$@"; do
  case "$argument" in
    --debug) debug=1 ;;
    --odr) odr=1 ;;
    --sanitize) sanitize=1 ;;
    --sanitize-fast) sanitize_fast=1 ;;
    --thread) thread=1 ;;
    --fuzz) fuzz=1 ;;
    *) echo "test.sh: unknown argument '$argument' (expected --debug, --odr, --sanitize, --sanitize-fast, --thread or --fuzz)" >&2; exit 2 ;;
  esac
done

scripts/install-deps.sh --test
scripts/check.sh
scripts/build.sh release
ctest --preset release --no-tests=error -j "$(nproc)"
scripts/test_python.sh
for preset in debug odr; do
  [ "${!preset}" -eq 1 ] || continue
  scripts/build.sh "$preset"
  ctest --preset "$preset" --no-tests=error -j "$(nproc)"
done
if [ "$sanitize" -eq 1 ]; then
  scripts/build.sh asan
  ctest --preset asan --no-tests=error -j "$(nproc)"
fi
if [ "$sanitize_fast" -eq 1 ]; then
  scripts/build.sh asan base_test rows_test data_test loss_test network_test
  ctest --preset asan --no-tests=error -j "$(nproc)" -L '^(base|rows|data|loss|network)$'
fi
if [ "$thread" -eq 1 ]; then
  scripts/build.sh tsan base_test convex_test data_test learning_test
  ctest --preset tsan --no-tests=error -j "$(nproc)" -L '^(base|convex|data|learning)$'
fi
if [ "$fuzz" -eq 1 ]; then
  scripts/install-deps.sh --fuzz
  scripts/fuzz.sh 60
fi
