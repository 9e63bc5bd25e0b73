/* one_step_code.c: the kernel's instructions, and what they might be executed with. */
#include "one_step.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define SEEN (1u << 18)

/* Have these bytes been seen? They are from now on. */
static bool seen(uint8_t (*table)[INSN_LENGTH_MAX + 1], const struct insn *insn)
{
    uint8_t key[INSN_LENGTH_MAX + 1] = {insn->length};
    uint32_t hash = 2166136261u;
    memcpy(key + 1, insn->bytes, insn->length);
    for (size_t i = 0; i < sizeof key; i++)
        hash = (hash ^ key[i]) * 16777619u;
    for (;; hash++) {
        uint8_t *entry = table[hash % SEEN];
        if (memcmp(entry, key, sizeof key) == 0)
            return true;
        if (entry[0] == 0) {
            memcpy(entry, key, sizeof key);
            return false;
        }
    }
}

static const Elf64_Shdr *section(const uint8_t *elf, const char *name)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)elf;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(elf + header->e_shoff);
    const char *names = (const char *)elf + sections[header->e_shstrndx].sh_offset;
    for (unsigned i = 0; i < header->e_shnum; i++)
        if (!strcmp(names + sections[i].sh_name, name))
            return &sections[i];
    test_fail("the kernel has no %s", name);
}

static void each_in(const uint8_t *code, const Elf64_Shdr *text,
                    void (*f)(void *context, const struct insn *insn), void *context)
{
    static uint8_t table[SEEN][INSN_LENGTH_MAX + 1];
    struct insn insn;
    for (size_t at = 0; at < text->sh_size; at += insn.length) {
        if (!insn_decode(&insn, code + at, text->sh_size - at, text->sh_addr + at))
            insn.length = 1;
        else if (!seen(table, &insn))
            f(context, &insn);
    }
}

void each_instruction(const char *path, void (*f)(void *context, const struct insn *insn),
                      void *context)
{
    struct stat status;
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0 && fstat(fd, &status) == 0, "%s cannot be read", path);
    const uint8_t *elf = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    CHECK(elf != MAP_FAILED);
    const Elf64_Shdr *text = section(elf, ".text");
    each_in(elf + text->sh_offset, text, f, context);
    munmap((void *)elf, (size_t)status.st_size);
    close(fd);
}

/* ---- registers ---- */

uint64_t one_step_dice(void)
{
    static uint64_t state = 0x7472617020696e65;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* Numbers at the edges of what fits, or any. */
static uint64_t value(void)
{
    static const uint64_t edges[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000, 0xffffffff,
                                     0x7fffffffffffffff, 0x8000000000000000, ~0ull};
    uint64_t dice = one_step_dice();
    return dice % 3 ? one_step_dice() : edges[dice / 3 % (sizeof edges / sizeof edges[0])];
}

static uint64_t *register_of(struct trap_frame *frame, unsigned n)
{
    uint64_t *const registers[] = {&frame->rax, &frame->rcx, &frame->rdx, &frame->rbx,
                                   &frame->rsp, &frame->rbp, &frame->rsi, &frame->rdi,
                                   &frame->r8,  &frame->r9,  &frame->r10, &frame->r11,
                                   &frame->r12, &frame->r13, &frame->r14, &frame->r15};
    return registers[n];
}

static void aim(struct trap_frame *frame, const struct insn_memory *m)
{
    uint64_t at = STEP_DATA + STEP_BYTES / 2 + one_step_dice() % 512 - (uint64_t)m->displacement;
    bool has_index = m->index <= INSN_R15;
    if (m->base <= INSN_R15) {
        if (has_index)
            *register_of(frame, m->index) = one_step_dice() % 16 - 8;
        *register_of(frame, m->base) = at - (has_index ? *register_of(frame, m->index) * m->scale : 0);
    } else if (has_index) {
        *register_of(frame, m->index) = at / m->scale;
    }
}

/* The data that lies rip-relative is now here. */
static bool aim_rip(struct insn *insn)
{
    uint8_t bytes[INSN_LENGTH_MAX];
    int32_t displacement = (int32_t)(STEP_DATA + one_step_dice() % 2048 - STEP_CODE);
    memcpy(bytes, insn->bytes, sizeof bytes);
    if (insn->rip_displacement)
        memcpy(bytes + insn->rip_displacement, &displacement, sizeof displacement);
    return insn_decode(insn, bytes, insn->length, STEP_CODE);
}

bool one_step_prepare(struct trap_frame *frame, struct insn *insn)
{
    const uint64_t status_flags = 0x8d5;
    *frame = (struct trap_frame){.rip = STEP_CODE, .rflags = 0x202 | (one_step_dice() & status_flags)};
    for (unsigned i = 0; i <= INSN_R15; i++)
        *register_of(frame, i) = value();
    frame->rsp = STEP_DATA + 1024 + one_step_dice() % 128 * 8;
    frame->rbp = STEP_DATA + 2048 + one_step_dice() % 128 * 8;
    for (unsigned i = insn->memory_count; i-- > 0;)
        aim(frame, &insn->memory[i]);
    return aim_rip(insn);
}
