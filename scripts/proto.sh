#!/bin/sh
# Remakes or checks what is generated from the API's protos: the Go beside them, the
# OpenAPI document of gateway, and docs/api.md. The tools are those of scripts/tools.sh.
# Needs no network once they are built.
#   scripts/proto.sh          format and lint the protos, then generate
#   scripts/proto.sh lint     check format, style, and that nothing breaks the clients of
#                             the last release; change nothing
#   scripts/proto.sh check    lint, and fail if what is committed is not what would be
#                             generated
#   scripts/proto.sh release  take the API as it is for that of the last release, which
#                             is kept in proto/released.binpb.gz
set -eu
cd "$(dirname "$0")/../proto"
tools=$(../scripts/tools.sh)
PATH="$tools:$PATH"
released=released.binpb.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# For our own plugins, which go runs from their source.
export CGO_ENABLED=0 CGO_LDFLAGS=""

lint() {
  buf format --diff --exit-code --path lianmai
  buf lint
  buf build --path lianmai --output "$work/now.binpb"
  buf breaking "$work/now.binpb" --against "$released" --exclude-imports --config buf.yaml --error-format=text || {
    echo "proto: this breaks clients of the last release (proto/$released)" >&2
    return 1
  }
}

generate() { # makes all of it below $work
  buf generate --output "$work"
  go -C ../tools run ./openapi ../gateway/openapi.overlay.json "$work/openapi" >"$work/openapi.json"
}

each() { # COMMAND: calls COMMAND MADE COMMITTED for each file
  for f in "$work"/go/lianmai/v1/*.go; do
    "$@" "$f" "${f#"$work/go/"}" || return 1
  done
  "$@" "$work/openapi.json" ../gateway/openapi.json && "$@" "$work/docs/api.md" ../docs/api.md
}

same() {
  cmp "$1" "$2" || { echo "run scripts/proto.sh: $2 is not what the protos say" >&2; return 1; }
}

case "${1:-generate}" in
generate)
  buf format --write --path lianmai
  buf lint
  generate
  each cp
  ;;
lint)
  lint
  ;;
check)
  lint
  generate
  each same
  ;;
release)
  buf build --path lianmai --exclude-source-info --output "$released"
  ;;
*)
  echo "usage: $0 [generate|lint|check|release]" >&2
  exit 2
  ;;
esac
