#!/bin/sh
# Installs what Lianmai needs to build and to test itself, and nothing that is
# already there. With everything in place it only looks, in well under a second.
#
# On Debian and Ubuntu, as root or with passwordless sudo, it installs the
# packages. Anywhere else it prints what to install and stops.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ffmpeg-version.sh"

need() { missing="$missing $1"; }
missing=""

have_header() { echo "#include <$1>" | ${CC:-cc} -E -x c - >/dev/null 2>&1; }

command -v "${CC:-cc}" >/dev/null 2>&1 || need build-essential
command -v make >/dev/null 2>&1 || need make
command -v pkg-config >/dev/null 2>&1 || need pkg-config
command -v nasm >/dev/null 2>&1 || need nasm
command -v ffmpeg >/dev/null 2>&1 || need ffmpeg
[ -x /usr/sbin/nginx ] || command -v nginx >/dev/null 2>&1 || need nginx
[ -e /usr/lib/nginx/modules/ngx_rtmp_module.so ] || need libnginx-mod-rtmp
if [ -z "$missing" ]; then
  pkg-config --exists x264 || need libx264-dev
  # Debian 12 and 13 ship libyuv without a .pc file.
  have_header libyuv.h || need libyuv-dev
  have_header zlib.h || need zlib1g-dev
else
  missing="$missing libx264-dev libyuv-dev zlib1g-dev"
fi

if ! command -v go >/dev/null 2>&1; then
  echo "deps: Go is not installed; Lianmai needs the version named in go.mod: see https://go.dev/doc/install" >&2
  exit 1
fi

if [ -n "$missing" ]; then
  if ! command -v apt-get >/dev/null 2>&1; then
    cat >&2 <<MSG
deps: this system has no apt-get. Please install, by your own package manager:
  a C compiler, make, pkg-config, nasm, ffmpeg (the command), nginx with its RTMP module,
  and the development files of libx264, libyuv and zlib
Debian's names of what was not found:$missing
MSG
    exit 1
  fi
  if [ "$(id -u)" = 0 ]; then
    root=""
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    root="sudo"
  else
    echo "deps: please run, as root:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends$missing" >&2
    exit 1
  fi
  echo "deps: installing$missing"
  log=$(mktemp)
  # Debian's nginx starts itself when it is installed; the tests only need the
  # binary, so say no to service starts while these packages are set up.
  if ! { $root env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
         $root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
           apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "deps: apt-get failed; its whole output is in $log" >&2
    exit 1
  fi
  rm -f "$log"
fi

if ffmpeg_from_system || [ -e "$FFMPEG_PREFIX/.complete" ]; then
  exit 0
fi
exec "$here/build-ffmpeg.sh"
