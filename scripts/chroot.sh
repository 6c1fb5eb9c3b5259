# shellcheck shell=bash
# Sourced by fresh-machine.sh and prove-dockerfile.sh: bare Debian systems in
# folders, to build in as if on another machine. Needs root, debootstrap and
# util-linux's unshare.
#
# Bases are kept in $CHROOTS, so that only the first run fetches them. The mirror
# is the one that this system's own apt uses; no host is written down here.

CHROOTS=${LIANMAI_CHROOTS:-/var/tmp/lianmai-chroots}

chroot_check() { # stops with a message if this machine cannot do it
  [ "$(id -u)" = 0 ] || { echo "$0: needs root, for chroot and mounts" >&2; exit 1; }
  for tool in debootstrap unshare ip apt-get go; do
    command -v "$tool" >/dev/null || { echo "$0: needs $tool" >&2; exit 1; }
  done
}

debian_mirror() { # LABEL: prints this system's mirror of "Debian" or "Debian-Security"
  # shellcheck disable=SC2016 # apt expands these, not the shell
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' |
    awk -v label="$1" '$2 == "Debian" && $3 == label { print $1; exit }'
}

chroot_base() { # SUITE PACKAGES: prints the folder of a minimal SUITE with PACKAGES (by commas)
  local suite=$1 packages=$2 main security base
  base="$CHROOTS/$suite-$(printf %s "$packages" | cksum | cut -d' ' -f1)"
  if [ ! -e "$base/.complete" ]; then
    main=$(debian_mirror Debian)
    security=$(debian_mirror Debian-Security)
    [ -n "$main" ] || { echo "$0: apt knows no Debian mirror" >&2; return 1; }
    mkdir -p "$CHROOTS"
    rm -rf "$base"
    echo "bare $suite: fetching (once)" >&2
    debootstrap --variant=minbase ${packages:+--include="$packages"} "$suite" "$base" "$main" >"$base.log" 2>&1 ||
      { tail -n 5 "$base.log" >&2; return 1; }
    {
      echo "deb $main $suite main"
      echo "deb $main $suite-updates main"
      [ -z "$security" ] || echo "deb $security $suite-security main"
    } >"$base/etc/apt/sources.list"
    # How this machine reaches the mirror (a proxy, a timeout) is its own affair.
    apt-config dump | grep -E '^Acquire::(http|https)::' >"$base/etc/apt/apt.conf.d/90machine" || true
    : >"$base/.complete"
  fi
  echo "$base"
}

chroot_copy() { # BASE DIR: makes DIR a fresh copy of BASE that can reach the network
  rm -rf "$2"
  cp -a --reflink=auto "$1" "$2"
  cp -L /etc/resolv.conf /etc/hosts "$2/etc/"
  # The certificate authorities that this machine trusts, for the Go module proxy.
  mkdir -p "$2/etc/ssl"
  cp -L /etc/ssl/certs/ca-certificates.crt "$2/etc/ssl/machine.crt"
}

chroot_go() { # DIR: copies this machine's Go into DIR
  mkdir -p "$1/usr/local"
  cp -a --reflink=auto "$(go env GOROOT)" "$1/usr/local/go"
}

chroot_env() { # prints the variables by which this machine reaches the Go module proxy
  local name value
  for name in GOPROXY GOSUMDB GOPRIVATE GONOPROXY GONOSUMDB GOINSECURE; do
    value=$(go env "$name")
    [ -z "$value" ] || echo "$name=$value"
  done
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -z "${!name:-}" ] || echo "$name=${!name}"
  done
  echo SSL_CERT_FILE=/etc/ssl/machine.crt
}

# chroot_run DIR COMMAND… runs COMMAND as root in DIR with a clean environment
# (HOME, PATH, LANG and what `env` arguments in COMMAND add), its own /proc and
# /dev. It has its own process namespace: whatever it leaves running dies with it.
# With CHROOT_NET=own it has its own loopback too, and no other network.
chroot_run() {
  local dir=$1 net=""
  shift
  [ "${CHROOT_NET:-}" != own ] || net=--net
  # shellcheck disable=SC2016 # the inner shell expands these
  unshare --mount --pid --fork --kill-child $net bash -euc '
    dir=$1 net=$2
    shift 2
    [ -z "$net" ] || ip link set lo up
    mount -t proc proc "$dir/proc"
    mount --rbind /dev "$dir/dev"
    exec chroot "$dir" env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
      PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
  ' bash "$dir" "$net" "$@"
}
