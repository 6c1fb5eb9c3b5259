#!/bin/sh
# Prints the folder with the tools that tools/go.mod pins: buf, its plugins and
# govulncheck. What is not there yet is built once into the user's cache folder, which
# takes about two minutes on two cores; their bytes are checked against tools/go.sum.
set -eu
cd "$(dirname "$0")/../tools"

# A folder of its own for each set of versions and compiler.
dir="${XDG_CACHE_HOME:-$HOME/.cache}/lianmai/tools/api-$(cat go.mod go.sum | cksum | cut -d' ' -f1)-$(go env GOVERSION)"
if [ ! -d "$dir" ]; then
  echo "building buf and govulncheck, once" >&2
  mkdir -p "${dir%/*}"
  new=$(mktemp -d "$dir.XXXXXX")
  trap 'rm -rf "$new"' EXIT
  # CGO_LDFLAGS is for Lianmai, not for tools.
  CGO_ENABLED=0 CGO_LDFLAGS="" GOFLAGS="" go build -trimpath -o "$new/" tool >&2
  # Another run may have been quicker; then its folder is as good.
  mv "$new" "$dir" 2>/dev/null || [ -d "$dir" ]
fi
echo "$dir"
