/*
 * What is asked is in `lines` until it is answered; a question that is given up leaves nothing
 * behind.
 */
#include "config.h"
#include "host/inquiry.h"

#include <string.h>

#include "base/clock.h"
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

static void set_evidence_failed(struct inquiry *inquiry, const char *problem)
{
    struct holders_list *evidence = &inquiry->model->evidence;
    holders_list_clear(evidence);
    for (size_t i = 0; i < inquiry->count; i++)
        holders_fail(&evidence->lines[evidence->count++], inquiry->lines[i].file,
                     inquiry->lines[i].line, problem);
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

static bool collect_leaks(struct inquiry *inquiry)
{
    const struct leaks *leaks = &inquiry->model->leaks;
    inquiry->count = 0;
    for (size_t i = 0; i < leaks->count && inquiry->count < HOLDERS_LINES; i++) {
        const struct leak *leak = &leaks->items[i];
        if (is_wanted(inquiry, leak))
            inquiry->lines[inquiry->count++] = (struct inquiry_line){leak->file, leak->line};
    }
    return inquiry->count > 0;
}

static bool send_leaks(struct inquiry *inquiry, uint64_t now_ns)
{
    inquiry->leaks_wait = false;
    if (inquiry->ops.hindrance(inquiry->ops.context) || !collect_leaks(inquiry) ||
        send_question(inquiry, now_ns))
        return false;
    inquiry->about = INQUIRY_LEAKS;
    inquiry->asked_ns = now_ns;
    return true;
}

/* The question that was there is over. */
static void go_on(struct inquiry *inquiry, uint64_t now_ns)
{
    bool was_leaks = inquiry->about == INQUIRY_LEAKS;
    inquiry->about = INQUIRY_NOTHING;
    if (inquiry->leaks_wait ? !send_leaks(inquiry, now_ns) : was_leaks)
        tell_done(inquiry);
}

static void set_asked(struct holders *holders, uint32_t file, uint32_t line)
{
    holders_clear(holders);
    *holders = (struct holders){.state = HOLDERS_ASKED, .file = file, .line = line};
}

void inquiry_ask_line(struct inquiry *inquiry, uint32_t file, uint32_t line, uint64_t now_ns)
{
    if (file >= inquiry->model->file_count)
        return;
    inquiry->leaks_wait = inquiry->leaks_wait || inquiry->about == INQUIRY_LEAKS;
    inquiry->about = INQUIRY_LINE;
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
    if (inquiry->about == INQUIRY_LINE)
        inquiry->leaks_wait = true;
    else if (!send_leaks(inquiry, now_ns))
        return false;
    inquiry->done = done;
    inquiry->done_context = context;
    return true;
}

/* Is there a line that leaks of which nothing is known? */
static bool has_news(const struct inquiry *inquiry)
{
    const struct holders_list *evidence = &inquiry->model->evidence;
    const struct leaks *leaks = &inquiry->model->leaks;
    for (size_t i = 0; i < leaks->count && i < HOLDERS_LINES; i++) {
        bool is_known = !is_wanted(inquiry, &leaks->items[i]);
        for (size_t k = 0; !is_known && k < evidence->count; k++)
            is_known = evidence->lines[k].file == leaks->items[i].file &&
                       evidence->lines[k].line == leaks->items[i].line;
        if (!is_known)
            return true;
    }
    return false;
}

void inquiry_watch(struct inquiry *inquiry, uint64_t now_ns)
{
    if (inquiry->about == INQUIRY_NOTHING && now_ns >= inquiry->ready_ns && has_news(inquiry))
        send_leaks(inquiry, now_ns);
}

/* ---- answers ---- */

void inquiry_fail(struct inquiry *inquiry, const char *why, uint64_t now_ns)
{
    inquiry->ops.drop(inquiry->ops.context);
    if (inquiry->about == INQUIRY_LINE)
        holders_fail(&inquiry->model->holders, inquiry->lines[0].file, inquiry->lines[0].line, why);
    else if (inquiry->about == INQUIRY_LEAKS)
        set_evidence_failed(inquiry, why);
    model_touch(inquiry->model);
    go_on(inquiry, now_ns);
}

static void set_percent(struct inquiry *inquiry, json_int_t percent)
{
    struct holders *holders = &inquiry->model->holders;
    if (inquiry->about != INQUIRY_LINE || percent < 0 || percent > 100)
        return;
    holders->percent = (unsigned)percent;
    model_touch(inquiry->model);
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
    return holders;
}

static void take_answer(struct inquiry *inquiry, const json_t *told)
{
    struct model *model = inquiry->model;
    if (inquiry->about == INQUIRY_LINE) {
        holders_clear(&model->holders);
        model->holders = read_answer(inquiry, told, 0);
    } else {
        holders_list_clear(&model->evidence);
        for (size_t i = 0; i < inquiry->count; i++)
            model->evidence.lines[model->evidence.count++] = read_answer(inquiry, told, i);
        leaks_judge(model, &model->leaks);
    }
    model_touch(model);
}

void inquiry_told(struct inquiry *inquiry, const json_t *told, uint64_t now_ns)
{
    json_int_t percent = json_integer_value(json_object_get(told, "percent"));
    const json_t *lines = json_object_get(told, "lines");
    char *problem = holders_json_text(json_object_get(told, "problem"));
    inquiry->heard_ns = now_ns;
    if (inquiry->about == INQUIRY_NOTHING) {
        free(problem);
        return;
    }
    if (problem) {
        inquiry_fail(inquiry, problem, now_ns);
    } else if (percent < 100) {
        set_percent(inquiry, percent);
    } else if (is_ours(inquiry, lines)) {
        if (inquiry->about == INQUIRY_LEAKS)
            inquiry->ready_ns = now_ns + SHARE_TIMES * (now_ns - inquiry->asked_ns);
        take_answer(inquiry, told);
        go_on(inquiry, now_ns);
    }
    free(problem);
}

void inquiry_tick(struct inquiry *inquiry, uint64_t now_ns)
{
    if (inquiry->about != INQUIRY_NOTHING &&
        now_ns - inquiry->heard_ns >= INQUIRY_PATIENCE_MS * NS_PER_MS)
        inquiry_fail(inquiry,
                     "nobody has answered: neither the event loop nor a line of the program ran",
                     now_ns);
}
