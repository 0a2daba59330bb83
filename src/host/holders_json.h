/*
 * What a worker tells of who holds what (wire/question.h, QUESTION_HOLDERS), as the model has
 * it. A worker runs the program's code, so nothing that it says is taken as it is: texts are
 * cleaned, numbers are not negative, and what is too much is left out.
 */
#ifndef HOST_HOLDERS_JSON_H
#define HOST_HOLDERS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "model/holders.h"

/* Append a line to the body of QUESTION_HOLDERS. 0 or -ENOBUFS. */
int holders_json_ask(struct buf *body, const char *path, uint32_t line) ATTR_CHECKED;
/* The answer about one line out of the answer's "lines". What is missing in it is said in
 * `problem`. The caller clears it, and says which file and line it is about. */
struct holders holders_json_read(const json_t *told, const json_t *line);
/* Text from outside as the model has it: one line, cleaned, at most some 4 KiB; NULL where it is no
 * string or an empty one. The caller frees it. */
char *holders_json_text(const json_t *text);
/* What is missing in an answer, one line; NULL: nothing. The caller frees it. */
char *holders_json_missing(const json_t *told);

#endif
