/*
 * Fuzz entry for rows of memory_profiler: any text is a row or none, what it holds lies within the
 * text and within its limits, and a row that Kusto's parse has cut into columns is the same one.
 *
 * With clang and -fsanitize=fuzzer -DFUZZ_ENGINE the engine brings its own main. Without it, main
 * feeds inputs that a seeded generator makes, the same ones in every run. Arguments are files to be
 * fed instead.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/file.h"
#include "report/log_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4096 };

static void require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_log_row: %s\n", what);
    abort();
}

static void check_row(const struct log_row *row, struct span text)
{
    bool has_line = row->kind == LOG_ROW_MEASURED || row->kind == LOG_ROW_UNMEASURED;
    require(!has_line || (row->line >= 1 && row->line <= FILE_LINES_MAX), "no such line");
    require(row->text.len == 0 ||
                (row->text.at >= text.at && row->text.at + row->text.len <= text.at + text.len),
            "text from elsewhere");
}

/* Four cuts at pairs of spaces, from the front; false where there are not as many. */
static bool cut(struct span text, struct span columns[LOG_COLUMNS])
{
    for (size_t i = 0; i + 1 < LOG_COLUMNS; i++) {
        size_t at = 0;
        while (at + 1 < text.len && (text.at[at] != ' ' || text.at[at + 1] != ' '))
            at++;
        if (at + 1 >= text.len)
            return false;
        columns[i] = (struct span){text.at, at};
        text = span_skip(text, at + 2);
    }
    columns[LOG_COLUMN_CONTENTS] = text;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {(const char *)data, size}, columns[LOG_COLUMNS];
    struct log_row row, again;
    struct buf joined;
    if (size == 0 || size > INPUT_MAX)
        return 0;
    log_row_parse(&row, text);
    check_row(&row, text);
    if (row.kind != LOG_ROW_MEASURED || row.tagged || !cut(text, columns))
        return 0;
    /* A row that stands behind a logger's name has been cut behind that. */
    if (memchr(text.at, ':', text.len))
        return 0;
    buf_init(&joined, 2 * INPUT_MAX);
    log_row_parse_columns(&again, columns, &joined);
    require(again.kind == LOG_ROW_MEASURED && again.line == row.line, "cut and lost");
    require(again.mem_bytes == row.mem_bytes && again.increment_bytes == row.increment_bytes,
            "cut to other figures");
    buf_fini(&joined);
    return 0;
}

#ifndef FUZZ_ENGINE

enum { SMOKE_RUNS = 100000 };

/* xorshift64: good enough to scatter bytes, and the same everywhere. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

static void run_smoke(void)
{
    static const char *const parts[] = {
        "memory_profiler_logs:", "Filename:", " ", "  ",     "    22", "46.6", " MiB", "-1.5",
        "          10",          "   x = 1",  "0", "Line #", "====",   ":",    "\t",   "\xC3\xA9",
        "99999999999999"};
    static char input[INPUT_MAX];
    uint64_t seed = 20240501;
    for (int run = 0; run < SMOKE_RUNS; run++) {
        size_t len = (size_t)snprintf(input, sizeof input,
                                      "    22     46.6 MiB      1.5 MiB     "
                                      "     10       x = 1  # 2 MiB");
        if (run % 2)
            len = 0;
        for (uint64_t count = next_random(&seed) % 12; count > 0; count--)
            len += (size_t)snprintf(input + len, sizeof input - len, "%s",
                                    parts[next_random(&seed) % (sizeof parts / sizeof parts[0])]);
        for (uint64_t changes = next_random(&seed) % 4; len && changes > 1; changes--)
            input[next_random(&seed) % len] = (char)next_random(&seed);
        LLVMFuzzerTestOneInput((const uint8_t *)input, len);
    }
}

#include "fuzz_main.h"

#endif
