/*
 * tls.c: two processes of one program that keep thread-local variables behind FS, as compilers make
 * them, and a block of their own behind GS. Each makes sure that both stay what they are, over
 * system calls, switches and whatever a debugger does.
 */
#include "elf64.h"
#include "user.h"

#define TLS_MAX 256 /* bytes, of all thread-local variables */

/* The program's own file, as it is in memory: the linker's symbol. */
extern const struct elf_header __ehdr_start;

struct block {
    uint8_t variables[TLS_MAX];
    void *self;
};

struct area {
    uint64_t owner;
};

volatile uint64_t tls_turns;
volatile uint64_t tls_seen; /* the word at FS */
struct block tls_blocks[3] __attribute__((aligned(64))); /* parent's, child's, nobody's */
struct area tls_areas[2];

static __thread volatile uint64_t count = 41;
static __thread volatile uint64_t mine = 7;

static uint64_t word_at_fs(void)
{
    uint64_t word;

    __asm__ volatile("movq %%fs:0, %0" : "=r"(word));
    return word;
}

static uint64_t owner_at_gs(void)
{
    uint64_t owner;

    __asm__ volatile("movq %%gs:0, %0" : "=r"(owner));
    return owner;
}

static const struct elf_segment_header *tls_segment(void)
{
    const struct elf_segment_header *segment =
        (const void *)((uint64_t)&__ehdr_start + __ehdr_start.phoff);

    while (segment->type != PT_TLS)
        segment++;
    return segment;
}

/* Thread-local variables lie right below the word that FS points to (psABI, 3.4.6). */
static void use_block(struct block *block)
{
    const struct elf_segment_header *tls = tls_segment();
    uint8_t *start = block->variables + TLS_MAX - tls->memsz;

    for (size_t i = 0; i < tls->filesz; i++)
        start[i] = ((const uint8_t *)tls->vaddr)[i];
    block->self = &block->self;
    claim(set_base(SYS_BASE_FS, &block->self) == 0, "FS base can be set");
}

static void check_refusals(void)
{
    const void *above = (const void *)0x800000000000;

    claim(set_base(SYS_BASE_FS, above) == ERROR_FAULT, "the hole is no place for FS");
    claim(set_base(SYS_BASE_GS, (const void *)-4096l) == ERROR_FAULT, "nor the kernel's for GS");
    claim(set_base(2, above) == ERROR_FAULT, "there are two bases");
    claim(word_at_fs() == (uint64_t)&tls_blocks[0].self, "what is refused changes nothing");
}

__attribute__((noinline)) static void tls_turn(void)
{
    tls_turns++;
}

_Noreturn static void live(unsigned n)
{
    use_block(&tls_blocks[n]);
    tls_areas[n].owner = n + 1;
    claim(set_base(SYS_BASE_GS, &tls_areas[n]) == 0, "GS base can be set");
    claim(count == 41 && mine == 7, "thread-local variables begin as they were written");
    mine = n + 1;
    for (uint64_t turn = 0;; turn++) {
        tls_seen = word_at_fs();
        claim(owner_at_gs() == n + 1, "GS is a program's own");
        if (tls_seen == (uint64_t)&tls_blocks[n].self)
            claim(mine == n + 1 && count++ == 41 + turn, "FS is a program's own");
        tls_turn();
        if (turn % 4 == 0)
            sleep_ms(2);
        else
            yield();
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    use_block(&tls_blocks[0]);
    check_refusals();
    tls_blocks[2].self = &tls_blocks[2].self;
    mine = 77;
    if (fork() == 0) {
        claim(word_at_fs() == (uint64_t)&tls_blocks[0].self && mine == 77, "a child inherits FS");
        live(1);
    }
    live(0);
}
