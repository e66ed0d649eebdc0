#!/bin/bash
# The systemd driver: units, properties, and what daemon-reload must not undo.
#   systemd.sh RUNTIME        (full mode)
set -- "$1" systemd
. "${0%/*}/lib.sh"
property() { systemctl show -P "$2" "check-$1.scope"; }

up unit '.linux.resources += {memory: {limit: 67108864, swap: 67108864}, pids: {limit: 50}, cpu: {quota: 20000, period: 100000, cpus: "1"}} |
  .annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 123000000", "org.systemd.property.CollectMode": "'"'inactive-or-failed'"'"}'
same "the scope is active" active "$(systemctl is-active check-unit.scope)"
same "MemoryMax" 67108864 "$(property unit MemoryMax)"
same "TasksMax" 50 "$(property unit TasksMax)"
same "CPUQuotaPerSecUSec" 200ms "$(property unit CPUQuotaPerSecUSec)"
same "AllowedCPUs" 1 "$(property unit AllowedCPUs)"
same "Delegate" yes "$(property unit Delegate)"
same "an annotation: TimeoutStopUSec" "2min 3s" "$(property unit TimeoutStopUSec)"
same "an annotation: CollectMode" inactive-or-failed "$(property unit CollectMode)"
same "Slice" system.slice "$(property unit Slice)"
systemctl daemon-reload
same "daemon-reload leaves memory.max" 67108864 "$(file unit memory.max)"
same "and pids.max" 50 "$(file unit pids.max)"
same "and cpu.max" "20000 100000" "$(file unit cpu.max)"
$rt update --memory 33554432 --memory-swap 33554432 --pids-limit 60 unit
same "update changes MemoryMax" 33554432 "$(property unit MemoryMax)"
same "and memory.max" 33554432 "$(file unit memory.max)"
systemctl daemon-reload
same "daemon-reload leaves what update set" "33554432 60" "$(echo $(file unit memory.max) $(file unit pids.max))"
down unit
until_true test "$(systemctl is-active check-unit.scope)" = inactive
same "delete ends the scope" inactive "$(systemctl is-active check-unit.scope)"
is "and its cgroup" [ ! -e "$(group unit)" ]

caps='.process.capabilities.bounding += ["CAP_MKNOD"] | .process.capabilities.effective += ["CAP_MKNOD"] | .process.capabilities.permitted += ["CAP_MKNOD"]'
up dev "$caps"
try='rm -f /tmp/k /tmp/n; mknod /tmp/k c 1 11; dd if=/tmp/k bs=1 count=0 2>&1; mknod /tmp/n c 1 3; echo >/tmp/n && echo fine'
matches "a device is refused" 'not permitted.*fine' "$($rt exec dev sh -c "$try" </dev/null 2>&1)"
systemctl daemon-reload
matches "also after daemon-reload" 'not permitted.*fine' "$($rt exec dev sh -c "$try" </dev/null 2>&1)"
down dev

jq '.process.terminal = false | .process.args = ["sleep", "1000"] | .linux.cgroupsPath = "check-sub.slice:oci:nested"' "$bundle/base.json" >"$bundle/config.json"
$rt --systemd-cgroup run -d --bundle "$bundle" nested </dev/null >/run/err 2>&1 || no "start nested: $(cat /run/err)"
matches "a nested slice" '/check.slice/check-sub.slice/oci-nested.scope' "/sys/fs/cgroup$(cut -d: -f3 "/proc/$($rt state nested | jq .pid)/cgroup")"
down nested
systemctl stop check-sub.slice check.slice 2>/dev/null

jq '.process.terminal = false | .process.args = ["sleep", "1000"] | .linux.cgroupsPath = ""' "$bundle/base.json" >"$bundle/config.json"
$rt --systemd-cgroup run -d --bundle "$bundle" bare </dev/null >/run/err 2>&1 || no "start bare: $(cat /run/err)"
matches "no cgroupsPath: a scope in system.slice" 'system\.slice/.*bare.*\.scope' "$(cat "/proc/$($rt state bare | jq .pid)/cgroup")"
down bare

# a scope of that name that somebody else started
systemd-run --quiet --scope --unit=check-taken.scope sleep 1000 & p=$!
until_true systemctl is-active check-taken.scope
configure taken true; timeout 60 $rt --systemd-cgroup run --bundle "$bundle" taken </dev/null >/run/err 2>&1; rc=$?
is "a unit that exists is not taken over ($(head -n 1 /run/err))" [ $rc -ne 0 -a $rc -ne 124 ]
same "and lives on" active "$(systemctl is-active check-taken.scope)"
systemctl stop check-taken.scope; wait $p 2>/dev/null
$rt delete --force taken 2>/dev/null

# killed from outside by systemd
up killed ''
systemctl stop check-killed.scope
until_true test "$($rt state killed | jq -r .status)" = stopped
same "systemctl stop ends the container" stopped "$($rt state killed | jq -r .status)"
$rt delete killed; is "which can be deleted" [ $? = 0 ]

if own; then
  bad_annotation() { run true ".annotations = {\"org.systemd.property.$1\": \"$2\"}"; [ $rc -ne 0 ] && grep -q "org.systemd.property.$1" <<<"$out"; }
  is "an annotation that does not parse is refused" bad_annotation TimeoutStopUSec "uint64 x"
  is "a property name that is none is refused" bad_annotation "Bad-Name" "true"
  # a bus that does not answer, one that closes, none at all: an error within bounds
  for how in silent close none; do
    rm -f /run/bus.sock
    [ $how = none ] || { /in/agent $how /run/bus.sock & p=$!; until_true test -S /run/bus.sock; }
    configure nobus true
    begin=$(cut -d. -f1 /proc/uptime)
    DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus.sock timeout 120 $rt --systemd-cgroup run --bundle "$bundle" nobus </dev/null >/run/err 2>&1; rc=$?
    took=$(($(cut -d. -f1 /proc/uptime) - begin))
    is "a bus that is $how: an error after $took s ($(head -n 1 /run/err))" [ $rc -ne 0 -a $rc -ne 124 -a $took -lt 60 ]
    [ $how = none ] || { kill $p 2>/dev/null; wait $p 2>/dev/null; }
    same "and nothing is left" "" "$($rt list -q)"
    $rt delete --force nobus 2>/dev/null
  done
fi
finish
