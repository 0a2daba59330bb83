/* Retry policies: what is read, what is refused, how long is waited. */
#include "config.h"
#include "host_fixture.h"

#include "base/clock.h"
#include "host/retry.h"

static struct error error;

static int read_policy(struct retry *retry, const char *text)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    int result = retry_read(retry, json, &error);
    json_decref(json);
    return result;
}

static void test_fixed(void **state)
{
    (void)state;
    struct retry retry;
    assert_int_equal(read_policy(&retry, "{\"strategy\": \"fixedDelay\", \"maxRetryCount\": 4, "
                                         "\"delayInterval\": \"00:00:10\"}"),
                     0);
    assert_true(retry.given);
    assert_false(retry.exponential);
    assert_int_equal(retry.max, 4);
    for (unsigned attempt = 1; attempt < 5; attempt++)
        assert_int_equal(retry_delay_ns(&retry, attempt), 10 * NS_PER_SECOND);
    /* As the decorators write it. */
    assert_int_equal(read_policy(&retry,
                                 "{\"strategy\": \"fixed_delay\", \"maxRetryCount\": \"-1\", "
                                 "\"delayInterval\": \"00:00:01\"}"),
                     0);
    assert_int_equal(retry.max, -1);
}

static void test_exponential(void **state)
{
    (void)state;
    static const uint64_t seconds[] = {1, 2, 4, 8, 10, 10};
    struct retry retry;
    assert_int_equal(
        read_policy(&retry,
                    "{\"strategy\": \"exponentialBackoff\", \"maxRetryCount\": 5, "
                    "\"minimumInterval\": \"00:00:01\", \"maximumInterval\": \"00:00:10\"}"),
        0);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(retry_delay_ns(&retry, i + 1), seconds[i] * NS_PER_SECOND);
    assert_int_equal(retry_delay_ns(&retry, 1000000), 10 * NS_PER_SECOND);
}

static void test_none(void **state)
{
    (void)state;
    struct retry retry;
    assert_int_equal(read_policy(&retry, "null"), 0);
    assert_false(retry.given);
    assert_int_equal(retry_read(&retry, NULL, &error), 0);
    assert_false(retry.given);
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } faults[] = {
        {"5", "retry must be an object"},
        {"{}", "strategy must be"},
        {"{\"strategy\": \"often\"}", "strategy must be"},
        {"{\"strategy\": \"fixedDelay\"}", "maxRetryCount must be"},
        {"{\"strategy\": \"fixedDelay\", \"maxRetryCount\": -2}", "maxRetryCount must be"},
        {"{\"strategy\": \"fixedDelay\", \"maxRetryCount\": \"few\"}", "maxRetryCount must be"},
        {"{\"strategy\": \"fixedDelay\", \"maxRetryCount\": 1, \"delayInterval\": 5}",
         "delayInterval must be a time"},
        {"{\"strategy\": \"fixedDelay\", \"maxRetryCount\": 1, \"delayInterval\": \"-00:00:01\"}",
         "delayInterval must be a time"},
        {"{\"strategy\": \"exponentialBackoff\", \"maxRetryCount\": 1, \"minimumInterval\": "
         "\"00:01:00\", \"maximumInterval\": \"00:00:01\"}",
         "maximumInterval is less"},
    };
    struct retry retry;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        assert_int_equal(read_policy(&retry, faults[i].text), -1);
        assert_int_equal(error.status, EXIT_STATUS_APP);
        if (!strstr(error.text, faults[i].words))
            fail_msg("'%s' is not in '%s'", faults[i].words, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
