#!/usr/bin/env bash
# Prints which clang this Debian has with libFuzzer beside it: 16 (Debian 12) or 19 (13 and later).
set -euo pipefail
version=$(. /etc/os-release && echo "${VERSION_ID:-12}")
if [ "${version%%.*}" = 12 ]; then echo 16; else echo 19; fi
