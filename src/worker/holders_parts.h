/*
 * What the files of the walk (holders.h) share: its tables, which live in a child that was forked
 * for it, and are of memory that this maps for itself. All is plain C on a picture of the program's
 * memory that nobody else changes.
 *
 * The walk has two parts. The first one goes from the roots as far as the blocks of the lines that
 * are asked about, the targets, and not beyond; what it meets would stay if the targets went. The
 * second one goes on from the targets: all that it meets is reached through targets alone. So each
 * object is looked at once, and of most a bit is enough: only what holds others has a node.
 */
#ifndef WORKER_HOLDERS_PARTS_H
#define WORKER_HOLDERS_PARTS_H

#include <Python.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "wire/segment.h"
#include "worker/holders.h"
#include "worker/holders_python.h"
#include "worker/tags.h"

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
    HOLDERS_QUEUED = 16,
    HOLDERS_SOURCE = 32, /* a way leads there that passes no target, or none that is known */
    HOLDERS_DIRECT = 64, /* the same, of the targets of one question */
    HOLDERS_LOST = 128,  /* nothing in Python leads there, but it is alive */
};

/* Memory of the walk's own. Zeroed. */
struct holders_room {
    void *at;
    size_t bytes;
};

/* A block of a line that is asked about. */
struct holders_target {
    uintptr_t block;
    /* Of its object, or, where it is none, that of the object whose block points to it (is_owned);
     * HOLDERS_NOBODY: nothing has led to it. */
    uint32_t node;
    uint8_t column;
    uint8_t question;
    bool is_owned;
    bool is_free; /* nobody's: CPython keeps it for the next object of its type */
};

/* What is behind targets, by node less `behind`: a graph. Rooms of that many items. */
struct holders_graph {
    struct holders_room first, degree; /* uint32_t: in `edges` */
    struct holders_room edges;         /* uint32_t */
    struct holders_room own;           /* uint64_t: bytes, with the blocks that are its alone */
    struct holders_room targets;       /* uint32_t: which target it is, or HOLDERS_NOBODY */
    size_t edge_count;
};

struct holders_walk {
    /* Nodes, in the order in which they were found: breadth first. */
    struct holders_room nodes, parents, flags;
    uint32_t count;
    uint32_t behind; /* this one and those that follow are targets and what is behind them */
    struct holders_graph graph;
    /* Sorted by address. */
    struct holders_room targets;
    size_t target_count;
    uintptr_t first_target, last_target; /* addresses that a pointer into one can have */
    /* What is asked. */
    const struct holders_question *questions;
    size_t question_count;
    uint64_t numbers[SEGMENT_KEPT]; /* of the invocations, by column; 0: of none */
    uint64_t budget_ns;
    bool is_census;               /* instead: what is alive, by line and type */
    struct holders_root *threads; /* made before the fork */
    size_t thread_count;
    PyObject *modules; /* sys.modules */
    PyObject *builtins;
    uint64_t blocks; /* of the program, that are alive */
    uint64_t done;   /* of them, as far as one can say */
    uint64_t steps;
    uint32_t faults; /* objects that could not be read */
    bool is_short;   /* of memory: the answer is not whole */
    bool is_late;    /* the walk was given up before its end */
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
/* Address space for as much as that is going to be; where there is none it grows as it is used. */
void holders_reserve(struct holders_room *room, size_t bytes);
/* Zeroed memory that stays; NULL where it is short. */
void *holders_take(size_t bytes);
/* A new node; HOLDERS_NOBODY where memory is short. */
uint32_t holders_add(uintptr_t address, unsigned flags, uint32_t parent);

/* What one has to know of the objects of a type. */
enum holders_trait {
    HOLDERS_LEAF = 1,        /* they hold nothing */
    HOLDERS_TEXT = 2,        /* they hold nothing, or a second form of themselves: str */
    HOLDERS_BARE = 4,        /* they hold blocks alone */
    HOLDERS_DICT = 8,        /* exactly dict */
    HOLDERS_PART = 16,       /* each is a part of what holds it */
    HOLDERS_MAYBE_PART = 32, /* it may be: holders_is_part() */
    HOLDERS_INSIDE = 64,     /* they need more than tp_traverse: holders_inside.c */
    HOLDERS_STORE = 256,     /* they may have a limit: holders_limit() */
    HOLDERS_LIST = 128,      /* exactly list */
};
struct holders_class {
    const PyTypeObject *type;
    uint16_t traits;
    uint8_t before; /* bytes before the object in its block */
    /* Words of its block, up to which it is looked at for pointers to other blocks; but for these:
     * the collector's, the count and the type. */
    uint8_t words;
    uint8_t first_head, head;
    uint8_t blocks; /* that such an object has, most often */
};
/* Made where there is none; NULL where that is no type, or memory is short. */
const struct holders_class *holders_class(const PyTypeObject *type);
/* Do objects that were met have that type? */
bool holders_is_type(uintptr_t address);

/* ---- holders_marks.c: what was met, by address ---- */

enum {
    HOLDERS_WORD_SHIFT = TAGS_GRANULE_SHIFT + 6,
    HOLDERS_LEAF_WORDS = 1 << (TAGS_LEAF_SHIFT - HOLDERS_WORD_SHIFT),
    HOLDERS_MIDDLE_SHIFT = 30,
    HOLDERS_MIDDLE = 1 << (HOLDERS_MIDDLE_SHIFT - TAGS_LEAF_SHIFT),
};

/* Of 64 granules of 16 bytes. Two objects never begin in one granule. */
struct holders_word {
    uint64_t met;    /* an object that begins there was met */
    uint64_t target; /* a target begins there */
    uint32_t rank;   /* how many targets begin before */
    uint32_t nodes;  /* where the nodes of what begins here are, and one more; 0: there is none */
};
struct holders_leaf {
    struct holders_word words[HOLDERS_LEAF_WORDS];
};

extern struct holders_leaf **holders_marks[1 << (TAGS_ADDRESS_BITS - HOLDERS_MIDDLE_SHIFT)];

/* Can something be there? */
static ALWAYS_INLINE bool holders_is_address(uintptr_t address)
{
    return address >= 4096 && address >> TAGS_ADDRESS_BITS == 0;
}

/* That of an address (holders_is_address), NULL where it has none. */
static ALWAYS_INLINE struct holders_word *holders_word(uintptr_t address)
{
    struct holders_leaf **middle = holders_marks[address >> HOLDERS_MIDDLE_SHIFT];
    struct holders_leaf *leaf =
        middle ? middle[address >> TAGS_LEAF_SHIFT & (HOLDERS_MIDDLE - 1)] : NULL;
    return leaf ? &leaf->words[address >> HOLDERS_WORD_SHIFT & (HOLDERS_LEAF_WORDS - 1)] : NULL;
}

static ALWAYS_INLINE uint64_t holders_bit(uintptr_t address)
{
    return (uint64_t)1 << (address >> TAGS_GRANULE_SHIFT & 63);
}

/* The same, made where there is none; NULL where memory is short. */
struct holders_word *holders_make_word(uintptr_t address);
/* Call `visit` with each leaf, by address. */
void holders_each_leaf(void (*visit)(struct holders_leaf *leaf, uintptr_t start));
/* Where the number of the node that begins there is: 0, or one more than it. NULL where memory is
 * short. */
uint32_t *holders_node_at(struct holders_word *word, uintptr_t address);

/* ---- holders_heap.c: blocks ---- */

/* The tag of the block at that address; 0: none begins there that is known. */
uint32_t holders_tag(uintptr_t block);
/* Bytes of the block at that address; 0: none that is known. */
uint64_t holders_bytes(uintptr_t block);
/* The object in a block, NULL: it is none that is alive. */
PyObject *holders_object_in(uintptr_t block, uint64_t bytes);
/* The block that the address points into, near its beginning: the values of an instance have a
 * short prefix. 0: none. */
uintptr_t holders_block_of(uintptr_t address, uint64_t *bytes);
/* All blocks of the lines that are asked about. */
void holders_find_targets(void);
/* Which target begins at that address, HOLDERS_NOBODY: none does. */
uint32_t holders_target_at(uintptr_t block);
/* What the object's block points to, and is no object, belongs to its node where it is a target. */
void holders_look_for_targets(const PyObject *object, const struct holders_class *class,
                              uint32_t node);
/* The block, which the object's own does not point to, belongs to its node. */
void holders_give_block(uintptr_t block, uint32_t node);
/* Bytes of a block, once: of one that was asked about before 0. */
uint64_t holders_claim(uintptr_t block);
/* Bytes of an object that is behind targets, with the blocks that are its alone: tables, buffers.
 * To be asked once. */
uint64_t holders_own_bytes(const PyObject *object, const struct holders_class *class);

/* ---- holders_walk.c ---- */

void holders_run(void);

/* ---- holders_part.c ---- */

/* Traits of a type's objects: HOLDERS_PART, HOLDERS_MAYBE_PART, HOLDERS_INSIDE. */
unsigned holders_part_traits(const PyTypeObject *type);
/* Is the child a part of the parent to who writes Python, as its __dict__? */
bool holders_is_part(PyObject *parent, PyObject *child);
/* Are the type's objects numpy's arrays? */
bool holders_is_array(const PyTypeObject *type);
/* Are they pymemtop's, which hold nothing of the program's? */
bool holders_is_own(const PyTypeObject *type);

/* ---- holders_child.c ---- */

/* Run `step` again and again until it says false; where memory cannot be read, the step is left,
 * and counted in `faults`. */
void holders_each(bool (*step)(void));
/* Where to go on when memory cannot be read. */
extern sigjmp_buf *holders_way_out;
/* Is the time over? */
bool holders_is_over(void);
/* Progress: `percent`, 0 to 99. What is less than was told before is not told. */
void holders_progress(unsigned percent);
/* The same after the walk, where `done` of `all` is done of what the question takes. */
void holders_progress_after(size_t question, uint64_t done, uint64_t all);
/* The whole of it: never returns. `fd`: the pipe that the answer goes to; `parent`: this process's.
 */
void holders_child(int fd, pid_t parent) __attribute__((noreturn));

/* ---- holders_value.c ---- */

/* A text of bounded length: what has no room any more is left out, a character as a whole. */
struct holders_text {
    char *at;
    size_t len, size;
};
void holders_put(struct holders_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Characters of a str, at most `limit` of them, without controls. */
void holders_put_str(struct holders_text *text, PyObject *string, size_t limit);
/* `before` and a name; false where that is none (NULL, no str), and nothing is put. */
bool holders_put_named(struct holders_text *text, const char *before, PyObject *name);
/* A short form of the value, as repr would have it; of others than str, bytes, numbers, tuples,
 * classes and members of an enum the type: "<Session>". */
void holders_put_value(struct holders_text *text, PyObject *value);
/* "dict", "Session". */
void holders_put_type(struct holders_text *text, const PyTypeObject *type);
/* The same with its module where that is not builtins: "app.Session", "numpy.ndarray". */
void holders_put_whole_type(struct holders_text *text, const PyTypeObject *type);
/* The name of a module as the app's author has it. */
void holders_put_module(struct holders_text *text, PyObject *name);

/* ---- holders_name.c ---- */

/* Is the node one that a chain does not name: a part of its parent? */
bool holders_is_hidden(uint32_t node);
/* Of a store that drops old entries by itself. */
struct holders_limit {
    Py_ssize_t most;  /* entries at the most; -1: there is no such limit */
    Py_ssize_t count; /* entries that there are */
};
/* What hangs on one holder. */
struct holders_group {
    uint32_t node;        /* of the oldest, */
    uint32_t newest;      /* and of the newest */
    unsigned invocations; /* that have left one there, at the least; 0: not asked */
};
/* The chain from a root to the group's node, and the limit of a store on the way that is one for
 * all of them: each invocation's may be an entry of its own. `note` says which store, or which one
 * would be with a limit ("lru_cache(maxsize=128), 12 in it"). */
struct holders_limit holders_put_chain(struct holders_text *text, struct holders_text *note,
                                       const struct holders_group *group);
/* The limit of a store; -1 where the object is none. */
struct holders_limit holders_limit(PyObject *object);

/* ---- holders_rows.c: what is alive of a line, by type and by holder ---- */

enum { HOLDERS_ROWS = 4096, HOLDERS_TOLD_TYPES = 31, HOLDERS_TOLD_CHAINS = 16 };

struct holders_type_row {
    const PyTypeObject *type; /* NULL: blocks that are no object's */
    uint64_t count, bytes;
    uint64_t retained;
    PyObject *example; /* or NULL; one of the oldest invocation */
    uint32_t node;     /* of the example, or HOLDERS_NOBODY */
    uint64_t number;
};

struct holders_chain_row {
    uint64_t key;
    uint32_t node; /* of the oldest: its holder's, or HOLDERS_NOBODY */
    uint64_t number;
    uint32_t newest_node; /* the same of the newest */
    uint64_t newest;
    uint64_t columns[2]; /* a bit for each invocation that is told apart and has one of them */
    uint64_t count, bytes;
    uint64_t retained;
};

struct holders_rows {
    struct holders_type_row types[HOLDERS_ROWS];
    struct holders_chain_row chains[HOLDERS_ROWS];
    size_t type_count, chain_count;
    /* Indexes of those that are told, by bytes, falling. */
    size_t told_types[HOLDERS_TOLD_TYPES], told_type_count;
    size_t told_chains[HOLDERS_TOLD_CHAINS], told_chain_count;
    uint64_t count, shallow, oldest, newest, retained;
    bool has_retained; /* that is known */
};

extern struct holders_rows holders_rows;

/* Fill them in, for the question with that index. */
void holders_sum_up(size_t question);

/* ---- holders_freed.c: what would be freed with the targets of a question ---- */

/* The topmost target of the question on the way to the node, or the node where there is none. After
 * holders_freed_begin(). */
uint32_t holders_topmost(uint32_t node);
/* False where memory is short, or the time over: nothing is known then, and nothing below may be
 * called. */
bool holders_freed_begin(size_t question);
/* The rows of one of the question's targets. */
void holders_label(uint32_t node, size_t chain, size_t type);
/* A bit by row of a type, 0 for those that are not told, never the highest one. */
bool holders_freed_spread(size_t question, const uint32_t *bits_of_rows);

/* What becomes of a node. */
struct holders_fate {
    bool is_freed;
    uint64_t bytes; /* its own */
    uint32_t chain; /* row of the one through which alone it is held; HOLDERS_NOBODY: of several */
    uint32_t types; /* bits of those without whose objects it would be freed */
};
struct holders_fate holders_fate(uint32_t node);

/* ---- holders_tell.c ---- */

/* The answer, from the tables. */
void holders_tell(struct holders_text *out);

#endif
