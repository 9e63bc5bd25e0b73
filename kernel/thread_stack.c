/* thread_stack.c: slots in STACK_MAP, each half a guard and half a stack. */
#include "thread_stack.h"

#include "mm/paging.h"
#include "page_alloc.h"
#include "panic.h"
#include "sync.h"
#include "thread.h"

#define STACK_ORDER 2 /* pages of a stack, as page_alloc() counts them */
_Static_assert(PAGE_SIZE << STACK_ORDER == THREAD_STACK_SIZE, "a stack is one block of memory");

#define SLOT_SIZE (2 * THREAD_STACK_SIZE)
#define SLOTS     (4 * THREADS_MAX) /* so that an address stays unused for a while */

static struct mutex stacks_lock = MUTEX("stacks_lock");
static bool used[SLOTS];
static unsigned last; /* slot that was given away */

static uint64_t address_of(unsigned slot)
{
    return STACK_MAP + slot * (uint64_t)SLOT_SIZE + THREAD_STACK_SIZE;
}

/* There are more slots than threads. */
static unsigned find_slot(void)
{
    do
        last = (last + 1) % SLOTS;
    while (used[last]);
    return last;
}

uint64_t thread_stack_make(void)
{
    uint64_t memory = page_alloc(STACK_ORDER);

    if (memory == 0)
        return 0;
    mutex_lock(&stacks_lock);

    unsigned slot = find_slot();
    uint64_t address = address_of(slot);
    bool mapped = paging_map(&kernel_space, address, memory, THREAD_STACK_SIZE, MAP_WRITE);

    if (mapped)
        used[slot] = true;
    else
        paging_unmap(&kernel_space, address, THREAD_STACK_SIZE);
    mutex_unlock(&stacks_lock);
    if (mapped)
        return address;
    page_free(memory);
    return 0;
}

uint64_t thread_stack_unmap(uint64_t stack)
{
    struct mapping at;

    mutex_lock(&stacks_lock);
    if (!paging_lookup(&kernel_space, stack, &at))
        panic("thread: the stack at %p has gone already", (void *)stack);
    paging_unmap(&kernel_space, stack, THREAD_STACK_SIZE);
    used[(stack - STACK_MAP) / SLOT_SIZE] = false;
    mutex_unlock(&stacks_lock);
    return at.physical;
}

void thread_stack_free(uint64_t memory)
{
    page_free(memory);
}
