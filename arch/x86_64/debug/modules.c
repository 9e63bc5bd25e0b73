/*
 * modules.c: the list of modules, and the stops that their coming and going is worth. What the list
 * leads to is the kernel's memory and is read with care.
 */
#include "modules.h"

#include <string.h>

#include "breakpoint.h"
#include "doors.h"
#include "hit_rules.h"
#include "line.h"
#include "processor.h"
#include "safe_copy.h"
#include "seat.h"
#include "space.h"
#include "words.h"

#ifndef DEBUGGER_MODULES
#define DEBUGGER_MODULES 64
#endif

#define TEXT_MAX      256
#define BREAK_ON_LOAD 8
#define NAME_MAX      32

static const struct debugger_module *modules[DEBUGGER_MODULES];
static size_t count;
static uint32_t left_out; /* found no room */

static char break_on_load[BREAK_ON_LOAD][NAME_MAX]; /* names, "*"; "" is a free row */

/* Its text at an address of the kernel's, cut to fit; "" if it cannot be read. */
static const char *read_text(const char *address, char *text, size_t size)
{
    size_t n = 0;

    while (n < size - 1 && safe_read(&text[n], (uint64_t)address + n, 1) == 1 && text[n] != '\0')
        n++;
    text[n] = '\0';
    return text;
}

bool module_nth_loaded(size_t n, struct debugger_module *out)
{
    for (size_t i = 0; i < count; i++)
        if (safe_read(out, (uint64_t)modules[i], sizeof(*out)) == sizeof(*out) && n-- == 0)
            return true;
    return false;
}

void module_copy_name(const struct debugger_module *module, char *name, size_t size)
{
    read_text(module->name, name, size);
}

bool module_library(void *context, size_t n, struct gdb_library *out)
{
    static char file[TEXT_MAX];
    struct debugger_module module;

    (void)context;
    for (size_t i = 0; module_nth_loaded(i, &module); i++) {
        if (!*read_text(module.file, file, sizeof(file)) || n-- != 0)
            continue;
        *out = (struct gdb_library){.file = file, .address = module.start, .bias = module.bias};
        return true;
    }
    return false;
}

bool module_offsets(void *context, struct gdb_offsets *out)
{
    (void)context;
    *out = (struct gdb_offsets){.first_segment = debugger_settings.first_segment,
                                .slide = debugger_settings.slide};
    return out->slide != 0;
}

/* ---- stops ---- */

static bool breaks(const char *name)
{
    for (size_t i = 0; i < BREAK_ON_LOAD; i++)
        if (*break_on_load[i] &&
            (word_is("*", break_on_load[i]) || word_is(name, break_on_load[i])))
            return true;
    return false;
}

static void tell_list_changed(void)
{
    uint64_t flags = interrupts_off();

    if (gdb_wants_libraries(&debugger_gdb)) {
        debugger_this_cpu()->requested.reason = GDB_STOP_LIBRARY;
        door_break(GDB_SIGTRAP);
    }
    interrupts_restore(flags);
}

/* Its text comes before the stop, as the client goes on reading only until then. */
static void stop_for(const struct debugger_module *module)
{
    char text[TEXT_MAX];
    size_t n = gdb_sprint(text, sizeof(text), "module %s is loaded at 0x%lx, and will begin at "
                          "0x%lx\n", module->name, module->start, module->entry);

    debugger_console(text, n);
    door_break(GDB_SIGTRAP);
}

void debugger_module_loaded(const struct debugger_module *module)
{
    if (count == DEBUGGER_MODULES) {
        left_out++;
        return;
    }
    modules[count] = module;
    count++; /* a client that stops the kernel in between sees the list without it, but whole */
    tell_list_changed();
    if (gdb_client_waits(&debugger_gdb) && breaks(module->name))
        stop_for(module);
}

/* Its breakpoints lead to nothing; of the client's own list it has taken them already. */
static void forget_breakpoints(const struct debugger_module *module)
{
    struct software_breakpoint *b;

    for (size_t n = 0; (b = breakpoint_nth(n)) != NULL;)
        if (b->address >= module->start && b->address < module->end)
            breakpoint_forget(b);
        else
            n++;
}

void debugger_module_unloaded(const struct debugger_module *module)
{
    size_t i = 0;

    while (i < count && modules[i] != module)
        i++;
    if (i == count)
        return;

    uint64_t flags = interrupts_off();

    count--;
    memmove(&modules[i], &modules[i + 1], (count - i) * sizeof(modules[0]));
    interrupts_restore(flags);
    tell_list_changed();

    flags = interrupts_off();

    struct debugger_cpu *cpu = debugger_this_cpu();
    bool frozen = seat_freeze(cpu);

    forget_breakpoints(module);
    hit_rules_gone(SPACE_KERNEL, module->start, module->end);
    seat_thaw(cpu, frozen);
    interrupts_restore(flags);
}

/* ---- monitor ---- */

void module_list_command(struct gdb *g, char *args)
{
    struct debugger_module module;
    char name[NAME_MAX], file[TEXT_MAX];

    (void)args;
    for (size_t i = 0; module_nth_loaded(i, &module); i++)
        gdb_row(g, "{start:0x%lx}-{end:0x%lx}  {name:%s}  {file:%s}\n", module.start, module.end,
                read_text(module.name, name, sizeof(name)),
                read_text(module.file, file, sizeof(file)));
    if (count == 0)
        gdb_print(g, "no modules are loaded\n");
    if (left_out)
        gdb_print(g, "%u modules found no room in this list\n", left_out);
}

static char *find_row(const char *name)
{
    for (size_t i = 0; i < BREAK_ON_LOAD; i++)
        if (word_is(name, break_on_load[i]))
            return break_on_load[i];
    return NULL;
}

static bool remember(const char *name)
{
    char *row = find_row(name);

    row = row ? row : find_row("");
    if (row)
        memcpy(row, name, strlen(name) + 1);
    return row != NULL;
}

static void print_names(struct gdb *g)
{
    const char *before = "stop when one of these is loaded: ", *separator = before;

    for (size_t i = 0; i < BREAK_ON_LOAD; i++) {
        if (!*break_on_load[i])
            continue;
        gdb_print(g, "%s%s", separator, break_on_load[i]);
        separator = ", ";
    }
    gdb_print(g, "%s\n", separator == before ? "modules are loaded without a stop" : "");
}

void module_break_command(struct gdb *g, char *args)
{
    const char *name = word_next(&args);

    if (*args)
        gdb_complain(g, "usage: monitor break-on-load [NAME | * | off]\n");
    else if (strlen(name) >= NAME_MAX)
        gdb_complain(g, "that name is too long: of a module's %u bytes are kept\n", NAME_MAX - 1);
    else if (word_is(name, "off"))
        memset(break_on_load, 0, sizeof(break_on_load));
    else if (*name && !remember(name))
        gdb_print(g, "%u names are enough; say off, or *\n", BREAK_ON_LOAD);
    if (!*args)
        print_names(g);
}
