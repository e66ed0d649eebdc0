#!/bin/bash
# containerd's CRI plugin with the runtime $1, called as a kubelet calls it. crictl is not packaged; gRPC is HTTP/2 with five bytes before
# each message, which curl can send and protoc can encode.
. /in/lib.sh
make_image
# the sandbox's own container needs a program that stays
d=/tmp/image/a
c=$(jq -r '.[0].Config' $d/manifest.json)
jq -c '.config.Cmd = ["/bin/wait-here"]' "$d/$c" >$d/pause.json
jq -c '.[0].Config = "pause.json" | .[0].RepoTags = ["docker.io/library/pause:latest"]' $d/manifest.json >$d/m && mv $d/m $d/manifest.json
tar -C $d -cf /tmp/pause.tar manifest.json pause.json layer.tar

# A pod always asks for shares of the cpu controller, which this machine's cgroup v2 may lack: then nobody gets to see that.
cat >/usr/bin/cri-runtime <<EOF
#!/bin/sh
case " \$* " in
*" create "*) grep -qw cpu /sys/fs/cgroup/cgroup.controllers ||
  { jq -c 'del(.linux.resources.cpu, .linux.resources.memory)' config.json >config.new && mv config.new config.json; } ;;
esac
exec /usr/bin/$rt "\$@"
EOF
chmod 755 /usr/bin/cri-runtime
mkdir -p /etc/containerd /etc/cni/net.d /tmp/pods
cat >/etc/cni/net.d/10-net.conflist <<EOF
{"cniVersion": "1.0.0", "name": "net", "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": true,
  "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]]}}]}
EOF
cat >/etc/containerd/config.toml <<EOF
version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = 'docker.io/library/pause:latest'
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dir = '/usr/lib/cni'
  conf_dir = '/etc/cni/net.d'
[plugins.'io.containerd.cri.v1.runtime'.containerd]
  default_runtime_name = 'checked'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.checked]
  runtime_type = 'io.containerd.runc.v2'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.checked.options]
  BinaryName = '/usr/bin/cri-runtime'
EOF
containerd >/tmp/containerd.log 2>&1 &
until_true ctr version || { no "containerd starts: $(tail -n 3 /tmp/containerd.log)"; finish; exit; }
echo "# $(containerd --version), $($rt --version | head -n 1)"
for image in image pause; do load ctr -n k8s.io image import /tmp/$image.tar; done

# cri METHOD TEXT: one call; sets out (text form of the answer, or the error) and rc
cri() {
  local size status
  protoc -I /in --encode="runtime.v1.$1Request" cri.proto <<<"$2" >/tmp/request || { out="not encoded: $2" rc=1; return; }
  size=$(stat -c %s /tmp/request)
  { printf "\\x00$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $((size >> 24 & 255)) $((size >> 16 & 255)) $((size >> 8 & 255)) $((size & 255)))"
    cat /tmp/request; } >/tmp/message
  rm -f /tmp/answer /tmp/headers
  timeout 90 curl -s --http2-prior-knowledge --unix-socket /run/containerd/containerd.sock -H 'content-type: application/grpc' -H 'te: trailers' \
    --data-binary @/tmp/message -o /tmp/answer -D /tmp/headers "http://localhost/runtime.v1.RuntimeService/$1" </dev/null
  status=$(sed -nE 's/^grpc-status: *([0-9]+).*/\1/p' /tmp/headers)
  rc=${status:-99}
  if [ "$rc" = 0 ]; then
    out=$(tail -c +6 /tmp/answer | protoc -I /in --decode="runtime.v1.$1Response" cri.proto)
  else
    out=$(sed -nE 's/^grpc-message: *//p' /tmp/headers)
  fi
}
answer() { sed -nE "/^ *$1: *\"?([^\"]*)\"?\$/{s//\1/p;q}" <<<"$out"; }
# done_well TEXT: the last call succeeded
done_well() { same "$1" 0 "$rc"; [ "$rc" = 0 ] || echo "# $out"; }

# pod NAME [NAMESPACE-OPTIONS [LINUX]]: sets sandbox and pod (its config)
pod() {
  mkdir -p "/tmp/pods/$1"
  local hostname="hostname: '$1'"
  spaces=${2:-}
  # a kubelet gives no hostname to a pod in the host's network
  [[ $spaces != *"network: NODE"* ]] || hostname=
  pod="metadata {name: '$1' uid: 'u-$1' namespace: 'default'} $hostname log_directory: '/tmp/pods/$1'
    linux {cgroup_parent: '/check' ${3:-} security_context {namespace_options {pid: CONTAINER $spaces}}}"
  cri RunPodSandbox "config {$pod}"
  sandbox=$(answer pod_sandbox_id)
}
remove_pod() { cri StopPodSandbox "pod_sandbox_id: '$sandbox'"; cri RemovePodSandbox "pod_sandbox_id: '$sandbox'"; done_well "remove the pod"; }

# container NAME COMMAND [CONFIG [SECURITY]]: creates and starts it in the pod; sets container
container() {
  cri CreateContainer "pod_sandbox_id: '$sandbox' sandbox_config {$pod}
    config {metadata {name: '$1'} image {image: 'docker.io/library/box:latest'} $(printf "command: '%s' " $2) log_path: '$1.log' ${3:-}
      linux {security_context {namespace_options {${pids:-pid: CONTAINER} $spaces} ${4:-}}}}"
  container=$(answer container_id)
  [ -z "$container" ] || cri StartContainer "container_id: '$container'"
}

# inside CONTAINER COMMAND: ExecSync of a shell; sets out to "STATUS OUTPUT"
inside() {
  local code
  cri ExecSync "container_id: '$1' cmd: 'sh' cmd: '-c' cmd: '$2' timeout: 20"
  [ "$rc" = 0 ] || return
  code=$(answer exit_code)
  out="${code:-0} $(printf '%b' "$(sed -nE 's/^stdout: "(.*)"$/\1/p' <<<"$out")" | tr '\n\t' '  ' | sed 's/ *$//')"
}
status() { cri ContainerStatus "container_id: '$1'"; out=$(answer state); out=${out:-CONTAINER_CREATED}; }
exited() { status "$1"; [ "$out" = CONTAINER_EXITED ]; }

cri Status ""; matches "the runtime and its network are ready" 'RuntimeReady" *status: true.*NetworkReady" *status: true' "$out"
matches "recursive read-only mounts and user namespaces, as of features" 'recursive_read_only_mounts: true *user_namespaces: true' "$out"

pod web; done_well "run a pod"
printf '#!/bin/sh\necho out; echo err >&2; exec sleep 1000\n' >/tmp/volume.sh; chmod 755 /tmp/volume.sh
container one /start "mounts {container_path: '/start' host_path: '/tmp/volume.sh'}"; done_well "a container"
one=$container
container two 'sleep 1001' "envs {key: 'A' value: 'b'} working_dir: '/data'
    mounts {container_path: '/mnt' host_path: '/tmp/image' readonly: true recursive_read_only: true}" \
  "readonly_rootfs: true run_as_user {value: 1000} run_as_group {value: 1000} supplemental_groups: 7 no_new_privs: true
    seccomp {profile_type: RuntimeDefault} capabilities {drop_capabilities: 'ALL'}"
done_well "another one, confined"
two=$container
status "$one"; same "it runs" CONTAINER_RUNNING "$out"
inside "$one" 'hostname; id -u'; same "exec sync: the pod's hostname" "0 web 0" "$out"
inside "$one" 'exit 7'; same "its status" "7 " "$out"
inside "$one" 'ip -4 -o addr show eth0 | grep -c 10.88'; same "the pod has an address" "0 1" "$out"
inside "$two" 'id; echo $A; pwd; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status'
matches "user, groups, environment, directory, confinement" 'uid=1000.*gid=1000.*groups=.*7.* b /data CapEff: *0000000000000000 NoNewPrivs: *1 Seccomp: *2' "$out"
inside "$two" 'touch /x 2>&1; touch /mnt/x 2>&1'; matches "read-only root and volume" '/x: Read-only.*/mnt/x: Read-only' "$out"
for kind in net ipc uts; do
  inside "$one" "readlink /proc/1/ns/$kind"; first=$out
  inside "$two" "readlink /proc/1/ns/$kind"; same "they share the $kind namespace" "$first" "$out"
done
inside "$one" 'readlink /proc/1/ns/pid'; first=$out
inside "$two" 'readlink /proc/1/ns/pid'; is "but not that of pids" [ "$first" != "$out" ]
inside "$one" 'echo shared >/dev/shm/f; chmod 644 /dev/shm/f'; inside "$two" 'cat /dev/shm/f'; same "and /dev/shm" "0 shared" "$out"
matches "the log has both streams" 'stdout F out.*stderr F err|stderr F err.*stdout F out' "$(cat /tmp/pods/web/one.log)"
cri ExecSync "container_id: '$one' cmd: 'no-such-program' timeout: 20"; matches "exec of a missing program" 'executable.*not.*found|no such file' "$rc $out"
cri ExecSync "container_id: '$one' cmd: 'sleep' cmd: '1003' timeout: 1"; matches "exec that takes too long" '^4 |[Dd]eadline|time' "$rc $out"
inside "$one" 'ps | grep -c "[s]leep 1003"'; same "is killed" "1 0" "$out"
cri ContainerStats "container_id: '$one'"; done_well "stats"
cri UpdateContainerResources "container_id: '$one' linux {}"; done_well "update"
cri CheckpointContainer "container_id: '$one' location: '/tmp/checkpoint.tar' timeout: 20"
is "a checkpoint that does not work says why: $rc ${out:0:150}" [ "$rc" = 0 -o -n "$out" ]
status "$one"; same "and the container runs on" CONTAINER_RUNNING "$out"
container three false; until_true exited "$container"
cri ContainerStatus "container_id: '$container'"; same "a container that ends: its status" 1 "$(answer exit_code)"
cri RemoveContainer "container_id: '$container'"; done_well "remove it"
container bad no-such-program; matches "a missing program" 'executable.*not.*found|no such file' "$rc $out"
pids="pid: TARGET target_id: '$one'"
container debug 'sleep 1004'; done_well "a debug container in the first one's pid namespace"
inside "$container" 'ps | grep -c "[s]leep 1000"'; same "sees its processes" "0 1" "$out"
pids=
cri StopContainer "container_id: '$one' timeout: 1"; done_well "stop"
cri ContainerStatus "container_id: '$one'"; matches "its status" '^(137|143) *$' "$(answer exit_code)"
cri StopPodSandbox "pod_sandbox_id: '$sandbox'"; done_well "stop the pod"
status "$two"; same "which stops the rest" CONTAINER_EXITED "$out"
remove_pod

pod shared "network: NODE ipc: NODE"; done_well "a pod in the host's network and ipc namespace"
container one 'sleep 1000'; done_well "its container"
inside "$container" 'readlink /proc/1/ns/net; readlink /proc/1/ns/ipc'
same "shares them" "0 $(readlink /proc/self/ns/net) $(readlink /proc/self/ns/ipc)" "$out"
remove_pod
# all of the pod in one pid namespace: the end of one container leaves the other
pod together "" "sysctls {key: 'net.ipv4.ip_unprivileged_port_start' value: '80'}"; done_well "a pod with a sysctl"
pids="pid: POD"; container one 'sleep 1000'; one=$container; container two 'sleep 1001'; done_well "two containers in its pid namespace"
inside "$one" 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start'; same "the sysctl" "0 80" "$out"
pids=
remove_pod

maps="uids {host_id: 100000 container_id: 0 length: 65536} gids {host_id: 100000 container_id: 0 length: 65536}"
pod mapped "userns_options {mode: POD $maps}"; done_well "a pod with a user namespace"
container one 'sleep 1000'; done_well "its container"
inside "$container" 'cat /proc/self/uid_map; id -u; stat -c %u /etc/text; hostname'
matches "it is root of 100000, owns the image" '^0 +0 +100000 +65536 0 0 mapped *$' "$out"
inside "$container" 'readlink /proc/1/ns/user'; is "another user namespace" [ "$out" != "0 $(readlink /proc/self/ns/user)" ]
remove_pod
same "no shim is left" "" "$(until_true sh -c '! pgrep -f containerd-shim-runc'; pgrep -f containerd-shim-runc)"
same "no state is left below its root" "" "$(ls /run/containerd/runc/k8s.io 2>/dev/null)"
finish
