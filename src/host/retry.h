/*
 * The retry policy of a function, "retry" in function.json: how often a failed invocation that is
 * not HTTP's is made again, and after how long.
 */
#ifndef HOST_RETRY_H
#define HOST_RETRY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct retry {
    bool given;
    bool exponential;
    int max;         /* attempts after the first; -1 for no end */
    uint64_t min_ns; /* the delay, or the smallest one */
    uint64_t max_ns; /* exponential: the largest one */
};

/* Read the object (NULL or null: no policy). 0, or -1 with `error`, which holds no place. */
int retry_read(struct retry *retry, const json_t *json, struct error *error);
/* How long to wait before attempt number `attempt` (from 1) after the first: the fixed delay, or
 * min * 2^(attempt - 1) up to max. */
uint64_t retry_delay_ns(const struct retry *retry, unsigned attempt);

#endif
