#!/bin/bash
# containerd through ctr with the runtime $1.
. /in/lib.sh
make_image
mkdir -p /etc/containerd
echo 'version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"]' >/etc/containerd/config.toml
containerd >/tmp/containerd.log 2>&1 &
until_true ctr version || { no "containerd starts: $(tail -n 3 /tmp/containerd.log)"; finish; exit; }
echo "# $(containerd --version), $($rt --version | head -n 1)"
load ctr image import /tmp/image.tar
# 1024 shares ask for the cpu controller, which this machine may not have: a runtime may know that it is the default
shares=(--cpu-shares 0)
! own || shares=()
i=0
# ctr_run WORDS...: options, then -- and the command
ctr_run() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done; shift
  i=$((i + 1))
  try ctr run --rm --runc-binary "/usr/bin/$rt" "${shares[@]}" "${options[@]}" docker.io/library/box:latest c$i "$@"
}
ctr_run -- sh -c 'echo out; echo err >&2; exit 3'; same "run: output and status" "3 err out " "$(sorted $rc $out)"
ctr_run -- no-such-program; matches "a missing program" 'not found|no such file' "$out"
ctr_run -- /etc/text; matches "a file that is not executable" '[Pp]ermission denied' "$out"
ctr_run --cwd /made -- pwd; same "a directory that is made" /made "$out"
ctr_run --env A=b -- sh -c 'echo $A'; same "environment" b "$out"
ctr_run --user 1000:1000 -- id -u; same "user" 1000 "$out"
ctr_run --read-only -- touch /x; matches "read-only" 'Read-only' "$out"
ctr_run --seccomp -- grep Seccomp: /proc/self/status; matches "seccomp" '2 *$' "$out"
ctr_run --mount type=bind,src=/tmp/image,dst=/data,options=rbind:ro -- sh -c 'ls /data; touch /data/x'; matches "a mount, read-only" '(root.*Read-only|Read-only.*root)' "$out"
ctr_run --privileged -- sh -c 'grep CapEff /proc/self/status; ls /dev | wc -l'; matches "privileged" '000001ff' "$out"
ctr_run --cap-add CAP_SYS_TIME -- grep CapEff /proc/self/status; matches "a capability" 'CapEff' "$out"
ctr_run --device /dev/fuse -- ls /dev/fuse; same "a device" /dev/fuse "$out"
ctr_run --net-host -- sh -c 'grep -c : /proc/net/dev'; matches "the host's network" '[1-9]' "$out"
ctr_run --uidmap 0:100000:65536 --gidmap 0:100000:65536 --remap-labels -- cat /proc/self/uid_map
matches "a user namespace" '0 +100000 +65536' "$out"
ctr_run --null-io -- true; same "null-io" 0 $rc
out=$(terminal "ctr run --rm -t --runc-binary /usr/bin/$rt ${shares[*]} docker.io/library/box:latest t1 sh -c 'tty; echo done'" </dev/null); matches "a terminal" '/dev/pts/0.*done' "$out"

try ctr run -d --runc-binary "/usr/bin/$rt" "${shares[@]}" docker.io/library/box:latest one sleep 1000; same "run -d" 0 $rc
[ $rc = 0 ] || echo "# $out"
try ctr task exec --exec-id e1 one echo inside; same "task exec" inside "$out"
try ctr task exec --exec-id e2 one sh -c 'exit 7'; same "its status" 7 $rc
try ctr task exec --exec-id e3 one no-such-program; matches "task exec of a missing program" 'not found|no such file' "$out"
try ctr task exec --exec-id e4 --user 1000 --cwd /data one sh -c 'id -u; pwd'; same "with user and directory" "1000 /data" "$(echo $out)"
out=$(terminal "ctr task exec -t --exec-id e5 one sh -c 'tty; echo done'" </dev/null); matches "with a terminal" '/dev/pts/.*done' "$out"
try ctr task ps one; matches "task ps" 'PID.*[0-9]+' "$out"
try ctr task ls; matches "task ls" 'one +[0-9]+ +RUNNING' "$out"
try ctr task pause one; same "pause" 0 $rc
try ctr task ls; matches "paused" 'one +[0-9]+ +PAUSED' "$out"
try ctr task resume one; same "resume" 0 $rc
try ctr task metrics one; matches "metrics" '^0 .*ID +TIMESTAMP +one ' "$rc $out"
try ctr task checkpoint one
if own; then matches "checkpoint is refused clearly" '^[1-9].*checkpoint is not supported' "$rc $out"; else is "checkpoint works or is refused" [ -n "$out" ]; fi
try ctr task exec --exec-id e6 one echo after; same "after which it runs on" after "$out"
try ctr task kill -s KILL one; same "kill" 0 $rc
until_true sh -c 'ctr task ls | grep -q STOPPED'
try ctr task ls; matches "stopped" 'one +[0-9]+ +STOPPED' "$out"
try ctr task rm one; matches "task rm" . "$rc"
try ctr container rm one; same "container rm" 0 $rc
# the host's pid namespace: kill --all must find everything
try ctr run -d --pid-host --runc-binary "/usr/bin/$rt" "${shares[@]}" docker.io/library/box:latest two sh -c 'sleep 1001 & sleep 1002'
if [ $rc = 0 ]; then
  until_true pgrep -f 'sleep 100[12]'
  try ctr task kill -a -s KILL two; same "in the host's pid namespace: kill --all" 0 $rc
  until_true sh -c '! pgrep -f "sleep 100[12]"'; same "finds everything" "" "$(pgrep -f 'sleep 100[12]')"
fi
try ctr task rm -f two; try ctr container rm two
jobs=()
for j in 1 2 3 4 5 6 7 8; do ctr run --rm --runc-binary "/usr/bin/$rt" "${shares[@]}" docker.io/library/box:latest p$j true & jobs+=($!); done >/tmp/par 2>&1
wait "${jobs[@]}"
same "eight at once: no message" "" "$(cat /tmp/par)"
same "no task is left" "" "$(ctr task ls -q)"
same "no shim is left" "" "$(until_true sh -c '! pgrep -f containerd-shim-runc' ; pgrep -f containerd-shim-runc)"
finish
