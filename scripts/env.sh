#!/bin/sh
# Prints the variables with which plain `go build` and `go test` find FFmpeg:
#   eval "$(make -s env)"
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/ffmpeg-version.sh"

if ffmpeg_from_system; then
  exit 0 # pkg-config and the linker find everything by themselves
fi
PKG_CONFIG_PATH="$FFMPEG_PREFIX/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
export PKG_CONFIG_PATH
echo "export PKG_CONFIG_PATH='$PKG_CONFIG_PATH'"
echo "export CGO_LDFLAGS='-O2 -g $(pkg-config --libs --static libavcodec libavdevice libavfilter \
  libavformat libswresample libswscale libavutil | tr -s ' ')'"
