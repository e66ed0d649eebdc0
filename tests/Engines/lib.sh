# Sourced by the engines' scripts: TAP output and an image.
# shellcheck shell=bash disable=SC2034
rt=$1 n=0 bad=0

ok() { n=$((n + 1)); echo "ok $n - $*"; }
no() { n=$((n + 1)); bad=$((bad + 1)); echo "not ok $n - $*"; }
is() { local text=$1; shift; if "$@" >/dev/null 2>&1; then ok "$text"; else no "$text"; fi; }
# The two streams come in any order.
sorted() { tr " " "\n" <<<"$*" | sort | tr "\n" " "; }
same() { if [ "$2" = "$3" ]; then ok "$1: $3"; else no "$1: wanted '$2', got '$3'"; fi; }
matches() { local got; got=$(tr '\n\r' '  ' <<<"$3"); if grep -qE -- "$2" <<<"$got"; then ok "$1: ${got:0:160}"; else no "$1: wanted /$2/, got '${got:0:1000}'"; fi; }
own() { [ "$rt" = oci-run ]; }
until_true() { local i; for ((i = 0; i < 150; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; return 1; }

# try COMMAND...: sets out (both streams) and rc
try() { out=$(timeout 60 "$@" 2>&1 </dev/null); rc=$?; }

# terminal COMMAND: with a terminal, fed by our standard input
terminal() { timeout 60 script -qec "$1" /dev/null; }

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

finish() {
  same "no cgroup is left" "" "$(find /sys/fs/cgroup -mindepth 2 -type d \( -name 'libpod-*' -o -path '*/docker/*' -o -path '*/default/*' -o -path '*/check/*' \) ! -name 'libpod-conmon*' ! -path '*/docker/buildkit' | head -n 3)"
  same "no state is left" "" "$(ls "/run/$rt" "/run/containerd/runc/default" "/run/docker/runtime-runc/moby" 2>/dev/null | grep -v ':$' | grep . | head -n 3)"
  echo "1..$n"
  echo "# $rt: $((n - bad)) passed, $bad failed"
  [ $bad = 0 ]
}
