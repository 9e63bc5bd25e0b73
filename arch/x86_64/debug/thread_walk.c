/* thread_walk.c: see thread_walk.h. */
#include "thread_walk.h"

#include <string.h>

#include "thread_ids.h"
#include "thread_index.h"

#define LIST_MAX 65536 /* more cannot be meant, and would take a client minutes */

struct thread_walk thread_walk;

/* An entry of it, found last: clients go through them in order. */
static struct {
    uint64_t cursor;
    size_t number; /* 1 .. count; 0: before the first */
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

void thread_make_texts(struct debugger_thread *thread)
{
    make_text(thread->name, sizeof(thread->name));
    make_text(thread->state, sizeof(thread->state));
}

static bool next_entry(uint64_t *cursor, struct debugger_thread *thread)
{
    memset(thread, 0, sizeof(*thread));
    if (!debugger_settings.next_thread || !debugger_settings.next_thread(cursor, thread))
        return false;
    thread_make_texts(thread);
    return true;
}

struct debugger_cpu *thread_runs_on(const struct debugger_thread *thread)
{
    struct debugger_cpu *cpu = debugger_cpu((unsigned)thread->cpu);

    return thread->running && thread->cpu >= 0 && cpu && cpu->online ? cpu : NULL;
}

static void note_cpu(const struct debugger_thread *thread)
{
    if (thread_runs_on(thread))
        thread_walk.has_thread |= 1u << thread->cpu;
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
        thread_walk.id = thread.id;
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
    if (!ids_seen(id) || thread_walk.twice || *patience < n)
        return;
    *patience -= n;
    thread_walk.first = number_of(id, n);
    if (thread_walk.first)
        thread_walk.twice = id;
}

/* Another one with an id that was there before: a client knows one thread by it. */
static bool is_second(const struct debugger_thread *thread, size_t number)
{
    return thread_walk.twice && thread->id == thread_walk.twice && number != thread_walk.first;
}

const char *thread_problem(const struct debugger_thread *thread)
{
    if (thread->id == 0)
        return thread->handle ? "the next one's id is 0" : "the next one cannot be read";
    return thread->id > DEBUGGER_THREAD_MAX ? "the next one has an id that cannot be" : NULL;
}

/* Brent's way to find a circle: a mark stays behind at each power of two, and is met again. */
static size_t count_entries(void)
{
    struct debugger_thread thread;
    uint64_t cursor = 0, from = 0, mark = 0;
    size_t n = 0, marked = 0, patience = LIST_MAX;

    ids_forget();
    index_forget();
    for (; n < LIST_MAX && next_entry(&cursor, &thread); n++) {
        thread_walk.problem = thread_problem(&thread);
        if (thread_walk.problem)
            return n;
        if (marked && cursor == mark) {
            thread_walk.problem = "it goes round in a circle";
            thread_walk.twice = 0;
            return count_once(n + 1 - marked);
        }
        if (n + 1 >= 2 * marked) {
            mark = cursor;
            marked = n + 1;
        }
        thread_walk.id = thread.id;
        note_id(thread.id, n, &patience);
        index_add(from, thread.id);
        from = cursor;
        if (!is_second(&thread, n + 1))
            note_cpu(&thread);
    }
    thread_walk.problem = n == LIST_MAX ? "it has no end" : NULL;
    return n;
}

void thread_walk_all(void)
{
    memset(&thread_walk, 0, sizeof(thread_walk));
    thread_walk.count = count_entries();
    place.number = 0;
}

/* ---- one of them ---- */

const struct debugger_thread *thread_walk_here(void)
{
    return place.number ? &place.thread : NULL;
}

void thread_walk_rewind(void)
{
    place.cursor = 0;
    place.number = 0;
}

/* To the next entry that is shown; false behind the last. */
bool thread_walk_advance(void)
{
    do {
        if (place.number >= thread_walk.count || !next_entry(&place.cursor, &place.thread)) {
            thread_walk_rewind();
            return false;
        }
        place.number++;
    } while (is_second(&place.thread, place.number));
    return true;
}

static bool find_in_index(gdb_tid id)
{
    struct index_part part;
    size_t n = 0;

    while (index_find(id, &n, &part)) {
        place.cursor = part.cursor;
        place.number = part.before;
        for (size_t i = 0; i < part.entries && thread_walk_advance(); i++) {
            if (place.thread.id == id)
                return true;
        }
    }
    thread_walk_rewind();
    return false;
}

/* At the present place, or the next: clients go through them in order. */
bool thread_walk_find(gdb_tid id)
{
    if (place.number && (place.thread.id == id || (thread_walk_advance() && place.thread.id == id)))
        return true;
    return find_in_index(id);
}

