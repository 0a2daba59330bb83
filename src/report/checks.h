/* How the conditions of --fail-on turned out, for a report to tell. */
#ifndef REPORT_CHECKS_H
#define REPORT_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/fail_on.h"

enum { CHECKS_WHY = 800 };

struct check {
    struct fail_on_condition condition;
    bool holds;
    bool is_undecided;    /* it does not hold, and might with more invocations: `why` says so */
    char why[CHECKS_WHY]; /* one line, harmless: what was found, whether it holds or not; or "" */
};

struct checks {
    struct check items[FAIL_ON_MAX];
    size_t count;
};

#endif
