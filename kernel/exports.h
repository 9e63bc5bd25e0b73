/* exports.h: what the kernel lets its modules use. */
#ifndef KERNEL_EXPORTS_H
#define KERNEL_EXPORTS_H

#include <stdbool.h>
#include <stdint.h>

/* The address of a function or variable of the kernel's. False: it is not for modules. */
bool export_find(const char *name, uint64_t *address);

#endif
