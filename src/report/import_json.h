/*
 * Reads logs from JSON, by yajl, as a stream: what the Logs REST API and `az monitor app-insights
 * query` give ({"tables": [{"columns": [{"name"}], "rows": [[...]]}]}), lists of objects (`az
 * monitor log-analytics query`, or below "records" or "value"), and single objects one after
 * another. Objects within a record belong to it.
 */
#ifndef REPORT_IMPORT_JSON_H
#define REPORT_IMPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "report/log_record.h"

struct import_json;

/* `sink` is borrowed until the end. */
struct import_json *import_json_new(const struct log_sink *sink) ATTR_ALLOC;
/* Take the next bytes: false after an error, which the sink was told; the rest is not looked at. */
bool import_json_feed(struct import_json *json, const char *bytes, size_t len);
/* There is no more. */
void import_json_end(struct import_json *json);
/* Begin anew with a document that is record `place` of its file. */
void import_json_restart(struct import_json *json, uint64_t place);
void import_json_free(struct import_json *json);

/* Set what the JSON of the draft's customDimensions holds, as far as the draft has no such fields.
 * What is no JSON is passed over. */
void import_json_dimensions(struct log_draft *draft);
/* Is that one JSON value, as a whole? */
bool import_json_is_whole(struct span text);

#endif
