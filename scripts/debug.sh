#!/bin/bash
# debug.sh KERNEL LINE CONSOLE [qemu.sh options]: boot the kernel and sit at a gdb prompt in it, attached
# over COM1 (unix:PATH or tcp:PORT) or a virtio console (virtio:unix:PATH, virtio:tcp:PORT). The stub tells gdb where the symbols are, as gdb.file= in --append
# told it. The console goes to the file CONSOLE. When gdb quits, QEMU ends.
set -euo pipefail

kernel=$1 option=--com1 line=$2 console=$3
shift 3
case $line in virtio:*) option=--virtio line=${line#virtio:} ;; esac
command -v gdb >/dev/null || { echo "gdb is missing: run 'make deps'" >&2; exit 2; }

# Job control: QEMU and gdb each get a process group of their own, so that Ctrl-C reaches only gdb.
set -m
: >"$console"
"$(dirname "$0")"/qemu.sh --kernel "$kernel" "$option" "$line" --console "file:$console" "$@" \
    2>>"$console" &
qemu=$!
trap 'kill $qemu 2>/dev/null; wait $qemu 2>/dev/null || true' EXIT

# The kernel says when its debugger serves the line. If QEMU ends before, tail ends with it.
state=$(grep -m1 '^debugger: ' < <(tail -n +1 -f --pid=$qemu "$console")) || state='debugger: none'
if [[ $state != 'debugger: serving'* ]]; then
    cat "$console" >&2
    exit 1
fi

case $line in
tcp:*) remote=:${line#tcp:} ;;
unix:*) remote=${line#unix:} ;;
esac
echo "console: $console"

# A gdb that is only stopped (Ctrl-Z) would look like one that has quit.
trap '' TSTP
gdb -q -iex "add-auto-load-safe-path $kernel" -ex "target remote $remote"
