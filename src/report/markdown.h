/*
 * A summary in GitHub-flavoured Markdown, short enough for a comment on a pull request whatever was
 * measured: the verdict, conditions of --fail-on, leaks with what they keep, and the lines that
 * take most. Text from outside is code, in which nothing of it is markup, a mention or a link.
 */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"
#include "report/checks.h"

/* What GitHub takes in a comment, in characters. */
enum { MARKDOWN_MAX = 65536 };

/* Append to `out`; 0, or -1 with `error`. `checks` may be NULL: none were asked for. */
int markdown_write(const struct model *model, const struct checks *checks, struct buf *out,
                   struct error *error);

#endif
