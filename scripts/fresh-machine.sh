#!/usr/bin/env bash
# Proves that one command is enough on a new machine: makes a bare Debian with
# only git, make, ca-certificates and Go, clones the committed state of this
# project into it, and runs the command there with every cache empty.
#
#   scripts/fresh-machine.sh [--suite bookworm|trixie] [--keep] [COMMAND…]
#
# COMMAND is `make test` unless given. Prints how long it took; exits with its
# status. --keep leaves the machine's folder for a look round.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/.." && pwd)
# shellcheck source=scripts/chroot.sh
. "$here/chroot.sh"

suite=bookworm
keep=""
while [ $# -gt 0 ]; do
  case $1 in
    --suite) suite=$2; shift 2 ;;
    --keep) keep=yes; shift ;;
    --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    --) shift; break ;;
    -*) echo "$0: unknown option $1" >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || set -- make test

chroot_check
base=$(chroot_base "$suite" git,make,ca-certificates)
machine=$(mktemp -d "$CHROOTS/fresh-$suite.XXXXXX")
leave() {
  if [ -n "$keep" ]; then echo "fresh $suite: kept in $machine"; else rm -rf "$machine"; fi
}
trap leave EXIT
chroot_copy "$base" "$machine"
chroot_go "$machine"
git clone -q --no-local "$repo" "$machine/root/lianmai"
[ -z "$(git -C "$repo" status --porcelain)" ] ||
  echo "fresh $suite: there are changes that are not committed; they are not part of this" >&2

echo "fresh $suite: $(git -C "$repo" log -1 --format='%h %s')"
echo "fresh $suite: $*"
mapfile -t vars < <(chroot_env)
started=$SECONDS
status=0
# shellcheck disable=SC2016 # the shell in the machine expands this
chroot_run "$machine" "${vars[@]}" sh -c 'cd /root/lianmai && exec "$@"' sh "$@" </dev/null || status=$?
took=$((SECONDS - started))

if [ "$status" = 0 ]; then result=passed; else result="FAILED with status $status"; fi
printf 'fresh %s: %s: %s in %d min %02d s, everything fetched and built from nothing\n' \
  "$suite" "$*" "$result" $((took / 60)) $((took % 60))
exit "$status"
