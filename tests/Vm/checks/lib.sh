# Sourced by the checks: TAP output, and containers of the runtime $rt with the cgroup driver $driver.
#   CHECK.sh RUNTIME [fs|systemd]
# shellcheck shell=bash disable=SC2034
rt=$1 driver=${2:-fs}
id=0
name=${rt##*/}
. "${BASH_SOURCE[0]%/*}/tap.sh"

# Whether the runtime is ours: what the others do otherwise is not asked of them.
own() { [ "$name" = oci-run ]; }

left() { find /sys/fs/cgroup -mindepth 1 -type d \( -path '*/check/*' -o -name 'check-*' \) 2>/dev/null; }
finish() {
  same "no container is left" "" "$($rt list -q 2>&1)"
  until_same "" left; same "no cgroup is left" "" "$(left)"
  finish_tap "$name $driver"
}

args=()
[ "$driver" = fs ] || args=(--systemd-cgroup)
bundle=/var/tmp/bundle.$name
rm -rf "$bundle"
mkdir -p "$bundle"/rootfs/{bin,dev,proc,sys,tmp,etc,mnt,data}
cp /vm/busybox "$bundle/rootfs/bin/busybox"
for a in $(/vm/busybox --list | grep -vx busybox); do ln -sf busybox "$bundle/rootfs/bin/$a"; done
echo 'root:x:0:0::/:/bin/sh' >"$bundle/rootfs/etc/passwd"
(cd "$bundle" && $rt spec) || exit 1
mv "$bundle/config.json" "$bundle/base.json"
echo "# $name, cgroup driver $driver, kernel $(uname -r): $($rt --version | head -n 1)"

# configure ID COMMAND [FILTER]: writes config.json: sh -c COMMAND, with a jq filter on top
configure() {
  local path
  if [ "$driver" = fs ]; then path=/check/$1; else path=system.slice:check:$1; fi
  jq --arg c "$2" --arg p "$path" '.process.terminal = false | .process.args = ["sh", "-c", $c] | .root.readonly = false |
    .linux.cgroupsPath = $p | '"${3:-.}" "$bundle/base.json" >"$bundle/config.json"
}

# The directory of a container's cgroup.
group() { if [ "$driver" = fs ]; then echo "/sys/fs/cgroup/check/$1"; else echo "/sys/fs/cgroup/system.slice/check-$1.scope"; fi; }

# file ID NAME: what the container's cgroup says
file() { cat "$(group "$1")/$2" 2>&1; }

# field ID FILE KEY
field() { awk -v k="$3" '$1 == k { print $2 }' "$(group "$1")/$2"; }

# run COMMAND [FILTER]: in the foreground; sets out, rc
run() {
  id=$((id + 1)); c=c$id
  configure $c "$1" "${2:-.}"
  out=$($rt "${args[@]}" run --bundle "$bundle" $c </dev/null 2>&1); rc=$?
}

# up ID [FILTER [COMMAND]]: a container that sleeps; sets rc, out
up() {
  configure "$1" "${3:-exec sleep 1000}" "${2:-.}"
  # a file, not a pipe: the container keeps it
  $rt "${args[@]}" run -d --bundle "$bundle" "$1" </dev/null >/run/up.out 2>&1; rc=$?
  out=$(cat /run/up.out)
  [ $rc = 0 ] || no "start $1: $out"
}

down() { $rt delete --force "$1" 2>&1; }
