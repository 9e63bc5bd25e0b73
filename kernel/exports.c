/* exports.c: the list. The compiler itself calls the first four. */
#include "exports.h"

#include <stddef.h>
#include <string.h>

#include "cpu/clock.h"
#include "debugger.h"
#include "kmalloc.h"
#include "panic.h"
#include "printk.h"

#define EXPORT(symbol) {#symbol, (const void *)&symbol}

static const struct {
    const char *name;
    const void *address;
} exports[] = {
    EXPORT(memcpy),
    EXPORT(memmove),
    EXPORT(memset),
    EXPORT(memcmp),
    EXPORT(strlen),
    EXPORT(strcmp),
    EXPORT(strncmp),
    EXPORT(strchr),
    EXPORT(printk),
    EXPORT(panic),
    EXPORT(kmalloc),
    EXPORT(kcalloc),
    EXPORT(krealloc),
    EXPORT(kfree),
    EXPORT(clock_ticks),
    EXPORT(tsc_hz),
    EXPORT(debugger_break),
};

bool export_find(const char *name, uint64_t *address)
{
    for (size_t i = 0; i < sizeof(exports) / sizeof(exports[0]); i++) {
        if (strcmp(exports[i].name, name) == 0) {
            *address = (uint64_t)exports[i].address;
            return true;
        }
    }
    return false;
}
