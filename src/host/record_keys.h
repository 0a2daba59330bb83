/* What keys ask of the recorder, for the live screens. The loop's thread. */
#ifndef HOST_RECORD_KEYS_H
#define HOST_RECORD_KEYS_H

#include <stdbool.h>

#include "host/recorder.h"
#include "model/model.h"
#include "tui/ui.h"

/* Do it, and say on the screen what came of it. False where it is none of these. */
bool record_keys_act(struct recorder *recorder, struct ui *ui, const struct model *model,
                     enum ui_action action);
/* recorder_setup.failed of a screen: `ui` is its context. */
void record_keys_failed(void *ui, const char *text);

#endif
