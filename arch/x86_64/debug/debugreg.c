/*
 * debugreg.c: who has which of the four debug registers.
 */
#include "debugreg.h"

#include <string.h>

#include "gdbstub.h"
#include "processor.h"
#include "safe_copy.h"
#include "space.h"

/* DR7: enable bits, and from bit 16 on four bits for each register: R/W and LEN. */
#define DR7_GLOBAL(n) (2ull << 2 * (n))
#define DR7_FIELD(n)  (16 + 4 * (n))

/* Bounded by the registers: a request without a register of its own is refused. */
static struct debugreg_request requests[DEBUGREG_COUNT];
static struct debugreg_piece pieces[DEBUGREG_COUNT];
static unsigned request_count, piece_count;

static const struct {
    char word[8];
    uint8_t rw; /* DR7's R/W field. There is none for reads alone. */
} kinds[] = {
    [GDB_BREAK_HARDWARE] = {"execute", 0},
    [GDB_WATCH_WRITE] = {"write", 1},
    [GDB_WATCH_READ] = {"read", 3},
    [GDB_WATCH_ACCESS] = {"access", 3},
    [DEBUGREG_PORT] = {"port", 2},
};

const char *debugreg_word(unsigned type)
{
    return kinds[type].word;
}

struct debugreg_request *debugreg_nth(size_t n)
{
    return n < request_count ? &requests[n] : NULL;
}

const struct debugreg_piece *debugreg_piece(unsigned n)
{
    return n < piece_count ? &pieces[n] : NULL;
}

bool debugreg_watches_ports(void)
{
    for (unsigned i = 0; i < request_count; i++) {
        if (requests[i].what.type == DEBUGREG_PORT)
            return true;
    }
    return false;
}

unsigned debugreg_data_hits(uint64_t address, unsigned size, bool write)
{
    unsigned hits = 0;

    for (unsigned n = 0; n < piece_count; n++) {
        const struct debugreg_piece *piece = &pieces[n];
        const struct gdb_breakpoint *what = &requests[piece->request].what;

        if (debugreg_is_data(what) && (write || what->type != GDB_WATCH_WRITE) &&
            address < piece->address + piece->size && piece->address < address + size)
            hits |= 1u << n;
    }
    return hits;
}

bool debugreg_is_near(uint64_t address, unsigned size)
{
    for (unsigned n = 0; n < piece_count; n++) {
        uint64_t page = pieces[n].address / PAGE_SIZE;

        if (debugreg_is_data(&requests[pieces[n].request].what) && address / PAGE_SIZE <= page &&
            page <= (address + size - 1) / PAGE_SIZE)
            return true;
    }
    return false;
}

uint64_t debugreg_without_data(uint64_t dr7)
{
    for (unsigned n = 0; n < piece_count; n++) {
        if (debugreg_is_data(&requests[pieces[n].request].what))
            dr7 &= ~DR7_GLOBAL(n);
    }
    return dr7;
}

/* ---- pieces ---- */

/* An address that is not aligned to its LEN is rounded down by a processor, and not by QEMU 7.2. */
unsigned debugreg_first_piece(uint64_t address, uint64_t length)
{
    unsigned size = 8;

    while (size > length || address % size != 0)
        size /= 2;
    return size;
}

static uint64_t length_of(const struct gdb_breakpoint *what)
{
    return what->type == GDB_BREAK_HARDWARE ? 1 : what->kind;
}

static unsigned pieces_of(const struct gdb_breakpoint *what)
{
    uint64_t address = what->address, left = length_of(what);
    unsigned count = 0;

    for (; left > 0; count++) {
        unsigned size = debugreg_first_piece(address, left);

        address += size;
        left -= size;
    }
    return count;
}

static void cut(uint8_t request)
{
    const struct gdb_breakpoint *what = &requests[request].what;
    uint64_t address = what->address, left = length_of(what);

    while (left > 0) {
        unsigned size = debugreg_first_piece(address, left);

        pieces[piece_count++] = (struct debugreg_piece){address, (uint8_t)size, request};
        address += size;
        left -= size;
    }
}

/* LEN 10b is 8 bytes and 11b is 4. */
static uint64_t dr7_of(unsigned n)
{
    static const uint8_t len[] = {[1] = 0, [2] = 1, [4] = 3, [8] = 2};
    uint64_t rw = kinds[requests[pieces[n].request].what.type].rw;

    return DR7_GLOBAL(n) | (rw | (uint64_t)len[pieces[n].size] << 2) << DR7_FIELD(n);
}

/* The client sees what will be loaded. */
static void show(struct debugger_cpu *cpu)
{
    cpu->system[SYSTEM_DR7] = DR7_OFF;
    for (unsigned n = 0; n < DEBUGREG_COUNT; n++) {
        cpu->system[SYSTEM_DR0 + n] = n < piece_count ? pieces[n].address : 0;
        if (n < piece_count)
            cpu->system[SYSTEM_DR7] |= dr7_of(n);
    }
}

/* All are laid out anew after each change, the same on each processor. */
static void lay_out(void)
{
    struct debugger_cpu *cpu;

    piece_count = 0;
    for (unsigned i = 0; i < request_count; i++)
        cut((uint8_t)i);
    for (unsigned n = 0; (cpu = debugger_cpu(n)) != NULL; n++)
        show(cpu);
}

/* ---- requests ---- */

static bool is_same(const struct gdb_breakpoint *a, const struct gdb_breakpoint *b)
{
    return a->type == b->type && a->address == b->address && length_of(a) == length_of(b);
}

static struct debugreg_request *find(uint64_t space, const struct gdb_breakpoint *what)
{
    for (unsigned i = 0; i < request_count; i++) {
        if (requests[i].space == space && is_same(&requests[i].what, what))
            return &requests[i];
    }
    return NULL;
}

uint64_t debugreg_owner(const struct gdb_breakpoint *what)
{
    for (unsigned i = 0; i < request_count; i++) {
        if (is_same(&requests[i].what, what))
            return requests[i].space;
    }
    return SPACE_KERNEL;
}

void debugreg_space_gone(uint64_t space)
{
    for (unsigned i = 0; i < request_count; i++) {
        if (requests[i].space == space)
            requests[i].space = SPACE_GONE;
    }
}

static const char *malformed(const struct gdb_breakpoint *what)
{
    uint64_t last = what->address + length_of(what) - 1;

    if (what->type == GDB_BREAK_HARDWARE && what->kind > 1)
        return "a breakpoint on x86 is one byte long";
    if (length_of(what) == 0)
        return "a watchpoint has to cover one byte at least";
    if (last < what->address)
        return "the watchpoint goes over the end of the address space";
    if (what->type != DEBUGREG_PORT &&
        !(address_canonical(what->address) && address_canonical(last)))
        return "not a canonical address: no access can be there";
    return NULL;
}

/* "dr0 execute 0x...": which registers are in use, and by what. */
static size_t print_users(char *text, size_t size)
{
    size_t n = 0;

    for (unsigned i = 0; i < piece_count; i++) {
        const struct gdb_breakpoint *what = &requests[pieces[i].request].what;

        n += gdb_sprint(text + n, size - n, "%sdr%u %s 0x%lx", i ? ", " : "", i,
                        debugreg_word(what->type), pieces[i].address);
    }
    return n;
}

/* A client that hears this can still watch by single steps (gdb: set can-use-hw-watchpoints 0). */
static struct gdb_error no_room(unsigned needed)
{
    static char text[192];
    unsigned left = DEBUGREG_COUNT - piece_count;
    size_t n;

    if (piece_count == DEBUGREG_COUNT)
        n = gdb_sprint(text, sizeof(text), "all four debug registers are in use: ");
    else
        n = gdb_sprint(text, sizeof(text),
                       "this takes %u debug registers (1, 2, 4 or 8 aligned bytes each), "
                       "and %u %s free%s", needed, left, left == 1 ? "is" : "are",
                       piece_count ? ": " : "");
    print_users(text + n, sizeof(text) - n);
    return (struct gdb_error){GDB_E_ARGUMENT, text};
}

struct gdb_error debugreg_insert(uint64_t space, const struct gdb_breakpoint *what)
{
    const char *problem = malformed(what);

    if (problem)
        return (struct gdb_error){GDB_E_ARGUMENT, problem};
    if (find(space, what))
        return GDB_OK;
    if (length_of(what) > DEBUGREG_BYTES)
        return (struct gdb_error){GDB_E_ARGUMENT, "longer than the four debug registers, "
                                                  "of 8 bytes each"};
    if (piece_count + pieces_of(what) > DEBUGREG_COUNT)
        return no_room(pieces_of(what));
    requests[request_count++] = (struct debugreg_request){.what = *what, .space = space};
    lay_out();
    return GDB_OK;
}

struct gdb_error debugreg_remove(uint64_t space, const struct gdb_breakpoint *what)
{
    struct debugreg_request *request = find(space, what);

    if (!request)
        return (struct gdb_error){GDB_E_ARGUMENT, "no such breakpoint or watchpoint is set"};
    request_count--;
    memmove(request, request + 1, (size_t)(&requests[request_count] - request) * sizeof(*request));
    lay_out();
    return GDB_OK;
}

void debugreg_remove_all(void)
{
    request_count = 0;
    lay_out();
}
