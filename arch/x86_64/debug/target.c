/*
 * target.c: gdbstub/target.h for this machine, one thread for its one processor.
 */
#include "target_x86.h"

#include <string.h>

#include "line.h"
#include "modules.h"
#include "monitor.h"
#include "protect.h"
#include "regions.h"
#include "registers.h"
#include "requests.h"
#include "safe_copy.h"

#define THE_THREAD ((gdb_tid)1)

static void send(void *context, const void *bytes, size_t n)
{
    (void)context;
    line_send(bytes, n);
}

static bool read_register(void *context, gdb_tid thread, unsigned regnum, uint8_t *out)
{
    (void)thread;
    return register_read(context, regnum, out);
}

/* Back to where it has stopped it may go: a client that has called a function wants that. */
static const char *rip_refusal(const struct debugger_cpu *cpu, const uint8_t *in)
{
    uint64_t rip;

    memcpy(&rip, in, sizeof(rip));
    return rip == cpu->frame.rip || rip == cpu->own_rip ? NULL : protect_refusal(rip, 1);
}

static struct gdb_error write_register(void *context, gdb_tid thread, unsigned regnum,
                                       const uint8_t *in)
{
    const char *refusal = regnum == REGNUM_RIP ? rip_refusal(context, in) : NULL;

    (void)thread;
    return refusal ? (struct gdb_error){GDB_E_ARGUMENT, refusal}
                   : register_write(context, regnum, in);
}

static size_t read_memory(void *context, gdb_tid thread, uint64_t address, void *out, size_t n)
{
    (void)context, (void)thread;
    return safe_read(out, address, n);
}

static size_t write_memory(void *context, gdb_tid thread, uint64_t address, const void *in,
                           size_t n)
{
    (void)thread;
    hand_over_written(context, address);
    return safe_write(address, in, protect_writable(address, n));
}

static const char *write_refusal(void *context, uint64_t address, size_t n)
{
    (void)context;
    return protect_refusal(address, n);
}

static bool memory_region(void *context, uint64_t address, struct gdb_region *region)
{
    return debugger_settings.physical_memory && region_at(context, address, region);
}

static struct gdb_error insert(void *context, gdb_tid thread, const struct gdb_breakpoint *b)
{
    (void)thread;
    return request_insert(context, b);
}

static struct gdb_error remove(void *context, gdb_tid thread, const struct gdb_breakpoint *b)
{
    (void)thread;
    return request_remove(context, b);
}

static struct gdb_error resume(void *context, const struct gdb_action *actions, size_t n)
{
    struct debugger_cpu *cpu = context;

    for (size_t i = 0; i < n; i++) {
        if (actions[i].thread != THE_THREAD && actions[i].thread != GDB_TID_ALL)
            continue;
        if (actions[i].kind == GDB_HOLD)
            break;
        cpu->action = actions[i];
        return GDB_OK;
    }
    return (struct gdb_error){GDB_E_ARGUMENT, "the only processor has to run"};
}

static gdb_tid next_thread(void *context, gdb_tid after)
{
    (void)context;
    return after == GDB_TID_ANY ? THE_THREAD : GDB_TID_ANY;
}

static bool thread_alive(void *context, gdb_tid thread)
{
    (void)context;
    return thread == THE_THREAD;
}

static bool thread_info(void *context, gdb_tid thread, struct gdb_thread_info *info)
{
    (void)context;
    *info = (struct gdb_thread_info){.name = "cpu0", .state = "running", .core = 0};
    return thread == THE_THREAD;
}

static const char *exec_file(void *context)
{
    (void)context;
    return debugger_settings.exec_file;
}

static bool file(void *context, unsigned number, struct gdb_file *file)
{
    struct debugger_file its;

    (void)context;
    if (!debugger_settings.file || !debugger_settings.file(number, &its))
        return false;
    *file = (struct gdb_file){.name = its.name, .size = its.size};
    return true;
}

static size_t read_file(void *context, unsigned number, uint64_t offset, void *out, size_t n)
{
    struct debugger_file its;

    (void)context;
    if (!debugger_settings.file(number, &its))
        return 0;
    return its.data ? safe_read(out, (uint64_t)its.data + offset, n) : its.read(offset, out, n);
}

static void detach(void *context)
{
    struct debugger_cpu *cpu = context;

    request_remove_all(cpu);
    cpu->action = (struct gdb_action){.kind = GDB_CONTINUE, .thread = GDB_TID_ALL};
}

const struct gdb_target target_x86 = {
    .machine = &register_machine,
    .send = send,
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
    .file = file,
    .read_file = read_file,
    .library = module_library,
    .detach = detach,
    .monitor = monitor_run,
};
