#!/bin/sh
# Vigie. `vigie help` tells what it can do. This file is made by `npm run bundle`.
set -e
here=$(dirname "$(readlink -f "$0")")
node="$here/bin/node"
# A user's options are meant for another Node.
unset NODE_OPTIONS

if [ ! -e /lib64/ld-linux-x86-64.so.2 ] && [ ! -e /lib/ld-linux-aarch64.so.1 ]; then
  echo 'vigie: this system has no glibc (Alpine, NixOS?): run the Docker image there, or use Debian, Ubuntu or Fedora.' >&2
  exit 1
fi
# What its Node is linked against (Debian 10, Ubuntu 18.10, RHEL 8).
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc 2\.\([0-9]*\).*/\1/p')
if [ "${glibc:-28}" -lt 28 ]; then
  echo "vigie: this system's glibc 2.$glibc is older than 2.28: take Debian 11, Ubuntu 20.04, RHEL 8 or newer, or the Docker image." >&2
  exit 1
fi
# shellcheck disable=SC2195 # The first half is filled in when the bundle is made.
case "@TARGET@-$(uname -m)" in
  linux-x64-x86_64 | linux-arm64-aarch64) ;;
  *)
    echo "vigie: this is Vigie for @TARGET@, and this machine is $(uname -m): take the other archive." >&2
    exit 1
    ;;
esac

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
