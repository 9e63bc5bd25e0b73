/* module_link.h: a module's image in memory: its segments copied and its addresses filled in. */
#ifndef KERNEL_MODULE_LINK_H
#define KERNEL_MODULE_LINK_H

#include "module_elf.h"

struct module_link {
    struct module_elf *elf;
    uint8_t *memory; /* writable: where elf->start .. elf->end is to be */
    uint64_t bias;   /* from linked addresses to those where it will run */

    /* The address of a symbol that the module does not define. False: nobody does. */
    bool (*resolve)(void *context, const char *name, uint64_t *address);
    void *context;
};

/* Fill memory. False: see elf->problem. */
bool module_link(const struct module_link *link);

#endif
