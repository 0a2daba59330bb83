/*
 * Which conditions of --fail-on hold for two runs:
 *
 * - growth>5%, growth>512K: memory at the end of the last invocation that both runs have, after
 *   against before: compare_growth_bytes()
 * - rss>SIZE: the highest RSS of the run after
 * - increment>SIZE: of one line, per invocation, after more than before
 */
#ifndef REPORT_COMPARE_CHECK_H
#define REPORT_COMPARE_CHECK_H

#include "model/compare.h"
#include "report/fail_on.h"

#define COMPARE_CONDITIONS                                                                         \
    (FAIL_ON_BIT(FAIL_ON_GROWTH) | FAIL_ON_BIT(FAIL_ON_RSS) | FAIL_ON_BIT(FAIL_ON_INCREMENT))

struct compare_verdict {
    const struct fail_on_condition *condition; /* the first one that holds; NULL: none does */
    char why[512];                             /* one line, harmless; "" */
};

struct compare_verdict compare_check(const struct compare *compare, const struct fail_on *set);

#endif
