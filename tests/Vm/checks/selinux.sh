#!/bin/bash
# Labels where SELinux is on: of processes, keyrings and mounts, and what they forbid. Wants vm -a "security=selinux selinux=1" and
# /in/policy.bin, made from policy.cil.
#   selinux.sh RUNTIME [fs|systemd]
. "${0%/*}/lib.sh"
mount -t selinuxfs selinuxfs /sys/fs/selinux
cat /in/policy.bin >/sys/fs/selinux/load && echo 1 >/sys/fs/selinux/enforce
same "SELinux enforces a policy" "1 system_u:system_r:kernel_t:s0" "$(cat /sys/fs/selinux/enforce) $(tr -d '\0' </proc/self/attr/current)"
process=system_u:system_r:box_t:s0:c1,c2 files=system_u:object_r:box_file_t:s0:c1,c2
labels=".process.selinuxLabel = \"$process\" | .linux.mountLabel = \"$files\""
# label PATH...: the labels of files (what a process of the guest sees of the container)
label() { /bin/ls -Zd "$@" | awk '{ print $1 }'; }

run 'tr -d "\0" </proc/self/attr/current' "$labels"
same "the process has the label of the config" $process "$out"
run 'echo x >/dev/shm/x && echo written; echo x >/tmp/x' "$labels"
matches "it writes where its label may, and nowhere else" '^written .*Permission denied' "$out"
run 'echo x >/tmp/y && echo written' ".linux.mountLabel = \"$files\""
same "without a label it is its creator's" written "$out"
run 'echo x >/own/x' "$labels | .mounts += [{destination: \"/own\", type: \"tmpfs\", source: \"tmpfs\", options: [\"context=\\\"system_u:object_r:file_t:s0:c1,c2\\\"\"]}]"
matches "a mount's own context wins over the config's" 'Permission denied' "$out"

up se "$labels"
pid=$($rt state se | jq .pid)
root=/proc/$pid/root
same "seen from the host" "$process" "$(tr -d '\0' </proc/$pid/attr/current)"
for place in /dev /dev/shm /dev/pts /dev/mqueue /dev/null; do same "the label of $place" "$files" "$(label $root$place)"; done
same "exec takes the container's label" "$process" "$($rt exec se sh -c 'tr -d "\0" </proc/self/attr/current' </dev/null)"
same "exec --process-label" system_u:system_r:box_t:s0:c0 "$($rt exec --process-label system_u:system_r:box_t:s0:c0 se sh -c 'tr -d "\0" </proc/self/attr/current' </dev/null)"
same "the runtime's own label is unchanged" system_u:system_r:kernel_t:s0 "$(tr -d '\0' </proc/self/attr/current)"
out=$($rt exec --process-label system_u:system_r:nosuch_t:s0 se true </dev/null 2>&1); rc=$?
matches "exec with a label that the policy does not know" '^255 .*nosuch_t.*[Ii]nvalid argument' "$rc $out"
down se

run true '.process.selinuxLabel = "system_u:system_r:nosuch_t:s0"'
matches "a label that the policy does not know is an error" '^1 .*[Ii]nvalid argument' "$rc $out"
own && matches "which says where it is" 'process\.selinuxLabel' "$out"
own && matches "and why" 'hint: the loaded SELinux policy does not know this label' "$out"
run true '.linux.mountLabel = "system_u:object_r:nosuch_t:s0"'
matches "so is such a label of mounts" '^1 .*[Ii]nvalid argument' "$rc $out"
finish
