#!/bin/bash
# Every resource: the container feels it, the file holds it, update changes it, events reports it.
#   resources.sh RUNTIME [fs|systemd]      wants vm -d SIZE for the disk
. "${0%/*}/lib.sh"

# crun has no events
stats_too() { [ "$name" != crun ]; }

#### memory
up mem '.linux.resources += {memory: {limit: 33554432, swap: 33554432, reservation: 16777216}}'
same "memory.limit is memory.max" 33554432 "$(file mem memory.max)"
same "memory.swap equal to the limit leaves no swap" 0 "$(file mem memory.swap.max)"
same "memory.reservation is memory.low" 16777216 "$(file mem memory.low)"
$rt update --memory 67108864 --memory-swap 134217728 mem || no "update of the memory limit"
same "update changes memory.max" 67108864 "$(file mem memory.max)"
same "update changes memory.swap.max" 67108864 "$(file mem memory.swap.max)"
same "update leaves memory.low" 16777216 "$(file mem memory.low)"
[ "$name" != oci-run ] || is "and pressure" jq -e '[.data.memory, .data.cpu, .data.blkio | .psi.some | .avg10, .avg60, .avg300, .total | numbers] | length == 12' <<<"$($rt events --stats mem)"
stats_too && is "events --stats reports the memory limit" jq -e '.type == "stats" and .data.memory.usage.limit == 67108864 and .data.memory.usage.usage > 0' <<<"$($rt events --stats mem)"
own && { echo '{"memory": {"limit": 50331648}}' | $rt update -r - mem; same "update -r - reads resources" 50331648 "$(file mem memory.max)"; }
if stats_too; then
  $rt events --interval 1s mem >/run/events 2>/run/events.err & p=$!
  # its first line says that it watches
  until_true grep -q '"type":"stats"' /run/events
  $rt exec mem sh -c 'tail -c 200m /dev/zero >/dev/null' </dev/null >/dev/null 2>&1
  until_true grep -q '"oom"' /run/events
  is "events reports statistics at the interval" jq -se '[.[] | select(.type == "stats" and .id == "mem")] | length >= 1' /run/events
  is "events reports an oom" grep -q '"type":"oom"' /run/events
  kill $p 2>/dev/null; wait $p 2>/dev/null
fi
down mem
run 'tail -c 200m /dev/zero | cat >/dev/null; grep "oom_kill " /sys/fs/cgroup/memory.events' '.linux.resources += {memory: {limit: 20971520, swap: 20971520}}'
matches "a process over the limit is killed" 'oom_kill [1-9]' "$out"
run 'exec tail -c 200m /dev/zero' '.linux.resources += {memory: {limit: 20971520, swap: 20971520}}'
same "pid 1 over the limit is killed" 137 $rc
if own; then
  run true '.linux.resources += {memory: {limit: 4096}}'
  matches "an init killed by the limit is explained" 'container init was OOM-killed \(memory limit too low\?\)' "$rc $out"
  # a process that exec cannot even make ready: its part of the cgroup is too small
  up tight '.linux.resources += {memory: {limit: 67108864}}'
  g=$(group tight); mkdir "$g/init" "$g/tight"; cat "$g/cgroup.procs" >"$g/init/cgroup.procs"
  echo +memory >"$g/cgroup.subtree_control"; echo 4096 >"$g/tight/memory.max"
  $rt exec --cgroup tight tight true </dev/null >/run/err 2>&1; rc=$?
  matches "a process of exec that the limit kills is explained" '^255 .*killed by signal SIGKILL.*memory limit' "$rc $(cat /run/err)"
  down tight
  up chk '.linux.resources += {memory: {limit: 67108864, checkBeforeUpdate: true}}' 'head -c 20m /dev/zero | tail -c 20m >/tmp/x; exec sleep 1000'
  until_true $rt exec chk test -s /tmp/x
  $rt update --memory 8m chk >/run/err 2>&1; rc=$?
  matches "memory.checkBeforeUpdate refuses a limit below what is in use" '^1 .*rejecting memory limit 8388608' "$rc $(head -n 1 /run/err)"
  same "and leaves the old one" 67108864 "$(file chk memory.max)"
  down chk
fi

run 'dd if=/dev/zero of=/dev/shm/x bs=1M count=35 2>/dev/null; cat /sys/fs/cgroup/memory.swap.current' '.linux.resources += {memory: {limit: 20971520, swap: 83886080}}'
between "memory.swap above the limit is swap to use" 10000000 62914560 "$out"
run 'dd if=/dev/zero of=/dev/shm/x bs=1M count=35 2>/dev/null || echo killed' '.linux.resources += {memory: {limit: 20971520, swap: 20971520}}'
matches "and equal to it none" 'killed|Killed' "$out"

#### pids
up pid '.linux.resources += {pids: {limit: 4}}'
same "pids.limit is pids.max" 4 "$(file pid pids.max)"
$rt update --pids-limit 20 pid; same "update changes pids.max" 20 "$(file pid pids.max)"
stats_too && is "events --stats reports pids" jq -e '.data.pids.current == 1 and .data.pids.limit == 20' <<<"$($rt events --stats pid)"
$rt update --pids-limit -1 pid; same "update to no limit" max "$(file pid pids.max)"
down pid
run 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait' '.linux.resources += {pids: {limit: 4}}'
matches "a fork over the limit is refused" "can't fork" "$out"

#### cpu
up cpu '.linux.resources += {cpu: {quota: 20000, period: 100000, shares: 512}}' 'while :; do :; done'
same "cpu.quota and period are cpu.max" "20000 100000" "$(file cpu cpu.max)"
if own; then same "cpu.shares 512 is cpu.weight 59" 59 "$(file cpu cpu.weight)"; else matches "cpu.shares is cpu.weight" '^(20|59) $' "$(file cpu cpu.weight)"; fi
sleep 1
# usage and clock read by one process, close together: the guest is slow
sample() { awk 'FILENAME == "/proc/uptime" { t = $1 * 1e6 } $1 == "usage_usec" { u = $2 } END { printf "%d %d\n", u, t }' "$(group cpu)/cpu.stat" /proc/uptime; }
# $1 to $2 thousandths of a processor, in the best of four samples of five seconds: the machine outside may be busy
share() { local a b s; for _ in 1 2 3 4; do a=($(sample)); sleep 5; b=($(sample)); s=$(((b[0] - a[0]) * 1000 / (b[1] - a[1]))); [ $s -lt "$1" ] || [ $s -gt "$2" ] || break; done; echo $s; }
between "a loop gets 20% of a processor, within a tenth (thousandths)" 180 220 "$(share 180 220)"
is "the loop is throttled" [ "$(field cpu cpu.stat nr_throttled)" -gt 5 ]
stats_too && is "events --stats reports throttling" jq -e '.data.cpu.throttling.throttledPeriods > 5 and .data.cpu.usage.total > 0' <<<"$($rt events --stats cpu)"
$rt update --cpu-quota 50000 --cpu-period 100000 cpu; same "update changes cpu.max" "50000 100000" "$(file cpu cpu.max)"
between "and the loop gets 50% (thousandths)" 450 550 "$(share 450 550)"
$rt update --cpu-share 2048 cpu
if own; then same "update changes cpu.weight" 174 "$(file cpu cpu.weight)"; fi
down cpu
up set '.linux.resources += {cpu: {cpus: "1", mems: "0"}}'
same "cpu.cpus is cpuset.cpus" 1 "$(file set cpuset.cpus)"
same "cpu.mems is cpuset.mems" 0 "$(file set cpuset.mems)"
same "one processor is left" 1 "$($rt exec set nproc </dev/null)"
$rt update --cpuset-cpus 0-1 set; same "update changes cpuset.cpus" 0-1 "$(file set cpuset.cpus)"
if own; then
  $rt update --memory 33554432 --pids-limit 7 --cpuset-cpus 77 set >/run/err 2>&1; rc=$?
  is "an update that fails says so ($(head -n 1 /run/err))" [ $rc -ne 0 ]
  same "and leaves the old values: memory.max" max "$(file set memory.max)"
  same "and cpuset.cpus" 0-1 "$(file set cpuset.cpus)"
fi
down set
# two loops on one processor: shares 2048 are weight 174, 512 are 59
up more '.linux.resources += {cpu: {cpus: "1", shares: 2048}}' 'while :; do :; done'
up less '.linux.resources += {cpu: {cpus: "1", shares: 512}}' 'while :; do :; done'
used() { field "$1" cpu.stat usage_usec; }
# how many tenths of LESS's time MORE gets, in the best of three samples of four seconds
ratio() { local a b i r; for i in 1 2 3; do a=$(used more) b=$(used less); sleep 4; r=$(((10 * ($(used more) - a)) / ($(used less) - b + 1))); [ $r -lt "$1" ] || [ $r -gt "$2" ] || break; done; echo $r; }
if own; then between "2048 shares get three times what 512 get (tenths)" 22 38 "$(ratio 22 38)"; fi
if own; then
  echo '{"cpu": {"idle": 1}}' | $rt update -r - less
  # an idle one may get nothing at all in four seconds
  between "and many times what an idle one gets (tenths)" 100 1000000000 "$(ratio 100 1000000000)"
fi
down more; down less
up burst '.linux.resources += {cpu: {quota: 20000, period: 100000, burst: 10000}}'; same "cpu.burst is cpu.max.burst" 10000 "$(file burst cpu.max.burst)"; down burst
up idle '.linux.resources += {cpu: {idle: 1}}'; same "cpu.idle" 1 "$(file idle cpu.idle)"; down idle

#### blockIO
if [ -n "$VM_DISK" ]; then
  d=$(cat "/sys/class/block/${VM_DISK#/dev/}/dev")
  major=${d%:*} minor=${d#*:}
  # took COMMAND: prints how many seconds it takes in the guest
  took() { echo "t=\$(cut -d. -f1 /proc/uptime); $1 2>/dev/null; echo real \$((\$(cut -d. -f1 /proc/uptime) - t))"; }
  # felt TEXT LOW HIGH COMMAND THROTTLE RATE: the seconds that it takes, in the best of three tries: the disk outside may be busy
  felt() {
    local s throttle=
    [ -z "${5-}" ] || throttle="| .linux.resources += {blockIO: {$5: [{major: $major, minor: $minor, rate: $6}]}}"
    for _ in 1 2 3; do
      run "$(took "$4")" "$data $throttle"
      s=$(awk '/real/ { print $2 }' <<<"$out")
      [ "${s:-0}" -lt "$2" ] || [ "$s" -gt "$3" ] || break
    done
    between "$1" "$2" "$3" "$s"
  }
  data='.mounts += [{destination: "/data", type: "bind", source: "/data", options: ["bind", "rw"]}]'
  write='dd if=/dev/zero of=/data/x bs=64k count=64 oflag=direct'
  run "cat /sys/fs/cgroup/io.max" "$data | .linux.resources += {blockIO: {throttleWriteBpsDevice: [{major: $major, minor: $minor, rate: 1048576}], throttleReadIOPSDevice: [{major: $major, minor: $minor, rate: 500}]}}"
  matches "io.max holds the throttles" "$d .*wbps=1048576 riops=500" "$out"
  felt "writing 4 MiB without a throttle takes seconds" 0 2 "$write"
  felt "at 1 MiB/s" 3 6 "$write" throttleWriteBpsDevice 1048576
  felt "reading 4 MiB at 1 MiB/s" 3 6 'dd if=/data/x of=/dev/null bs=64k count=64 iflag=direct' throttleReadBpsDevice 1048576
  felt "40 reads at 10/s" 3 6 'dd if=/data/x of=/dev/null bs=4k count=40 iflag=direct' throttleReadIOPSDevice 10
  felt "40 writes at 10/s" 3 6 'dd if=/dev/zero of=/data/y bs=4k count=40 oflag=direct' throttleWriteIOPSDevice 10
  up io "$data | .linux.resources += {blockIO: {throttleWriteBpsDevice: [{major: $major, minor: $minor, rate: 104857600}]}}"
  $rt exec io sh -c "$write" </dev/null >/dev/null 2>&1
  stats_too && is "events --stats reports the disk" jq -e '[.data.blkio.ioServiceBytesRecursive[] | select((.op | ascii_downcase) == "write")][0].value >= 4194304' <<<"$($rt events --stats io)"
  echo "{\"blockIO\": {\"throttleWriteBpsDevice\": [{\"major\": $major, \"minor\": $minor, \"rate\": 1048576}]}}" >/run/r.json
  $rt update -r /run/r.json io
  matches "update changes io.max" "$d .*wbps=1048576" "$(file io io.max)"
  for _ in 1 2 3; do
    s=$($rt exec io sh -c "$(took "$write")" </dev/null | awk '/real/ { print $2 }')
    [ "${s:-0}" -lt 3 ] || [ "$s" -gt 6 ] || break
  done
  between "and it is felt: 4 MiB take seconds" 3 6 "$s"
  down io
  echo bfq >"/sys/class/block/${VM_DISK#/dev/}/queue/scheduler"
  up bfq '.linux.resources += {blockIO: {weight: 200}}'
  matches "blockIO.weight" '(^| )(default )?(200|1819) ' "$(cat "$(group bfq)"/io.bfq.weight "$(group bfq)"/io.weight 2>/dev/null)"
  down bfq
  echo none >"/sys/class/block/${VM_DISK#/dev/}/queue/scheduler"
fi

#### hugepages, unified
up huge '.linux.resources += {hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
same "hugepageLimits is hugetlb.2MB.max" 4194304 "$(file huge hugetlb.2MB.max)"
own && same "and hugetlb.2MB.rsvd.max" 4194304 "$(file huge hugetlb.2MB.rsvd.max)"
down huge
cp /in/agent "$bundle/rootfs/bin/agent"
echo 4 >/proc/sys/vm/nr_hugepages
run 'agent hugepages 4' '.linux.resources += {hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
same "a container gets as many huge pages as its limit holds" 2 "$out"
run 'agent hugepages 4'
same "and without a limit all" 4 "$out"
echo 0 >/proc/sys/vm/nr_hugepages
up uni '.linux.resources += {memory: {limit: 67108864}, unified: {"memory.high": "10485760", "cpu.weight": "77", "memory.max": "50331648"}}'
same "unified files" "10485760 77" "$(echo $(file uni memory.high) $(file uni cpu.weight))"
own && same "unified comes last" 50331648 "$(file uni memory.max)"
down uni
if own; then
  run true '.linux.resources += {unified: {"../cgroup.procs": "0"}}'
  matches "a unified name with a slash is refused" 'linux\.resources\.unified' "$out"
  run true '.linux.resources += {unified: {"nonsense.max": "0"}}'
  matches "an unknown unified file is refused" 'linux\.resources\.unified.*nonsense' "$out"
fi

#### devices
caps='.process.capabilities.bounding += ["CAP_MKNOD"] | .process.capabilities.effective += ["CAP_MKNOD"] | .process.capabilities.permitted += ["CAP_MKNOD"]'
run 'rm -f /tmp/kmsg /tmp/null /tmp/b /tmp/fuse; mknod /tmp/kmsg c 1 11; head -c 1 /tmp/kmsg; mknod /tmp/null c 1 3 && echo >/tmp/null && echo fine' "$caps"
matches "a device that no rule allows cannot be opened" 'not permitted.*fine' "$out"
run 'rm -f /tmp/kmsg /tmp/null /tmp/b /tmp/fuse; mknod /tmp/fuse c 10 229; dd if=/tmp/fuse bs=1 count=0 2>&1 && echo readable; echo >/tmp/fuse && echo writable' \
  "$caps | .linux.resources.devices += [{allow: true, type: \"c\", major: 10, minor: 229, access: \"rm\"}]"
matches "a rule that allows reading does not allow writing" 'readable.*not permitted' "$out"
run 'mknod /tmp/b b 254 0; head -c 1 /tmp/b | wc -c' "$caps | .linux.resources.devices = [{allow: true, access: \"rwm\"}, {allow: false, type: \"b\", access: \"rwm\"}]"
matches "a rule that denies after one that allows" 'not permitted.* 0 $' " $out"
if command -v bpftool >/dev/null; then
  up dev ''; programs() { bpftool cgroup show "$(group dev)" 2>/dev/null | grep -c cgroup_device; }
  before=$(programs)    # with systemd there is its own as well
  for q in 5 6 7; do $rt update --pids-limit $q dev; done
  between "there is a device program" 1 2 "$before"
  same "updates do not pile up device programs" "$before" "$(programs)"
  down dev
fi
finish
