/*
 * What is alive in the program at a moment, by line and type: a census; and what has become more or
 * less from one census to another one of the same worker. The host fills the rows in as the worker
 * tells them (worker/holders_census.h); all this is pure.
 *
 * Bytes are those of the blocks themselves, by the line that has allocated them. A row whose bytes
 * belong to objects that another line has made (a dict made there, and its table grown here) has
 * bytes and no count.
 */
#ifndef MODEL_LIVE_CENSUS_H
#define MODEL_LIVE_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE_ELSEWHERE UINT32_MAX /* for a file: on no profiled line */

struct live_row {
    uint32_t file; /* index into the model's files, or LIVE_ELSEWHERE */
    uint32_t line; /* 0 elsewhere */
    char *type;    /* owned; "dict", "app.Session"; "native" for blocks that are no object's */
    uint64_t count;
    int64_t bytes; /* >= 0 */
};

struct live_sum {
    uint64_t count;
    int64_t bytes;
};

struct live_census {
    bool is_taken;
    uint64_t realtime_ns;  /* when */
    uint64_t invocations;  /* of the app, that had ended by then */
    struct live_row *rows; /* owned; by file, line and type, once it is closed */
    size_t row_count, row_capacity;
    struct live_sum others; /* in rows that are too small to be told apart, */
    uint64_t other_rows;    /* so many of them */
    char *problem;          /* owned or NULL: what is missing in it, one line */
};

/* Add a row; `type` is copied. */
void live_census_add(struct live_census *census, const struct live_row *row);
/* No rows are to come: sort them, and put those of the same place and type together. */
void live_census_close(struct live_census *census);
/* Of all rows, the others included. */
struct live_sum live_census_sum(const struct live_census *census);
/* Free what it holds; it is not taken then. */
void live_census_clear(struct live_census *census);

/* A line and type of which there is more, or less, than before. */
struct live_change {
    uint32_t file;
    uint32_t line;
    const char *type; /* borrowed from one of the two censuses */
    struct live_sum before, after;
};

static inline int64_t live_change_bytes(const struct live_change *change)
{
    return change->after.bytes - change->before.bytes;
}

static inline int64_t live_change_count(const struct live_change *change)
{
    return (int64_t)(change->after.count - change->before.count);
}

/* There was none of it before, there is none of it after. */
static inline bool live_change_is_new(const struct live_change *change)
{
    return change->before.count == 0 && change->before.bytes == 0;
}

static inline bool live_change_is_gone(const struct live_change *change)
{
    return change->after.count == 0 && change->after.bytes == 0;
}

struct live_difference {
    struct live_change *changes; /* owned; by bytes, falling: what has become less is last */
    size_t count;
    struct live_sum before, after;
};

/* The second less the first; both have to stay as they are while it is used. */
struct live_difference live_difference_make(const struct live_census *before,
                                            const struct live_census *after);
void live_difference_clear(struct live_difference *difference);

enum live_state { LIVE_NONE, LIVE_ASKED, LIVE_READY, LIVE_FAILED };

/* The mark, and the moment that was compared with it last. Zeroed: neither. */
struct live_pair {
    enum live_state state; /* of what was asked for last */
    bool is_mark;          /* that is the mark; else the moment to compare with it */
    bool is_lost;          /* there was a mark, of a worker that is gone */
    unsigned percent;      /* while ASKED */
    uint64_t ended;        /* questions that were answered, or have failed */
    char *problem;         /* owned or NULL: FAILED, and why; one line */
    struct live_census mark, now;
    struct live_difference difference; /* where both are taken */
};

/* Something is asked for. */
void live_ask(struct live_pair *live, bool is_mark);
/* There is no answer to be had: `problem` (copied). */
void live_fail(struct live_pair *live, const char *problem);
/* It is not wanted any more. */
void live_stop(struct live_pair *live);
/* The answer, closed; ownership moves. A mark makes an end of the moment compared with the one
 * before. */
void live_answer(struct live_pair *live, struct live_census *census);
/* The worker is gone, and what was alive in it. */
void live_lose(struct live_pair *live);
struct live_pair live_copy(const struct live_pair *live);
void live_clear(struct live_pair *live);

#endif
