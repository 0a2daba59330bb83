/*
 * The verdict: which lines leak. A line leaks where invocation after invocation leaves blocks of it
 * that stay alive, a garbage collection included, for longer than such blocks live elsewhere. It is
 * judged from the table of what the latest invocations left behind (model/kept.h), so that it costs
 * the profiled program nothing:
 *
 *   - An invocation is *eligible* for a line where it is over, has run the line, is none of the
 *     first LEAK_WARM_UP of its worker (lazy imports, pools, caches that are made once), and none
 *     of the newest LEAK_RECENT (what is handed over is freed an invocation or a few later).
 *   - It *keeps* where what the line left of it is alive still.
 *
 * leak.c says when that is a leak, and why each of the rules is there. One thing the table cannot
 * tell: a store that is still filling and will stop looks like a leak. Where the worker was asked
 * who holds what a line keeps (model.evidence), and nine tenths of it hang on stores with a maximum
 * of their own (lru_cache(maxsize=128), deque(maxlen=50)), the line is no leak, but a suspect.
 */
#ifndef MODEL_LEAK_H
#define MODEL_LEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;

enum leak_limits {
    LEAK_WARM_UP = 2,
    LEAK_RECENT = 3,
    LEAK_JUDGED = 5,   /* eligible invocations, before a line is said to leak, or none */
    LEAK_EVIDENCE = 3, /* of them, that keep, at the least */
    /* Invocations, before there is a verdict. */
    LEAK_ENOUGH = LEAK_WARM_UP + LEAK_JUDGED + LEAK_RECENT,
    LEAK_MAX = 256, /* lines in a verdict: those that leak most */
};

enum leak_state {
    LEAK_SUSPECT, /* something stays, of too few invocations yet to call it a leak */
    LEAK_CERTAIN, /* what is shown, counted and fails as "a leak" is this alone */
};

struct leak {
    uint32_t file; /* index into model.files */
    uint32_t line;
    enum leak_state state;
    bool is_native;  /* most of the bytes are not Python's */
    bool is_outside; /* it is no invocation's: threads of the app keep more with each of them */
    bool is_bounded; /* a suspect alone: what holds it drops old ones by itself, and is filling */
    uint32_t kept;   /* eligible invocations that keep, */
    uint32_t of;     /* of this many eligible ones */
    int64_t bytes_per_invocation; /* mean over those that keep; positive */
    int64_t alive_bytes;          /* of all that the line has alive in the window */
    uint64_t first_number;        /* the oldest invocation that keeps; 0: none is told */
    uint64_t last_number;         /* the newest */
};

struct leaks {
    struct leak items[LEAK_MAX]; /* certain ones first, then by bytes_per_invocation, falling */
    size_t count;
    size_t certain;  /* of them */
    bool is_unknown; /* a recording of a version that had no verdict: then there are none */
};

/* What an invocation is to the verdict. */
enum leak_role {
    LEAK_ROLE_RUNNING,
    LEAK_ROLE_FIRST,  /* one of the first LEAK_WARM_UP of its function in this worker */
    LEAK_ROLE_NEWEST, /* one of the newest LEAK_RECENT */
    LEAK_ROLE_EVIDENCE,
};

/* Judge every line of the model's kept table. */
void leaks_judge(const struct model *model, struct leaks *leaks);
/* The verdict on a line, or NULL where there is none. */
const struct leak *leaks_find(const struct leaks *leaks, uint32_t file, uint32_t line);
/* Why leaks are not known: a clause, without a full stop; NULL where they are, be it that none is.
 */
const char *leaks_unknown(const struct model *model);
/* How many invocations of the kept table are over that have a higher number than `after`. */
unsigned leaks_over(const struct model *model, uint64_t after);
/* How many more invocations there must be before anything can be said; 0: none. */
unsigned leaks_missing(const struct model *model);
/* Nothing leaks for certain, and too few invocations were seen to say that nothing does. */
bool leaks_undecided(const struct model *model);
enum leak_role leaks_role(const struct model *model, uint64_t number);

#endif
