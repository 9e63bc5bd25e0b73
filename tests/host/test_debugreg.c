/*
 * test_debugreg.c: which debug registers a request takes, against the manual (Intel SDM vol. 3,
 * 17.2.4 and 17.2.5).
 */
#include "debugreg.h"
#include "processor.h"
#include "safe_copy.h"
#include "space.h"
#include "test.h"

static struct debugger_cpu cpu;

struct debugger_cpu *debugger_cpu(unsigned n)
{
    return n == 0 ? &cpu : NULL;
}

/* The host has no CR4 to ask: 48 bits of address. */
bool address_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

static struct gdb_error insert(unsigned type, uint64_t address, uint64_t kind)
{
    return debugreg_insert(SPACE_KERNEL, &(struct gdb_breakpoint){type, address, kind});
}

/* What register n covers, as the processor decodes DR7; 0 if it is off. */
static unsigned covered(unsigned n)
{
    static const unsigned sizes[] = {1, 2, 8, 4};
    uint64_t dr7 = cpu.system[SYSTEM_DR7];

    return dr7 >> 2 * n & 3 ? sizes[dr7 >> (18 + 4 * n) & 3] : 0;
}

static unsigned rw(unsigned n)
{
    return cpu.system[SYSTEM_DR7] >> (16 + 4 * n) & 3;
}

TEST(every_watch_that_fits_is_covered_exactly_by_aligned_pieces)
{
    for (uint64_t start = 0x1000; start < 0x1008; start++) {
        for (uint64_t length = 1; length <= DEBUGREG_BYTES; length++) {
            uint64_t next = start;

            debugreg_remove_all();
            if (insert(GDB_WATCH_WRITE, start, length).code)
                continue;
            for (unsigned n = 0; n < DEBUGREG_COUNT && covered(n); n++) {
                CHECK(cpu.system[SYSTEM_DR0 + n] == next, "%lx", next);
                CHECK(next % covered(n) == 0, "%lx", next);
                next += covered(n);
            }
            CHECK(next == start + length, "%lx,%lx", start, length);
        }
    }
    debugreg_remove_all();
}

TEST(what_aligned_registers_can_hold_is_held)
{
    static const struct {
        uint64_t offset, length;
        unsigned registers; /* 0: does not fit */
    } cases[] = {{0, 8, 1},  {0, 16, 2}, {0, 32, 4}, {5, 4, 3}, {1, 8, 4},
                 {4, 8, 2},  {7, 2, 2},  {0, 30, 0}, {1, 16, 0}, {0, 33, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned n = 0;

        debugreg_remove_all();
        CHECK(!insert(GDB_WATCH_ACCESS, 0x1000 + cases[i].offset, cases[i].length).code ==
              !!cases[i].registers);
        while (n < DEBUGREG_COUNT && covered(n))
            n++;
        CHECK(n == cases[i].registers, "case %zu: %u", i, n);
    }
    debugreg_remove_all();
    CHECK(cpu.system[SYSTEM_DR7] == DR7_OFF);
}

TEST(each_type_has_its_rw_field)
{
    insert(GDB_BREAK_HARDWARE, 0x1001, 1);
    insert(GDB_WATCH_WRITE, 0x2000, 4);
    insert(DEBUGREG_PORT, 0x80, 1);
    insert(GDB_WATCH_READ, 0x3000, 8);
    CHECK(rw(0) == 0 && covered(0) == 1);
    CHECK(rw(1) == 1 && covered(1) == 4);
    CHECK(rw(2) == 2 && covered(2) == 1);
    CHECK(rw(3) == 3 && covered(3) == 8);
    CHECK(insert(GDB_WATCH_WRITE, 0x4000, 1).code == GDB_E_ARGUMENT);
    debugreg_remove_all();
}

TEST(all_or_none)
{
    insert(GDB_WATCH_WRITE, 0x1000, 24);
    uint64_t before = cpu.system[SYSTEM_DR7];
    CHECK(insert(GDB_WATCH_WRITE, 0x2000, 16).code == GDB_E_ARGUMENT);
    CHECK(cpu.system[SYSTEM_DR7] == before);
    CHECK(insert(GDB_WATCH_WRITE, 0x1000, 24).code == 0);
    CHECK(cpu.system[SYSTEM_DR7] == before);
    debugreg_remove_all();
}
