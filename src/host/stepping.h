/* What keys ask of the threads of the worker, from the screen to the stepper, and what to say of
 * it. */
#ifndef HOST_STEPPING_H
#define HOST_STEPPING_H

#include <stdbool.h>

#include "host/stepper.h"
#include "tui/ui.h"

/* Do what the action asks for, with what `ui` says of it, and say on the screen what came of it.
 * False where it is none of these. */
bool stepping_act(struct stepper *stepper, struct ui *ui, enum ui_action action);

#endif
