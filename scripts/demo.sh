#!/usr/bin/env bash
# Installs what is missing, builds the tool, and does the main job on the embedded data: the optimal softmax classifier of 1,347
# handwritten digits, with a proof of how close it is, and its score on 450 others.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-deps.sh
scripts/build.sh tool
echo
echo '$ poise train digits --l2 1e-3'
build/release/bin/poise train digits --l2 1e-3 --out build/demo-run --require-certificate
echo
echo '$ poise certify build/demo-run digits        # the proof again, from model and data alone'
build/release/bin/poise certify build/demo-run digits --require-certificate
