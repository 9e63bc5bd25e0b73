/* debug_scratch.c: memory for lldb's calls. The code's is part of the kernel's, linker.ld. */
#include "debug_scratch.h"

#include "mm/layout.h"

/* lldb takes 0x81000 bytes for the variables of an expression, another in it takes as many. */
#define DATA_SIZE 0x120000

static uint8_t data[DATA_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* linker.ld */
extern uint8_t __scratch_start[], __scratch_end[];

struct debugger_range debug_scratch_code(void)
{
    return (struct debugger_range){.start = (uint64_t)__scratch_start,
                                   .end = (uint64_t)__scratch_end,
                                   .name = "code of the client's"};
}

struct debugger_range debug_scratch_data(void)
{
    return (struct debugger_range){.start = (uint64_t)data,
                                   .end = (uint64_t)data + sizeof(data),
                                   .name = "data of the client's"};
}
