#!/bin/bash
# Many commands at once and in a row with the runtime $1: no hang, no leak, no zombie.
. /in/lib.sh
make_image
mkdir -p /tmp/bundle
echo "# $($rt --version | head -n 1)"
(cd /tmp/bundle && crun spec)
jq '.process.terminal = false | .process.args = ["sleep", "1000"] | .root.path = "/tmp/image/root"' /tmp/bundle/config.json >/tmp/bundle/c && mv /tmp/bundle/c /tmp/bundle/config.json

# one NAME: a whole life with whatever commands get in between; prints what went wrong
one() {
  local p
  timeout 120 $rt create --bundle /tmp/bundle --pid-file "/tmp/$1.pid" "$1" </dev/null >/dev/null 2>"/tmp/$1.err" || { echo "create $1: $(cat "/tmp/$1.err")"; return; }
  timeout 120 $rt start "$1" || echo "start $1"
  case $((RANDOM % 4)) in
    0) [ "$(timeout 120 $rt exec "$1" echo "$1" </dev/null)" = "$1" ] || echo "exec $1" ;;
    1) timeout 120 $rt state "$1" | jq -e '.status == "running"' >/dev/null || echo "state $1" ;;
    2) timeout 120 $rt list -q >/dev/null || echo "list" ;;
    3) timeout 120 $rt pause "$1" || echo "pause $1"; timeout 120 $rt resume "$1" || echo "resume $1" ;;
  esac
  p=$(cat "/tmp/$1.pid")
  timeout 120 $rt kill "$1" KILL || echo "kill $1"
  timeout 120 $rt delete --force "$1" || echo "delete $1"
  [ ! -e "/proc/$p" ] || ! grep -q '^State:.[RSD]' "/proc/$p/status" 2>/dev/null || echo "$1 is alive"
}
count=200
for ((i = 0; i < count; i++)); do one "many$i" & done >/tmp/many 2>&1
wait
same "$count containers at once: no complaint" "" "$(head -n 5 /tmp/many)"
same "none is left" "" "$($rt list -q)"

$rt run -d --bundle /tmp/bundle box </dev/null >/dev/null 2>&1 || no "run -d"
files() { ls /proc/$$/fd | wc -l; }
own && execs=10000 || execs=300
before=$(ls "$(echo /run/$rt/box)" 2>/dev/null | wc -l) fds=$(files) bad_execs=0
begin=$SECONDS
for ((i = 0; i < execs; i++)); do $rt exec box true </dev/null || bad_execs=$((bad_execs + 1)); done
same "$execs exec in a row ($((SECONDS - begin)) s): failures" 0 $bad_execs
same "files in the state directory" "$before" "$(ls "$(echo /run/$rt/box)" 2>/dev/null | wc -l)"
same "open files" "$fds" "$(files)"
same "processes in the container" 1 "$($rt ps -f json box | jq length)"
# orphans of exec become init's, which does not reap: none may come from the runtime
same "zombies" 0 "$(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l)"
same "mounts" 0 "$(grep -c /tmp/image/root /proc/mounts)"
$rt delete --force box
finish
