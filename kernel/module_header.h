/*
 * module_header.h: what a module and the kernel know of each other. A module is a shared object
 * (kernel/modules/NAME.c becomes NAME.ko) with one of these headers. It may use what exports.c
 * lists, and what the modules that it is linked with mark with MODULE_EXPORT.
 */
#ifndef KERNEL_MODULE_HEADER_H
#define KERNEL_MODULE_HEADER_H

#include <stddef.h>
#include <stdint.h>

#define MODULE_ABI 1 /* changes with this structure, and with what is exported */

struct module_header {
    uint32_t abi;
    const char *description; /* one line */
    int (*init)(void);       /* not 0: it does not want to stay, and has left nothing behind */
    void (*exit)(void);      /* nobody uses it any more; NULL: there is nothing to be done */
};

/* Everything else in a module is its own: it is built with -fvisibility=hidden. */
#define MODULE_EXPORT __attribute__((visibility("default")))

#define MODULE_HEADER_NAME "module_header"
#define MODULE(what, init_function, exit_function)                                                 \
    MODULE_EXPORT const struct module_header module_header = {                                     \
        .abi = MODULE_ABI, .description = what, .init = init_function, .exit = exit_function}

#endif
