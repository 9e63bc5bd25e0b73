/*
 * syscall_numbers.h: what kernel and programs agree about. The number in rax, arguments in rdi,
 * rsi, rdx; the result in rax, an error as a negative number. SYSCALL destroys rcx and r11;
 * "int $0x80" does the same and destroys nothing.
 */
#ifndef SYSCALL_NUMBERS_H
#define SYSCALL_NUMBERS_H

#define SYS_EXIT   0 /* (status): does not return */
#define SYS_WRITE  1 /* (text, size): to the log; how much of it */
#define SYS_GETPID 2
#define SYS_YIELD  3
#define SYS_SLEEP  4 /* (milliseconds) */
#define SYS_FORK   5 /* 0 in the child, its pid in the parent */
#define SYS_EXEC   6 /* (path, argument): main(2, {path, argument}); returns only if it failed */
#define SYS_WAIT   7 /* (pid or 0 for any, int *status): the pid of a child that has ended */
#define SYS_PAGE   8 /* (address): how many hold the page there; 0: none has been made yet */
#define SYS_TICKS  9 /* milliseconds since boot */
#define SYS_BASE   10 /* (SYS_BASE_FS or SYS_BASE_GS, address): where that segment begins */
#define SYS_COUNT  11

#define SYS_BASE_FS 0
#define SYS_BASE_GS 1

#define SYS_WRITE_MAX 256

#define ERROR_NO_SYSCALL (-1)
#define ERROR_FAULT      (-2) /* an address that is not the program's */
#define ERROR_NO_MEMORY  (-3)
#define ERROR_NO_FILE    (-4) /* ... or one that cannot be executed: the log says why */
#define ERROR_NO_CHILD   (-5)

/* Status of a child that did not call exit: this, plus the vector of its exception. */
#define STATUS_KILLED 128

#endif
