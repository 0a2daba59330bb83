/*
 * Each text once: the same text has the same number, from 0 in the order of first coming. For what
 * logs repeat a million times.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct intern_entry {
    size_t offset;
    uint32_t len;
    uint32_t hash;
};

struct intern {
    char *bytes; /* owned; all texts, one after another */
    size_t len, capacity;
    struct intern_entry *entries; /* owned; by number */
    uint32_t count, entry_capacity;
    uint32_t *slots; /* owned; number + 1 by hash; a power of two of them */
    uint32_t slot_count;
};

/* All zero is an empty one. */
void intern_fini(struct intern *intern);
/* The number of `text`. UINT32_MAX where there are that many, or where it has 4 GiB. */
uint32_t intern_add(struct intern *intern, struct span text);
/* The text of a number that was given. Borrowed until the next intern_add. */
struct span intern_text(const struct intern *intern, uint32_t number);

#endif
