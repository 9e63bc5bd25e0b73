/*
 * maps_command.c: monitor maps: what is mapped, by the page tables of the selected address space
 * and nothing else. What has the same rights and goes on at the next address is one line.
 *
 * The tables may be anything. Each is read with care; one that leads back to a table on the way to
 * it is told of and not followed, and only so many are followed (Intel SDM vol. 3, 4.5).
 */
#include "maps_command.h"

#include "debugger.h"
#include "gdbstub.h"
#include "page_command.h"
#include "page_walk.h"
#include "processor.h"
#include "safe_copy.h"
#include "symbols.h"

#define PRESENT    (1ull << 0)
#define WRITABLE   (1ull << 1)
#define USER       (1ull << 2)
#define UNCACHED   (1ull << 4)
#define LARGE      (1ull << 7)
#define NX         (1ull << 63)
#define ALLOWED    (WRITABLE | USER) /* what every table on the way has to say */
#define RESERVED   (1ull << 9)  /* ours, in rights: a reserved bit is set */
#define ENTRIES    512
#define LEVELS_MAX 5
#define TABLES_MAX 8192 /* 16 GiB in pages of 4 KiB */

struct maps {
    struct gdb *g;
    uint64_t from, to;             /* what is asked for */
    uint64_t reserved;             /* bits of an entry that must be 0 on this processor */
    uint64_t tables[LEVELS_MAX];   /* on the way to the present one, by level */
    unsigned top;                  /* the level of the first */
    unsigned followed;
    uint64_t start, last, rights;  /* not printed yet, if rights is not 0 */
};

static bool done(struct maps *m)
{
    return gdb_interrupted(m->g) || m->followed > TABLES_MAX;
}

static void print_size(struct gdb *g, uint64_t last_byte)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    uint64_t size = (last_byte >> 10) + 1;
    unsigned unit = 0;

    for (; size % 1024 == 0 && unit < 3; unit++)
        size /= 1024;
    gdb_row(g, "  {size:%lu %s}", size, units[unit]);
}

/* "rw-", as ls has it: what is mapped can be read. */
static void print_range(struct maps *m)
{
    struct symbol s;

    if (!m->rights)
        return;
    gdb_row(m->g, "{start:0x%016lx}-{last:0x%016lx}  {rights:r%c%c}  {ring:%-6s}", m->start,
            m->last, m->rights & WRITABLE ? 'w' : '-', m->rights & NX ? '-' : 'x',
            m->rights & USER ? "user" : "kernel");
    print_size(m->g, m->last - m->start);
    if (m->rights & UNCACHED)
        gdb_row(m->g, "  {cache:uncached}");
    if (m->rights & RESERVED)
        gdb_row(m->g, "  {problem:a reserved bit is set}");
    if (symbol_at(m->start, &s))
        gdb_row(m->g, "  [{module:%s}]", s.home);
    gdb_print(m->g, "\n");
    m->rights = 0;
}

static void add_range(struct maps *m, uint64_t start, uint64_t last, uint64_t rights)
{
    if (m->rights == rights && m->last + 1 == start) {
        m->last = last;
        return;
    }
    print_range(m);
    m->start = start;
    m->last = last;
    m->rights = rights;
}

/* Instead of what lies behind an entry. */
static void tell(struct maps *m, uint64_t start, uint64_t last, const char *problem)
{
    print_range(m);
    gdb_row(m->g, "{start:0x%016lx}-{last:0x%016lx}  {problem:%s}\n", start, last, problem);
}

static bool is_on_the_way(const struct maps *m, unsigned level, uint64_t table)
{
    for (unsigned i = level; i <= m->top; i++)
        if (m->tables[i] == table)
            return true;
    return false;
}

/* What is above the bits that tables translate is the highest of them again. */
static uint64_t extend(const struct maps *m, uint64_t address)
{
    unsigned unused = 64 - 12 - 9 * (m->top + 1);

    return (uint64_t)((int64_t)(address << unused) >> unused);
}

static void walk(struct maps *m, unsigned level, uint64_t base, uint64_t rights);

static void take(struct maps *m, unsigned level, uint64_t start, uint64_t entry, uint64_t rights)
{
    uint64_t last = start + (1ull << (12 + 9 * level)) - 1;
    bool leaf = level == 0 || (level <= 2 && (entry & LARGE));
    uint64_t table = entry & PAGE_WALK_ROOT;

    if (!(entry & PRESENT))
        return;
    rights = (rights & entry & ALLOWED) | ((rights | entry) & NX) | (rights & RESERVED) | PRESENT;
    if ((entry & m->reserved) || (level > 2 && (entry & LARGE)))
        rights |= RESERVED;
    if (leaf)
        add_range(m, start, last, rights | (entry & UNCACHED));
    else if (is_on_the_way(m, level, table))
        tell(m, start, last, "the page tables themselves");
    else {
        m->tables[level - 1] = table;
        walk(m, level - 1, start, rights);
    }
}

static void walk(struct maps *m, unsigned level, uint64_t base, uint64_t rights)
{
    uint64_t size = 1ull << (12 + 9 * level), entry;

    m->followed++;
    for (uint64_t i = 0; i < ENTRIES && !done(m); i++) {
        uint64_t start = extend(m, base + i * size);
        uint64_t place = page_walk_place(m->tables[level] + i * sizeof(entry));

        if (start > m->to || start + (size - 1) < m->from)
            continue;
        if (place && safe_read(&entry, place, sizeof(entry)) == sizeof(entry)) {
            take(m, level, start, entry, rights);
        } else {
            tell(m, start, extend(m, base) + (ENTRIES * size - 1), "this table cannot be read");
            return;
        }
    }
}

/* MAXPHYADDR (Intel SDM vol. 3, 4.1.4); NX without EFER.NXE is one as well. */
static uint64_t reserved_bits(void)
{
    uint32_t a = 0x80000008, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));

    uint64_t above = PAGE_WALK_ROOT & ~((1ull << (a & 0xff)) - 1);

    return above | (read_msr(MSR_EFER) & EFER_NXE ? 0 : NX);
}

void maps_command(struct gdb *g, char *args)
{
    struct maps m = {.g = g, .to = UINT64_MAX, .top = read_cr4() & CR4_LA57 ? 4 : 3};
    uint64_t root;

    if (!page_root(g, &root) || (*args && !debugger_value(g, &args, &m.from)) ||
        (*args && !debugger_value(g, &args, &m.to)))
        return;
    if (*args || m.from > m.to) {
        gdb_complain(g, "usage: monitor maps [FROM [TO]]\n");
        return;
    }
    m.reserved = reserved_bits();
    m.tables[m.top] = root & PAGE_WALK_ROOT;
    walk(&m, m.top, 0, ALLOWED);
    if (m.followed > TABLES_MAX)
        tell(&m, m.last, m.to, "more tables than are followed at a time: say maps FROM");
    print_range(&m);
}
