#!/usr/bin/env bash
# Configures and builds one preset (default: release) with as many jobs as memory allows: scripts/build.sh [PRESET [TARGET…]]
# Targets: all (default), poise_cli (the tool alone), … as CMake names them.
set -euo pipefail
cd "$(dirname "$0")/.."
preset="${1:-release}"
shift || true
targets=()
[ $# -eq 0 ] || targets=(--target "$@")
jobs=$(( $(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo) ))
cores=$(nproc)
[ "$jobs" -gt "$cores" ] && jobs=$cores
[ "$jobs" -lt 1 ] && jobs=1
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" -j "$jobs" ${targets[@]+"${targets[@]}"}
