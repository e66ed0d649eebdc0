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
until_same inactive systemctl is-active check-unit.scope
same "delete ends the scope" inactive "$(systemctl is-active check-unit.scope)"
is "and its cgroup" [ ! -e "$(group unit)" ]

# every limit at once, and what daemon-reload makes of them
d=$(cat "/sys/class/block/${VM_DISK#/dev/}/dev")
up all ".linux.resources += {memory: {limit: 67108864, swap: 134217728, reservation: 16777216}, pids: {limit: 50},
  cpu: {shares: 512, quota: 30000, period: 100000, burst: 10000, cpus: \"0-1\", mems: \"0\"}, hugepageLimits: [{pageSize: \"2MB\", limit: 4194304}],
  blockIO: {throttleWriteBpsDevice: [{major: ${d%:*}, minor: ${d#*:}, rate: 1048576}]},
  unified: {\"memory.high\": \"50331648\", \"memory.min\": \"4194304\", \"memory.oom.group\": \"1\"}}"
values() {
  for f in memory.{max,high,low,min,swap.max,oom.group} pids.max cpu.{max,max.burst,weight} cpuset.{cpus,mems} hugetlb.2MB.max io.max; do
    echo "$f=$(file all $f)"
  done
}
wanted="memory.max=67108864 memory.high=50331648 memory.low=16777216 memory.min=4194304 memory.swap.max=67108864 memory.oom.group=1 pids.max=50
cpu.max=30000 100000 cpu.max.burst=10000 cpu.weight=59 cpuset.cpus=0-1 cpuset.mems=0 hugetlb.2MB.max=4194304 io.max=$d rbps=max wbps=1048576 riops=max wiops=max"
if own; then
  same "every limit is in its file" "$(echo $wanted)" "$(echo $(values))"
  for p in MemoryMax=67108864 MemoryHigh=50331648 MemoryLow=16777216 MemoryMin=4194304 MemorySwapMax=67108864 OOMPolicy=kill TasksMax=50 \
    CPUQuotaPerSecUSec=300ms CPUQuotaPeriodUSec=100ms CPUWeight=59 AllowedCPUs=0-1 AllowedMemoryNodes=0; do
    same "the unit's ${p%=*}" "${p#*=}" "$(property all "${p%=*}")"
  done
  systemctl daemon-reload
  systemctl set-property --runtime check-all.scope CPUWeight=59    # makes systemd write its idea of all attributes
  same "daemon-reload leaves every limit" "$(echo $wanted)" "$(echo $(values))"
  echo '{"cpu": {"quota": 12345, "period": 100000}, "unified": {"memory.high": "max"}}' | $rt update -r - all
  same "update sets what systemd would round" "12345 100000 max" "$(echo $(file all cpu.max) $(file all memory.high))"
  same "the unit never gives less: CPUQuotaPerSecUSec" 130ms "$(property all CPUQuotaPerSecUSec)"
  systemctl daemon-reload
  matches "and after daemon-reload" '^1(2345|3000) 100000 max $' "$(echo $(file all cpu.max) $(file all memory.high))"
fi
down all
up idle '.linux.resources += {cpu: {idle: 1}}'
if own; then
  matches "cpu.idle is CPUWeight idle" '^(idle|0) $' "$(property idle CPUWeight)"
  systemctl daemon-reload; same "daemon-reload leaves cpu.idle" 1 "$(file idle cpu.idle)"
fi
down idle

# what systemd keeps of a failed unit of that name does not hinder
systemd-run --quiet --scope --unit=check-failed.scope -p RuntimeMaxSec=1 sleep 1000 >/dev/null 2>&1
until_true systemctl is-failed check-failed.scope
up failed ''; same "a failed unit of the same name is forgotten" active "$(systemctl is-active check-failed.scope)"; down failed

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

# cgroups below the scope, as crun's annotations name them
if [ "$name" != runc ]; then
up sub '.linux.resources += {pids: {limit: 50}} | .annotations = {"run.oci.systemd.subgroup": "payload"}'
same "a cgroup below the scope" /system.slice/check-sub.scope/payload "$(cut -d: -f3 "/proc/$($rt state sub | jq .pid)/cgroup")"
same "has the limits" 50 "$(file sub payload/pids.max)"
same "and is the root that the container sees" 0::/ "$($rt exec sub cat /proc/self/cgroup)"
down sub
is "nothing is left of it" [ ! -e "$(group sub)" ]
up inner '.linux.resources += {pids: {limit: 50}} | .annotations = {"run.oci.systemd.subgroup": "payload", "run.oci.delegate-cgroup": "inner"}'
same "a cgroup for the payload to manage" /system.slice/check-inner.scope/payload/inner "$(cut -d: -f3 "/proc/$($rt state inner | jq .pid)/cgroup")"
same "has no limits of its own" "50 max" "$(echo $(file inner payload/pids.max) $(file inner payload/inner/pids.max))"
same "the payload sees itself below the root" 0::/inner "$($rt exec inner cat /proc/1/cgroup)"
is "exec and ps work" $rt exec inner true
same "ps" 1 "$($rt ps -f json inner | jq length)"
down inner
is "nothing is left of it" [ ! -e "$(group inner)" ]
fi

# a scope of that name that somebody else started
systemd-run --quiet --scope --unit=check-taken.scope sleep 1000 & p=$!
until_true systemctl is-active check-taken.scope
configure taken true; timeout 60 $rt --systemd-cgroup run --bundle "$bundle" taken </dev/null >/run/err 2>&1; rc=$?
is "a unit that exists is not taken over ($(head -n 1 /run/err))" [ $rc -ne 0 -a $rc -ne 124 ]
same "and lives on" active "$(systemctl is-active check-taken.scope)"
systemctl stop check-taken.scope; wait $p 2>/dev/null
$rt delete --force taken 2>/dev/null

# killed from outside by systemd
# its first process does not hear the polite signal
up killed '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 2000000"}'
systemctl stop check-killed.scope
status() { $rt state "$1" | jq -r .status; }
until_same stopped status killed
same "systemctl stop ends the container" stopped "$($rt state killed | jq -r .status)"
$rt delete killed; is "which can be deleted" [ $? = 0 ]

# systemd as a container's init: it divides the cgroup that it is given
mkdir -p /run/over /run/merged; mount -t tmpfs tmpfs /run/over; mkdir /run/over/upper /run/over/work
mount -t overlay overlay -o lowerdir=/,upperdir=/run/over/upper,workdir=/run/over/work /run/merged
up inner '.root.path = "/run/merged" | .process.args = ["/sbin/init"] | .process.env += ["container=oci"] | .hostname = "inner" |
  .process.capabilities |= with_entries(if .key == "ambient" then . else .value = (["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"] | map("CAP_" + .)) end) |
  .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end) | .linux.resources += {pids: {limit: 200}} |
  .mounts += ["/run", "/tmp", "/var/log" | {destination: ., type: "tmpfs", source: "tmpfs", options: ["rw", "nosuid", "nodev", "mode=755"]}] |
  .linux.namespaces += [{type: "cgroup"}] | (.linux.namespaces |= unique_by(.type))'
target() { $rt exec inner systemctl is-active multi-user.target </dev/null; }
until_same active target; until_same active target
same "systemd runs in a container" active "$(target 2>&1)"
is "and has made cgroups of its own" [ -d "$(group inner)/system.slice" ]
same "exec joins init, which has moved itself" 0::/init.scope "$($rt exec inner cat /proc/self/cgroup </dev/null)"
is "it limits services of its own" $rt exec inner systemd-run --quiet --wait -p TasksMax=7 true
is "and is counted with all of them" [ "$($rt ps --format json inner | jq length)" -ge 4 ]
$rt kill inner RTMIN+3
until_same stopped status inner
same "it shuts down as it is asked to" stopped "$(status inner)"
down inner; is "and leaves no cgroup" [ ! -e "$(group inner)" ]
umount /run/merged /run/over

if own; then
  bad_annotation() { run true ".annotations = {\"org.systemd.property.$1\": \"$2\"}"; [ $rc -ne 0 ] && grep -q "org.systemd.property.$1" <<<"$out"; }
  is "an annotation that does not parse is refused" bad_annotation TimeoutStopUSec "uint64 x"
  is "a property name that is none is refused" bad_annotation "Bad-Name" "true"
  bad_name() { run true ".annotations = {\"run.oci.systemd.subgroup\": \"$1\"}"; [ $rc -ne 0 ] && grep -q "run.oci.systemd.subgroup" <<<"$out"; }
  is "a cgroup outside of the scope is refused" bad_name ../x
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
