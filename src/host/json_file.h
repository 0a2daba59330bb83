/*
 * JSON files of the app, and JSON strings from any bytes. As the Azure Functions host does, a byte
 * order mark, comments and a comma after the last member are accepted; positions in messages are
 * those of the file.
 */
#ifndef HOST_JSON_FILE_H
#define HOST_JSON_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"

/* The object in the file `path`, called `shown` in messages; a new reference, or NULL with `error`
 * (EXIT_STATUS_APP): not readable, too long, not JSON (with line and column), not an object. */
json_t *json_file_read(const char *path, const char *shown, struct error *error);
/* A JSON string of `len` bytes, those that are not UTF-8 replaced by U+FFFD; a new reference. */
json_t *json_text(const char *bytes, size_t len);
/* The string under `key`, borrowed, or NULL where there is none. */
const char *json_text_of(const json_t *object, const char *key);
/* A string, boolean ("True") or number as the text that the Functions host makes of it; NULL for
 * null, an array or an object. The caller frees it. */
char *json_scalar_text(const json_t *value);

#endif
