/* wt_command.c: monitor wt and monitor until: what is to be traced, and from where. */
#include "wt.h"

#include <string.h>

#include "debugger.h"
#include "gdbstub.h"
#include "modules.h"
#include "protect.h"
#include "step_aside.h"
#include "symbols.h"
#include "thread_list.h"
#include "value.h"
#include "words.h"
#include "wt_state.h"

#define MAX_INSTRUCTIONS 10000000 /* where nobody says how many: a minute */

#define WT_USAGE                                                                                  \
    "usage: monitor wt [-depth N] [-module M] [-until ADDR | call | ret | branch] [-count]\n"     \
    "                  [-folded] [-max N], then continue; or [-show | -off]\n"
#define UNTIL_USAGE                                                                               \
    "usage: monitor until CONDITION [-max N], then continue; or off\n"                            \
    "  $rax == 5, *demo_counter > 10 && $rip != demo_hot\n"

/* ---- options ---- */

/* It becomes the trace only if all of it is good: the last one can still be shown. */
struct request {
    struct wt wt;
    uint64_t depth;
    bool show, off;
};

static bool take_count(struct gdb *g, char **args, uint64_t min, uint64_t max, uint64_t *value)
{
    const char *word = word_next(args);

    if (word_number(word, value) && *value >= min && *value <= max)
        return true;
    gdb_complain(g, "%s: not a number from %lu to %lu\n", *word ? word : "nothing", min, max);
    return false;
}

static bool take_max(struct gdb *g, char **args, struct request *r)
{
    uint64_t max;

    if (!take_count(g, args, 1, UINT32_MAX - 1, &max))
        return false;
    r->wt.max = (uint32_t)max;
    return true;
}

static bool is_module(const char *name)
{
    struct debugger_module module;
    char its[SYMBOL_HOME_MAX];

    for (size_t i = 0; module_nth_loaded(i, &module); i++) {
        module_copy_name(&module, its, sizeof(its));
        if (word_is(name, its))
            return true;
    }
    return word_is(name, "kernel");
}

static bool take_module(struct gdb *g, char **args, struct request *r)
{
    const char *name = word_next(args);

    if (!is_module(name)) {
        gdb_complain(g, "%s: no such module; see monitor lm, or say kernel\n",
                     *name ? name : "nothing");
        return false;
    }
    gdb_sprint(r->wt.module, sizeof(r->wt.module), "%s", name);
    return true;
}

static bool take_until(struct gdb *g, char **args, struct request *r)
{
    static const char *const words[] = {[WT_CALL] = "call", [WT_RET] = "ret",
                                        [WT_BRANCH] = "branch"};

    for (unsigned i = WT_CALL; i <= WT_BRANCH; i++) {
        size_t n = strlen(words[i]);

        if (strlen(*args) < n || memcmp(*args, words[i], n) != 0 ||
            ((*args)[n] && (*args)[n] != ' '))
            continue;
        word_next(args);
        r->wt.until = i;
        return true;
    }
    r->wt.until = WT_ADDRESS;
    if (!debugger_value(g, args, &r->wt.address))
        return false;
    if (!protect_is_own_code(r->wt.address))
        return true;
    gdb_complain(g, "that is in the debugger's own code, where nothing is traced\n");
    return false;
}

/* False: the client has been told what is wrong. */
static bool take_option(struct gdb *g, const char *option, char **args, struct request *r)
{
    if (word_is(option, "-depth"))
        return take_count(g, args, 0, CALL_TREE_FRAMES, &r->depth);
    if (word_is(option, "-max"))
        return take_max(g, args, r);
    if (word_is(option, "-module"))
        return take_module(g, args, r);
    if (word_is(option, "-until"))
        return take_until(g, args, r);
    if (word_is(option, "-count"))
        r->wt.count_only = true;
    else if (word_is(option, "-folded"))
        r->wt.folded = true;
    else if (word_is(option, "-show"))
        r->show = true;
    else if (word_is(option, "-off"))
        r->off = true;
    else
        gdb_complain(g, "%s: no such option\n" WT_USAGE, option);
    return !g->failed;
}

/* ---- where ---- */

static const char *refusal(gdb_tid thread)
{
    const struct debugger_cpu *cpu = threads_cpu(thread);

    if (!cpu && !threads_asleep(thread))
        return "there is no such thread";
    if (!cpu)
        return step_aside_can_sleep(thread)
                   ? NULL
                   : "this thread sleeps, and the kernel does not tell where its flags are";
    if (!cpu->parked && cpu != debugger_this_cpu())
        return "this thread's processor does not answer";
    if (protect_is_own_code(cpu->frame.rip) || cpu->own_rip == cpu->frame.rip)
        return "this is the debugger's own code, where nothing is traced";
    return NULL;
}

/* Where the function will return to, which only its beginning tells: 0 elsewhere. */
static uint64_t return_address(const struct gdb *g, uint64_t function, uint64_t rip, uint64_t rsp)
{
    uint64_t back;

    return function == rip && value_read(g, &back, rsp, sizeof(back)) == sizeof(back) ? back : 0;
}

static bool can_begin(struct gdb *g, struct request *r)
{
    const char *problem;

    r->wt.thread = value_thread(g);
    problem = refusal(r->wt.thread);
    if (problem)
        gdb_complain(g, "%s\n", problem);
    return !problem;
}

static void arm(const struct request *r)
{
    wt = r->wt;
    value_register(wt.thread, "rip", &wt.begin);
    value_register(wt.thread, "rsp", &wt.rsp);
    wt.rip = wt.begin;
    wt.phase = WT_ARMED;
}

static void say_facts(struct gdb *g)
{
    gdb_fact(g, "from", "0x%lx", wt.begin);
    if (g->json)
        gdb_result(g, "{thread=%lu}{max=%u}", wt.thread, wt.max);
}

static void say_where(struct gdb *g)
{
    const struct call_frame *root = &wt.tree.frames[0];
    char text[SYMBOL_TEXT_MAX];

    say_facts(g);
    if (root->back)
        gdb_fact(g, "to", "0x%lx", root->back);
    if (!threads_cpu(wt.thread))
        gdb_print(g, "thread %lu sleeps: continue waits for it, and then\n", wt.thread);
    gdb_print(g, "continue traces %s\n", symbol_text(wt.begin, text, sizeof(text)));
    if (wt.until != WT_RETURN)
        gdb_print(g, "to where -until says");
    else if (root->back)
        gdb_print(g, "to where it returns to, %s", symbol_text(root->back, text, sizeof(text)));
    else
        gdb_print(g, "to where this function returns, from within it");
    gdb_print(g, ", or %u instructions; Ctrl-C ends it\n", wt.max);
}

/* What the last trace has found was in the same memory. */
static bool make_tree(struct gdb *g, struct request *r)
{
    uint8_t *memory = debugger_settings.wt_memory;
    size_t size = debugger_settings.wt_size;

    if (!memory || size < WT_CODE_SIZE ||
        !call_tree_init(&r->wt.tree, memory + WT_CODE_SIZE, size - WT_CODE_SIZE)) {
        gdb_complain(g, "there is no memory for it: debugger_config.wt_memory\n");
        return false;
    }
    r->wt.has_tree = true;
    r->wt.tree.depth_max = (uint16_t)r->depth;
    r->wt.tree.no_lines = r->wt.count_only;
    return true;
}

static void begin_trace(struct gdb *g, struct request *r)
{
    uint64_t function;
    struct symbol s;

    if (!can_begin(g, r) || !make_tree(g, r))
        return;
    arm(r);
    wt_code_init(debugger_settings.wt_memory);
    function = symbol_at(wt.begin, &s) ? s.address : wt.begin;
    call_tree_begin(&wt.tree, function, wt.rsp,
                    return_address(g, function, wt.begin, wt.rsp));
    say_where(g);
}

static void show(struct gdb *g, const struct request *r)
{
    if (wt.phase != WT_OVER) {
        gdb_complain(g, wt.phase == WT_NONE ? "nothing was traced so far\n"
                                            : "what is to be traced waits for continue\n");
        return;
    }
    char traced[sizeof(wt.module)];

    memcpy(traced, wt.module, sizeof(traced));
    if (r->wt.module[0])
        memcpy(wt.module, r->wt.module, sizeof(wt.module));
    wt.count_only = r->wt.count_only;
    wt.folded = r->wt.folded;
    wt.tree.depth_max = (uint16_t)r->depth;
    wt_report(g, UINT32_MAX);
    memcpy(wt.module, traced, sizeof(wt.module));
}

static struct request r; /* too large for the stack */

void wt_command(struct gdb *g, char *args)
{
    r = (struct request){.wt = {.max = MAX_INSTRUCTIONS}, .depth = CALL_TREE_FRAMES};
    while (*args)
        if (!take_option(g, word_next(&args), &args, &r))
            return;
    if (r.off) {
        wt_forget();
        gdb_print(g, "nothing is to be traced\n");
    } else if (r.show) {
        show(g, &r);
    } else {
        begin_trace(g, &r);
    }
}

/* ---- until ---- */

static bool find_symbol(void *context, const char *name, uint64_t *value)
{
    (void)context;
    return symbol_named(name, value);
}

static bool find_register(void *context, const char *name, uint64_t *value)
{
    unsigned number;
    bool known = value_register_number(name, &number);

    (void)context;
    *value = known ? number : 0;
    return known;
}

/* What comes behind the first such word, or NULL; the text ends before it then. */
static char *cut_at(char *text, const char *word)
{
    for (; *text; text++) {
        size_t n = 0;

        while (word[n] && text[n] == word[n])
            n++;
        if (word[n])
            continue;
        *text = '\0';
        return text + n;
    }
    return NULL;
}

static bool take_until_max(struct gdb *g, char *args, struct request *r)
{
    size_t n = strlen(args), option = strlen(" -max");
    char *max = cut_at(args, " -max ");

    if (!max && n >= option && strcmp(args + n - option, " -max") == 0) {
        gdb_complain(g, UNTIL_USAGE);
        return false;
    }
    if (!max)
        return true;
    if (!take_max(g, &max, r))
        return false;
    if (*max)
        gdb_complain(g, UNTIL_USAGE);
    return !*max;
}

void wt_until_command(struct gdb *g, char *args)
{
    const struct expression_world names = {find_symbol, find_register, NULL, g};
    struct expression_problem problem;

    r = (struct request){.wt = {.max = MAX_INSTRUCTIONS, .until = WT_CONDITION}};
    if (word_is(args, "off")) {
        wt_forget();
        gdb_print(g, "nothing is to be traced\n");
        return;
    }
    if (!*args) {
        gdb_complain(g, UNTIL_USAGE);
        return;
    }
    if (!take_until_max(g, args, &r))
        return;
    if (!condition_prepare(&names, args, &r.wt.condition, &problem)) {
        gdb_complain(g, "%s%s%s\n" UNTIL_USAGE, problem.name, problem.name[0] ? ": " : "",
                     problem.text);
        return;
    }
    if (!can_begin(g, &r))
        return;
    arm(&r);
    say_facts(g);
    gdb_print(g, "continue steps until it holds, or %u instructions; Ctrl-C ends it\n", wt.max);
}
