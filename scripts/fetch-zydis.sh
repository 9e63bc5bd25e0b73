#!/bin/sh
# fetch-zydis.sh DIR: put the sources of the Zydis decoder into DIR/zydis and the headers of
# Zycore, which it needs, into DIR/zycore. Does nothing when they are there already.
#
# Both come from Debian bookworm, through apt but without touching the machine's (private-apt.sh);
# root is not needed. They are pinned by checksum: nothing that is built depends on what a mirror
# happens to serve.
set -eu
. "$(dirname "$0")/private-apt.sh"

zydis_version=4.0.0-1
zydis_file=zydis_4.0.0.orig.tar.gz
zydis_sha256=e990107f80c62afc1deb51de230023a1098db801b8ea6bf483e296d45459e234
zycore_version=1.4.1-1
zycore_file=libzycore-dev_1.4.1-1_amd64.deb
zycore_sha256=20daa9552e632c9a08443690c6933c34f2f63a8d2eb60125688823a20f7322c3

[ $# -eq 1 ] || apt_fail "usage: scripts/fetch-zydis.sh DIR"
dir=$1
pins="$zydis_sha256 $zycore_sha256"
[ "$(cat "$dir/pins" 2>/dev/null)" != "$pins" ] || exit 0

mkdir -p "$dir" || apt_fail "cannot create $dir"
dir=$(cd "$dir" && pwd)
exec 9>"$dir/lock"
flock 9
[ "$(cat "$dir/pins" 2>/dev/null)" != "$pins" ] || exit 0
work=$(mktemp -d "$dir/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Most machines have no deb-src entry: the source's entries are the binary's in another dress.
apt_open "$work/apt" bookworm
sed 's/^deb \[ arch=amd64/deb-src [/' "$work/apt/parts/bookworm.list" >"$work/apt/parts/source.list"
apt_get update
cd "$work"
apt_get source --download-only --tar-only "zydis=$zydis_version"
apt_get download "libzycore-dev=$zycore_version"
printf '%s  %s\n' "$zydis_sha256" "$zydis_file" "$zycore_sha256" "$zycore_file" |
    sha256sum -c --strict --quiet 2>/dev/null || apt_fail "checksum mismatch: nothing of it is used"

mkdir zydis zycore deb
tar -xzf "$zydis_file" -C zydis --strip-components=1 --no-same-owner \
    --wildcards '*/include/*' '*/src/*' '*/LICENSE'
dpkg-deb -x "$zycore_file" deb
mv deb/usr/include/Zycore zycore/
rm -rf "$dir/zydis" "$dir/zycore"
mv zydis zycore "$dir/"
echo "$pins" >"$dir/pins"
