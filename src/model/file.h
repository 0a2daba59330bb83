/*
 * A profiled source file: its text cut into lines, its functions, and the numbers of its lines.
 *
 * The text is what was on disk when a worker was first seen to run it, kept so that the numbers
 * stay beside the lines they were measured on when the file is edited or deleted afterwards;
 * `stale` says that this happened. Bytes that are not UTF-8 are kept as they are: who shows them
 * cleans them.
 *
 * When a later worker runs another text, that is another version: a file of its own, with the same
 * path and with numbers from zero (model_replace_file). The one before is retired: it stays what it
 * is, and nothing is counted in it any more.
 *
 * Totals are those of the running worker on top of those of the workers before it (a worker that
 * died is not to take its numbers along): `total = base + live`. What is Retained died with its
 * worker, and is never in base.
 */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/line.h"

enum file_limits {
    FILE_LINES_MAX = 200000, /* lines past it are not shown */
    FILE_TREND = 8,          /* values of a line's trend */
};

struct file_function {
    char *name;          /* owned; qualified name */
    uint32_t first_line; /* the first decorator's line, else the def's */
    uint32_t last_line;
    int64_t entry_bytes; /* decorated: RSS at its first call from no other such one; 0: unknown */
    bool tells;          /* decorated, and the script prints its tables itself */
    uint32_t decorated;  /* 0, or which of those that a script has decorated it is, from 1 */
};

/* One line: where its text lies, and its numbers. */
struct file_line {
    size_t offset; /* into text */
    size_t len;    /* bytes without the line end */
    struct line_stats base;
    struct line_stats total;
    int64_t trend_bytes[FILE_TREND]; /* increment_bytes per ended invocation, newest last */
    uint8_t trend_len;
};

struct file {
    char *path;    /* owned; absolute */
    char *given;   /* owned or NULL: what the command line called it, for the table */
    char *display; /* owned; relative to the app root where it lies below it, else the path */
    char *text;    /* owned; NULL where the file could not be read */
    size_t text_len;
    struct file_line *lines; /* owned; line n is lines[n - 1] */
    uint32_t line_count;
    uint32_t line_capacity;          /* records allocated */
    struct file_function *functions; /* owned; in order of first_line */
    size_t function_count;
    char *problem; /* owned or NULL: why there is no text, or what is odd about it ("not UTF-8") */
    bool stale;    /* the file on disk is no longer what `text` is; false where retired */
    bool deleted;  /* there is none any more; stale, too */
    uint32_t version;           /* of this path, from 1 */
    bool retired;               /* there is a later version */
    uint64_t saved_realtime_ns; /* when the text was written to disk; 0 where that is not known */
    uint64_t revision; /* rises with every change of lines and functions; of fields set by hand it
                          does not tell */
};

/* A file with `text` (copied; may be NULL with len 0) under `path`, shown relative to `app_root`
 * (may be NULL). Lines end as Python's do: at \n, \r\n and \r; an end after the last line opens no
 * new one, and a byte order mark belongs to no line. `problem` is set where there is no text, where
 * it is not UTF-8 and where it has more than FILE_LINES_MAX lines; the caller may replace it with
 * model_set_text. */
struct file *file_new(const char *path, const char *app_root, const char *text, size_t len);
void file_free(struct file *file);
/* Give a file without text and lines this one (copied), cut into lines; `problem` is left alone.
 * False where it has more than FILE_LINES_MAX lines. */
bool file_set_text(struct file *file, const char *text, size_t len);
/* The line's record, grown where a line past the text has run (text edited, or not readable);
 * NULL for 0 and past FILE_LINES_MAX. Borrowed until the next call, which may move the records. */
struct file_line *file_line_at(struct file *file, uint32_t line);
/* The bytes of a line and their number in *len; "" and 0 where there is no text for it. */
const char *file_line_text(const struct file *file, uint32_t line, size_t *len);
/* Record that a function's code has run. Same name and range twice is one. A range that no file can
 * have is left out, its end is cut at FILE_LINES_MAX. Moves what file_function_at returned. */
void file_add_function(struct file *file, const char *name, uint32_t first_line,
                       uint32_t last_line);
/* The function of that name and range, which was added, is the `number`th that a script has
 * decorated; `tells`: and the script prints its tables itself. */
void file_decorate(struct file *file, const char *name, uint32_t first_line, uint32_t last_line,
                   uint32_t number, bool tells);
/* A call of the decorated function `number`, which lies within no other one's, began with so much.
 * Of the first one this is remembered. */
void file_enter_decorated(struct file *file, uint32_t number, int64_t rss_bytes);
/* True where `line` lies within a decorated function. */
bool file_is_decorated_at(const struct file *file, uint32_t line);
/* The innermost function that holds `line`, or NULL. */
const struct file_function *file_function_at(const struct file *file, uint32_t line);
/* True where `function` (of this file) lies within no other function of the file; of two with the
 * same range, the one recorded first. */
bool file_function_is_outermost(const struct file *file, const struct file_function *function);
/* The totals of the running worker for a line: total becomes base + live. Returns true where that
 * changed something. */
bool file_set_live(struct file *file, uint32_t line, const struct line_stats *live);
/* The worker is gone: what it counted becomes part of base. */
void file_keep_totals(struct file *file);
/* Another worker runs: nothing that the lines of the one before retained is there any more. */
void file_forget_retained(struct file *file);
/* Drop text, lines and functions; what refers to them finds none. */
void file_forget(struct file *file);
/* Append an ended invocation's increment to the line's trend. */
void file_add_trend(struct file *file, uint32_t line, int64_t increment_bytes);

#endif
