#!/bin/sh
# Says whether the code calls anything that has a known vulnerability, by govulncheck.
# Exits 1 for one in a module that go.mod names: a newer version is the cure. One in the
# Go that this machine builds with is told and no failure: no change here cures it.
#
# The database is the module golang.org/x/vulndb, so whoever can download the other
# modules can have it: looked for once a day, checked against Go's checksum database.
# Without it nothing is checked, and that is said. The result is kept until the code, the
# modules, Go or the database change.
set -eu
cd "$(dirname "$0")/.."

# What is used where the newest cannot be looked up.
KNOWN=v0.0.0-20261105234957-e22db6528018

cache="${XDG_CACHE_HOME:-$HOME/.cache}/lianmai/vulncheck"
mkdir -p "$cache"
db=$(cat "$cache/db-$(date +%F)" 2>/dev/null) || {
  rm -f "$cache"/db-*
  if db=$(cd / && go list -m -f '{{.Version}}' golang.org/x/vulndb@latest 2>/dev/null); then
    echo "$db" >"$cache/db-$(date +%F)"
  else
    db=$KNOWN
  fi
}
dir=$(cd / && go mod download -json "golang.org/x/vulndb@$db" 2>/dev/null | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p') || true
if [ ! -d "$dir/data/osv" ]; then
  echo "govulncheck: NOT CHECKED: the database golang.org/x/vulndb cannot be reached"
  exit 0
fi

tools=$(scripts/tools.sh)

# What counts is the Go that go.mod names; another that this machine builds with is told.
builds=$(go env GOVERSION)
named=$(sed -n 's/^toolchain //p' go.mod)
if [ -n "$named" ] && GOTOOLCHAIN=$named go version >/dev/null 2>&1; then
  export GOTOOLCHAIN="$named"
fi
with=$(go env GOVERSION)
[ "$with" = "$builds" ] || with="$with, which go.mod names; this machine builds with $builds: GOTOOLCHAIN=auto takes the right one"

key="$db $builds $(go env GOVERSION) $(git ls-files -co --exclude-standard go.mod go.sum '*.go' scripts/vulncheck.sh | tr '\n' '\0' | xargs -0 cat | cksum)"
if [ "$(sed 1q "$cache/result" 2>/dev/null)" = "$key" ]; then
  sed 1d "$cache/result"
  exit 0
fi

# govulncheck reads a folder of reports as well as a database with indexes.
status=0
out=$("$tools/govulncheck" -db "file://$dir/data/osv" ./... 2>&1) || status=$?
brief=$(echo "$out" | grep -v '^      #[0-9]*: .*' || true)
case "$status" in
0) said="govulncheck: nothing known as of ${db%-*} with $with" ;;
3)
  if echo "$out" | grep -q '^  Module: '; then
    printf 'govulncheck: take a newer version of what is found here\n%s\n' "$brief" >&2
    exit 1
  fi
  said="govulncheck: no module, but $(go env GOVERSION) itself: build releases with $(echo "$out" |
    sed -n 's/^    Fixed in: .*@\(go[0-9.]*\)$/\1/p' | sort -Vu | tail -1) ($(echo "$out" |
    sed -n 's/^Vulnerability #[0-9]*: //p' | sort -u | tr '\n' ' ' | sed 's/ $//'))"
  ;;
*)
  printf 'govulncheck failed\n%s\n' "$out" >&2
  exit 1
  ;;
esac
printf '%s\n%s\n' "$key" "$said" >"$cache/result.new" && mv "$cache/result.new" "$cache/result"
echo "$said"
