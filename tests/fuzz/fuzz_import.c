/*
 * Fuzz entry for an importer, one program for each (FUZZ_KIND): whatever follows the head that
 * makes it a log of that kind is read, or refused with words (IMPORT_UNKNOWN has no head: what it
 * is has to be found out, UTF-16 included); in pieces of any size it is the same;
 * what was read can be reported in every format; and rows written for Kusto are as many when they
 * are read again.
 *
 * The first byte is the size of the pieces, the rest is the log. With clang and -fsanitize=fuzzer
 * -DFUZZ_ENGINE the engine brings its own main. Without it, main feeds inputs that a seeded
 * generator makes, the same ones in every run. Arguments are files to be fed instead.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/import.h"
#include "report/imported_text.h"
#include "report/json.h"
#include "report/kusto.h"
#include "report/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16, REPORT_MAX = 1 << 28 };

static const char *const heads[] = {
    [IMPORT_UNKNOWN] = "",
    [IMPORT_CSV] = ("timestamp,message,LineNumber,TotalMem_MiB,IncreMem_MiB,Occurrences,Contents,"
                    "operation_Id,customDimensions,itemCount,itemId,RequestId\n"),
    [IMPORT_JSON] = "[{\"x\": 1},",
    [IMPORT_NDJSON] = "{}\n{}\n",
    [IMPORT_CONSOLE] = "[2024-05-01T12:34:56.789Z] Host\n",
};

static void require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_import: %s\n", what);
    abort();
}

static void feed(struct import *import, const char *bytes, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece)
        if (!import_feed(import, bytes + at, len - at < piece ? len - at : piece))
            return;
}

static struct model *read_log(const char *head, const char *bytes, size_t len, size_t piece)
{
    const struct import_setup setup = {.gap_ns = 1000000000};
    struct import *import = import_new(&setup);
    import_begin(import, "fuzz");
    feed(import, head, strlen(head), piece);
    feed(import, bytes, len, piece);
    import_end(import);
    struct model *model = import_finish(import);
    import_free(import);
    return model;
}

/* Nothing that a log holds may be more than a report can say. */
static void check_reports(const struct model *model)
{
    struct buf out;
    buf_init(&out, REPORT_MAX);
    require(json_write(model, &out, NULL) == 0, "no JSON report");
    require(table_write(model, 1, &out, NULL) == 0, "no table");
    require(imported_text_write(model, &out, NULL) == 0, "no words");
    buf_fini(&out);
}

static uint64_t count_lines(const struct model *model)
{
    uint64_t count = 0;
    for (size_t i = 0; i < model->invocations.count; i++)
        for (size_t k = 0; k < model->invocations.kept[i]->line_count; k++)
            count += model->invocations.kept[i]->lines[k].stats.occurrences > 0;
    return count;
}

static void check_kusto(const struct model *model, bool json)
{
    struct buf out;
    buf_init(&out, REPORT_MAX);
    require(kusto_write(model, json, &out, NULL) == 0, "no rows");
    struct model *again = read_log("", buf_text(&out), out.len, 4096);
    require(again->imported->rows == count_lines(model), "rows are lost on the way back");
    model_free(again);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const char *bytes = (const char *)data + 1;
    struct model *whole = read_log(heads[FUZZ_KIND], bytes, size - 1, INPUT_MAX);
    struct model *parts = read_log(heads[FUZZ_KIND], bytes, size - 1, data[0] % 61 + 1u);
    require(whole->imported->rows == parts->imported->rows, "pieces have other rows");
    require(whole->imported->records == parts->imported->records, "pieces have other records");
    require(whole->imported->unreadable == parts->imported->unreadable,
            "pieces have other problems");
    check_reports(whole);
    check_kusto(whole, false);
    check_kusto(whole, true);
    model_free(whole);
    model_free(parts);
    return 0;
}

#ifndef FUZZ_ENGINE

enum { SMOKE_RUNS = 1500, TEXT_MAX = 200 };

/* xorshift64: good enough to scatter bytes, and the same everywhere. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

/* A message that is a row, or nearly. */
static void fill_message(uint64_t *seed, char out[TEXT_MAX])
{
    static const char *const sources[] = {
        "x = 1", "    return \"2 MiB  3\"", "@profile", "def f():", "", "        # \xC3\xA9 \xFF"};
    unsigned line = (unsigned)(next_random(seed) % 40);
    const char *source = sources[next_random(seed) % (sizeof sources / sizeof sources[0])];
    switch (next_random(seed) % 8) {
    case 0: snprintf(out, TEXT_MAX, "memory_profiler_logs: Filename: /app/f%u.py", line % 3); break;
    case 1: snprintf(out, TEXT_MAX, "memory_profiler_logs: %u  what", line); break;
    case 2: snprintf(out, TEXT_MAX, "%6u %43s%s", line, "", source); break;
    case 3: snprintf(out, TEXT_MAX, "Executing 'Functions.F' (Reason='', Id=%u)", line); break;
    case 4:
        snprintf(out, TEXT_MAX, "Executed 'Functions.F' (Failed, Id=%u, Duration=3ms)", line);
        break;
    default:
        snprintf(out, TEXT_MAX, "memory_profiler_logs: %6u %8u.%u MiB %8u.0 MiB  %10u   %s", line,
                 line + 20, line % 10, line % 5, line % 4, source);
    }
}

/* In one of the forms of a portal, a browser or Excel. */
static void fill_date(uint64_t *seed, unsigned second, char out[TEXT_MAX])
{
    unsigned first = (unsigned)(next_random(seed) % 14), other = (unsigned)(next_random(seed) % 14);
    switch (next_random(seed) % 8) {
    case 0: snprintf(out, TEXT_MAX, "\"%u/%u/2024, 1:00:%02u PM\"", first, other, second); break;
    case 1: snprintf(out, TEXT_MAX, "%u/%u/2024 12:%02u", first, other, second); break;
    case 2: snprintf(out, TEXT_MAX, "%02u-%02u-2024 12:00:%02u", first, other, second); break;
    case 3: snprintf(out, TEXT_MAX, "%u.%u.2024 12:00:%02u", first, other, second); break;
    default: snprintf(out, TEXT_MAX, "2024-05-01T12:00:%02uZ", second);
    }
}

static size_t fill_record(uint64_t *seed, char *out, size_t size)
{
    char message[TEXT_MAX], date[TEXT_MAX];
    unsigned second = (unsigned)(next_random(seed) % 60), id = (unsigned)(next_random(seed) % 4);
    fill_message(seed, message);
    for (char *c = message; FUZZ_KIND != IMPORT_CONSOLE && FUZZ_KIND != IMPORT_UNKNOWN && *c; c++)
        if (*c == '"' || *c == '\\')
            *c = '\'';
    switch (FUZZ_KIND) {
    case IMPORT_CSV:
        fill_date(seed, second, date);
        return (size_t)snprintf(out, size, "%s,\"%s\",,,,,,%u,,%u\n", date, message, id, id);
    case IMPORT_UNKNOWN:
    case IMPORT_CONSOLE:
        return (size_t)snprintf(out, size, "[2024-05-01T12:00:%02u.000Z] %s\n", second, message);
    default:
        return (size_t)snprintf(out, size,
                                "{\"time\":\"2024-05-01T12:00:%02uZ\",\"message\":\"%s\","
                                "\"Properties\":{\"InvocationId\":\"%u\"}}%s",
                                second, message, id, FUZZ_KIND == IMPORT_JSON ? "," : "\n");
    }
}

/* From `from` on, as UTF-16 with its mark: the new length. */
static size_t widen(uint8_t *input, size_t from, size_t len)
{
    static uint8_t wide[INPUT_MAX];
    size_t count = 0;
    for (size_t at = from; at < len && count + 4 < sizeof wide - from; at++) {
        if (count == 0) {
            wide[count++] = 0xFF;
            wide[count++] = 0xFE;
        }
        wide[count++] = input[at];
        wide[count++] = 0;
    }
    memcpy(input + from, wide, count);
    return from + count;
}

static void run_smoke(void)
{
    static uint8_t input[INPUT_MAX];
    uint64_t seed = 20240501;
    for (int run = 0; run < SMOKE_RUNS; run++) {
        size_t len = 1;
        input[0] = (uint8_t)next_random(&seed);
        for (uint64_t records = next_random(&seed) % 30; records > 0; records--)
            len += fill_record(&seed, (char *)input + len, sizeof input - len);
        if (FUZZ_KIND == IMPORT_JSON && next_random(&seed) % 2)
            len += (size_t)snprintf((char *)input + len, sizeof input - len, "{}]");
        if (FUZZ_KIND == IMPORT_UNKNOWN)
            len = widen(input, 1, len);
        for (uint64_t changes = next_random(&seed) % 6; changes > 2; changes--)
            input[1 + next_random(&seed) % len] = (uint8_t)next_random(&seed);
        LLVMFuzzerTestOneInput(input, len);
    }
}

#include "fuzz_main.h"

#endif
