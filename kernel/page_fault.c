/* page_fault.c: whose memory it is. */
#include "page_fault.h"

#include "cpu/instructions.h"
#include "cpu/syscall.h"
#include "cpu/trap.h"
#include "demand.h"
#include "mm/address_space.h"
#include "process_memory.h"

/* The kernel touches a program's memory in one place only; anywhere else it is a mistake. */
static bool resolve(struct trap_frame *frame)
{
    uint64_t address = read_cr2();

    if (address >= USER_HIGH)
        return demand_resolve(frame);
    if (!(frame->cs & 3) && !user_copy_at(frame))
        return false;
    return process_resolve(address, frame->error) || user_copy_failed(frame);
}

void page_fault_init(void)
{
    trap_on_exception(VECTOR_PAGE_FAULT, resolve);
}
