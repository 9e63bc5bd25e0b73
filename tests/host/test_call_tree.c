/* test_call_tree.c: the tree of calls: against a program that counts for itself, and where it has no room. */
#include "call_tree.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define MAIN  0x1000 /* the function that the trace begins in */
#define BACK  0x77   /* where it returns to */
#define STACK 0x7000000000
#define FUNCTION(n) (0x10000 + 0x100 * (uint64_t)(n))

static struct call_tree tree;
static uint8_t *memory;

static void begin_with(size_t size)
{
    free(memory);
    memory = malloc(size);
    CHECK(call_tree_init(&tree, memory, size));
    call_tree_begin(&tree, MAIN, STACK, BACK);
}

static void count(unsigned n)
{
    while (n--)
        call_tree_count(&tree);
}

static uint64_t slot_of(unsigned depth)
{
    return STACK - 0x20 * depth;
}

/* The nth call in a row, with return address n. */
static void call(uint64_t function, unsigned depth)
{
    call_tree_count(&tree);
    call_tree_call(&tree, function, slot_of(depth), depth);
}

static enum call_return ret(unsigned depth)
{
    call_tree_count(&tree);
    return call_tree_return(&tree, depth ? depth : BACK, slot_of(depth) + 8);
}

static const struct call_function *row(uint64_t address)
{
    for (unsigned i = 0; i < tree.function_max; i++)
        if (tree.functions[i].calls && tree.functions[i].address == address)
            return &tree.functions[i];
    test_fail("no row for %#lx", (unsigned long)address);
}

static uint64_t sum_of_functions(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < tree.function_max; i++)
        sum += tree.functions[i].own;
    return sum;
}

static uint64_t sum_of_nodes(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < tree.node_count; i++)
        sum += tree.nodes[i].own;
    return sum;
}

TEST(call_tree_of_nothing)
{
    CHECK(!call_tree_init(&tree, NULL, 1 << 20));
    begin_with(CALL_TREE_MIN);
    CHECK(!call_tree_init(&tree, memory, CALL_TREE_MIN - 1));
    call_tree_end(&tree);
    CHECK(row(MAIN)->calls == 1 && row(MAIN)->own == 0 && row(MAIN)->open == 1);
    CHECK(tree.line_count == 1 && !tree.left && sum_of_functions() == 0);
}

TEST(call_tree_lines_are_those_of_windbg)
{
    static const struct call_line wanted[] = {
        {3, 0, 1, 0}, {5, 0, 2, 1}, {7, 0, 3, 2}, {9, 7, 2, 1}, {6, 16, 1, 0},
    };

    begin_with(CALL_TREE_MIN);
    count(2);
    call(FUNCTION(1), 1);
    count(4);
    call(FUNCTION(2), 2);
    count(6);
    CHECK(ret(2) == CALL_RETURNED);
    count(3);
    CHECK(ret(1) == CALL_RETURNED);
    count(2);
    CHECK(ret(0) == CALL_LEFT && tree.left);
    call_tree_end(&tree);
    CHECK(tree.line_count == 5, "%u", tree.line_count);
    for (unsigned i = 0; i < 5; i++) {
        const struct call_line *line = &tree.lines[i];
        static const uint64_t functions[] = {0, MAIN, FUNCTION(1), FUNCTION(2)};

        CHECK(line->own == wanted[i].own && line->below == wanted[i].below, "line %u", i);
        CHECK(line->depth == wanted[i].depth, "line %u", i);
        CHECK(tree.functions[line->function].address == functions[wanted[i].function]);
    }
    CHECK(row(MAIN)->min == 6 && row(MAIN)->max == 6 && row(MAIN)->open == 0);
    CHECK(row(FUNCTION(1))->own == 9 && row(FUNCTION(2))->own == 7);
    CHECK(sum_of_functions() == 22 && sum_of_nodes() == 22);
}

/* ---- any program ---- */

struct model {
    uint64_t own[8], calls[8];
    uint64_t total;
};

static void run(struct model *m, unsigned function, unsigned depth)
{
    m->calls[function]++;
    for (unsigned n = (unsigned)rand() % 5; n--;) {
        unsigned other = (unsigned)rand() % 8, own = (unsigned)rand() % 4;

        count(own);
        m->own[function] += own;
        m->total += own;
        if (depth >= 40 || rand() % 3)
            continue;
        m->own[function]++, m->total++;
        call(FUNCTION(other), depth + 1);
        run(m, other, depth + 1);
        CHECK(call_tree_function(&tree) == FUNCTION(function) || depth == 0);
    }
    if (depth) {
        m->own[function]++, m->total++;
        CHECK(ret(depth) == CALL_RETURNED);
    }
}

TEST(call_tree_counts_any_program)
{
    for (unsigned seed = 1; seed <= 200; seed++) {
        struct model m = {0};

        srand(seed);
        begin_with(1 << 20);
        for (unsigned i = 0; i < 20; i++)
            call(FUNCTION(7), 1), m.total++, run(&m, 7, 1);
        call_tree_end(&tree);
        for (unsigned f = 0; f < 8; f++) {
            if (!m.calls[f])
                continue;
            CHECK(row(FUNCTION(f))->calls == m.calls[f], "seed %u", seed);
            CHECK(row(FUNCTION(f))->own == m.own[f] && !row(FUNCTION(f))->open, "seed %u", seed);
            CHECK(row(FUNCTION(f))->min <= m.own[f] / m.calls[f], "seed %u", seed);
            CHECK(row(FUNCTION(f))->max >= m.own[f] / m.calls[f], "seed %u", seed);
        }
        CHECK(sum_of_functions() == m.total && sum_of_nodes() == m.total, "seed %u", seed);
        CHECK(!tree.lines_lost && !tree.nodes_lost);
    }
}

/* ---- what is no call and no return ---- */

TEST(call_tree_tail_call_is_a_call_of_its_own)
{
    begin_with(CALL_TREE_MIN);
    call(FUNCTION(1), 1), count(3);
    call_tree_become(&tree, FUNCTION(2));
    CHECK(call_tree_function(&tree) == FUNCTION(2) && tree.depth == 1);
    count(2);
    CHECK(ret(1) == CALL_RETURNED && tree.depth == 0);
    call_tree_end(&tree);
    CHECK(row(FUNCTION(1))->own == 3 && row(FUNCTION(1))->open == 0);
    CHECK(row(FUNCTION(2))->own == 3 && sum_of_functions() == 7);
}

TEST(call_tree_longjmp_ends_the_calls_that_it_leaves)
{
    begin_with(CALL_TREE_MIN);
    for (unsigned depth = 1; depth <= 5; depth++)
        call(FUNCTION(depth), depth);
    CHECK(call_tree_unwind(&tree, slot_of(2) - 8) && tree.depth == 2);
    CHECK(row(FUNCTION(5))->open == 0 && row(FUNCTION(2))->open == 1);
    CHECK(call_tree_unwind(&tree, slot_of(2) - 8) && tree.depth == 2, "once more changes nothing");
    CHECK(call_tree_unwind(&tree, STACK + 0x1000000) && tree.depth == 2, "another stack");
    CHECK(!call_tree_unwind(&tree, STACK + 8) && tree.depth == 0, "out of all of them");
    call_tree_end(&tree);
    CHECK(!tree.left && row(MAIN)->open == 1);
}

TEST(call_tree_return_over_calls_of_a_recursion)
{
    begin_with(CALL_TREE_MIN);
    call(FUNCTION(1), 1);
    for (unsigned depth = 2; depth <= 6; depth++) { /* all return to the same place */
        call_tree_count(&tree);
        call_tree_call(&tree, FUNCTION(1), slot_of(depth), 42);
    }
    CHECK(call_tree_return(&tree, 42, slot_of(6) + 8) == CALL_RETURNED && tree.depth == 5);
    CHECK(call_tree_return(&tree, 42, slot_of(3) + 8) == CALL_RETURNED && tree.depth == 2);
    CHECK(call_tree_return(&tree, 43, slot_of(2) + 8) == CALL_JUMPED && tree.depth == 2);
    CHECK(ret(1) == CALL_RETURNED && tree.depth == 0);
    CHECK(call_tree_return(&tree, BACK + 1, STACK + 8) == CALL_JUMPED && !tree.left);
    CHECK(ret(0) == CALL_LEFT);
}

TEST(call_tree_that_began_within_a_function)
{
    begin_with(CALL_TREE_MIN);
    CHECK(call_tree_init(&tree, memory, CALL_TREE_MIN));
    call_tree_begin(&tree, MAIN, STACK, 0);
    CHECK(call_tree_unwind(&tree, STACK + 8), "its frame may have been smaller");
    CHECK(call_tree_return(&tree, 0x1234, STACK + 0x48) == CALL_LEFT && tree.left);
}

TEST(call_tree_that_goes_on_in_the_callers)
{
    begin_with(CALL_TREE_MIN);
    call(FUNCTION(1), 1), ret(1);
    CHECK(ret(0) == CALL_LEFT);
    call_tree_go_on(&tree, FUNCTION(8), STACK + 8);
    CHECK(row(MAIN)->open == 0 && call_tree_function(&tree) == FUNCTION(8));
    call(FUNCTION(2), 2);
    CHECK(call_tree_unwind(&tree, STACK + 0x100) && tree.depth == 0, "a longjmp ends nothing now");
    CHECK(call_tree_return(&tree, 0x4321, STACK + 0x108) == CALL_LEFT && tree.left);
    call_tree_go_on(&tree, FUNCTION(9), STACK + 0x108);
    count(3);
    call_tree_end(&tree);
    CHECK(row(FUNCTION(9))->own == 3 && row(FUNCTION(9))->open == 1, "it has not returned");
    CHECK(sum_of_functions() == 7, "%lu", (unsigned long)sum_of_functions());
}

/* ---- no room ---- */

TEST(call_tree_deeper_than_it_has_frames)
{
    unsigned deepest = CALL_TREE_FRAMES + 100;

    begin_with(1 << 20);
    for (unsigned depth = 1; depth <= deepest; depth++)
        call(FUNCTION(depth), depth);
    CHECK(tree.depth == CALL_TREE_FRAMES - 1 && tree.deeper == 101);
    for (unsigned depth = deepest; depth > 0; depth--)
        CHECK(ret(depth) == CALL_RETURNED, "%u", depth);
    CHECK(tree.depth == 0 && !tree.deeper && ret(0) == CALL_LEFT);
    call_tree_end(&tree);
    CHECK(sum_of_functions() == 2 * deepest + 1 && sum_of_nodes() == 2 * deepest + 1);
    CHECK(row(FUNCTION(CALL_TREE_FRAMES - 1))->own == 2 * 101 + 1);
}

TEST(call_tree_of_more_functions_and_lines_than_there_is_room_for)
{
    enum { FUNCTIONS = 2000, TURNS = 3 };

    begin_with(CALL_TREE_MIN);
    for (unsigned turn = 0; turn < TURNS; turn++)
        for (unsigned f = 0; f < FUNCTIONS; f++)
            call(FUNCTION(f), 1), count(f % 3), ret(1);
    CHECK(ret(0) == CALL_LEFT);
    call_tree_end(&tree);
    CHECK(tree.function_count < tree.function_max && tree.functions[0].calls > FUNCTIONS);
    CHECK(tree.lines_lost && tree.line_count == tree.line_max);
    CHECK((uint8_t *)&tree.lines[tree.line_max] <= memory + CALL_TREE_MIN);
    CHECK(row(FUNCTION(1))->calls == TURNS && row(FUNCTION(1))->own == TURNS * 2);
    CHECK(tree.line_count + tree.lines_lost == 2 * TURNS * FUNCTIONS + 1);

    uint64_t total = 1 + TURNS * (2 * FUNCTIONS);
    for (unsigned f = 0; f < FUNCTIONS; f++)
        total += TURNS * (f % 3);
    CHECK(sum_of_functions() == total && sum_of_nodes() == total);
}

TEST(call_tree_of_more_stacks_than_there_is_room_for)
{
    enum { FUNCTIONS = 50 };

    begin_with(CALL_TREE_MIN);
    for (unsigned f = 0; f < FUNCTIONS; f++) {
        call(FUNCTION(f), 1);
        for (unsigned inner = 0; inner < FUNCTIONS; inner++)
            call(FUNCTION(inner), 2), ret(2);
        CHECK(ret(1) == CALL_RETURNED);
    }
    call_tree_end(&tree);
    CHECK(tree.nodes_lost && tree.node_count == tree.node_max && tree.depth == 0);
    CHECK(row(FUNCTION(7))->own == 2 * FUNCTIONS + 1, "%u", row(FUNCTION(7))->own);
    CHECK(sum_of_functions() == sum_of_nodes());
}

TEST(call_tree_without_lines_and_with_few)
{
    begin_with(CALL_TREE_MIN);
    tree.depth_max = 1;
    for (unsigned depth = 1; depth <= 3; depth++)
        call(FUNCTION(depth), depth);
    for (unsigned depth = 3; depth > 0; depth--)
        ret(depth);
    call_tree_end(&tree);
    CHECK(tree.line_count == 4 && tree.lines_lost == 0, "%u", tree.line_count);
    begin_with(CALL_TREE_MIN);
    tree.no_lines = true;
    call(FUNCTION(1), 1), ret(1), ret(0);
    call_tree_end(&tree);
    CHECK(tree.line_count == 0 && sum_of_functions() == 3);
}
