/*
 * JUnit's XML, as GitHub's actions and Azure Pipelines' PublishTestResults take it: a suite
 * "invocations" with a test case for each of the latest 1,000, which fails where the invocation
 * did; and a suite "memory" with one for each condition of --fail-on, which fails where the
 * condition holds. Condition `leak` has a case for each line that leaks. Where it was not asked
 * for, leaks are told in the suite's output and fail nothing, as they do not make pymemtop fail.
 */
#ifndef REPORT_JUNIT_H
#define REPORT_JUNIT_H

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"
#include "report/checks.h"

/* Append to `out`; 0, or -1 with `error`. `checks` may be NULL: none were asked for. */
int junit_write(const struct model *model, const struct checks *checks, struct buf *out,
                struct error *error);

#endif
