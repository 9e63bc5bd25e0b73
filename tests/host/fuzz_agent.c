/*
 * fuzz_agent.c: the input is an agent expression, and so is each beginning of it. Whatever it is, it
 * ends, reads and prints nothing that it was not given, says where it is wrong, and means the same
 * the next time.
 */
#include "agent.h"
#include "fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PREFIXES_MAX 64

static bool read_register(void *context, unsigned regnum, uint64_t *value)
{
    (void)context;
    *value = regnum * 0x0101010101010101ull;
    return regnum < 24;
}

static bool read_memory(void *context, uint64_t address, void *out, size_t n)
{
    (void)context;
    memset(out, (int)address, n);
    return n <= 8 && address < 0x1000;
}

/* Text is looked at, so that a sanitizer sees it. */
static void print(void *context, const char *text, size_t n)
{
    unsigned *sum = context;
    for (size_t i = 0; i < n; i++)
        *sum = *sum * 31 + (unsigned char)text[i];
}

struct result {
    const char *wrong;
    uint64_t value;
    size_t at;
    unsigned printed;
    struct gdb_agent_variables variables;
};

/* In memory of just that size. */
static void run(struct result *r, const uint8_t *data, size_t n)
{
    uint8_t *code = malloc(n);
    memset(r, 0, sizeof *r);
    if (n)
        memcpy(code, data, n);
    const struct gdb_agent agent = {.context = &r->printed,
                                    .read_register = read_register,
                                    .read_memory = read_memory,
                                    .print = print,
                                    .variables = &r->variables};
    r->wrong = gdb_agent_run(&agent, (struct gdb_agent_code){code, n}, &r->value, &r->at);
    free(code);
}

static const char *check(const uint8_t *data, size_t n)
{
    static struct result first, second;
    run(&first, data, n);
    run(&second, data, n);
    if (memcmp(&first, &second, sizeof first) != 0)
        return "the same expression means something else the second time";
    if (first.wrong && first.value)
        return "what cannot be evaluated has a value";
    if (first.at > n)
        return "it is wrong behind its end";
    if (!first.wrong && (first.at >= n || data[first.at] != 0x27))
        return "it ends without an end";
    return NULL;
}

const char *fuzz_check(const uint8_t *data, size_t n)
{
    const char *wrong = check(data, n);
    for (size_t prefix = 0; !wrong && prefix < n && prefix < PREFIXES_MAX; prefix++)
        wrong = check(data, prefix);
    return wrong;
}
