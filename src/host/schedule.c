#include "config.h"
#include "host/schedule.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/json_file.h"
#include "host/settings.h"

enum { DESCRIPTION_MAX_BYTES = 1 << 20 };

/* A firing that is under way. */
struct firing {
    struct schedule *schedule;
    char name[]; /* of the function */
};

static void on_done(void *context, int status)
{
    struct firing *firing = context;
    (void)status;
    if (firing->schedule->timers)
        timers_finished(firing->schedule->timers, firing->name);
    free(firing);
}

static void on_fire(void *context, const struct timers_firing *fired)
{
    struct schedule *schedule = context;
    struct error error;
    size_t size = strlen(fired->name) + 1;
    struct firing *firing = mem_calloc(1, sizeof *firing + size);
    firing->schedule = schedule;
    memcpy(firing->name, fired->name, size);
    const struct runs_request run = {.name = firing->name,
                                     .payload = fired->payload,
                                     .len = strlen(fired->payload),
                                     .reason = fired->reason,
                                     .done = on_done,
                                     .context = firing};
    if (fired->details)
        notes_say(schedule->notes, LEVEL_INFO, OUTPUT_NO_INVOCATION, "Trigger Details: %s",
                  fired->details);
    if (runs_begin(schedule->runs, &run, &error))
        on_done(firing, 0);
}

static const json_t *find_trigger(const struct app_function *function)
{
    size_t i;
    json_t *binding;
    json_array_foreach(function->bindings, i, binding)
    {
        const char *type = json_text_of(binding, "type");
        if (type && strcasecmp(type, "timerTrigger") == 0)
            return binding;
    }
    return NULL;
}

/* A flag of the trigger as function.json or the decorator writes it. */
static bool flag(const json_t *trigger, const char *name, bool fallback)
{
    const json_t *value = json_object_get(trigger, name);
    const char *text = json_string_value(value);
    if (text)
        return strcasecmp(text, "true") == 0;
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

static int add_timer(struct schedule *schedule, const struct app_function *function,
                     const json_t *trigger, struct error *error)
{
    const char *text = json_text_of(trigger, "schedule");
    if (!text)
        return error_set(error, EXIT_STATUS_APP, "its timerTrigger has no schedule");
    char *resolved = settings_resolve(&schedule->app->settings, text, error);
    if (!resolved)
        return -1;
    int result =
        timers_add(schedule->timers, function->name, resolved, flag(trigger, "runOnStartup", false),
                   flag(trigger, "useMonitor", true), error);
    free(resolved);
    return result;
}

static void describe(struct schedule *schedule)
{
    struct buf text;
    buf_init(&text, DESCRIPTION_MAX_BYTES);
    if (timers_describe(schedule->timers, &text) == 0 && text.len)
        notes_add(schedule->notes, OUTPUT_HOST, LEVEL_DEBUG, OUTPUT_NO_INVOCATION, buf_text(&text),
                  text.len);
    buf_fini(&text);
}

void schedule_open(struct schedule *schedule, uv_loop_t *loop)
{
    const struct timers_ops ops = {.context = schedule, .fire = on_fire};
    schedule->timers = timers_new(loop, &ops);
}

void schedule_start(struct schedule *schedule)
{
    timers_stop(schedule->timers);
    for (size_t i = 0; i < schedule->app->function_count; i++) {
        const struct app_function *function = &schedule->app->functions[i];
        const json_t *trigger = function->problem ? NULL : find_trigger(function);
        struct error error;
        if (trigger && add_timer(schedule, function, trigger, &error))
            notes_say(schedule->notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION,
                      "The listener for function 'Functions.%s' was unable to start: %s",
                      function->name, error.text);
    }
    describe(schedule);
    timers_start(schedule->timers);
}

void schedule_close(struct schedule *schedule, void (*closed)(void *context), void *context)
{
    struct timers *timers = schedule->timers;
    schedule->timers = NULL;
    if (timers)
        timers_close(timers, closed, context);
    else
        closed(context);
}
