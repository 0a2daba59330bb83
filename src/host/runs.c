/*
 * A run lives from its first attempt to its last one's end; between two of them its timer waits.
 * The function is looked up by its name for each attempt, since the app may have been changed in
 * between.
 */
#include "config.h"
#include "host/runs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "host/json_file.h"
#include "host/retry.h"

enum { STATUS_NOT_FOUND = 404, STATUS_FAILED = 400, STATUS_UNAVAILABLE = 503 };

struct run {
    struct run *next;
    struct runs *runs;
    char *name;           /* owned */
    struct body *payload; /* a reference, or NULL */
    char *reason;         /* owned or NULL */
    void (*done)(void *context, int status);
    void *context;
    uv_timer_t timer;
    bool waits;       /* for its next attempt */
    bool held;        /* by runs_hold */
    unsigned attempt; /* 0 is the first */
    uint64_t number;  /* of the latest invocation */
    char *message;    /* owned or NULL: why the attempt before failed */
};

static const struct app_function *find(const struct runs *runs, const char *name)
{
    long index = app_find_function(runs->app, name);
    return index < 0 ? NULL : &runs->app->functions[index];
}

/* ---- ending ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct run *run = handle->data;
    run->runs->open--;
    free(run->name);
    body_release(run->payload);
    free(run->reason);
    free(run->message);
    free(run);
}

static void finish(struct run *run, int status)
{
    struct run **at = &run->runs->first;
    while (*at != run)
        at = &(*at)->next;
    *at = run->next;
    uv_close((uv_handle_t *)&run->timer, on_timer_closed);
    if (run->done)
        run->done(run->context, status);
}

/* ---- attempts ---- */

static void begin_attempt(struct run *run);

static void on_timer(uv_timer_t *timer)
{
    struct run *run = timer->data;
    run->waits = false;
    begin_attempt(run);
}

static void wait_for_next(struct run *run, const struct retry *retry)
{
    struct runs *runs = run->runs;
    const struct invocation *failed = invocations_find(&runs->model->invocations, run->number);
    run->attempt++;
    uint64_t delay_ms = retry_delay_ns(retry, run->attempt) / NS_PER_MS;
    model_set_text(&run->message, failed && failed->error ? failed->error : "");
    notes_say(runs->notes, LEVEL_WARNING, run->number,
              "Waiting for %" PRIu64 ".%03u s before retrying %s; attempt %u", delay_ms / 1000,
              (unsigned)(delay_ms % 1000), run->name, run->attempt);
    run->waits = true;
    uv_timer_start(&run->timer, on_timer, delay_ms, 0);
}

static void on_done(void *context, int status)
{
    struct run *run = context;
    const struct app_function *function = find(run->runs, run->name);
    const struct retry *retry = function ? &function->retry : NULL;
    bool again = status >= STATUS_FAILED && !run->runs->stopped && retry && retry->given &&
                 !function->route && (retry->max < 0 || run->attempt < (unsigned)retry->max);
    if (again)
        wait_for_next(run, retry);
    else
        finish(run, status < STATUS_FAILED ? 200 : status);
}

/* INVOKE's object for a POST that nobody has sent. */
static json_t *make_post(const struct runs *runs, const struct app_function *function)
{
    char *url = mem_printf("%s/admin/functions/%s", runs->model->base_url, function->name);
    json_t *json = json_pack("{s:s, s:o, s:[[s, s]], s:[], s:{}}", "method", "POST", "url",
                             json_text(url, strlen(url)), "headers", "content-type",
                             "application/json", "query", "route");
    free(url);
    return json;
}

static json_t *make_message(const struct run *run, const struct app_function *function)
{
    json_t *json = function->route ? make_post(run->runs, function) : json_object();
    if (function->retry.given)
        json_object_set_new(
            json, "retry",
            json_pack("{s:i, s:i, s:o}", "count", (int)run->attempt, "max", function->retry.max,
                      "message",
                      run->message ? json_text(run->message, strlen(run->message)) : json_null()));
    return json;
}

static void begin_attempt(struct run *run)
{
    struct runs *runs = run->runs;
    const struct app_function *function = find(runs, run->name);
    run->held = runs->holding;
    if (run->held)
        return;
    if (!function) {
        finish(run, STATUS_NOT_FOUND);
        return;
    }
    const struct model_function *known = model_find_function(runs->model, function->name);
    const struct calls_request call = {
        .function = function->name,
        .shown = function->route ? "POST /admin/functions" : function->trigger,
        .reason = run->reason,
        .json = make_message(run, function),
        .body = run->payload,
        .done = on_done,
        .done_context = run,
    };
    run->number = runs->model->invocations.total + 1;
    if (known && known->load_error)
        calls_fail(runs->calls, &call, known->load_error, clock_monotonic_ns());
    else
        calls_begin(runs->calls, &call, clock_monotonic_ns());
}

int runs_begin(struct runs *runs, const struct runs_request *request, struct error *error)
{
    if (!runs->holding && !find(runs, request->name))
        return error_set(error, EXIT_STATUS_APP, "there is no function %s", request->name);
    struct run *run = mem_calloc(1, sizeof *run);
    run->runs = runs;
    run->name = mem_strdup(request->name);
    run->payload = body_of(runs->bodies, request->payload, request->len);
    run->reason = request->reason ? mem_strdup(request->reason) : NULL;
    run->done = request->done;
    run->context = request->context;
    run->next = runs->first;
    runs->first = run;
    runs->open++;
    uv_timer_init(runs->loop, &run->timer);
    run->timer.data = run;
    begin_attempt(run);
    return 0;
}

void runs_hold(struct runs *runs)
{
    runs->holding = true;
}

void runs_release(struct runs *runs)
{
    runs->holding = false;
    for (struct run *run = runs->first, *next; run; run = next) {
        next = run->next;
        if (run->held)
            begin_attempt(run);
    }
}

void runs_stop(struct runs *runs)
{
    runs->stopped = true;
    for (struct run *run = runs->first, *next; run; run = next) {
        next = run->next;
        if (run->waits || run->held)
            finish(run, STATUS_UNAVAILABLE);
    }
}
