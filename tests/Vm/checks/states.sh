#!/bin/bash
# Pause and resume, ps, kill, delete, and cgroups that others made.
#   states.sh RUNTIME [fs|systemd]
. "${0%/*}/lib.sh"
status() { $rt state "$1" | jq -r .status; }

run 'echo hi; exit 42'
same "the exit status is the container's" "42 hi" "$rc $out"
up loop '' 'while :; do :; done'
$rt pause loop; same "pause: the state" paused "$(status loop)"
same "pause: the cgroup" 1 "$(field loop cgroup.events frozen)"
a=$(field loop cpu.stat usage_usec); sleep 1; b=$(field loop cpu.stat usage_usec)
same "a paused container does not run" "$a" "$b"
$rt exec loop true </dev/null >/run/err 2>&1; rc=$?
is "exec into it is refused ($(head -n 1 /run/err))" [ $rc -ne 0 ]
$rt resume loop; same "resume: the state" running "$(status loop)"
sleep 1
is "and it runs again" [ "$(field loop cpu.stat usage_usec)" -gt "$b" ]
$rt resume loop >/run/err 2>&1; rc=$?
own && is "resume of a running one is refused" [ $rc -ne 0 ]
$rt pause loop; down loop >/dev/null
is "delete --force of a paused one" [ ! -e "$(group loop)" ]

up kids '' 'sleep 1000 & sleep 1001 & exec sleep 1002'
until_true test "$(wc -l <"$(group kids)/cgroup.procs")" = 3
same "ps lists all processes" 3 "$($rt ps --format json kids | jq length)"
[ "$name" = crun ] || matches "ps prints a table" 'PID.*sleep 1000.*sleep 1001' "$($rt ps kids)"
$rt kill kids KILL
until_true test "$(status kids)" = stopped
same "kill: stopped" stopped "$(status kids)"
$rt delete kids; is "delete removes the cgroup" [ ! -e "$(group kids)" ]

# without a pid namespace of its own, the other processes outlive init
up shared '.linux.namespaces |= map(select(.type != "pid"))' 'sleep 1000 & sleep 1001 & exec sleep 1002'
pids=$(cat "$(group shared)/cgroup.procs")
$rt kill shared KILL; until_true test "$(status shared)" = stopped
$rt delete shared
gone() { local p; for p in $pids; do [ ! -e "/proc/$p" ] || grep -q '^State:.Z' "/proc/$p/status" || return 1; done; }
until_true gone; is "delete ends what init left behind" gone
is "and removes the cgroup" [ ! -e "$(group shared)" ]

# a container that makes cgroups of its own
up nest '.linux.namespaces += [{type: "cgroup"}] | (.linux.namespaces |= unique_by(.type)) | (.mounts[] | select(.type == "cgroup") | .options) |= map(if . == "ro" then "rw" else . end)' \
  'mkdir /sys/fs/cgroup/a /sys/fs/cgroup/a/b; sleep 1000 & echo $! >/sys/fs/cgroup/a/b/cgroup.procs; exec sleep 1000'
until_true test -s "$(group nest)/a/b/cgroup.procs"
same "ps sees nested cgroups" 2 "$($rt ps --format json nest | jq length)"
same "exec works when init's cgroup has children" ok "$($rt exec nest echo ok </dev/null 2>&1)"
down nest; is "delete removes nested cgroups" [ ! -e "$(group nest)" ]

if [ "$driver" = fs ]; then
  mkdir -p /sys/fs/cgroup/check/busy; sleep 1000 & p=$!; echo $p >/sys/fs/cgroup/check/busy/cgroup.procs
  configure busy true; $rt run --bundle "$bundle" busy </dev/null >/run/err 2>&1; rc=$?
  own && is "a cgroup with processes is refused ($(head -n 1 /run/err))" [ $rc -ne 0 ]
  kill $p; wait $p 2>/dev/null; $rt delete --force busy 2>/dev/null; rmdir /sys/fs/cgroup/check/busy 2>/dev/null
  mkdir -p /sys/fs/cgroup/check/cold; echo 1 >/sys/fs/cgroup/check/cold/cgroup.freeze
  configure cold true; timeout 20 $rt run --bundle "$bundle" cold </dev/null >/run/err 2>&1; rc=$?
  own && is "a frozen cgroup is refused, not waited for ($(head -n 1 /run/err))" [ $rc -ne 0 -a $rc -ne 124 ]
  echo 0 >/sys/fs/cgroup/check/cold/cgroup.freeze 2>/dev/null; $rt delete --force cold 2>/dev/null; rmdir /sys/fs/cgroup/check/cold 2>/dev/null
  # a cgroup that goes away under us
  up gone ''; $rt kill gone KILL; until_true test "$(status gone)" = stopped; rmdir "$(group gone)"
  $rt delete gone; is "delete when the cgroup is gone already" [ $? = 0 ]
  # the host's limit on cgroups
  mkdir -p /sys/fs/cgroup/check; echo 0 >/sys/fs/cgroup/check/cgroup.max.descendants
  configure full true; timeout 20 $rt run --bundle "$bundle" full </dev/null >/run/err 2>&1; rc=$?
  is "no room for a cgroup: an error ($(head -n 1 /run/err))" [ $rc -ne 0 -a $rc -ne 124 ]
  own && same "and nothing is left" "" "$($rt list -q)"
  $rt delete --force full 2>/dev/null
  echo max >/sys/fs/cgroup/check/cgroup.max.descendants
fi
finish
