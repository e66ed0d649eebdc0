#!/bin/bash
# Pause and resume, ps, kill, delete, and cgroups that others made.
#   states.sh RUNTIME [fs|systemd]
. "${0%/*}/lib.sh"
status() { $rt state "$1" | jq -r .status; }
processes() { wc -l <"$(group "$1")/cgroup.procs"; }

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
more() { [ "$(field loop cpu.stat usage_usec)" -gt "$b" ]; }
is "and it runs again" until_true more
$rt resume loop >/run/err 2>&1; rc=$?
own && is "resume of a running one is refused" [ $rc -ne 0 ]
$rt pause loop; down loop >/dev/null
is "delete --force of a paused one" [ ! -e "$(group loop)" ]

up kids '' 'sleep 1000 & sleep 1001 & exec sleep 1002'
until_same 3 processes kids
same "ps lists all processes" 3 "$($rt ps --format json kids | jq length)"
# the shell has forked; its children may still have to execute
listed() { $rt ps kids | tr '\n' ' ' | grep -q 'sleep 1000.*sleep 1001'; }
[ "$name" = crun ] || until_true listed
[ "$name" = crun ] || matches "ps prints a table" 'PID.*sleep 1000.*sleep 1001' "$($rt ps kids)"
$rt kill kids KILL
until_same stopped status kids
same "kill: stopped" stopped "$(status kids)"
$rt delete kids; is "delete removes the cgroup" [ ! -e "$(group kids)" ]

# without a pid namespace of its own, the other processes outlive init
up shared '.linux.namespaces |= map(select(.type != "pid"))' 'sleep 1000 & sleep 1001 & exec sleep 1002'
until_same 3 processes shared; pids=$(cat "$(group shared)/cgroup.procs")
$rt kill shared KILL; until_same stopped status shared
$rt delete shared
gone() { local p; for p in $pids; do [ ! -e "/proc/$p" ] || grep -q '^State:.Z' "/proc/$p/status" || return 1; done; }
until_true gone; is "delete ends what init left behind" gone
is "and removes the cgroup" [ ! -e "$(group shared)" ]

# init alone has died, by nobody's command: the rest is still the container's
up orphans '.linux.namespaces |= map(select(.type != "pid"))' 'sleep 1000 & sleep 1001 & exec sleep 1002'
until_same 3 processes orphans; pids=$(cat "$(group orphans)/cgroup.procs")
kill -KILL "$($rt state orphans | jq .pid)"; until_same stopped status orphans
same "ps lists what init left behind" 2 "$($rt ps --format json orphans | jq length)"
$rt kill --all orphans TERM; rc=$?
until_true gone; is "kill --all reaches it ($rc)" gone
$rt delete orphans; is "and delete removes the cgroup" [ ! -e "$(group orphans)" ]

# a container that makes cgroups of its own
up nest '.linux.namespaces += [{type: "cgroup"}] | (.linux.namespaces |= unique_by(.type)) | (.mounts[] | select(.type == "cgroup") | .options) |= map(if . == "ro" then "rw" else . end)' \
  'mkdir /sys/fs/cgroup/a /sys/fs/cgroup/a/b; sleep 1000 & echo $! >/sys/fs/cgroup/a/b/cgroup.procs; exec sleep 1000'
until_true test -s "$(group nest)/a/b/cgroup.procs"
same "ps sees nested cgroups" 2 "$($rt ps --format json nest | jq length)"
same "exec works when init's cgroup has children" ok "$($rt exec nest echo ok </dev/null 2>&1)"
down nest; is "delete removes nested cgroups" [ ! -e "$(group nest)" ]

# the same with a user namespace: the cgroup is the container's to divide, and its limits are not
chown -Rh 100000:100000 "$bundle/rootfs"; chmod 755 "$bundle" "$bundle/rootfs"
up deleg '.linux.namespaces += [{type: "cgroup"}, {type: "user"}] | (.linux.namespaces |= unique_by(.type)) | (.mounts[] | select(.type == "cgroup") | .options) |= map(if . == "ro" then "rw" else . end) |
  .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings | .linux.resources += {pids: {limit: 40}}' \
  'cd /sys/fs/cgroup; mkdir a b; echo $$ >a/cgroup.procs; echo +pids >cgroup.subtree_control; echo 7 >b/pids.max; exec >/tmp/seen 2>&1; cat b/pids.max; (echo 99 >pids.max) 2>/dev/null || echo denied; touch /tmp/done; exec sleep 1000'
until_true $rt exec deleg test -e /tmp/done
same "a user namespace divides its cgroup, and cannot lift its limit" "7 denied" "$(echo $($rt exec deleg cat /tmp/seen </dev/null))"
same "files named by the kernel are the container's, limits are not" "100000 100000 0" "$(echo $(stat -c %u "$(group deleg)" "$(group deleg)/cgroup.subtree_control" "$(group deleg)/pids.max"))"
same "its limit" 40 "$(file deleg pids.max)"
down deleg; is "delete removes what it made" [ ! -e "$(group deleg)" ]
chown -Rh 0:0 "$bundle/rootfs"

# a process that nothing stops: it waits, uninterruptibly, for a frozen file system
if own && [ -n "${VM_DISK-}" ]; then
  data='.mounts += [{destination: "/data", type: "bind", source: "/data", options: ["bind", "rw"]}]'
  sleeps() { grep -q '^State:.D' $(sed 's|.*|/proc/&/status|' "$(group "$1")/cgroup.procs"); }
  timed() { begin=$(cut -d. -f1 /proc/uptime); timeout 90 "$@" >/run/err 2>&1; rc=$?; took=$(($(cut -d. -f1 /proc/uptime) - begin)); }
  up stuck "$data" '(until [ -e /tmp/go ]; do sleep 0.1; done; echo >/data/stuck) & exec sleep 1000'
  fsfreeze -f /data; $rt exec stuck touch /tmp/go </dev/null; until_true sleeps stuck
  timed $rt pause stuck
  is "a freeze that never settles is an error after $took s ($(head -n 1 /run/err))" [ $rc -ne 0 -a $rc -ne 124 -a $took -lt 40 ]
  matches "that names the process" 'remaining processes .*\(in uninterruptible sleep' "$(cat /run/err)"
  same "and is taken back" "0 running" "$(file stuck cgroup.freeze) $(status stuck)"
  timed $rt delete --force stuck
  is "a process that does not die: an error after $took s ($(head -n 1 /run/err))" [ $rc -ne 0 -a $rc -ne 124 -a $took -lt 40 ]
  fsfreeze -u /data
  timed $rt delete --force stuck
  is "which delete gets rid of later ($rc, $took s)" [ $rc = 0 -a ! -e "$(group stuck)" ]
  up left "$data | .linux.namespaces |= map(select(.type != \"pid\"))" 'rm -f /tmp/go; (until [ -e /tmp/go ]; do sleep 0.1; done; echo >/data/stuck) & exec sleep 1000'
  fsfreeze -f /data; $rt exec left touch /tmp/go </dev/null; until_true sleeps left
  $rt kill left KILL; until_same stopped status left
  timed $rt delete left
  is "a cgroup that stays busy: an error after $took s ($(head -n 1 /run/err))" [ $rc -ne 0 -a $rc -ne 124 -a $took -lt 40 ]
  matches "that names the process" 'remaining processes [0-9]+ \(in uninterruptible sleep' "$(cat /run/err)"
  fsfreeze -u /data
  timed $rt delete left
  is "which delete removes later ($rc, $took s)" [ $rc = 0 -a ! -e "$(group left)" ]
fi

if [ "$driver" = fs ]; then
  # below a parent in threaded mode
  mkdir -p /sys/fs/cgroup/check/thr/t; echo threaded >/sys/fs/cgroup/check/thr/t/cgroup.type
  below='.linux.cgroupsPath = "/check/thr/c"'
  configure thr 'cat /proc/self/cgroup; cat /sys/fs/cgroup/check/thr/c/pids.max' "$below | .linux.namespaces |= map(select(.type != \"cgroup\")) | .linux.resources += {pids: {limit: 20}}"
  out=$($rt run --bundle "$bundle" thr </dev/null 2>&1); rc=$?
  own && matches "a threaded parent: the cgroup is threaded too, and takes the limits that can be" '^0 .*/check/thr/c 20 $' "$rc $out"
  configure thr2 true "$below | .linux.resources += {memory: {limit: 67108864}}"
  out=$($rt run --bundle "$bundle" thr2 </dev/null 2>&1); rc=$?
  own && matches "but not one of memory" '^1 .*linux.resources.memory.limit.*memory' "$rc $out"
  $rt delete --force thr 2>/dev/null; $rt delete --force thr2 2>/dev/null; rmdir /sys/fs/cgroup/check/thr/{c,t} /sys/fs/cgroup/check/thr 2>/dev/null
  # below a parent that has a process of its own, which hands nothing down
  mkdir -p /sys/fs/cgroup/check/parent; sleep 1000 & p=$!; echo $p >/sys/fs/cgroup/check/parent/cgroup.procs
  below='.linux.cgroupsPath = "/check/parent/c"'
  configure inner 'echo ran' "$below"
  out=$($rt run --bundle "$bundle" inner </dev/null 2>&1); rc=$?
  own && same "a busy parent hinders nothing where no limit is asked" "0 ran" "$rc $out"
  configure inner true "$below | .linux.resources += {memory: {limit: 67108864}}"
  out=$($rt run --bundle "$bundle" inner </dev/null 2>&1); rc=$?
  own && matches "and with one the controller is named" '^1 .*linux.resources.memory.limit.*"memory" is not available' "$rc $out"
  kill $p; wait $p 2>/dev/null; $rt delete --force inner 2>/dev/null; until_true rmdir /sys/fs/cgroup/check/parent
  mkdir -p /sys/fs/cgroup/check/busy; sleep 1000 & p=$!; echo $p >/sys/fs/cgroup/check/busy/cgroup.procs
  configure busy true; $rt run --bundle "$bundle" busy </dev/null >/run/err 2>&1; rc=$?
  own && is "a cgroup with processes is refused ($(head -n 1 /run/err))" [ $rc -ne 0 ]
  kill $p; wait $p 2>/dev/null; $rt delete --force busy 2>/dev/null; rmdir /sys/fs/cgroup/check/busy 2>/dev/null
  mkdir -p /sys/fs/cgroup/check/cold; echo 1 >/sys/fs/cgroup/check/cold/cgroup.freeze
  configure cold true; timeout 20 $rt run --bundle "$bundle" cold </dev/null >/run/err 2>&1; rc=$?
  own && is "a frozen cgroup is refused, not waited for ($(head -n 1 /run/err))" [ $rc -ne 0 -a $rc -ne 124 ]
  echo 0 >/sys/fs/cgroup/check/cold/cgroup.freeze 2>/dev/null; $rt delete --force cold 2>/dev/null; rmdir /sys/fs/cgroup/check/cold 2>/dev/null
  # a cgroup that goes away under us
  up gone ''; $rt kill gone KILL; until_same stopped status gone; rmdir "$(group gone)"
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
