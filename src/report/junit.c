#include "config.h"
#include "report/junit.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "report/amount.h"
#include "report/leak_text.h"
#include "report/plain.h"
#include "report/told.h"

enum { HOLDERS_MAX = 1 << 20 };

/* What of a suite has to be known before its first case. */
struct suite {
    size_t tests, failures, errors, skipped;
    uint64_t duration_ns;
    uint64_t start_ns; /* real time; 0: unknown */
};

static void put_attribute(struct markup *xml, const char *name, const char *text)
{
    markup_printf(xml, " %s=\"", name);
    markup_text(xml, text, 0);
    markup_put(xml, "\"");
}

/* Seconds with milliseconds. */
static void put_time(struct markup *xml, uint64_t duration_ns)
{
    uint64_t ms = duration_ns / NS_PER_MS;
    markup_printf(xml, " time=\"%" PRIu64 ".%03" PRIu64 "\"", ms / 1000, ms % 1000);
}

static void put_suite(struct markup *xml, const char *name, const struct suite *suite)
{
    char stamp[CLOCK_ISO_SIZE];
    markup_put(xml, "  <testsuite");
    put_attribute(xml, "name", name);
    markup_printf(xml, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
                  suite->tests, suite->failures, suite->errors, suite->skipped);
    put_time(xml, suite->duration_ns);
    if (suite->start_ns) {
        clock_format_iso(suite->start_ns, stamp);
        /* xs:dateTime as JUnit has it: without the fraction and the zone. */
        markup_printf(xml, " timestamp=\"%.19s\"", stamp);
    }
    markup_put(xml, ">\n");
}

/* ---- invocations ---- */

/* Loading the app is one where it went wrong. */
static bool is_case(const struct invocation *invocation)
{
    return invocation_is_over(invocation) &&
           (invocation->number > 0 || invocation->outcome != OUTCOME_SUCCEEDED);
}

static bool is_error(const struct invocation *invocation)
{
    return invocation->outcome == OUTCOME_KILLED || invocation->outcome == OUTCOME_TIMED_OUT;
}

static struct suite count_invocations(const struct model *model)
{
    struct suite suite = {0};
    for (size_t i = 0; i < model->invocations.count; i++) {
        const struct invocation *one = model->invocations.kept[i];
        if (!is_case(one))
            continue;
        suite.start_ns = suite.tests++ ? suite.start_ns : one->start_realtime_ns;
        suite.errors += is_error(one);
        suite.failures += one->outcome == OUTCOME_FAILED;
        suite.duration_ns += one->duration_ns;
    }
    return suite;
}

static void put_failure(struct markup *xml, const struct invocation *invocation)
{
    const char *element = is_error(invocation) ? "error" : "failure";
    markup_printf(xml, "      <%s", element);
    put_attribute(xml, "type", outcome_name(invocation->outcome));
    markup_put(xml, " message=\"");
    if (invocation->status)
        markup_printf(xml, "status %d%s", invocation->status, invocation->error ? ": " : "");
    markup_text(xml, invocation->error ? invocation->error : "", 0);
    markup_put(xml, "\">");
    markup_text(xml, invocation->request, 0);
    markup_printf(xml, "</%s>\n", element);
}

static void put_invocation(struct markup *xml, const struct invocation *invocation)
{
    char end[AMOUNT_SIZE], change[AMOUNT_SIZE], peak[AMOUNT_SIZE];
    markup_put(xml, "    <testcase");
    put_attribute(xml, "classname", invocation->function);
    markup_printf(xml, " name=\"invocation %" PRIu64 ": ", invocation->number);
    markup_text(xml, invocation->request, 0);
    markup_put(xml, "\"");
    put_time(xml, invocation->duration_ns);
    markup_put(xml, ">\n");
    if (invocation->outcome != OUTCOME_SUCCEEDED)
        put_failure(xml, invocation);
    markup_printf(
        xml, "      <system-out>RSS %s at its end, %s, peak %s</system-out>\n    </testcase>\n",
        amount_text(end, invocation->rss_end_bytes),
        amount_change(change,
                      line_bytes_sub(invocation->rss_end_bytes, invocation->rss_start_bytes)),
        amount_text(peak, invocation->rss_peak_bytes));
}

static void put_invocations(struct markup *xml, const struct model *model,
                            const struct suite *suite)
{
    put_suite(xml, "invocations", suite);
    for (size_t i = 0; i < model->invocations.count; i++)
        if (is_case(model->invocations.kept[i]))
            put_invocation(xml, model->invocations.kept[i]);
    markup_put(xml, "  </testsuite>\n");
}

/* ---- conditions and leaks ---- */

/* The lines are the cases, and not the condition. */
static bool has_lines(const struct model *model, const struct check *check)
{
    return check->condition.kind == FAIL_ON_LEAK && check->holds && model->leaks.certain > 0;
}

static struct suite count_checks(const struct model *model, const struct checks *checks)
{
    struct suite suite = {0};
    for (size_t i = 0; checks && i < checks->count; i++) {
        const struct check *check = &checks->items[i];
        size_t cases = has_lines(model, check) ? model->leaks.certain : 1;
        suite.tests += cases;
        suite.failures += check->holds ? cases : 0;
        suite.skipped += check->is_undecided;
    }
    return suite;
}

static void put_leak_words(struct markup *xml, const struct model *model, const struct leak *leak)
{
    const struct file *file = leak_file(model, leak);
    char verdict[LEAK_VERDICT];
    if (file)
        markup_text(xml, file->display, 0);
    markup_printf(xml, ":%" PRIu32 " ", leak->line);
    markup_text(xml, leak_verdict(verdict, model, leak), 0);
}

/* As below the leak in the text report, a line each. */
static void put_holders(struct markup *xml, const struct holders *holders)
{
    struct buf lines;
    buf_init(&lines, HOLDERS_MAX);
    xml->full |= leak_write_holders(holders, "", &lines) != 0;
    struct span rest = {buf_text(&lines), lines.len};
    while (rest.len > 0) {
        const char *end = memchr(rest.at, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.at) : rest.len;
        markup_put(xml, "\n");
        markup_span(xml, (struct span){rest.at, len}, 0);
        rest = span_skip(rest, len + 1);
    }
    buf_fini(&lines);
}

static void put_leak(struct markup *xml, const struct model *model, const struct leak *leak)
{
    const struct file *file = leak_file(model, leak);
    markup_put(xml, "    <testcase classname=\"leak\" name=\"");
    markup_text(xml, file ? file->display : "", 0);
    markup_printf(xml, ":%" PRIu32 "\" time=\"0.000\">\n      <failure type=\"leak\" message=\"",
                  leak->line);
    put_leak_words(xml, model, leak);
    markup_put(xml, "\">");
    if (file)
        markup_span(xml, plain_statement(file, leak->line), 0);
    put_holders(xml, leak_holders(model, leak));
    markup_put(xml, "</failure>\n    </testcase>\n");
}

static void put_check(struct markup *xml, const struct model *model, const struct check *check)
{
    for (size_t i = 0; has_lines(model, check) && i < model->leaks.certain; i++)
        put_leak(xml, model, &model->leaks.items[i]);
    if (has_lines(model, check))
        return;
    markup_put(xml, "    <testcase classname=\"fail-on\"");
    put_attribute(xml, "name", check->condition.text);
    markup_put(xml, " time=\"0.000\">\n");
    if (check->holds) {
        markup_put(xml, "      <failure type=\"fail-on\"");
        put_attribute(xml, "message", check->why);
        markup_put(xml, "/>\n");
    } else if (check->is_undecided) {
        markup_put(xml, "      <skipped message=\"leaks ");
        markup_text(xml, check->why, 0);
        markup_put(xml, "\"/>\n");
    } else if (*check->why) {
        markup_put(xml, "      <system-out>");
        markup_text(xml, check->why, 0);
        markup_put(xml, "</system-out>\n");
    }
    markup_put(xml, "    </testcase>\n");
}

static void put_memory(struct markup *xml, const struct model *model, const struct checks *checks,
                       const struct suite *suite)
{
    put_suite(xml, "memory", suite);
    for (size_t i = 0; checks && i < checks->count; i++)
        put_check(xml, model, &checks->items[i]);
    markup_put(xml, "    <system-out>");
    const char *why = leaks_unknown(model);
    char open[LEAK_OPEN];
    if (why)
        markup_printf(xml, "leaks are not known: %s", why);
    else if (*leak_undecided(open, model))
        markup_printf(xml, "leaks %s", open);
    else if (model->leaks.certain == 0)
        markup_put(xml, "no leak was found");
    for (size_t i = 0; i < model->leaks.certain; i++) {
        markup_put(xml, i ? "\n" : "");
        put_leak_words(xml, model, &model->leaks.items[i]);
    }
    markup_put(xml, "</system-out>\n  </testsuite>\n");
}

int junit_write(const struct model *model, const struct checks *checks, struct buf *out,
                struct error *error)
{
    struct markup xml = {.out = out};
    struct suite invocations = count_invocations(model), memory = count_checks(model, checks);
    markup_put(&xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    put_attribute(&xml, "name", model->app_name);
    markup_printf(&xml, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"",
                  invocations.tests + memory.tests, invocations.failures + memory.failures,
                  invocations.errors);
    put_time(&xml, invocations.duration_ns);
    markup_put(&xml, ">\n");
    put_invocations(&xml, model, &invocations);
    put_memory(&xml, model, checks, &memory);
    markup_put(&xml, "</testsuites>\n");
    return xml.full ? told_refuse(out, error) : 0;
}
