#!/bin/bash
# The smallest memory.max with which a busybox container starts, for each runtime named (the first is held to the aim).
#   floor.sh RUNTIME [RUNTIME...]
all=("$@")
for one in "${all[@]}"; do
  set -- "$one" fs
  . "${0%/*}/lib.sh" >/dev/null
  starts() { # KIB: twice out of two
    local i
    for i in 1 2; do
      configure floor true ".linux.resources += {memory: {limit: $(($1 * 1024)), swap: $(($1 * 1024))}}"
      timeout 60 $rt run --bundle "$bundle" floor </dev/null >/run/err 2>&1 || { $rt delete --force floor 2>/dev/null; return 1; }
    done
  }
  low=0 high=16384
  while [ $((high - low)) -gt 64 ]; do
    middle=$(((low + high) / 2))
    if starts $middle; then high=$middle; else low=$middle; fi
  done
  echo "# smallest memory.max of $name: $high KiB"
  floors+=("$high")
done
if [ "${all[0]##*/}" = oci-run ]; then
  between "starts with 512 KiB or less" 0 512 "${floors[0]}"
fi
[ -n "${floors[*]}" ] && ok "found for ${all[*]}: ${floors[*]} KiB"
finish_tap floor
