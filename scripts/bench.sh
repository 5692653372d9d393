#!/usr/bin/env bash
# Runs one benchmark of bench/ and prints its Markdown tables.
#   scripts/bench.sh peers [--sets mnist,digits] [--peers sklearn,torch] [--minutes 25] [--poise build/release/bin/poise]
#   scripts/bench.sh readers [--repetitions 5]
#   scripts/bench.sh NAME --save            also writes them to bench/results/<today>/NAME.md, with machine, commit and command
# scripts/install-deps.sh --bench installs the peers. PYTHON chooses the interpreter (default: Debian's, which has them; of
# peers and cluster the environments that scripts/bench_python.sh makes of PyPI's).
set -euo pipefail
cd "$(dirname "$0")/.."

names=$(cd bench && for file in */__main__.py; do printf '%s ' "$(dirname "$file")"; done)
name=${1:-}
if [ -z "$name" ] || [ ! -f "bench/$name/__main__.py" ]; then
  echo "usage: scripts/bench.sh NAME [options]; NAME is one of: $names" >&2
  exit 2
fi
shift

if [[ $name = peers || $name = cluster ]] && [ -z "${PYTHON:-}" ]; then
  scripts/bench_python.sh
  [ "$name" = peers ] && PYTHON=build/bench/python/main/bin/python || PYTHON=build/bench/python/cluster/bin/python
fi
export PYTHONPATH=bench PYTHONPYCACHEPREFIX=build/bench/pycache
exec "${PYTHON:-/usr/bin/python3}" -m "$name" "$@"
