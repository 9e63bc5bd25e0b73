/* guarded_call.c: which exceptions end a guarded call. */
#include "guarded_call.h"

#include "cpu.h"
#include "cpu/instructions.h"
#include "frame.h"

#define DEPTH_MAX 0x10000 /* bytes of stack that a guarded function may use */

/* guarded_call.S: rsp in the call that is under way; 0: there is none */
uint64_t guarded_call_stack;
extern const char guarded_call_end[];
struct guarded_result guarded_call_here(int (*function)(void));

static const struct thread *caller;

struct guarded_result guarded_call(int (*function)(void))
{
    caller = current_thread();
    return guarded_call_here(function);
}

bool guarded_call_ends(struct trap_frame *frame)
{
    if (guarded_call_stack == 0 || current_thread() != caller || (frame->cs & 3) ||
        !(frame->rflags & RFLAGS_IF) || guarded_call_stack - frame->rsp >= DEPTH_MAX)
        return false;
    frame->rip = (uint64_t)guarded_call_end;
    frame->rsp = guarded_call_stack;
    frame->rdx = frame->vector;
    return true;
}
