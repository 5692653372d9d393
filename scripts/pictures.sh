#!/usr/bin/env bash
# Makes the pictures of README and docs from runs on the embedded digits: scripts/pictures.sh [TOOL]
# Needs what scripts/install-deps.sh --test installs (Chromium, playwright-core).
set -euo pipefail
cd "$(dirname "$0")/.."
tool="$(realpath "${1:-build/release/bin/poise}")"
runs="$(mktemp -d)"
trap 'rm -rf "$runs"' EXIT
node scripts/pictures.mjs "$tool" "$runs" docs/pictures
ls -l docs/pictures
