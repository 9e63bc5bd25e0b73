#!/bin/sh
# fetch-zydis.sh DIR: put the sources of the Zydis decoder into DIR/zydis and the headers of
# Zycore, which it needs, into DIR/zycore. Does nothing when they are there already.
#
# Both come from Debian bookworm through apt, in an apt state of our own: the machine's package
# lists, sources and installed packages stay untouched, and root is not needed. Most machines have
# no deb-src entry, so the entries are derived from whatever Debian mirror the machine uses. The two
# files are pinned by checksum: nothing that is built depends on what a mirror happens to serve.
set -eu

zydis_version=4.0.0-1
zydis_file=zydis_4.0.0.orig.tar.gz
zydis_sha256=e990107f80c62afc1deb51de230023a1098db801b8ea6bf483e296d45459e234
zycore_version=1.4.1-1
zycore_file=libzycore-dev_1.4.1-1_amd64.deb
zycore_sha256=20daa9552e632c9a08443690c6933c34f2f63a8d2eb60125688823a20f7322c3

fail() {
    echo "fetch-zydis: $*" >&2
    exit 1
}

[ $# -eq 1 ] || fail "usage: scripts/fetch-zydis.sh DIR"
dir=$1
pins="$zydis_sha256 $zycore_sha256"
[ "$(cat "$dir/pins" 2>/dev/null)" != "$pins" ] || exit 0

command -v apt-get >/dev/null || fail "needs apt-get (a Debian machine); build with ZYDIS=0 instead"
mkdir -p "$dir" || fail "cannot create $dir"
work=$(mktemp -d "$dir/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts" "$work/dl"

# One line "OPTIONS URI" for each Debian archive in apt's two formats of entries; a security archive
# ("/debian-security") has neither package and is left out.
archives() {
    find /etc/apt/sources.list.d -name '*.sources' -exec awk '
        function flush(  i) {
            for (i = 1; !disabled && i <= count; i++) print options, uri[i]
            count = disabled = 0; options = ""
        }
        FNR == 1 || /^[ \t]*$/ { flush() }
        tolower($1) == "enabled:" && tolower($2) == "no" { disabled = 1 }
        tolower($1) == "signed-by:" && $2 ~ /^\// { options = options " signed-by=" $2 }
        tolower($1) == "trusted:" && tolower($2) == "yes" { options = options " trusted=yes" }
        tolower($1) == "uris:" {
            for (i = 2; i <= NF; i++) if ($i ~ /\/debian([\/.]|$)/) uri[++count] = $i
        }
        END { flush() }' {} +
    find /etc/apt/sources.list /etc/apt/sources.list.d -name '*.list' -exec awk '
        $1 == "deb" {
            line = $0; options = ""
            if (match(line, /\[[^]]*\]/)) {
                n = split(substr(line, RSTART + 1, RLENGTH - 2), option, " ")
                for (i = 1; i <= n; i++)
                    if (option[i] ~ /^(signed-by|trusted)=/) options = options " " option[i]
                line = substr(line, RSTART + RLENGTH)
            } else sub(/^[ \t]*deb[ \t]+/, "", line)
            split(line, field, " ")
            if (field[1] ~ /\/debian([\/.]|$)/) print options, field[1]
        }' {} +
}

archives 2>/dev/null | sort -u | while read -r line; do
    uri=${line##* }
    options=${line%"$uri"}
    echo "deb [ $options arch=amd64 ] $uri bookworm main"
    echo "deb-src [ $options ] $uri bookworm main"
done >"$work/parts/bookworm.list"
[ -s "$work/parts/bookworm.list" ] || fail "no Debian archive among apt's sources"

private_apt() {
    apt-get -qq -o Dir::Etc::SourceList="$work/none" -o Dir::Etc::SourceParts="$work/parts" \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o Dir::Log="$work/log" \
        -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::http::Timeout=20 \
        -o Acquire::Languages=none "$@" >"$work/output" 2>&1 ||
        fail "apt-get $1: $(grep -m1 '^E:' "$work/output" || tail -n1 "$work/output")"
}

work=$(cd "$work" && pwd)
private_apt update
(
    cd "$work/dl"
    private_apt source --download-only --tar-only "zydis=$zydis_version"
    private_apt download "libzycore-dev:amd64=$zycore_version"
    printf '%s  %s\n' "$zydis_sha256" "$zydis_file" "$zycore_sha256" "$zycore_file" |
        sha256sum -c --strict --quiet >&2 || fail "checksum mismatch: what the mirror sent is not used"
) || exit 1

mkdir "$work/zydis" "$work/zycore" "$work/deb"
tar -xzf "$work/dl/$zydis_file" -C "$work/zydis" --strip-components=1 --no-same-owner \
    --wildcards '*/include/*' '*/src/*' '*/LICENSE'
dpkg -x "$work/dl/$zycore_file" "$work/deb"
mv "$work/deb/usr/include/Zycore" "$work/zycore/Zycore"
rm -rf "$dir/zydis" "$dir/zycore"
mv "$work/zydis" "$work/zycore" "$dir/"
echo "$pins" >"$dir/pins"
