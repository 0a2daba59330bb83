/*
 * What was met, by address: a bit for each 16 bytes of the program's memory, in a table of three
 * levels, and beside it a bit for what is a target. Allocators give neighbours to what is made one
 * after the other, and so the bits of what is visited one after the other lie in a few lines of the
 * cache; a hash of addresses takes a miss for each. It is 2.3 % of the memory that has blocks.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_parts.h"

struct holders_leaf **holders_marks[1 << (TAGS_ADDRESS_BITS - HOLDERS_MIDDLE_SHIFT)];

/* Numbers of nodes, 64 for each word that has any. */
static struct holders_room nodes;
static uint32_t node_words;

struct holders_word *holders_make_word(uintptr_t address)
{
    struct holders_leaf ***middle = &holders_marks[address >> HOLDERS_MIDDLE_SHIFT];
    struct holders_leaf **leaf;
    if (!*middle)
        *middle = holders_take(HOLDERS_MIDDLE * sizeof(void *));
    if (!*middle)
        return NULL;
    leaf = &(*middle)[address >> TAGS_LEAF_SHIFT & (HOLDERS_MIDDLE - 1)];
    if (!*leaf)
        *leaf = holders_take(sizeof **leaf);
    return *leaf ? holders_word(address) : NULL;
}

void holders_each_leaf(void (*visit)(struct holders_leaf *leaf, uintptr_t start))
{
    for (size_t i = 0; i < sizeof holders_marks / sizeof holders_marks[0]; i++)
        for (size_t k = 0; holders_marks[i] && k < HOLDERS_MIDDLE; k++)
            if (holders_marks[i][k])
                visit(holders_marks[i][k],
                      ((uintptr_t)i << HOLDERS_MIDDLE_SHIFT) | ((uintptr_t)k << TAGS_LEAF_SHIFT));
}

uint32_t *holders_node_at(struct holders_word *word, uintptr_t address)
{
    if (!word->nodes) {
        if (!holders_grow(&nodes, ((size_t)node_words + 1) * 64 * sizeof(uint32_t)))
            return NULL;
        word->nodes = ++node_words;
    }
    size_t at = (size_t)(word->nodes - 1) * 64 + (address >> TAGS_GRANULE_SHIFT & 63);
    return &((uint32_t *)nodes.at)[at];
}
