#include "config.h"
#include "host/console.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

void console_write(FILE *stream, const struct output_line *line, bool dated)
{
    char date[CLOCK_ISO_SIZE];
    size_t len = strlen(line->text);
    /* A byte becomes three at the most: U+FFFD. */
    size_t size = len * 3 + 1;
    char *clean = mem_calloc(size, 1);
    text_clean(clean, size, line->text, len);
    if (dated) {
        clock_format_iso(line->realtime_ns, date);
        fprintf(stream, "[%s] %s\n", date, clean);
    } else {
        fprintf(stream, "%s\n", clean);
    }
    fflush(stream);
    free(clean);
}
