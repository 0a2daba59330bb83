/*
 * What an inquiry needs of the rest, brought together.
 */
#include "config.h"
#include "host/inquirer.h"

#include <errno.h>

#include "base/clock.h"

enum { BUDGET_MS = 20000 }; /* then what is known by then is better than to wait on */

static int send_question(void *context, const void *body, size_t len)
{
    struct inquirer *inquirer = context;
    const struct question question = {
        .kind = QUESTION_HOLDERS, .body = body, .len = len, .budget_ms = BUDGET_MS};
    return asking_ask(&inquirer->asking, &question);
}

static int send_census(void *context)
{
    struct inquirer *inquirer = context;
    const struct question question = {.kind = QUESTION_CENSUS, .budget_ms = BUDGET_MS};
    return asking_ask(&inquirer->asking, &question);
}

static bool collect(void *context, inquiry_done *done, void *done_context)
{
    const struct inquirer *inquirer = context;
    const struct inquirer_owner *owner = &inquirer->owner;
    return owner->collect && owner->collect(owner->context, done, done_context);
}

static void refresh(void *context)
{
    const struct inquirer *inquirer = context;
    inquirer->owner.refresh(inquirer->owner.context);
}

static void drop_question(void *context)
{
    struct inquirer *inquirer = context;
    asking_drop(&inquirer->asking);
}

static int send_to_worker(void *context, const struct question *question)
{
    const struct inquirer *inquirer = context;
    struct supervisor *supervisor = *inquirer->supervisor;
    return supervisor ? supervisor_ask(supervisor, question) : -ENOTCONN;
}

static void on_told(void *context, const json_t *told)
{
    struct inquirer *inquirer = context;
    inquiry_told(&inquirer->inquiry, told, clock_monotonic_ns());
}

/* Why nothing can be asked; NULL where it can. */
static const char *hindrance(void *context)
{
    const struct inquirer *inquirer = context;
    const struct model *model = inquirer->inquiry.model;
    if (!model->worker_pid)
        return "no worker runs that could be asked";
    if (!model->heap.is_on)
        return "what is alive is not known: --heap is off, or the worker cannot count";
    return NULL;
}

void inquirer_init(struct inquirer *inquirer, uv_loop_t *loop, struct model *model,
                   struct supervisor *const *supervisor, const struct inquirer_owner *owner)
{
    const struct inquiry_ops ops = {
        .context = inquirer,
        .hindrance = hindrance,
        .send = send_question,
        .send_census = send_census,
        .drop = drop_question,
        .collect = collect,
        .refresh = refresh,
    };
    inquirer->owner = *owner;
    inquiry_init(&inquirer->inquiry, &ops, model);
    inquirer->asking = (struct asking){.loop = loop,
                                       .worker_pid = &model->worker_pid,
                                       .send = send_to_worker,
                                       .send_context = inquirer,
                                       .told = on_told,
                                       .told_context = inquirer};
    inquirer->supervisor = supervisor;
}

void inquirer_tick(struct inquirer *inquirer, uint64_t now_ns)
{
    asking_reap(&inquirer->asking);
    inquiry_tick(&inquirer->inquiry, now_ns);
}

void inquirer_end(struct inquirer *inquirer)
{
    asking_end(&inquirer->asking);
}
