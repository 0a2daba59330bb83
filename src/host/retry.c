#include "config.h"
#include "host/retry.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "host/json_file.h"
#include "host/number.h"
#include "host/time_span.h"

/* What the Functions host takes where the policy does not say. */
#define MIN_DEFAULT_NS (2 * NS_PER_SECOND)
#define MAX_DEFAULT_NS (30 * 60 * NS_PER_SECOND)

static int read_max(struct retry *retry, const json_t *json, struct error *error)
{
    const json_t *value = json_object_get(json, "maxRetryCount");
    const char *text = json_string_value(value);
    unsigned long long number = 0;
    bool valid = false;
    if (json_is_integer(value)) {
        json_int_t given = json_integer_value(value);
        valid = given >= -1 && given <= INT_MAX;
        retry->max = valid ? (int)given : 0;
    } else if (text) {
        valid = strcmp(text, "-1") == 0 || number_parse(text, INT_MAX, &number) == 0;
        retry->max = strcmp(text, "-1") == 0 ? -1 : (int)number;
    }
    if (valid)
        return 0;
    return error_set(error, EXIT_STATUS_APP,
                     "retry: maxRetryCount must be a number, -1 for no end");
}

static int read_delay(const json_t *json, const char *name, uint64_t fallback_ns, uint64_t *ns,
                      struct error *error)
{
    const char *text = json_text_of(json, name);
    struct time_span span = {.ns = fallback_ns};
    if (!text && json_object_get(json, name) && !json_is_null(json_object_get(json, name)))
        text = "";
    if (text && (time_span_parse(text, &span) || span.negative))
        return error_set(error, EXIT_STATUS_APP, "retry: %s must be a time as \"00:00:10\"", name);
    *ns = span.ns;
    return 0;
}

int retry_read(struct retry *retry, const json_t *json, struct error *error)
{
    const char *strategy = json_text_of(json, "strategy");
    *retry = (struct retry){0};
    if (!json || json_is_null(json))
        return 0;
    if (!json_is_object(json))
        return error_set(error, EXIT_STATUS_APP, "retry must be an object");
    retry->given = true;
    retry->exponential = strategy && (strcasecmp(strategy, "exponentialBackoff") == 0 ||
                                      strcasecmp(strategy, "exponential_backoff") == 0);
    bool fixed = strategy && (strcasecmp(strategy, "fixedDelay") == 0 ||
                              strcasecmp(strategy, "fixed_delay") == 0);
    if (!fixed && !retry->exponential)
        return error_set(error, EXIT_STATUS_APP,
                         "retry: strategy must be fixedDelay or exponentialBackoff");
    if (read_max(retry, json, error) ||
        read_delay(json, fixed ? "delayInterval" : "minimumInterval", MIN_DEFAULT_NS,
                   &retry->min_ns, error) ||
        read_delay(json, "maximumInterval", MAX_DEFAULT_NS, &retry->max_ns, error))
        return -1;
    if (retry->exponential && retry->max_ns < retry->min_ns)
        return error_set(error, EXIT_STATUS_APP,
                         "retry: maximumInterval is less than minimumInterval");
    return 0;
}

uint64_t retry_delay_ns(const struct retry *retry, unsigned attempt)
{
    uint64_t delay_ns = retry->min_ns;
    for (unsigned i = 1; retry->exponential && i < attempt && delay_ns < retry->max_ns; i++)
        delay_ns = delay_ns > retry->max_ns / 2 ? retry->max_ns : delay_ns * 2;
    return delay_ns;
}
