# Sourced by bash scripts: namespaces and a cgroup v2 hierarchy of one's own. The machine's mounts are not touched, and whatever happens in there
# is gone afterwards. Needs root.
# shellcheck shell=bash

lab_group=

# Where cgroup v2 is mounted; prints it.
cgroup2_mount() {
    awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts
}

# isolated NAME [UNSHARE-OPTION...] -- COMMAND...: runs the command in a mount, IPC, UTS and cgroup namespace of its own, and in others by unshare(1)'s
# options; returns its status. The cgroup namespace is rooted at a new cgroup which holds no process itself, as one must that
# enables controllers for others; the command is in its child "driver". When a signal ends the script, lab_cleanup has to be called by its EXIT trap.
isolated() {
    local name=$1 options=() mount status=0
    shift
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    mount=$(cgroup2_mount)
    [ -n "$mount" ] || { echo "no cgroup2 mount" >&2; return 1; }
    lab_group=$mount/oci-run-$name.$$
    mkdir -p "$lab_group/driver" || return 1
    # Not the lock of the cache: what the command leaves behind must not keep it.
    sh -c 'echo $$ >"$0/cgroup.procs" && exec unshare --cgroup sh -c "echo \$\$ >$0/driver/cgroup.procs && exec \"\$@\"" sh "$@"' "$lab_group" \
        unshare --mount --ipc --uts --propagation private "${options[@]}" -- "$@" 9>&- || status=$?
    lab_cleanup || status=1
    return $status
}

# Ends what is left in the cgroup of isolated and removes it.
lab_cleanup() {
    local end=$((SECONDS + 20)) group=$lab_group
    lab_group=
    while [ -n "$group" ] && [ -d "$group" ]; do
        echo 1 >"$group/cgroup.kill" || :
        find "$group" -depth -type d -exec rmdir {} + || :
        [ ! -d "$group" ] || [ "$SECONDS" -lt "$end" ] || { echo "cgroups are left in $group" >&3; return 1; }
        sleep 0.05
    done 3>&2 2>/dev/null
}

# furnish DIRECTORY: mounts what a system needs in a root that is a mount point.
furnish() {
    local d
    mkdir -p "$1/old"
    mount -t proc proc "$1/proc"
    mount -t sysfs sysfs "$1/sys"
    mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
    mount --rbind /dev "$1/dev"
    # Not the machine's: podman keeps its locks there, which two runs at once would share.
    [ ! -d "$1/dev/shm" ] || mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
    for d in tmp run; do mount -t tmpfs -o mode=755 tmpfs "$1/$d"; done
    chmod 1777 "$1/tmp"
}

# enter DIRECTORY: makes that the root of this mount namespace.
enter() {
    cd "$1"
    pivot_root . old
    umount -l /old
    cd /
    # A directory of the machine, which is not here.
    unset TMPDIR
}
