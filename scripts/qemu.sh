#!/bin/sh
# qemu.sh: the only place that starts QEMU. It becomes QEMU (exec): its pid is QEMU's, and QEMU ends with
# whoever started it.
#
#   --kernel FILE     boot this ELF through its PVH note
#   --initrd FILE     hand this to the kernel
#   --append TEXT     kernel command line
#   --iso FILE        boot this CD instead, through the BIOS and GRUB
#   --com1 LINE       unix:PATH or tcp:PORT (on 127.0.0.1): the serial line that gdb is to talk to; or
#                     to:PATH, a unix socket that somebody listens on: they see every byte since power-on
#   --virtio LINE     the same for the port of a virtio console (gdb.port=virtio)
#   --console OUT     stdio (default) or file:PATH, appended: what the kernel writes to port 0xe9; none: no
#                     such port
#   --smp N           processors (1)
#   --memory SIZE     memory (256M)
#   --sparse SIZE     so much memory, of which the host has to have only what the kernel touches
#   --cpu MODEL       processor (max: all that TCG knows, SMEP and SMAP among it)
#   --icount SHIFT    an instruction takes 2^SHIFT ns of the guest's time, however long the host takes
#   --stub PATH       QEMU's own gdb stub on this unix socket: the oracle of the tests
#   --qmp PATH        QEMU's control socket: inject NMIs, machine checks
#   --                the rest is for QEMU
set -eu

kernel='' initrd='' append='' iso='' com1='' virtio='' console=stdio smp=1 memory=256M sparse='' cpu=max
icount='' stub='' qmp=''
fail() {
    echo "qemu.sh: $*" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
    --) shift; break ;;
    --kernel | --initrd | --append | --iso | --com1 | --virtio | --console | --smp | --memory | --sparse | --cpu | --icount | --stub | --qmp)
        [ $# -ge 2 ] || fail "$1 needs a value"
        option=${1#--}
        eval "$option=\$2"
        shift 2 ;;
    *) fail "unknown option $1 (they are listed at the top of $0)" ;;
    esac
done

command -v qemu-system-x86_64 >/dev/null || fail "qemu-system-x86_64 is missing: run 'make deps'"
for file in "$kernel" "$initrd" "$iso"; do
    [ -z "$file" ] || [ -r "$file" ] || fail "$file cannot be read: run 'make'"
done

# True if somebody listens on this port of 127.0.0.1 (or of all addresses). Asking the table instead of
# connecting leaves whoever it is alone.
port_is_busy() {
    grep -qE "(0100007F|00000000):$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp
}

# line NAME TEXT: the chardev of this name, as an argument for QEMU. Without nodelay every reply over TCP
# waits 44 ms for an acknowledgement.
line() {
    case $2 in
    unix:*) echo "socket,id=$1,path=${2#unix:},server=on,wait=off" ;;
    to:*) echo "socket,id=$1,path=${2#to:}" ;;
    tcp:*[!0-9]* | tcp:) fail "--$1 $2: the port is a number" ;;
    tcp:*)
        port=${2#tcp:}
        [ "${#port}" -le 5 ] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ] ||
            fail "--$1 $2: a port is a number from 1 to 65535"
        port_is_busy "$port" && fail "port $port is in use: take another one with PORT=$((port + 1))"
        echo "socket,id=$1,host=127.0.0.1,port=$port,server=on,wait=off,nodelay=on" ;;
    *) fail "--$1 $2: unix:PATH, tcp:PORT or to:PATH" ;;
    esac
}

if [ -n "$com1" ]; then
    chardev=$(line com1 "$com1")
    set -- -chardev "$chardev" -serial chardev:com1 "$@"
fi

# A serial port and no console port, which would drop what a slow client has no room for. Without
# ioeventfd a reply is on its way before the guest goes on: one change of threads less.
if [ -n "$virtio" ]; then
    chardev=$(line virtio "$virtio")
    set -- -device virtio-serial-pci,disable-legacy=off,disable-modern=on,ioeventfd=off \
        -chardev "$chardev" -device virtserialport,chardev=virtio,name=trapline.gdb "$@"
fi

case $console in
stdio) set -- -chardev stdio,id=console,signal=on "$@" ;;
file:*) set -- -chardev "file,id=console,path=${console#file:},append=on" "$@" ;;
none) ;;
*) fail "--console $console: stdio, file:PATH or none" ;;
esac
[ "$console" = none ] || set -- -device isa-debugcon,iobase=0xe9,chardev=console "$@"

[ -z "$kernel" ] || set -- -kernel "$kernel" -append "$append" "$@"
[ -z "$initrd" ] || set -- -initrd "$initrd" "$@"
[ -z "$iso" ] || set -- -cdrom "$iso" -boot d "$@"
[ -z "$icount" ] || set -- -icount "shift=$icount" "$@"
[ -z "$stub" ] || set -- -gdb "unix:$stub,server=on,wait=off" "$@"
if [ -n "$sparse" ]; then
    memory=$sparse
    set -- -object "memory-backend-ram,id=ram,size=$sparse,reserve=off" -machine memory-backend=ram "$@"
fi
[ -z "$qmp" ] || set -- -qmp "unix:$qmp,server=on,wait=off" "$@"

# TCG by name: where a nested KVM exists it emulates debug traps wrongly. -nodefaults: no device that we
# did not ask for. A triple fault ends QEMU (-no-reboot) instead of hiding in a second boot.
exec setpriv --pdeathsig TERM qemu-system-x86_64 -accel tcg -cpu "$cpu" -smp "$smp" -m "$memory" \
    -nodefaults -display none -no-reboot \
    -device isa-debug-exit,iobase=0xf4,iosize=0x04 "$@"
