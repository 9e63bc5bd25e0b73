/* symbols.c: see symbols.h. A module's are those of its ELF file, and are read with care. */
#include "symbols.h"

#include <string.h>

#include "gdbstub.h"
#include "modules.h"
#include "safe_copy.h"
#include "state.h"

#define KERNEL_SPAN (1ull << 31) /* no image is larger */

/* As in an ELF file (System V gABI, "Symbol Table"). */
struct elf_symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, size;
};
#define SECTION_UNDEFINED 0
#define SECTION_RESERVED  0xff00
#define TYPE_OBJECT       1
#define TYPE_FUNCTION     2

/* ---- the kernel's ---- */

/* Where its offsets count from, now; 0: there are no symbols. */
static uint64_t kernel_base(struct symbol_table *table)
{
    uint64_t base;

    *table = (struct symbol_table){debugger_settings.symbols, debugger_settings.symbols_size};
    return symbol_table_good(table, &base) ? base + debugger_settings.slide : 0;
}

static bool in_kernel(uint64_t address, struct symbol *out)
{
    struct symbol_table table;
    uint64_t base = kernel_base(&table), start;

    if (!base || address - base >= KERNEL_SPAN ||
        !symbol_table_find(&table, address - base, &start, out->name))
        return false;
    out->address = base + start;
    memcpy(out->home, "kernel", sizeof("kernel"));
    return true;
}

/* ---- a module's ---- */

/* The nth of a module that has a name and a place; false behind the last. */
static bool module_nth(const struct debugger_module *module, size_t n, struct elf_symbol *s)
{
    uint64_t place = (uint64_t)module->symbols + n * sizeof(*s);

    if (n >= module->symbol_bytes / sizeof(*s) || safe_read(s, place, sizeof(*s)) != sizeof(*s))
        return false;
    if (s->section == SECTION_UNDEFINED || s->section >= SECTION_RESERVED ||
        ((s->info & 15) != TYPE_OBJECT && (s->info & 15) != TYPE_FUNCTION))
        s->name = 0;
    return true;
}

static void module_name(const struct debugger_module *module, uint32_t at, char *name)
{
    size_t n = at < module->string_bytes ? module->string_bytes - at : 0;

    n = n < SYMBOL_NAME_MAX - 1 ? n : SYMBOL_NAME_MAX - 1;
    n = safe_read(name, (uint64_t)module->strings + at, n);
    name[n] = '\0';
}

static bool in_module(const struct debugger_module *module, uint64_t address, struct symbol *out)
{
    uint64_t linked = address - module->bias;
    struct elf_symbol s;

    for (size_t n = 0; module_nth(module, n, &s); n++) {
        if (!s.name || linked - s.value >= s.size)
            continue;
        module_name(module, s.name, out->name);
        out->address = module->bias + s.value;
        module_copy_name(module, out->home, sizeof(out->home));
        return true;
    }
    return false;
}

static bool named_in_module(const struct debugger_module *module, const char *name,
                            uint64_t *address)
{
    char found[SYMBOL_NAME_MAX];
    struct elf_symbol s;

    for (size_t n = 0; module_nth(module, n, &s); n++) {
        if (!s.name)
            continue;
        module_name(module, s.name, found);
        if (strcmp(found, name) == 0) {
            *address = module->bias + s.value;
            return true;
        }
    }
    return false;
}

/* ---- both ---- */

bool symbol_at(uint64_t address, struct symbol *out)
{
    struct debugger_module module;

    for (size_t i = 0; module_nth_loaded(i, &module); i++)
        if (address >= module.start && address < module.end)
            return in_module(&module, address, out);
    return in_kernel(address, out);
}

bool symbol_named(const char *name, uint64_t *address)
{
    struct debugger_module module;
    struct symbol_table table;
    uint64_t base = kernel_base(&table), offset;

    if (base && symbol_table_named(&table, name, &offset)) {
        *address = base + offset;
        return true;
    }
    for (size_t i = 0; module_nth_loaded(i, &module); i++)
        if (named_in_module(&module, name, address))
            return true;
    return false;
}

/* The name, with how far behind its start. */
static size_t put_name(const struct symbol *s, uint64_t address, char *text, size_t size)
{
    return address == s->address
               ? gdb_sprint(text, size, "%s", s->name)
               : gdb_sprint(text, size, "%s+0x%lx", s->name, address - s->address);
}

bool symbol_short(uint64_t address, char *text, size_t size)
{
    struct symbol s;

    *text = '\0';
    return symbol_at(address, &s) && put_name(&s, address, text, size);
}

void symbol_tell(struct gdb *g, uint64_t address, unsigned back)
{
    struct symbol s;

    if (!symbol_at(address - back, &s))
        return;
    gdb_result(g, " {symbol:%s}", s.name);
    if (address != s.address)
        gdb_result(g, "+{offset:0x%lx}", address - s.address);
    gdb_result(g, " [{module:%s}]", s.home);
}

const char *symbol_text(uint64_t address, char *text, size_t size)
{
    size_t n = gdb_sprint(text, size, "0x%lx", address);
    struct symbol s;

    if (!symbol_at(address, &s))
        return text;
    n += gdb_sprint(text + n, size - n, " ");
    n += put_name(&s, address, text + n, size - n);
    gdb_sprint(text + n, size - n, " [%s]", s.home);
    return text;
}
