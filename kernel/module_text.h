/* module_text.h: names of modules and of their files, and words about them. */
#ifndef KERNEL_MODULE_TEXT_H
#define KERNEL_MODULE_TEXT_H

#include "module.h"

/* Letters, digits, '_' and '-', and short enough for a struct module. */
bool module_is_name(const char *name);

/* "ramdisk.ko" -> "ramdisk". False: it is no such file's name. */
bool module_name_of_file(const char *file, char name[MODULE_NAME_MAX]);

/* Where it is in the initrd, and on the clients' host: the absolute path that the command line
 * gives, or only the file's name. */
void module_initrd_file(const char *name, char *out, size_t size);
void module_host_file(const char *name, char *out, size_t size);

/* What a module does in this state: "is loaded". */
const char *module_state_text(enum module_state state);

/* The digits of bytes, cut to fit. */
void module_hex(struct module_table bytes, char *out, size_t size);

#endif
