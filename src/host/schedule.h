/* The app's functions with a timerTrigger, run when their schedules say so. */
#ifndef HOST_SCHEDULE_H
#define HOST_SCHEDULE_H

#include <uv.h>

#include "host/app.h"
#include "host/notes.h"
#include "host/runs.h"
#include "host/timers.h"

struct schedule {
    const struct app *app; /* all borrowed */
    struct runs *runs;
    struct notes *notes;
    struct timers *timers; /* owned; NULL once it is closed */
};

/* No timers yet. The other members are set. */
void schedule_open(struct schedule *schedule, uv_loop_t *loop);
/* The functions of the app were loaded anew: from now on they run by their schedules. One whose
 * schedule cannot be read is named, and is not run by itself. */
void schedule_start(struct schedule *schedule);
/* Let go; no run may be under way any more. `closed` is called when the loop has let go, at once
 * where it was not opened. */
void schedule_close(struct schedule *schedule, void (*closed)(void *context), void *context);

#endif
