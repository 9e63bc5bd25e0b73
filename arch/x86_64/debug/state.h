/*
 * state.h: what the debugger keeps of a processor that it has stopped. Private to this directory.
 */
#ifndef TRAPLINE_STATE_H
#define TRAPLINE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "debugger.h"
#include "faults.h"
#include "fpu.h"
#include "hand_over.h"
#include "step_plan.h"
#include "target.h"
#include "trace.h"

/* As many processors at most; each costs sizeof(struct debugger_cpu). */
#ifndef DEBUGGER_CPUS
#define DEBUGGER_CPUS 1
#endif

#define DEBUGGER_CPU_STACK 2560

/* System registers, in the order in which they are shown. */
enum system_register {
    SYSTEM_FS_BASE,
    SYSTEM_GS_BASE,
    SYSTEM_K_GS_BASE,
    SYSTEM_CR0,
    SYSTEM_CR2,
    SYSTEM_CR3,
    SYSTEM_CR4,
    SYSTEM_CR8,
    SYSTEM_EFER,
    SYSTEM_DR0,
    SYSTEM_DR1,
    SYSTEM_DR2,
    SYSTEM_DR3,
    SYSTEM_DR6,
    SYSTEM_DR7,
    SYSTEM_IDTR_BASE,
    SYSTEM_IDTR_LIMIT,
    SYSTEM_GDTR_BASE,
    SYSTEM_GDTR_LIMIT,
    SYSTEM_REGISTERS,
};

/* What the debuggee does next, and what the debugger then has to do about the trap. */
enum step_mode {
    STEP_NONE,  /* run */
    STEP_OVER,  /* one instruction with the breakpoint under it lifted, then run */
    STEP_WALK,  /* one instruction of trace_walk.h's, then run; nobody waits for it */
    STEP_ONE,   /* one instruction, then stop */
    STEP_RANGE, /* instructions while start <= rip < end, then stop */
    STEP_NEAR,  /* instructions up to a breakpoint at end, which is hit, or elsewhere, then run */
};

/* How far the instruction has got that is being stepped. */
enum step_phase {
    STEP_IDLE,   /* there is none, or it is done */
    STEP_ARMED,  /* TF is set, IF is not: the next exception is that instruction's */
    STEP_OPEN,   /* TF is set, but a handler of the kernel's may run before the instruction does */
    STEP_BROKEN, /* it has raised an exception, and is to be tried again if the kernel handles it */
    STEP_AGAIN,  /* it is being handled, the breakpoint is back: being hit begins the step again */
    /* STEP_OPEN and STEP_AGAIN are no processor's, but step_aside.h's. */
};

/* Tracepoints whose steps a context may be in the middle of. */
#define STEP_WALKS 3

struct step {
    enum step_mode mode;
    enum step_phase phase;
    bool lifted; /* the breakpoint at lifted_at is out for this one instruction */
    bool user;   /* the instruction is ring 3's */
    bool traced; /* each instruction is wt.h's */
    bool unwatched; /* data watchpoints are off for it: step_watch.h */
    bool foreseen;  /* ... and these are hit, a bit each */
    uint8_t hits;
    bool borrowed;          /* #DB has an interrupt stack for it: step_stack.h */
    uint64_t kernels_stack; /* ... whose place in the TSS has held this */
    uint64_t lifted_at, lifted_space;
    uint64_t start, end;
    uint64_t code;   /* last byte of a page that is known to be executable: step_short.h; or 0 */
    uint64_t rsp;    /* before the instruction, which is at plan.rip */
    uint64_t words;  /* what the processor pushes if it is interrupted there lies below this */
    uint64_t flags_at; /* of a thread that sleeps: step_aside.h; else 0 */
    uint64_t space;  /* of ring 3: other programs have the same addresses */
    uint32_t masked; /* steps in a row in which no interrupt could be served */
    uint32_t alone;  /* ... of them before the others have run for a moment */
    struct gdb_trace_walk walks[STEP_WALKS]; /* trace_walk.h's; steps == 0: a free place */
    struct step_plan plan;
};

/* An instruction that is executed in a slot: displaced.h. */
struct displaced {
    uint64_t place;
    uint64_t rip, rsp, flags; /* where it belongs, and the program's IF */
    uint8_t length;           /* 0: there is none */
};

/* The registers that a C function keeps for its caller, and where to go on: see stack.S. */
struct recovery_point {
    uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

struct debugger_cpu;
typedef void debugger_call(struct debugger_cpu *cpu, void *context);

/*
 * A processor. The debuggee's frame is copied here on entry, and a second time when it leaves: the
 * stack below exit takes the exception that a bad frame raises at the iretq. The other stack is
 * what it waits on while another one serves the client, steps on, and goes on from.
 */
struct debugger_cpu {
    _Alignas(16) uint8_t stack[DEBUGGER_CPU_STACK];
    _Alignas(16) uint8_t exit_stack[1024];
    struct trap_frame exit;
    struct trap_frame frame;
    uint64_t system[SYSTEM_REGISTERS];
    struct recovery_point recovery;
    struct step step;
    struct displaced displaced;
    struct gdb_action action; /* what resume asked for */
    struct gdb_stop stop;
    struct fault_log faults;
    struct hand_over hand_over;
    void (*tell)(struct debugger_cpu *cpu); /* words for the stop that is to come, or NULL */
    bool crashed; /* ... which is about a mistake that nobody has handled */
    const char *panic; /* the kernel's last words, while it says them */
    uint64_t stopped_rip, stopped_rsp; /* as they were when the machine stopped */
    uint64_t own_rip; /* where the machine was in code of ours when it last stopped there */
    uint64_t collected_rip; /* the tracepoint here was hit before the stop, and is not hit again */
    uint64_t passed_rip, passed_rcx; /* left with RF set there */
    bool traced;   /* its thread is, from the client's resume on: wt.h */
    bool disarmed; /* the debug registers are off */
    uint64_t unread_dr6; /* of a debug trap that is on its way here */
    bool bs_given; /* DR6 was left to the kernel for a trap of its own, and may not be clear */
    bool watches_ports; /* CR4.DE is set for that, and for no other reason */
    volatile bool stopped;    /* the debugger's own code runs here, not the debuggee */
    struct fpu fpu;           /* valid: it is this stop's, or this hit's of a tracepoint */
    struct gdb_stop requested; /* with a signal: the next int3 is ours, and means this */
    volatile uint32_t stops;  /* so far, since boot */
    volatile bool leaving; /* ... and is about to leave: an NMI may still call it back */
    int patience;      /* with a byte that waits for another processor: ticks */
    volatile bool collecting; /* a tracepoint's data: to stop in there would leave it half done */
    bool client_waits; /* an NMI let a client in, who has to wait for a trap that is under way */
    volatile bool summoned; /* by an NMI that was not answered: when it comes, it means nothing */
    uint32_t recovered; /* exceptions of the debugger's own that were survived */
    uint32_t space_changes; /* of page tables that this one has heard of: space.h */

    /* For the seat and who has it: seat.h. */
    volatile bool online;
    volatile bool inside; /* about to decide about a trap: it is not to be parked in there */
    volatile bool freezes; /* it changes breakpoints, while all others are parked */
    volatile bool spins;  /* in code of ours that waits, and can be parked in there */
    volatile bool held;   /* it is to stay, or come to stay, in the debugger */
    volatile bool parked; /* ... and does */
    bool absent;          /* it has not answered an NMI in time, and runs */
    bool absence_told;
    bool stands_in;       /* stop is what a client wants of the one that runs */
    struct debugger_cpu *speaks_for; /* stop is about that one, or NULL */
    bool queued;          /* stop is to be reported before it goes on */
    bool reported;        /* stop was: a breakpoint under rip is not to be hit again */
    debugger_call *volatile call; /* to be done there, while it is parked */
    void *call_context;
    volatile bool call_done;
};

/* What debugger_init() was told. */
extern struct debugger_config debugger_settings;

struct debugger_cpu *debugger_this_cpu(void);

/* Processor n, NULL behind the last there could be; and its number. */
struct debugger_cpu *debugger_cpu(unsigned n);
unsigned debugger_cpu_number(const struct debugger_cpu *cpu);

/* debugger_init(), to be overruled by the kernel's own call of it. */
void debugger_provisional_init(const struct debugger_config *config);

/* The top of a small stack for exceptions that cannot use the current one. */
uint64_t debugger_interrupt_stack(void);

/* Stop at the frame and serve the client until it resumes; then leave through the frame's copy. */
_Noreturn void debugger_stop(struct debugger_cpu *cpu, const struct trap_frame *frame,
                             uint8_t signal);

_Static_assert(offsetof(struct debugger_cpu, exit) % 16 == 0, "exceptions align rsp to 16 bytes");

#endif
