/* base/mem: memory that is there, or an end with a message. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"

static void test_fresh_memory(void **state)
{
    (void)state;
    unsigned char *bytes = mem_calloc(100, 3);
    for (int i = 0; i < 300; i++)
        assert_int_equal(bytes[i], 0);
    free(bytes);
    free(mem_calloc(0, 0)); /* never NULL: nonnull is declared */
}

static void test_resize(void **state)
{
    (void)state;
    char *bytes = mem_resize(NULL, 4, 1);
    memcpy(bytes, "abc", 4);
    bytes = mem_resize(bytes, 1000, 100);
    assert_string_equal(bytes, "abc");
    bytes = mem_resize(bytes, 0, 8);
    free(bytes);
}

static void test_strings(void **state)
{
    (void)state;
    char *whole = mem_strdup("text");
    char *part = mem_strndup("text and more", 4);
    char *inner = mem_strndup("a\0b", 3);
    char *printed = mem_printf("%s-%d", "n", 5);
    assert_string_equal(whole, "text");
    assert_string_equal(part, "text");
    assert_memory_equal(inner, "a\0b", 4);
    assert_string_equal(printed, "n-5");
    free(whole);
    free(part);
    free(inner);
    free(printed);
}

/* A product that does not fit must end the program, not wrap. In a child, which is to say why. */
static void test_impossible_size_ends_the_program(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        volatile size_t half = SIZE_MAX / 2;
        free(mem_resize(NULL, half, 3));
        _exit(0);
    }
    close(ends[1]);
    char said[128] = "";
    size_t len = 0;
    ssize_t got;
    while (len < sizeof said - 1 && (got = read(ends[0], said + len, sizeof said - 1 - len)) > 0)
        len += (size_t)got;
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_string_equal(said, "pymemtop: out of memory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fresh_memory),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_impossible_size_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
