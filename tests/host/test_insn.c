/* test_insn.c: what instructions are, against known encodings and against each other. */
#include "insn.h"
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#if INSN_ZYDIS

#define AT 0xffffffff80100000ull

static size_t parse_hex(const char *hex, uint8_t *bytes)
{
    size_t n = 0;
    for (unsigned value; sscanf(hex, "%2x", &value) == 1; hex += hex[2] ? 3 : 2)
        bytes[n++] = (uint8_t)value;
    return n;
}

static struct insn decoded(const char *hex)
{
    uint8_t bytes[32];
    struct insn insn;
    size_t n = parse_hex(hex, bytes);
    CHECK(insn_decode(&insn, bytes, n, AT), "%s", hex);
    CHECK(insn.length == n, "%s: length %u", hex, insn.length);
    CHECK(insn.address == AT && !memcmp(insn.bytes, bytes, n), "%s", hex);
    return insn;
}

static const struct {
    const char *hex;
    enum insn_class class;
    int64_t value; /* the immediate, or the target as a distance from AT */
} kinds[] = {
    {"90", INSN_ORDINARY, 0},
    {"0f 1f 44 00 00", INSN_ORDINARY, 0},
    {"9c", INSN_PUSHF, 0},
    {"66 9c", INSN_PUSHF, 0},
    {"9d", INSN_POPF, 0},
    {"fa", INSN_CLI, 0},
    {"fb", INSN_STI, 0},
    {"f4", INSN_HLT, 0},
    {"0f 01 c9", INSN_HLT, 0},
    {"0f 01 fb", INSN_HLT, 0},
    {"cf", INSN_IRET, 0},
    {"48 cf", INSN_IRET, 0},
    {"cd 80", INSN_INT, 0x80},
    {"cd 03", INSN_INT, 3},
    {"cc", INSN_INT3, 0},
    {"f1", INSN_INT1, 0},
    {"0f 05", INSN_SYSCALL, 0},
    {"48 0f 07", INSN_SYSRET, 0},
    {"0f 34", INSN_SYSENTER, 0},
    {"8e d0", INSN_MOV_SS, 0},
    {"8e 10", INSN_MOV_SS, 0},
    {"8e d8", INSN_ORDINARY, 0}, /* mov ds */
    {"e8 00 01 00 00", INSN_CALL, 0x105},
    {"e8 fb ff ff ff", INSN_CALL, 0},
    {"ff d0", INSN_CALL_INDIRECT, 0},
    {"ff 15 00 00 00 00", INSN_CALL_INDIRECT, 0},
    {"c3", INSN_RET, 0},
    {"c2 08 00", INSN_RET, 8},
    {"eb fe", INSN_JMP, 0},
    {"e9 00 00 00 80", INSN_JMP, 5 - 0x80000000ll},
    {"ff e0", INSN_JMP_INDIRECT, 0},
    {"3e ff e0", INSN_JMP_INDIRECT, 0}, /* notrack */
    {"74 10", INSN_BRANCH, 0x12},
    {"0f 8f 00 00 00 01", INSN_BRANCH, 0x1000006},
    {"e2 fe", INSN_BRANCH, 0},
    {"e3 7f", INSN_BRANCH, 0x81},
    {"c7 f8 10 00 00 00", INSN_BRANCH, 0x16}, /* xbegin */
    {"ff 18", INSN_FAR, 0},
    {"48 ff 28", INSN_FAR, 0},
    {"48 cb", INSN_FAR, 0},
    {"0f 0b", INSN_UNDEFINED, 0},
    {"0f ff ff", INSN_UNDEFINED, 0},
    {"f3 48 ab", INSN_REP_STRING, 0},
    {"f2 ae", INSN_REP_STRING, 0},
    {"f3 6e", INSN_REP_STRING, 0},
    {"a4", INSN_ORDINARY, 0},    /* movsb without rep */
    {"f3 90", INSN_ORDINARY, 0}, /* pause */
    {"0f 22 d8", INSN_MOV_CR, 0},
    {"0f 20 c0", INSN_MOV_CR, 0},
    {"44 0f 20 c0", INSN_MOV_CR, 0}, /* cr8 */
    {"0f 23 f8", INSN_MOV_DR, 0},
    {"0f 21 f0", INSN_MOV_DR, 0},
    {"0f 30", INSN_MSR, 0},
    {"0f 32", INSN_MSR, 0},
    {"0f 01 f8", INSN_SWAPGS, 0},
    {"0f 01 38", INSN_PRIVILEGED, 0}, /* invlpg */
    {"0f 01 18", INSN_PRIVILEGED, 0}, /* lidt */
    {"0f 00 d8", INSN_PRIVILEGED, 0}, /* ltr */
    {"0f 09", INSN_PRIVILEGED, 0},    /* wbinvd */
    {"48 b8 88 77 66 55 44 33 22 11", INSN_ORDINARY, 0x1122334455667788},
    {"48 83 c0 ff", INSN_ORDINARY, -1},
    {"62 f1 7c 48 28 00", INSN_ORDINARY, 0}, /* vmovaps zmm0, [rax] */
    {"f0 48 0f c7 0f", INSN_ORDINARY, 0},    /* lock cmpxchg16b */
};

TEST(insn_tells_all_kinds_apart)
{
    CHECK(insn_available());
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct insn insn = decoded(kinds[i].hex);
        CHECK(insn.class == kinds[i].class, "%s: class %u", kinds[i].hex, insn.class);
        int64_t value = insn.target ? (int64_t)(insn.target - AT) : insn.immediate;
        CHECK(value == kinds[i].value, "%s: value %#" PRIx64, kinds[i].hex, (uint64_t)value);
    }
}

TEST(insn_cut_short_is_no_insn)
{
    uint8_t bytes[32];
    struct insn insn;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (size_t n = parse_hex(kinds[i].hex, bytes); n-- > 0;) {
            CHECK(!insn_decode(&insn, bytes, n, AT), "%s: %zu bytes", kinds[i].hex, n);
            CHECK(!insn_sensitive(&insn, bytes, n, AT), "%s: %zu bytes", kinds[i].hex, n);
        }
}

TEST(insn_bad_bytes_are_no_insn)
{
    static const char *const bad[] = {
        "06",
        "17",
        "ce",
        "d6",
        "f0 9c",
        "f0 fa",
        "0f 0a 00 00 00",
        "c5 ff ff ff ff",
        "82 00 00",
        "62 00 00",
        "9a 00",
        "ea 00",
        "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", /* 16 bytes */
    };
    uint8_t bytes[32];
    struct insn insn;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t n = parse_hex(bad[i], bytes);
        CHECK(!insn_decode(&insn, bytes, n, AT), "%s: %u bytes", bad[i], insn.length);
        CHECK(!insn_sensitive(&insn, bytes, n, AT), "%s: %u bytes", bad[i], insn.length);
    }
}

/* Registers with values that show which one was asked for. */
static bool test_register_value(void *context, enum insn_register which, uint64_t *value)
{
    (void)context;
    static const uint64_t other[] = {
        [INSN_FS_BASE] = 0xf5000000, [INSN_GS_BASE] = 0xffffe00000000000};
    *value = which <= INSN_R15 ? 0x1000 + 0x100 * (uint64_t)which : other[which];
    if (which == INSN_R8)
        *value = 0xfffffffffffffff0; /* -16 */
    return true;
}

static const struct {
    const char *hex;
    unsigned operand;
    uint64_t address;
    unsigned size, access;
} operands[] = {
    {"48 8b 00", 0, 0x1000, 8, INSN_READ},
    {"48 89 44 8b 10", 0, 0x1300 + 0x1100 * 4 + 16, 8, INSN_WRITE},
    {"80 40 ff 01", 0, 0xfff, 1, INSN_READ | INSN_WRITE},
    {"8b 05 10 00 00 00", 0, AT + 6 + 16, 4, INSN_READ},     /* [rip+16] */
    {"c7 05 f6 ff ff ff 01 00 00 00", 0, AT, 4, INSN_WRITE}, /* the immediate counts too */
    {"65 48 8b 04 25 10 00 00 00", 0, 0xffffe00000000010, 8, INSN_READ},
    {"64 48 8b 00", 0, 0xf5001000, 8, INSN_READ},
    {"43 8b 04 c0", 0, 0xffffffffffffff70, 4, INSN_READ},          /* [r8+r8*8], negative */
    {"67 43 8b 04 c0", 0, 0xffffff70, 4, INSN_READ},               /* the same in 32 bits */
    {"67 8b 05 00 00 00 00", 0, (uint32_t)(AT + 7), 4, INSN_READ}, /* [eip] */
    {"48 a1 88 77 66 55 44 33 22 11", 0, 0x1122334455667788, 8, INSN_READ},
    {"48 8d 44 24 08", 0, 0x1408, 8, 0}, /* lea */
    {"50", 0, 0x1400 - 8, 8, INSN_WRITE},
    {"66 50", 0, 0x1400 - 2, 2, INSN_WRITE},
    {"ff 30", 0, 0x1000, 8, INSN_READ}, /* push [rax]: both */
    {"ff 30", 1, 0x1400 - 8, 8, INSN_WRITE},
    {"58", 0, 0x1400, 8, INSN_READ},
    {"8f 44 24 10", 0, 0x1400 + 8 + 16, 8, INSN_WRITE}, /* pop [rsp+16]: after */
    {"8f 44 24 10", 1, 0x1400, 8, INSN_READ},
    {"e8 00 00 00 00", 0, 0x1400 - 8, 8, INSN_WRITE},
    {"ff 50 08", 0, 0x1008, 8, INSN_READ},
    {"c3", 0, 0x1400, 8, INSN_READ},
    {"c9", 0, 0x1500, 8, INSN_READ}, /* leave reads at rbp */
    {"a4", 0, 0x1700, 1, INSN_WRITE},
    {"a4", 1, 0x1600, 1, INSN_READ},
    {"65 48 a5", 1, 0xffffe00000001600, 8, INSN_READ},
    {"0f ab 07", 0, 0x1700 + 0x1000 / 8, 4, INSN_READ | INSN_WRITE}, /* bts [rdi], eax */
    {"4c 0f a3 07", 0, 0x1700 - 8, 8, INSN_READ},                    /* bt [rdi], r8: bit -16 */
    {"0f ba 2f 05", 0, 0x1700, 4, INSN_READ | INSN_WRITE},
    {"66 44 0f a3 07", 0, 0x1700 - 2, 2, INSN_READ},
    {"0f c7 0f", 0, 0x1700, 8, INSN_READ | INSN_WRITE}, /* cmpxchg8b */
    {"8e 10", 0, 0x1000, 2, INSN_READ},
};

TEST(insn_operands_are_evaluated)
{
    for (size_t i = 0; i < sizeof operands / sizeof operands[0]; i++) {
        const char *hex = operands[i].hex;
        unsigned n = operands[i].operand;
        uint64_t address = 0;
        struct insn insn = decoded(hex);
        CHECK(insn_effective_address(&insn, n, test_register_value, NULL, &address), "%s", hex);
        CHECK(address == operands[i].address, "%s: %#" PRIx64, hex, address);
        CHECK(insn.memory[n].size == operands[i].size, "%s: size %u", hex, insn.memory[n].size);
        CHECK(insn.memory[n].access == operands[i].access, "%s: access %u", hex,
              insn.memory[n].access);
    }
}

static bool no_register(void *context, enum insn_register which, uint64_t *value)
{
    (void)context, (void)which, (void)value;
    return false;
}

TEST(insn_operands_that_have_no_address)
{
    uint64_t address;
    struct insn gather = decoded("c4 e2 f5 93 04 d0"); /* vgatherqpd ymm0, [rax+ymm2*8], ymm1 */
    struct insn load = decoded("48 8b 00"), nop = decoded("90");
    CHECK(gather.memory_count == 1);
    CHECK(!insn_effective_address(&gather, 0, test_register_value, NULL, &address));
    CHECK(!insn_effective_address(&load, 0, no_register, NULL, &address));
    CHECK(!insn_effective_address(&load, 1, test_register_value, NULL, &address));
    CHECK(!insn_effective_address(&nop, 0, test_register_value, NULL, &address));
}

TEST(insn_rip_relative_displacement_can_be_found_and_moved)
{
    static const char *const relative[] = {"8b 05 11 22 33 44", "66 81 3d 11 22 33 44 05 06",
                                           "f3 0f 10 05 11 22 33 44", "ff 25 11 22 33 44"};
    for (size_t i = 0; i < sizeof relative / sizeof relative[0]; i++) {
        struct insn insn = decoded(relative[i]);
        CHECK(insn.rip_displacement > 0, "%s", relative[i]);
        CHECK(!memcmp(insn.bytes + insn.rip_displacement, "\x11\x22\x33\x44", 4), "%s",
              relative[i]);
    }
    CHECK(decoded("8b 80 11 22 33 44").rip_displacement == 0);
    CHECK(decoded("8b 04 25 11 22 33 44").rip_displacement == 0);
}

static bool symbol(void *context, uint64_t address, char *out, size_t n)
{
    CHECK(context == &symbol);
    if (address != AT + 0x105)
        return false;
    return (size_t)snprintf(out, n, "demo_hot+0x%x", 5) < n;
}

static const struct {
    const char *hex, *att, *intel;
} texts[] = {
    {"90", "nop", "nop"},
    {"48 89 c3", "mov %rax, %rbx", "mov rbx, rax"},
    {"48 c7 40 08 ff 00 00 00", "movq $0xff, 0x8(%rax)", "mov qword ptr [rax+0x8], 0xff"},
    {"65 48 8b 04 25 10 00 00 00", "mov %gs:0x10, %rax", "mov rax, gs:[0x10]"},
    {"e8 00 01 00 00", "call 0xffffffff80100105 <demo_hot+0x5>",
     "call 0xffffffff80100105 <demo_hot+0x5>"},
    {"e8 01 01 00 00", "call 0xffffffff80100106", "call 0xffffffff80100106"},
    {"8b 05 ff 00 00 00", "mov 0xffffffff80100105 <demo_hot+0x5>, %eax",
     "mov eax, [0xffffffff80100105 <demo_hot+0x5>]"},
    {"f3 48 ab", "rep stosq", "rep stosq"},
    {"0f 01 f8", "swapgs", "swapgs"},
};

TEST(insn_texts)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct insn insn = decoded(texts[i].hex);
        struct insn_style style = {INSN_ATT, symbol, (void *)&symbol};
        char text[128] = "";
        CHECK(insn_format(text, sizeof text, &insn, &style) == strlen(texts[i].att), "%s: \"%s\"",
              texts[i].hex, text);
        CHECK(!strcmp(text, texts[i].att), "%s: \"%s\"", texts[i].hex, text);
        style.syntax = INSN_INTEL;
        CHECK(insn_format(text, sizeof text, &insn, &style), "%s", texts[i].hex);
        CHECK(!strcmp(text, texts[i].intel), "%s: \"%s\"", texts[i].hex, text);
    }
}

static bool long_symbol(void *context, uint64_t address, char *out, size_t n)
{
    (void)context, (void)address;
    memset(out, 'x', n - 1);
    out[n - 1] = 0;
    return true;
}

TEST(insn_text_never_leaves_its_buffer)
{
    struct insn insn = decoded("e8 00 01 00 00");
    for (size_t n = 1; n < 140; n++) {
        struct insn_style style = {n % 2 ? INSN_ATT : INSN_INTEL, long_symbol, NULL};
        char text[141];
        memset(text, '#', sizeof text);
        size_t length = insn_format(text, n, &insn, &style);
        CHECK(length < n && (length == 0 || text[length] == 0), "%zu of %zu", length, n);
        CHECK(length || n < 110, "nothing in %zu bytes", n);
        for (size_t i = n; i < sizeof text; i++)
            CHECK(text[i] == '#', "byte %zu of %zu was written", i, n);
    }
}

/* xorshift: the same bytes in each run. */
static uint64_t random64(void)
{
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Random bytes that are often an opcode of interest behind random prefixes. */
static size_t random_code(uint8_t *bytes)
{
    static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67,
                                       0xf0, 0xf2, 0xf3, 0x40, 0x41, 0x44, 0x48, 0x4f};
    static const char *const opcodes[] = {"9c",    "9d",    "fa",       "fb",       "f4",
                                          "cf",    "cc",    "cd",       "8e",       "f1",
                                          "0f 05", "0f 07", "0f 01 c9", "0f 01 fb", "0f 01",
                                          "0f 34", "0f 35", "0f b2",    "0f",       "f3 90",
                                          "e8",    "ff",    "c3",       "c2",       "eb",
                                          "e9",    "ca",    "74",       "0f 84",    "e3"};
    size_t at = 0, n = random64() % 8 ? INSN_LENGTH_MAX : random64() % (INSN_LENGTH_MAX + 1);
    for (size_t i = 0; i < INSN_LENGTH_MAX; i++)
        bytes[i] = (uint8_t)random64();
    if (random64() % 4 == 0)
        return n;
    for (uint64_t count = random64() % 4; count > 0; count--)
        bytes[at++] = prefixes[random64() % sizeof prefixes];
    parse_hex(opcodes[random64() % (sizeof opcodes / sizeof opcodes[0])], bytes + at);
    return n;
}

static bool same_sensitive(const struct insn *a, const struct insn *b)
{
    if (a->class == INSN_MOV_SS &&
        (a->memory_count != b->memory_count || a->rip_displacement != b->rip_displacement ||
         (a->memory_count && memcmp(&a->memory[0], &b->memory[0], sizeof a->memory[0]))))
        return false;
    return a->class == b->class && a->length == b->length && a->immediate == b->immediate &&
           a->operand_size == b->operand_size && a->source == b->source && a->rex == b->rex &&
           !memcmp(a->bytes, b->bytes, a->length);
}

/* Not those of a transaction that fails, with all that it has done; and Xeon Phi had jkzd. */
static bool goes(const struct insn *insn, const char *text)
{
    return insn->class >= INSN_CALL && insn->class <= INSN_FAR && !strstr(text, "xbegin") &&
           !strstr(text, "xend") && !strstr(text, "xabort") && !strstr(text, "jk");
}

TEST(insn_random_bytes_and_both_readers_agree)
{
    unsigned sensitive = 0, flows = 0;
    for (unsigned i = 0; i < 300000; i++) {
        uint8_t bytes[INSN_LENGTH_MAX];
        struct insn_style style = {i % 2 ? INSN_ATT : INSN_INTEL, NULL, NULL};
        struct insn all, own;
        char text[160], hex[3 * INSN_LENGTH_MAX + 1] = "";
        size_t n = random_code(bytes);
        for (size_t k = 0; k < n; k++)
            snprintf(hex + 3 * k, 4, "%02x ", bytes[k]);
        bool good = insn_decode(&all, bytes, n, AT);
        CHECK(!good || (all.length > 0 && all.length <= n), "%s", hex);
        CHECK(!good || insn_format(text, sizeof text, &all, &style), "%s", hex);
        bool is = good && all.class != INSN_ORDINARY && all.class < INSN_SENSITIVE_END;
        CHECK(insn_sensitive(&own, bytes, n, AT) == is, "%s", hex);
        CHECK(!is || same_sensitive(&own, &all), "%s", hex);
        sensitive += is;
        bool goes_off = good && goes(&all, text);
        CHECK(!good || insn_flow(bytes, n) == (is || goes_off ? all.class : INSN_ORDINARY), "%s",
              hex);
        flows += goes_off;
    }
    CHECK(sensitive > 50000, "only %u", sensitive);
    CHECK(flows > 50000, "only %u", flows);
}

/* Our own code: from the first byte of a function on, the right reading is known. */
TEST(insn_boundaries_of_compiled_code)
{
    enum { BEFORE = 64, SIZE = 1024 };
    uint8_t code[SIZE + INSN_LENGTH_MAX];
    bool begins[SIZE] = {false};
    size_t inside = 0, told = 0;
    struct insn insn;

    memcpy(code, (const void *)(uintptr_t)insn_decode, sizeof code);
    for (size_t at = 0; at < SIZE; at += insn.length) {
        begins[at] = true;
        CHECK(insn_decode(&insn, code + at, sizeof code - at, AT), "at %zu", at);
    }
    for (size_t at = BEFORE; at < SIZE; at++) {
        bool says_so = insn_is_inside(code + at - BEFORE, BEFORE + INSN_LENGTH_MAX, BEFORE);

        CHECK(!says_so || !begins[at], "an instruction begins at %zu", at);
        inside += !begins[at];
        told += says_so;
    }
    CHECK(told > inside * 3 / 4, "%zu of %zu", told, inside);
}

TEST(insn_boundaries_of_no_code_are_unknown)
{
    uint8_t bytes[64 + INSN_LENGTH_MAX];

    memset(bytes, 0x06, sizeof bytes); /* no instruction in 64-bit mode */
    CHECK(!insn_is_inside(bytes, sizeof bytes, 64));
    memset(bytes, 0x00, sizeof bytes); /* add, of two bytes: even and odd readings differ */
    CHECK(!insn_is_inside(bytes, sizeof bytes, 64));
    CHECK(!insn_is_inside(bytes, sizeof bytes, 0));
}

#else

TEST(insn_without_a_decoder_says_so)
{
    struct insn insn;
    char text[16];
    CHECK(!insn_available());
    CHECK(!insn_decode(&insn, (const uint8_t *)"\x90", 1, 0));
    CHECK(insn_sensitive(&insn, (const uint8_t *)"\xfa", 1, 0) && insn.class == INSN_CLI);
    CHECK(!insn_format(text, sizeof text, &insn, &(struct insn_style){0}));
}

#endif
