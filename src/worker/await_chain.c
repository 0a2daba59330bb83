#include "config.h"
#include <Python.h>

#include "worker/await_chain.h"

#include <stdbool.h>
#include <string.h>

#include "worker/heap.h"

enum {
    LINES_FIRST = 4,     /* to begin with */
    LINES_MAX = 1 << 14, /* outer ones past it are left out */
};

static bool make_room(struct await_chain *chain)
{
    uint32_t capacity = chain->capacity ? 2 * chain->capacity : LINES_FIRST;
    if (chain->count < chain->capacity)
        return true;
    if (chain->count >= LINES_MAX)
        return false;
    heap_own_begin(); /* and not of the line that waits */
    struct await_line *lines = PyMem_Realloc(chain->lines, capacity * sizeof *lines);
    heap_own_end();
    if (!lines)
        return false;
    chain->lines = lines;
    chain->capacity = capacity;
    return true;
}

void await_chain_add(struct await_chain *chain, struct await_line line)
{
    if (make_room(chain))
        chain->lines[chain->count++] = line;
}

void await_chain_append(struct await_chain *chain, const struct await_chain *other, uint32_t first)
{
    for (uint32_t i = first; i < other->count; i++)
        await_chain_add(chain, other->lines[i]);
}

uint32_t await_chain_find(const struct await_chain *chain, const void *frame)
{
    uint32_t i = 0;
    while (i < chain->count && chain->lines[i].frame != frame)
        i++;
    return i;
}

void await_chain_shift(struct await_chain *chain)
{
    chain->count--;
    memmove(chain->lines, chain->lines + 1, chain->count * sizeof *chain->lines);
}

void await_chain_fini(struct await_chain *chain)
{
    PyMem_Free(chain->lines);
    *chain = (struct await_chain){0};
}
