/* debug_files.c: one table: the log, then the initrd. */
#include "debug_files.h"

#include <string.h>

#include "cmdline.h"
#include "debugger.h"
#include "initrd.h"
#include "log.h"
#include "printk.h"

#define KERNEL_FILE "kernel.elf"

static size_t read_log(uint64_t offset, void *out, size_t n)
{
    uint64_t position = log_start() + offset;

    return log_read(&position, out, n);
}

bool debug_file(unsigned number, struct debugger_file *file)
{
    struct initrd_file member;

    if (number == 0) {
        *file = (struct debugger_file){
            .name = "dmesg", .size = log_end() - log_start(), .read = read_log};
        return true;
    }
    if (!initrd_nth(number - 1, &member))
        return false;
    *file = (struct debugger_file){.name = member.name, .size = member.size, .data = member.data};
    return true;
}

const char *debug_exec_file(void)
{
    struct initrd_file file;

    if (cmdline.gdb_file[0] == '\0')
        return NULL;
    if (strcmp(cmdline.gdb_file, "target") != 0)
        return cmdline.gdb_file;
    if (initrd_find(KERNEL_FILE, &file))
        return "/" KERNEL_FILE;
    printk("gdb.file=target: no " KERNEL_FILE " in the initrd, using none\n");
    return NULL;
}
