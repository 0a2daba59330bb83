/*
 * A call is in one of two states: waiting for a worker to be ready, or sent. Its deadline belongs
 * to the state. Every way out leads through end(), which ends the invocation in the model, tells
 * the listeners, answers the request and frees the call, in this order: who hears of the end finds
 * the model complete, and the client's next request comes after it.
 *
 * A call that waits although a worker is ready waits for its turn: its deadline recedes, since
 * those before it have theirs. Who ends a call does not send the next one, since lists are walked
 * around it; the entry points do so when they are through.
 *
 * Calls are few (no more than the server has connections), so they are a list in the order of their
 * arrival, which is also the order in which they are sent.
 */
#include "config.h"
#include "host/calls.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/json_file.h"

enum { ERROR_LINE_MAX = 1024, PLACE_MAX = 1024, NAMED_MOST = 3 };

struct call {
    struct call *next;
    uint64_t number;
    void *handle;
    json_t *json;      /* owned */
    struct body *body; /* a reference; NULL without one, and once it is sent */
    void (*done)(void *context, int status);
    void *done_context;
    bool limited;
    bool sent;
    uint64_t deadline_ns; /* for a worker while it is not sent, then for the function */
    uint64_t since_ns;    /* when the time until then began to run */
    /* For the answer where the model no longer keeps the invocation. */
    char id[INVOCATION_ID_SIZE];
    char *function; /* owned */
    uint64_t start_ns;
};

struct calls {
    struct model *model;
    struct notes *notes;
    struct calls_ops ops;
    struct calls_limits limits;
    struct call *first; /* in the order of arrival */
    size_t pending;
    size_t outstanding; /* of pending, the limited ones */
    size_t concurrent;  /* of outstanding, those that were sent */
    struct calls_hold hold;
    uint64_t held_ns; /* up to when the deadlines have been moved by it */
    bool worker_ready;
    bool walking;    /* send_waiting is under way */
    bool walk_again; /* and has been asked for once more */
};

/* How a call ends. */
struct ending {
    enum outcome outcome;
    int status;
    const char *error; /* one line or NULL */
    const json_t *headers;
    struct body *body; /* borrowed, or NULL */
};

/* ---- identity ---- */

/* A random UUID (version 4). */
static void make_id(char id[INVOCATION_ID_SIZE])
{
    unsigned char b[16] = {0};
    ssize_t got = getrandom(b, sizeof b, 0);
    if (got != (ssize_t)sizeof b) { /* does not happen for so few bytes */
        uint64_t now = clock_realtime_ns();
        memcpy(b, &now, sizeof now);
    }
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    snprintf(id, INVOCATION_ID_SIZE,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
}

/* ---- the list ---- */

static struct call *call_new(struct calls *calls, const struct calls_request *request,
                             uint64_t now_ns)
{
    struct call *call = mem_calloc(1, sizeof *call);
    struct call **end = &calls->first;
    call->number = calls->model->invocations.total + 1;
    call->handle = request->handle;
    call->json = request->json;
    call->body = body_hold(request->body);
    call->done = request->done;
    call->done_context = request->done_context;
    call->function = mem_strdup(request->function);
    call->start_ns = now_ns;
    call->deadline_ns = now_ns + calls->limits.worker_wait_ns;
    call->since_ns = now_ns;
    call->limited = request->limited;
    make_id(call->id);
    while (*end)
        end = &(*end)->next;
    *end = call;
    calls->pending++;
    calls->outstanding += call->limited;
    return call;
}

static void call_free(struct calls *calls, struct call *call)
{
    struct call **at = &calls->first;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    calls->pending--;
    calls->outstanding -= call->limited;
    calls->concurrent -= call->limited && call->sent;
    json_decref(call->json);
    body_release(call->body);
    free(call->function);
    free(call);
}

/* ---- beginning and ending ---- */

static struct call *begin(struct calls *calls, const struct calls_request *request, uint64_t now_ns)
{
    struct call *call = call_new(calls, request, now_ns);
    struct invocation *invocation = invocations_add(&calls->model->invocations, call->number,
                                                    call->id, call->function, request->shown);
    invocation->start_ns = now_ns;
    invocation->start_realtime_ns = clock_realtime_ns();
    model_touch(calls->model);
    notes_say(calls->notes, LEVEL_INFO, call->number,
              "Executing 'Functions.%s' (Reason='%s', Id=%s)", call->function,
              request->reason ? request->reason
                              : "This function was programmatically called via the host APIs.",
              call->id);
    calls->ops.begun(calls->ops.context, invocation);
    return call;
}

static void end(struct calls *calls, struct call *call, const struct ending *ending,
                uint64_t now_ns)
{
    struct invocation *invocation = invocations_find(&calls->model->invocations, call->number);
    bool succeeded = ending->outcome == OUTCOME_SUCCEEDED;
    uint64_t ms = (now_ns - call->start_ns) / NS_PER_MS;
    notes_say(calls->notes, succeeded ? LEVEL_INFO : LEVEL_ERROR, call->number,
              "Executed 'Functions.%s' (%s, Id=%s, Duration=%" PRIu64 "ms)", call->function,
              succeeded ? "Succeeded" : "Failed", call->id, ms);
    if (invocation) {
        invocations_end(&calls->model->invocations, invocation, ending->outcome, ending->status,
                        now_ns, ending->error);
        model_touch(calls->model);
        calls->ops.ended(calls->ops.context, invocation);
    }
    if (call->handle)
        calls->ops.answer(calls->ops.context, call->handle, ending->status, ending->headers,
                          ending->body);
    void (*done)(void *context, int status) = call->done;
    void *done_context = call->done_context;
    call_free(calls, call);
    if (done)
        done(done_context, ending->status);
}

/* An end that is the host's word and not the app's: the sentence is the answer's body. */
static void end_with_words(struct calls *calls, struct call *call, enum outcome outcome, int status,
                           const char *words, uint64_t now_ns)
{
    char *text = mem_printf("%s\n", words);
    struct body *body = body_of(calls->ops.bodies, text, strlen(text));
    json_t *headers = json_pack("[[s, s]]", "Content-Type", "text/plain; charset=utf-8");
    struct ending ending = {
        .outcome = outcome, .status = status, .error = words, .headers = headers, .body = body};
    if (outcome != OUTCOME_KILLED) /* a worker's death is said once, for all that it had */
        notes_say(calls->notes, LEVEL_ERROR, call->number, "%s", words);
    end(calls, call, &ending, now_ns);
    json_decref(headers);
    body_release(body);
    free(text);
}

/* A body that could not be kept. */
static void end_without_body(struct calls *calls, struct call *call, const struct body *body,
                             const char *whose, uint64_t now_ns)
{
    char *why = body_describe_failure(body);
    char *words = mem_printf("the %s's body is lost: %s", whose, why);
    end_with_words(calls, call, OUTCOME_FAILED, 507, words, now_ns);
    free(words);
    free(why);
}

static void send_call(struct calls *calls, struct call *call, uint64_t now_ns)
{
    if (body_failure(call->body)) {
        end_without_body(calls, call, call->body, "request", now_ns);
        return;
    }
    json_object_set_new(call->json, "number", json_integer((json_int_t)call->number));
    json_object_set_new(call->json, "id", json_string(call->id));
    json_object_set_new(call->json, "function", json_string(call->function));
    int result = calls->ops.send(calls->ops.context, call->json, call->body);
    if (result == -EMSGSIZE) {
        end_with_words(calls, call, OUTCOME_FAILED, 500, "the request is too large for the worker",
                       now_ns);
        return;
    }
    body_release(call->body);
    call->body = NULL;
    /* Any other failure means that the worker is dying, which calls_worker_died will say. */
    call->sent = true;
    calls->concurrent += call->limited;
    call->since_ns = now_ns;
    call->deadline_ns =
        calls->limits.timeout_ns == UINT64_MAX ? UINT64_MAX : now_ns + calls->limits.timeout_ns;
}

static void send_those_whose_turn_it_is(struct calls *calls, uint64_t now_ns)
{
    for (struct call *call = calls->first, *next; call && calls->worker_ready; call = next) {
        next = call->next;
        bool turn = !call->limited || calls->concurrent < calls->limits.concurrent_max;
        if (!call->sent && turn)
            send_call(calls, call, now_ns);
    }
}

/* Send what waits and may be sent. A call that ends in this may begin others at once; they are sent
 * by the walk that is under way, so that nobody takes its next call away. */
static void send_waiting(struct calls *calls, uint64_t now_ns)
{
    calls->walk_again = true;
    if (calls->walking)
        return;
    calls->walking = true;
    while (calls->walk_again) {
        calls->walk_again = false;
        send_those_whose_turn_it_is(calls, now_ns);
    }
    calls->walking = false;
}

/* One request too many: what the Functions host answers. */
static void reject(struct calls *calls, const struct calls_request *request)
{
    json_t *headers = json_pack("[[s, s]]", "X-FUNCTION-SCALEOUT", "1");
    notes_say(calls->notes, LEVEL_INFO, OUTPUT_NO_INVOCATION,
              "Http request queue limit of %zu has been exceeded.", calls->limits.outstanding_max);
    json_decref(request->json);
    calls->ops.answer(calls->ops.context, request->handle, 429, headers, NULL);
    json_decref(headers);
}

void calls_begin(struct calls *calls, const struct calls_request *request, uint64_t now_ns)
{
    if (request->limited && calls->outstanding >= calls->limits.outstanding_max) {
        reject(calls, request);
        return;
    }
    begin(calls, request, now_ns);
    send_waiting(calls, now_ns);
}

void calls_fail(struct calls *calls, const struct calls_request *request, const char *problem,
                uint64_t now_ns)
{
    struct call *call = begin(calls, request, now_ns);
    struct ending ending = {.outcome = OUTCOME_FAILED, .status = 500, .error = problem};
    notes_say(calls->notes, LEVEL_ERROR, call->number, "%s was not loaded: %s", call->function,
              problem);
    end(calls, call, &ending, now_ns);
}

void calls_worker_ready(struct calls *calls, uint64_t now_ns)
{
    calls->worker_ready = true;
    send_waiting(calls, now_ns);
}

/* ---- responses ---- */

static struct call *find(const struct calls *calls, const json_t *json)
{
    const json_t *number = json_object_get(json, "number");
    struct call *call = calls->first;
    if (!json_is_integer(number))
        return NULL;
    while (call && (json_int_t)call->number != json_integer_value(number))
        call = call->next;
    return call;
}

/* What `func` prints for an exception. */
static void say_failure(struct calls *calls, uint64_t number, const char *error,
                        const json_t *traceback)
{
    notes_say(calls->notes, LEVEL_ERROR, number, "Result: Failure\nException: %s",
              error ? error : "not known");
    if (json_string_length(traceback))
        notes_say(calls->notes, LEVEL_ERROR, number, "Stack: %s", json_string_value(traceback));
}

/* What the function has set for its output bindings, which are not sent anywhere. */
static void say_outputs(struct calls *calls, uint64_t number, const json_t *outputs)
{
    size_t i;
    json_t *output;
    json_array_foreach(outputs, i, output)
    {
        const char *name = json_text_of(output, "name"), *type = json_text_of(output, "type");
        const char *value = json_text_of(output, "value");
        notes_say(calls->notes, LEVEL_INFO, number, "Output '%s' (%s): %s", name ? name : "",
                  type ? type : "", value ? value : "");
    }
}

static void take_response(struct calls *calls, struct call *call, const json_t *json,
                          struct body *body, uint64_t now_ns)
{
    const char *error = json_string_value(json_object_get(json, "error"));
    if (!json_is_true(json_object_get(json, "succeeded"))) {
        char line[ERROR_LINE_MAX];
        struct ending failed = {.outcome = OUTCOME_FAILED, .status = 500, .error = line};
        if (!error)
            error = "the function failed";
        text_clean(line, sizeof line, error, strlen(error));
        say_failure(calls, call->number, error, json_object_get(json, "traceback"));
        end(calls, call, &failed, now_ns);
        return;
    }
    if (body_failure(body)) {
        end_without_body(calls, call, body, "response", now_ns);
        return;
    }
    struct ending ending = {.outcome = OUTCOME_SUCCEEDED,
                            .status = (int)json_integer_value(json_object_get(json, "status")),
                            .headers = json_object_get(json, "headers"),
                            .body = body};
    if (ending.status < 200 || ending.status > 999) {
        notes_say(calls->notes, LEVEL_ERROR, call->number,
                  "the status code %d is not one of HTTP; 500 is sent", ending.status);
        ending = (struct ending){
            .outcome = OUTCOME_FAILED, .status = 500, .error = "invalid status code"};
    }
    say_outputs(calls, call->number, json_object_get(json, "outputs"));
    end(calls, call, &ending, now_ns);
}

void calls_response(struct calls *calls, const json_t *json, struct body *body, uint64_t now_ns)
{
    struct call *call = find(calls, json);
    if (!call || !call->sent)
        return; /* its time was up, and it has been answered */
    take_response(calls, call, json, body, now_ns);
    send_waiting(calls, now_ns);
}

/* ---- trouble ---- */

void calls_worker_died(struct calls *calls, const char *words, uint64_t now_ns)
{
    calls->worker_ready = false;
    for (struct call *call = calls->first, *next; call; call = next) {
        next = call->next;
        if (call->sent)
            end_with_words(calls, call, OUTCOME_KILLED, 502, words, now_ns);
    }
}

/* Where a call is: ", and is at FILE:LINE", or "" where that is not known. */
static void describe_place(const struct calls *calls, const struct call *call, char *out,
                           size_t size)
{
    const struct model *model = calls->model;
    const struct invocation *at = invocations_find(&model->invocations, call->number);
    out[0] = '\0';
    if (at && at->line && at->file < model->file_count)
        snprintf(out, size, ", and is at %s:%" PRIu32, model->files[at->file]->display, at->line);
}

void calls_worker_leaves(struct calls *calls)
{
    calls->worker_ready = false;
}

size_t calls_sent(const struct calls *calls)
{
    size_t count = 0;
    for (const struct call *call = calls->first; call; call = call->next)
        count += call->sent;
    return count;
}

void calls_name_sent(const struct calls *calls, struct buf *out)
{
    size_t named = 0, left = calls_sent(calls);
    for (const struct call *call = calls->first; call && named < NAMED_MOST; call = call->next) {
        if (!call->sent)
            continue;
        buf_printf(out, "%sFunctions.%s (Id=%s)", named ? ", " : "", call->function, call->id);
        named++;
        left--;
    }
    if (left)
        buf_printf(out, " and %zu more", left);
}

static void time_out(struct calls *calls, struct call *call, uint64_t now_ns)
{
    char place[PLACE_MAX];
    describe_place(calls, call, place, sizeof place);
    char *words = mem_printf(
        "%s ran longer than the functionTimeout of %" PRIu64 " s%s; the worker is started again",
        call->function, (uint64_t)(calls->limits.timeout_ns / NS_PER_SECOND), place);
    end_with_words(calls, call, OUTCOME_TIMED_OUT, 500, words, now_ns);
    free(words);
}

/* Does the time of the call stand still? */
static bool is_held(const struct calls *calls, const struct call *call)
{
    if (!calls->hold.any || calls->hold.all || calls->hold.number == call->number)
        return calls->hold.any;
    const struct invocation *invocation =
        invocations_find(&calls->model->invocations, call->number);
    return call->sent && invocation && invocation->outcome == OUTCOME_WAITING;
}

/* Move the deadlines by the time for which they have been held. */
static void settle_hold(struct calls *calls, uint64_t now_ns)
{
    for (struct call *call = calls->first; call; call = call->next) {
        uint64_t from_ns = call->since_ns > calls->held_ns ? call->since_ns : calls->held_ns;
        if (is_held(calls, call) && call->deadline_ns != UINT64_MAX && now_ns > from_ns)
            call->deadline_ns += now_ns - from_ns;
    }
    calls->held_ns = now_ns;
}

void calls_hold(struct calls *calls, const struct calls_hold *hold, uint64_t now_ns)
{
    settle_hold(calls, now_ns);
    calls->hold = *hold;
}

void calls_tick(struct calls *calls, uint64_t now_ns)
{
    bool overdue = false;
    settle_hold(calls, now_ns);
    for (struct call *call = calls->first, *next; call; call = next) {
        next = call->next;
        if (!call->sent && calls->worker_ready)
            call->deadline_ns = now_ns + calls->limits.worker_wait_ns;
        if (now_ns < call->deadline_ns)
            continue;
        if (call->sent) {
            overdue = true;
            time_out(calls, call, now_ns);
        } else {
            end_with_words(calls, call, OUTCOME_FAILED, 503, CALLS_NO_WORKER, now_ns);
        }
    }
    if (!overdue)
        return;
    calls->worker_ready = false; /* it is about to be killed */
    calls->ops.overdue(calls->ops.context);
}

void calls_refuse_all(struct calls *calls, const char *words, uint64_t now_ns)
{
    while (calls->first)
        end_with_words(calls, calls->first, OUTCOME_FAILED, 503, words, now_ns);
}

size_t calls_pending(const struct calls *calls)
{
    return calls->pending;
}

struct calls *calls_new(struct model *model, struct notes *notes, const struct calls_ops *ops,
                        const struct calls_limits *limits)
{
    struct calls *calls = mem_calloc(1, sizeof *calls);
    calls->model = model;
    calls->notes = notes;
    calls->ops = *ops;
    calls->limits = *limits;
    return calls;
}

void calls_set_limits(struct calls *calls, const struct calls_limits *limits)
{
    calls->limits = *limits;
}

void calls_free(struct calls *calls)
{
    if (!calls)
        return;
    while (calls->first)
        call_free(calls, calls->first);
    free(calls);
}
