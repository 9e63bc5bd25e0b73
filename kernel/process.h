/*
 * process.h: programs that run. Each has one thread, an address space and a place for its floating
 * point registers; it ends by itself, or by an exception that it alone has to answer for.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "mm/address_space.h"
#include "program.h"
#include "sync.h"
#include "thread.h"

#define FPU_STATE_SIZE 512 /* FXSAVE */

#define PROCESS_ARGUMENT_MAX 64 /* with the zero at the end */

/* The list and the links are guarded by process_lock, the rest is the process's own. */
struct process {
    uint64_t pid;
    struct program *program;
    struct address_space space;
    struct thread *thread; /* that is it, while it has not ended */
    struct process *next;  /* of all */
    struct process *parent; /* NULL: nobody waits for it */
    bool ended;
    int status;
    char name[THREAD_NAME_MAX]; /* of the thread that it had */
    struct trap_frame start; /* where its thread begins in ring 3 */
    _Alignas(16) uint8_t fpu[FPU_STATE_SIZE];
};

extern struct process *process_first; /* the youngest */
extern struct mutex process_lock;

/* Exceptions of ring 3 end here from now on. After threads_init(). */
void process_init(void);

/* Start the first program. NULL, or one line that says why it cannot be. */
const char *process_launch(const char *path, const char *argument);

/* The one whose thread asks, NULL if that is a thread of the kernel. */
struct process *process_current(void);

/* What the system calls of these names do (syscall_numbers.h), for the current process. */
int64_t process_fork(const struct trap_frame *frame);
int64_t process_exec(struct trap_frame *frame, const char *path, const char *argument);
int64_t process_wait(uint64_t pid, int *status);
_Noreturn void process_end(int status);

#endif
