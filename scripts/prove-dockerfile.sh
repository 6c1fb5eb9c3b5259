#!/usr/bin/env bash
# Proves the Dockerfile where no Docker engine runs: reads it, carries out the
# steps of each stage in a bare Debian folder, then starts the image's command as
# its user with tokens and publish keys made by the image, asks its health check, has
# it mix a stream, and stops it by its stop signal.
#
#   scripts/prove-dockerfile.sh [--keep] [--file DOCKERFILE] [--build-arg NAME=VALUE]…
#
# The images named by FROM are stood in for by debootstrap: debian:SUITE-slim by a
# minimal SUITE, golang:VERSION-SUITE by the same with the compiler packages of
# that image and this machine's Go, whose version must match. An instruction that
# this script does not know is an error, so that it cannot pass by skipping one.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/.." && pwd)
# shellcheck source=scripts/chroot.sh
. "$here/chroot.sh"

file="$repo/Dockerfile"
keep=""
declare -A given=() roots=() arg_names=()
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=yes; shift ;;
    --file) file=$2; shift 2 ;;
    --build-arg) given[${2%%=*}]=${2#*=}; shift 2 ;;
    --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "$0: unknown argument $1" >&2; exit 2 ;;
  esac
done

chroot_check
mkdir -p "$CHROOTS"
work=$(mktemp -d "$CHROOTS/dockerfile.XXXXXX")
leave() {
  if [ -n "$keep" ]; then echo "kept in $work"; else rm -rf "$work"; fi
}
trap leave EXIT
mapfile -t network < <(chroot_env)
for pair in "${network[@]}"; do # as a caller's --build-arg GOPROXY=… would
  [ "${pair%%=*}" != GOPROXY ] || : "${given[GOPROXY]:=${pair#*=}}"
done

fail() { echo "$file: line $number: $*" >&2; exit 1; }

# State of the stage that is being built.
root="" stage="" workdir=/ user=root entrypoint=() command=() health=() stop=SIGTERM
env_pairs=()

run_step() { # COMMAND…: in the stage's folder, directory and environment, as its user
  local as=() home
  [ "$user" = root ] || as=(setpriv "--reuid=$user" "--regid=$user" --init-groups)
  home=$(chroot "$root" getent passwd "$user" | cut -d: -f6) # as Docker does
  chroot_run "$root" "HOME=$home" "${env_pairs[@]}" "${as[@]}" \
    sh -c 'cd "$1" && shift && exec "$@"' sh "$workdir" "$@"
}

stand_in() { # IMAGE: makes $root what the image is
  local suite version have
  case $1 in
    debian:*-slim)
      suite=${1#debian:}
      chroot_copy "$(chroot_base "${suite%-slim}" "")" "$root"
      ;;
    golang:*-*)
      suite=${1##*-} version=${1#golang:}
      version=${version%-*} have=$(go env GOVERSION)
      [[ "$have." == "go$version."* ]] || fail "$1 is wanted and this machine has $have"
      chroot_copy "$(chroot_base "$suite" ca-certificates,g++,gcc,git,libc6-dev,make,pkg-config)" "$root"
      chroot_go "$root"
      env_pairs+=(GOTOOLCHAIN=local "${network[@]}")
      ;;
    *) fail "no stand-in for the image $1" ;;
  esac
  # As in Debian's images: apt keeps no packages once they are installed.
  rm -rf "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };' \
    >"$root/etc/apt/apt.conf.d/docker-clean"
}

do_from() { # IMAGE [AS NAME]
  read -r image as stage <<<"$1"
  [ -z "$as" ] || [ "${as,,}" = as ] || fail "FROM $1 is not understood"
  stage=${stage:-final}
  root="$work/$stage"
  roots[$stage]=$root
  workdir=/ user=root entrypoint=() command=() health=() stop=SIGTERM env_pairs=()
  stand_in "$image"
}

do_copy() { # [--from=STAGE] SOURCE… TARGET
  local words from="$work/context" target source
  read -ra words <<<"$1"
  if [[ ${words[0]} == --from=* ]]; then
    from=${roots[${words[0]#--from=}]:-}
    [ -n "$from" ] || fail "COPY ${words[0]}: no such stage"
    words=("${words[@]:1}")
  elif [[ ${words[0]} == --* ]]; then
    fail "COPY ${words[0]} is not understood"
  fi
  target=${words[-1]}
  [[ $target == /* ]] || target="${workdir%/}/$target"
  [[ $target == */ || $target == */. || ${#words[@]} -gt 2 ]] && mkdir -p "$root$target"
  mkdir -p "$root$(dirname "$target")"
  for source in "${words[@]:0:${#words[@]}-1}"; do
    source="$from/${source#/}"
    if [ -d "$source" ]; then cp -a "$source/." "$root$target"; else cp -a "$source" "$root$target"; fi
  done
}

do_env() { # NAME=VALUE…
  local words pair
  read -ra words <<<"$1"
  for pair in "${words[@]}"; do
    [[ $pair == *=* && $pair != *[\$\"]* ]] || fail "ENV $pair is not understood"
    env_pairs+=("$pair")
  done
}

do_arg() { # NAME[=DEFAULT]
  local name=${1%%=*}
  arg_names[$name]=yes
  if [ -n "${given[$name]+set}" ]; then
    env_pairs+=("$name=${given[$name]}")
  elif [[ $1 == *=* ]]; then
    env_pairs+=("$1")
  fi
}

exec_form() { # JSON-ARRAY: prints its strings, one a line
  [[ $1 == \[*\] ]] || fail "only the form [\"…\"] is understood: $1"
  printf '%s\n' "$1" | sed 's/^\[ *"//; s/" *\]$//; s/" *, *"/\n/g'
}

instruction() { # NAME REST
  echo "── $1 $2"
  case $1 in
    FROM) do_from "$2" ;;
    RUN) run_step sh -c "$2" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; fail "RUN failed"; } ;;
    COPY) do_copy "$2" ;;
    ENV) do_env "$2" ;;
    ARG) do_arg "$2" ;;
    WORKDIR) workdir=$2; mkdir -p "$root$2" ;;
    USER) user=$2; chroot "$root" id "$user" >/dev/null || fail "there is no user $user" ;;
    STOPSIGNAL) stop=$2 ;;
    ENTRYPOINT) mapfile -t entrypoint < <(exec_form "$2") ;;
    CMD) mapfile -t command < <(exec_form "$2") ;;
    HEALTHCHECK) mapfile -t health < <(exec_form "${2#*CMD }") ;;
    EXPOSE | VOLUME | LABEL) ;; # they change nothing in the folder
    *) fail "the instruction $1 is not understood" ;;
  esac
}

make_context() { # the checkout as it stands, without what .dockerignore names
  local pattern skip=()
  while read -r pattern; do
    case $pattern in
      '' | '#'*) ;;
      '!'*) echo ".dockerignore: $pattern is not understood" >&2; exit 1 ;;
      '**/'*) skip+=(--no-anchored "--exclude=${pattern#\*\*/}") ;;
      *) skip+=(--anchored "--exclude=./$pattern") ;;
    esac
  done <"$repo/.dockerignore"
  mkdir "$work/context"
  tar -C "$repo" -c "${skip[@]}" . | tar -C "$work/context" -x
}

setting() { # NAME: prints what ENV says in the stage
  local pair value=""
  for pair in "${env_pairs[@]}"; do
    [ "${pair%%=*}" != "$1" ] || value=${pair#*=}
  done
  [ -n "$value" ] || fail "ENV has no $1"
  echo "$value"
}

check_result() { # of the last stage: links, user, command, health, a mix, stop
  local script tokens keys status=0
  mapfile -t script < <(printf '%q\n' "${entrypoint[@]}" "${command[@]}")
  [ "$user" != root ] || fail "the command would run as root"
  if run_step ldd "/usr/local/bin/${entrypoint[0]}" | grep 'not found'; then fail "libraries are missing"; fi
  run_step sh -c 'touch . && echo "user $(id -un), uid $(id -u), may write in $(pwd)"'
  run_step "${entrypoint[@]}" --help | head -n 5

  tokens=$(setting LIANMAI_TOKENS) keys=$(setting LIANMAI_PUBLISH_KEYS)
  CHROOT_NET=own run_step timeout 10 "${entrypoint[@]}" "${command[@]}" || status=$?
  [ "$status" != 0 ] && [ "$status" != 124 ] || fail "it serves without tokens and keys"
  echo "without tokens and keys it ends with status $status"
  token=$(run_step "${entrypoint[@]}" token new --name proof --scope mix,template --file "$tokens")
  run_step sh -c 'umask 077; openssl rand -hex 32 >"$1"' sh "$keys"
  CHROOT_NET=own run_step "${entrypoint[@]}" doctor || fail "the doctor finds fault"

  # One shell in the container's own network starts the command as Docker would, asks
  # the health check for up to 15 s, calls and publishes with and without the right to,
  # and sends the stop signal.
  # shellcheck disable=SC2016 # the shell in the folder expands these
  CHROOT_NET=own run_step sh -c '
    token=$1 keys=$2
    '"${script[*]}"' & pid=$!
    for n in $(seq 30); do
      '"${health[*]}"' >/dev/null 2>&1 && break
      kill -0 $pid || { echo "ended by itself"; exit 1; }
      sleep 0.5
    done
    '"${health[*]}"' || { echo "not healthy after 15 s"; exit 1; }
    echo "healthy"
    '"${entrypoint[*]}"' mix list 2>&1 && { echo "it serves callers without a token"; exit 1; }
    sign() { '"${entrypoint[*]}"' token stream "rtmp://127.0.0.1/live/$1" --publish-keys "$keys" --for 1h; }
    timeout 2 '"${entrypoint[*]}"' publish --pattern 1 rtmp://127.0.0.1/live/host 2>&1 | grep -q Publish.Denied ||
      { echo "it takes streams without a key"; exit 1; }
    '"${entrypoint[*]}"' publish --pattern 1 "$(sign host)" >/dev/null 2>&1 & publisher=$!
    export LIANMAI_TOKEN=$token
    '"${entrypoint[*]}"' mix start --id proof --size 320x180 --input host=rtmp://127.0.0.1/live/host --output "$(sign mix)" &&
      '"${entrypoint[*]}"' check rtmp://127.0.0.1/live/mix --duration 5s --expect-participants 1 &&
      '"${entrypoint[*]}"' mix list || { echo "it does not mix"; exit 1; }
    kill -s '"${stop#SIG}"' $pid
    wait $pid; status=$?
    kill $publisher
    echo "ended with status $status after '"$stop"'"; exit $status' sh "$token" "$keys"
}

make_context
number=0 logical="" started=$SECONDS
while IFS= read -r line || [ -n "$line" ]; do
  number=$((number + 1))
  [[ $line =~ ^[[:space:]]*(#|$) ]] && continue
  if [[ $line == *\\ ]]; then
    logical+="${line%\\} "
    continue
  fi
  logical=$(printf '%s' "$logical$line" | tr -s ' ')
  instruction "${logical%% *}" "${logical#* }"
  logical=""
done <"$file"
for name in "${!given[@]}"; do
  [ -n "${arg_names[$name]:-}" ] || echo "note: the Dockerfile has no ARG $name" >&2
done

check_result
printf 'the Dockerfile holds: %d s, the last image is %s unpacked\n' \
  $((SECONDS - started)) "$(du -shx "$root" | cut -f1)"
