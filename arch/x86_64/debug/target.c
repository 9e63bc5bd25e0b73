/* target.c: gdbstub/target.h for this machine. */
#include "target_x86.h"

#include "core_file.h"
#include "displaced.h"
#include "files.h"
#include "line.h"
#include "modules.h"
#include "monitor.h"
#include "processes.h"
#include "processor.h"
#include "protect.h"
#include "regions.h"
#include "registers.h"
#include "requests.h"
#include "safe_copy.h"
#include "scratch_pages.h"
#include "seat.h"
#include "space.h"
#include "thread_registers.h"
#include "thread_list.h"
#include "trace_hit.h"
#include "wt.h"

static void send(void *context, const void *bytes, size_t n)
{
    (void)context;
    line_send(bytes, n);
}

static bool has_fast_line(void *context)
{
    (void)context;
    return line_is_fast();
}

static bool read_register(void *context, gdb_tid thread, unsigned regnum, uint8_t *out)
{
    (void)context;
    return thread_register_read(thread, regnum, out);
}

static struct gdb_error write_register(void *context, gdb_tid thread, unsigned regnum,
                                       const uint8_t *in)
{
    (void)context;
    core_changed();
    return thread_register_write(thread, regnum, in);
}

static size_t read_memory(void *context, gdb_tid thread, uint64_t address, void *out, size_t n)
{
    uint64_t space = space_meant(thread, address);

    (void)context;
    n = space_read(space, out, address, n);
    displaced_hide_all(space, address, out, n);
    return n;
}

static size_t write_memory(void *context, gdb_tid thread, uint64_t address, const void *in,
                           size_t n)
{
    uint64_t space = space_meant(thread, address);

    (void)context;
    core_changed();
    threads_doubt();
    hand_over_written(address);
    return space_write(space, address, in,
                       space_is_programs(space) ? n : protect_writable(address, n));
}

static const char *write_refusal(void *context, uint64_t address, size_t n)
{
    (void)context;
    return protect_refusal(address, n);
}

static bool memory_region(void *context, gdb_tid thread, uint64_t address,
                          struct gdb_region *region)
{
    uint64_t space = space_meant(thread, address);

    (void)context;
    return debugger_settings.physical_memory && space != SPACE_GONE &&
           region_at(space == SPACE_KERNEL ? read_cr3() : space, address, region);
}

static struct gdb_error insert(void *context, gdb_tid thread, const struct gdb_breakpoint *b)
{
    (void)context;
    return request_insert(thread, b);
}

static struct gdb_error remove(void *context, gdb_tid thread, const struct gdb_breakpoint *b)
{
    (void)context;
    return request_remove(thread, b);
}

static struct gdb_error resume(void *context, const struct gdb_action *actions, size_t n)
{
    (void)context;
    return seat_resume(actions, n);
}

static gdb_tid next_thread(void *context, gdb_tid after)
{
    (void)context;
    return threads_next(after);
}

static bool thread_alive(void *context, gdb_tid thread)
{
    (void)context;
    return threads_cpu(thread) || threads_asleep(thread);
}

/* Where there is one processor, which one it is would be told at every stop for nothing. */
static bool thread_info(void *context, gdb_tid thread, struct gdb_thread_info *info)
{
    bool known = threads_info(thread, info);

    (void)context;
    if (!seat_has_others())
        info->core = -1;
    return known;
}

static const char *exec_file(void *context)
{
    (void)context;
    return debugger_settings.exec_file;
}

static void *agent_memory(void *context, size_t *size)
{
    (void)context;
    *size = debugger_settings.agent_size;
    return debugger_settings.agent_memory;
}

static void detach(void *context)
{
    (void)context;
    request_remove_all();
    process_forget();
    scratch_forget();
    seat_forget();
    wt_forget();
}

static bool interrupted(void *context)
{
    (void)context;
    return line_interrupted();
}

static bool packet_waits(void *context)
{
    (void)context;
    return line_packet_waits();
}

const struct gdb_target target_x86 = {
    .machine = &register_machine,
    .send = send,
    .has_fast_line = has_fast_line,
    .read_register = read_register,
    .write_register = write_register,
    .read_memory = read_memory,
    .write_memory = write_memory,
    .write_refusal = write_refusal,
    .memory_region = memory_region,
    .breakpoint_types = (1 << GDB_BREAKPOINT_TYPES) - 1,
    .insert = insert,
    .remove = remove,
    .resume = resume,
    .can_range = true,
    .next_thread = next_thread,
    .thread_alive = thread_alive,
    .thread_info = thread_info,
    .exec_file = exec_file,
    .agent_memory = agent_memory,
    .trace_memory = trace_memory,
    .set_tracepoint = trace_set,
    .can_trace_steps = true,
    .microseconds = trace_microseconds,
    .file = files_nth,
    .file_size = files_size,
    .read_file = files_read,
    .library = module_library,
    .offsets = module_offsets,
    .allocate = scratch_allocate,
    .release = scratch_release,
    .detach = detach,
    .monitor = monitor_run,
    .interrupted = interrupted,
    .packet_waits = packet_waits,
};
