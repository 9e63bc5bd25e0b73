/*
 * faults_stack.c: whether an exception came as its stack was full, or as rsp leads nowhere. To the
 * processor both look alike: there is no room for a frame (Intel SDM vol. 3, 6.15, "Interrupt 8").
 */
#include "faults.h"

#include "page_walk.h"
#include "processor.h"
#include "safe_copy.h"
#include "state.h"
#include "vectors.h"

#define PAGE      0x1000ull
#define BELOW_MAX 0x1000 /* an instruction's own access, of a function with many locals */
#define ABOVE_MAX 0x100  /* ... that has taken its room already */
#define GUARD_MAX 4      /* pages: so far below its stack may rsp be, with guard pages in between */

static bool is_mapped(uint64_t address)
{
    uint8_t byte;

    return safe_read(&byte, address, sizeof(byte)) == sizeof(byte);
}

/* Before the kernel says where its tables can be read, whatever is mapped is taken for writable. */
static bool is_writable(uint64_t address)
{
    struct walked_page page;

    if (!debugger_settings.physical_memory)
        return true;
    return page_walk(read_cr3(), address, &page) && page.region.writable;
}

static bool is_below_stack(uint64_t address)
{
    for (unsigned n = 0; n < GUARD_MAX; n++) {
        address = (address | (PAGE - 1)) + 1;
        if (is_mapped(address))
            return is_writable(address);
    }
    return false;
}

/* What CR2 says was tried on that stack: by the processor's pushes, or by the instruction. */
static bool is_about_stack(const struct fault *f)
{
    if (f->vector == VECTOR_DOUBLE_FAULT)
        return f->rsp - f->cr2 <= sizeof(struct trap_frame);
    return f->vector == VECTOR_PAGE_FAULT &&
           f->cr2 - (f->rsp - BELOW_MAX) < BELOW_MAX + ABOVE_MAX;
}

enum fault_stack fault_stack(const struct fault *f)
{
    if (!address_canonical(f->rsp) || !is_about_stack(f))
        return FAULT_STACK_GOOD;
    if (is_mapped(f->cr2))
        return FAULT_STACK_CONSTANT;
    return is_below_stack(f->cr2) ? FAULT_STACK_FULL : FAULT_STACK_UNMAPPED;
}
