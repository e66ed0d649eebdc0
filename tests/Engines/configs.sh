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
    try $rt check --bundle /tmp/bundle; same "$name: check" 0 $rc
    [ $rc = 0 ] || echo "# $out" | grep -iE 'error' | head -n 5
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

# an ordinary user with ids of others from /etc/subuid, which newuidmap and newgidmap hand out
getent passwd tester >/dev/null || useradd -u 1000 tester 2>/dev/null || echo 'tester:x:1000:1000::/tmp:/bin/sh' >>/etc/passwd
echo tester:100000:65536 >/etc/subuid; cp /etc/subuid /etc/subgid
mkdir -p /tmp/rootless; cp -a /tmp/image/root /tmp/rootless/rootfs; chown -Rh 1000:1000 /tmp/rootless
as_user=(setpriv --reuid 1000 --regid 1000 --clear-groups env -i PATH="$PATH" HOME=/tmp XDG_RUNTIME_DIR=/tmp/rootless "$rt")
(cd /tmp/rootless && "${as_user[@]}" spec --rootless)
ids() { # LENGTH: the map of a user's own id, and LENGTH others behind it
  jq --argjson n "$1" '.process.terminal = false | .process.args = ["sh", "-c", "id -u; id -G; tr -s \" \" </proc/self/uid_map; cat /proc/self/setgroups"]
    | .process.user = {uid: 5, gid: 6, additionalGids: [7]} | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 1}, {containerID: 1, hostID: 100000, size: $n}]
    | .linux.gidMappings = .linux.uidMappings' /tmp/rootless/config.json >/tmp/rootless/new.json; mv /tmp/rootless/new.json /tmp/rootless/config.json
}
if own; then
  ids 65536; try "${as_user[@]}" run --bundle /tmp/rootless many
  matches "rootless: many ids" '^0 5 6 7 0 1000 1 1 100000 65536 allow *$' "$rc $(tr '\n' ' ' <<<"$out" | tr -s ' ')"
  jq '.process.args = ["sleep", "1000"]' /tmp/rootless/config.json >/tmp/rootless/new.json; mv /tmp/rootless/new.json /tmp/rootless/config.json
  "${as_user[@]}" run -d --bundle /tmp/rootless stay </dev/null >/tmp/out 2>&1 || no "rootless: a container that stays: $(cat /tmp/out)"
  try "${as_user[@]}" exec --user 8:9 --additional-gids 10 stay sh -c 'id -u; id -G'; matches "rootless: exec as one of them" '^0 8 9 (7 )?10( 7)? *$' "$rc $(tr '\n' ' ' <<<"$out")"
  try "${as_user[@]}" exec --user 70000 stay true; matches "rootless: exec as none of them" '^255 .*70000 is not mapped' "$rc $out"
  "${as_user[@]}" delete --force stay
  ids 100000; try "${as_user[@]}" run --bundle /tmp/rootless more
  matches "rootless: more than the user was given" '^1 .*newuidmap.*error: .*linux.uidMappings.*hint: .*subuid' "$rc $out"
  jq 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))' /tmp/rootless/config.json >/tmp/rootless/new.json; mv /tmp/rootless/new.json /tmp/rootless/config.json
  try "${as_user[@]}" run --bundle /tmp/rootless none
  matches "rootless: no user namespace" '^1 .*rootless container requires user namespaces' "$rc $out"
  same "rootless: nothing is left" "" "$("${as_user[@]}" list -q)"
fi
finish
