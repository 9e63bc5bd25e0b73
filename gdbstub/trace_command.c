/*
 * trace_command.c: which packet of tracepoints is whose.
 */
#include "core.h"

static const struct gdb_command commands[] = {
    {"QTBuffer", gdb_do_trace_buffer},
    {"QTDP", gdb_do_trace_define},
    {"QTDPsrc", gdb_do_trace_source},
    {"QTDV", gdb_do_trace_variable},
    {"QTDisable", gdb_do_trace_disable},
    {"QTDisconnected", gdb_do_trace_disconnected},
    {"QTEnable", gdb_do_trace_enable},
    {"QTFrame", gdb_do_trace_frame},
    {"QTNotes", gdb_do_trace_notes},
    {"QTStart", gdb_do_trace_start},
    {"QTStop", gdb_do_trace_stop},
    {"QTinit", gdb_do_trace_init},
    {"QTro", gdb_do_trace_constants},
    {"qTBuffer", gdb_do_trace_data},
    {"qTP", gdb_do_tracepoint_status},
    {"qTStatus", gdb_do_trace_status},
    {"qTV", gdb_do_variable_value},
    {"qTfP", gdb_do_first_tracepoint},
    {"qTfV", gdb_do_first_variable},
    {"qTsP", gdb_do_next_tracepoint},
    {"qTsV", gdb_do_next_variable},
};

enum outcome gdb_trace_command(struct gdb *g)
{
    g->rx_cursor = 0;
    struct span name = rx_word(g, ':');
    g->rx_cursor = name.length;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (gdb_span_is(name, commands[i].name))
            return commands[i].run(g);
    return ANSWER;
}

void gdb_tx_trace_features(struct gdb *g)
{
    if (g->dialect == GDB_DIALECT_GDB && gdb_has_trace(g))
        tx_string(g, ";TraceStateVariables+;TracepointSource+;ConditionalTracepoints+;tracenz+"
                     ";DisconnectedTracing+;EnableDisableTracepoints+;InstallInTrace+"
                     ";QTBuffer:size+");
}
