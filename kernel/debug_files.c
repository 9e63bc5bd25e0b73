/* debug_files.c: one table: the log, which build this is, then the initrd. */
#include "debug_files.h"

#include <string.h>

#include "build_id.h"
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
    if (number == 1) {
        *file = (struct debugger_file){
            .name = "build-id", .size = strlen(build_id()), .data = build_id()};
        return true;
    }
    if (!initrd_nth(number - 2, &member))
        return false;
    *file = (struct debugger_file){.name = member.name, .size = member.size, .data = member.data};
    return true;
}

const char *debug_exec_file(void)
{
    struct initrd_file file;

    if (cmdline.gdb_file[0] == '\0')
        return NULL;
    if (strcmp(cmdline.gdb_file, "target") != 0) {
        printk("gdb.file: clients look for symbols in %s, on their own host\n", cmdline.gdb_file);
        return cmdline.gdb_file;
    }
    if (!initrd_find(KERNEL_FILE, &file))
        printk("gdb.file=target: no " KERNEL_FILE " in the initrd, using none\n");
    else if (!build_id_is_of(file.data, file.size))
        printk("gdb.file=target: " KERNEL_FILE " in the initrd is of another build than this "
               "kernel, using none\n");
    else
        return "/" KERNEL_FILE;
    return NULL;
}
