/*
 * The pattern is that of report/log_row.c as far as Kusto's RE2 goes: (?s), because a message may
 * end with a newline, and the source line with all that it holds behind exactly three spaces.
 */
#include "config.h"
#include "report/kql.h"

/* The two parts of a message that the queries are after; `column` holds it. */
#define EXTRACT(column)                                                                            \
    "| where " column " startswith_cs \"memory_profiler_logs:\"\n"                                 \
    "| extend FileName = extract(@'(?s)^memory_profiler_logs:\\s*Filename:\\s*(.*?)\\s*$', "       \
    "1, " column ")\n"                                                                             \
    "| extend Row = extract_all(@'(?s)^memory_profiler_logs:\\s*(\\d+)\\s+(-?[\\d.]+)"             \
    "\\s+MiB\\s+(-?[\\d.]+)\\s+MiB\\s+(\\d+)(?: {1,3}(.*?))?\\s*$', " column ")[0]\n"              \
    "| where isnotempty(FileName) or isnotnull(Row)\n"

#define COLUMNS                                                                                    \
    "    LineNumber = iff(isnotempty(FileName), FileName, tostring(Row[0])),\n"                    \
    "    TotalMem_MiB = todouble(Row[1]), IncreMem_MiB = todouble(Row[2]),\n"                      \
    "    Occurrences = tolong(Row[3]), Occurences = tolong(Row[3]),\n"                             \
    "    Contents = tostring(Row[4])"

#define TRACES_ROWS     EXTRACT("message")
#define APP_TRACES_ROWS EXTRACT("Message")

const char *kql_query(void)
{
    return "traces\n" TRACES_ROWS "| project timestamp,\n" COLUMNS ", RequestId = itemId,\n"
           "    InvocationId = tostring(customDimensions.InvocationId), FileName,\n"
           "    operation_Id, operation_Name, cloud_RoleInstance, itemCount\n"
           "| order by operation_Id asc, timestamp asc\n";
}

const char *kql_workspace_query(void)
{
    return "AppTraces\n" APP_TRACES_ROWS "| project TimeGenerated,\n" COLUMNS
           ", RequestId = OperationId,\n"
           "    InvocationId = tostring(parse_json(tostring(Properties)).InvocationId), FileName,\n"
           "    OperationId, OperationName, AppRoleInstance, ItemCount\n"
           "| order by OperationId asc, TimeGenerated asc\n";
}

const char *kql_published_query(void)
{
    return "traces\n"
           "| where message startswith_cs \"memory_profiler_logs:\"\n"
           "| parse message with \"memory_profiler_logs: \" LineNumber \"  \" TotalMem_MiB \"  \" "
           "IncreMem_MiB \"  \" Occurrences \"  \" Contents\n"
           "| union (\n"
           "    traces\n"
           "    | where message startswith_cs \"memory_profiler_logs: Filename: \"\n"
           "    | parse message with \"memory_profiler_logs: Filename: \" FileName\n"
           "    | project timestamp, FileName, itemId\n"
           ")\n"
           "| project timestamp, LineNumber=iff(FileName != \"\", FileName, LineNumber), "
           "TotalMem_MiB, IncreMem_MiB, Occurrences, Contents, RequestId=itemId\n"
           "| order by timestamp asc\n";
}
