/*
 * Which conditions of --fail-on hold for one run:
 *
 * - leak: a line leaks for certain (model/leak.h); undecided where too few invocations were seen
 * - rss>SIZE: the highest RSS of the run
 * - increment>SIZE: the Increment of one line, as in the report
 */
#ifndef REPORT_RUN_CHECK_H
#define REPORT_RUN_CHECK_H

#include "model/model.h"
#include "report/checks.h"
#include "report/fail_on.h"

#define RUN_CONDITIONS                                                                             \
    (FAIL_ON_BIT(FAIL_ON_LEAK) | FAIL_ON_BIT(FAIL_ON_RSS) | FAIL_ON_BIT(FAIL_ON_INCREMENT))

/* All of them, in their order. */
void run_check(const struct model *model, const struct fail_on *set, struct checks *checks);
bool checks_hold(const struct checks *checks);
/* One of that kind holds. */
bool checks_hold_kind(const struct checks *checks, enum fail_on_kind kind);

#endif
