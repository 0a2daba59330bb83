/* Pending invocations: every way in which one can end, each exactly once. */
#include "config.h"

#include <errno.h>

#include "base/clock.h"
#include "host/calls.h"
#include "tests/unit/host_fixture.h"

#define SECOND NS_PER_SECOND

/* For calls that are limited. */
enum { OUTSTANDING_MAX = 4, CONCURRENT_MAX = 2 };

static struct model *model;
static struct notes notes;
static struct calls *calls;
static struct body_store bodies;
static const struct host_events no_events;

/* What the rest of the host was asked for. */
static struct {
    int sent;
    size_t sent_bytes;
    json_t *last; /* the last INVOKE, owned */
    int send_result;
    int answered;
    int status;
    void *handle;
    char body[128];
    bool with_headers;
    int overdue;
    int begun;
    int ended;
    enum outcome outcome;
} seen;

static int on_send(void *context, const json_t *json, struct body *body)
{
    (void)context;
    seen.sent++;
    seen.sent_bytes = body_len(body);
    json_decref(seen.last);
    seen.last = json_deep_copy(json);
    return seen.send_result;
}

static void on_answer(void *context, void *handle, int status, const json_t *headers,
                      struct body *body)
{
    size_t len;
    const char *bytes = body_bytes(body, &len);
    (void)context;
    seen.answered++;
    seen.handle = handle;
    seen.status = status;
    seen.with_headers = json_array_size(headers) > 0;
    snprintf(seen.body, sizeof seen.body, "%.*s", (int)len, bytes);
}

static void on_overdue(void *context)
{
    (void)context;
    seen.overdue++;
}

static void on_begun(void *context, const struct invocation *invocation)
{
    (void)context;
    assert_int_equal(invocation->outcome, OUTCOME_WAITING);
    seen.begun++;
}

static void on_ended(void *context, const struct invocation *invocation)
{
    (void)context;
    seen.ended++;
    seen.outcome = invocation->outcome;
}

static int open_calls(void **state)
{
    const struct calls_ops ops = {.bodies = &bodies,
                                  .send = on_send,
                                  .answer = on_answer,
                                  .overdue = on_overdue,
                                  .begun = on_begun,
                                  .ended = on_ended};
    (void)state;
    memset(&seen, 0, sizeof seen);
    body_store_init(&bodies);
    model = model_new("/app");
    notes = (struct notes){.model = model, .events = &no_events};
    const struct calls_limits limits = {.timeout_ns = 60 * SECOND,
                                        .worker_wait_ns = 30 * SECOND,
                                        .outstanding_max = OUTSTANDING_MAX,
                                        .concurrent_max = CONCURRENT_MAX};
    calls = calls_new(model, &notes, &ops, &limits);
    return 0;
}

static int close_calls(void **state)
{
    (void)state;
    calls_free(calls);
    model_free(model);
    json_decref(seen.last);
    return 0;
}

static int anyone; /* a handle where it does not matter which */

static void begin(void *handle, uint64_t now_ns)
{
    const struct calls_request request = {
        .handle = handle,
        .function = "One",
        .shown = "GET /api/One",
        .json = json_pack("{s:s}", "method", "GET"),
    };
    calls_begin(calls, &request, now_ns);
}

static void begin_limited(uint64_t now_ns)
{
    const struct calls_request request = {
        .handle = &anyone,
        .function = "One",
        .shown = "GET /api/One",
        .json = json_pack("{s:s}", "method", "GET"),
        .limited = true,
    };
    calls_begin(calls, &request, now_ns);
}

static void respond(uint64_t number, const char *rest, const char *body, uint64_t now_ns)
{
    char text[256];
    snprintf(text, sizeof text, "{\"number\": %d, %s}", (int)number, rest);
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    struct body *whole = body_of(&bodies, body, strlen(body));
    calls_response(calls, json, whole, now_ns);
    body_release(whole);
    json_decref(json);
}

static void assert_end(int answered, int status, enum outcome outcome)
{
    assert_int_equal(seen.answered, answered);
    assert_int_equal(seen.ended, answered);
    assert_int_equal(seen.status, status);
    assert_int_equal(seen.outcome, outcome);
}

static void assert_output(const char *part)
{
    for (size_t i = 0; i < model->output.count; i++)
        if (strstr(output_at(&model->output, i)->text, part))
            return;
    fail_msg("'%s' is not in the output", part);
}

static void test_success(void **state)
{
    int handle;
    (void)state;
    calls_worker_ready(calls, SECOND);
    begin(&handle, SECOND);
    assert_int_equal(seen.begun, 1);
    assert_int_equal(seen.sent, 1);
    assert_int_equal(json_integer_value(json_object_get(seen.last, "number")), 1);
    assert_string_equal(json_string_value(json_object_get(seen.last, "function")), "One");
    const char *id = json_string_value(json_object_get(seen.last, "id"));
    assert_int_equal(strlen(id), 36);
    assert_int_equal(id[14], '4');
    assert_int_equal(seen.answered, 0);
    respond(1, "\"succeeded\": true, \"status\": 201, \"headers\": [[\"A\", \"b\"]]", "hello",
            SECOND + 12 * NS_PER_MS);
    assert_end(1, 201, OUTCOME_SUCCEEDED);
    assert_ptr_equal(seen.handle, &handle);
    assert_string_equal(seen.body, "hello");
    assert_true(seen.with_headers);
    assert_int_equal(calls_pending(calls), 0);
    const struct invocation *invocation = invocations_find(&model->invocations, 1);
    assert_int_equal(invocation->duration_ns, 12 * NS_PER_MS);
    assert_string_equal(invocation->request, "GET /api/One");
    assert_output("Executing 'Functions.One' (Reason=");
    assert_output("Executed 'Functions.One' (Succeeded, Id=");
    assert_output("Duration=12ms)");
    respond(1, "\"succeeded\": true, \"status\": 200", "", SECOND);
    assert_int_equal(seen.answered, 1);
}

static void test_failure(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    begin(&anyone, 0);
    respond(1,
            "\"succeeded\": false, \"status\": 500, \"error\": \"ValueError: no\\u001b\","
            " \"traceback\": \"  File\\n    boom\"",
            "not to be sent", SECOND);
    assert_end(1, 500, OUTCOME_FAILED);
    assert_string_equal(seen.body, "");
    assert_int_equal(model->invocations.failed, 1);
    assert_string_equal(invocations_find(&model->invocations, 1)->error, "ValueError: no^[");
    assert_output("Result: Failure");
    assert_output("Exception: ValueError: no");
    assert_output("Stack:   File");
    assert_output("(Failed, Id=");
}

static void test_broken_responses(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    begin(&anyone, 0);
    respond(2, "\"succeeded\": true, \"status\": 200", "", 0);
    json_t *nonsense = json_pack("{s:s}", "number", "1");
    calls_response(calls, nonsense, NULL, 0);
    json_decref(nonsense);
    assert_int_equal(seen.answered, 0);
    respond(1, "\"succeeded\": true, \"status\": 99", "body", 0);
    assert_end(1, 500, OUTCOME_FAILED);
    assert_string_equal(seen.body, "");
    begin(&anyone, 0);
    respond(2, "\"status\": \"x\"", "", 0);
    assert_end(2, 500, OUTCOME_FAILED);
}

static void test_waiting_for_a_worker(void **state)
{
    (void)state;
    begin(&anyone, SECOND);
    begin(&anyone, SECOND);
    assert_int_equal(seen.sent, 0);
    calls_tick(calls, 30 * SECOND);
    assert_int_equal(seen.answered, 0);
    calls_worker_ready(calls, 30 * SECOND);
    assert_int_equal(seen.sent, 2);
    assert_int_equal(calls_pending(calls), 2);
    /* From now on it is the function's time that counts. */
    calls_tick(calls, 89 * SECOND);
    assert_int_equal(seen.answered, 0);
    respond(2, "\"succeeded\": true, \"status\": 200", "", 0);
    respond(1, "\"succeeded\": true, \"status\": 200", "", 0);
    assert_end(2, 200, OUTCOME_SUCCEEDED);
}

static void test_no_worker_in_time(void **state)
{
    (void)state;
    begin(&anyone, SECOND);
    calls_tick(calls, (30 + 1) * SECOND);
    assert_end(1, 503, OUTCOME_FAILED);
    assert_holds(seen.body, "no worker was ready");
    assert_int_equal(seen.overdue, 0);
}

static void test_worker_death(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    begin(&anyone, 0);
    begin(&anyone, 0);
    calls_worker_died(calls, "worker killed by SIGKILL", SECOND);
    assert_end(2, 502, OUTCOME_KILLED);
    assert_string_equal(seen.body, "worker killed by SIGKILL\n");
    /* What comes after waits for the next worker. */
    begin(&anyone, SECOND);
    assert_int_equal(seen.sent, 2);
    calls_worker_died(calls, "again", SECOND);
    assert_int_equal(seen.answered, 2);
    calls_worker_ready(calls, 2 * SECOND);
    assert_int_equal(seen.sent, 3);
    respond(3, "\"succeeded\": true, \"status\": 200", "", 0);
    assert_end(3, 200, OUTCOME_SUCCEEDED);
}

static void assert_names(const char *names)
{
    struct buf out;
    char id[INVOCATION_ID_SIZE + 8], expected[512] = "";
    uint64_t number = 1;
    buf_init(&out, 512);
    calls_name_sent(calls, &out);
    /* A # stands for the id of the next invocation. */
    for (const char *c = names; *c; c++) {
        snprintf(id, sizeof id, "%c", *c);
        if (*c == '#')
            snprintf(id, sizeof id, "%s", invocations_find(&model->invocations, number++)->id);
        strncat(expected, id, sizeof expected - strlen(expected) - 1);
    }
    assert_string_equal(buf_text(&out), expected);
    buf_fini(&out);
}

static void test_names_of_what_the_worker_has(void **state)
{
    (void)state;
    begin(&anyone, 0);
    assert_names(""); /* it waits for a worker */
    calls_worker_ready(calls, 0);
    assert_names("Functions.One (Id=#)");
    begin(&anyone, 0);
    begin(&anyone, 0);
    assert_names("Functions.One (Id=#), Functions.One (Id=#), Functions.One (Id=#)");
    begin(&anyone, 0);
    begin(&anyone, 0);
    assert_names("Functions.One (Id=#), Functions.One (Id=#), Functions.One (Id=#) and 2 more");
    calls_worker_died(calls, "killed", SECOND);
    assert_names("");
}

static void test_timeout(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    begin(&anyone, 0);
    begin(&anyone, 30 * SECOND);
    calls_tick(calls, 60 * SECOND);
    assert_end(1, 500, OUTCOME_TIMED_OUT);
    assert_int_equal(seen.overdue, 1);
    respond(1, "\"succeeded\": true, \"status\": 200", "late", 0);
    assert_int_equal(seen.answered, 1);
    calls_worker_died(calls, "worker killed", 61 * SECOND);
    assert_end(2, 502, OUTCOME_KILLED);
}

static void hold(bool any, bool all, uint64_t number, uint64_t now_ns)
{
    const struct calls_hold held = {.any = any, .all = all, .number = number};
    calls_hold(calls, &held, now_ns);
}

/* What the worker has begun runs on beside the one that is stopped. */
static void test_a_stopped_call_has_time(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    begin(&anyone, 0);
    begin(&anyone, 0);
    begin(&anyone, 0);
    invocations_find(&model->invocations, 1)->outcome = OUTCOME_RUNNING;
    invocations_find(&model->invocations, 2)->outcome = OUTCOME_RUNNING;
    hold(true, false, 1, 50 * SECOND);
    calls_tick(calls, 59 * SECOND);
    assert_int_equal(seen.ended, 0);
    calls_tick(calls, 60 * SECOND);
    assert_end(1, 500, OUTCOME_TIMED_OUT);
    assert_int_equal(invocations_find(&model->invocations, 2)->outcome, OUTCOME_TIMED_OUT);
    calls_tick(calls, 200 * SECOND);
    hold(false, false, 0, 300 * SECOND);
    calls_tick(calls, 309 * SECOND);
    assert_int_equal(seen.ended, 1);
    calls_tick(calls, 310 * SECOND);
    assert_int_equal(seen.ended, 3);
}

static void test_no_call_has_time_while_the_loop_is_held(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    begin(&anyone, 0);
    invocations_find(&model->invocations, 1)->outcome = OUTCOME_RUNNING;
    hold(true, true, 7, 10 * SECOND);
    calls_tick(calls, 90 * SECOND);
    begin(&anyone, 100 * SECOND);
    hold(false, false, 0, 110 * SECOND);
    calls_tick(calls, 159 * SECOND);
    assert_int_equal(seen.ended, 0);
    calls_tick(calls, 160 * SECOND);
    assert_end(1, 500, OUTCOME_TIMED_OUT);
    calls_tick(calls, 169 * SECOND);
    assert_int_equal(seen.ended, 1);
    calls_tick(calls, 170 * SECOND);
    assert_int_equal(seen.ended, 2);
}

static void test_nobody_waits_in_vain_for_a_worker_that_is_stopped(void **state)
{
    (void)state;
    begin(&anyone, 0);
    hold(true, true, 0, 0);
    calls_tick(calls, 300 * SECOND);
    assert_int_equal(seen.ended, 0);
    hold(false, false, 0, 300 * SECOND);
    calls_tick(calls, 330 * SECOND);
    assert_end(1, 503, OUTCOME_FAILED);
}

static void test_too_large_for_the_worker(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    seen.send_result = -EMSGSIZE;
    begin(&anyone, 0);
    assert_end(1, 500, OUTCOME_FAILED);
    seen.send_result = -EPIPE; /* the worker's death will follow */
    begin(&anyone, 0);
    assert_int_equal(seen.answered, 1);
    calls_worker_died(calls, "dead", 0);
    assert_end(2, 502, OUTCOME_KILLED);
}

static void test_function_that_did_not_load(void **state)
{
    const struct calls_request request = {
        .handle = &anyone, .function = "One", .shown = "GET /", .json = json_object()};
    (void)state;
    calls_fail(calls, &request, "SyntaxError: invalid syntax", 0);
    assert_int_equal(seen.begun, 1);
    assert_int_equal(seen.sent, 0);
    assert_end(1, 500, OUTCOME_FAILED);
    assert_string_equal(seen.body, "");
    assert_output("SyntaxError: invalid syntax");
}

static void assert_last_sent(int sent, int number)
{
    assert_int_equal(seen.sent, sent);
    assert_int_equal(json_integer_value(json_object_get(seen.last, "number")), number);
}

static void test_one_too_many(void **state)
{
    (void)state;
    for (int i = 0; i < OUTSTANDING_MAX; i++)
        begin_limited(0);
    assert_int_equal(seen.answered, 0);
    begin_limited(0);
    assert_int_equal(seen.answered, 1);
    assert_int_equal(seen.status, 429);
    assert_string_equal(seen.body, "");
    assert_true(seen.with_headers);
    assert_int_equal(seen.begun, OUTSTANDING_MAX);
    assert_int_equal(model->invocations.total, OUTSTANDING_MAX);
    assert_output("Http request queue limit of 4 has been exceeded.");
    begin(&anyone, 0); /* what is not limited does not count */
    assert_int_equal(seen.answered, 1);
    calls_worker_ready(calls, 0);
    respond(1, "\"succeeded\": true, \"status\": 200", "", 0);
    begin_limited(0);
    assert_int_equal(seen.answered, 2);
    assert_int_equal(seen.status, 200);
    assert_int_equal(calls_pending(calls), OUTSTANDING_MAX + 1);
}

static void test_some_at_a_time(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    for (int i = 0; i < OUTSTANDING_MAX; i++)
        begin_limited(0);
    assert_last_sent(CONCURRENT_MAX, CONCURRENT_MAX);
    begin(&anyone, 0); /* passes those that wait */
    assert_last_sent(3, 5);
    respond(3, "\"succeeded\": true, \"status\": 200", "", 0); /* was not sent */
    assert_int_equal(seen.answered, 0);
    respond(2, "\"succeeded\": true, \"status\": 200", "", 0);
    assert_last_sent(4, 3);
    respond(1, "\"succeeded\": false", "", 0);
    assert_last_sent(5, 4);
    respond(5, "\"succeeded\": true, \"status\": 200", "", 0);
    respond(3, "\"succeeded\": true, \"status\": 200", "", 0);
    respond(4, "\"succeeded\": true, \"status\": 200", "", 0);
    assert_end(5, 200, OUTCOME_SUCCEEDED);
    assert_int_equal(seen.sent, 5);
}

/* Neither a turn that is long in coming nor what a worker's death has cost is held against a call.
 */
static void test_waiting_for_a_turn(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    for (int i = 0; i < CONCURRENT_MAX + 1; i++)
        begin_limited(0);
    calls_tick(calls, 40 * SECOND);
    assert_int_equal(seen.answered, 0);
    calls_worker_died(calls, "dead", 50 * SECOND);
    assert_int_equal(seen.answered, CONCURRENT_MAX);
    calls_tick(calls, 69 * SECOND);
    calls_worker_died(calls, "dead again", 69 * SECOND);
    assert_int_equal(seen.answered, CONCURRENT_MAX);
    calls_tick(calls, 70 * SECOND);
    assert_end(CONCURRENT_MAX + 1, 503, OUTCOME_FAILED);
}

static void test_turn_after_one_that_cannot_be_sent(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    seen.send_result = -EMSGSIZE;
    for (int i = 0; i < 2 * CONCURRENT_MAX; i++)
        begin_limited(0);
    assert_end(2 * CONCURRENT_MAX, 500, OUTCOME_FAILED);
    seen.send_result = 0;
    begin_limited(0);
    assert_last_sent(2 * CONCURRENT_MAX + 1, 2 * CONCURRENT_MAX + 1);
}

static void test_refusing_all(void **state)
{
    (void)state;
    begin(&anyone, 0);
    calls_worker_ready(calls, 0);
    begin(&anyone, 0);
    calls_refuse_all(calls, "pymemtop is ending", 0);
    assert_end(2, 503, OUTCOME_FAILED);
    assert_int_equal(calls_pending(calls), 0);
    assert_int_equal(model->invocations.running, 0);
}

static void on_done(void *context, int status)
{
    *(int *)context = status;
}

static void run(const char *payload, int *status)
{
    const struct calls_request request = {
        .function = "Two",
        .shown = "queueTrigger",
        .reason = "New queue message detected.",
        .json = json_object(),
        .body = body_of(&bodies, payload, strlen(payload)),
        .done = on_done,
        .done_context = status,
    };
    calls_begin(calls, &request, 0);
    body_release(request.body);
}

/* A body that could not be kept ends its call, whichever way it was to go. */
static void test_lost_bodies(void **state)
{
    (void)state;
    bodies.folder = "/nowhere";
    static char large[BODY_MEMORY_BYTES + 1];
    struct body *lost = body_of(&bodies, large, sizeof large);
    const struct calls_request request = {.handle = &anyone,
                                          .function = "One",
                                          .shown = "POST /api/One",
                                          .json = json_object(),
                                          .body = lost};
    calls_worker_ready(calls, 0);
    calls_begin(calls, &request, 0);
    assert_end(1, 507, OUTCOME_FAILED);
    assert_int_equal(seen.sent, 0);
    assert_output("the request's body is lost: it cannot be kept in /nowhere: No such file");
    begin(&anyone, 0);
    json_t *json = json_pack("{s:i, s:b, s:i}", "number", 2, "succeeded", 1, "status", 200);
    calls_response(calls, json, lost, 0);
    json_decref(json);
    assert_end(2, 507, OUTCOME_FAILED);
    assert_holds(seen.body, "the response's body is lost: it cannot be kept in /nowhere");
    body_release(lost);
}

/* What the worker has, the call need not keep. */
static void test_body_is_let_go(void **state)
{
    int status;
    (void)state;
    run("payload", &status);
    assert_true(bodies.memory_bytes > 0);
    calls_worker_ready(calls, 0);
    assert_int_equal(seen.sent_bytes, strlen("payload"));
    assert_int_equal(bodies.memory_bytes, 0);
}

static void test_background(void **state)
{
    (void)state;
    int status = 0;
    calls_worker_ready(calls, 0);
    run("payload", &status);
    assert_output("Executing 'Functions.Two' (Reason='New queue message detected.', Id=");
    respond(1,
            "\"succeeded\": true, \"status\": 204, \"outputs\": [{\"name\": \"out\", \"type\": "
            "\"queue\", \"value\": \"sent\"}, {}, 5]",
            "", SECOND);
    assert_int_equal(status, 204);
    assert_int_equal(seen.answered, 0); /* nobody waits */
    assert_int_equal(seen.ended, 1);
    assert_output("Output 'out' (queue): sent");
    run("", &status);
    respond(2, "\"succeeded\": false, \"error\": \"ValueError\"", "", SECOND);
    assert_int_equal(status, 500);
    run("", &status);
    calls_worker_died(calls, "killed", SECOND);
    assert_int_equal(seen.answered, 0);
    assert_int_equal(seen.ended, 3);
}

static void test_time_out_names_the_line(void **state)
{
    (void)state;
    calls_worker_ready(calls, 0);
    begin(&anyone, 0);
    struct invocation *running = invocations_find(&model->invocations, 1);
    running->file = model_add_file(model, file_new("/app/One/__init__.py", "/app", "x\n", 2));
    running->line = 57;
    calls_tick(calls, 1000 * SECOND);
    assert_output(", and is at One/__init__.py:57; the worker is started again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_success, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_failure, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_broken_responses, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_waiting_for_a_worker, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_no_worker_in_time, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_worker_death, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_names_of_what_the_worker_has, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_timeout, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_a_stopped_call_has_time, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_no_call_has_time_while_the_loop_is_held, open_calls,
                                        close_calls),
        cmocka_unit_test_setup_teardown(test_nobody_waits_in_vain_for_a_worker_that_is_stopped,
                                        open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_too_large_for_the_worker, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_function_that_did_not_load, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_one_too_many, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_some_at_a_time, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_waiting_for_a_turn, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_turn_after_one_that_cannot_be_sent, open_calls,
                                        close_calls),
        cmocka_unit_test_setup_teardown(test_refusing_all, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_background, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_lost_bodies, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_body_is_let_go, open_calls, close_calls),
        cmocka_unit_test_setup_teardown(test_time_out_names_the_line, open_calls, close_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
