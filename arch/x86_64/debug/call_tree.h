/*
 * call_tree.h: who called whom, and how many instructions each of them executed: what "monitor wt"
 * finds out, instruction by instruction.
 *
 * Pure: no hardware, no symbols, no memory but the caller's, of which it takes what it gets. What
 * does not fit is counted and summed up in a row of its own; the totals are always right.
 */
#ifndef TRAPLINE_CALL_TREE_H
#define TRAPLINE_CALL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALL_TREE_FRAMES 256 /* calls within each other; deeper ones belong to the last of them */
#define CALL_TREE_MIN    0x10000 /* bytes of memory that make sense */

/* A function, or all for which there was no room: the first. */
struct call_function {
    uint64_t address;
    uint32_t calls, own; /* instructions in all */
    uint32_t min, max;   /* ... in a call that is over */
    uint32_t open;       /* calls that are not */
};

/* A function where it was called by who was called by whom: a node of the tree of stacks. */
struct call_node {
    uint32_t function, parent, child, sibling; /* indices; 0: there is none */
    uint32_t own;
};

/* What one line tells: at the end of a run of instructions in one call. */
struct call_line {
    uint32_t own, below; /* since the call: in the function, and in what it called */
    uint16_t function, depth;
};

/* A call that is under way. */
struct call_frame {
    uint64_t slot; /* where the return address was pushed: rsp is above when it has returned */
    uint64_t back; /* the return address, 0: not known */
    uint64_t address; /* of its function */
    uint32_t function, node;
    uint32_t own, below;
};

struct call_tree {
    struct call_frame *frames; /* 0 .. depth */
    struct call_function *functions;
    struct call_node *nodes;
    struct call_line *lines;
    uint32_t depth;
    uint32_t deeper; /* calls for which there is no frame */
    uint32_t function_count, function_max, node_count, node_max, line_count, line_max;
    uint32_t lines_lost, nodes_lost;
    uint16_t depth_max; /* of calls that have lines */
    bool no_lines;
    bool left; /* the function that the trace began in has returned */
};

/* False: that is too little memory. What is in there is overwritten. */
bool call_tree_init(struct call_tree *tree, void *memory, size_t size);

/* The trace begins in a function; slot and back as in call_frame. */
void call_tree_begin(struct call_tree *tree, uint64_t function, uint64_t slot, uint64_t back);

/* One more instruction of the function that runs. */
static inline void call_tree_count(struct call_tree *tree)
{
    tree->frames[tree->depth].own++;
}

/* It was a call of a function. */
void call_tree_call(struct call_tree *tree, uint64_t function, uint64_t slot, uint64_t back);

/* The function that runs has become another one, which returns to the same caller. */
void call_tree_become(struct call_tree *tree, uint64_t function);

/* Which function runs. */
static inline uint64_t call_tree_function(const struct call_tree *tree)
{
    return tree->frames[tree->depth].address;
}

/*
 * It was a return: what lies below rsp is over, down to the call that goes on at rip. The first is
 * told from a jump to an address that was pushed by nobody's call, which leads anywhere.
 */
enum call_return {
    CALL_RETURNED, /* to a call of the tree */
    CALL_LEFT,     /* from the function that the trace began in */
    CALL_JUMPED,
};
enum call_return call_tree_return(struct call_tree *tree, uint64_t rip, uint64_t rsp);

/* The trace goes on in its caller, somewhere within: whoever called that is not known. */
void call_tree_go_on(struct call_tree *tree, uint64_t function, uint64_t rsp);

/*
 * A jump has taken the stack with it: the calls below rsp are over. False: that is also the one
 * that the trace began in. Nothing is over if rsp is on another stack, as far as one can tell; nor
 * is a call that the trace began in the middle of.
 */
bool call_tree_unwind(struct call_tree *tree, uint64_t rsp);

/* The trace has ended: what has not returned is told as it is. */
void call_tree_end(struct call_tree *tree);

#endif
