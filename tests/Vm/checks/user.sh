#!/bin/bash
# An ordinary user with a systemd of their own: no root anywhere.
#   user.sh RUNTIME        (full mode, in a login session: vm full -u tester)
set -- "$1" systemd
rt=$1
n=0 bad=0
name=${rt##*/}
ok() { n=$((n + 1)); echo "ok $n - $*"; }
no() { n=$((n + 1)); bad=$((bad + 1)); echo "not ok $n - $*"; }
is() { local text=$1; shift; if "$@" >/dev/null 2>&1; then ok "$text"; else no "$text"; fi; }
same() { if [ "$2" = "$3" ]; then ok "$1: $3"; else no "$1: wanted '$2', got '$3'"; fi; }
matches() { local got; got=$(tr '\n' ' ' <<<"$3"); if grep -qE -- "$2" <<<"$got"; then ok "$1: $got"; else no "$1: wanted /$2/, got '$got'"; fi; }
until_true() { local i; for ((i = 0; i < 100; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; return 1; }

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
echo "1..$n"
echo "# $name user: $((n - bad)) passed, $bad failed"
[ $bad = 0 ]
