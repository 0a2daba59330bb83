/*
 * The worker's heap as a whole, and what its RSS is made of:
 *
 *   RSS = Python + native + free in arenas + other
 *
 * Python and native are the bytes of live blocks, by the sizes that were asked for. pymalloc takes
 * memory from the system in arenas and gives an arena back when nothing in it lives: free in arenas
 * is what it holds and no live block asked for. Other is the rest: code, stacks, what malloc keeps
 * of freed blocks. It is negative where more was asked for than was ever touched, since memory that
 * was not touched is not resident.
 */
#ifndef MODEL_HEAP_H
#define MODEL_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct heap {
    bool is_on;        /* Python's blocks are counted; where not, all below is 0 */
    bool native_is_on; /* and native ones; where not, they are part of other */
    int64_t python_bytes;
    int64_t native_bytes;
    int64_t small_bytes; /* of Python's, what lies in arenas */
    int64_t arena_bytes;
    int64_t baseline_bytes; /* Python and native when the app was loaded; 0 before */
};

/* Python and native. */
int64_t heap_live_bytes(const struct heap *heap);
/* Never negative. */
int64_t heap_free_bytes(const struct heap *heap);
int64_t heap_other_bytes(const struct heap *heap, int64_t rss_bytes);

#endif
