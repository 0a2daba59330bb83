/*
 * What the app and the host said: stdout, stderr, log records, and the host's own notices, line by
 * line, in the order in which they came. The newest OUTPUT_LINES are kept.
 */
#ifndef MODEL_OUTPUT_H
#define MODEL_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

enum output_limits {
    OUTPUT_LINES = 5000,
    OUTPUT_LINE_BYTES = 32768, /* a longer line is cut, as Application Insights does */
};

enum output_source { OUTPUT_HOST, OUTPUT_STDOUT, OUTPUT_STDERR, OUTPUT_LOG };
enum output_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR, LEVEL_CRITICAL };

/* No invocation is known for the line. */
#define OUTPUT_NO_INVOCATION UINT64_MAX

struct output_line {
    uint64_t realtime_ns;
    uint64_t invocation; /* number, or OUTPUT_NO_INVOCATION */
    enum output_source source;
    enum output_level level;
    char *text; /* owned; one line, raw bytes: who shows it cleans it */
};

struct output {
    struct output_line *lines; /* owned; a ring of OUTPUT_LINES */
    size_t first;
    size_t count;
    uint64_t total; /* lines ever */
};

void output_init(struct output *output);
void output_fini(struct output *output);
/* Append `len` bytes of text, one entry for each line of it; a line end at the end opens no new
 * line. A NUL byte becomes a space. */
void output_add(struct output *output, uint64_t realtime_ns, enum output_source source,
                enum output_level level, uint64_t invocation, const char *text, size_t len);
/* Append one line as it is, its text copied: for who brings back what was recorded. */
void output_append(struct output *output, const struct output_line *line);
/* The n-th kept line, oldest first; n < count. */
const struct output_line *output_at(const struct output *output, size_t n);

#endif
