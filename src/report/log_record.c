/*
 * Names are few and are looked up once for a column, or for each key of a JSON object: a list that
 * is searched from the front, by length first.
 */
#include "config.h"
#include "report/log_record.h"

#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "report/import_json.h"

enum { RECORD_MAX_BYTES = 4 << 20 };

static const struct {
    const char *name;
    enum log_field field;
} names[] = {
    {"timestamp", FIELD_TIME},
    {"TimeGenerated", FIELD_TIME},
    {"time", FIELD_TIME},
    {"eventTime", FIELD_TIME},
    {"message", FIELD_MESSAGE},
    {"message.raw", FIELD_MESSAGE},
    {"LineNumber", FIELD_LINE},
    {"TotalMem_MiB", FIELD_MEM},
    {"IncreMem_MiB", FIELD_INCREMENT},
    {"Occurrences", FIELD_OCCURRENCES},
    {"Occurences", FIELD_OCCURRENCES}, /* as the page had it in 2021 */
    {"Contents", FIELD_CONTENTS},
    {"FileName", FIELD_FILE},
    {"InvocationId", FIELD_INVOCATION},
    {"prop__InvocationId", FIELD_INVOCATION},
    {"FunctionInvocationId", FIELD_INVOCATION}, /* of FunctionAppLogs */
    {"operation_Id", FIELD_OPERATION},
    {"OperationId", FIELD_OPERATION},
    {"operation.id", FIELD_OPERATION},
    {"ai.operation.id", FIELD_OPERATION},
    {"operation_Name", FIELD_OPERATION_NAME},
    {"OperationName", FIELD_OPERATION_NAME},
    {"operation.name", FIELD_OPERATION_NAME},
    {"ai.operation.name", FIELD_OPERATION_NAME},
    {"FunctionName", FIELD_FUNCTION},
    {"cloud_RoleInstance", FIELD_INSTANCE},
    {"AppRoleInstance", FIELD_INSTANCE},
    {"cloud.roleInstance", FIELD_INSTANCE},
    {"device.roleInstance", FIELD_INSTANCE},
    {"ai.cloud.roleInstance", FIELD_INSTANCE},
    {"RoleInstance", FIELD_INSTANCE},
    {"HostInstanceId", FIELD_INSTANCE},
    {"itemId", FIELD_ITEM},
    {"_ItemId", FIELD_ITEM},
    {"RequestId", FIELD_REQUEST},
    {"itemCount", FIELD_ITEM_COUNT},
    {"Category", FIELD_CATEGORY},
    {"customDimensions", FIELD_DIMENSIONS},
    {"Properties", FIELD_DIMENSIONS},
};

enum log_field log_field_of(struct span name)
{
    const char *unit = name.len ? memchr(name.at, '[', name.len) : NULL;
    if (unit)
        name.len = (size_t)(unit - name.at);
    name = span_trim_end(name);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strlen(names[i].name) == name.len && strncasecmp(names[i].name, name.at, name.len) == 0)
            return names[i].field;
    return LOG_FIELDS;
}

void log_draft_init(struct log_draft *draft)
{
    memset(draft, 0, sizeof *draft);
    buf_init(&draft->text, RECORD_MAX_BYTES);
}

void log_draft_fini(struct log_draft *draft)
{
    buf_fini(&draft->text);
}

void log_draft_clear(struct log_draft *draft)
{
    buf_consume(&draft->text, draft->text.len);
    memset(draft->fields, 0, sizeof draft->fields);
    draft->is_table = false;
}

void log_draft_set(struct log_draft *draft, enum log_field field, struct span value, unsigned depth)
{
    if (field == LOG_FIELDS)
        return;
    /* "Function.X.User" says something; "FunctionAppLogs", of the object around it, does not. */
    if (field == FIELD_CATEGORY && (value.len < 9 || memcmp(value.at, "Function.", 9) != 0))
        return;
    /* Below it there is what the app has logged: its own items and requests. */
    if ((field == FIELD_ITEM || field == FIELD_REQUEST) && depth > 1)
        return;
    if (field == FIELD_LINE || field == FIELD_MEM)
        draft->is_table = true;
    if (value.len == 0 || (draft->fields[field].depth && draft->fields[field].depth <= depth))
        return;
    size_t from = draft->text.len;
    if (buf_append(&draft->text, value.at, value.len))
        return;
    draft->fields[field].from = from;
    draft->fields[field].len = value.len;
    draft->fields[field].depth = depth;
}

void log_draft_send(struct log_draft *draft, const struct log_sink *sink, uint64_t place)
{
    struct log_record record = {.is_table = draft->is_table, .place = place};
    if (draft->fields[FIELD_DIMENSIONS].len)
        import_json_dimensions(draft);
    for (size_t i = 0; i < LOG_FIELDS; i++)
        if (draft->fields[i].len)
            record.fields[i] =
                (struct span){draft->text.data + draft->fields[i].from, draft->fields[i].len};
    sink->record(sink->context, &record);
    log_draft_clear(draft);
}
