#!/bin/bash
# An ordinary user with a systemd of their own: no root anywhere.
#   user.sh RUNTIME        (full mode, in a login session: vm full -u tester)
set -- "$1" systemd
rt=$1
name=${rt##*/}
. "${0%/*}/tap.sh"

bundle=$HOME/bundle.$name
rm -rf "$bundle"; mkdir -p "$bundle"/rootfs/{bin,dev,proc,sys,tmp,etc}
cp /vm/busybox "$bundle/rootfs/bin/busybox"
for a in $(/vm/busybox --list | grep -vx busybox); do ln -sf busybox "$bundle/rootfs/bin/$a"; done
cd "$bundle" && $rt spec || exit 1
# what a user may have: a user namespace with one id, the host's network, no ids of others in mount options
jq --argjson u "$(id -u)" --argjson g "$(id -g)" '.linux.namespaces |= map(select(.type != "network")) | .linux.namespaces += [{type: "user"}]
  | .linux.uidMappings = [{containerID: 0, hostID: $u, size: 1}] | .linux.gidMappings = [{containerID: 0, hostID: $g, size: 1}]
  | .mounts |= map(.options |= (. // [] | map(select(startswith("gid=") | not))) | if .type == "sysfs" then {destination: "/sys", type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"]} else . end)
  | .mounts |= map(select(.destination != "/sys/fs/cgroup")) | del(.linux.resources)' config.json >base.json
echo "# $name, rootless as $(id -un), kernel $(uname -r): $($rt --version | head -n 1)"
configure() {
  jq --arg c "$2" --arg p "user.slice:check:$1" '.process.terminal = false | .process.args = ["sh", "-c", $c] | .root.readonly = false |
    .linux.cgroupsPath = $p | '"${3:-.}" base.json >config.json
}
configure a 'id -u; cat /proc/self/uid_map; echo $$'
out=$($rt --systemd-cgroup run a </dev/null 2>&1); rc=$?
matches "a container without root" '^0 +0 +1000 +1 +1 $' "$out"
configure b 'exec sleep 1000' '.linux.resources += {memory: {limit: 33554432}, pids: {limit: 20}}'
$rt --systemd-cgroup run -d b </dev/null >/tmp/out 2>&1; rc=$?
same "with limits" 0 $rc
[ $rc = 0 ] || echo "# $(cat /tmp/out)"
same "the user's systemd has its scope" active "$(systemctl --user is-active check-b.scope)"
same "MemoryMax" 33554432 "$(systemctl --user show -P MemoryMax check-b.scope)"
g=/sys/fs/cgroup$(cut -d: -f3 "/proc/$($rt state b | jq .pid)/cgroup")
same "memory.max" 33554432 "$(cat "$g/memory.max")"
same "pids.max" 20 "$(cat "$g/pids.max")"
$rt update --pids-limit 30 b; same "update" 30 "$(cat "$g/pids.max")"
same "exec" inside "$($rt exec b echo inside </dev/null 2>&1)"
$rt pause b; same "pause" paused "$($rt state b | jq -r .status)"; $rt resume b
$rt delete --force b
until_true sh -c '[ "$(systemctl --user is-active check-b.scope)" = inactive ]'
same "delete ends the scope" inactive "$(systemctl --user is-active check-b.scope)"
# without systemd there is no cgroup to be had, and no limit was asked
configure c 'echo ran' '.linux.cgroupsPath = "" | .linux.resources = {}'
out=$($rt run c </dev/null 2>&1); matches "without a cgroup" 'ran' "$out"
same "no container is left" "" "$($rt list -q)"
finish_tap "$name user"
