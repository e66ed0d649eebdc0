#!/bin/bash
# podman (root, cgroupfs) with the runtime $1.
. /in/lib.sh
mkdir -p /etc/containers
cat >/etc/containers/containers.conf <<E
[containers]
pids_limit = 0
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "$rt"
runtime_supports_json = ["crun", "runc", "oci-run"]
runtime_supports_nocgroup = ["crun", "oci-run"]
[engine.runtimes]
oci-run = ["/usr/bin/oci-run"]
E
[ -e /etc/containers/policy.json ] || echo '{"default": [{"type": "insecureAcceptAnything"}]}' >/etc/containers/policy.json
echo containers:x:999:999::/:/bin/false >>/etc/passwd
echo containers:300000:1000000 | tee -a /etc/subuid >>/etc/subgid
make_image
load podman load -i /tmp/image.tar
P="podman run --rm"
echo "# $(podman --version), $($rt --version | head -n 1)"

try $P box sh -c 'echo out; echo err >&2; exit 3'; same "run: output and status" "3 err out " "$(sorted $rc $out)"
try $P box no-such-program; matches "run of a missing program is 127" '^127 .*not found' "$rc $out"
try $P box /etc/text; matches "run of a file that is not executable is 126" '^126 .*(permission denied|Permission denied)' "$rc $out"
try $P box sh -c 'echo $$; cat /proc/1/comm; hostname; id -u'; matches "pid 1 and hostname" '^1 sh [0-9a-f]{12} 0' "$out"
try $P --user 1000:1000 box id; matches "user" 'uid=1000\(user\) gid=1000' "$out"
try $P --hostname box1 -e A=b -w /data box sh -c 'hostname; echo $A; pwd'; same "hostname, environment, directory" "box1 b /data" "$(echo $out)"
try $P --read-only box sh -c 'echo x >/x; echo x >/tmp/x && echo tmp'; matches "read-only" '(Read-only.*tmp|tmp.*Read-only)' "$out"
try $P --cap-drop ALL --cap-add CHOWN box grep CapEff /proc/self/status; matches "capabilities" '0000000000000001' "$out"
try $P --security-opt no-new-privileges box grep NoNewPrivs /proc/self/status; matches "no-new-privileges" '1 *$' "$out"
try $P box grep Seccomp: /proc/self/status; matches "the default seccomp profile" '2 *$' "$out"
echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 12}]}' >/tmp/seccomp.json
try $P --security-opt seccomp=/tmp/seccomp.json box mkdir /tmp/d; matches "a seccomp file" '[Mm]emory' "$out"
try $P --device /dev/fuse:/dev/f:rw box sh -c 'ls -l /dev/f | cut -c1; cat /dev/kmsg'; matches "a device" '^c ' "$out"
try $P -v /tmp/image:/data:ro box sh -c 'ls /data; touch /data/x'; matches "a volume, read-only" "(root.*Read-only|Read-only.*root)" "$out"
try $P --tmpfs /data:rw,size=1m box sh -c 'mount | grep " /data "'; matches "tmpfs" 'tmpfs.*size=1024k' "$out"
try $P --ulimit nofile=100:200 box sh -c 'ulimit -n; ulimit -Hn'; same "ulimit" "100 200" "$(echo $out)"
try $P --sysctl net.ipv4.ip_forward=1 box cat /proc/sys/net/ipv4/ip_forward; same "sysctl" 1 "$out"
try $P --init box sh -c 'cat /proc/1/comm'; matches "init" 'catatonit|podman-init' "$out"
try $P --shm-size 1m box sh -c 'df -k /dev/shm | tail -n 1'; matches "shm-size" ' 1024 ' "$out"
try $P --uidmap 0:100000:65536 --gidmap 0:100000:65536 box sh -c 'id -u; cat /proc/self/uid_map'; matches "a user namespace" '^0 +0 +100000 +65536' "$out"
try $P --userns auto box sh -c 'id -u; cat /proc/self/uid_map; stat -c %u /etc/text'; matches "a user namespace of podman's choice" '^0 +0 +3[0-9]{5} +[0-9]+ 0' "$out"
try setpriv --groups 0,777 podman run --rm --user 1000 --group-add keep-groups box id -G; matches "keep-groups" '(^| )777( |$)' "$out"
try $P --group-add 5 box id -G; matches "and without, only those asked for" '^0 5 *$' "$out"
try $P --cgroups disabled box cat /proc/self/cgroup; matches "no cgroup of its own" '^0 .*0::/[^l]*$' "$rc $(grep 0:: <<<"$out")"
try $P --cgroupns host --ipc host --uts host box sh -c 'readlink /proc/self/ns/ipc; readlink /proc/self/ns/uts; readlink /proc/self/ns/cgroup'
same "the host's ipc, uts and cgroup namespaces" "$(cd /proc/self/ns; echo $(readlink ipc uts cgroup))" "$(echo $out)"
try $P --systemd always box sh -c 'mkdir /sys/fs/cgroup/init && rmdir /sys/fs/cgroup/init; stat -f -c %T /run; echo $container'; matches "what systemd needs" '^tmpfs (oci|podman)' "$out"
try podman run --rm --rootfs /debian:O sh -c '. /etc/os-release; echo $ID; dpkg --version | head -n 1; echo x >/x && cat /x'; matches "a Debian root, on an overlay" '^debian Debian .*x *$' "$out"
try bash -c 'exec podman run --rm --preserve-fds 1 box sh -c "cat <&3" 3</etc/hostname'; same "preserve-fds" "$(cat /etc/hostname)" "$out"
try bash -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec podman run --rm box sh -c "echo \$LISTEN_FDS \$LISTEN_PID; cat <&3" 3</etc/hostname'
same "socket activation" "1 1 $(cat /etc/hostname)" "$(echo $out)"
try $P --security-opt apparmor=unconfined --security-opt mask=/proc/uptime box sh -c 'wc -c </proc/uptime'; same "a masked path" 0 "$out"
try $P --mount type=bind,src=/tmp/image,dst=/data,ro=true,bind-propagation=rslave box sh -c 'grep " /data " /proc/self/mountinfo'; matches "propagation" 'master:' "$out"
try $P --privileged box sh -c 'grep CapEff /proc/self/status; ls /dev | wc -l'; matches "privileged" '000001ff' "$out"
try $P --pid host box sh -c 'echo $$'; is "the host's pid namespace" [ "$out" != 1 ]
out=$(echo hello | timeout 60 podman run --rm -i box cat 2>&1); same "standard input" hello "$out"

out=$(terminal 'podman run --rm -it box sh -c "tty; stty size; echo done"' </dev/null); matches "a terminal" '/dev/pts/0.*done' "$out"
out=$(talk $'expect # \nsend echo $((40+2))\\r\nexpect 42\nsend exit\\r' podman run --rm -it box sh)
same "an interactive shell" code=0 "$(grep -E '^(missed|code)=' <<<"$out")"

try podman run -d --name one box sleep 1000; same "run -d" 0 $rc
try podman exec one echo inside; same "exec" inside "$out"
try podman exec one no-such-program; same "exec of a missing program" 127 $rc
try podman exec one /etc/text; same "exec of a file that is not executable" 126 $rc
try podman exec one sh -c 'exit 7'; same "exec's status" 7 $rc
try podman exec -u 1000 -w /data -e X=y one sh -c 'id -u; pwd; echo $X'; same "exec with user, directory, environment" "1000 /data y" "$(echo $out)"
out=$(terminal 'podman exec -it one sh -c "tty; echo done"' </dev/null); matches "exec with a terminal" '/dev/pts/.*done' "$out"
out=$(echo hello | timeout 60 podman exec -i one cat 2>&1); same "exec with standard input" hello "$out"
try podman top one; matches "top" 'sleep 1000' "$out"
try podman inspect -f '{{.State.Status}} {{.OCIRuntime}}' one; same "inspect" "running $rt" "$out"
out=$(talk $'expect ready\nsend word\\r\nexpect got word' podman exec -it one sh -c 'echo ready; read a; echo got $a')
same "exec with keys" code=0 "$(grep -E '^(missed|code)=' <<<"$out")"
try bash -c 'exec podman exec --preserve-fds 1 one sh -c "cat <&3" 3</etc/hostname'; same "exec with preserve-fds" "$(cat /etc/hostname)" "$out"
try podman exec --privileged one grep CapEff /proc/self/status; matches "exec --privileged" '000001ff' "$out"
try podman exec -d one sleep 1005; until_true sh -c 'podman top one | grep -q 1005'; try podman top one; matches "exec -d" 'sleep 1005' "$out"
try podman stats --no-stream --format '{{.Name}}' one; matches "stats" one "$out"
try podman run -d --name updated box sleep 1000
try podman update --memory 100m updated
if grep -qw memory /sys/fs/cgroup/cgroup.controllers; then same "update" 0 $rc; else matches "update of a limit that cannot be" '^[1-9][0-9]* .*memory' "$rc $out"; fi
podman rm -f -t 0 updated >/dev/null
try podman container checkpoint one; matches "checkpoint without criu is refused" '^[1-9][0-9]* .*(not support|criu)' "$rc $out"
try podman run --rm --pid container:one --ipc container:one box sh -c 'ps | grep -c "[s]leep 1000"'; same "joins another's namespaces" 1 "$out"
try podman pause one; same "pause" 0 $rc
try podman inspect -f '{{.State.Status}}' one; same "paused" paused "$out"
try podman unpause one; same "unpause" 0 $rc
try podman cp /etc/hostname one:/data/h; try podman exec one cat /data/h; same "cp" "$(cat /etc/hostname)" "$out"
try podman kill -s TERM one; same "kill" 0 $rc
try podman stop -t 1 one; same "stop" 0 $rc
try podman inspect -f '{{.State.ExitCode}}' one; same "the status of a killed one" 137 "$out"
try podman start one; same "start again" 0 $rc
try podman restart -t 0 one; same "restart" 0 $rc
try podman exec one echo again; same "exec after restart" again "$out"
try podman rm -f -t 0 one; same "rm -f" 0 $rc
try podman run -d --name health --health-cmd 'test -e /etc/text' box sleep 1000
try podman healthcheck run health; same "healthcheck" 0 $rc
try podman rm -f -t 0 health
try podman run -d --name health --health-cmd 'test -e /no/such' --health-retries 1 box sleep 1000
try podman healthcheck run health; same "an unhealthy one" 1 $rc
try podman rm -f -t 0 health
try podman run -d --name again --restart on-failure:2 box false
until_true sh -c '[ "$(podman inspect -f "{{.RestartCount}} {{.State.Status}}" again)" = "2 exited" ]'
same "restart on failure, twice" "2 exited" "$(podman inspect -f '{{.RestartCount}} {{.State.Status}}' again)"
podman rm -f -t 0 again >/dev/null

# The program in the container tells that it is ready; who started podman as a service hears it. The pid comes from podman and the word from the
# container, in any order.
cat >/tmp/listen.pl <<'L'
use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0])) or die; $| = 1; print "listening\n";
$SIG{ALRM} = sub { exit 1 }; alarm 30; my $all = ""; until ($all =~ /READY=1/ && $all =~ /MAINPID=/) { recv($s, my $m, 4096, 0); print "$m\n"; $all .= $m }
L
cat >/tmp/tell.pl <<'L'
use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0); connect($s, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) or die "$ENV{NOTIFY_SOCKET}: $!";
send($s, "STATUS=nearly\nREADY=1", 0) or die $!; sleep 1000
L
perl /tmp/listen.pl /tmp/notify.sock >/tmp/notified 2>&1 & listener=$!
until_true grep -q listening /tmp/notified
try env NOTIFY_SOCKET=/tmp/notify.sock timeout 30 podman run -d --name told --sdnotify container -v /usr:/usr:ro -v /lib64:/lib64:ro -v /lib:/lib:ro -v /tmp/tell.pl:/tell.pl:ro box /usr/bin/perl /tell.pl
same "sdnotify: run -d returns" 0 $rc; [ $rc = 0 ] || echo "# $out"
wait $listener; matches "the service manager hears READY" 'READY=1' "$(cat /tmp/notified)"
matches "and the main pid" 'MAINPID=[0-9]+' "$(cat /tmp/notified)"
podman rm -f -t 0 told >/dev/null

try podman pod create --name pod --infra-image box --infra-command /bin/wait-here --share ipc,uts,net; [ $rc = 0 ] || no "pod create: $out"
try podman run --pod pod --rm box hostname; same "a container in a pod has its hostname" pod "$out"
try podman run -d --pod pod --name member box sleep 1006; same "another one that stays" 0 $rc
try podman pod stats --no-stream --format '{{.Name}}' pod; matches "pod stats" member "$out"
try podman pod pause pod; same "pod pause" 0 $rc
try podman pod unpause pod; same "pod unpause" 0 $rc
try podman pod top pod; matches "pod top" 'sleep 1006' "$out"
try podman pod stop -t 0 pod; same "pod stop" 0 $rc
try podman pod start pod; same "pod start" 0 $rc
try podman exec member hostname; same "after which the hostname is still shared" pod "$out"
try podman pod rm -f -t 0 pod; same "pod rm" 0 $rc

mkdir -p /usr/share/containers/oci/hooks.d /tmp/hooks
printf '#!/bin/sh\ncat >/tmp/hook.out\n' >/tmp/hooks/h; chmod 755 /tmp/hooks/h
echo '{"version": "1.0.0", "hook": {"path": "/tmp/hooks/h"}, "when": {"always": true}, "stages": ["createRuntime"]}' >/tmp/hooks/h.json
try podman --hooks-dir /tmp/hooks run --rm box true; same "a createRuntime hook" 0 $rc
is "gets the state" jq -e '.pid > 0 and .ociVersion != null and (.status == "created" or .status == "creating")' /tmp/hook.out
printf 'FROM box\nRUN echo built >/built && id -u\nCMD cat /built\n' >/tmp/Containerfile
try podman build -q --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --network none --isolation oci --runtime "/usr/bin/$rt" -t made -f /tmp/Containerfile /tmp/hooks; same "build" 0 $rc
[ $rc = 0 ] || echo "# $out"
try podman run --rm made; same "run what was built" built "$out"
try $P --log-level debug box true >/dev/null; is "with the debug log" [ $rc = 0 ]
for i in 1 2 3 4 5 6 7 8; do podman run --rm box true & done >/tmp/par 2>&1; wait
same "eight at once: no message" "" "$(cat /tmp/par)"
same "ps -a is empty" "" "$(podman ps -aq)"
finish
