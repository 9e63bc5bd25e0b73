/*
 * test_displaced.c: what is emulated or executed elsewhere leaves registers, flags and memory as
 * the processor leaves them at the instruction's own place: every instruction of the kernel, each
 * with several sets of registers, and each way of writing those that are emulated.
 */
#include "displaced_copy.h"
#include "emulate.h"
#include "one_step.h"
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS 2

static const char *kernel;
static struct {
    unsigned instructions, emulated, moved, neither;
} count;

static bool within(uint64_t address, unsigned size)
{
    return address >= STEP_DATA && address <= STEP_DATA + STEP_BYTES - size;
}

static bool load(void *context, uint64_t address, unsigned size, uint64_t *out)
{
    (void)context;
    *out = 0;
    if (within(address, size))
        memcpy(out, one_step_memory(address), size);
    return within(address, size);
}

static bool store(void *context, uint64_t address, unsigned size, uint64_t in)
{
    (void)context;
    if (within(address, size))
        memcpy(one_step_memory(address), &in, size);
    return within(address, size);
}

static const struct emulate_memory memory = {NULL, load, store};

/* ---- one instruction in three ways ---- */

struct outcome {
    bool done;
    struct trap_frame frame;
    uint8_t data[STEP_BYTES];
};

static uint8_t data[STEP_BYTES]; /* before */

static void begin(struct outcome *o, const struct trap_frame *frame)
{
    memcpy(one_step_memory(STEP_DATA), data, STEP_BYTES);
    o->frame = *frame;
}

static void end(struct outcome *o)
{
    memcpy(o->data, one_step_memory(STEP_DATA), STEP_BYTES);
}

static void in_place(struct outcome *o, const struct trap_frame *frame, const struct insn *insn)
{
    begin(o, frame);
    memcpy(one_step_memory(STEP_CODE), insn->bytes, insn->length);
    o->done = one_step(&o->frame);
    end(o);
}

static void by_emulation(struct outcome *o, const struct trap_frame *frame, const struct insn *insn)
{
    begin(o, frame);
    o->done = emulate(&o->frame, insn->bytes, insn->length, &memory);
    end(o);
}

/* True: it can be moved. A fault is found at the place that the frame is about. */
static bool elsewhere(struct outcome *o, const struct trap_frame *frame, const struct insn *insn)
{
    uint8_t code[INSN_LENGTH_MAX];
    begin(o, frame);
    if (!displaced_copy(code, insn, STEP_SLOT))
        return false;
    memcpy(one_step_memory(STEP_SLOT), code, insn->length);
    o->frame.rip = STEP_SLOT;
    o->done = one_step(&o->frame);
    o->frame.rip += STEP_CODE - STEP_SLOT;
    end(o);
    return true;
}

static const char *text_of(const struct insn *insn)
{
    static char text[3 * INSN_LENGTH_MAX + 1];
    text[0] = '\0';
    for (unsigned i = 0; i < insn->length; i++)
        sprintf(text + 3 * i, "%02x ", insn->bytes[i]);
    return text;
}

static void same(const struct insn *insn, const char *how, const struct outcome *a,
                 const struct outcome *b)
{
    const uint64_t *f = (const uint64_t *)&a->frame, *g = (const uint64_t *)&b->frame;
    for (size_t i = 0; i < FRAME_SIZE / 8; i++)
        CHECK(f[i] == g[i], "%s%s: word %zu of the frame is %#" PRIx64 ", in place %#" PRIx64,
              text_of(insn), how, i, g[i], f[i]);
    CHECK(!memcmp(a->data, b->data, STEP_BYTES), "%s%s: memory differs", text_of(insn), how);
}

/* System calls, what has another result each time, and what kernels and hypervisors carry out in the
 * processor's place, as they like: str and sidt among it, where there is UMIP. */
static bool cannot_be_compared(const struct insn *insn)
{
    static const uint8_t changing[] = {0x00, 0x01, 0x31, 0xa2, 0xc7}; /* behind 0f */
    const uint8_t *opcode = insn->bytes + (insn->bytes[0] == 0x66);

    opcode += (opcode[0] & 0xf0) == 0x40;
    if (opcode[0] == 0x0f && memchr(changing, opcode[1], sizeof changing))
        return true;
    return insn->class != INSN_ORDINARY && insn->class < INSN_SENSITIVE_END;
}

static bool compare(const struct insn *original)
{
    struct insn insn = *original;
    struct trap_frame frame;
    struct outcome expected, emulated, moved;
    if (!one_step_prepare(&frame, &insn))
        test_fail("%scannot be moved", text_of(original));
    in_place(&expected, &frame, &insn);
    by_emulation(&emulated, &frame, &insn);
    if (emulated.done) {
        CHECK(expected.done, "%sfaults, but is emulated", text_of(&insn));
        same(&insn, "emulated", &expected, &emulated);
    } else {
        CHECK(!memcmp(&emulated.frame, &frame, sizeof frame), "%schanged", text_of(&insn));
        CHECK(!memcmp(emulated.data, data, STEP_BYTES), "%schanged memory", text_of(&insn));
    }
    if (elsewhere(&moved, &frame, &insn)) {
        CHECK(moved.done == expected.done, "%sfaults at one place only", text_of(&insn));
        same(&insn, "moved", &expected, &moved);
    }
    return emulated.done;
}

/* ---- all of them ---- */

static void fill_data(void)
{
    uint64_t words[STEP_BYTES / 8];
    for (size_t i = 0; i < STEP_BYTES / 8; i++)
        words[i] = i % 2 ? one_step_dice() : STEP_DATA + one_step_dice() % STEP_BYTES;
    memcpy(data, words, STEP_BYTES);
}

static void check_kernels(void *context, const struct insn *insn)
{
    uint8_t code[INSN_LENGTH_MAX];
    bool emulated = false, movable = displaced_copy(code, insn, insn->address);
    (void)context;
    count.instructions++;
    for (unsigned i = 0; i < ROUNDS && !cannot_be_compared(insn); i++)
        emulated |= compare(insn);
    count.emulated += emulated;
    count.moved += movable;
    count.neither += !emulated && !movable;
}

TEST(displaced_instructions_of_the_kernel_do_what_they_do_in_place)
{
    one_step_start();
    fill_data();
    each_instruction(kernel, check_kernels, NULL);
    CHECK(count.instructions > 5000, "%u", count.instructions);
    CHECK(count.emulated * 10 > count.instructions * 6, "%u of %u are emulated", count.emulated,
          count.instructions);
    CHECK(count.neither * 100 < count.instructions, "%u of %u can only be stepped in place",
          count.neither, count.instructions);
}

/* In AT&T's words, so that each can be looked up. */
static const struct {
    const char *name, *bytes;
} emulated[] = {
    {"push %rbp", "\x55"}, {"push %r12", "\x41\x54"}, {"push %rsp", "\x54"},
    {"pop %rbx", "\x5b"}, {"pop %r15", "\x41\x5f"}, {"pop %rsp", "\x5c"},
    {"push $-1", "\x6a\xff"}, {"push $0x12345678", "\x68\x78\x56\x34\x12"},
    {"push 8(%rax)", "\xff\x70\x08"}, {"leave", "\xc9"}, {"ret", "\xc3"},
    {"call", "\xe8\x78\x56\x34\x12"}, {"call *%rax", "\xff\xd0"}, {"call *(%rax)", "\xff\x10"},
    {"call *8(%rsp)", "\xff\x54\x24\x08"}, {"jmp", "\xeb\xfe"}, {"jmp far away", "\xe9\x12\x34\x56\x78"},
    {"jmp *%r11", "\x41\xff\xe3"}, {"jmp *(%r12)", "\x41\xff\x24\x24"},
    {"jmp *(,%rax,8)", "\xff\x24\xc5\x10\x20\x30\x10"},
    {"jo", "\x70\x10"}, {"jno", "\x71\x10"}, {"jb", "\x72\x10"}, {"jae", "\x73\x10"},
    {"je", "\x74\x10"}, {"jne", "\x75\x10"}, {"jbe", "\x76\x10"}, {"ja", "\x77\x10"},
    {"js", "\x78\x10"}, {"jns", "\x79\x10"}, {"jp", "\x7a\x10"}, {"jnp", "\x7b\x10"},
    {"jl", "\x7c\x10"}, {"jge", "\x7d\x10"}, {"jle", "\x7e\x10"}, {"jg", "\x7f\x10"},
    {"jg far away", "\x0f\x8f\x10\x20\x30\x40"}, {"sete %al", "\x0f\x94\xc0"}, {"setbe 8(%rsi)", "\x0f\x96\x46\x08"},
    {"cmovl", "\x48\x0f\x4c\xc8"},
    {"cmovs (%rbx), %ecx", "\x0f\x48\x0b"}, {"mov %rsp, %rbp", "\x48\x89\xe5"},
    {"mov %edi, %eax", "\x89\xf8"}, {"mov %dl, (%rsi)", "\x88\x16"}, {"mov %sil, %dil", "\x40\x88\xf7"},
    {"mov (%rax,%rcx,4), %r9d", "\x44\x8b\x0c\x88"}, {"mov 8(%r13), %al", "\x41\x8a\x45\x08"},
    {"mov $-2, (%rdi)", "\x48\xc7\x07\xfe\xff\xff\xff"}, {"movb $3, 4(%rbp)", "\xc6\x45\x04\x03"},
    {"mov $1, %r8d", "\x41\xb8\x01\x01\x01\x01"}, {"lea 1(%rdi,%rdi), %rax", "\x48\x8d\x44\x3f\x01"},
    {"movabs", "\x49\xbf\x88\x77\x66\x55\x44\x33\x22\x11"}, {"lea (%rip), %eax", "\x8d\x05\x10\x20\x30\x40"},
    {"movzbl (%rax), %eax", "\x0f\xb6\x01"}, {"movzwl %cx, %eax", "\x0f\xb7\xc1"},
    {"movsbq %dil, %rax", "\x48\x0f\xbe\xc7"}, {"movswl (%rdx), %eax", "\x0f\xbf\x02"},
    {"movslq %edi, %rdi", "\x48\x63\xff"}, {"endbr64", "\xf3\x0f\x1e\xfa"}, {"nop", "\x90"},
    {"nopl (%rax)", "\x0f\x1f\x40\x10"}, {"add %rsi, %rdi", "\x48\x01\xf7"},
    {"add %sil, %dil", "\x40\x02\xfe"}, {"adc %esi, %edi", "\x11\xf7"}, {"sbb %rsi, (%rdi)", "\x48\x19\x37"},
    {"sub $8, %rsp", "\x48\x83\xec\x08"}, {"sub $0x12345678, %eax", "\x2d\x78\x56\x34\x12"},
    {"or $0x80, %al", "\x0c\x80"}, {"and %ecx, %edx", "\x23\xd1"}, {"xor %eax, %eax", "\x31\xc0"},
    {"cmp (%rdi), %r8", "\x4c\x3b\x07"}, {"cmpb $5, (%rax)", "\x80\x38\x05"},
    {"adc $-1, %rdx", "\x48\x83\xd2\xff"}, {"sbbl $-128, (%rbx)", "\x83\x1b\x80"},
    {"test %rdi, %rdi", "\x48\x85\xff"}, {"test %bl, %cl", "\x84\xd9"}, {"test $0x81, %al", "\xa8\x81"},
    {"test $0x80000000, %rax", "\x48\xa9\x11\x11\x11\x80"}, {"inc %eax", "\xff\xc0"},
    {"incq (%rdi)", "\x48\xff\x07"}, {"dec %r9d", "\x41\xff\xc9"}, {"add $1, 16(%rip)", "\x48\x83\x05\x11\x11\x11\x11\x01"},
};

TEST(displaced_emulation_knows_what_compilers_write)
{
    one_step_start();
    fill_data();
    for (size_t i = 0; i < sizeof emulated / sizeof emulated[0]; i++) {
        uint8_t bytes[INSN_LENGTH_MAX + 1] = {0};
        struct insn insn;
        unsigned done = 0;
        memcpy(bytes, emulated[i].bytes, strlen(emulated[i].bytes));
        CHECK(insn_decode(&insn, bytes, strlen(emulated[i].bytes), STEP_CODE), "%s", emulated[i].name);
        for (unsigned n = 0; n < 60; n++)
            done += compare(&insn);
        CHECK(done > 0, "%s is not known", emulated[i].name);
    }
}

TEST(displaced_emulation_leaves_alone_what_it_does_not_know)
{
    static const char *const unknown[] = {
        "66 90", "f3 90", "f0 48 01 07", "64 48 8b 07", "67 8b 07", "0f 05", "f4", "48 cf", "9c", "9d",
        "cc", "0f 0b", "8c d8", "8e d8", "88 fc", "8a 27", "fe c0", "f7 d8", "d1 e0", "ff 18", "ff 28",
        "49 90", "0f 20 c0", "0f 31", "c2 08 00", "c7 48 08 00", "8d c0", "d8 00", "06", "0f ff",
    };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        struct trap_frame frame = {.rip = STEP_CODE, .rdi = STEP_CODE}, before = frame;
        uint8_t bytes[INSN_LENGTH_MAX] = {0};
        unsigned n = 0;
        for (const char *hex = unknown[i]; sscanf(hex, "%2hhx", &bytes[n]) == 1; hex += hex[2] ? 3 : 2)
            n++;
        CHECK(!emulate(&frame, bytes, sizeof bytes, &memory), "%s", unknown[i]);
        CHECK(!memcmp(&frame, &before, sizeof frame), "%s", unknown[i]);
    }
}

TEST(displaced_emulation_reads_no_further_than_it_may)
{
    for (size_t i = 0; i < sizeof emulated / sizeof emulated[0]; i++)
        for (size_t n = 0; n < strlen(emulated[i].bytes); n++) {
            struct trap_frame frame = {.rip = STEP_CODE};
            uint8_t exact[INSN_LENGTH_MAX];
            memset(exact, 0x90, sizeof exact);
            memcpy(exact, emulated[i].bytes, n);
            CHECK(!emulate(&frame, exact, n, &memory) || emulated[i].bytes[0] == '\x41',
                  "%s, %zu bytes", emulated[i].name, n);
        }
}

/* The x87 remembers where it was; rip-relative memory may be out of reach. */
TEST(displaced_copies_are_refused_where_they_would_show)
{
    uint8_t code[INSN_LENGTH_MAX];
    struct insn insn;
    CHECK(insn_decode(&insn, (const uint8_t *)"\xd9\xe8", 2, STEP_CODE));
    CHECK(!displaced_copy(code, &insn, STEP_SLOT));
    CHECK(insn_decode(&insn, (const uint8_t *)"\x48\xdf\x28", 3, STEP_CODE));
    CHECK(!displaced_copy(code, &insn, STEP_SLOT));
    CHECK(insn_decode(&insn, (const uint8_t *)"\x48\x8b\x05\0\0\0\0", 7, STEP_CODE));
    CHECK(displaced_copy(code, &insn, STEP_SLOT));
    CHECK(!displaced_copy(code, &insn, STEP_CODE + (1ull << 32)));
}

int main(int argc, char **argv)
{
    kernel = argc > 1 ? argv[1] : "";
    int status = test_main();
    one_step_stop();
    return status;
}
