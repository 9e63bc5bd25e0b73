/* debug_files.h: the files that the debugger's clients may read. */
#ifndef KERNEL_DEBUG_FILES_H
#define KERNEL_DEBUG_FILES_H

#include <stdbool.h>

struct debugger_file;

/* debugger_config.file: "dmesg", the kernel's log as it is now, and all files of the initrd. */
bool debug_file(unsigned number, struct debugger_file *file);

/* debugger_config.exec_file, as gdb.file= has it; says so if that is not to be had. */
const char *debug_exec_file(void);

#endif
