/*
 * What a worker tells of what is alive (wire/question.h, QUESTION_CENSUS), as the model has it. As
 * with holders_json.h nothing of it is taken as it is: texts are cleaned, numbers are not negative,
 * a path counts only where the model has its file, and what is too much goes to the others.
 */
#ifndef HOST_CENSUS_JSON_H
#define HOST_CENSUS_JSON_H

#include <jansson.h>

#include "model/model.h"

enum { CENSUS_ROWS = 8192 };

/* Add the rows of the answer to `census`, and close it. What is missing is said in its `problem`.
 */
void census_json_read(const json_t *told, const struct model *model, struct live_census *census);

#endif
