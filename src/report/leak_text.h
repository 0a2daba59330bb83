/* A verdict on a line in words, and who holds what leaks, for the reports. */
#ifndef REPORT_LEAK_TEXT_H
#define REPORT_LEAK_TEXT_H

#include "model/model.h"

#define LEAK_SENTENCE 160

/* "keeps 1.0 MiB of every invocation, 10 of 10". Returns `out`. */
const char *leak_sentence(char out[LEAK_SENTENCE], const struct leak *leak);
/* What is known of its holders, or NULL. Borrowed. */
const struct holders *leak_holders(const struct model *model, const struct leak *leak);
/* A leak of the verdict, whose line is one that the model has; NULL where a recording says
 * nonsense. Borrowed. */
const struct file *leak_file(const struct model *model, const struct leak *leak);

#endif
