/* test_thread_list.c: every list comes to an end, and everybody in it is there once. */
#include "lists_world.h"
#include "test.h"
#include "thread_list.h"

#include <stdio.h>
#include <string.h>

/* Behind all threads: the processors that run none of the threads. */
#define CPU_ID(n) (DEBUGGER_THREAD_MAX + 1 + (n))

/* The threads 1..n come first, in order, and then the processors given by bits. */
static void check_list(size_t n, unsigned bare)
{
    gdb_tid id = threads_next(GDB_TID_ANY);

    for (size_t i = 1; i <= n; i++, id = threads_next(id))
        CHECK(id == i, "%lu instead of %zu", id, i);
    for (unsigned cpu = 0; cpu < DEBUGGER_CPUS; cpu++) {
        if (!(bare >> cpu & 1))
            continue;
        CHECK(id == (n ? CPU_ID(cpu) : cpu + 1), "%lx for cpu%u", id, cpu);
        CHECK(threads_cpu(id) == world_cpu(cpu));
        id = threads_next(id);
    }
    CHECK(id == GDB_TID_ANY, "%lx at the end", id);
}

static const char *told(void)
{
    world_console[0] = '\0';
    threads_changed();
    threads_tell();
    return world_console;
}

TEST(without_a_list_the_processors_are_the_threads)
{
    world_make(0);
    check_list(0, 0xf);
    debugger_settings.next_thread = NULL;
    threads_changed();
    check_list(0, 0xf);
    world_cpu(2)->online = false;
    check_list(0, 0xb);
    CHECK(!threads_cpu(3) && !threads_asleep(3) && !threads_cpu(5) && !threads_cpu(0));
}

TEST(each_of_1000_threads_is_listed_once_in_linear_time)
{
    world_make(1000);
    world_run(17, 2);
    world_run(999, 0);
    check_list(1000, 0xa);
    CHECK(world_steps < 8 * 1000, "%zu steps", world_steps);
    world_steps = 0;
    for (gdb_tid id = 1; id <= 1000; id++)
        CHECK(!threads_cpu(id) == !!threads_asleep(id), "%lu", id);
    CHECK(world_steps < 8 * 1000, "%zu steps", world_steps);
    CHECK(threads_cpu(18) == world_cpu(2) && threads_on(world_cpu(2)) == 18);
    CHECK(threads_cpu(1000) == world_cpu(0) && threads_on(world_cpu(0)) == 1000);
    CHECK(threads_on(world_cpu(1)) == CPU_ID(1));
    CHECK(told()[0] == '\0');
}

static uint64_t numbers[WORLD_THREADS];

static void renumber(unsigned stride, bool backwards)
{
    world_make(1000);
    for (size_t i = 0; i < 1000; i++) {
        numbers[i] = 1 + (backwards ? 999 - i : i) * stride % 1000;
        world_list[i].thread.id = numbers[i];
    }
    threads_changed();
    world_steps = 0;
}

/* In whatever order a client asks, as long as the kernel has given its ids in some order. */
TEST(one_of_1000_is_found_without_a_walk_past_all_others)
{
    for (int backwards = 0; backwards < 2; backwards++) {
        renumber(1, backwards);
        for (size_t i = 0; i < 1000; i++)
            CHECK(threads_asleep(numbers[i * 383 % 1000])->id == numbers[i * 383 % 1000]);
        CHECK(world_steps < 1001 + 20 * 1000, "%zu steps", world_steps);
        world_steps = 0;
        for (size_t i = 1000; i-- > 0;)
            CHECK(threads_entry(numbers[i])->id == numbers[i]);
        CHECK(world_steps < 20 * 1000, "%zu steps", world_steps);
    }
    renumber(383, false);
    for (size_t i = 1000; i-- > 0;)
        CHECK(threads_entry(numbers[i])->id == numbers[i] && !threads_entry(2000 + i));
}

/* The n stops that come at once after another; the list was looked at if no one of them is free. */
static size_t least_steps_of_a_stop(int n)
{
    size_t least = SIZE_MAX;

    for (; n > 0; n--) {
        world_steps = 0;
        threads_changed();
        threads_tell();
        CHECK(threads_on(world_cpu(1)) == 501 && threads_cpu(501) == world_cpu(1));
        CHECK(threads_on(world_cpu(0)) == CPU_ID(0) && threads_cpu(CPU_ID(0)) == world_cpu(0));
        CHECK(threads_cr3(501) == 0x5000 && !threads_asleep(501));
        least = world_steps < least ? world_steps : least;
    }
    return least;
}

TEST(stops_in_a_row_do_not_walk_a_list_of_1000_that_was_sound)
{
    world_make(1000);
    world_list[500].thread.cr3 = 0x5000;
    world_run(500, 1);
    CHECK(least_steps_of_a_stop(20) >= 1000, "without the hook");
    debugger_settings.thread_on = world_thread_on;
    CHECK(least_steps_of_a_stop(100) == 0, "of a list that is sound");
    CHECK(threads_asleep(700) && world_steps >= 1000, "asked for another one, it is looked at");

    world_list[800].thread.id = 3;
    threads_doubt();
    CHECK(strstr(told(), "thread 3 is in it twice"), "%s", world_console);
    CHECK(least_steps_of_a_stop(20) >= 1000, "of one that is not sound");
    world_list[800].thread.id = 801;
    threads_changed();
    threads_tell();
    CHECK(least_steps_of_a_stop(100) == 0, "and is again");
}

/* A client that reads all registers asks for each of them whose it is. */
TEST(the_processor_of_a_thread_that_runs_is_asked_for_once_a_stop)
{
    world_make(9);
    debugger_settings.thread_on = world_thread_on;
    world_run(4, 1);
    threads_tell();
    threads_changed();
    threads_cpu(5);
    world_asked = 0;
    for (int n = 0; n < 100; n++)
        CHECK(threads_cpu(5) == world_cpu(1));
    CHECK(world_asked == 0, "%zu times more", world_asked);
    world_list[4].thread.running = false;
    world_run(6, 1);
    threads_changed();
    CHECK(!threads_cpu(5) && threads_cpu(7) == world_cpu(1), "the next stop is another one");
}

/* The processor says that it runs one that is in no list, or of an id that cannot be. */
TEST(who_is_in_no_list_is_not_believed_to_run)
{
    static const int nexts[] = {6, 5};

    for (size_t i = 0; i < 2; i++) {
        world_make(9);
        debugger_settings.thread_on = world_thread_on;
        world_run(5, 2);
        world_list[4].next = nexts[i];
        world_list[5].thread.id = i ? DEBUGGER_THREAD_MAX + 1 : 6;
        threads_doubt();
        for (int n = 0; n < 20; n++) {
            threads_changed();
            threads_tell();
            CHECK(threads_on(world_cpu(2)) == CPU_ID(2) && !threads_entry(6));
        }
        CHECK(!strstr(world_console, "cut behind") == !i, "%s", world_console);
    }
}

TEST(a_circle_is_cut_where_it_closes_wherever_it_begins)
{
    for (int from = 0; from < 40; from++) {
        for (int to = 0; to <= from; to++) {
            char words[80];

            world_make(40);
            world_list[from].next = to;
            CHECK(told()[0] != '\0');
            snprintf(words, sizeof(words), "cut behind thread %d: it goes round in a circle",
                     from + 1);
            CHECK(strstr(world_console, words), "%d to %d: %s", from, to, world_console);
            check_list((size_t)from + 1, 0xf);
            CHECK(!threads_asleep((gdb_tid)from + 2));
        }
    }
}

TEST(what_cannot_be_read_cuts_the_list_and_is_told_once)
{
    world_make(9);
    world_list[4].next = WORLD_UNREADABLE;
    CHECK(strstr(told(), "cut behind thread 5: the next one cannot be read"), "%s", world_console);
    CHECK(told()[0] == '\0');
    check_list(5, 0xf);
    world_list[4].next = 5;
    CHECK(told()[0] == '\0');
    check_list(9, 0xf);
    world_list[4].next = WORLD_UNREADABLE;
    CHECK(told()[0] != '\0');
}

TEST(ids_that_cannot_be_cut_the_list)
{
    static const uint64_t ids[] = {0, DEBUGGER_THREAD_MAX + 1, UINT64_MAX};

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        world_make(9);
        world_list[5].thread.id = ids[i];
        CHECK(strstr(told(), "cut behind thread 5"), "%s", world_console);
        check_list(5, 0xf);
    }
    world_make(9);
    world_list[0].thread.id = 0;
    CHECK(strstr(told(), "spoiled: the next one cannot be read"), "%s", world_console);
    world_list[0].thread.handle = 0x1000;
    CHECK(strstr(told(), "spoiled: the next one's id is 0"), "%s", world_console);
    check_list(0, 0xf);
}

TEST(a_list_without_an_end_has_one)
{
    world_make(9);
    world_list[8].next = WORLD_ENDLESS;
    CHECK(strstr(told(), "it has no end"), "%s", world_console);
    CHECK(world_steps < 200000, "%zu", world_steps);
    CHECK(threads_asleep(9) && threads_next(9) == WORLD_THREADS + 1);
}

TEST(an_id_twice_in_the_list_does_not_make_it_endless)
{
    size_t n = 0;

    world_make(9);
    world_list[6].thread.id = 3;
    threads_changed();
    for (gdb_tid id = threads_next(GDB_TID_ANY); id != GDB_TID_ANY; id = threads_next(id))
        CHECK(++n <= 9 + DEBUGGER_CPUS, "goes round");
    CHECK(strstr(told(), "thread 3 is in it twice"), "%s", world_console);
    CHECK(told()[0] == '\0', "once");
    world_list[6].thread.id = 7;
    CHECK(told()[0] == '\0');
}

/* Also to a client that asks for each as it walks the list; the second's processor has none. */
TEST(of_an_id_twice_in_the_list_the_first_is_shown_once)
{
    struct gdb_thread_info info;
    size_t n = 0;

    world_make(9);
    world_run(6, 2);
    world_list[6].thread.id = 3;
    for (gdb_tid id = threads_next(GDB_TID_ANY); id != GDB_TID_ANY; id = threads_next(id), n++) {
        CHECK(id != 3 || n == 2, "at %zu", n);
        CHECK(threads_info(id, &info));
        CHECK(id != 3 || strcmp(info.name, "thread/3") == 0, "%s", info.name);
    }
    CHECK(n == 8 + DEBUGGER_CPUS, "%zu", n);
    CHECK(threads_asleep(3) && threads_on(world_cpu(2)) == CPU_ID(2));
    CHECK(strstr(told(), "the first of them is shown"), "%s", world_console);
}

/* Wherever the two are, and however ids are made; and no other list is accused. */
TEST(an_id_twice_in_the_list_is_found)
{
    static const uint64_t strides[] = {1, 64, 4096, 0x10000};

    for (size_t i = 0; i < sizeof strides / sizeof strides[0]; i++) {
        world_make(200);
        for (size_t n = 0; n < 200; n++)
            world_list[n].thread.id = (n + 1) * strides[i];
        CHECK(told()[0] == '\0', "%s", world_console);
        for (size_t second = 1; second < 200; second += 9) {
            uint64_t own = world_list[second].thread.id;

            world_list[second].thread.id = world_list[second / 2].thread.id;
            CHECK(strstr(told(), "in it twice"), "%zu of %lu: %s", second, strides[i], world_console);
            CHECK(world_steps < 50000, "%zu steps", world_steps);
            world_list[second].thread.id = own;
            world_steps = 0;
            CHECK(told()[0] == '\0', "%s", world_console);
        }
    }
}

TEST(who_has_exited_or_never_was_is_not_there)
{
    static const gdb_tid never[] = {0, GDB_TID_ALL, GDB_TID_ALL - 1, 10, CPU_ID(4), CPU_ID(-1)};

    world_make(9);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        CHECK(!threads_cpu(never[i]) && !threads_asleep(never[i]), "%lx", never[i]);
        CHECK(i == 0 || threads_next(never[i]) == GDB_TID_ANY, "%lx", never[i]);
        CHECK(threads_cr3(never[i]) == 0, "%lx", never[i]);
    }
    CHECK(threads_asleep(4));
    world_list[2].next = 4;
    CHECK(threads_next(GDB_TID_ANY) == 1 && threads_next(3) == 5);
    CHECK(!threads_asleep(4) && threads_asleep(5));
}

TEST(a_thread_that_says_it_runs_where_nobody_is_sleeps)
{
    static const int nowhere[] = {-1, -2147483647, 4, 31, 32, 99, 2147483647, 3};
    struct gdb_thread_info info;

    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        world_make(3);
        world_cpu(3)->online = false;
        world_run(1, nowhere[i]);
        CHECK(threads_asleep(2) && !threads_cpu(2), "cpu %d", nowhere[i]);
        check_list(3, 0x7);
        CHECK(threads_info(2, &info));
    }
}

TEST(two_threads_that_run_on_the_same_processor_do_not_confuse_it)
{
    world_make(5);
    world_run(1, 0);
    world_run(3, 0);
    CHECK(threads_cpu(2) == world_cpu(0) && threads_cpu(4) == world_cpu(0));
    CHECK(threads_on(world_cpu(0)) == 2 || threads_on(world_cpu(0)) == 4);
    check_list(5, 0xe);
}

TEST(bytes_that_are_no_text_are_not_shown)
{
    struct gdb_thread_info info;

    world_make(2);
    strcpy(world_list[0].thread.name, "a\xff<\x01\x7f~");
    strcpy(world_list[0].thread.state, "on \xc3");
    CHECK(threads_info(1, &info) && strcmp(info.name, "a?<??~") == 0, "%s", info.name);
    CHECK(strcmp(info.state, "on ?") == 0, "%s", info.state);
}

TEST(texts_without_an_end_are_ended_and_the_absent_are_marked)
{
    struct gdb_thread_info info;

    world_make(2);
    memset(world_list[0].thread.name, 'x', sizeof(world_list[0].thread.name));
    memset(world_list[0].thread.state, 'y', sizeof(world_list[0].thread.state));
    world_run(1, 1);
    world_cpu(1)->absent = true;
    world_cpu(2)->absent = true;
    CHECK(threads_info(1, &info) && strlen(info.name) == 31 && strlen(info.state) == 63);
    CHECK(threads_info(2, &info) && strstr(info.state, "does not answer") && info.core == 1);
    CHECK(threads_info(CPU_ID(2), &info) && strstr(info.state, "does not answer"));
    CHECK(threads_info(CPU_ID(0), &info) && strcmp(info.name, "cpu0") == 0 && info.core == 0);
    CHECK(!threads_info(3, &info) && !threads_info(CPU_ID(1), &info));
}
