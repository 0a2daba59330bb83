/*
 * From the shared segment to the model: files, functions, totals of lines, running and ended
 * invocations, the sample ring. The segment is written by another process while it is read, and by
 * one that may be broken: counts are clamped, indices checked, chains bounded.
 */
#ifndef HOST_DRAIN_H
#define HOST_DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "model/series.h"
#include "wire/segment.h"

struct drain;

/* A call of a decorated function that is over: its name, as "f" or "A.f", its file, and its span
 * (span->function is not set), in nanoseconds of CLOCK_MONOTONIC. */
typedef void drain_call_listener(void *context, const char *name, const struct file *file,
                                 const struct series_span *span);

/* A drain into `model` (borrowed). */
struct drain *drain_new(struct model *model);
void drain_free(struct drain *drain);
/* The file of that path is in memory alone; its text is borrowed, as the path, until the drain is
 * freed. */
void drain_give_source(struct drain *drain, const char *path, const char *text, size_t len);
/* Hand calls of decorated functions to `listener`; without one they are passed over. */
void drain_listen(struct drain *drain, drain_call_listener *listener, void *context);
/* A new worker writes to `segment` (borrowed until drain_detach). What the one before retained is
 * forgotten only now, so that it can be looked at after its end. Files that it runs with another
 * text than the worker before become new versions (model_replace_file). */
void drain_attach(struct drain *drain, struct segment *segment);
/* The worker is gone: drain once more, and keep its totals. */
void drain_detach(struct drain *drain, uint64_t now_ns);
/* The worker is about to be told to end: drain once more, whole. What it frees on its way is not
 * what the app did, so what is retained stays as it is now until another worker is attached. */
void drain_hold(struct drain *drain, uint64_t now_ns);
/* Bring the model up to date. Nothing where no segment is attached. */
void drain_run(struct drain *drain, uint64_t now_ns);
/* The collector has run at a quiet moment: drain, and note what is left (model/kept.h). */
void drain_moment(struct drain *drain, bool is_collected, uint64_t now_ns);
/* The model's place of a line of the segment: false where it is none, or no segment is attached. */
bool drain_place(struct drain *drain, uint32_t site, uint32_t *file, uint32_t *line);
/* Look whether the files on disk are still those of the model; a file that was only touched is. */
void drain_check_files(struct drain *drain);
/* Where the newest running invocation is, as "HttpTriggerAsync/__init__.py:57"; false where that is
 * not known. */
bool drain_last_line(const struct drain *drain, char *out, size_t size);

#endif
