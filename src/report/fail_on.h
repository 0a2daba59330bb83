/*
 * What --fail-on takes: conditions that, where one of them holds, make pymemtop exit with status 3.
 * They are separated by commas:
 *
 *   growth>5%  growth>512K  rss>200M  increment>10M  leak
 *
 * A size is one of size_parse(); `>` and `>=` mean the same. What each of them is about is for who
 * checks it (report/compare_check.h) and for the manual.
 */
#ifndef REPORT_FAIL_ON_H
#define REPORT_FAIL_ON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"

enum fail_on_kind { FAIL_ON_GROWTH, FAIL_ON_RSS, FAIL_ON_INCREMENT, FAIL_ON_LEAK, FAIL_ON_KINDS };

/* For `allowed`. */
#define FAIL_ON_BIT(kind) (1u << (kind))

enum fail_on_limits { FAIL_ON_MAX = 32, FAIL_ON_TEXT = 64 };

struct fail_on_condition {
    enum fail_on_kind kind;
    bool is_percent;
    double percent;          /* not negative */
    int64_t bytes;           /* of the others; not negative */
    char text[FAIL_ON_TEXT]; /* as it is written, for messages: "growth>5%" */
};

struct fail_on {
    struct fail_on_condition items[FAIL_ON_MAX];
    size_t count;
};

/* Add the conditions of `text` to *set, which is all zero at first. Those that are not `allowed`
 * (FAIL_ON_BITs) here are refused as such. 0, or -1 with `error` (EXIT_STATUS_USAGE), and the set
 * as it was. */
int fail_on_parse(struct fail_on *set, const char *text, unsigned allowed,
                  struct error *error) ATTR_CHECKED;

#endif
