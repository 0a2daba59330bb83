/*
 * What is asked is in `lines` until it is answered; a question that is given up leaves nothing
 * behind.
 */
#include "config.h"
#include "host/inquiry.h"

#include <string.h>

#include "base/clock.h"
#include "host/census_json.h"
#include "host/holders_json.h"

enum {
    BODY_MAX_BYTES = 1 << 20,
    SHARE_TIMES = 20, /* what is asked unasked for takes no more than this part of the time */
};

void inquiry_init(struct inquiry *inquiry, const struct inquiry_ops *ops, struct model *model)
{
    *inquiry = (struct inquiry){.ops = *ops, .model = model};
}

/* ---- asking ---- */

static int send_question(struct inquiry *inquiry, uint64_t now_ns)
{
    const struct model *model = inquiry->model;
    struct buf body;
    int status = 0;
    buf_init(&body, BODY_MAX_BYTES);
    for (size_t i = 0; i < inquiry->count && !status; i++) {
        const struct inquiry_line *asked = &inquiry->lines[i];
        status = holders_json_ask(&body, model->files[asked->file]->path, asked->line);
    }
    if (!status)
        status = inquiry->ops.send(inquiry->ops.context, buf_text(&body), body.len);
    buf_fini(&body);
    inquiry->heard_ns = now_ns;
    return status;
}

/* What was known before is better than why nothing more is. */
static void set_evidence_failed(struct inquiry *inquiry, const char *problem)
{
    struct holders_list *evidence = &inquiry->model->evidence;
    for (size_t i = 0; i < inquiry->count; i++) {
        const struct inquiry_line *asked = &inquiry->lines[i];
        const struct holders *known = holders_list_find(evidence, asked->file, asked->line);
        struct holders failed = {.state = HOLDERS_NONE};
        if (known && known->state == HOLDERS_READY)
            continue;
        holders_fail(&failed, asked->file, asked->line, problem);
        holders_list_put(evidence, &failed);
    }
}

static void tell_done(struct inquiry *inquiry)
{
    inquiry_done *done = inquiry->done;
    inquiry->done = NULL;
    if (done)
        done(inquiry->done_context);
}

/* What holders have made a suspect is asked about again, since they may not hold it any more. */
static bool is_wanted(const struct inquiry *inquiry, const struct leak *leak)
{
    return (leak->state == LEAK_CERTAIN || leak->is_bounded) &&
           leak->file < inquiry->model->file_count;
}

static bool is_line_wanted(void *context, uint32_t file, uint32_t line)
{
    const struct inquiry *inquiry = context;
    const struct leak *leak = leaks_find(&inquiry->model->leaks, file, line);
    return leak && is_wanted(inquiry, leak);
}

/* All lines that leak, or those alone of which something is to be known. */
static void collect_leaks(struct inquiry *inquiry,
                          bool (*is_for)(const struct inquiry *inquiry, const struct leak *leak))
{
    const struct leaks *leaks = &inquiry->model->leaks;
    inquiry->waiting_count = 0;
    holders_list_keep(&inquiry->model->evidence, is_line_wanted, inquiry);
    for (size_t i = 0; i < leaks->count && inquiry->waiting_count < HOLDERS_EVIDENCE; i++) {
        const struct leak *leak = &leaks->items[i];
        if (is_for(inquiry, leak))
            inquiry->waiting[inquiry->waiting_count++] =
                (struct inquiry_line){leak->file, leak->line};
    }
}

/* Ask about the next of them, as many as one question has room for. */
static bool send_waiting(struct inquiry *inquiry, uint64_t now_ns)
{
    size_t count = inquiry->waiting_count < HOLDERS_LINES ? inquiry->waiting_count : HOLDERS_LINES;
    if (!count || inquiry->ops.hindrance(inquiry->ops.context))
        return false;
    memcpy(inquiry->lines, inquiry->waiting, count * sizeof *inquiry->lines);
    inquiry->waiting_count -= count;
    memmove(inquiry->waiting, inquiry->waiting + count,
            inquiry->waiting_count * sizeof *inquiry->waiting);
    inquiry->count = count;
    if (send_question(inquiry, now_ns))
        return false;
    inquiry->about = INQUIRY_LEAKS;
    inquiry->asked_ns = now_ns;
    return true;
}

static bool send_leaks(struct inquiry *inquiry, uint64_t now_ns)
{
    inquiry->leaks_wait = false;
    collect_leaks(inquiry, is_wanted);
    return send_waiting(inquiry, now_ns);
}

/* The question that was there is over. */
static void go_on(struct inquiry *inquiry, uint64_t now_ns)
{
    bool was_leaks = inquiry->about == INQUIRY_LEAKS;
    inquiry->about = INQUIRY_NOTHING;
    if (inquiry->leaks_wait ? !send_leaks(inquiry, now_ns)
                            : was_leaks && !send_waiting(inquiry, now_ns))
        tell_done(inquiry);
}

static void set_asked(struct holders *holders, uint32_t file, uint32_t line)
{
    holders_clear(holders);
    *holders = (struct holders){.state = HOLDERS_ASKED, .file = file, .line = line};
}

/* The user asks: what is asked now waits, or makes room. */
static void take_over(struct inquiry *inquiry, enum inquiry_about about)
{
    inquiry->leaks_wait = inquiry->leaks_wait || inquiry->about == INQUIRY_LEAKS;
    if (inquiry->about == INQUIRY_CENSUS && about != INQUIRY_CENSUS)
        live_fail(&inquiry->model->live, "w was pressed before all was counted; ask again");
    if (inquiry->about == INQUIRY_LINE && about != INQUIRY_LINE)
        holders_fail(&inquiry->model->holders, inquiry->lines[0].file, inquiry->lines[0].line,
                     "something else was asked before that was found");
    inquiry->about = about;
}

void inquiry_ask_line(struct inquiry *inquiry, uint32_t file, uint32_t line, uint64_t now_ns)
{
    if (file >= inquiry->model->file_count)
        return;
    take_over(inquiry, INQUIRY_LINE);
    inquiry->lines[0] = (struct inquiry_line){file, line};
    inquiry->count = 1;
    const char *why = inquiry->ops.hindrance(inquiry->ops.context);
    if (!why && send_question(inquiry, now_ns))
        why = "the worker cannot be reached";
    if (why)
        inquiry_fail(inquiry, why, now_ns);
    else
        set_asked(&inquiry->model->holders, file, line);
    model_touch(inquiry->model);
}

void inquiry_stop(struct inquiry *inquiry, uint64_t now_ns)
{
    if (inquiry->about != INQUIRY_LINE)
        return;
    inquiry->ops.drop(inquiry->ops.context);
    holders_clear(&inquiry->model->holders);
    model_touch(inquiry->model);
    go_on(inquiry, now_ns);
}

bool inquiry_ask_leaks(struct inquiry *inquiry, inquiry_done *done, void *context, uint64_t now_ns)
{
    if (inquiry->done)
        return false;
    if (inquiry->about == INQUIRY_LINE || inquiry->about == INQUIRY_CENSUS)
        inquiry->leaks_wait = true;
    else if (!send_leaks(inquiry, now_ns))
        return false;
    inquiry->done = done;
    inquiry->done_context = context;
    return true;
}

/* Is nothing known of a line that leaks, or is what is known of its limits too old? */
static bool is_news(const struct inquiry *inquiry, const struct leak *leak)
{
    const struct holders *known =
        holders_list_find(&inquiry->model->evidence, leak->file, leak->line);
    if (!is_wanted(inquiry, leak))
        return false;
    return !known || (leak->is_bounded && known->newest_number < leak->last_number);
}

void inquiry_watch(struct inquiry *inquiry, uint64_t now_ns)
{
    if (inquiry->about != INQUIRY_NOTHING || now_ns < inquiry->ready_ns)
        return;
    collect_leaks(inquiry, is_news);
    send_waiting(inquiry, now_ns);
}

/* ---- counting what is alive ---- */

/* The moment that is told of is this one. */
static void send_census(struct inquiry *inquiry, uint64_t now_ns)
{
    const struct invocations *set = &inquiry->model->invocations;
    const char *why = inquiry->ops.hindrance(inquiry->ops.context);
    inquiry->heard_ns = now_ns;
    inquiry->taken = (struct live_census){.realtime_ns = clock_realtime_ns(),
                                          .invocations = set->total - set->running};
    if (!why && inquiry->ops.send_census(inquiry->ops.context))
        why = "the worker cannot be reached";
    inquiry->is_sent = !why;
    if (why)
        inquiry_fail(inquiry, why, now_ns);
}

static void on_collected(void *context)
{
    struct inquiry *inquiry = context;
    inquiry->is_collecting = false;
    if (inquiry->about == INQUIRY_CENSUS && !inquiry->is_sent)
        send_census(inquiry, clock_monotonic_ns());
}

void inquiry_ask_census(struct inquiry *inquiry, bool is_mark, uint64_t now_ns)
{
    const char *why = inquiry->ops.hindrance(inquiry->ops.context);
    take_over(inquiry, INQUIRY_CENSUS);
    inquiry->ops.drop(inquiry->ops.context);
    inquiry->is_sent = false;
    inquiry->heard_ns = now_ns;
    live_ask(&inquiry->model->live, is_mark);
    model_touch(inquiry->model);
    if (why) {
        inquiry_fail(inquiry, why, now_ns);
        return;
    }
    inquiry->is_collecting =
        inquiry->is_collecting || inquiry->ops.collect(inquiry->ops.context, on_collected, inquiry);
    if (!inquiry->is_collecting)
        send_census(inquiry, now_ns);
}

void inquiry_stop_census(struct inquiry *inquiry, uint64_t now_ns)
{
    if (inquiry->about != INQUIRY_CENSUS)
        return;
    inquiry->ops.drop(inquiry->ops.context);
    live_stop(&inquiry->model->live);
    model_touch(inquiry->model);
    go_on(inquiry, now_ns);
}

/* ---- answers ---- */

void inquiry_fail(struct inquiry *inquiry, const char *why, uint64_t now_ns)
{
    inquiry->ops.drop(inquiry->ops.context);
    if (inquiry->about == INQUIRY_LINE)
        holders_fail(&inquiry->model->holders, inquiry->lines[0].file, inquiry->lines[0].line, why);
    else if (inquiry->about == INQUIRY_LEAKS)
        set_evidence_failed(inquiry, why);
    else if (inquiry->about == INQUIRY_CENSUS)
        live_fail(&inquiry->model->live, why);
    model_touch(inquiry->model);
    go_on(inquiry, now_ns);
}

static void set_percent(struct inquiry *inquiry, json_int_t percent)
{
    struct model *model = inquiry->model;
    if (percent < 0 || percent > 100)
        return;
    if (inquiry->about == INQUIRY_LINE)
        model->holders.percent = (unsigned)percent;
    else if (inquiry->about == INQUIRY_CENSUS)
        model->live.percent = (unsigned)percent;
    model_touch(model);
}

/* Is it about the lines that are asked about? */
static bool is_ours(const struct inquiry *inquiry, const json_t *lines)
{
    if (json_array_size(lines) != inquiry->count)
        return false;
    for (size_t i = 0; i < inquiry->count; i++) {
        const json_t *line = json_object_get(json_array_get(lines, i), "line");
        if (json_integer_value(line) != (json_int_t)inquiry->lines[i].line)
            return false;
    }
    return true;
}

static struct holders read_answer(const struct inquiry *inquiry, const json_t *told, size_t index)
{
    const json_t *line = json_array_get(json_object_get(told, "lines"), index);
    struct holders holders = holders_json_read(told, line);
    holders.file = inquiry->lines[index].file;
    holders.line = inquiry->lines[index].line;
    const struct leak *leak = leaks_find(&inquiry->model->leaks, holders.file, holders.line);
    holders_sort(&holders, leak ? leak->first_number : 0);
    return holders;
}

static void take_answer(struct inquiry *inquiry, const json_t *told)
{
    struct model *model = inquiry->model;
    if (inquiry->about == INQUIRY_LINE) {
        holders_clear(&model->holders);
        model->holders = read_answer(inquiry, told, 0);
    } else {
        for (size_t i = 0; i < inquiry->count; i++) {
            struct holders holders = read_answer(inquiry, told, i);
            holders_list_put(&model->evidence, &holders);
        }
        leaks_judge(model, &model->leaks);
    }
    model_touch(model);
}

static void take_census(struct inquiry *inquiry, const json_t *told)
{
    struct live_census census = inquiry->taken;
    inquiry->ops.refresh(inquiry->ops.context);
    census_json_read(told, inquiry->model, &census);
    live_answer(&inquiry->model->live, &census);
    model_touch(inquiry->model);
}

/* Nothing is asked, or not yet. */
static bool is_unasked(const struct inquiry *inquiry)
{
    return inquiry->about == INQUIRY_NOTHING ||
           (inquiry->about == INQUIRY_CENSUS && !inquiry->is_sent);
}

void inquiry_told(struct inquiry *inquiry, const json_t *told, uint64_t now_ns)
{
    json_int_t percent = json_integer_value(json_object_get(told, "percent"));
    const json_t *lines = json_object_get(told, "lines");
    char *problem = holders_json_text(json_object_get(told, "problem"));
    if (is_unasked(inquiry)) {
        free(problem);
        return;
    }
    inquiry->heard_ns = now_ns;
    if (problem) {
        inquiry_fail(inquiry, problem, now_ns);
    } else if (percent < 100) {
        set_percent(inquiry, percent);
    } else if (inquiry->about == INQUIRY_CENSUS) {
        take_census(inquiry, told);
        go_on(inquiry, now_ns);
    } else if (is_ours(inquiry, lines)) {
        if (inquiry->about == INQUIRY_LEAKS)
            inquiry->ready_ns = now_ns + SHARE_TIMES * (now_ns - inquiry->asked_ns);
        take_answer(inquiry, told);
        go_on(inquiry, now_ns);
    } else {
        inquiry_fail(inquiry, "the worker has answered something else", now_ns);
    }
    free(problem);
}

void inquiry_worker_gone(struct inquiry *inquiry, const char *why, uint64_t now_ns)
{
    inquiry->waiting_count = 0;
    inquiry_fail(inquiry, why, now_ns);
    live_lose(&inquiry->model->live);
    model_touch(inquiry->model);
}

void inquiry_worker_new(struct inquiry *inquiry)
{
    struct model *model = inquiry->model;
    holders_list_clear(&model->evidence);
    if (model->holders.state == HOLDERS_READY)
        holders_fail(&model->holders, model->holders.file, model->holders.line,
                     "the worker that was asked is gone");
    model_touch(model);
}

void inquiry_tick(struct inquiry *inquiry, uint64_t now_ns)
{
    uint64_t silent_ns = now_ns - inquiry->heard_ns;
    if (inquiry->about == INQUIRY_NOTHING)
        return;
    if (is_unasked(inquiry) && silent_ns >= INQUIRY_COLLECT_MS * NS_PER_MS)
        send_census(inquiry, now_ns);
    else if (silent_ns >= INQUIRY_PATIENCE_MS * NS_PER_MS)
        inquiry_fail(inquiry,
                     "nobody has answered: neither the event loop nor a line of the program ran",
                     now_ns);
}
