/*
 * Lines to stop before, as the user has set them, and the conditions that he wrote. A breakpoint is
 * remembered with the text of its line, by which it is found again when the file has changed: it
 * goes to the nearest line that has the same text, indentation apart. Where there is none it is
 * kept, but holds nobody up (is_lost), until a later text has the line again.
 */
#ifndef MODEL_BREAKPOINT_H
#define MODEL_BREAKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/file.h"

/* Everything that must hold; 0 and NULL: no such condition. Bytes. */
struct breakpoint_condition {
    uint32_t hits;                 /* from that time on that the others hold */
    int64_t rss_above_bytes;       /* less pymemtop's own */
    int64_t heap_above_bytes;      /* above the loaded app's */
    int64_t increment_above_bytes; /* of one execution of the line: stops after it */
    int64_t live_above_bytes;      /* of the line */
    int64_t objects_least;         /* alive of the line */
    char *expression;              /* owned; Python */
};

struct breakpoint {
    uint32_t number; /* from 1, never used again */
    char *path;      /* owned; absolute */
    uint32_t line;
    char *text;      /* owned; of the line, as it was when it was set */
    char *condition; /* owned; as it was typed; "" for none */
    struct breakpoint_condition when;
    uint64_t hits;     /* how often somebody was stopped by it */
    bool is_lost;      /* the file has no such line any more */
    bool is_off;       /* its condition did not end: it holds nobody up until it has another */
    bool is_temporary; /* to be dropped at the next stop; not shown */
};

struct breakpoints {
    struct breakpoint *items; /* owned; in the order in which they were set */
    size_t count;
    uint32_t last_number;
};

/* All zero is an empty set. */
void breakpoints_fini(struct breakpoints *set);
/* A deep copy, for a display that is frozen. */
struct breakpoints breakpoints_copy(const struct breakpoints *set);
/* Set one on a line of `file`. Borrowed, as what the three below return, until the next change. */
struct breakpoint *breakpoints_add(struct breakpoints *set, const struct file *file, uint32_t line);
/* The one on that line that is neither lost nor temporary, or NULL. */
struct breakpoint *breakpoints_at(const struct breakpoints *set, const char *path, uint32_t line);
/* NULL where there is none (any more). */
struct breakpoint *breakpoints_find(const struct breakpoints *set, uint32_t number);
/* False where there was none. */
bool breakpoints_remove(struct breakpoints *set, uint32_t number);
/* False where there was none. */
bool breakpoints_remove_temporary(struct breakpoints *set);
/* `file` is what runs from now on under its path: bring the breakpoints to their lines. */
void breakpoints_follow(struct breakpoints *set, const struct file *file);
/* Can one stop before that line? Not where nothing stands in it but a comment. */
bool breakpoint_fits(const struct file *file, uint32_t line);

/*
 * Read conditions as people write them, with commas between them:
 *
 *   hits>=10  rss>200M  heap>50M  increment>1M  live>1M  objects>1000
 *   if len(pages) > 3
 *
 * Objects are live blocks of the line, counted before it runs; that of an object from one of
 * CPython's free lists is the line's that allocated the block. Sizes as in size_parse(); hits and
 * objects are numbers. `>` and `>=` mean the same for them, and 0 means anything at all. What comes
 * after `if` is Python to the end. 0, or -1 with `error` (EXIT_STATUS_USAGE); *when is only set
 * (over, not freed) where it is 0. "" is no condition.
 */
int breakpoint_parse(struct breakpoint_condition *when, const char *text, struct error *error);
void breakpoint_condition_fini(struct breakpoint_condition *when);
/* Give the breakpoint another condition: as breakpoint_parse(), and where that fails it stays as it
 * was. */
int breakpoint_set_condition(struct breakpoint *breakpoint, const char *text, struct error *error);

#endif
