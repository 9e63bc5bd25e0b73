/*
 * thread_list.c: the kernel's list of threads, without trust in it.
 */
#include "thread_list.h"

#include <string.h>

#include "gdbstub.h"
#include "line.h"
#include "thread_ids.h"

#define LIST_MAX 65536 /* more cannot be meant, and would take a client minutes */
#define ID_OF_CPU(n) (DEBUGGER_THREAD_MAX + 1 + (n))

/* What is known of the list as a whole, until it may have changed. */
static struct {
    bool known;
    size_t count;        /* entries, up to the end or to what is wrong */
    const char *problem; /* or NULL */
    uint64_t id;         /* of the entry behind which it is wrong; 0: at the first */
    uint64_t twice;      /* an id that two entries have; 0: none was found */
    size_t first;        /* the number of the one of them that is shown */
    uint32_t has_thread; /* bit n: one of them runs on processor n */
} list;

static struct {
    const char *problem;
    uint64_t id;
    uint64_t twice;
} told;

/* An entry of it, found last: clients go through them in order. */
static struct {
    uint64_t cursor;
    size_t number; /* 1 .. list.count; 0: before the first */
    struct debugger_thread thread;
} place;

/* ---- the list ---- */

/* Bytes of the kernel's, whatever they are: one that is no text costs a client the whole list. */
static void make_text(char *text, size_t size)
{
    text[size - 1] = '\0';
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            *text = '?';
    }
}

static bool next_entry(uint64_t *cursor, struct debugger_thread *thread)
{
    memset(thread, 0, sizeof(*thread));
    if (!debugger_settings.next_thread || !debugger_settings.next_thread(cursor, thread))
        return false;
    make_text(thread->name, sizeof(thread->name));
    make_text(thread->state, sizeof(thread->state));
    return true;
}

static struct debugger_cpu *runs_on(const struct debugger_thread *thread)
{
    struct debugger_cpu *cpu = debugger_cpu((unsigned)thread->cpu);

    return thread->running && thread->cpu >= 0 && cpu && cpu->online ? cpu : NULL;
}

static void note_cpu(const struct debugger_thread *thread)
{
    if (runs_on(thread))
        list.has_thread |= 1u << thread->cpu;
}

/* A circle of that many entries: how many come before one comes again. */
static size_t count_once(size_t circle)
{
    struct debugger_thread thread = {0};
    uint64_t ahead = 0, behind = 0;
    size_t n = 0;

    while (n < circle && next_entry(&ahead, &thread))
        n++;
    for (; n < LIST_MAX; n++) {
        list.id = thread.id;
        if (!next_entry(&behind, &thread) || !next_entry(&ahead, &thread) || ahead == behind)
            break;
    }
    return n;
}

/* The number of the one among the first n entries that has that id; 0: none has. */
static size_t number_of(uint64_t id, size_t n)
{
    struct debugger_thread thread;
    uint64_t cursor = 0;

    for (size_t i = 1; i <= n; i++) {
        if (next_entry(&cursor, &thread) && thread.id == id)
            return i;
    }
    return 0;
}

/* n come before it. A list in which it would take long to find out is not worth it. */
static void note_id(uint64_t id, size_t n, size_t *patience)
{
    if (!ids_seen(id) || list.twice || *patience < n)
        return;
    *patience -= n;
    list.first = number_of(id, n);
    if (list.first)
        list.twice = id;
}

/* Another one with an id that was there before: a client knows one thread by it. */
static bool is_second(const struct debugger_thread *thread, size_t number)
{
    return list.twice && thread->id == list.twice && number != list.first;
}

static const char *problem_of(const struct debugger_thread *thread)
{
    if (thread->id == 0)
        return thread->handle ? "the next one's id is 0" : "the next one cannot be read";
    return thread->id > DEBUGGER_THREAD_MAX ? "the next one has an id that cannot be" : NULL;
}

/* Brent's way to find a circle: a mark stays behind at each power of two, and is met again. */
static size_t count_entries(void)
{
    struct debugger_thread thread;
    uint64_t cursor = 0, mark = 0;
    size_t n = 0, marked = 0, patience = LIST_MAX;

    ids_forget();
    for (; n < LIST_MAX && next_entry(&cursor, &thread); n++) {
        list.problem = problem_of(&thread);
        if (list.problem)
            return n;
        if (marked && cursor == mark) {
            list.problem = "it goes round in a circle";
            list.twice = 0;
            return count_once(n + 1 - marked);
        }
        if (n + 1 >= 2 * marked) {
            mark = cursor;
            marked = n + 1;
        }
        list.id = thread.id;
        note_id(thread.id, n, &patience);
        if (!is_second(&thread, n + 1))
            note_cpu(&thread);
    }
    list.problem = n == LIST_MAX ? "it has no end" : NULL;
    return n;
}

static void look(void)
{
    if (list.known)
        return;
    memset(&list, 0, sizeof(list));
    list.known = true;
    list.count = count_entries();
    place.number = 0;
}

void threads_changed(void)
{
    list.known = false;
}

static void rewind(void)
{
    place.cursor = 0;
    place.number = 0;
}

/* To the next entry that is shown; false behind the last. */
static bool advance(void)
{
    do {
        if (place.number >= list.count || !next_entry(&place.cursor, &place.thread)) {
            rewind();
            return false;
        }
        place.number++;
    } while (is_second(&place.thread, place.number));
    return true;
}

/* From the present place on, and round. */
static bool find(gdb_tid id)
{
    look();
    if (place.number && place.thread.id == id)
        return true;
    for (size_t n = 0; n <= list.count; n++) {
        if (advance() && place.thread.id == id)
            return true;
    }
    rewind();
    return false;
}

/* ---- processors ---- */

static bool has_thread(unsigned cpu)
{
    look();
    return list.has_thread >> cpu & 1;
}

/* Before there are threads it has the number that the first of them will have: 1. */
static gdb_tid id_of(unsigned cpu)
{
    return list.count ? ID_OF_CPU(cpu) : cpu + 1;
}

static bool runs_none(unsigned cpu)
{
    return cpu < DEBUGGER_CPUS && debugger_cpu(cpu)->online && !has_thread(cpu);
}

/* The processor that a thread is, as it runs none. */
static struct debugger_cpu *bare_cpu(gdb_tid thread)
{
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
        rewind();
        steps = 0;
    } else if (bare_cpu(after)) {
        return next_bare_cpu((unsigned)(after - id_of(0)) + 1);
    } else if (!find(after)) {
        return GDB_TID_ANY;
    }
    if (steps++ < list.count && advance())
        return place.thread.id;
    return next_bare_cpu(0);
}

struct debugger_cpu *threads_cpu(gdb_tid thread)
{
    struct debugger_cpu *cpu = bare_cpu(thread);

    return !cpu && find(thread) ? runs_on(&place.thread) : cpu;
}

const struct debugger_thread *threads_asleep(gdb_tid thread)
{
    return !bare_cpu(thread) && find(thread) && !runs_on(&place.thread) ? &place.thread : NULL;
}

const struct debugger_thread *threads_entry(gdb_tid thread)
{
    return find(thread) ? &place.thread : NULL;
}

uint64_t threads_cr3(gdb_tid thread)
{
    return find(thread) ? place.thread.cr3 : 0;
}

uint64_t threads_handle(gdb_tid thread)
{
    return find(thread) ? place.thread.handle : 0;
}

gdb_tid threads_on(const struct debugger_cpu *cpu)
{
    unsigned n = debugger_cpu_number(cpu);

    if (!has_thread(n))
        return id_of(n);
    if (place.number && runs_on(&place.thread) == cpu)
        return place.thread.id;
    rewind();
    while (advance()) {
        if (runs_on(&place.thread) == cpu)
            return place.thread.id;
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
    if (!find(thread))
        return false;
    *info = (struct gdb_thread_info){.name = place.thread.name,
                                     .state = state_of(runs_on(&place.thread), place.thread.state),
                                     .core = place.thread.cpu};
    return true;
}

/* ---- words ---- */

static size_t describe_problem(char *text, size_t size)
{
    if (!list.count)
        return gdb_sprint(text, size, "the list of threads is spoiled: %s\n", list.problem);
    return gdb_sprint(text, size, "the list of threads is cut behind thread %lu: %s\n", list.id,
                      list.problem);
}

static size_t describe_twice(char *text, size_t size)
{
    return gdb_sprint(text, size, "the list of threads is spoiled: thread %lu is in it twice, and "
                      "the first of them is shown\n", list.twice);
}

/* Once for each problem. */
void threads_tell(void)
{
    char text[128];

    look();
    if (list.problem && (told.problem != list.problem || told.id != list.id))
        line_console(text, describe_problem(text, sizeof(text)));
    if (list.twice && told.twice != list.twice)
        line_console(text, describe_twice(text, sizeof(text)));
    told.problem = list.problem;
    told.id = list.id;
    told.twice = list.twice;
}

static void print_problems(struct gdb *g)
{
    char text[128];

    if (list.problem) {
        describe_problem(text, sizeof(text));
        gdb_print(g, "%s", text);
    }
    if (list.twice) {
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
