#!/usr/bin/env bash
# Proves that setup works on a machine that has nothing: makes a minimal Debian (debootstrap's minbase with bash, git and apt) in a
# temporary folder, clones this checkout's HEAD into it, and runs there scripts/demo.sh, scripts/test.sh and scripts/demo.sh again.
#   scripts/check_bare.sh [bookworm|trixie]     default: bookworm
#     --cache DIR    keep downloaded packages and the compiler's cache in DIR from one run to the next
#     --folder DIR   where the temporary folder goes (default: $TMPDIR or /var/tmp; wants 12 GB)
#     --only-demo    leave scripts/test.sh out
# Needs root (chroot, mounts) and debootstrap. Packages come from where this machine's apt gets them, with its proxies, certificates
# and npm registry. All mounts and processes live in a namespace of their own and end with the script. Logs: build/bare/.
set -euo pipefail
cd "$(dirname "$0")/.."
usage() { sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0"; }
refuse() { echo "check_bare.sh: $1" >&2; exit "${2:-2}"; }

release=bookworm cache="" parent="${TMPDIR:-/var/tmp}" steps=(demo test demo) inside=""
while [ $# -gt 0 ]; do
  case "$1" in
    bookworm | trixie) release=$1 ;;
    --cache) cache=$(realpath -m "${2:?a folder}"); shift ;;
    --folder) parent=$(realpath -m "${2:?a folder}"); shift ;;
    --only-demo) steps=(demo demo) ;;
    --inside) inside=${2:?a folder}; shift ;;  # the script calls itself with it
    --help) usage; exit 0 ;;
    *) refuse "unknown argument '$1'; expected bookworm, trixie, --cache, --folder, --only-demo or --help" ;;
  esac
  shift
done

[ "$(id -u)" -eq 0 ] || refuse "needs root, for chroot and mounts; hint: sudo scripts/check_bare.sh $release" 6
for tool in debootstrap git unshare; do
  command -v "$tool" >/dev/null || refuse "needs $tool; hint: apt-get install debootstrap git util-linux" 6
done

if [ -z "$inside" ]; then
  [ -z "$(git status --porcelain)" ] || echo "check_bare.sh: uncommitted changes are not part of what is checked" >&2
  mkdir -p "$parent"
  folder=$(mktemp -d "$parent/poise-bare-$release-XXXXXX")
  child=""
  trap '[ -z "$child" ] || { kill -KILL "$child" && wait "$child"; } 2>/dev/null; rm -rf --one-file-system "$folder"' EXIT
  trap 'exit 130' INT TERM HUP
  again=(--inside "$folder" "$release")
  [ -z "$cache" ] || again+=(--cache "$cache")
  [ ${#steps[@]} -eq 3 ] || again+=(--only-demo)
  unshare --mount --pid --fork --kill-child --mount-proc --propagation private bash scripts/check_bare.sh "${again[@]}" &
  child=$!  # in the background, or bash would heed signals only after it; all that runs in the namespace ends with it
  code=0
  wait "$child" || code=$?
  child=""
  exit "$code"
fi

# What apt gets from Debian on this machine, as lines "address suite", the main archive first; nothing on another system.
debian_sources() {
  local host
  host=$(. /etc/os-release && echo "${VERSION_CODENAME:-none}")
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
    awk -v host="$host" -v to="$release" \
      '$3 == "Debian" && $4 == "main" && $2 ~ "^" host "(-updates|-security)?$" {sub(host, to, $2); print length($2), $1, $2}' |
    sort -n | cut -d' ' -f2- | uniq
}

make_root() {
  local mirror options=(--variant=minbase --include=bash,git,apt)
  mirror=$(debian_sources | head -1 | cut -d' ' -f1)
  [ "${mirror#https}" = "$mirror" ] || options=(--variant=minbase --include=bash,git,apt,ca-certificates)
  if [ -n "$cache" ]; then
    mkdir -p "$cache/packages-$release/partial" "$cache/ccache"
    options+=(--cache-dir="$cache/packages-$release")
  fi
  debootstrap "${options[@]}" "$release" "$inside" ${mirror:+"$mirror"}
  [ -z "$mirror" ] || debian_sources | sed 's/^/deb /; s/$/ main/' >"$inside/etc/apt/sources.list"
  apt-config dump 2>/dev/null | grep -E '^Acquire::(https?|Check-Valid-Until|Check-Date|Retries|ForceIPv[46])\b' \
    >"$inside/etc/apt/apt.conf.d/90host" || true
  for file in /etc/resolv.conf /etc/hosts; do [ ! -e "$file" ] || cp -L "$file" "$inside$file"; done
  printf '#!/bin/sh\nexit 101\n' >"$inside/usr/sbin/policy-rc.d"  # a chroot starts no services
  chmod +x "$inside/usr/sbin/policy-rc.d"
}

mount_all() {
  mount -t proc proc "$inside/proc"
  mkdir -p "$inside/dev/pts" "$inside/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$inside/dev/pts"
  ln -sf pts/ptmx "$inside/dev/ptmx"
  mount -t tmpfs -o mode=1777 tmpfs "$inside/dev/shm"
  if [ -n "$cache" ]; then
    mkdir -p "$inside/var/cache/ccache"
    mount --bind "$cache/packages-$release" "$inside/var/cache/apt/archives"
    mount --bind "$cache/ccache" "$inside/var/cache/ccache"
  fi
}

# The environment inside: empty except for what this machine needs to reach its registries.
environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb)
fill_environment() {
  local name value
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -z "${!name:-}" ] || environment+=("$name=${!name}")
  done
  if command -v npm >/dev/null; then
    for name in registry proxy https-proxy; do
      value=$(npm config get "$name" 2>/dev/null || true)
      case "$value" in '' | null | undefined) ;; *) environment+=("npm_config_${name//-/_}=$value") ;; esac
    done
  fi
  if [ -r "${NODE_EXTRA_CA_CERTS:-}" ]; then
    cp -L "$NODE_EXTRA_CA_CERTS" "$inside/root/host-certificates.crt"
    environment+=(NODE_EXTRA_CA_CERTS=/root/host-certificates.crt npm_config_cafile=/root/host-certificates.crt)
  fi
  if [ -r "${PIP_CERT:-}" ]; then
    cp -L "$PIP_CERT" "$inside/root/pip-certificates.crt"
    environment+=(PIP_CERT=/root/pip-certificates.crt)
  fi
  [ -z "$cache" ] || environment+=(CCACHE_DIR=/var/cache/ccache CCACHE_BASEDIR=/root CCACHE_NOHASHDIR=1)
}

# Runs scripts/NAME.sh in the clone; its output goes to a log whose end is shown.
run_step() {
  local name=$1 log="$logs/$2-$1.log" code=0
  echo "== scripts/$name.sh"
  TIMEFORMAT='%R s, %U s of processor time'
  { time chroot "$inside" env -i "${environment[@]}" bash -c "cd /root/poise && bash scripts/$name.sh" </dev/null >"$log" 2>&1; } \
    2>"$inside/time" || code=$?
  tail -n 25 "$log"
  verdict+=("scripts/$name.sh: exit code $code, $(cat "$inside/time")")
  [ "$code" -eq 0 ] || failed=1
}

trap 'exit 130' INT TERM HUP
if [ -z "${http_proxy:-}" ]; then  # debootstrap asks the environment, apt its own settings
  eval "$(apt-config shell proxy Acquire::http::Proxy 2>/dev/null || true)"
  [ -z "${proxy:-}" ] || export http_proxy="$proxy"
fi
logs="$PWD/build/bare/$release"
mkdir -p "$logs"
echo "== a bare $release in $inside"
make_root >"$logs/0-debootstrap.log" 2>&1 || { tail -20 "$logs/0-debootstrap.log" >&2; refuse "debootstrap failed" 6; }
git clone --quiet --no-hardlinks "$PWD" "$inside/root/poise"
mount_all
fill_environment
failed=0 number=0 verdict=()
for step in "${steps[@]}"; do run_step "$step" $((++number)); done
echo "== bare $release, commit $(git -C "$inside/root/poise" rev-parse --short HEAD), $(nproc) processors"
printf '%s\n' "${verdict[@]}"
[ "$failed" -eq 0 ] && echo "passed" || echo "FAILED (logs in build/bare/$release)"
exit "$failed"
