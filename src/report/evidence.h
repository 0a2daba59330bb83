/*
 * The verdict on leaks as text: a sentence for each line that leaks, and a table of what it is
 * judged by.
 */
#ifndef REPORT_EVIDENCE_H
#define REPORT_EVIDENCE_H

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"

#define EVIDENCE_SENTENCE 720

/* "line 42 of Cache/__init__.py keeps 1.0 MiB of every invocation, 10 of 10, 3,204 dict, 10 bytes
 * objects". Harmless; returns `out`. */
const char *evidence_sentence(char out[EVIDENCE_SENTENCE], const struct model *model,
                              const struct leak *leak);
/* Append the sentences of all that leak for certain, a line each, and below it who holds what it
 * keeps; where that is so, that leaks are not known, or not yet. 0, or -1 with `error` filled in
 * where `out` is full. */
int evidence_write_sentences(const struct model *model, struct buf *out, struct error *error);
/* The same, but a table: where, the source, bytes per invocation, how many keep, of which; below
 * each row what is kept by type, and who holds it. */
int evidence_write_table(const struct model *model, struct buf *out, struct error *error);

#endif
