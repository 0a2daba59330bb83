/*
 * The report as a page to look at: one file, which loads nothing, and is whole without its script
 * (that sorts tables). Light and dark as the reader's system is, for narrow windows and wide ones.
 *
 * Text from outside is cleaned and escaped; a policy in the page lets no other script run than its
 * own. The page is bounded whatever was measured, and says what it leaves out.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"
#include "report/checks.h"

/* Append to `out`; 0, or -1 with `error`. `checks` may be NULL: none were asked for. */
int html_write(const struct model *model, const struct checks *checks, struct buf *out,
               struct error *error);

#endif
