/* module_check.h: whether the header that a module has brought along says what can be. */
#ifndef KERNEL_MODULE_CHECK_H
#define KERNEL_MODULE_CHECK_H

#include <stdbool.h>

#include "module.h"

/* Finds m's header, once it is linked and at its place. False: refused, by module_elf_refuse(). */
bool module_check_header(struct module *m);

#endif
