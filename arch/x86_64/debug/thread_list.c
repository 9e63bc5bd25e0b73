/*
 * thread_list.c: see thread_list.h. When the list is walked, and what is made of it.
 */
#include "thread_list.h"

#include <string.h>

#include "gdbstub.h"
#include "line.h"
#include "processor.h"
#include "thread_walk.h"

#define ID_OF_CPU(n) (DEBUGGER_THREAD_MAX + 1 + (n))
#define PATIENCE 16 /* a look at the list takes at most one of so many parts of the time */

/* Until it may have changed, the last walk is good; and longer, if nobody asks for more of it. */
static struct {
    bool known;
    bool sound;            /* nothing was wrong with it, and the processors run what it says */
    bool doubted;          /* ... but the client has written to memory */
    uint64_t looked, took; /* when, and for how long: cycles of the TSC */
} list;

/* What thread_on says of each processor, until that may have changed. */
static struct {
    bool known;
    gdb_tid thread[DEBUGGER_CPUS]; /* 0: none */
} running;

static struct {
    const char *problem;
    uint64_t id;
    uint64_t twice;
} told;

/* ---- who runs, without the list ---- */

static bool entry_on(unsigned cpu, struct debugger_thread *thread)
{
    memset(thread, 0, sizeof(*thread));
    if (!debugger_cpu(cpu)->online || !debugger_settings.thread_on(cpu, thread))
        return false;
    thread_make_texts(thread);
    return !thread_problem(thread) && thread_runs_on(thread) == debugger_cpu(cpu);
}

static void ask_processors(void)
{
    struct debugger_thread thread;

    if (running.known)
        return;
    running.known = true;
    for (unsigned n = 0; n < DEBUGGER_CPUS; n++)
        running.thread[n] = entry_on(n, &thread) ? thread.id : 0;
}

static bool processors_agree(void)
{
    ask_processors();
    for (unsigned n = 0; n < DEBUGGER_CPUS; n++)
        if ((running.thread[n] != 0) != (thread_walk.has_thread >> n & 1))
            return false;
    return true;
}

static void look(void)
{
    uint64_t began = read_tsc();

    if (list.known)
        return;
    thread_walk_all();
    list.known = true;
    list.sound = debugger_settings.thread_on && thread_walk.count && !thread_walk.problem &&
                 !thread_walk.twice && processors_agree();
    list.looked = read_tsc();
    list.took = list.looked - began;
}

void threads_changed(void)
{
    list.known = false;
    list.sound &= !list.doubted;
    list.doubted = false;
    running.known = false;
}

void threads_doubt(void)
{
    list.doubted = true;
}

/*
 * A list that was sound a moment ago is not walked at each of many stops, as long as nobody asks
 * for more than who runs: that takes as long with a thousand threads as with one.
 */
static bool is_trusted(void)
{
    return list.sound && !list.known;
}

/* ---- one of them ---- */

/* In the list; NULL: it is not there. */
static const struct debugger_thread *find(gdb_tid id)
{
    look();
    return thread_walk_find(id) ? thread_walk_here() : NULL;
}

/* Without the list; NULL: it does not run, or nobody knows. */
static struct debugger_cpu *runner_of(gdb_tid id)
{
    if (list.sound)
        ask_processors();
    for (unsigned n = 0; n < DEBUGGER_CPUS && list.sound; n++)
        if (running.thread[n] && running.thread[n] == id)
            return debugger_cpu(n);
    return NULL;
}

static const struct debugger_thread *entry_of(gdb_tid id)
{
    static struct debugger_thread thread;
    const struct debugger_cpu *cpu = runner_of(id);

    return cpu && entry_on(debugger_cpu_number(cpu), &thread) ? &thread : find(id);
}

/* ---- processors ---- */

static bool has_thread(unsigned cpu)
{
    if (!is_trusted()) {
        look();
        return thread_walk.has_thread >> cpu & 1;
    }
    ask_processors();
    return running.thread[cpu] != 0;
}

/* Before there are threads it has the number that the first of them will have: 1. */
static gdb_tid id_of(unsigned cpu)
{
    return thread_walk.count ? ID_OF_CPU(cpu) : cpu + 1;
}

static bool runs_none(unsigned cpu)
{
    return cpu < DEBUGGER_CPUS && debugger_cpu(cpu)->online && !has_thread(cpu);
}

/* The processor that a thread is, as it runs none. */
static struct debugger_cpu *bare_cpu(gdb_tid thread)
{
    if (!is_trusted())
        look();

    uint64_t n = thread - id_of(0);

    return n < DEBUGGER_CPUS && runs_none((unsigned)n) ? debugger_cpu((unsigned)n) : NULL;
}

static gdb_tid next_bare_cpu(unsigned from)
{
    for (unsigned n = from; n < DEBUGGER_CPUS; n++) {
        if (runs_none(n))
            return id_of(n);
    }
    return GDB_TID_ANY;
}

/* ---- both ---- */

gdb_tid threads_next(gdb_tid after)
{
    static size_t steps; /* of two ids that are twice in it one's first place may be found again */

    if (after == GDB_TID_ANY) {
        threads_changed();
        look();
        thread_walk_rewind();
        steps = 0;
    } else if (bare_cpu(after)) {
        return next_bare_cpu((unsigned)(after - id_of(0)) + 1);
    } else if (!find(after)) {
        return GDB_TID_ANY;
    }
    if (steps++ < thread_walk.count && thread_walk_advance())
        return thread_walk_here()->id;
    return next_bare_cpu(0);
}

/* Asked for each register that a client reads. */
struct debugger_cpu *threads_cpu(gdb_tid thread)
{
    struct debugger_cpu *cpu = runner_of(thread);

    if (!cpu)
        cpu = bare_cpu(thread);

    const struct debugger_thread *entry = cpu ? NULL : find(thread);

    return entry ? thread_runs_on(entry) : cpu;
}

const struct debugger_thread *threads_asleep(gdb_tid thread)
{
    const struct debugger_thread *entry = bare_cpu(thread) ? NULL : entry_of(thread);

    return entry && !thread_runs_on(entry) ? entry : NULL;
}

const struct debugger_thread *threads_entry(gdb_tid thread)
{
    return entry_of(thread);
}

uint64_t threads_cr3(gdb_tid thread)
{
    const struct debugger_thread *entry = entry_of(thread);

    return entry ? entry->cr3 : 0;
}

uint64_t threads_handle(gdb_tid thread)
{
    const struct debugger_thread *entry = entry_of(thread);

    return entry ? entry->handle : 0;
}

gdb_tid threads_on(const struct debugger_cpu *cpu)
{
    unsigned n = debugger_cpu_number(cpu);

    if (!has_thread(n))
        return id_of(n);
    if (list.sound) {
        ask_processors();
        return running.thread[n];
    }
    if (thread_walk_here() && thread_runs_on(thread_walk_here()) == cpu)
        return thread_walk_here()->id;
    thread_walk_rewind();
    while (thread_walk_advance()) {
        if (thread_runs_on(thread_walk_here()) == cpu)
            return thread_walk_here()->id;
    }
    return id_of(n);
}

static const char *state_of(const struct debugger_cpu *cpu, const char *state)
{
    return cpu && cpu->absent ? "runs on: its processor does not answer" : state;
}

bool threads_info(gdb_tid thread, struct gdb_thread_info *info)
{
    static char name[8];
    const struct debugger_cpu *cpu = bare_cpu(thread);

    if (cpu) {
        gdb_sprint(name, sizeof(name), "cpu%u", debugger_cpu_number(cpu));
        *info = (struct gdb_thread_info){
            .name = name, .state = state_of(cpu, "running"), .core = (int)debugger_cpu_number(cpu)};
        return true;
    }

    const struct debugger_thread *entry = entry_of(thread);

    if (!entry)
        return false;
    *info = (struct gdb_thread_info){.name = entry->name,
                                     .state = state_of(thread_runs_on(entry), entry->state),
                                     .core = entry->cpu};
    return true;
}

/* ---- words ---- */

static size_t describe_problem(char *text, size_t size)
{
    if (!thread_walk.count)
        return gdb_sprint(text, size, "the list of threads is spoiled: %s\n", thread_walk.problem);
    return gdb_sprint(text, size, "the list of threads is cut behind thread %lu: %s\n",
                      thread_walk.id, thread_walk.problem);
}

static size_t describe_twice(char *text, size_t size)
{
    return gdb_sprint(text, size, "the list of threads is spoiled: thread %lu is in it twice, and "
                      "the first of them is shown\n", thread_walk.twice);
}

static bool is_recent(void)
{
    return is_trusted() && read_tsc() - list.looked < PATIENCE * list.took;
}

/* Once for each problem. */
void threads_tell(void)
{
    char text[128];

    if (is_recent())
        return;
    look();
    if (thread_walk.problem && (told.problem != thread_walk.problem || told.id != thread_walk.id))
        line_console(text, describe_problem(text, sizeof(text)));
    if (thread_walk.twice && told.twice != thread_walk.twice)
        line_console(text, describe_twice(text, sizeof(text)));
    told.problem = thread_walk.problem;
    told.id = thread_walk.id;
    told.twice = thread_walk.twice;
}

static void print_problems(struct gdb *g)
{
    char text[128];

    if (thread_walk.problem) {
        describe_problem(text, sizeof(text));
        gdb_print(g, "%s", text);
    }
    if (thread_walk.twice) {
        describe_twice(text, sizeof(text));
        gdb_print(g, "%s", text);
    }
}

void threads_command(struct gdb *g, char *args)
{
    struct gdb_thread_info info;

    (void)args;
    for (gdb_tid id = threads_next(GDB_TID_ANY); id != GDB_TID_ANY; id = threads_next(id)) {
        threads_info(id, &info);
        gdb_row(g, "{id=%lu}  {name:%s}  cpu{cpu=%d}  {state:%s}\n", id, info.name, info.core,
                info.state);
    }
    print_problems(g);
}
