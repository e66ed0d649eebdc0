#!/bin/bash
# dockerd with the runtime $1 as its default runtime.
. /in/lib.sh
make_image
ln -sf "/usr/bin/$rt" /usr/local/bin/runc.build
runtime=()
[ "$rt" = runc ] || runtime=(--add-runtime "$rt=/usr/bin/$rt" --default-runtime "$rt")
export DOCKER_BUILDKIT_RUNC_COMMAND=/usr/bin/$rt
dockerd "${runtime[@]}" --bridge=none --iptables=false --ip6tables=false --exec-opt native.cgroupdriver=cgroupfs >/tmp/dockerd.log 2>&1 &
until_true docker version || { no "dockerd starts: $(tail -n 5 /tmp/dockerd.log)"; finish; exit; }
echo "# $(docker version -f '{{.Server.Version}}'), $($rt --version | head -n 1)"
load docker load -i /tmp/image.tar
D="docker run --rm"
# dockerd now and then loses the output of a container that ends at once, with runc as well: once more, and said so
try() {
  out=$(timeout 180 "$@" 2>&1 </dev/null); rc=$?
  [ "$1 $2 $3" = "docker run --rm" ] && [ $rc = 0 ] && [ -z "$out" ] || return 0
  echo "# no output, once more: $*"; out=$(timeout 180 "$@" 2>&1 </dev/null); rc=$?
}
try docker info -f '{{.DefaultRuntime}}'; same "the default runtime" "$rt" "$out"
# (nor do both streams come through when it ends at once)
try $D box sh -c 'echo out; echo err >&2; sleep 1; exit 3'; same "run: output and status" "3 err out " "$(sorted $rc $out)"
try $D box no-such-program; matches "run of a missing program is 127" '^127 ' "$rc $out"
try $D box /etc/text; matches "run of a file that is not executable is 126" '^126 ' "$rc $out"
try $D box /data; matches "run of a directory is 126" '^126 ' "$rc $out"
try $D box sh -c 'echo $$; cat /proc/1/comm; hostname; id -u'; matches "pid 1 and hostname" '^1 sh [0-9a-f]{12} 0' "$out"
try $D --user 1000:1000 box id; matches "user" 'uid=1000\(user\) gid=1000' "$out"
try $D -h box1 -e A=b -w /data box sh -c 'hostname; echo $A; pwd'; same "hostname, environment, directory" "box1 b /data" "$(echo $out)"
try $D --read-only box touch /x; matches "read-only" 'Read-only' "$out"
try $D --cap-drop ALL --cap-add CHOWN box grep CapEff /proc/self/status; matches "capabilities" '0000000000000001' "$out"
try $D --security-opt no-new-privileges box grep NoNewPrivs /proc/self/status; matches "no-new-privileges" '1 *$' "$out"
try $D box grep Seccomp: /proc/self/status; matches "the default seccomp profile" '2 *$' "$out"
try $D --device /dev/fuse:/dev/f:rw box sh -c 'ls -l /dev/f | cut -c1'; same "a device" c "$out"
try $D -v /tmp/image:/data:ro box sh -c 'ls /data; touch /data/x'; matches "a volume, read-only" "(root.*Read-only|Read-only.*root)" "$out"
try $D --tmpfs /data:rw,size=1m box sh -c 'mount | grep " /data "'; matches "tmpfs" 'tmpfs.*size=1024k' "$out"
try $D --ulimit nofile=100:200 box sh -c 'ulimit -n; ulimit -Hn'; same "ulimit" "100 200" "$(echo $out)"
try $D --init box cat /proc/1/comm; matches "init" 'docker-init|tini|not found|no such' "$out"
try $D --network host box sh -c 'grep -c : /proc/net/dev'; same "the host's network" 0 $rc
try $D --pid host box sh -c 'echo $$'; is "the host's pid namespace" [ "$out" != 1 ]
try $D --privileged box sh -c 'grep CapEff /proc/self/status'; matches "privileged" '000001ff' "$out"
out=$(echo hello | timeout 60 docker run --rm -i box cat 2>&1); same "standard input" hello "$out"
out=$(terminal 'docker run --rm -it box sh -c "tty; echo done"' </dev/null); matches "a terminal" '/dev/(pts/0|console).*done' "$out"
out=$(talk $'expect # \nsend echo $((40+2))\\r\nexpect 42\nsend exit\\r' docker run --rm -it box sh)
same "an interactive shell" code=0 "$(grep -E '^(missed|code)=' <<<"$out")"

try docker run -d --name one --ipc shareable box sleep 1000; same "run -d" 0 $rc
try docker exec one echo inside; same "exec" inside "$out"
try docker exec one no-such-program; same "exec of a missing program" 127 $rc
try docker exec one /etc/text; same "exec of a file that is not executable" 126 $rc
try docker exec one sh -c 'exit 7'; same "exec's status" 7 $rc
try docker exec -u 1000 -w /data -e X=y one sh -c 'id -u; pwd; echo $X'; same "exec with user, directory, environment" "1000 /data y" "$(echo $out)"
try docker exec --privileged one grep CapEff /proc/self/status; matches "exec --privileged" '000001ff' "$out"
out=$(terminal 'docker exec -it one sh -c "tty; echo done"' </dev/null); matches "exec with a terminal" '/dev/pts/.*done' "$out"
out=$(echo hello | timeout 60 docker exec -i one cat 2>&1); same "exec with standard input" hello "$out"
try docker top one; matches "top" 'sleep 1000' "$out"
try docker stats --no-stream one; matches "stats" 'one' "$out"
try docker exec -d one sleep 1005; until_true sh -c 'docker top one | grep -q 1005'; try docker top one; matches "exec -d" 'sleep 1005' "$out"
try docker update --memory 100m --memory-swap 100m one
if grep -qw memory /sys/fs/cgroup/cgroup.controllers; then same "update" 0 $rc; else matches "update of a limit that cannot be" 'not support' "$out"; fi
try $D --pid container:one --ipc container:one --network container:one box sh -c 'ps | grep -c "[s]leep 1000"'; same "joins another's namespaces" 1 "$out"
try docker cp /etc/hostname one:/data/h; try docker exec one cat /data/h; same "cp" "$(cat /etc/hostname)" "$out"
try docker pause one; same "pause" 0 $rc
try docker inspect -f '{{.State.Status}}' one; same "paused" paused "$out"
try docker exec one true; is "exec into a paused one is refused" [ $rc -ne 0 ]
try docker unpause one; same "unpause" 0 $rc
try docker update --restart always one; same "update of the restart policy" 0 $rc
try docker exec one kill -9 1; try docker kill -s TERM one
try docker restart -t 0 one; same "restart" 0 $rc
try docker exec one echo again; same "exec after restart" again "$out"
try docker stop -t 1 one; same "stop" 0 $rc
try docker inspect -f '{{.State.ExitCode}}' one; same "its status" 137 "$out"
try docker start one; same "start again" 0 $rc
try docker rm -f one; same "rm -f" 0 $rc
try docker run -d --name again --restart on-failure:2 box false
until_true sh -c '[ "$(docker inspect -f "{{.RestartCount}} {{.State.Status}}" again)" = "2 exited" ]'
same "restart on failure, twice" "2 exited" "$(docker inspect -f '{{.RestartCount}} {{.State.Status}}' again)"
docker rm -f again >/dev/null
try docker run -d --name always --restart always box sh -c 'sleep 0.3; exit 1'
until_true sh -c '[ "$(docker inspect -f "{{.RestartCount}}" always)" -ge 2 ]'; is "restart always: $(docker inspect -f '{{.RestartCount}}' always)" [ "$(docker inspect -f '{{.RestartCount}}' always)" -ge 2 ]
docker rm -f always >/dev/null
try docker run -d --name health --health-cmd 'test -e /etc/text' --health-interval 1s box sleep 1000
until_true sh -c '[ "$(docker inspect -f "{{.State.Health.Status}}" health)" = healthy ]'; same "healthcheck" healthy "$(docker inspect -f '{{.State.Health.Status}}' health)"
docker rm -f health >/dev/null
try docker run -d --name unhealthy --health-cmd false --health-interval 1s --health-retries 1 box sleep 1000
until_true sh -c '[ "$(docker inspect -f "{{.State.Health.Status}}" unhealthy)" = unhealthy ]'; same "an unhealthy one" unhealthy "$(docker inspect -f '{{.State.Health.Status}}' unhealthy)"
docker rm -f unhealthy >/dev/null
try $D --sysctl net.ipv4.ip_forward=1 --group-add 5 --ipc host --uts host box sh -c 'cat /proc/sys/net/ipv4/ip_forward; id -G'; same "sysctl and groups" "1 0 5" "$(echo $out)"
tar -C /debian --exclude=./usr/lib/x86_64-linux-gnu/{perl,gconv} --exclude=./usr/share --exclude=./usr/libexec --exclude=./var --exclude=./usr/bin/{docker,podman,containerd,ctr,buildah} --exclude=./usr/sbin/dockerd -c ./etc ./usr/bin ./usr/lib/os-release ./usr/lib64 ./usr/lib/x86_64-linux-gnu ./bin ./lib ./lib64 ./sbin 2>/dev/null | docker import - debian >/dev/null
try $D debian bash -c '. /etc/os-release; echo $ID; tty; echo ${BASH_VERSION%%.*}'; matches "a Debian root" '^debian not a tty 5' "$out"
docker rmi debian >/dev/null
mkdir -p /tmp/build; printf 'FROM box\nRUN echo built >/built\nCMD ["cat", "/built"]\n' >/tmp/build/Dockerfile
# the old builder takes the default runtime; BuildKit, where its client is there, its own variable
for kit in 0 1; do
  [ $kit = 0 ] || docker buildx version >/dev/null 2>&1 || continue
  try env DOCKER_BUILDKIT=$kit docker build -q --network none -t made$kit /tmp/build; same "build (BuildKit $kit)" 0 $rc
  [ $rc = 0 ] || echo "# $out"
  try $D made$kit; same "run what was built" built "$out"
done
jobs=()
for j in 1 2 3 4 5 6 7 8; do docker run --rm box true & jobs+=($!); done >/tmp/par 2>&1
wait "${jobs[@]}"
same "eight at once: no message" "" "$(cat /tmp/par)"
same "ps -a is empty" "" "$(docker ps -aq)"
finish
