/*
 * Two runs, line by line: which line of one is which of the other, and what it took in each. The
 * runs may be of different texts, different numbers of requests and different apps.
 *
 * Files are the same by their place in the app, else by the end of their paths, else by what is in
 * them; a file of which there were several versions is its last one. Lines are the same by
 * model/match.h; of a function that was moved, to another file, too, by its name and its lines.
 *
 * Figures per invocation are of the invocations that the model still has and that are over, those
 * in which the line's function ran (a line in no function: in which it ran itself, loading counts
 * as one). Retained, which is of the worker as it is at the end, is divided by as many of all
 * invocations.
 */
#ifndef MODEL_COMPARE_H
#define MODEL_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* A line of one of the runs. */
struct compare_part {
    uint32_t file; /* index into the model's files */
    uint32_t line; /* 0: the run has no such line, and all of this is 0 */
    struct line_stats total;
    uint64_t invocations;    /* those that the figures per invocation are of; 0: there are none */
    int64_t increment_bytes; /* per invocation, as the two below; 0 where there are none */
    int64_t net_bytes;
    int64_t retained_bytes;
};

enum compare_kind { COMPARE_SAME, COMPARE_EDITED, COMPARE_NEW, COMPARE_GONE };

struct compare_line {
    enum compare_kind kind; /* of the text */
    struct compare_part before, after;
    uint64_t change; /* bytes: how much it is another line than before; 0: not at all */
};

struct compare_side {
    const struct model *model; /* borrowed */
    uint64_t invocations;      /* ever */
    uint64_t known;            /* that the figures per invocation are of */
    uint64_t number;           /* the invocation at whose end the memory was... */
    int64_t memory_bytes;      /* ...that much: heap or RSS */
    /* Borrowed, for who sets it: what was installed; NULL: that is not known. */
    const struct packages *packages;
};

/* RSS moves in pages, and from run to run: less than that is no difference. */
#define COMPARE_RSS_NOISE INT64_C(1048576)

struct compare {
    struct compare_side before, after;
    bool of_heap; /* memory_bytes is of the heap; else of the RSS, since not both have counted it */
    bool same_app;              /* by the name of the folder, or the command */
    struct compare_line *lines; /* owned; that ran in either; the most changed first */
    size_t count, capacity;
};

/* Compare. Both models are borrowed until compare_fini. */
void compare_init(struct compare *compare, const struct model *before, const struct model *after);
void compare_fini(struct compare *compare);
/* How much more memory the run after has than the one before: at the ends of the same invocation,
 * the last one that both have; the noise of RSS is taken off. */
int64_t compare_growth_bytes(const struct compare *compare);
/* The same in percent of what the run before had; 0 where that had none. */
double compare_growth_percent(const struct compare *compare);

#endif
