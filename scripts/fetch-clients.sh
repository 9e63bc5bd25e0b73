#!/bin/sh
# fetch-clients.sh [DIR]: the debug clients that the tests drive and that Debian 12 does not install
# side by side. DIR is $TRAPLINE_CLIENTS, or build/clients, unless given.
#
#   DIR/bin/gdb-16                               from Debian 13
#   DIR/bin/lldb-14, lldb-16, lldb-19, lldb-22   from Debian 12 and its security archive
#   DIR/bin/lldb-vscode-16, lldb-dap-19, -22     their DAP servers
#   DIR/dap/node_modules                         cdt-gdb-adapter, from npm, if node is there
#
# Nothing is installed: packages are unpacked under DIR with every library they need, C library
# included, and each program is started by its tree's own dynamic loader. So they run on any x86-64
# Debian, whatever it has installed itself, and DIR may be moved. 240 MB come down, 1.1 GB stay.
# Does nothing when DIR is up to date; may run several times at once.
set -eu
scripts=$(cd "$(dirname "$0")" && pwd)
lock=$scripts/../tests/boot/dap/package-lock.json
. "$scripts/private-apt.sh"

# The client packages: release, package, version, SHA-256. apt checks what it downloads against
# Debian's signatures; this table says which programs the tests were written with. Debian keeps one
# version of a package only, so another one of the same major version is taken, and said.
pins='
trixie gdb 16.3-1 f0cd9b3e7b47685cbc43ebfe3207760830cb7b570e615daee6dc91e50040c127
bookworm lldb-14 1:14.0.6-12 7a7e45b9b998ea03a13f337589a8e9d7b1fe2db05de9abc26f21608505f319dc
bookworm liblldb-14 1:14.0.6-12 bcaad276296f94a3c9af0796cbccbb0b51c8c9f68e130c6f3bacaef86bce5fda
bookworm lldb-16 1:16.0.6-15~deb12u1 8ac8ee83213487ce7d59eaa9eb32326db1260e326c37081cb741e3e57fc8fbd2
bookworm liblldb-16 1:16.0.6-15~deb12u1 b060ce59747581e6d783afab8f8b8c1ce274aba699651749d774200bd3fe6f0c
bookworm lldb-19 1:19.1.7-3~deb12u1 d6b5c373c37f7452e2a05004e4ed03a615abc1f786d4e637e07d572a0072ee45
bookworm liblldb-19 1:19.1.7-3~deb12u1 8c76986cfab12e812a7586cc116325e56eebb3fe7bb9c135eeda602b28caddea
bookworm lldb-22 1:22.1.8-1~deb12u1 748dd1fcb732ba672670cff14c5773ee23fcc7d33c0fcd0a8735e76ab01ce63c
bookworm liblldb-22 1:22.1.8-1~deb12u1 7bac3d439ed91aff52bf34dca177633d2725d450770ea048f8054f4de4c48d2f
'
# These are unpacked without what they depend on: beside liblldb that is only development files, and
# the four python3-lldb packages exclude each other. lldb 14's Python needs six and does not say so.
unresolved() {
    case $1 in
    bookworm) echo lldb-14 lldb-16 lldb-19 lldb-22 python3-six \
        python3-lldb-14 python3-lldb-16 python3-lldb-19 python3-lldb-22 ;;
    esac
}

say() { echo "fetch-clients: $*" >&2; }
fail() { say "$@"; exit 1; }

packages_of() { echo "$pins" | awk -v suite="$1" '$1 == suite { print $2 }'; }

# The .deb of a package among those downloaded; apt writes the epoch's colon as %3a.
deb_of() { find "$downloads" -name "$1_*.deb" | head -n 1; }

check_pin() { # package version sha256
    deb=$(deb_of "$1")
    [ -n "$deb" ] || fail "$1 did not come down"
    version=$(dpkg-deb -f "$deb" Version)
    if [ "$version" = "$2" ]; then
        echo "$3  $deb" | sha256sum -c --strict --quiet >&2 ||
            fail "$1 $2 has another checksum than pinned"
    elif [ "${version%%.*}" = "${2%%.*}" ]; then
        say "$1: Debian now has $version in the place of $2"
    else
        fail "$1: Debian has $version, the tests want $2"
    fi
}

fetch_suite() { # suite
    say "fetching $(packages_of "$1" | grep -v ^lib | xargs) from Debian $1"
    state=$dir/work.$$
    apt_open "$state" "$1"
    grep -q "$1-security" "$state/parts/$1.list" ||
        say "apt's sources name no debian-security archive, where some of these come from"
    downloads=$state/cache/archives
    loose=$(unresolved "$1")
    resolved=$(packages_of "$1" | grep -vxF "$(echo "$loose" | tr ' ' '\n')")
    apt_get install --download-only $resolved
    [ -z "$loose" ] || (cd "$downloads" && apt_get download $loose)
    echo "$pins" | while read -r suite package version sha256; do
        [ "$suite" != "$1" ] || check_pin "$package" "$version" "$sha256"
    done
    for deb in "$downloads"/*.deb; do dpkg-deb -x "$deb" "$state/tree"; done
    # The one name that all python3-lldb packages share; each lldb knows its own module.
    rm -f "$state/tree/usr/lib/python3/dist-packages/lldb"
    rm -rf "${dir:?}/$1"
    mv "$state/tree" "$dir/$1"
    rm -rf "$state"
}

# A program of a tree as DIR/bin/NAME. PYTHONHOME: the Python inside the program must not look for
# its library in the system, which may have another version. lldb 14 does not find its own module.
wrap() { # name suite program [argument]
    loader=$(cd "$dir/$2" && find . -name 'ld-linux-x86-64.so.2' | head -n 1)
    modules=
    [ "$1" != lldb-14 ] || modules=usr/lib/llvm-14/lib/python3.11/dist-packages
    cat >"$dir/bin/$1" <<END
#!/bin/sh
# Written by fetch-clients.sh.
tree=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")/$2
libraries=\$tree/lib/x86_64-linux-gnu:\$tree/usr/lib/x86_64-linux-gnu
export PYTHONHOME="\$tree/usr"
export PYTHONPATH="${modules:+\$tree/$modules}"
exec "\$tree/${loader#./}" --library-path "\$libraries" "\$tree/$3" ${4:-} "\$@"
END
    chmod +x "$dir/bin/$1"
}

wrap_all() {
    mkdir -p "$dir/bin"
    wrap gdb-16 trixie usr/bin/gdb '--data-directory="$tree/usr/share/gdb"'
    for version in 14 16 19 22; do
        wrap lldb-$version bookworm usr/lib/llvm-$version/bin/lldb
    done
    wrap lldb-vscode-16 bookworm usr/lib/llvm-16/bin/lldb-vscode
    wrap lldb-dap-19 bookworm usr/lib/llvm-19/bin/lldb-dap
    wrap lldb-dap-22 bookworm usr/lib/llvm-22/bin/lldb-dap
}

fetch_dap() {
    say 'fetching cdt-gdb-adapter from npm'
    mkdir -p "$dir/dap"
    cp "$lock" "${lock%-lock.json}.json" "$dir/dap/"
    (cd "$dir/dap" && npm ci --ignore-scripts --no-audit --no-fund --silent) >&2 ||
        fail 'npm ci failed: can the npm registry be reached?'
}

# Run "$@" unless it was done already with this input.
once() { # name input command...
    stamp=$dir/$1.done input=$2
    shift 2
    [ "$(cat "$stamp" 2>/dev/null)" != "$input" ] || return 0
    "$@"
    echo "$input" >"$stamp"
}

[ $# -le 1 ] || fail "usage: $0 [DIR]"
dir=${1:-${TRAPLINE_CLIENTS:-${BUILD:-build}/clients}}
mkdir -p "$dir" || fail "cannot create $dir"
dir=$(cd "$dir" && pwd)
exec 9>"$dir/lock"
flock 9
trap 'rm -rf "$dir/work.$$"' EXIT
trap 'exit 1' HUP INT TERM

for suite in trixie bookworm; do
    once $suite "$(echo "$pins" | grep "^$suite ")" fetch_suite $suite
done
once bin "$(sha256sum <"$scripts/fetch-clients.sh")" wrap_all
if command -v npm >/dev/null; then
    once dap "$(sha256sum <"$lock")" fetch_dap
else
    fail 'npm is missing: apt-get install npm (the DAP tests need node and cdt-gdb-adapter)'
fi
