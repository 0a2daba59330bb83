/*
 * Between the files of the walk: what was met and waits to be looked at, and what is looked at.
 */
#ifndef WORKER_HOLDERS_MEET_H
#define WORKER_HOLDERS_MEET_H

#include "worker/holders_parts.h"

enum { HOLDERS_RING = 32 };

/* What was met, and has not been looked at. */
struct holders_met {
    uintptr_t address;
    uint32_t parent; /* behind targets its own node */
    uint32_t kind;
};

struct holders_front {
    struct holders_met ring[HOLDERS_RING];
    uint32_t first, count;            /* in the ring */
    uint32_t current;                 /* node that is being looked at */
    uint32_t expanded;                /* nodes before this one have been looked at */
    uint32_t level_end;               /* nodes of this level end before */
    bool is_behind;                   /* the second part of the walk is under way */
    struct holders_room parts;        /* uint32_t */
    uint32_t parts_taken, part_count; /* nodes that are looked at before all others */
    struct holders_room stores;       /* uint32_t: nodes that are looked at after all others */
    uint32_t stores_taken, store_count;
    struct holders_room reached; /* struct holders_met: targets that the first part has met */
    uint32_t reached_count;
};

extern struct holders_front holders_front;

/* Something holds what is there. */
void holders_meet(uintptr_t address, uint32_t kind);
/* The same, for tp_traverse. */
int holders_visit(PyObject *object, void *context);
/* A node behind targets; HOLDERS_NOBODY where memory is short. Not to be looked at before it has
 * settled. */
uint32_t holders_add_behind(uintptr_t address, unsigned flags, uint32_t parent);
/* What is there is to settle, soon. `node`: its parent, or itself where it has one. */
void holders_wait(uintptr_t address, uint32_t node, uint32_t kind);
/* Bytes of a node behind targets. */
uint64_t *holders_own(uint32_t node);
/* Read the types of the oldest `count` that wait, and give them nodes. */
void holders_settle(uint32_t count);
/* Meet all that the node holds. */
void holders_expand(uint32_t node);

#endif
