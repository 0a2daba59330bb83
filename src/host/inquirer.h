/*
 * An inquiry (inquiry.h) that asks a supervisor's worker (asking.h): what a host and a program have
 * in common of it. Loop's thread.
 */
#ifndef HOST_INQUIRER_H
#define HOST_INQUIRER_H

#include <uv.h>

#include "host/asking.h"
#include "host/inquiry.h"
#include "host/supervisor.h"
#include "model/model.h"

/* What only the owner can do. */
struct inquirer_owner {
    void *context;
    /* struct inquiry_ops has these; NULL: there is nobody who could collect. */
    bool (*collect)(void *context, inquiry_done *done, void *done_context);
    void (*refresh)(void *context);
};

struct inquirer {
    struct inquirer_owner owner;
    struct inquiry inquiry;
    struct asking asking;
    struct supervisor *const
        *supervisor; /* borrowed; where the owner has it; NULL there: none yet */
};

/* All are borrowed for as long as it is used; `owner` is copied. */
void inquirer_init(struct inquirer *inquirer, uv_loop_t *loop, struct model *model,
                   struct supervisor *const *supervisor, const struct inquirer_owner *owner);
/* From time to time. */
void inquirer_tick(struct inquirer *inquirer, uint64_t now_ns);
/* Nothing is wanted any more; before the supervisor is closed. */
void inquirer_end(struct inquirer *inquirer);

#endif
