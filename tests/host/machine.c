/* machine.c: the target of machine.h. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

static const struct gdb_field k0_fields[] = {{"on", 0, 0}, {"<level>", 4, 31}};
static const struct gdb_flags k0_flags[] = {{"k0_flags", k0_fields, 2, 4}};
static const struct gdb_feature features[] = {
    {"org.trapline.test.core", "", NULL, 0, false},
    {"org.trapline.test.system", "<union id=\"unused\"/>\n", k0_flags, 1, true},
};
enum { REG_FP = 2, REG_SP = 3, REG_PC = 4, REG_FLAGS = 5, REG_V0 = 7, REG_READ_ONLY = 8, REG_NONE = 9 };
static const struct gdb_register rows[MACHINE_REGISTERS] = {
    {"r0", "int64", NULL, NULL, 64, 0},
    {"r1", "int64", NULL, NULL, 64, 0},
    {"fp", "data_ptr", NULL, NULL, 64, 0},
    {"sp", "data_ptr", NULL, NULL, 64, 0},
    {"pc", "code_ptr", NULL, NULL, 64, 0},
    {"flags", "int32", "rflags", NULL, 32, 0},
    {"st0", "i387_ext", NULL, "float", 80, 0},
    {"v0", "uint128", NULL, "vector", 128, 0},       /* thread 2 has none */
    {"ro0", "int64", NULL, "system", 64, 1},         /* read only */
    {"none0", "int64", NULL, "system", 64, 1},       /* never to be had */
    {"k0", "k0_flags", "k<0>&\"", "system", 32, 1},
};
static const uint16_t expedited[] = {REG_FP, REG_SP, REG_PC, REG_FLAGS};
static const struct gdb_machine description = {
    .architecture = "test:little",
    .osabi = "none",
    .triple = "test-none-elf",
    .watchpoints = 2,
    .features = features,
    .registers = rows,
    .feature_count = 2,
    .register_count = MACHINE_REGISTERS,
    .pc = REG_PC,
    .expedited = expedited,
    .expedited_count = 4,
    .expedited_at_step = 3,
};

uint8_t *machine_register(struct machine *m, gdb_tid thread, unsigned regnum, size_t *n)
{
    size_t offset = 0;
    if (thread < 1 || thread > 2 || regnum >= MACHINE_REGISTERS)
        return NULL;
    for (unsigned i = 0; i < regnum; i++)
        offset += rows[i].bits / 8;
    *n = rows[regnum].bits / 8;
    return m->state.registers[thread - 1] + offset;
}

static bool read_register(void *context, gdb_tid thread, unsigned regnum, uint8_t *out)
{
    size_t n;
    const uint8_t *value = machine_register(context, thread, regnum, &n);
    if (!value || regnum == REG_NONE || (regnum == REG_V0 && thread == 2))
        return false;
    memcpy(out, value, n);
    return true;
}

static struct gdb_error write_register(void *context, gdb_tid thread, unsigned regnum,
                                       const uint8_t *in)
{
    size_t n;
    uint8_t *value = machine_register(context, thread, regnum, &n);
    if (regnum == REG_READ_ONLY)
        return (struct gdb_error){GDB_E_ARGUMENT, "ro0 is read-only; *write* k0 {$#}"};
    if (!value || regnum == REG_NONE || (regnum == REG_V0 && thread == 2))
        return (struct gdb_error){GDB_E_ARGUMENT, NULL};
    memcpy(value, in, n);
    return GDB_OK;
}

static uint8_t big_byte(uint64_t address)
{
    if (address >= MACHINE_NEEDLE_AT && address < MACHINE_NEEDLE_AT + strlen(MACHINE_NEEDLE))
        return MACHINE_NEEDLE[address - MACHINE_NEEDLE_AT];
    return address;
}

/* The byte at an address, for reading (in *value) and for writing (where it lies). */
static bool locate(struct machine *m, uint64_t address, uint8_t **place, uint8_t *value)
{
    *place = NULL;
    *value = address;
    if (address >= MACHINE_RAM && address < MACHINE_RAM + MACHINE_RAM_SIZE)
        *place = &m->state.ram[address - MACHINE_RAM];
    else if (address >= MACHINE_TOP)
        *place = &m->state.top[address - MACHINE_TOP];
    else if (address >= MACHINE_BIG && address < MACHINE_BIG + MACHINE_BIG_SIZE)
        *value = big_byte(address);
    else
        return address >= MACHINE_ROM && address < MACHINE_ROM + MACHINE_PAGE;
    return true;
}

/* The core promises it, and a target relies on it. */
static void check_no_wrap(uint64_t address, size_t n)
{
    if (n == 0 || address + n - 1 < address)
        abort();
}

static size_t read_memory(void *context, gdb_tid thread, uint64_t address, void *out, size_t n)
{
    (void)thread;
    check_no_wrap(address, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t *place, value;
        if (!locate(context, address + i, &place, &value))
            return i;
        ((uint8_t *)out)[i] = place ? *place : value;
    }
    return n;
}

static size_t write_memory(void *context, gdb_tid thread, uint64_t address, const void *in,
                           size_t n)
{
    (void)thread;
    check_no_wrap(address, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t *place, value;
        if (!locate(context, address + i, &place, &value) || !place)
            return i;
        *place = ((const uint8_t *)in)[i];
    }
    return n;
}

static bool memory_region(void *context, gdb_tid thread, uint64_t address,
                          struct gdb_region *region)
{
    (void)thread;
    (void)context;
    if (address >= MACHINE_TOP)
        *region = (struct gdb_region){MACHINE_TOP, UINT64_MAX, true, true, true};
    else if (address >= MACHINE_BIG)
        *region = (struct gdb_region){MACHINE_BIG, MACHINE_TOP - 1, true, false, false};
    else
        *region = (struct gdb_region){0, MACHINE_BIG - 1, false, false, false};
    return address != MACHINE_ROM;
}

static struct gdb_breakpoint *find(struct machine *m, const struct gdb_breakpoint *b)
{
    for (uint32_t i = 0; i < m->state.breakpoint_count; i++) {
        struct gdb_breakpoint *have = &m->state.breakpoints[i];
        if (have->type == b->type && have->address == b->address && have->kind == b->kind)
            return have;
    }
    return NULL;
}

static struct gdb_error insert(void *context, gdb_tid thread, const struct gdb_breakpoint *b)
{
    struct machine *m = context;
    struct gdb_breakpoint *have;
    uint8_t *place, value;
    if (!locate(m, b->address, &place, &value))
        return (struct gdb_error){GDB_E_MEMORY, NULL};
    if (b->type >= GDB_WATCH_WRITE && b->kind > 8)
        return (struct gdb_error){GDB_E_ARGUMENT, "8 bytes at most"};
    if (find(m, b))
        return GDB_OK;
    if (m->state.breakpoint_count == MACHINE_BREAKPOINTS)
        return (struct gdb_error){GDB_E_ARGUMENT, "no room"};
    /* By the member: states are compared as bytes, padding and all. */
    have = &m->state.breakpoints[m->state.breakpoint_count];
    have->type = b->type;
    have->address = b->address;
    have->kind = b->kind;
    m->state.breakpoint_threads[m->state.breakpoint_count++] = thread;
    return GDB_OK;
}

static struct gdb_error erase(void *context, gdb_tid thread, const struct gdb_breakpoint *b)
{
    struct machine *m = context;
    struct gdb_breakpoint *have = find(m, b);
    (void)thread;
    if (!have)
        return (struct gdb_error){GDB_E_ARGUMENT, "no such breakpoint"};
    *have = m->state.breakpoints[--m->state.breakpoint_count];
    return GDB_OK;
}

static struct gdb_error resume(void *context, const struct gdb_action *actions, size_t n)
{
    struct machine *m = context;
    if (m->refuse_resume)
        return (struct gdb_error){GDB_E_ARGUMENT, "the machine is off"};
    if (m->no_sleepers && actions[0].thread == 2)
        return (struct gdb_error){GDB_E_ARGUMENT, "this thread sleeps"};
    memcpy(m->actions, actions, n * sizeof *actions);
    m->action_count = n;
    m->state.resumes++;
    return GDB_OK;
}

static gdb_tid next_thread(void *context, gdb_tid after)
{
    struct machine *m = context;
    return after < m->thread_count ? after + 1 : GDB_TID_ANY;
}

static bool thread_alive(void *context, gdb_tid thread)
{
    struct machine *m = context;
    return thread >= 1 && thread <= m->thread_count;
}

static bool thread_info(void *context, gdb_tid thread, struct gdb_thread_info *info)
{
    (void)context;
    *info = (struct gdb_thread_info){NULL, "idle", -1};
    if (thread == 1)
        *info = (struct gdb_thread_info){"main", "running", 0};
    if (thread == 2)
        *info = (struct gdb_thread_info){"a<b>&\"c\"$#}*", "blocked on <mutex> \x01", 1};
    return true;
}

static const char *exec_file(void *context)
{
    struct machine *m = context;
    return m->file;
}

static bool file(void *context, unsigned number, struct gdb_file *file)
{
    static const struct gdb_file files[] = {
        {.name = "kernel.elf", .size = 20000}, {.name = "note", .size = 9}, {.name = "dir/none"},
        {.name = "bad", .size = 8}, {.name = "core", .size = GDB_FILE_LONG, .version = 0x8003}};
    (void)context;
    if (number >= sizeof files / sizeof files[0])
        return false;
    *file = files[number];
    return true;
}

static uint64_t file_size(void *context, unsigned number)
{
    (void)context;
    return number == 4 ? 9 : 0;
}

static size_t read_file(void *context, unsigned number, uint64_t offset, void *out, size_t n)
{
    static const char note[9] = "a}b#c$d*\n";
    struct gdb_file its;
    if (!file(context, number, &its))
        abort();
    if (its.size == GDB_FILE_LONG)
        its.size = file_size(context, number);
    if (offset > its.size || n > its.size - offset || n == 0)
        abort(); /* the core promises it */
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)out)[i] = number == 0 ? (uint8_t)(offset + i) : (uint8_t)note[offset + i];
    return number == 3 ? 0 : n;
}

static bool library(void *context, size_t n, struct gdb_library *out)
{
    static const struct gdb_library libraries[] = {
        {"/home/a <b>/one.ko", 0x7000, 0x6000}, {"two.ko", 0xffffffffc0000000, 0xffffffffc0000000}};
    struct machine *m = context;
    if (n >= m->library_count)
        return false;
    *out = libraries[n];
    return true;
}

static bool offsets(void *context, struct gdb_offsets *out)
{
    (void)context;
    *out = (struct gdb_offsets){.first_segment = 0xffffffff80300000, .slide = 0x200000};
    return true;
}

static void *agent_memory(void *context, size_t *size)
{
    struct machine *m = context;
    *size = sizeof m->agents;
    return m->agents;
}

static void *trace_memory(void *context, size_t *size)
{
    struct machine *m = context;
    *size = sizeof m->trace;
    return m->trace;
}

static struct gdb_error set_tracepoint(void *context, gdb_tid thread, uint64_t address, bool on)
{
    const struct gdb_breakpoint b = {GDB_TRACEPOINT, address, 1};
    return on ? insert(context, thread, &b) : erase(context, thread, &b);
}

/* The second page of the RAM, in four pieces. */
static uint64_t allocate(void *context, uint64_t size, bool executable)
{
    struct machine *m = context;
    for (unsigned i = 0; i < MACHINE_SCRATCH && size <= MACHINE_PAGE / MACHINE_SCRATCH; i++) {
        if (m->state.scratch[i])
            continue;
        m->state.scratch[i] = executable ? 2 : 1;
        return MACHINE_RAM + MACHINE_PAGE + i * MACHINE_PAGE / MACHINE_SCRATCH;
    }
    return 0;
}

static bool release(void *context, uint64_t address)
{
    struct machine *m = context;
    uint64_t offset = address - MACHINE_RAM - MACHINE_PAGE;
    unsigned i = offset / (MACHINE_PAGE / MACHINE_SCRATCH);
    if (offset >= MACHINE_PAGE || offset % (MACHINE_PAGE / MACHINE_SCRATCH) || !m->state.scratch[i])
        return false;
    m->state.scratch[i] = 0;
    return true;
}

static void detach(void *context)
{
    struct machine *m = context;
    memset(m->state.scratch, 0, sizeof m->state.scratch);
    m->state.detaches++;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->state.breakpoint_count; i++)
        if (m->state.breakpoints[i].type == GDB_TRACEPOINT)
            m->state.breakpoints[kept++] = m->state.breakpoints[i];
    m->state.breakpoint_count = kept;
}

static void monitor(void *context, struct gdb *g, char *line)
{
    struct machine *m = context;
    m->state.monitors++;
    if (strcmp(line, "flood") == 0)
        for (int i = 0; i < 5000; i++)
            gdb_print(g, "%08x", i);
    else if (strcmp(line, "formats") == 0)
        gdb_print(g, "%s|%5s|%-5s|%c|%d|%u|%x|%08lx|%llx|%5d|%05d|%p|%%|%zu|%-4xz\n", "text", "ab",
                  "cd", 'x', -7, 7u, 0xbeefu, 0x1234ul, 0x123456789abcdef0ull, -42, -42,
                  (void *)0x1000, (size_t)9, 0x1fu);
    else if (*line)
        gdb_print(g, "you said %s\nthat is all", line);
}

static void send(void *context, const void *bytes, size_t n)
{
    struct machine *m = context;
    if (m->out_length + n > m->out_size) {
        m->out_size = 2 * (m->out_length + n);
        m->out = realloc(m->out, m->out_size);
    }
    memcpy(m->out + m->out_length, bytes, n);
    m->out_length += n;
}

static const struct gdb_target target = {
    .machine = &description,
    .send = send,
    .read_register = read_register,
    .write_register = write_register,
    .read_memory = read_memory,
    .write_memory = write_memory,
    .memory_region = memory_region,
    .breakpoint_types = 0x1f & ~(1 << GDB_WATCH_READ),
    .insert = insert,
    .remove = erase,
    .resume = resume,
    .can_range = true,
    .next_thread = next_thread,
    .thread_alive = thread_alive,
    .thread_info = thread_info,
    .exec_file = exec_file,
    .file = file,
    .agent_memory = agent_memory,
    .trace_memory = trace_memory,
    .set_tracepoint = set_tracepoint,
    .file_size = file_size,
    .can_trace_steps = true,
    .read_file = read_file,
    .library = library,
    .offsets = offsets,
    .allocate = allocate,
    .release = release,
    .detach = detach,
    .monitor = monitor,
};

static void fill(struct machine_state *state)
{
    for (unsigned k = 0; k < MACHINE_REGISTER_BYTES; k++) {
        state->registers[0][k] = k;
        state->registers[1][k] = 0x80 + k;
    }
    for (unsigned i = 0; i < MACHINE_RAM_SIZE; i++)
        state->ram[i] = i;
    for (unsigned i = 0; i < MACHINE_PAGE; i++)
        state->top[i] = i;
}

void machine_init(struct machine *m)
{
    static struct machine_state new;
    if (new.top[1] == 0)
        fill(&new);
    memset(m, 0, sizeof *m);
    m->state = new;
    m->target = target;
    m->thread_count = 2;
    m->out_size = 1024;
    m->out = malloc(m->out_size);
}

void machine_free(struct machine *m)
{
    free(m->out);
    m->out = NULL;
}
