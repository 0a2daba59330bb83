/* The verdict on leaks, for the JSON report (report/json.h). */
#ifndef REPORT_JSON_LEAKS_H
#define REPORT_JSON_LEAKS_H

#include <jansson.h>

#include "model/model.h"

/* A new list of the lines in that state, those that keep most first, with what they keep by type
 * and who holds it, null where leaks are not known; NULL where there is no memory. */
json_t *json_leaks(const struct model *model, enum leak_state state);

#endif
