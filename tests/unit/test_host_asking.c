/* host/asking and wire/question: questions to a worker that is played here, whose children are
 * real. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "host/asking.h"

static uv_loop_t loop;
static int ends[2]; /* of the questions: the host's, the worker's */
static struct asking asking;
static unsigned told;
static char last[4096];

static void on_told(void *context, const json_t *json)
{
    (void)context;
    char *text = json_dumps(json, JSON_SORT_KEYS);
    told++;
    snprintf(last, sizeof last, "%s", text);
    free(text);
}

static int send_there(void *context, const struct question *question)
{
    (void)context;
    return question_send(ends[0], question);
}

static int begin(void **state)
{
    (void)state;
    told = 0;
    last[0] = '\0';
    uv_loop_init(&loop);
    asking = (struct asking){.loop = &loop, .send = send_there, .told = on_told};
    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
}

static int end(void **state)
{
    (void)state;
    asking_end(&asking);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    close(ends[0]);
    close(ends[1]);
    /* Whoever was started has ended, and was waited for. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    return 0;
}

static const struct question question = {.kind = QUESTION_HOLDERS, .body = "body", .len = 4};

/* A child that says its number and those bytes, and then ends or stays. */
static void answer_by(const void *bytes, size_t len, bool stays)
{
    struct question taken;
    assert_int_equal(question_receive(ends[1], &taken), 1);
    assert_int_equal(taken.kind, QUESTION_HOLDERS);
    assert_int_equal(taken.len, 4);
    assert_memory_equal(taken.body, "body", 4);
    pid_t pid = fork();
    if (pid == 0) {
        uint32_t own = (uint32_t)getpid();
        bool is_written = write(taken.answer_fd, &own, sizeof own) == sizeof own &&
                          write(taken.answer_fd, bytes, len) == (ssize_t)len;
        if (stays)
            pause();
        _exit(is_written ? 0 : 1);
    }
    close(taken.answer_fd);
}

static void run_until_told(unsigned wanted)
{
    while (told < wanted)
        uv_run(&loop, UV_RUN_ONCE);
}

static void test_an_answer(void **state)
{
    static const char bytes[] = "\x05\x0c\x64{\"lines\": []}";
    (void)state;
    assert_int_equal(asking_ask(&asking, &question), 0);
    answer_by(bytes, sizeof bytes - 1, false);
    run_until_told(1);
    while (!strstr(last, "lines"))
        uv_run(&loop, UV_RUN_ONCE);
    assert_string_equal(last, "{\"lines\": [], \"percent\": 100}");
    assert_null(asking.pipe);
}

static void test_progress(void **state)
{
    (void)state;
    assert_int_equal(asking_ask(&asking, &question), 0);
    answer_by("\x07\x2a", 2, true);
    run_until_told(1);
    assert_string_equal(last, "{\"percent\": 42}");
    assert_non_null(asking.pipe);
}

/* No mark of the end, no JSON behind it, or none that is an object. */
static void test_what_is_no_answer(void **state)
{
    static const char *const answers[] = {"", "\x10", "\x64", "\x64{\"lines\": [", "\x64[1]"};
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        last[0] = '\0';
        assert_int_equal(asking_ask(&asking, &question), 0);
        answer_by(answers[i], strlen(answers[i]), false);
        while (!strstr(last, "problem"))
            uv_run(&loop, UV_RUN_ONCE);
        assert_non_null(strstr(last, "killed"));
    }
}

static void test_a_new_question_ends_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(asking_ask(&asking, &question), 0);
    answer_by("\x01", 1, true);
    run_until_told(1);
    assert_int_equal(asking_ask(&asking, &question), 0);
    answer_by("\x64{}", 3, false);
    run_until_told(2);
    assert_string_equal(last, "{\"percent\": 100}");
}

static void test_dropped_before_it_is_taken(void **state)
{
    struct question taken;
    (void)state;
    assert_int_equal(asking_ask(&asking, &question), 0);
    asking_drop(&asking);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(question_receive(ends[1], &taken), 1);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(write(taken.answer_fd, "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    close(taken.answer_fd);
    assert_int_equal(told, 0);
}

/* Only children of its own are ended. */
static void test_a_worker_is_not_ended(void **state)
{
    struct question taken;
    int worker = fork();
    (void)state;
    if (worker == 0) {
        pause();
        _exit(0);
    }
    asking.worker_pid = &worker;
    assert_int_equal(asking_ask(&asking, &question), 0);
    assert_int_equal(question_receive(ends[1], &taken), 1);
    assert_int_equal(write(taken.answer_fd, &worker, 4), 4);
    close(taken.answer_fd);
    run_until_told(1);
    assert_int_equal(waitpid(worker, NULL, WNOHANG), 0);
    kill(worker, SIGKILL);
    assert_int_equal(waitpid(worker, NULL, 0), worker);
}

static void test_a_number_that_is_no_child(void **state)
{
    struct question taken;
    uint32_t numbers[] = {1, 0, (uint32_t)-1, (uint32_t)getpid(), (uint32_t)getppid()};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_int_equal(asking_ask(&asking, &question), 0);
        assert_int_equal(question_receive(ends[1], &taken), 1);
        assert_int_equal(write(taken.answer_fd, &numbers[i], 4), 4);
        assert_int_equal(write(taken.answer_fd, "\x64{}", 3), 3);
        close(taken.answer_fd);
        run_until_told((unsigned)i + 1);
        assert_string_equal(last, "{\"percent\": 100}");
    }
}

static void test_more_than_there_may_be(void **state)
{
    static char body[QUESTION_MAX_BYTES + 1];
    const struct question large = {.kind = QUESTION_HOLDERS, .body = body, .len = sizeof body};
    (void)state;
    assert_int_equal(asking_ask(&asking, &large), -EMSGSIZE);
    assert_null(asking.pipe);
}

static void test_nobody_there(void **state)
{
    (void)state;
    close(ends[1]);
    assert_true(asking_ask(&asking, &question) < 0);
    assert_null(asking.pipe);
    ends[1] = dup(ends[0]);
}

/* What is no question is passed over, and its descriptor closed. */
static void test_messages_that_are_none(void **state)
{
    struct question taken;
    (void)state;
    assert_int_equal(send(ends[0], "junk", 4, 0), 4);
    assert_int_equal(send(ends[0], "", 0, 0), 0);
    assert_int_equal(question_receive(ends[1], &taken), -1); /* an empty one is an end */
    assert_int_equal(asking_ask(&asking, &question), 0);
    answer_by("\x64{}", 3, false);
    run_until_told(1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer),
        TEST(test_progress),
        TEST(test_what_is_no_answer),
        TEST(test_a_new_question_ends_the_one_before),
        TEST(test_dropped_before_it_is_taken),
        TEST(test_a_worker_is_not_ended),
        TEST(test_a_number_that_is_no_child),
        TEST(test_more_than_there_may_be),
        TEST(test_nobody_there),
        TEST(test_messages_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
