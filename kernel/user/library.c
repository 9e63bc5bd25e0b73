/* library.c: system calls, and a line of text. */
#include "user.h"

long system_call(long number, uint64_t a, uint64_t b, uint64_t c); /* start.S */
int main(int argc, char **argv);
_Noreturn void start_main(int argc, char **argv);
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int byte, size_t n);

const char *program_name;

void start_main(int argc, char **argv)
{
    program_name = argv[0] + (argv[0][0] == '/');
    exit(main(argc, argv));
}

void exit(int status)
{
    for (;;)
        system_call(SYS_EXIT, (uint64_t)status, 0, 0);
}

long write(const void *text, size_t size)
{
    return system_call(SYS_WRITE, (uint64_t)text, size, 0);
}

long getpid(void)
{
    return system_call(SYS_GETPID, 0, 0, 0);
}

void yield(void)
{
    system_call(SYS_YIELD, 0, 0, 0);
}

void sleep_ms(uint64_t ms)
{
    system_call(SYS_SLEEP, ms, 0, 0);
}

long fork(void)
{
    return system_call(SYS_FORK, 0, 0, 0);
}

long exec(const char *path, const char *argument)
{
    return system_call(SYS_EXEC, (uint64_t)path, (uint64_t)argument, 0);
}

long wait(long pid, int *status)
{
    return system_call(SYS_WAIT, (uint64_t)pid, (uint64_t)status, 0);
}

long page_holders(const void *address)
{
    return system_call(SYS_PAGE, (uint64_t)address, 0, 0);
}

long ticks(void)
{
    return system_call(SYS_TICKS, 0, 0, 0);
}

long set_base(long which, const void *address)
{
    return system_call(SYS_BASE, (uint64_t)which, (uint64_t)address, 0);
}

long getpid_by_int(void)
{
    long result = SYS_GETPID;

    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    return result;
}

/* The compiler calls these two. */
void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    void *start = to;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return start;
}

void *memset(void *to, int byte, size_t n)
{
    void *start = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
    return start;
}

size_t strlen(const char *text)
{
    size_t n = 0;

    while (text[n] != '\0')
        n++;
    return n;
}

/* A line that grows; what does not fit is left out. */
struct line {
    char text[SYS_WRITE_MAX];
    size_t length;
};

static void add(struct line *line, const char *text)
{
    while (*text != '\0' && line->length < sizeof(line->text) - 1)
        line->text[line->length++] = *text++;
}

static void add_number(struct line *line, long value)
{
    char digits[24];
    char *p = digits + sizeof(digits);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    for (*--p = '\0'; rest != 0 || *p == '\0'; rest /= 10)
        *--p = (char)('0' + rest % 10);
    if (value < 0)
        *--p = '-';
    add(line, p);
}

static void begin(struct line *line, const char *what)
{
    line->length = 0;
    add(line, program_name);
    add(line, ": ");
    add(line, what);
}

static void end(struct line *line)
{
    line->text[line->length++] = '\n';
    write(line->text, line->length);
}

void say(const char *what)
{
    struct line line;

    begin(&line, what);
    end(&line);
}

void say_number(const char *what, long value)
{
    struct line line;

    begin(&line, what);
    add(&line, " ");
    add_number(&line, value);
    end(&line);
}

void claim(bool holds, const char *what)
{
    struct line line;

    if (holds)
        return;
    begin(&line, "NOT TRUE: ");
    add(&line, what);
    end(&line);
    exit(1);
}
