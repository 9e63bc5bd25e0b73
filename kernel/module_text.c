/* module_text.c: "ramdisk", "modules/ramdisk.ko", "is loaded". */
#include "module_text.h"

#include <stdarg.h>
#include <string.h>

#include "cmdline.h"
#include "format.h"

#define SUFFIX ".ko"

static void print(char *out, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    format_text(out, size, format, arguments);
    va_end(arguments);
}

bool module_is_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t length = 0;

    while (name[length] != '\0' && strchr(allowed, name[length]) != NULL)
        length++;
    return name[length] == '\0' && length > 0 && length < MODULE_NAME_MAX;
}

bool module_name_of_file(const char *file, char name[MODULE_NAME_MAX])
{
    size_t length = strlen(file), suffix = strlen(SUFFIX);

    if (length <= suffix || length - suffix >= MODULE_NAME_MAX ||
        strcmp(file + length - suffix, SUFFIX) != 0)
        return false;
    memcpy(name, file, length - suffix);
    name[length - suffix] = '\0';
    return module_is_name(name);
}

void module_initrd_file(const char *name, char *out, size_t size)
{
    print(out, size, "modules/%s" SUFFIX, name);
}

/* The build puts modules/ beside the kernel's ELF. */
void module_host_file(const char *name, char *out, size_t size)
{
    size_t folder = strlen(cmdline.gdb_file);

    while (folder > 0 && cmdline.gdb_file[folder - 1] != '/')
        folder--;
    if (cmdline.gdb_modules[0] != '\0')
        print(out, size, "%s/%s" SUFFIX, cmdline.gdb_modules, name);
    else if (strcmp(cmdline.gdb_file, "target") == 0) /* the initrd's own: debug_files.c */
        print(out, size, "/modules/%s" SUFFIX, name);
    else if (folder > 0)
        print(out, size, "%.*smodules/%s" SUFFIX, (int)folder, cmdline.gdb_file, name);
    else
        print(out, size, "%s" SUFFIX, name);
}

const char *module_state_text(enum module_state state)
{
    switch (state) {
    case MODULE_LOADING:
        return "is being loaded";
    case MODULE_LIVE:
        return "is loaded";
    case MODULE_FAILED:
        return "has failed";
    case MODULE_GOING:
        return "is going";
    }
    return "?";
}

void module_hex(struct module_table bytes, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = 0; i < bytes.size && at + 2 < size; i++) {
        out[at++] = digits[bytes.data[i] >> 4];
        out[at++] = digits[bytes.data[i] & 15];
    }
    out[at] = '\0';
}
