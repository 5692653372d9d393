#!/usr/bin/env bash
# Installs a build into a scratch folder, then configures, builds and runs a project that knows nothing but find_package(poise).
#   run.sh BUILD_DIR SOURCE_DIR
set -euo pipefail
build="$1" source="$2" scratch="$1/consumer"
rm -rf "$scratch"
cmake --install "$build" --prefix "$scratch/prefix" >/dev/null
cmake -S "$source/tests/consumer" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$scratch/prefix" -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$scratch/build" >/dev/null
"$scratch/build/consumer"
for file in share/man/man1/poise.1 share/bash-completion/completions/poise; do
  [ -s "$scratch/prefix/$file" ] || { echo "run.sh: $file is not installed" >&2; exit 1; }
done
"$scratch/prefix/bin/poise" --version
