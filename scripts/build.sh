#!/usr/bin/env bash
# Configures and builds one preset (default: release) with as many jobs as memory allows: scripts/build.sh [PRESET [TARGET…]]
# Targets: all (default), poise_cli (the tool), … as CMake names them. The preset `tool` builds the tool alone, and asks for no test.
# A terminal sees one line that counts; elsewhere one line says what is built, and the log is shown if that fails.
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
build=(cmake --build --preset "$preset" -j "$jobs" ${targets[@]+"${targets[@]}"})
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
  exec "${build[@]}"
fi
log="build/$preset.log"
echo "building ${*:-$preset} on $jobs of $cores processors; the log is $log"
if ! "${build[@]}" >"$log" 2>&1; then
  { grep -v '^\[[0-9]*/' "$log" || true; } | tail -n 60 >&2
  echo "build.sh: failed; all of the log is in $log" >&2
  exit 1
fi
warnings=$(grep -c 'warning:' "$log" || true)
[ "$warnings" -eq 0 ] || echo "build.sh: $warnings warnings in $log"
