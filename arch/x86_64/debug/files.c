/* files.c: see files.h. */
#include "files.h"

#include "core_file.h"
#include "debugger.h"
#include "safe_copy.h"
#include "state.h"

/* The debugger's own files come before the embedder's. */
static const char *const cores[CORE_KINDS] = {[CORE_ALL] = "core", [CORE_SMALL] = "core-small"};

static unsigned own_files(void)
{
    return core_possible() ? CORE_KINDS : 0;
}

bool files_nth(void *context, unsigned number, struct gdb_file *file)
{
    struct debugger_file its;

    (void)context;
    if (number < own_files()) {
        *file = (struct gdb_file){
            .name = cores[number], .size = GDB_FILE_LONG, .version = core_version()};
        return true;
    }
    if (!debugger_settings.file || !debugger_settings.file(number - own_files(), &its))
        return false;
    *file = (struct gdb_file){.name = its.name, .size = its.size};
    return true;
}

uint64_t files_size(void *context, unsigned number)
{
    (void)context;
    return core_size(number);
}

size_t files_read(void *context, unsigned number, uint64_t offset, void *out, size_t n)
{
    struct debugger_file its;

    (void)context;
    if (number < own_files())
        return core_read(number, offset, out, n);
    if (!debugger_settings.file(number - own_files(), &its))
        return 0;
    return its.data ? safe_read(out, (uint64_t)its.data + offset, n) : its.read(offset, out, n);
}
