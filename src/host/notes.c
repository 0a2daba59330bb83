#include "config.h"
#include "host/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void notes_add(struct notes *notes, enum output_source source, enum output_level level,
               uint64_t invocation, const char *text, size_t len)
{
    struct output *output = &notes->model->output;
    uint64_t before = output->total;
    output_add(output, clock_realtime_ns(), source, level, invocation, text, len);
    model_touch(notes->model);
    uint64_t fresh = output->total - before;
    if (fresh > output->count)
        fresh = output->count;
    if (!notes->events->output)
        return;
    for (size_t i = output->count - (size_t)fresh; i < output->count; i++)
        notes->events->output(notes->events->context, output_at(output, i));
}

void notes_say(struct notes *notes, enum output_level level, uint64_t invocation,
               const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return;
    notes_add(notes, OUTPUT_HOST, level, invocation, text, (size_t)len);
    free(text);
}
