/*
 * initrd.h: the files that the boot loader brought along: a "newc" cpio archive
 * (scripts/mkinitrd.py), read where it lies. Names are as in the archive: "kernel.elf".
 */
#ifndef KERNEL_INITRD_H
#define KERNEL_INITRD_H

#include <stdbool.h>
#include <stddef.h>

#include "boot/boot_info.h"

struct initrd_file {
    const char *name;
    const void *data; /* 4-byte aligned in the archive; it stays */
    size_t size;
};

/* Remember where it lies. Needs no memory management, but an archive in the first 4 GiB. */
void initrd_init(const struct boot_info *boot);

/* The nth file, counted from 0, or one by name. False: there is none. An archive that is cut short
 * or damaged ends before the first member that does not lie wholly within. */
bool initrd_nth(size_t n, struct initrd_file *file);
bool initrd_find(const char *name, struct initrd_file *file);

#endif
