#!/bin/sh
# deps.sh base|run|test: install the Debian packages that are missing, with sudo when not root. Says
# what it does when there is something to do, and nothing otherwise.
#
#   base  what .ci/run needs to call make at all
#   run   what builds, boots and debugs the kernel (make, make run, make debug)
#   test  what make test and make iso need on top
set -eu

base='make'
run="$base gcc binutils qemu-system-x86 gdb python3"
test="$run clang libclang-rt-14-dev python3-pytest python3-pytest-xdist python3-pexpect
      python3-hypothesis tshark grub-common grub-pc-bin xorriso mtools libelf-dev libdwarf-dev"
# Debian's npm is 350 packages: one that is there already will do (scripts/fetch-clients.sh).
command -v npm >/dev/null && command -v node >/dev/null || test="$test nodejs npm"

case ${1:-test} in
base) wanted=$base ;;
run) wanted=$run ;;
test) wanted=$test ;;
*) echo "usage: $0 base|run|test" >&2; exit 2 ;;
esac

if ! command -v apt-get >/dev/null; then
    command -v gcc qemu-system-x86_64 gdb python3 >/dev/null && exit 0
    echo "This is not Debian: install what these packages hold, then go on:" $wanted >&2
    exit 1
fi

missing=''
for package in $wanted; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || status=''
    [ "$status" = 'install ok installed' ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=''
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "as root, run: apt-get install$missing" >&2; exit 1; }
    as_root=sudo
fi
echo "deps: installing$missing"
$as_root apt-get -qq update
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $missing \
    >/dev/null
echo 'deps: done'
