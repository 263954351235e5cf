#!/bin/sh
# Vigie. `vigie help` tells what it can do. This file is made by `npm run bundle`.
set -e
here=$(dirname "$(readlink -f "$0")")
node="$here/bin/node"
# A user's options are meant for another Node.
unset NODE_OPTIONS

# Where it cannot run it says so in a sentence with its cure, instead of what the loader says.
cannot() {
  echo "vigie: $1." >&2
  exit 1
}
# shellcheck disable=SC2194 # The word is filled in when the bundle is made.
case "@TARGET@" in
  linux-x64) cpu=x86_64 loader=/lib64/ld-linux-x86-64.so.2 ;;
  linux-arm64) cpu=aarch64 loader=/lib/ld-linux-aarch64.so.1 ;;
esac
machine=$(uname -m)
case "$machine" in
  x86_64 | aarch64) ;;
  *) cannot "Vigie runs on x64 and arm64, not on $machine: install it on another machine, whose page \"Add a machine\" lets this one report" ;;
esac
# A 64-bit kernel may run a 32-bit system: Raspberry Pi OS is made so.
if [ ! -e "$loader" ] && [ "$(getconf LONG_BIT 2>/dev/null)" = 32 ]; then
  cannot 'this is a 32-bit system: install a 64-bit one, such as Debian or Raspberry Pi OS 64-bit'
fi
[ "$machine" = "$cpu" ] || cannot "this is Vigie for @TARGET@, and this machine is $machine: take the other archive"
# On musl another loader may bear the name of glibc's (gcompat); then nobody knows a version of glibc.
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc 2\.\([0-9]*\).*/\1/p')
if [ ! -e "$loader" ] || { [ -z "$glibc" ] && ls /lib/ld-musl-* >/dev/null 2>&1; }; then
  cannot 'this system has no glibc (Alpine, NixOS?): run the Docker image there, or use Debian, Ubuntu or Fedora'
fi
# What its Node is linked against (Debian 10, Ubuntu 18.10, RHEL 8).
if [ "${glibc:-28}" -lt 28 ]; then
  cannot "this system's glibc 2.$glibc is older than 2.28: take Debian 11, Ubuntu 20.04, RHEL 8 or newer, or the Docker image"
fi

# Where settings come from: the service's file once it is installed, else .env beside this file.
case "$here" in
  /opt/vigie/*) settings=/etc/vigie/vigie.env ;;
  *) settings="$here/.env" ;;
esac

case "${1:-serve}" in
  serve)
    if [ $# -gt 1 ]; then
      echo "vigie: serve takes no argument; settings stand in $settings" >&2
      exit 2
    fi
    if [ "$settings" = /etc/vigie/vigie.env ] && [ "$(id -u)" = 0 ]; then
      echo 'vigie: root would make files that the service cannot change: systemctl start vigie' >&2
      exit 1
    fi
    cd "$here"
    if [ -e "$settings" ]; then
      set -- "--env-file=$settings"
    else
      set --
    fi
    exec env @ENVIRONMENT@ "$node" @FLAGS@ "$@" api/dist/main.js
    ;;
  agent)
    shift
    exec "$node" "$here/agent/dist/agent.mjs" "$@"
    ;;
  *)
    exec "$node" "$here/bin/vigie.mjs" "$@"
    ;;
esac
