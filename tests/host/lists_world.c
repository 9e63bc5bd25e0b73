/* lists_world.c: see lists_world.h. */
#include "lists_world.h"

#include <string.h>

#include "events.h"
#include "gdbstub.h"
#include "line.h"
#include "processor.h"
#include "protect.h"
#include "registers.h"
#include "safe_copy.h"
#include "seat.h"
#include "thread_list.h"

struct world_thread world_list[WORLD_THREADS];
size_t world_steps;
size_t world_asked;
char world_console[512];
bool world_answers;
uint64_t world_saved[2 * DEBUGGER_REGISTERS];

struct debugger_config debugger_settings;
static struct debugger_cpu cpus[DEBUGGER_CPUS];
static int first;

struct debugger_cpu *debugger_cpu(unsigned n)
{
    return n < DEBUGGER_CPUS ? &cpus[n] : NULL;
}

unsigned debugger_cpu_number(const struct debugger_cpu *cpu)
{
    return (unsigned)(cpu - cpus);
}

struct debugger_cpu *world_cpu(unsigned n)
{
    return &cpus[n];
}

/* ---- what the kernel provides ---- */

/* The cursor is the place + 1, and counts on behind the end of a list that has none. */
static bool next_thread(uint64_t *cursor, struct debugger_thread *out)
{
    int next = *cursor == 0              ? first
               : *cursor > WORLD_THREADS ? WORLD_ENDLESS
                                         : world_list[*cursor - 1].next;

    world_steps++;
    if (next == WORLD_END)
        return false;
    if (next == WORLD_UNREADABLE) {
        *cursor = WORLD_THREADS + 1;
        return true;
    }
    if (next == WORLD_ENDLESS) {
        *cursor = *cursor > WORLD_THREADS ? *cursor + 1 : WORLD_THREADS + 1;
        out->id = *cursor;
        return true;
    }
    *cursor = (uint64_t)next + 1;
    *out = world_list[next].thread;
    return true;
}

bool world_thread_on(unsigned cpu, struct debugger_thread *out)
{
    world_asked++;
    for (size_t i = 0; i < WORLD_THREADS; i++) {
        *out = world_list[i].thread;
        if (out->running && out->cpu == (int)cpu)
            return true;
    }
    return false;
}

static bool thread_registers(const struct debugger_thread *thread,
                             struct debugger_thread_registers *registers)
{
    if (thread->id == 3)
        return false;
    for (unsigned i = 0; i < DEBUGGER_REGISTERS; i++)
        registers->saved_at[i] = WORLD_SAVED + 8 * (DEBUGGER_REGISTERS * ((thread->id - 1) % 2) + i);
    registers->saved_at[DEBUGGER_RAX] = 0;
    registers->saved_at[DEBUGGER_RSP] = 0;
    registers->saved_at[DEBUGGER_RCX] = 0x666; /* nowhere */
    registers->rsp = 0x5000 * thread->id;
    return true;
}

void world_make(size_t n)
{
    memset(world_list, 0, sizeof(world_list));
    memset(cpus, 0, sizeof(cpus));
    for (size_t i = 0; i < n; i++) {
        struct debugger_thread *thread = &world_list[i].thread;

        *thread = (struct debugger_thread){.id = i + 1, .cpu = -1, .state = "sleeping"};
        gdb_sprint(thread->name, sizeof(thread->name), "thread/%zu", i + 1);
        world_list[i].next = i + 1 < n ? (int)i + 1 : WORLD_END;
    }
    for (size_t i = 0; i < sizeof(world_saved) / sizeof(world_saved[0]); i++)
        world_saved[i] = 0x1000 + i;
    for (unsigned i = 0; i < DEBUGGER_CPUS; i++)
        cpus[i].online = true;
    first = n > 0 ? 0 : WORLD_END;
    debugger_settings = (struct debugger_config){.next_thread = next_thread,
                                                 .thread_registers = thread_registers};
    world_console[0] = '\0';
    world_answers = true;
    threads_changed();
    threads_tell();
    world_steps = 0;
}

void world_run(size_t place, int cpu)
{
    world_list[place].thread.running = true;
    world_list[place].thread.cpu = cpu;
    threads_changed();
}

/* ---- the debugger's other parts ---- */

bool line_console(const char *text, size_t n)
{
    strncat(world_console, text, n);
    return true;
}

static size_t in_saved(uint64_t address, size_t n)
{
    return address >= WORLD_SAVED && address + n <= WORLD_SAVED + sizeof(world_saved) ? n : 0;
}

size_t safe_read(void *to, uint64_t address, size_t n)
{
    n = in_saved(address, n);
    memcpy(to, (uint8_t *)world_saved + (n ? address - WORLD_SAVED : 0), n);
    return n;
}

size_t safe_write(uint64_t address, const void *from, size_t n)
{
    n = in_saved(address, n);
    memcpy((uint8_t *)world_saved + (n ? address - WORLD_SAVED : 0), from, n);
    return n;
}

bool address_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

void event_sent_to(uint64_t rip)
{
    (void)rip;
}

const char *protect_refusal(uint64_t address, uint64_t length)
{
    return address == 0xdeb && length ? "the debugger's own" : NULL;
}

bool register_read(struct debugger_cpu *cpu, unsigned regnum, uint8_t *out)
{
    memset(out, 0, register_machine.registers[regnum].bits / 8);
    out[0] = (uint8_t)(0x10 * debugger_cpu_number(cpu) + regnum);
    return true;
}

struct gdb_error register_write(struct debugger_cpu *cpu, unsigned regnum, const uint8_t *in)
{
    (void)regnum;
    memcpy(&cpu->frame.rax, in, sizeof(cpu->frame.rax));
    return GDB_OK;
}

bool seat_call(struct debugger_cpu *cpu, debugger_call *f, void *context)
{
    if (world_answers)
        f(cpu, context);
    return world_answers;
}
