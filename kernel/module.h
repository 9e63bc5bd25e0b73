/*
 * module.h: code that comes and goes while the kernel runs. Module NAME is the file modules/NAME.ko
 * of the initrd; where its ELF with the symbols is on the clients' host, gdb.modules says.
 */
#ifndef KERNEL_MODULE_H
#define KERNEL_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debugger.h"
#include "module_elf.h"
#include "module_header.h"

#define MODULE_NAME_MAX 32
#define MODULE_FILE_MAX 300

enum module_state {
    MODULE_LOADING, /* not initialised yet */
    MODULE_LIVE,
    MODULE_FAILED, /* its init faulted: others may have pointers to it, so it stays until rmmod */
    MODULE_GOING,
};

struct module {
    char name[MODULE_NAME_MAX];
    enum module_state state;
    uint64_t start, end; /* its pages */
    const struct module_header *header;
    unsigned users; /* modules that depend on it */
    bool automatic; /* only modules that need it have asked for it: it goes with the last of them */
    struct module *uses[MODULE_NEEDED_MAX];
    size_t use_count;
    struct module *next; /* in the order of their loading */

    struct module_elf elf; /* as linked; the file stays in the initrd */
    struct debugger_module debugger;
    char file[MODULE_FILE_MAX]; /* on the clients' host */
};

/* All of them, in any state. */
extern struct module *module_first;

/*
 * Load a module and what it depends on, or let one go that nobody depends on. What happens, and why
 * not, is told in the log. For threads, who may have to wait for each other.
 */
bool module_load(const char *name);
bool module_unload(const char *name);

struct module *module_find(const char *name);

#endif
