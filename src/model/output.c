/*
 * A ring of entries of fixed number. An entry is cut from its text when it comes in, so that who
 * shows it counts lines by counting entries, and a log line of megabytes is cut once, here.
 */
#include "config.h"
#include "model/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void output_init(struct output *output)
{
    *output = (struct output){.lines = mem_calloc(OUTPUT_LINES, sizeof *output->lines)};
}

void output_fini(struct output *output)
{
    for (size_t i = 0; i < output->count; i++)
        free(output->lines[(output->first + i) % OUTPUT_LINES].text);
    free(output->lines);
    *output = (struct output){0};
}

/* A free entry at the end; the oldest goes where there is none. */
static struct output_line *next_entry(struct output *output)
{
    output->total++;
    if (output->count < OUTPUT_LINES)
        return &output->lines[(output->first + output->count++) % OUTPUT_LINES];
    struct output_line *oldest = &output->lines[output->first];
    output->first = (output->first + 1) % OUTPUT_LINES;
    free(oldest->text);
    return oldest;
}

/* The first `len` bytes of a line as an entry's text, cut between characters where too long. */
static char *line_text(const char *text, size_t len)
{
    if (len > OUTPUT_LINE_BYTES) {
        len = OUTPUT_LINE_BYTES;
        for (int back = 0; back < 3 && ((unsigned char)text[len] & 0xC0) == 0x80; back++)
            len--;
    }
    char *line = mem_strndup(text, len);
    for (char *nul = memchr(line, '\0', len); nul;
         nul = memchr(nul, '\0', len - (size_t)(nul - line)))
        *nul = ' ';
    return line;
}

void output_add(struct output *output, uint64_t realtime_ns, enum output_source source,
                enum output_level level, uint64_t invocation, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *newline = memchr(text + at, '\n', len - at);
        size_t end = newline ? (size_t)(newline - text) : len;
        size_t bare = end > at && newline && text[end - 1] == '\r' ? end - 1 : end;
        *next_entry(output) = (struct output_line){
            .realtime_ns = realtime_ns,
            .invocation = invocation,
            .source = source,
            .level = level,
            .text = line_text(text + at, bare - at),
        };
        at = end + 1;
    }
}

void output_append(struct output *output, const struct output_line *line)
{
    char *text = mem_strdup(line->text);
    struct output_line *entry = next_entry(output);
    *entry = *line;
    entry->text = text;
}

const struct output_line *output_at(const struct output *output, size_t n)
{
    return &output->lines[(output->first + n) % OUTPUT_LINES];
}
