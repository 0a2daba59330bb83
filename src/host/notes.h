/*
 * The one way into the model's output: what the app and the host say is dated, added line by line,
 * and told to whoever listens to the host.
 */
#ifndef HOST_NOTES_H
#define HOST_NOTES_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "host/host.h"
#include "model/model.h"

struct notes {
    struct model *model;              /* borrowed */
    const struct host_events *events; /* borrowed */
};

/* Add `len` bytes of text, one line or several. */
void notes_add(struct notes *notes, enum output_source source, enum output_level level,
               uint64_t invocation, const char *text, size_t len);
/* The same for the host's own words. */
void notes_say(struct notes *notes, enum output_level level, uint64_t invocation,
               const char *format, ...) ATTR_PRINTF(4, 5);

#endif
