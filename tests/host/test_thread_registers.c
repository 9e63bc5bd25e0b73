/* test_thread_registers.c: registers wherever they are, and refusals in words where they are not. */
#include "lists_world.h"
#include "registers.h"
#include "test.h"
#include "thread_registers.h"

#include <string.h>

enum { RAX = 0, RBX = 1, RCX = 2, EFLAGS = 17, CS = 18 };

static unsigned number(const char *name)
{
    unsigned n = 0;

    while (strcmp(register_machine.registers[n].name, name) != 0)
        n++;
    return n;
}

static bool is_base(unsigned regnum)
{
    return regnum >= number("fs_base") && regnum <= number("k_gs_base");
}

static bool has(gdb_tid thread, unsigned regnum, uint64_t value)
{
    uint64_t out[8] = {0};

    return thread_register_read(thread, regnum, (uint8_t *)out) && out[0] == value;
}

static bool unavailable(gdb_tid thread, unsigned regnum)
{
    uint64_t out[8];

    return !thread_register_read(thread, regnum, (uint8_t *)out);
}

/* The sentence of a refusal; "" if it was done. */
static const char *refusal(gdb_tid thread, unsigned regnum, uint64_t value)
{
    uint64_t in[8] = {value};
    struct gdb_error error = thread_register_write(thread, regnum, (const uint8_t *)in);

    return error.code ? error.text : "";
}

TEST(a_sleeper_has_what_its_switch_has_saved_and_no_more)
{
    world_make(3);
    world_list[1].thread.cr3 = 0x7000;
    CHECK(has(1, RBX, 0x1000 + RBX) && has(2, RBX, 0x1000 + DEBUGGER_REGISTERS + RBX));
    CHECK(has(1, REGNUM_RSP, 0x5000) && has(2, REGNUM_RSP, 0xa000));
    CHECK(has(2, number("cr3"), 0x7000) && unavailable(1, number("cr3")));
    for (unsigned i = CS; i < register_machine.register_count; i++)
        CHECK(i == number("cr3") || is_base(i) || unavailable(2, i), "%s",
              register_machine.registers[i].name);
    CHECK(has(1, number("fs_base"), 0x1000 + DEBUGGER_FS_BASE));
    CHECK(has(1, number("gs_base"), 0x1000 + DEBUGGER_GS_BASE));
    CHECK(has(1, number("k_gs_base"), 0x1000 + DEBUGGER_K_GS_BASE));
    CHECK(unavailable(1, RAX) && unavailable(1, RCX), "not saved, and saved nowhere");
    for (unsigned i = 0; i < register_machine.register_count; i++)
        CHECK(unavailable(3, i), "the kernel knows nothing of thread 3");
}

TEST(a_sleepers_registers_are_written_where_they_are_or_not_at_all)
{
    world_make(3);
    CHECK(!*refusal(1, RBX, 42) && has(1, RBX, 42) && world_saved[RBX] == 42);
    CHECK(strstr(refusal(1, RAX, 1), "saved no such register"));
    CHECK(strstr(refusal(1, RCX, 1), "cannot be read"));
    CHECK(strstr(refusal(1, REGNUM_RSP, 1), "rsp is where its switch will leave it"));
    world_list[1].thread.cr3 = 0x7000;
    CHECK(strstr(refusal(2, number("cr3"), 1), "cr3 is what its switch will load"));
    CHECK(strstr(refusal(1, number("cr3"), 1), "saved no such register"), "not shown either");
    CHECK(strstr(refusal(1, CS, 8), "saved no such register"));
    CHECK(strstr(refusal(3, RBX, 1), "saved no such register"));
    CHECK(strstr(refusal(1, REGNUM_RIP, 0xdeb), "debugger's own"));
    CHECK(strstr(refusal(1, REGNUM_RIP, 1ull << 63), "canonical"));
    CHECK(strstr(refusal(1, EFLAGS, 0x102), "TF belongs"));
    CHECK(has(1, REGNUM_RIP, 0x1000 + REGNUM_RIP));
    CHECK(strstr(refusal(1, number("fs_base"), 1ull << 63), "canonical"));
    CHECK(!*refusal(1, number("fs_base"), 64) && world_saved[DEBUGGER_FS_BASE] == 64);
}

TEST(a_running_threads_registers_are_its_processors)
{
    world_make(3);
    world_run(1, 3);
    CHECK(has(2, RBX, 0x30 + RBX) && has(2, number("xmm3"), 0x30 + number("xmm3")));
    CHECK(!*refusal(2, RAX, 7) && world_cpu(3)->frame.rax == 7);
    world_answers = false;
    CHECK(has(2, RBX, 0x30 + RBX), "what is in its frame needs no answer");
    CHECK(unavailable(2, number("xmm3")));
    CHECK(strstr(refusal(2, number("mxcsr"), 0), "does not answer"));
    world_cpu(3)->absent = true;
    CHECK(unavailable(2, RBX) && strstr(refusal(2, RAX, 8), "does not answer"));
    CHECK(world_cpu(3)->frame.rax == 7);
}

TEST(who_is_not_there_has_no_registers)
{
    static const gdb_tid never[] = {0, GDB_TID_ALL, GDB_TID_ALL - 1, 4, DEBUGGER_THREAD_MAX,
                                    DEBUGGER_THREAD_MAX + 5};

    world_make(3);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        CHECK(unavailable(never[i], RBX) && unavailable(never[i], REGNUM_RIP), "%lx", never[i]);
        CHECK(strcmp(refusal(never[i], RBX, 1), "there is no such thread") == 0, "%lx", never[i]);
    }
    CHECK(has(DEBUGGER_THREAD_MAX + 4, RBX, 0x30 + RBX), "cpu3");
}
