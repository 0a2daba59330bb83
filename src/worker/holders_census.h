/*
 * What is alive, by line and type: the answer to QUESTION_CENSUS, made by the same kind of child as
 * those of holders.h. It walks nothing: it goes through the tags of all blocks, and sees from a
 * block's own words what lies in it.
 *
 * A block that is an object counts as one of its type. A block that is none (a list's items, a
 * dict's table) adds its bytes to those of the type of the object that points to it, on the line
 * that has allocated the block; where none does, it is native.
 */
#ifndef WORKER_HOLDERS_CENSUS_H
#define WORKER_HOLDERS_CENSUS_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/holders_parts.h"

/* A line and a type. */
struct holders_census_row {
    const PyTypeObject *type; /* NULL: native */
    uint32_t site;            /* index into the segment's; 0: no profiled line */
    uint64_t count, bytes;
};

/* Before the fork: where types can lie that no allocator has made. */
void holders_census_prepare(void);
/* In the child: count all, and write the answer. */
void holders_census(struct holders_text *out);

/* ---- holders_census_tell.c ---- */

/* The answer, of rows that fall by bytes. */
void holders_census_tell(struct holders_text *out, const struct holders_census_row *rows,
                         size_t count);

#endif
