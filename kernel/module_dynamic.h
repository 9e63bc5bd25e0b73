/* module_dynamic.h: the dynamic section of a module's file: where its tables are. */
#ifndef KERNEL_MODULE_DYNAMIC_H
#define KERNEL_MODULE_DYNAMIC_H

#include "module_elf.h"

/* size bytes at data are the section; the segments have been read. Fills in elf's tables. */
bool module_dynamic_read(struct module_elf *elf, const uint8_t *data, size_t size);

#endif
