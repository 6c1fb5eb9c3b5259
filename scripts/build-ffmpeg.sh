#!/bin/sh
# Builds the minimal static FFmpeg of scripts/ffmpeg-version.sh into the user's
# cache folder. About four minutes on two cores; done once for each machine.
#
# With GCC its codecs are built twice: first with counters, with which train-ffmpeg.c
# runs them, then by what was counted. Decoding H.264 takes 3 to 5 % less by that.
#
# The source comes signed, as Debian's source package, from the mirror that this
# system already uses; elsewhere it is upstream's release, checked by its SHA-256.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/ffmpeg-version.sh"

UPSTREAM=https://ffmpeg.org/releases/ffmpeg-7.1.tar.xz
UPSTREAM_SHA256=40973d44970dbc83ef302b0609f2e74982be2d85916dd2ee7472d30678a7abe6
DEBIAN_SUITE=trixie

mkdir -p "$(dirname "$FFMPEG_PREFIX")"
work=$(mktemp -d "$FFMPEG_PREFIX.build.XXXXXX")
log="$work/log"
trap 'rm -rf "$work"' EXIT INT TERM
started=$(date +%s)

fail() {
  tail -n 25 "$log" >&2 || true
  keep="$(dirname "$FFMPEG_PREFIX")/build-ffmpeg.log"
  cp "$log" "$keep" 2>/dev/null || true
  echo "deps: $1; the whole log is in $keep" >&2
  exit 1
}

step() { printf 'deps: ffmpeg %s: %s\n' "$FFMPEG_VERSION" "$1"; }

# Fetches Debian's source package with an apt configuration of its own, so the
# system's is neither read for suites nor changed.
from_debian() {
  command -v apt-get >/dev/null 2>&1 || return 1
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 2>/dev/null |
    awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
  if [ -z "$mirror" ]; then
    mirror=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
      awk '$1 == "URIs:" && $2 !~ /security/ { print $2; exit }
           $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\// && $i !~ /security/) { print $i; exit } }')
  fi
  [ -n "$mirror" ] || return 1
  apt="$work/apt"
  mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache/archives/partial" "$work/download"
  printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$mirror" "$DEBIAN_SUITE" >"$apt/sources/source.sources"
  set -- -q -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$apt/sources" \
    -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
  apt-get "$@" update >>"$log" 2>&1 || return 1
  (cd "$work/download" && apt-get "$@" source --download-only ffmpeg) >>"$log" 2>&1 || return 1
  set -- "$work"/download/ffmpeg_7.*.orig.tar.*
  for tarball; do
    case $tarball in *.asc) ;; *) [ -e "$tarball" ] && break ;; esac
  done
  [ -e "$tarball" ]
}

from_upstream() {
  tarball="$work/ffmpeg.tar.xz"
  curl -fsSL --retry 3 -o "$tarball" "$UPSTREAM" >>"$log" 2>&1 || return 1
  echo "$UPSTREAM_SHA256  $tarball" | sha256sum -c - >>"$log" 2>&1
}

step "fetching the source"
: >"$log"
from_debian || from_upstream || fail "no source of FFmpeg could be fetched"
mkdir "$work/src"
tar -xf "$tarball" -C "$work/src" --strip-components=1 >>"$log" 2>&1 || fail "the source archive is broken"

step "configuring"
cd "$work/src"
# shellcheck disable=SC2086 # the options are words on purpose
./configure --prefix="$FFMPEG_PREFIX" --pkg-config-flags=--static $FFMPEG_OPTIONS >>"$log" 2>&1 ||
  fail "configure failed"

jobs=$(nproc 2>/dev/null || echo 2)
flags=""
if "${CC:-cc}" -v 2>&1 | grep -q '^gcc version'; then
  step "counting how its codecs are used (about 2 minutes on 2 cores)"
  libs="libavcodec/libavcodec.a libswresample/libswresample.a libavutil/libavutil.a"
  # shellcheck disable=SC2086 # the libraries are words on purpose
  make -j"$jobs" ECFLAGS="-fprofile-generate -fprofile-dir=$work/counts" $libs >>"$log" 2>&1 || fail "the build failed"
  # shellcheck disable=SC2046,SC2086
  "${CC:-cc}" -O2 -fprofile-generate -o "$work/train" "$here/train-ffmpeg.c" -I. $libs \
    $(pkg-config --libs x264) -lz -lm -lpthread >>"$log" 2>&1 || fail "train-ffmpeg.c cannot be built"
  "$work/train" >>"$log" 2>&1 || fail "train-ffmpeg.c failed"
  # What has counters is built anew; assembly stays.
  find . -name '*.o' -exec grep -q __gcov_ {} \; -exec rm {} +
  rm -f $libs
  # What was not run is built as if nothing had been counted, rather than for size.
  flags="-fprofile-use=$work/counts -fprofile-partial-training -Wno-missing-profile"
fi

step "building (about 2 minutes on 2 cores)"
make -j"$jobs" ECFLAGS="$flags" >>"$log" 2>&1 || fail "the build failed"
rm -rf "$FFMPEG_PREFIX"
make install >>"$log" 2>&1 || fail "the installation failed"
: >"$FFMPEG_PREFIX/.complete"
step "ready in $FFMPEG_PREFIX ($(($(date +%s) - started)) s)"
