/* machine_command.c: see machine_command.h. */
#include "machine_command.h"

#include "line.h"
#include "state.h"
#include "uart16550.h"

#define VERSION "0.1"

void machine_version(struct gdb *g, char *args)
{
    const char *build_id = debugger_settings.build_id;

    (void)args;
    gdb_result(g, "Trapline {version:" VERSION "}, a debugger in the kernel, for x86-64\n");
    if (build_id)
        gdb_result(g, "the kernel's build-id: {build_id:%s}\n", build_id);
    if (debugger_settings.exec_file)
        gdb_result(g, "its symbols: {exec_file:%s}\n", debugger_settings.exec_file);
}

void machine_comm(struct gdb *g, char *args)
{
    const struct gdb_statistics *s = &debugger_gdb.statistics;

    (void)args;
    gdb_result(g, "packets: {packets_in=%u} in, {packets_out=%u} out, {resent=%u} sent again\n",
               s->packets_in, s->packets_out, s->resent);
    gdb_result(g, "line: {bad_checksums=%u} bad checksums, {overlong=%u} too long, "
               "{stray_bytes=%u} stray bytes, {overruns=%u} overruns\n",
               s->bad_checksums, s->overlong, s->stray_bytes, uart16550_overruns());
    gdb_result(g, "interrupts: {interrupts=%u}; faults of the debugger itself: {recovered=%u}\n",
               s->interrupts, debugger_this_cpu()->recovered);
}

void machine_reset(struct gdb *g, char *args)
{
    (void)args;
    if (!debugger_settings.reset) {
        gdb_complain(g, "this kernel gave the debugger no way to reset the machine\n");
        return;
    }
    gdb_print(g, "resetting the machine\n");
    debugger_settings.reset();
}

void machine_poweroff(struct gdb *g, char *args)
{
    (void)args;
    if (!debugger_settings.poweroff) {
        gdb_complain(g, "this kernel gave the debugger no way to switch the machine off\n");
        return;
    }
    gdb_print(g, "switching the machine off\n");
    debugger_settings.poweroff(0);
}
