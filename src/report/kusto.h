/*
 * The rows that the query of Microsoft's page should give: a row a line and invocation, with the
 * invocation, the file, the function and the instance beside it. As CSV with a header, or as the
 * Logs REST API gives a table in JSON. `pymemtop import` reads both.
 *
 *   kusto_begin, kusto_add for each invocation, kusto_end; or kusto_write for all that are kept
 */
#ifndef REPORT_KUSTO_H
#define REPORT_KUSTO_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"

struct kusto {
    struct buf *out; /* borrowed */
    bool json;
    bool any;  /* rows */
    bool full; /* `out` is; what follows is dropped */
};

void kusto_begin(struct kusto *kusto, struct buf *out, bool json);
/* The lines of the invocation that have run. Source bytes that are not UTF-8 become U+FFFD. */
void kusto_add(struct kusto *kusto, const struct model *model, const struct invocation *invocation);
/* 0, or -1 with `error` where `out` was full. */
int kusto_end(struct kusto *kusto, struct error *error);
/* All of it, of the invocations that the model keeps (loads are none). */
int kusto_write(const struct model *model, bool json, struct buf *out, struct error *error);

#endif
