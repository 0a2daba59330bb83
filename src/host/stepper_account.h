/* A stop in the segment, copied and checked: what stepper.c makes the model's stop of. */
#ifndef HOST_STEPPER_ACCOUNT_H
#define HOST_STEPPER_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
#include "wire/control.h"

/* Copy what `from` says of the stop `serial`: everything but the line that is next, whose site is
 * set in *site, and *is_off: whether the condition of the breakpoint was broken off. False where
 * another stop has taken its place meanwhile; then nothing is copied. Paths become indices of the
 * model's files where it has them. */
bool stepper_account(struct control_stop *from, uint32_t serial, const struct model *model,
                     struct stop *stop, uint32_t *site, bool *is_off);

#endif
