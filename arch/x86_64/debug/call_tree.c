/* call_tree.c: see call_tree.h. */
#include "call_tree.h"

#include <string.h>

#define OTHERS     0 /* the function that stands for those without a place */
#define NO_NODE    0
#define STACK_SPAN 0x10000 /* a stack that is farther away is another one */

/* ---- memory ---- */

static void *cut(uint8_t **memory, size_t n, size_t size)
{
    void *piece = *memory;

    *memory += (n * size + 15) & ~(size_t)15;
    return piece;
}

/* The functions' places are a power of two: found by hashing. Half of the rest are lines. */
bool call_tree_init(struct call_tree *tree, void *memory, size_t size)
{
    uint8_t *at = memory, *end = at + size;

    if (!memory || size < CALL_TREE_MIN)
        return false;
    memset(tree, 0, sizeof(*tree));
    tree->depth_max = UINT16_MAX;
    tree->function_max = size < 16 * CALL_TREE_MIN ? 512 : 4096;
    tree->frames = cut(&at, CALL_TREE_FRAMES, sizeof(tree->frames[0]));
    tree->functions = cut(&at, tree->function_max, sizeof(tree->functions[0]));
    tree->node_max = (uint32_t)((size_t)(end - at) / 2 / sizeof(tree->nodes[0]));
    tree->nodes = cut(&at, tree->node_max, sizeof(tree->nodes[0]));
    tree->line_max = (uint32_t)((size_t)(end - at) / sizeof(tree->lines[0]));
    tree->lines = cut(&at, 0, 0);
    memset(tree->functions, 0, tree->function_max * sizeof(tree->functions[0]));
    return true;
}

/* ---- functions ---- */

/* Its place, or a free one; never full: see function_at(). 0 is not among them. */
static uint32_t place_of(const struct call_tree *tree, uint64_t address)
{
    uint32_t mask = tree->function_max - 1;
    uint32_t i = (uint32_t)((address * 0x9e3779b97f4a7c15u) >> 40) & mask;

    while (i == OTHERS || (tree->functions[i].calls && tree->functions[i].address != address))
        i = (i + 1) & mask;
    return i;
}

/* One more call of it. */
static uint32_t called(struct call_tree *tree, uint64_t address)
{
    uint32_t i = place_of(tree, address);

    if (!tree->functions[i].calls && tree->function_count >= tree->function_max / 4 * 3)
        i = OTHERS;
    struct call_function *f = &tree->functions[i];

    if (!f->calls) {
        tree->function_count += i != OTHERS;
        f->address = address;
        f->min = UINT32_MAX;
    }
    f->calls++;
    f->open++;
    return i;
}

/* ---- nodes ---- */

/* The child of a node for a function; without room, the node itself. */
static uint32_t child_of(struct call_tree *tree, uint32_t parent, uint32_t function)
{
    struct call_node *nodes = tree->nodes;
    uint32_t n = nodes[parent].child;

    while (n != NO_NODE && nodes[n].function != function)
        n = nodes[n].sibling;
    if (n != NO_NODE)
        return n;
    if (tree->node_count == tree->node_max) {
        tree->nodes_lost++;
        return parent;
    }
    n = tree->node_count++;
    nodes[n] = (struct call_node){
        .function = function, .parent = parent, .sibling = nodes[parent].child};
    nodes[parent].child = n;
    return n;
}

/* ---- lines ---- */

static void tell(struct call_tree *tree, uint32_t depth)
{
    const struct call_frame *f = &tree->frames[depth];

    if (tree->no_lines || depth > tree->depth_max)
        return;
    if (tree->line_count == tree->line_max) {
        tree->lines_lost++;
        return;
    }
    tree->lines[tree->line_count++] = (struct call_line){
        .own = f->own, .below = f->below, .function = (uint16_t)f->function,
        .depth = (uint16_t)depth};
}

/* ---- frames ---- */

static struct call_frame *top(const struct call_tree *tree)
{
    return &tree->frames[tree->depth];
}

static void enter(struct call_tree *tree, uint64_t function, uint32_t parent)
{
    struct call_frame *f = top(tree);

    f->address = function;
    f->function = called(tree, function);
    f->node = child_of(tree, parent, f->function);
    f->own = 0;
    f->below = 0;
}

/* What the top frame has executed goes to its function, its node and its caller. */
static void settle(struct call_tree *tree)
{
    const struct call_frame *f = top(tree);
    struct call_function *function = &tree->functions[f->function];

    function->own += f->own;
    tree->nodes[f->node].own += f->own;
    if (tree->depth)
        tree->frames[tree->depth - 1].below += f->own + f->below;
}

static void finish(struct call_tree *tree)
{
    const struct call_frame *f = top(tree);
    struct call_function *function = &tree->functions[f->function];

    tell(tree, tree->depth);
    settle(tree);
    function->open--;
    if (f->own < function->min)
        function->min = f->own;
    if (f->own > function->max)
        function->max = f->own;
}

/* Back in a frame whose callees are over. */
static void pop_to(struct call_tree *tree, uint32_t depth)
{
    for (; tree->depth > depth; tree->depth--)
        finish(tree);
    tree->deeper = 0;
}

void call_tree_begin(struct call_tree *tree, uint64_t function, uint64_t slot, uint64_t back)
{
    tree->nodes[0] = (struct call_node){0};
    tree->node_count = 1;
    top(tree)->slot = slot;
    top(tree)->back = back;
    enter(tree, function, 0);
}

void call_tree_call(struct call_tree *tree, uint64_t function, uint64_t slot, uint64_t back)
{
    uint32_t parent = top(tree)->node;

    if (tree->depth == CALL_TREE_FRAMES - 1) {
        tree->deeper++;
        return;
    }
    tell(tree, tree->depth);
    tree->depth++;
    top(tree)->slot = slot;
    top(tree)->back = back;
    enter(tree, function, parent);
}

void call_tree_become(struct call_tree *tree, uint64_t function)
{
    finish(tree);
    enter(tree, function, tree->nodes[top(tree)->node].parent);
}

void call_tree_go_on(struct call_tree *tree, uint64_t function, uint64_t rsp)
{
    call_tree_become(tree, function);
    top(tree)->slot = rsp;
    top(tree)->back = 0;
    tree->left = false;
}

/* On the same stack, the frame is below rsp. */
static bool is_over(const struct call_frame *f, uint64_t rsp)
{
    return rsp - f->slot - 1 < STACK_SPAN;
}

/*
 * The call that goes on at rip; 0: none does. It is the last one as a rule. What has jumped over
 * calls of a recursion has the same return address in all of them.
 */
static uint32_t returned_from(const struct call_tree *tree, uint64_t rip, uint64_t rsp)
{
    const struct call_frame *f = tree->frames;
    uint32_t n = tree->depth;

    while (n > 0 && (f[n].back != rip || !is_over(&f[n], rsp)))
        n--;
    while (n > 1 && f[n - 1].back == rip && is_over(&f[n - 1], rsp))
        n--;
    return n;
}

enum call_return call_tree_return(struct call_tree *tree, uint64_t rip, uint64_t rsp)
{
    uint32_t n;

    if (tree->deeper && !is_over(top(tree), rsp)) {
        tree->deeper--;
        return CALL_RETURNED;
    }
    n = returned_from(tree, rip, rsp);
    if (n > 0) {
        pop_to(tree, n - 1);
        return CALL_RETURNED;
    }
    if (is_over(&tree->frames[0], rsp) &&
        (tree->frames[0].back == rip || !tree->frames[0].back)) {
        pop_to(tree, 0);
        tree->left = true;
        return CALL_LEFT;
    }
    return CALL_JUMPED;
}

bool call_tree_unwind(struct call_tree *tree, uint64_t rsp)
{
    uint32_t n = tree->depth;

    while (n > 0 && is_over(&tree->frames[n], rsp))
        n--;
    if (n != tree->depth)
        pop_to(tree, n);
    return !tree->frames[0].back || !is_over(&tree->frames[0], rsp);
}

void call_tree_end(struct call_tree *tree)
{
    for (; tree->depth; tree->depth--) {
        tell(tree, tree->depth);
        settle(tree);
    }
    if (tree->left) {
        finish(tree);
    } else {
        tell(tree, 0);
        settle(tree);
    }
    tree->deeper = 0;
}
