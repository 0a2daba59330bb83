/*
 * Queries for Application Insights (Kusto): the rows of memory_profiler's report among an app's
 * traces.
 */
#ifndef REPORT_KQL_H
#define REPORT_KQL_H

/* A query whose rows need no repair: every row is split by one pattern, with its invocation,
 * operation and instance beside it, in the order of operations. Ends with a newline. */
const char *kql_query(void);
/* The same for a Log Analytics workspace, where the table is AppTraces and has other columns. It
 * has no id of an item: RequestId is the operation's. */
const char *kql_workspace_query(void);
/* The query of Microsoft's page, for comparison: Kusto's `parse` takes its two spaces literally, so
 * that most rows land in the wrong columns. `pymemtop import` reads those all the same. */
const char *kql_published_query(void);

#endif
