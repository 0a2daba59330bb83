/*
 * What is to be known of an import of logs beside the figures: how much was read, what could not
 * be, what sampling has lost, and how the memory of each instance of the app went on.
 */
#ifndef MODEL_IMPORTED_H
#define MODEL_IMPORTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IMPORTED_EXAMPLES = 10 };

/* Something that could not be read. */
struct imported_problem {
    char *where;   /* owned; "traces.csv, line 17" */
    char *what;    /* owned; one line */
    char *example; /* owned; one line, cleaned; may be "" */
};

struct imported_instance {
    char *name; /* owned; "" where the log names none */
    uint64_t invocations;
    uint64_t first_ns, last_ns; /* real time of its first and last one; 0: unknown */
    int64_t first_start_bytes, last_start_bytes; /* RSS when these began */
    int64_t peak_bytes;
    double growth_bytes; /* an invocation: the slope of RSS at their beginnings */
};

struct imported {
    uint64_t files;
    uint64_t records;      /* of all kinds */
    uint64_t rows;         /* of memory_profiler, with figures */
    uint64_t blank_rows;   /* without */
    uint64_t unreadable;   /* what looked like rows and was none, and broken records */
    uint64_t dropped;      /* rows for which there is no room: see IMPORT_LINES_MAX */
    uint64_t repeated;     /* rows that had come before, in the same log or an earlier one */
    uint64_t sampled;      /* items that sampling left out for those that are there */
    uint64_t undated;      /* rows whose time is not known */
    uint64_t unsure_dates; /* rows whose date may have day and month the other way round */
    char *unsure_date;     /* owned or NULL: the first one: "1/5/2024 was read as 2024-01-05" */
    uint64_t no_file;      /* rows of which no file is known */
    uint64_t other_text;   /* lines of which --source has another text than the log */
    struct imported_problem problems[IMPORTED_EXAMPLES]; /* the first ones */
    size_t problem_count;
    struct imported_instance *instances; /* owned; those that grow most first */
    size_t instance_count;
};

struct imported *imported_new(void);
/* Put the instances in order: by growth, then those of more invocations first, then by name. */
void imported_sort(struct imported *imported);
/* From when to when: false where no time is known. */
bool imported_period(const struct imported *imported, uint64_t *first_ns, uint64_t *last_ns);
/* NULL is fine. */
void imported_free(struct imported *imported);

#endif
