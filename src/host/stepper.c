/*
 * A stop is heard by its serial: odd, and another one than was heard last. The model is brought up
 * to date first, so that what the step did can be told from the line's numbers, and then has the
 * stop. It goes from the model when the serial is even again, at once after CONTROL_GO, but only
 * after LEAVING_NS after a step: as a rule the next stop comes sooner, and the screen does not
 * flicker.
 */
#include "config.h"
#include "host/stepper.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "host/path.h"
#include "host/shared.h"
#include "host/stepper_account.h"

enum { SOURCE_MAX_BYTES = 16 << 20, QUEUED_MAX = 4096, ATTEMPTS = 4 };
#define LEAVING_NS (100 * NS_PER_MS)

struct stepper {
    struct model *model;
    struct drain *drain;
    struct stepper_ops ops;
    struct segment *segment; /* borrowed or NULL */
    bool attended;
    bool released;  /* the worker of `segment` is about to end */
    uint32_t heard; /* serial of the latest stop, or of its end */
    uint64_t left_ns;
    enum control_move move;               /* the latest */
    enum control_move queued[QUEUED_MAX]; /* to be made when that is done */
    size_t queued_count, queued_done;
};

static struct control *control_of(struct stepper *stepper)
{
    return stepper->segment && !stepper->released ? &stepper->segment->control : NULL;
}

static void forget_queued(struct stepper *stepper)
{
    stepper->queued_count = stepper->queued_done = 0;
}

static void tell(struct stepper *stepper)
{
    model_touch(stepper->model);
    stepper->ops.changed(stepper->ops.context);
}

/* ---- breakpoints ---- */

/* Where `text` lies in the first `used` bytes of the pool, which holds strings with their NULs, or
 * behind them. False where there is no room. */
static bool place_text(char *pool, size_t *used, const char *text, struct control_text *at)
{
    size_t len = strlen(text);
    *at = (struct control_text){.len = (uint32_t)len};
    for (size_t i = 0; i < *used; i += strlen(pool + i) + 1)
        if (strcmp(pool + i, text) == 0) {
            at->offset = (uint32_t)i;
            return true;
        }
    if (len + 1 > CONTROL_TEXT_BYTES - *used)
        return false;
    memcpy(pool + *used, text, len + 1);
    at->offset = (uint32_t)*used;
    *used += len + 1;
    return true;
}

/* What the worker is to have of the breakpoints. */
struct table {
    struct control_breakpoint breakpoints[CONTROL_BREAKPOINTS_MAX];
    uint32_t count;
    char text[CONTROL_TEXT_BYTES];
    size_t used;
};

static bool add_row(struct table *table, const struct breakpoint *breakpoint)
{
    const struct breakpoint_condition *when = &breakpoint->when;
    if (table->count == CONTROL_BREAKPOINTS_MAX)
        return false;
    struct control_breakpoint *row = &table->breakpoints[table->count++];
    *row = (struct control_breakpoint){
        .number = breakpoint->number,
        .line = breakpoint->line,
        .hits = when->hits,
        .rss_above_bytes = when->rss_above_bytes,
        .heap_above_bytes = when->heap_above_bytes,
        .increment_above_bytes = when->increment_above_bytes,
        .live_above = when->live_above_bytes,
        .objects_least = when->objects_least,
    };
    return place_text(table->text, &table->used, breakpoint->path, &row->path) &&
           (!when->expression ||
            place_text(table->text, &table->used, when->expression, &row->expression));
}

/* The caller frees it; NULL where they are too many, or too long. */
static struct table *make_table(const struct breakpoints *set)
{
    struct table *table = mem_calloc(1, sizeof *table);
    for (size_t i = 0; i < set->count; i++)
        if (!set->items[i].is_lost && !set->items[i].is_off && !add_row(table, &set->items[i])) {
            free(table);
            return NULL;
        }
    return table;
}

static void write_table(struct control *control, const struct table *table)
{
    uint32_t version = atomic_load_explicit(&control->version, memory_order_relaxed) | 1;
    /* Nothing below may come before it. (ThreadSanitizer knows no fences.) */
    atomic_exchange_explicit(&control->version, version, memory_order_acq_rel);
    control->breakpoint_count = table->count;
    memcpy(control->breakpoints, table->breakpoints, table->count * sizeof *table->breakpoints);
    memcpy(control->text, table->text, table->used);
    atomic_store_explicit(&control->version, version + 1, memory_order_release);
    if (table->count)
        atomic_fetch_or(&control->armed, CONTROL_BREAKPOINTS);
    else
        atomic_fetch_and(&control->armed, ~(uint32_t)CONTROL_BREAKPOINTS);
}

/* Hand the breakpoints to the worker, if there is one. Nothing is handed over where not all of them
 * have room. */
static int publish(struct stepper *stepper, struct error *error)
{
    struct control *control = control_of(stepper);
    struct table *table = make_table(&stepper->model->breakpoints);
    if (!table)
        return error_set(error, EXIT_STATUS_USAGE,
                         "no room for another breakpoint: there may be %d, with 64 KiB of text",
                         CONTROL_BREAKPOINTS_MAX);
    if (control && stepper->attended)
        write_table(control, table);
    free(table);
    model_touch(stepper->model);
    return 0;
}

/* The same where there are not more of them than there were. */
static void publish_fewer(struct stepper *stepper)
{
    (void)!publish(stepper, NULL);
}

static void drop_temporary(struct stepper *stepper)
{
    if (breakpoints_remove_temporary(&stepper->model->breakpoints))
        publish_fewer(stepper);
}

/* What is on disk is what the next worker imports. A file that cannot be read says nothing. */
static void follow_file(struct breakpoints *set, const char *path)
{
    struct buf text;
    buf_init(&text, SOURCE_MAX_BYTES);
    if (path_read(path, SOURCE_MAX_BYTES, &text) == 0) {
        struct file *file = file_new(path, NULL, buf_text(&text), text.len);
        breakpoints_follow(set, file);
        file_free(file);
    }
    buf_fini(&text);
}

static void follow_files(struct breakpoints *set)
{
    for (size_t i = 0; i < set->count; i++) {
        bool done = false;
        for (size_t before = 0; before < i && !done; before++)
            done = strcmp(set->items[before].path, set->items[i].path) == 0;
        if (!done)
            follow_file(set, set->items[i].path);
    }
}

static const struct file *current_file(const struct stepper *stepper, uint32_t file, uint32_t line,
                                       struct error *error)
{
    const struct model *model = stepper->model;
    const struct file *found = file < model->file_count ? model->files[file] : NULL;
    if (!found || found->retired)
        error_set(error, EXIT_STATUS_USAGE, "nothing runs in this version of the file any more");
    else if (!breakpoint_fits(found, line))
        error_set(error, EXIT_STATUS_USAGE, "nothing runs in line %" PRIu32, line);
    else
        return found;
    return NULL;
}

static int add_breakpoint(struct stepper *stepper, const struct file *file, uint32_t line,
                          const char *condition, bool temporary, struct error *error)
{
    struct breakpoints *set = &stepper->model->breakpoints;
    struct breakpoint *added = breakpoints_add(set, file, line);
    uint32_t number = added->number;
    added->is_temporary = temporary;
    if (breakpoint_set_condition(added, condition, error) == 0 && publish(stepper, error) == 0)
        return 0;
    breakpoints_remove(set, number);
    return -1;
}

int stepper_set(struct stepper *stepper, uint32_t file, uint32_t line, const char *condition,
                struct error *error)
{
    const struct file *found = current_file(stepper, file, line, error);
    if (!found)
        return -1;
    const struct breakpoint *there =
        breakpoints_at(&stepper->model->breakpoints, found->path, line);
    if (there)
        return stepper_set_condition(stepper, there->number, condition, error);
    return add_breakpoint(stepper, found, line, condition, false, error);
}

int stepper_set_condition(struct stepper *stepper, uint32_t number, const char *condition,
                          struct error *error)
{
    struct breakpoint *breakpoint = breakpoints_find(&stepper->model->breakpoints, number);
    if (!breakpoint)
        return error_set(error, EXIT_STATUS_USAGE, "that breakpoint is gone");
    char *before = mem_strdup(breakpoint->condition);
    int result = breakpoint_set_condition(breakpoint, condition, error);
    if (result == 0 && publish(stepper, error)) {
        result = -1;
        (void)!breakpoint_set_condition(breakpoint, before, NULL);
    }
    free(before);
    return result;
}

void stepper_remove(struct stepper *stepper, uint32_t number)
{
    if (breakpoints_remove(&stepper->model->breakpoints, number))
        publish_fewer(stepper);
}

/* ---- orders ---- */

static bool is_stopped(struct stepper *stepper)
{
    return control_of(stepper) && stepper->model->stop.is_stopped;
}

/* Why no order can be given now: -1 with `error`, or 0 where one can. */
static int check_stopped(struct stepper *stepper, struct error *error)
{
    if (!is_stopped(stepper))
        return error_set(error, EXIT_STATUS_USAGE,
                         "nothing is paused; i pauses before the next line that runs");
    if (stepper->model->stop.is_evaluating)
        return error_set(error, EXIT_STATUS_USAGE, "the expression is still being evaluated");
    return 0;
}

/* The same of one that makes no sense but where the thread is now. */
static int check_here(struct stepper *stepper, struct error *error)
{
    if (stepper->model->stop.is_leaving)
        return error_set(error, EXIT_STATUS_USAGE, "the step before is still under way");
    return check_stopped(stepper, error);
}

/* What is ordered is complete before the serial says so. */
static void give_order(struct stepper *stepper, enum control_move move, const char *expression)
{
    struct control_order *order = &stepper->segment->control.order;
    size_t len = strlen(expression);
    order->for_stop = stepper->heard;
    order->move = move;
    order->expression_len = (uint32_t)len;
    memcpy(order->expression, expression, len);
    atomic_fetch_add_explicit(&order->serial, 1, memory_order_release);
    control_wake(&order->serial);
}

static void leave(struct stepper *stepper, enum control_move move, uint64_t now_ns)
{
    stepper->move = move;
    stepper->left_ns = now_ns;
    stepper->model->stop.is_leaving = true;
    stepper->model->stop.is_stepping = move != CONTROL_GO;
    give_order(stepper, move, "");
    tell(stepper);
}

int stepper_await(struct stepper *stepper, bool await, struct error *error)
{
    struct control *control = control_of(stepper);
    if (!control || !stepper->attended)
        return error_set(error, EXIT_STATUS_USAGE, "no worker runs that could be paused");
    if (await)
        atomic_fetch_or(&control->armed, CONTROL_INTERRUPT);
    else
        atomic_fetch_and(&control->armed, ~(uint32_t)CONTROL_INTERRUPT);
    forget_queued(stepper);
    stepper->model->stop.is_awaited = await;
    model_touch(stepper->model);
    return 0;
}

int stepper_move(struct stepper *stepper, enum control_move move, uint64_t now_ns,
                 struct error *error)
{
    if (check_stopped(stepper, error))
        return -1;
    if (!stepper->model->stop.is_leaving)
        leave(stepper, move, now_ns);
    else if (stepper->queued_count < QUEUED_MAX)
        stepper->queued[stepper->queued_count++] = move;
    return 0;
}

int stepper_run_to(struct stepper *stepper, uint32_t file, uint32_t line, uint64_t now_ns,
                   struct error *error)
{
    const struct file *found = current_file(stepper, file, line, error);
    if (!found || check_here(stepper, error) ||
        add_breakpoint(stepper, found, line, "", true, error))
        return -1;
    leave(stepper, CONTROL_GO, now_ns);
    return 0;
}

int stepper_evaluate(struct stepper *stepper, const char *expression, struct error *error)
{
    struct stop *stop = &stepper->model->stop;
    if (check_here(stepper, error))
        return -1;
    if (strlen(expression) > CONTROL_EXPRESSION_BYTES)
        return error_set(error, EXIT_STATUS_USAGE, "the expression is longer than %d bytes",
                         CONTROL_EXPRESSION_BYTES);
    model_set_text(&stop->expression, expression);
    model_set_text(&stop->answer, NULL);
    stop->has_failed = false;
    stop->is_evaluating = true;
    stop->is_breaking = false;
    give_order(stepper, CONTROL_EVALUATE, expression);
    model_touch(stepper->model);
    return 0;
}

int stepper_break_off(struct stepper *stepper, struct error *error)
{
    struct stop *stop = &stepper->model->stop;
    if (!is_stopped(stepper) || !stop->is_evaluating)
        return error_set(error, EXIT_STATUS_USAGE, "nothing is being evaluated");
    struct control_order *order = &stepper->segment->control.order;
    stop->is_breaking = true;
    atomic_store(&order->break_for, stepper->heard);
    atomic_fetch_add_explicit(&order->break_off, 1, memory_order_release);
    control_wake(&order->break_off);
    model_touch(stepper->model);
    return 0;
}

/* ---- stops ---- */

/* Nobody is stopped any more. */
static void clear(struct stepper *stepper)
{
    bool was = stepper->model->stop.is_stopped;
    forget_queued(stepper);
    stop_clear(&stepper->model->stop);
    if (was)
        tell(stepper);
}

/* The line that is next, by its site; one that has none is that of the innermost frame. */
static void find_place(struct stepper *stepper, uint32_t site, struct stop *fresh)
{
    if (drain_place(stepper->drain, site, &fresh->file, &fresh->line))
        return;
    fresh->file = fresh->frame_count ? fresh->frames[0].file : STOP_NO_FILE;
    fresh->line = fresh->frame_count ? fresh->frames[0].line : 0;
}

static bool is_same_place(const struct stop *stop, const struct stop *fresh)
{
    return stop->is_stopped && stop->number == fresh->number && stop->file == fresh->file &&
           stop->line == fresh->line;
}

static void count_hit(struct stepper *stepper, uint32_t number, bool is_off)
{
    struct breakpoint *breakpoint = breakpoints_find(&stepper->model->breakpoints, number);
    if (!breakpoint)
        return;
    breakpoint->hits++;
    breakpoint->is_off = is_off;
    if (is_off)
        publish_fewer(stepper);
}

/* Keys that were pressed while the step was under way count, unless it has come to something else
 * than was expected. */
static void go_on_queued(struct stepper *stepper, bool as_expected)
{
    if (as_expected && stepper->queued_done < stepper->queued_count)
        leave(stepper, stepper->queued[stepper->queued_done++], clock_monotonic_ns());
    else
        forget_queued(stepper);
}

static void take_stop(struct stepper *stepper, struct stop *fresh, bool is_off)
{
    struct stop *stop = &stepper->model->stop;
    bool as_expected = fresh->reason == STOP_STEP && fresh->number == stop->number;
    if (fresh->reason == STOP_BREAKPOINT)
        count_hit(stepper, fresh->breakpoint, is_off);
    stop_set(stop, fresh, invocations_find(&stepper->model->invocations, fresh->number));
    drop_temporary(stepper);
    tell(stepper);
    go_on_queued(stepper, as_expected);
}

static void hear_stop(struct stepper *stepper, uint32_t serial)
{
    struct stop fresh = {0};
    uint32_t site;
    bool is_off;
    stepper->ops.refresh(stepper->ops.context);
    if (!stepper_account(&stepper->segment->control.stop, serial, stepper->model, &fresh, &site,
                         &is_off))
        return;
    stepper->heard = serial;
    find_place(stepper, site, &fresh);
    if (fresh.reason != STOP_ANSWER || !is_same_place(&stepper->model->stop, &fresh)) {
        take_stop(stepper, &fresh, is_off);
        return;
    }
    stop_set_answer(&stepper->model->stop, &fresh);
    tell(stepper);
}

/* It goes on: by an order, or since nobody attends. */
static void hear_end(struct stepper *stepper, uint32_t serial)
{
    const struct stop *stop = &stepper->model->stop;
    stepper->heard = serial;
    if (!stop->is_leaving || stepper->move == CONTROL_GO)
        clear(stepper);
}

static uint32_t serial_of(const struct control *control)
{
    return atomic_load_explicit(&control->stop.serial, memory_order_acquire);
}

/* A serial that changes while it is looked at is announced by itself, so that this may give up. */
void stepper_hear(struct stepper *stepper)
{
    const struct control *control = control_of(stepper);
    for (int i = 0; control && i < ATTEMPTS; i++) {
        uint32_t serial = serial_of(control);
        if (serial == stepper->heard)
            return;
        if (serial & 1)
            hear_stop(stepper, serial);
        else
            hear_end(stepper, serial);
        control = control_of(stepper);
    }
}

/* Of what is outside of all invocations one cannot know. */
static bool is_over(const struct model *model, uint64_t number)
{
    const struct invocation *invocation = invocations_find(&model->invocations, number);
    return invocation ? invocation_is_over(invocation) : number != INVOCATION_OUTSIDE;
}

/* What an invocation was told to go on to it will not reach when it is over. */
static void end_of_way(struct stepper *stepper)
{
    struct stop *stop = &stepper->model->stop;
    if (stop->is_stopped || !is_over(stepper->model, stop->number))
        return;
    stop->is_stepping = false;
    drop_temporary(stepper);
}

static void look_for_slow(struct stepper *stepper, uint32_t number)
{
    if (number == stepper->model->slow_breakpoint)
        return;
    stepper->model->slow_breakpoint = number;
    model_touch(stepper->model);
}

void stepper_tick(struct stepper *stepper, uint64_t now_ns)
{
    const struct control *control = control_of(stepper);
    struct stop *stop = &stepper->model->stop;
    if (!control)
        return;
    stepper_hear(stepper);
    uint32_t waiting = load_once(&control->stop.waiting);
    if (stop->is_stopped && !(serial_of(control) & 1) && now_ns >= stepper->left_ns + LEAVING_NS)
        clear(stepper);
    if (stop->is_stopped && waiting != stop->waiting) {
        stop->waiting = waiting;
        tell(stepper);
    }
    look_for_slow(stepper, atomic_load_explicit(&control->slow_breakpoint, memory_order_relaxed));
    end_of_way(stepper);
}

/* ---- begin and end ---- */

static void begin_attending(struct stepper *stepper)
{
    struct control *control = control_of(stepper);
    if (!control || !stepper->attended)
        return;
    publish_fewer(stepper);
    atomic_store(&control->is_attended, 1);
}

/* Whoever waits looks at is_attended when it is woken, or by itself before long. */
static void let_go(struct stepper *stepper)
{
    struct control *control = control_of(stepper);
    if (!control)
        return;
    atomic_store(&control->is_attended, 0);
    atomic_store(&control->armed, 0);
    control_wake(&control->order.serial);
}

void stepper_attend(struct stepper *stepper, bool attended)
{
    stepper->attended = attended;
    if (attended) {
        begin_attending(stepper);
        return;
    }
    let_go(stepper);
    stepper->model->stop.is_awaited = stepper->model->stop.is_stepping = false;
    clear(stepper);
}

void stepper_attach(struct stepper *stepper, struct segment *segment)
{
    stepper->segment = segment;
    stepper->released = false;
    stepper->heard = 0;
    follow_files(&stepper->model->breakpoints);
    begin_attending(stepper);
}

static void forget(struct stepper *stepper)
{
    bool was = stepper->model->stop.is_stopped;
    forget_queued(stepper);
    stepper->model->slow_breakpoint = 0;
    stop_forget(&stepper->model->stop);
    if (was)
        tell(stepper);
}

void stepper_release(struct stepper *stepper)
{
    let_go(stepper);
    stepper->released = true;
    drop_temporary(stepper);
    forget(stepper);
}

void stepper_detach(struct stepper *stepper)
{
    if (!stepper->segment)
        return;
    stepper->segment = NULL;
    drop_temporary(stepper);
    forget(stepper);
}

struct stepper *stepper_new(struct model *model, struct drain *drain, const struct stepper_ops *ops)
{
    struct stepper *stepper = mem_calloc(1, sizeof *stepper);
    stepper->model = model;
    stepper->drain = drain;
    stepper->ops = *ops;
    return stepper;
}

void stepper_free(struct stepper *stepper)
{
    free(stepper);
}
