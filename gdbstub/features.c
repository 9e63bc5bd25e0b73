/*
 * features.c: target.xml, written from the register table (GDB manual, "Target Description
 * Format").
 */
#include "core.h"

static void attribute(struct window *w, const char *name, const char *value)
{
    if (!value)
        return;
    gdb_window_text(w, " ");
    gdb_window_text(w, name);
    gdb_window_text(w, "=\"");
    gdb_window_escaped(w, value);
    gdb_window_text(w, "\"");
}

static void number(struct window *w, const char *name, unsigned value)
{
    gdb_window_text(w, " ");
    gdb_window_text(w, name);
    gdb_window_text(w, "=\"");
    gdb_window_number(w, value);
    gdb_window_text(w, "\"");
}

static void element(struct window *w, const char *name, const char *text)
{
    gdb_window_text(w, "<");
    gdb_window_text(w, name);
    gdb_window_text(w, ">");
    gdb_window_escaped(w, text);
    gdb_window_text(w, "</");
    gdb_window_text(w, name);
    gdb_window_text(w, ">\n");
}

static void write_register(struct window *w, unsigned regnum)
{
    const struct gdb_register *row = &w->g->target->machine->registers[regnum];
    gdb_window_text(w, "<reg");
    attribute(w, "name", row->name);
    number(w, "bitsize", row->bits);
    attribute(w, "type", row->type);
    number(w, "regnum", regnum);
    attribute(w, "altname", row->altname);
    attribute(w, "group", row->group);
    gdb_window_text(w, "/>\n");
}

static void write_feature(struct window *w, unsigned index)
{
    const struct gdb_machine *machine = w->g->target->machine;
    gdb_window_text(w, "<feature");
    attribute(w, "name", machine->features[index].name);
    gdb_window_text(w, ">\n");
    gdb_window_text(w, machine->features[index].types);
    for (unsigned i = 0; i < machine->register_count && !w->more; i++)
        if (machine->registers[i].feature == index)
            write_register(w, i);
    gdb_window_text(w, "</feature>\n");
}

void gdb_write_features(struct window *w)
{
    const struct gdb_machine *machine = w->g->target->machine;
    gdb_window_text(w, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
                       "<target version=\"1.0\">\n");
    element(w, "architecture", machine->architecture);
    if (machine->osabi)
        element(w, "osabi", machine->osabi);
    for (unsigned i = 0; i < machine->feature_count && !w->more; i++)
        write_feature(w, i);
    gdb_window_text(w, "</target>\n");
}
