/*
 * test_x86.c: the x86-64 target where it needs no x86-64: the table against gdb's own layout, the
 * rules against the manual, the tag word against every tag.
 */
#include "control_bits.h"
#include "fpu.h"
#include "processor.h"
#include "registers.h"
#include "safe_copy.h"
#include "test.h"
#include "vectors.h"

#include <string.h>

/* The host has no CR4 to ask: 48 bits of address. */
bool address_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

static const struct gdb_register *row(const char *name)
{
    for (unsigned i = 0; i < register_machine.register_count; i++) {
        if (strcmp(register_machine.registers[i].name, name) == 0)
            return &register_machine.registers[i];
    }
    test_fail("no register %s", name);
}

static unsigned number(const char *name)
{
    return (unsigned)(row(name) - register_machine.registers);
}

/* gdb numbers raw registers by their place in amd64_register_names (gdb/amd64-tdep.c). */
TEST(core_registers_stand_where_gdb_counts_them)
{
    static const struct {
        const char *name;
        unsigned number;
    } known[] = {{"rax", 0},    {"rbx", 1},    {"rcx", 2},     {"rdx", 3},     {"rsi", 4},
                 {"rdi", 5},    {"rbp", 6},    {"rsp", 7},     {"r8", 8},      {"r15", 15},
                 {"rip", 16},   {"eflags", 17}, {"cs", 18},    {"ss", 19},     {"ds", 20},
                 {"gs", 23},    {"st0", 24},   {"st7", 31},    {"fctrl", 32},  {"fstat", 33},
                 {"ftag", 34},  {"fiseg", 35}, {"fioff", 36},  {"foseg", 37},  {"fooff", 38},
                 {"fop", 39},   {"xmm0", 40},  {"xmm15", 55},  {"mxcsr", 56},  {"fs_base", 57},
                 {"gs_base", 58}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        CHECK(number(known[i].name) == known[i].number, "%s", known[i].name);
    CHECK(register_machine.pc == number("rip"));
    CHECK(REGNUM_RBP == number("rbp") && REGNUM_RSP == number("rsp"));
}

TEST(every_register_has_a_home_that_fits)
{
    for (unsigned i = 0; i < register_machine.register_count; i++) {
        const struct gdb_register *r = &register_machine.registers[i];
        const struct register_home *home = &register_homes[i];

        CHECK((r->bits & 7) == 0 && r->bits <= 8 * GDB_REGISTER_MAX, "%s", r->name);
        CHECK(home->size > 0 && home->size <= r->bits / 8, "%s", r->name);
        CHECK(home->place != PLACE_FRAME || home->offset + home->size <= FRAME_SIZE, "%s", r->name);
        CHECK(home->place != PLACE_FPU || home->offset + home->size <= FXSAVE_SIZE, "%s", r->name);
        CHECK(home->place != PLACE_SYSTEM || home->offset < SYSTEM_REGISTERS, "%s", r->name);
    }
}

TEST(no_two_registers_share_a_home)
{
    for (unsigned i = 0; i < register_machine.register_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct register_home *a = &register_homes[i], *b = &register_homes[j];
            bool same = a->place == b->place && a->offset == b->offset;

            CHECK(!same, "%s and %s", register_machine.registers[i].name,
                  register_machine.registers[j].name);
        }
    }
}

static bool defines(const struct gdb_feature *feature, const char *type)
{
    char id[32] = "id=\"";

    for (unsigned i = 0; i < feature->flags_count; i++)
        if (strcmp(feature->flags[i].id, type) == 0)
            return true;
    strcat(strcat(id, type), "\"");
    return strstr(feature->types, id) != NULL;
}

TEST(types_of_our_own_are_defined_by_their_feature)
{
    static const char *const gdbs_own[] = {"int",      "int32",    "int64",   "uint64",
                                           "data_ptr", "code_ptr", "i387_ext"};

    for (unsigned i = 0; i < register_machine.register_count; i++) {
        const struct gdb_register *r = &register_machine.registers[i];
        bool known = false;

        for (size_t t = 0; t < sizeof gdbs_own / sizeof gdbs_own[0]; t++)
            known |= strcmp(r->type, gdbs_own[t]) == 0;
        CHECK(known || defines(&register_machine.features[r->feature], r->type), "%s", r->name);
    }
}

/* ---- rules ---- */

static bool refused(enum register_rule rule, uint64_t from, uint64_t to)
{
    return register_refusal(rule, from, to) != NULL;
}

TEST(what_is_there_already_may_be_written_under_any_rule)
{
    for (enum register_rule rule = RULE_ANY; rule <= RULE_TABLE; rule++)
        CHECK(!refused(rule, 0x8000000000000000, 0x8000000000000000), "rule %d", rule);
}

TEST(eflags_takes_the_flags_that_programs_have_and_no_others)
{
    const uint32_t programs = 0x00257ed5; /* CF PF AF ZF SF IF DF OF IOPL NT RF AC ID */

    for (unsigned bit = 0; bit < 32; bit++) {
        bool allowed = programs >> bit & 1;

        if (bit != 1)
            CHECK(refused(RULE_EFLAGS, 2, 2 | 1ull << bit) == !allowed, "bit %u", bit);
    }
    CHECK(refused(RULE_EFLAGS, 2, 0));
}

TEST(control_registers_keep_the_machine_in_long_mode)
{
    const uint64_t cr0 = CR0_PE | CR0_PG | CR0_WP, cr4 = CR4_PAE, efer = EFER_LME | EFER_LMA;

    CHECK(refused(RULE_CR0, cr0, cr0 & ~CR0_PE) && refused(RULE_CR0, cr0, cr0 & ~CR0_PG));
    CHECK(!refused(RULE_CR0, cr0, cr0 & ~CR0_WP) && !refused(RULE_CR0, cr0, cr0 | CR0_TS));
    CHECK(refused(RULE_CR4, cr4, 0) && refused(RULE_CR4, cr4, cr4 | CR4_LA57));
    CHECK(!refused(RULE_CR4, cr4, cr4 | CR4_OSFXSR));
    CHECK(refused(RULE_CR0, cr0, cr0 | CR0_NW) && !refused(RULE_CR0, cr0, cr0 | CR0_NW | CR0_CD));
    CHECK(refused(RULE_EFER, efer, 0) && refused(RULE_EFER, efer | EFER_NXE, efer));
    CHECK(!refused(RULE_EFER, efer, efer | 1));
    CHECK(refused(RULE_CR8, 0, 16) && !refused(RULE_CR8, 0, 15));
}

/* Whatever the host is: those that are reserved for ever, and those that are there already. */
TEST(reserved_bits_of_control_registers_are_refused_before_they_are_written)
{
    const uint64_t cr0 = CR0_PE | CR0_PG, cr4 = CR4_PAE, efer = EFER_LME | EFER_LMA;

    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t one = 1ull << bit;

        if (!(0xe005003f & one))
            CHECK(refused(RULE_CR0, cr0, cr0 | one), "bit %u", bit);
        CHECK(!refused(RULE_CR0, cr0 | one | CR0_CD, cr0 | one | CR0_CD | CR0_TS), "bit %u", bit);
        if (bit == 15 || bit > 25)
            CHECK(refused(RULE_CR4, cr4, cr4 | one), "bit %u", bit);
        CHECK(!refused(RULE_CR4, cr4 | one, cr4 | one | CR4_DE) || one == CR4_LA57, "bit %u", bit);
        if ((bit > 0 && bit < 8) || bit == 9 || bit > 15)
            CHECK(refused(RULE_EFER, efer, efer | one), "bit %u", bit);
    }
}

TEST(a_control_bit_is_there_with_its_feature)
{
    static const struct {
        unsigned word, at;
        uint64_t cr4, efer;
    } cases[] = {{CONTROL_7_ECX, 16, CR4_LA57, 0}, {CONTROL_1_ECX, 17, CR4_PCIDE, 0},
                 {CONTROL_7_EBX, 20, CR4_SMAP, 0}, {CONTROL_7_EDX, 20, CR4_CET, 0},
                 {CONTROL_7_ECX, 7, CR4_CET, 0},   {CONTROL_1_EDX, 24, CR4_OSFXSR, 0},
                 {CONTROL_EXTENDED_EDX, 20, 0, EFER_NXE},
                 {CONTROL_EXTENDED_EDX, 25, 0, EFER_FFXSR}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t words[CONTROL_WORDS] = {0};

        words[cases[i].word] = 1u << cases[i].at;
        CHECK(control_bits_cr4(words) == cases[i].cr4, "case %zu", i);
        CHECK(control_bits_efer(words) == cases[i].efer, "case %zu", i);
    }
}

TEST(pointers_that_iretq_cannot_load_are_refused)
{
    CHECK(refused(RULE_CANONICAL, 0, 0x800000000000) && refused(RULE_CANONICAL, 0, 1ull << 63));
    CHECK(!refused(RULE_CANONICAL, 0, 0x7fffffffffff));
    CHECK(!refused(RULE_CANONICAL, 0, 0xffff800000000000));
}

TEST(debug_registers_and_tables_are_not_the_clients)
{
    CHECK(refused(RULE_DEBUG, 0, 1) && refused(RULE_TABLE, 0, 1) && refused(RULE_CR3, 0, 0x1000));
    CHECK(refused(RULE_SELECTOR, 8, 16));
}

/* ---- x87 tags ---- */

static void put_st(uint8_t *image, unsigned st, unsigned exponent, uint64_t mantissa)
{
    memcpy(image + FXSAVE_ST0 + 16 * st, &mantissa, 8);
    image[FXSAVE_ST0 + 16 * st + 8] = (uint8_t)exponent;
    image[FXSAVE_ST0 + 16 * st + 9] = (uint8_t)(exponent >> 8);
}

/* Intel SDM vol. 1, 8.1.7: one of each kind of number in ST(0)..ST(7), at every TOP. */
TEST(tag_word_tells_valid_zero_special_and_empty_at_every_top)
{
    static const struct {
        unsigned exponent, tag;
        uint64_t mantissa;
    } kinds[8] = {
        {0x3fff, 0, 1ull << 63},       /* 1.0 */
        {0xbfff, 0, 3ull << 62},       /* -1.5 */
        {0x0000, 1, 0},                /* +0 */
        {0x8000, 1, 0},                /* -0 */
        {0x0000, 2, 1},                /* denormal */
        {0x7fff, 2, 1ull << 63},       /* infinity */
        {0x3fff, 2, 0x7000000000000000}, /* unnormal */
        {0x3fff, 3, 1ull << 63},       /* empty, whatever it holds */
    };

    for (unsigned top = 0; top < 8; top++) {
        uint8_t image[FXSAVE_SIZE] = {[FXSAVE_FSW + 1] = (uint8_t)(top << 3)};

        for (unsigned st = 0; st < 8; st++) {
            put_st(image, st, kinds[st].exponent, kinds[st].mantissa);
            if (kinds[st].tag != 3)
                image[FXSAVE_FTW] |= (uint8_t)(1u << ((st + top) & 7));
        }

        uint16_t tags = fpu_tag_word(image);

        for (unsigned st = 0; st < 8; st++)
            CHECK((tags >> 2 * ((st + top) & 7) & 3) == kinds[st].tag, "top %u st%u", top, st);
        CHECK(fpu_abridge(tags) == image[FXSAVE_FTW], "top %u", top);
    }
}

TEST(abridged_tags_are_one_bit_for_each_that_is_not_empty)
{
    for (unsigned tags = 0; tags <= 0xffff; tags++) {
        for (unsigned p = 0; p < 8; p++)
            CHECK((fpu_abridge((uint16_t)tags) >> p & 1) == ((tags >> 2 * p & 3) != 3), "%x", tags);
    }
}

/* ---- signals ---- */

TEST(vectors_are_the_signals_that_unix_users_know)
{
    CHECK(vector_signal(0) == GDB_SIGFPE && vector_signal(6) == GDB_SIGILL);
    CHECK(vector_signal(1) == GDB_SIGTRAP && vector_signal(3) == GDB_SIGTRAP);
    CHECK(vector_signal(13) == GDB_SIGSEGV && vector_signal(14) == GDB_SIGSEGV);
    CHECK(vector_signal(12) == GDB_SIGBUS && vector_signal(17) == GDB_SIGBUS);
    for (unsigned vector = 0; vector < 40; vector++)
        CHECK(vector_signal(vector) != 0, "vector %u", vector);
}
