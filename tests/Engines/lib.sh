# Sourced by the engines' scripts: TAP output and an image.
# shellcheck shell=bash disable=SC2034
rt=$1
. /in/tap.sh
own() { [ "$rt" = oci-run ]; }
# The two streams come in any order.
sorted() { tr " " "\n" <<<"$*" | sort | tr "\n" " "; }

# try COMMAND...: sets out (both streams) and rc
try() { out=$(timeout 180 "$@" 2>&1 </dev/null); rc=$?; }

# What the command said that failed: a status alone explains nothing.
eval "told_$(declare -f no)"
no() { told_no "$@"; [ -z "${out-}" ] || printf '%s\n' "$out" | sed 's/^/#   /'; }

# load COMMAND...: an engine takes the image. Nothing of a runtime is in it, and everything after depends on it: it has three tries.
load() {
  local i
  for i in 1 2 3; do
    try "$@"; [ $rc != 0 ] || break
    echo "# $* (try $i): $rc: $out"
  done
  same "$1 takes an image" 0 $rc
}

# terminal COMMAND: with a terminal
terminal() { timeout 180 script -qec "$1" /dev/null; }

# talk SCRIPT COMMAND...: with a terminal, typing what the script says when the program has said what it waits for (tests/Probe/probe/terminal.c);
# prints what became of it: a line "missed=" names what did not come
talk() { timeout 180 /in/probe talk "$1" "$(command -v "$2")" "${@:3}"; }

# An image archive of busybox that podman, docker and containerd all load, made by hand: /tmp/image.tar
make_image() {
  local d=/tmp/image layer config
  rm -rf $d; mkdir -p $d/root/{bin,etc,tmp,root,data,proc,sys,dev,home} $d/a
  cp /bin/busybox $d/root/bin/
  for a in $(/bin/busybox --list | grep -vx busybox); do ln -sf busybox $d/root/bin/"$a"; done
  printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home:/bin/sh\n' >$d/root/etc/passwd
  printf 'root:x:0:\nuser:x:1000:\n' >$d/root/etc/group
  printf "#!/bin/sh\nexec sleep 100000\n" >$d/root/bin/wait-here; chmod 755 $d/root/bin/wait-here
  echo text >$d/root/etc/text; chmod 777 $d/root/data; chmod 1777 $d/root/tmp
  tar -C $d/root --owner=0 --group=0 --numeric-owner -cf $d/a/layer.tar .
  layer=$(sha256sum $d/a/layer.tar | cut -d' ' -f1)
  jq -nc --arg l "sha256:$layer" '{architecture: "amd64", os: "linux", created: "2024-01-01T00:00:00Z",
    config: {Env: ["PATH=/bin"], Cmd: ["sh"], WorkingDir: "/"}, rootfs: {type: "layers", diff_ids: [$l]}, history: [{created: "2024-01-01T00:00:00Z"}]}' >$d/a/config.json
  config=$(sha256sum $d/a/config.json | cut -d' ' -f1)
  mv $d/a/config.json "$d/a/$config.json"
  jq -nc --arg c "$config.json" '[{Config: $c, RepoTags: ["docker.io/library/box:latest"], Layers: ["layer.tar"]}]' >$d/a/manifest.json
  tar -C $d/a -cf /tmp/image.tar .
}

cgroups() {
  find /sys/fs/cgroup -mindepth 2 -type d \( -name 'libpod-*' -o -path '*/docker/*' -o -path '*/default/*' -o -path '*/check/*' \) \
    ! -name 'libpod-conmon*' ! -path '*/docker/buildkit'
}
states() { ls "/run/$rt" "/run/containerd/runc/default" "/run/docker/runtime-runc/moby" 2>/dev/null | sed '/:$/d; /^$/d'; }

finish() {
  # what engines remove behind our back they may still be removing
  until_same "" cgroups; same "no cgroup is left" "" "$(cgroups)"
  until_same "" states; same "no state is left" "" "$(states)"
  finish_tap "$rt"
}
