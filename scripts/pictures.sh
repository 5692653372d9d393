#!/usr/bin/env bash
# Makes the pictures of README and docs: scripts/pictures.sh [--comparisons] [TOOL]
# From runs on the embedded digits; with --comparisons also docs/reports, from a softmax layer and the same network trained by
# three rules on MNIST and on Fashion-MNIST (a quarter of an hour on one core; the data sets as `poise train mnist` finds them).
# Needs what scripts/install-deps.sh --test installs (Chromium, playwright-core).
set -euo pipefail
cd "$(dirname "$0")/.."
compares=0
if [ "${1:-}" = --comparisons ]; then compares=1; shift; fi
tool="$(realpath "${1:-build/release/bin/poise}")"
runs="$(mktemp -d)"
trap 'rm -rf "$runs"' EXIT

compare() {  # on the data set $1: the same rows held out, the same seed
  local train=("$tool" train "$1" --validation 0.1 --threads 1 --no-report --quiet)
  "${train[@]}" --out "$runs/$1/softmax layer"
  for rule in adjoint equilibrium predictive-coding; do
    "${train[@]}" --hidden 128 --rule "$rule" --epochs 15 --out "$runs/$1/$rule"
  done
  mkdir -p docs/reports
  (cd "$runs/$1" && "$tool" report "softmax layer" adjoint equilibrium predictive-coding --quiet -o "$OLDPWD/docs/reports/$1.html")
  rm "docs/reports/$1.md"
}

if [ "$compares" = 1 ]; then
  compare mnist
  compare fashion-mnist
fi
node scripts/pictures.mjs "$tool" "$runs" docs/pictures docs/reports
ls -l docs/pictures docs/reports
