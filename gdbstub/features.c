/*
 * features.c: target.xml, written from the register table (GDB manual, "Target Description
 * Format").
 */
#include "core.h"

static void write_register(struct window *w, unsigned regnum)
{
    const struct gdb_register *row = &w->g->target->machine->registers[regnum];
    gdb_window_print(w, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%u\"", row->name,
                     row->bits, row->type, regnum);
    if (row->altname)
        gdb_window_print(w, " altname=\"%s\"", row->altname);
    if (row->group)
        gdb_window_print(w, " group=\"%s\"", row->group);
    gdb_window_text(w, "/>\n");
}

/* A line each: "target tfile" takes no line of more than 999 bytes. */
static void write_flags(struct window *w, const struct gdb_flags *flags)
{
    gdb_window_print(w, "<flags id=\"%s\" size=\"%u\">", flags->id, flags->size);
    for (unsigned i = 0; i < flags->field_count && !w->more; i++)
        gdb_window_print(w, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>\n", flags->fields[i].name,
                         flags->fields[i].start, flags->fields[i].end);
    gdb_window_text(w, "</flags>\n");
}

static void write_feature(struct window *w, unsigned index)
{
    const struct gdb_machine *machine = w->g->target->machine;
    const struct gdb_feature *feature = &machine->features[index];
    gdb_window_print(w, "<feature name=\"%s\">\n", feature->name);
    gdb_window_text(w, feature->types);
    for (unsigned i = 0; i < feature->flags_count && !w->more; i++)
        write_flags(w, &feature->flags[i]);
    for (unsigned i = 0; i < machine->register_count && !w->more; i++)
        if (machine->registers[i].feature == index)
            write_register(w, i);
    gdb_window_text(w, "</feature>\n");
}

void gdb_write_features(struct window *w)
{
    const struct gdb_machine *machine = w->g->target->machine;
    w->g->described = true;
    gdb_window_print(w,
                     "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
                     "<target version=\"1.0\">\n<architecture>%s</architecture>\n",
                     machine->architecture);
    if (machine->osabi)
        gdb_window_print(w, "<osabi>%s</osabi>\n", machine->osabi);
    for (unsigned i = 0; i < machine->feature_count && !w->more; i++)
        write_feature(w, i);
    gdb_window_text(w, "</target>\n");
}
