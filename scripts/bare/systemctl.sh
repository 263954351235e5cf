#!/bin/sh
# Stands in for systemctl in a chroot, where no systemd can run: it reads the units that Vigie wrote and does what they
# say of ExecStart, User, EnvironmentFile and Restart=always, with real processes. Only what `vigie` asks for.
set -e
state=/run/stand-in
mkdir -p "$state"
value() { sed -n "s/^$2=//p" "/etc/systemd/system/${1%.service}.service" | head -n 1; }

supervise() {
  unit=$1
  user=$(value "$unit" User)
  file=$(value "$unit" EnvironmentFile)
  # Stopped and started again meanwhile, it is another one's.
  while [ "$(cat "$state/$unit.wanted" 2>/dev/null)" = "$2" ]; do
    # shellcheck disable=SC2046 # A unit's words are words.
    setpriv --reuid "${user:-root}" --regid "${user:-root}" --init-groups env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
      $(if [ -n "$file" ]; then grep -v '^#' "$file"; fi) $(value "$unit" ExecStart) >>"/var/log/$unit" 2>&1 &
    echo $! >"$state/$unit.pid"
    wait $! || true
    echo $(($(cat "$state/$unit.restarts") + 1)) >"$state/$unit.restarts"
    sleep 0.2
  done
}
start() {
  [ ! -e "$state/$1.wanted" ] || return 0
  echo 0 >"$state/$1.restarts"
  echo "$$" >"$state/$1.wanted"
  setsid sh "$0" supervise "$1" "$$" >/dev/null 2>&1 </dev/null &
}
stop() {
  [ -e "$state/$1.wanted" ] || return 0
  rm "$state/$1.wanted"
  while [ ! -e "$state/$1.pid" ]; do sleep 0.05; done
  # Read once: whoever was killed while it stopped leaves this behind, and the next may start the unit meanwhile.
  pid=$(cat "$state/$1.pid")
  kill "$pid" 2>/dev/null || true
  while [ -d "/proc/$pid" ]; do sleep 0.05; done
}

command=$1
shift
case "$command" in
  supervise) supervise "$1" "$2" ;;
  daemon-reload | enable) ;;
  # It also forgets how often a unit was started again (systemctl(1)).
  reset-failed) for unit in "$@"; do echo 0 >"$state/${unit%.service}.restarts"; done ;;
  start) start "${1%.service}" ;;
  stop) stop "${1%.service}" ;;
  restart | try-restart)
    stop "${1%.service}"
    start "${1%.service}"
    ;;
  disable) for unit in "$@"; do [ "$unit" = --now ] || stop "${unit%.service}"; done ;;
  show)
    case "$1" in
      *NRestarts) cat "$state/vigie.restarts" 2>/dev/null || echo 0 ;;
      *) echo active ;;
    esac
    ;;
  *)
    echo "the stand-in of systemctl does not know $command" >&2
    exit 1
    ;;
esac
