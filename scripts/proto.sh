#!/bin/sh
# Remakes or checks the API's generated code with the tools pinned in tools/go.mod.
# Needs no network once Go's module cache holds them.
#   scripts/proto.sh         format and lint the protos, then generate
#   scripts/proto.sh lint    check format and style, change nothing
#   scripts/proto.sh check   lint, and fail if the committed code is not what would be generated
set -eu
cd "$(dirname "$0")/../proto"
buf() { go tool -modfile=../tools/go.mod buf "$@"; }

case "${1:-generate}" in
generate)
  buf format --write --path lianmai
  buf lint
  buf generate
  ;;
lint)
  buf format --diff --exit-code --path lianmai
  buf lint
  ;;
check)
  buf format --diff --exit-code --path lianmai
  buf lint
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
  buf generate --output "$out"
  for f in lianmai/v1/*.pb.go; do
    cmp "$f" "$out/$f" || { echo "run scripts/proto.sh: $f is not what its proto says" >&2; exit 1; }
  done
  ;;
*)
  echo "usage: $0 [generate|lint|check]" >&2
  exit 2
  ;;
esac
