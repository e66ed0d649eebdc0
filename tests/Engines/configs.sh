#!/bin/bash
# config.json and exec files as engines wrote them, with the runtime $1: on a root file system of ours, without what only
# that engine's machine has (joined namespaces, ids, controllers that may be missing here).
. /in/lib.sh
make_image
mkdir -p /tmp/bundle /tmp/src /var/lib/test
echo "# $($rt --version | head -n 1)"

# adapt FILE >config.json: bind sources below /tmp/src, everything else as it was
adapt() {
  jq --arg name "$2" '.root.path = "/tmp/image/root" | .process.args = ["sh", "-c", "echo ran; exec cat /dev/null"] | .process.terminal = false
    | del(.process.consoleSize, .process.rlimits, .process.oomScoreAdj, .process.apparmorProfile)
    | .linux.cgroupsPath = "/check/" + $name
    | .linux.resources |= {devices: (.devices // [])}
    | (if any(.linux.namespaces[]; .type == "user" and .path != null) and (.linux.uidMappings == null) then
         .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings else . end)
    | .linux.namespaces |= map(del(.path))
    | .mounts |= map(if (.type == "bind" or ((.options // []) | any(. == "bind" or . == "rbind"))) and ((.source // "") | startswith("/dev") or startswith("/sys") or startswith("/proc") | not)
        then .source = "/tmp/src" + .destination else . end)' "$1"
}

sources() { # CONFIG: makes what it binds
  jq -r '.mounts[] | select(.source != null and (.source | startswith("/tmp/src"))) | .source' "$1" | while read -r s; do
    case $s in
      /tmp/src/etc/*|*/.containerenv|*.conf|*/resolv.conf|*/hosts|*/hostname|*init) mkdir -p "${s%/*}"; [ -e "$s" ] || { cp /bin/busybox "$s"; } ;;
      *) mkdir -p "$s" ;;
    esac
    chmod 755 "$s"
  done
}

for f in /in/configs/*.json; do
  name=$(basename "$f" .json)
  jq -e '.ociVersion' "$f" >/dev/null || continue
  adapt "$f" "$name" >/tmp/bundle/config.json || { no "$name: not adapted"; continue; }
  sources /tmp/bundle/config.json
  # a mapped root must own its root file system
  owner=$(jq -r 'if .linux.uidMappings then ([.linux.uidMappings[] | select(.containerID == 0)][0].hostID) else 0 end' /tmp/bundle/config.json)
  chown -Rh "$owner:$owner" /tmp/image/root
  if own; then
    try $rt explain --bundle /tmp/bundle; same "$name: explain" 0 $rc
    [ $rc = 0 ] || echo "# $out" | head -n 5
  fi
  try $rt run --bundle /tmp/bundle "$name"; same "$name: run" "0 ran" "$rc $out"
  $rt delete --force "$name" 2>/dev/null
done
chown -Rh 0:0 /tmp/image/root
same "no mount is left" "" "$(grep /tmp/image /proc/mounts)"

jq '.process.args = ["sleep", "1000"] | .process.terminal = false | .root.path = "/tmp/image/root" | del(.process.rlimits) | .linux.cgroupsPath = "/check/exec" | .linux.resources |= {devices: .devices}' /in/configs/ctr-run.json >/tmp/bundle/config.json
$rt run -d --bundle /tmp/bundle exec </dev/null >/tmp/out 2>&1 || no "the container to exec into: $(cat /tmp/out)"
for f in /in/configs/*-exec-process.json; do
  name=$(basename "$f" .json)
  jq '.args = ["sh", "-c", "echo ran $(pwd)"] | .terminal = false | del(.consoleSize, .rlimits)' "$f" >/tmp/process.json
  try $rt exec --process /tmp/process.json exec; same "$name: exec" "0 ran $(jq -r .cwd "$f")" "$rc $out"
done
$rt delete --force exec
finish
