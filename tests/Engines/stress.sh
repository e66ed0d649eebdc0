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
  local p log=/tmp/$1.err
  step() { timeout 120 "$@" </dev/null >/tmp/$id.out 2>>"$log" || { echo "$*: $(tail -n 1 "$log")"; return 1; }; }
  id=$1
  timeout 120 $rt create --bundle /tmp/bundle --pid-file "/tmp/$1.pid" "$1" </dev/null >/dev/null 2>"$log" || { echo "create $1: $(cat "$log")"; return; }
  step $rt start "$1"
  case $((RANDOM % 4)) in
    0) step $rt exec "$1" echo "$1"; [ "$(cat /tmp/$id.out)" = "$1" ] || echo "exec $1: no output" ;;
    1) step $rt state "$1"; jq -e '.status == "running"' /tmp/$id.out >/dev/null || echo "state $1" ;;
    2) ! own || step $rt list -q ;;      # runc fails when another one goes away meanwhile
    3) step $rt pause "$1" && step $rt resume "$1" ;;
  esac
  p=$(cat "/tmp/$1.pid")
  step $rt kill "$1" KILL
  step $rt delete --force "$1"
  [ ! -e "/proc/$p" ] || ! grep -q '^State:.[RSD]' "/proc/$p/status" 2>/dev/null || echo "$1 is alive"
}
own && count=200 || count=50
for ((i = 0; i < count; i++)); do one "many$i" & done >/tmp/many 2>&1
wait
same "$count containers at once: no complaint" "" "$(head -n 5 /tmp/many)"
same "none is left" "" "$($rt list -q)"

$rt run -d --bundle /tmp/bundle box </dev/null >/tmp/box.out 2>&1 || no "run -d"
own && execs=10000 || execs=300
before=$(ls "$(echo /run/$rt/box)" 2>/dev/null | wc -l) bad_execs=0
begin=$SECONDS
for ((i = 0; i < execs; i++)); do $rt exec box true </dev/null 2>/tmp/exec.err || bad_execs=$((bad_execs + 1)); done
same "$execs exec in a row ($((SECONDS - begin)) s): failures" 0 $bad_execs
same "files in the state directory" "$before" "$(ls "$(echo /run/$rt/box)" 2>/dev/null | wc -l)"
same "processes in the container" 1 "$($rt ps -f json box | jq length)"
# orphans of exec become init's, which does not reap: none may come from the runtime
zombies() { grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null; }
until_same "" zombies; same "zombies" "" "$(zombies)"
same "mounts" 0 "$(grep -c /tmp/image/root /proc/mounts)"
$rt delete --force box
finish
