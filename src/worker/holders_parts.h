/*
 * What the files of the walk (holders.h) share: its tables, which live in a child that was forked
 * for it, and are of memory that this maps for itself. All is plain C on a picture of the program's
 * memory that nobody else changes.
 */
#ifndef WORKER_HOLDERS_PARTS_H
#define WORKER_HOLDERS_PARTS_H

#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/holders.h"
#include "worker/holders_python.h"

#define HOLDERS_NOBODY UINT32_MAX

enum holders_kind {
    HOLDERS_OBJECT,
    HOLDERS_BLOCK, /* that is no object; reached from one */
    HOLDERS_FRAME, /* struct holders_frame, of a thread */
};
enum holders_flag {
    HOLDERS_KIND_BITS = 3,
    HOLDERS_EXPANDED = 4, /* what it holds has been looked at */
    HOLDERS_TARGET = 8,   /* it is of a line that is asked about */
    HOLDERS_SEEN = 16,    /* reached without passing a target */
    HOLDERS_FREED = 32,   /* reached from targets alone */
    HOLDERS_ROOT = 64,
};

/* Memory of the walk's own; `count` and `capacity` in items. Zeroed. */
struct holders_room {
    void *at;
    size_t bytes;
};

/* A block of a line that is asked about. */
struct holders_target {
    uintptr_t block;
    uint64_t bytes;
    uint32_t node;  /* of its object; HOLDERS_NOBODY: it is no object, or nothing has led to it */
    uint32_t owner; /* node whose block points to it, where it is no object */
    uint8_t column;
    uint8_t question;
    bool is_free; /* nobody's: CPython keeps it for the next object of its type */
};

struct holders_walk {
    /* Nodes, in the order in which they were found: breadth first. */
    struct holders_room nodes, parents, flags, groups;
    uint32_t count;
    uint32_t expanded;         /* nodes before this one have been looked at */
    uint32_t roots;            /* the first ones are these */
    uint32_t current;          /* that is being looked at */
    struct holders_room slots; /* hash of nodes: by address */
    size_t slot_mask;
    /* Addresses of types that objects have: a hash, open addressing. */
    struct holders_room types;
    size_t type_mask, type_count;
    /* Sorted by address. */
    struct holders_room targets;
    size_t target_count;
    /* What is asked. */
    const struct holders_question *questions;
    size_t question_count;
    struct holders_root *threads; /* made before the fork */
    size_t thread_count;
    PyObject *modules; /* sys.modules */
    PyObject *builtins;
    uint64_t expected; /* objects, at the most, as far as one can say */
    uint64_t done;     /* for the progress */
    uint32_t faults;   /* objects that could not be read */
    bool is_short;     /* of memory: the answer is not whole */
};

/* The only one of the process. */
extern struct holders_walk holders_walk;

static inline uintptr_t *holders_nodes(void)
{
    return holders_walk.nodes.at;
}

static inline uint32_t *holders_parents(void)
{
    return holders_walk.parents.at;
}

static inline uint8_t *holders_flags(void)
{
    return holders_walk.flags.at;
}

static inline uint32_t *holders_groups(void)
{
    return holders_walk.groups.at;
}

static inline struct holders_target *holders_targets(void)
{
    return holders_walk.targets.at;
}

static inline PyObject *holders_object(uint32_t node)
{
    return (PyObject *)holders_nodes()[node];
}

static inline enum holders_kind holders_kind(uint32_t node)
{
    return (enum holders_kind)(holders_flags()[node] & HOLDERS_KIND_BITS);
}

/* ---- holders_room.c ---- */

/* Have room for `bytes`; what is there stays. False where memory is short. */
bool holders_grow(struct holders_room *room, size_t bytes);
/* The node with that address, HOLDERS_NOBODY where there is none. */
uint32_t holders_find(uintptr_t address);
/* The same, made as a child of `parent` where there is none. */
uint32_t holders_add(uintptr_t address, enum holders_kind kind, uint32_t parent);
bool holders_add_type(const PyTypeObject *type);
/* Do objects have that type? */
bool holders_is_type(uintptr_t address);

/* ---- holders_heap.c: blocks ---- */

/* The tag of the block at that address; 0: none begins there that is known. */
uint32_t holders_tag(uintptr_t block);
/* Bytes of a block with that tag. */
uint64_t holders_bytes(uintptr_t block, uint32_t tag);
/* Where the object's block begins. */
uintptr_t holders_block(PyObject *object);
/* The object in a block, NULL: it is none that is alive. */
PyObject *holders_object_in(uintptr_t block, uint64_t bytes);
/* All blocks of the lines that are asked about. */
void holders_find_targets(void);
/* The one with that block, NULL: it is none. */
struct holders_target *holders_target_at(uintptr_t block);
/* The one that the object is, NULL: it is none. */
struct holders_target *holders_target_of(uint32_t node);
/* Which nodes own the targets that are no objects. After the first walk. */
void holders_find_owners(void);
/* Bytes of the object with the blocks that are its alone: tables, buffers. */
uint64_t holders_deep_bytes(uint32_t node);

/* ---- holders_walk.c ---- */

/* Show `visit` what a node holds. May be left by a jump where memory cannot be read. */
void holders_expand(uint32_t node, visitproc visit, void *context);
/* Is the child a part of the parent to who writes Python, as its __dict__? */
bool holders_is_part(PyObject *parent, PyObject *child);
/* Run `step` for node after node from `*next` on until it says false; what cannot be read is left
 * out. */
void holders_each(bool (*step)(void));
void holders_run(void);

/* ---- holders_name.c ---- */

/* A text of bounded length. */
struct holders_text {
    char *at;
    size_t len, size;
};
void holders_put(struct holders_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Characters of a str, at most `limit` of them, without controls. */
void holders_put_str(struct holders_text *text, PyObject *string, size_t limit);
/* A short form of the value, as repr would have it; of others than str, bytes and numbers the type.
 */
void holders_put_value(struct holders_text *text, PyObject *value);
/* "dict", "app.Session". */
void holders_put_type(struct holders_text *text, const PyTypeObject *type);
/* The chain from a root to the node. That a holder on the way is bounded (`note`, true) is not
 * found out yet. */
bool holders_put_chain(struct holders_text *text, struct holders_text *note, uint32_t node);

/* ---- holders_tell.c ---- */

/* Progress: `percent`. */
void holders_progress(unsigned percent);
/* The answer, from the tables. */
void holders_tell(struct holders_text *out);

#endif
