/*
 * command.c: which packet is whose, and the replies that everybody can give.
 */
#include "core.h"

/*
 * A longer name is a whole word: the packet ends there or goes on with ':', ';' or ','. So qC is
 * not taken for qCRC, and an unknown vContinue is unknown. Behind a one-letter name the arguments
 * follow at once. Whatever is not here gets the empty reply, vMustReplyEmpty among it.
 */
const struct gdb_command gdb_commands[] = {
    {"!", gdb_do_extended},
    {"?", gdb_do_status},
    {"C", gdb_do_continue_signal},
    {"D", gdb_do_detach},
    {"G", gdb_do_write_all},
    {"H", gdb_do_set_thread},
    {"M", gdb_do_write_hex},
    {"P", gdb_do_write_one},
    {"QEnableErrorStrings", gdb_do_error_strings},
    {"QListThreadsInStopReply", gdb_do_threads_in_stop},
    {"QRestoreRegisterState", gdb_do_restore_registers},
    {"QSaveRegisterState", gdb_do_save_registers},
    {"QStartNoAckMode", gdb_do_no_ack},
    {"QThreadSuffixSupported", gdb_do_thread_suffix},
    {"S", gdb_do_step_signal},
    {"T", gdb_do_thread_alive},
    {"X", gdb_do_write_binary},
    {"Z", gdb_do_insert},
    {"_", gdb_do_scratch},
    {"c", gdb_do_continue},
    {"g", gdb_do_read_all},
    {"jThreadsInfo", gdb_do_threads_info},
    {"k", gdb_do_kill},
    {"m", gdb_do_read_memory},
    {"p", gdb_do_read_one},
    {"qAttached", gdb_do_attached},
    {"qC", gdb_do_current_thread},
    {"qCRC", gdb_do_crc},
    {"qHostInfo", gdb_do_host_info},
    {"qMemoryRegionInfo", gdb_do_memory_region},
    {"qOffsets", gdb_do_offsets},
    {"qProcessInfo", gdb_do_process_info},
    {"qRcmd", gdb_do_monitor},
    {"qSearch:memory", gdb_do_search},
    {"qSupported", gdb_do_supported},
    {"qSymbol", gdb_do_symbol},
    {"qThreadExtraInfo", gdb_do_thread_extra},
    {"qWatchpointSupportInfo", gdb_do_watchpoint_support},
    {"qXfer", gdb_do_xfer},
    {"qfThreadInfo", gdb_do_first_threads},
    {"qsThreadInfo", gdb_do_next_threads},
    {"s", gdb_do_step},
    {"vAttach", gdb_do_attach},
    {"vCont", gdb_do_vcont},
    {"vCont?", gdb_do_vcont_query},
    {"vFile:close", gdb_do_file_close},
    {"vFile:fstat", gdb_do_file_fstat},
    {"vFile:lstat", gdb_do_file_stat},
    {"vFile:open", gdb_do_file_open},
    {"vFile:pread", gdb_do_file_read},
    {"vFile:setfs", gdb_do_file_setfs},
    {"vFile:stat", gdb_do_file_stat},
    {"vKill", gdb_do_kill_process},
    {"x", gdb_do_read_binary},
    {"z", gdb_do_remove},
};
const size_t gdb_command_count = sizeof gdb_commands / sizeof gdb_commands[0];

static bool is_named(const struct gdb *g, const char *name)
{
    size_t n = strlen(name);
    if (g->rx_length < n || memcmp(g->rx, name, n) != 0)
        return false;
    if (n == 1 || g->rx_length == n)
        return true;
    return g->rx[n] == ':' || g->rx[n] == ';' || g->rx[n] == ',';
}

/* Answer the packet in rx. */
enum outcome gdb_command_run(struct gdb *g)
{
    tx_begin(g);
    g->rx_bad = false;
    if (g->rx_length > g->packet_max)
        return gdb_malformed(g);
    if (gdb_frame_refuses(g))
        return ANSWER;
    for (size_t i = 0; i < gdb_command_count; i++) {
        if (is_named(g, gdb_commands[i].name)) {
            g->rx_cursor = strlen(gdb_commands[i].name);
            return gdb_commands[i].run(g);
        }
    }
    return gdb_trace_command(g);
}

enum outcome gdb_ok(struct gdb *g)
{
    tx_begin(g);
    tx_string(g, "OK");
    return ANSWER;
}

enum outcome gdb_fail(struct gdb *g, uint8_t code)
{
    tx_begin(g);
    tx_byte(g, 'E');
    tx_hex_byte(g, code);
    return ANSWER;
}

enum outcome gdb_malformed(struct gdb *g)
{
    return gdb_fail(g, GDB_E_MALFORMED);
}

bool gdb_failed(struct gdb_error error)
{
    return error.code != 0 || error.text != NULL;
}

/* gdb 13 shows the text of an error to Z, z, P and G, and misreads it elsewhere. */
enum outcome gdb_refuse(struct gdb *g, struct gdb_error error)
{
    if (g->dialect == GDB_DIALECT_LLDB)
        return gdb_refuse_lldb(g, error);
    if (!error.text)
        return gdb_fail(g, error.code);
    tx_begin(g);
    tx_string(g, "E.");
    tx_text(g, error.text);
    return ANSWER;
}

enum outcome gdb_done(struct gdb *g, struct gdb_error error)
{
    return gdb_failed(error) ? gdb_refuse(g, error) : gdb_ok(g);
}

/* To m no client expects a text, whatever it announced: what is not an error code is memory. */
enum outcome gdb_error(struct gdb *g, struct gdb_error error)
{
    if ((g->error_message || g->error_strings) && g->rx[0] != 'm')
        return gdb_refuse(g, error);
    return gdb_fail(g, error.code ? error.code : GDB_E_ARGUMENT);
}
