#!/bin/sh
# Reads the code without running it: gofmt, go vet, staticcheck, shellcheck, the API's
# protos (scripts/proto.sh check) and what is known to be vulnerable (scripts/vulncheck.sh).
# All of them run, so that one go shows every finding; exits 1 if there was any.
# Which package may import which is a test of its own: internal/rooms.
#
# staticcheck is built once into the user's cache folder (30 s on two cores). The
# version is pinned here; its bytes are checked against the Go checksum database.
set -u

STATICCHECK=honnef.co/go/tools/cmd/staticcheck@v0.8.2

cd "$(dirname "$0")/.." || exit 1
eval "$(scripts/env.sh)"
failed=0

found() { # NAME OUTPUT: reports a linter's findings, if it has any
  [ -z "$2" ] && return
  printf 'lint: %s\n%s\n' "$1" "$2" >&2
  failed=1
}

found "gofmt -d shows what to change in" \
  "$(git ls-files -co --exclude-standard '*.go' | grep -v '\.pb\(\.gw\)\?\.go$' | tr '\n' '\0' | xargs -0r gofmt -l)"

go vet ./... && go -C tools vet ./... || failed=1

# A file of its own for each version; CGO_LDFLAGS is for Lianmai, not for tools.
tools="${XDG_CACHE_HOME:-$HOME/.cache}/lianmai/tools/${STATICCHECK##*@}-$(go env GOVERSION)"
[ -x "$tools/staticcheck" ] ||
  CGO_ENABLED=0 CGO_LDFLAGS="" GOBIN="$tools" go install "$STATICCHECK" || exit 1
"$tools/staticcheck" ./... || failed=1

if command -v shellcheck >/dev/null 2>&1; then
  git ls-files 'scripts/*.sh' .ci/run | tr '\n' '\0' | xargs -0r shellcheck -x -P scripts -S warning || failed=1
else
  echo "lint: shellcheck is not installed; the shell scripts were not checked"
fi

scripts/proto.sh check || failed=1
scripts/vulncheck.sh || failed=1

[ "$failed" = 0 ] && echo "lint: clean"
exit "$failed"
