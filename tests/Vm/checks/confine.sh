#!/bin/bash
# What this kernel has and a development machine may not: idmapped mounts, time namespaces, AppArmor, notifications.
#   confine.sh RUNTIME [fs|systemd]
. "${0%/*}/lib.sh"
userns='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
chmod 755 "$bundle" "$bundle/rootfs"
chown -Rh 100000:100000 "$bundle/rootfs"
run 'id -u; cat /proc/self/uid_map; touch /tmp/x && echo wrote' "$userns"
matches "a user namespace" '^0 +0 +100000 +65536 wrote' "$out"
run 'grep -c . /proc/self/cgroup; cat /sys/fs/cgroup/pids.max' "$userns | .linux.resources += {pids: {limit: 30}}"
matches "limits hold in a user namespace" ' 30 $' "$out"
mkdir -p /var/tmp/src /run/src
for source in /var/tmp/src /run/src; do
  touch $source/f; chown 1000:1000 $source/f
  run 'stat -c %u:%g /mnt/f' "$userns | .mounts += [{destination: \"/mnt\", type: \"bind\", source: \"$source\", options: [\"bind\", \"idmap\"],
    uidMappings: [{containerID: 0, hostID: 100000, size: 65536}], gidMappings: [{containerID: 0, hostID: 100000, size: 65536}]}]"
  same "an idmapped mount of $(stat -f -c %T $source)" 1000:1000 "$out"
done
chown -Rh 0:0 "$bundle/rootfs"
run 'cut -d. -f1 /proc/uptime' '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 1000000, nanosecs: 0}, monotonic: {secs: 1000000, nanosecs: 0}}'
between "a time namespace: the uptime" 1000000 1100000 "$out"
run 'mkdir /tmp/dir' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 12}]}'
matches "seccomp refuses with the errno asked" '[Mm]emory' "$out"
rm -f /run/notify.sock; /in/agent notify /run/notify.sock & p=$!
until_true test -S /run/notify.sock
run 'mkdir /tmp/dir2' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/run/notify.sock", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY"}]}'
matches "seccomp notifies an agent" 'No medium' "$out"
kill $p 2>/dev/null; wait $p 2>/dev/null
if [ "$(cat /sys/module/apparmor/parameters/enabled)" = Y ]; then
  cat >/run/profile <<'E'
profile vm-check flags=(attach_disconnected,mediate_deleted) {
  file, capability, network, mount, umount, signal, unix, ptrace,
  deny /tmp/secret rw,
}
E
  apparmor_parser -rK /run/profile
  run 'cat /proc/self/attr/apparmor/current; echo >/tmp/secret' '.process.apparmorProfile = "vm-check"'
  matches "an AppArmor profile is enforced" 'vm-check \(enforce\).*Permission denied' "$out"
  up aa '.process.apparmorProfile = "vm-check"'
  matches "and in exec" 'vm-check \(enforce\).*Permission denied' "$($rt exec aa sh -c 'cat /proc/self/attr/apparmor/current; echo >/tmp/secret' </dev/null 2>&1)"
  if own; then
    echo 'profile vm-other flags=(attach_disconnected,mediate_deleted) {
      file, capability, network, mount, umount, signal, unix, ptrace, deny /tmp/other rw, }' >/run/profile2
    apparmor_parser -rK /run/profile2
    matches "exec --apparmor takes another" 'vm-other \(enforce\).*Permission denied' \
      "$($rt exec --apparmor vm-other aa sh -c 'cat /proc/self/attr/apparmor/current; echo >/tmp/other' </dev/null 2>&1)"
    matches "and unconfined" '^unconfined' "$($rt exec --apparmor unconfined aa cat /proc/self/attr/apparmor/current </dev/null 2>&1)"
    out=$($rt exec --apparmor no-such-profile aa true </dev/null 2>&1); rc=$?
    matches "a profile of exec that is not loaded" '^255 .*no-such-profile.*ENOENT.*the profile is not loaded' "$rc $out"
    jq '.process | .args = ["cat", "/proc/self/attr/apparmor/current"] | .apparmorProfile = "vm-other"' "$bundle/config.json" >/run/process.json
    matches "and the profile of a process file" '^vm-other \(enforce\)' "$($rt exec --process /run/process.json aa </dev/null 2>&1)"
    matches "init keeps its own" '^vm-check \(enforce\)' "$(cat "/proc/$($rt state aa | jq .pid)/attr/apparmor/current")"
  fi
  down aa
  for nnp in true false; do
    run 'cat /proc/self/attr/apparmor/current; echo >/tmp/secret' ".process.apparmorProfile = \"vm-check\" | .process.noNewPrivileges = $nnp"
    matches "with noNewPrivileges $nnp" 'vm-check \(enforce\).*Permission denied' "$out"
  done
  run 'cat /proc/self/attr/apparmor/current' '.process.apparmorProfile = "unconfined"'
  matches "unconfined is a profile" '^unconfined' "$out"
  run true '.process.apparmorProfile = "no-such-profile"'
  is "a profile that is not loaded is an error" [ $rc -ne 0 ]
  if own; then
    matches "that says where and why" 'process.apparmorProfile \(no-such-profile\).*ENOENT.*the profile is not loaded' "$out"
    configure chk true '.process.apparmorProfile = "no-such-profile"'
    matches "check says it before" 'error +process.apparmorProfile +profile "no-such-profile" is not loaded' "$($rt check --bundle "$bundle" 2>&1)"
  fi
else
  no "AppArmor is off in this kernel"
fi
finish
