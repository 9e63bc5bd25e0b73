/*
 * core_notes.c: what the notes of a core file say: registers of each thread, as Linux has them
 * (elf_prstatus, user_regs_struct, elf_prpsinfo), and in a note of our own what no other has words
 * for.
 */
#include "core_file.h"

#include <string.h>

#include "fpu.h"
#include "line.h"
#include "modules.h"
#include "processes.h"
#include "processor.h"
#include "registers.h"
#include "seat.h"
#include "space.h"
#include "thread_list.h"
#include "thread_registers.h"
#include "value.h"

#define NT_PRSTATUS 1
#define NT_PRFPREG  2
#define NT_PRPSINFO 3
#define NT_TRAPLINE 1

#define MODULE_TEXT_MAX 256

struct status {
    uint32_t signal, code, error_number;
    uint16_t current_signal;
    uint64_t pending, held;
    uint32_t id, parent, group, session;
    uint64_t times[8];
    uint64_t registers[27];
    uint32_t has_fpu;
};
_Static_assert(sizeof(struct status) == 336, "elf_prstatus");

struct process {
    uint8_t state, state_name, zombie, nice;
    uint64_t flags;
    uint32_t user, group, id, parent, process_group, session;
    char name[16], arguments[80];
};
_Static_assert(sizeof(struct process) == 136, "elf_prpsinfo");

/* struct user_regs_struct: NULL is orig_rax, -1 for "in no system call". */
static const char *const order[27] = {
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi",
    "rdi", NULL, "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
};

/* ---- bytes ---- */

void core_put(struct core_window *w, const void *bytes, size_t n)
{
    uint64_t end = w->from + w->size;
    uint64_t first = w->at > w->from ? w->at : w->from;
    uint64_t last = w->at + n < end ? w->at + n : end;

    if (first < last)
        memcpy(w->out + (first - w->from), (const uint8_t *)bytes + (first - w->at), last - first);
    w->at += n;
}

void core_put_zeros(struct core_window *w, size_t n)
{
    static const uint8_t zeros[64];

    for (; n > sizeof(zeros); n -= sizeof(zeros))
        core_put(w, zeros, sizeof(zeros));
    core_put(w, zeros, n);
}

static bool is_wanted(const struct core_window *w, size_t n)
{
    return w->at < w->from + w->size && w->at + n > w->from;
}

/* Name and contents are padded to 4 bytes. */
static void put_note_head(struct core_window *w, uint32_t type, const char *name, size_t n)
{
    uint32_t length = (uint32_t)strlen(name) + 1;
    const uint32_t head[] = {length, (uint32_t)n, type};

    core_put(w, head, sizeof(head));
    core_put(w, name, length);
    core_put_zeros(w, -length & 3);
}

static void put_note(struct core_window *w, uint32_t type, const void *bytes, size_t n)
{
    put_note_head(w, type, "CORE", n);
    core_put(w, bytes, n);
    core_put_zeros(w, -n & 3);
}

/* ---- threads ---- */

static void fill_registers(gdb_tid thread, uint64_t *out)
{
    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (!order[i])
            out[i] = UINT64_MAX;
        else if (!value_register(thread, order[i], &out[i]))
            out[i] = 0;
}

/* Its own processor has it. */
static void fetch_fpu(struct debugger_cpu *cpu, void *context)
{
    const uint8_t *image = fpu_image(&cpu->fpu, FXSAVE_XMM0);

    if (image)
        memcpy(context, image, FXSAVE_SIZE);
}

static void put_fpu(struct core_window *w, struct debugger_cpu *cpu)
{
    uint8_t image[FXSAVE_SIZE] = {0};

    if (is_wanted(w, sizeof(image) + 64))
        seat_call(cpu, fetch_fpu, image);
    put_note(w, NT_PRFPREG, image, sizeof(image));
}

static void put_thread(struct core_window *w, gdb_tid thread, uint8_t signal)
{
    struct status status = {.signal = signal, .current_signal = signal, .id = (uint32_t)thread,
                            .group = 1, .has_fpu = threads_cpu(thread) != NULL};
    struct debugger_cpu *cpu = threads_cpu(thread);

    if (is_wanted(w, sizeof(status) + 64))
        fill_registers(thread, status.registers);
    put_note(w, NT_PRSTATUS, &status, sizeof(status));
    if (cpu)
        put_fpu(w, cpu);
}

/* The file that runs: gdb compares its name with that of the one it was given. */
static void put_process(struct core_window *w)
{
    struct process process = {.state_name = 'R', .id = 1};
    const char *file = debugger_settings.exec_file ? debugger_settings.exec_file : "kernel.elf";

    for (const char *c = file; *c; c++)
        if (*c == '/')
            file = c + 1;
    gdb_sprint(process.name, sizeof(process.name), "%s", file);
    gdb_sprint(process.arguments, sizeof(process.arguments), "%s", file);
    put_note(w, NT_PRPSINFO, &process, sizeof(process));
}

gdb_tid core_first_thread(void)
{
    gdb_tid id = debugger_gdb.last_stop.thread;

    return threads_cpu(id) || threads_asleep(id) ? id : threads_on(debugger_this_cpu());
}

/* What belongs to all comes behind the first one. */
static void put_threads(struct core_window *w)
{
    gdb_tid first = core_first_thread();

    put_thread(w, first, debugger_gdb.last_stop.signal);
    put_process(w);
    for (gdb_tid id = threads_next(GDB_TID_ANY); id != GDB_TID_ANY; id = threads_next(id))
        if (id != first)
            put_thread(w, id, 0);
}

/* ---- our own ---- */

static void put_thread_words(struct core_window *w, gdb_tid id)
{
    char text[MODULE_TEXT_MAX + 64];
    struct gdb_thread_info info;

    if (!threads_info(id, &info))
        return;
    core_put(w, text, gdb_sprint(text, sizeof(text), "thread %lu %s%s%s%s\n", id,
                                 info.name ? info.name : "?", info.state ? " (" : "",
                                 info.state ? info.state : "", info.state ? ")" : ""));
}

/* Whose memory is its lower half: of all RAM, those of others can be found by their tables. */
static void put_thread_space(struct core_window *w, gdb_tid id)
{
    uint64_t space = space_of_thread(id, 0);
    struct debugger_process process;
    char text[128];

    if (space != SPACE_KERNEL && process_with(space, &process))
        core_put(w, text, gdb_sprint(text, sizeof(text), "user %lu 0x%lx %lu %s\n", id, space,
                                     process.pid, process.name));
}

/* Lines of text, for scripts/gdb/core.py and for people. */
static void put_words(struct core_window *w)
{
    char text[MODULE_TEXT_MAX + 64];
    struct gdb_library library;

    core_put(w, text, gdb_sprint(text, sizeof(text), "build-id %s\nslide 0x%lx\nstamp 0x%lx\n"
                                 "lower 0x%lx %u\n",
                                 debugger_settings.build_id ? debugger_settings.build_id : "?",
                                 debugger_settings.slide, core_changed_at(), core_lower(),
                                 read_cr4() & CR4_LA57 ? 5 : 4));
    for (size_t n = 0; module_library(NULL, n, &library); n++)
        core_put(w, text, gdb_sprint(text, sizeof(text), "module 0x%lx 0x%lx %s\n", library.bias,
                                     library.address, library.file));
    for (gdb_tid id = threads_next(GDB_TID_ANY); id != GDB_TID_ANY; id = threads_next(id)) {
        put_thread_words(w, id);
        put_thread_space(w, id);
    }
}

static void put_own(struct core_window *w)
{
    struct core_window nothing = {0};

    put_words(&nothing);
    put_note_head(w, NT_TRAPLINE, "TRAPLINE", nothing.at);
    put_words(w);
    core_put_zeros(w, -nothing.at & 3);
}

void core_put_notes(struct core_window *w)
{
    put_threads(w);
    put_own(w);
}
