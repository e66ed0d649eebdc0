# Sourced by bash scripts: Debian roots, made by mmdebstrap and kept in a cache.
# shellcheck shell=bash

# The host's own Debian mirror, if it has one configured; prints it. sed reads the files itself: one that stops early in a pipe
# would end what feeds it with SIGPIPE, which pipefail takes for a failure.
debian_mirror() {
    sed -nE '/^(URIs: *|deb +(\[[^]]*\] +)?)(https?:[^ ]*debian)\/?( .*)?$/{s//\3/p;q}' \
        /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || :
}

# debian_root DIRECTORY SUITE [PACKAGE,...]: makes the root there unless it is there already, in the place of others of that suite. The folder it
# is in is locked from then on by this shell (descriptor 9), so that nobody replaces a root that is in use.
debian_root() {
    local directory=$1 cache=${1%/*} suite=$2 packages=${3:-} mirror t
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock 9
    [ ! -e "$directory/bin/sh" ] || return 0
    echo "making a Debian root ($suite${packages:+ with $packages}); it is kept in $cache" >&2
    mirror=$(debian_mirror)
    rm -rf "$cache/$suite"-* "$cache"/tmp.*
    t=$cache/tmp.$$
    mmdebstrap --quiet --variant=minbase --mode=root ${packages:+--include="$packages"} \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='force-unsafe-io' "$suite" "$t" ${mirror:+"$mirror"} 9>&- >&2 ||
        { rm -rf "$t"; echo "mmdebstrap failed" >&2; return 1; }
    mv -T "$t" "$directory"
}
