/* Rows as two functions of an app log them, on two instances, through the importer. */
#include "config.h"
#include "tests/golden/fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "report/import.h"

enum { CALLS = 14 };

static void put(struct buf *out, int number, const char *instance, const char *function,
                const char *text)
{
    buf_printf(out, "2024-05-01T%02d:%02d:07Z,\"%s\",op-%d,%s,%s\n", 22 + number / 7,
               number % 7 * 8, text, number, function, instance);
}

static void put_row(struct buf *out, int number, const char *instance, const char *function,
                    double mem, double increment, const char *tail)
{
    char text[256];
    snprintf(text, sizeof text, "memory_profiler_logs: %s", "");
    size_t len = strlen(text);
    snprintf(text + len, sizeof text - len, "%6.2s %8.1f MiB %8.1f MiB  %10.2s   %s", tail, mem,
             increment, tail + 3, tail + 6);
    put(out, number, instance, function, text);
}

static void put_call(struct buf *out, int number)
{
    bool is_report = number % 3 == 2, leaks = number % 2;
    const char *instance = leaks ? "instance-b" : "instance-a";
    const char *function = is_report ? "Report" : "Fetch";
    double start = 48 + (leaks ? number * 0.75 : 0);
    char name[128];
    snprintf(name, sizeof name, "memory_profiler_logs: Filename: /home/site/wwwroot/%s/__init__.py",
             function);
    put(out, number, instance, function, name);
    put_row(out, number, instance, function, start, start, "12  1 @profile");
    if (is_report) {
        put_row(out, number, instance, function, start, 0, "13  1     rows = load()");
        put_row(out, number, instance, function, start + 3, 3,
                "14 90     text += ''.join(rows)  # gr\xC3\xB6\xC3\x9F"
                "er");
        put_row(out, number, instance, function, start + 1, -2, "15  1     return text");
        return;
    }
    put_row(out, number, instance, function, start + 1, 1,
            "14  4     async with client.get(URL) as response:");
    put_row(out, number, instance, function, start + 1.5, 0.5,
            "15 40         PAGES.append(await response.text())");
    put_row(out, number, instance, function, start + 1.5, 0, "16  1     return len(PAGES)");
}

struct model *fixture_imported(void)
{
    const struct import_setup setup = {.gap_ns = 1000000000};
    struct import *import = import_new(&setup);
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_printf(&text, "timestamp [UTC],message,operation_Id,operation_Name,cloud_RoleInstance\n");
    for (int i = 0; i < CALLS; i++)
        put_call(&text, i);
    put(&text, 6, "instance-a", "Fetch", "memory_profiler_logs: 14 MiB of what?");
    import_begin(import, "query_data.csv");
    import_feed(import, buf_text(&text), text.len);
    import_end(import);
    struct model *model = import_finish(import);
    import_free(import);
    buf_fini(&text);
    return model;
}
