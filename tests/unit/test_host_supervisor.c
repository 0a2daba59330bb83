/* host/supervisor: a worker that is a script, for what the end-to-end tests do not see. */
#include "config.h"

#include <signal.h>

#include "host/supervisor.h"
#include "tests/unit/host_fixture.h"

static uv_loop_t loop;
static struct supervisor *supervisor;
static char words[1024];
static unsigned stops;
static struct supervisor_end seen;
static bool closed;

static void on_started(void *context, struct segment *segment)
{
    (void)context;
    assert_int_equal(atomic_load(&segment->control.stop.serial), 0);
}

static void on_stopped(void *context)
{
    (void)context;
    stops++;
    supervisor_kill(supervisor);
}

static void on_frame(void *context, enum frame_type type, json_t *json, struct body *body)
{
    (void)context, (void)type, (void)json, (void)body;
}

static void on_text(void *context, enum output_source source, const char *line, size_t len)
{
    (void)context, (void)source;
    snprintf(words, sizeof words, "%.*s", (int)len, line);
}

static void on_notice(void *context, const char *text)
{
    (void)context;
    fail_msg("%s", text);
}

static void on_closed(void *context)
{
    (void)context;
    closed = true;
}

static void on_died(void *context, const struct supervisor_end *end, unsigned delay_ms)
{
    (void)context, (void)delay_ms;
    seen = *end;
    supervisor_close(supervisor, on_closed, NULL);
}

/* The worker's eventfd is a descriptor that it is told of, and writing to it is heard at once. */
static void test_a_stop_is_heard(void **state)
{
    char *const nothing[] = {NULL};
    const struct supervisor_program program = {.script = "x.py", .arguments = nothing};
    const struct supervisor_events events = {.started = on_started,
                                             .stopped = on_stopped,
                                             .frame = on_frame,
                                             .text = on_text,
                                             .notice = on_notice,
                                             .died = on_died};
    struct error error;
    (void)state;
    fixture_write("worker", "#!/bin/sh\n"
                            "echo \"$@\"\n"
                            "printf '\\001\\000\\000\\000\\000\\000\\000\\000' >&5\n"
                            "exec sleep 600\n");
    assert_int_equal(chmod(fixture_path("worker"), 0755), 0);
    const struct supervisor_setup setup = {.program = fixture_path("worker"),
                                           .run = &program,
                                           .environment = environ,
                                           .heap = true,
                                           .once = true};
    assert_int_equal(uv_loop_init(&loop), 0);
    supervisor = supervisor_new(&loop, &setup, &events);
    assert_int_equal(supervisor_start(supervisor, &error), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(stops, 1);
    assert_int_equal(seen.signal, SIGKILL);
    assert_true(closed);
    assert_holds(words, "--segment-fd 4 --control-fd 5");
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_stop_is_heard, fixture_open, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
