/*
 * One timer does what there is to be done later: it watches while a worker runs without a cgroup,
 * and in the end it tries again to remove the cgroup, which is busy until the last process in it is
 * gone.
 */
#include "config.h"
#include "host/limit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "base/size.h"
#include "host/cgroup.h"

enum {
    WATCH_MS = 10,
    REMOVE_MS = 10,
    REMOVE_TRIES = 200, /* then the folder is left to the next pymemtop */
};

struct limit {
    int64_t bytes;
    int64_t own_bytes; /* that the cgroup's limit has on top */
    struct limit_ops ops;
    struct cgroup *cgroup;     /* owned; NULL: the RSS is watched */
    struct cgroup_ooms before; /* when the worker was started */
    bool over;                 /* the watch has killed this worker */
    char size[SIZE_TEXT + 32];
    char means[ERROR_TEXT_MAX + 64];
    uv_timer_t timer;
    int tries_left;
    void (*closed)(void *context);
    void *closed_context;
};

/* ---- the plans ---- */

#define MIB (1024LL * 1024)

struct plan limit_plan(const char *name)
{
    static const struct plan plans[] = {
        {"consumption", 1536 * MIB, 300, 600},
        {"flex-512", 512 * MIB, 0, 0},
        {"flex-2048", 2048 * MIB, 0, 0},
        {"flex-4096", 4096 * MIB, 0, 0},
        {"ep1", 3584 * MIB, 0, 0},
        {"ep2", 7168 * MIB, 0, 0},
        {"ep3", 14336 * MIB, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(plans); i++)
        if (strcasecmp(plans[i].name, name) == 0)
            return plans[i];
    return (struct plan){.name = NULL};
}

/* ---- the decisions ---- */

bool limit_is_over(int64_t rss_bytes, int64_t limit_bytes)
{
    return rss_bytes > limit_bytes;
}

bool limit_was_hit(const struct cgroup_ooms *before, const struct cgroup_ooms *after)
{
    return after->kills > before->kills && after->limit_hits > before->limit_hits;
}

/* ---- the watch ---- */

static void on_watch(uv_timer_t *timer)
{
    struct limit *limit = timer->data;
    if (!limit_is_over(limit->ops.rss_bytes(limit->ops.context), limit->bytes))
        return;
    limit->over = true;
    uv_timer_stop(&limit->timer);
    limit->ops.kill(limit->ops.context);
}

/* There is no cgroup, or it is of no use. */
static void fall_back(struct limit *limit, const struct error *error)
{
    snprintf(limit->means, sizeof limit->means,
             "by watching RSS, since no cgroup can be made here: %s", error->text);
    if (!limit->cgroup)
        return;
    cgroup_remove(limit->cgroup);
    cgroup_free(limit->cgroup);
    limit->cgroup = NULL;
}

/* ---- use ---- */

struct limit *limit_new(uv_loop_t *loop, int64_t bytes, const char *plan,
                        const struct limit_ops *ops)
{
    struct limit *limit = mem_calloc(1, sizeof *limit);
    struct error error;
    char size[SIZE_TEXT];
    size_format(size, bytes);
    snprintf(limit->size, sizeof limit->size, "%s%s%s%s", size, plan ? " (" : "", plan ? plan : "",
             plan ? ")" : "");
    limit->bytes = bytes;
    limit->ops = *ops;
    limit->tries_left = REMOVE_TRIES;
    uv_timer_init(loop, &limit->timer);
    limit->timer.data = limit;
    snprintf(limit->means, sizeof limit->means, "by cgroup");
    limit->cgroup = cgroup_new(&error);
    if (!limit->cgroup || cgroup_set_limit(limit->cgroup, bytes, &error))
        fall_back(limit, &error);
    return limit;
}

void limit_worker_started(struct limit *limit, int pid)
{
    struct error error;
    limit->over = false;
    if (limit->cgroup && cgroup_add(limit->cgroup, pid, &error))
        fall_back(limit, &error);
    if (limit->cgroup)
        limit->before = cgroup_read_ooms(limit->cgroup);
    else
        uv_timer_start(&limit->timer, on_watch, WATCH_MS, WATCH_MS);
}

void limit_set_own(struct limit *limit, int64_t own_bytes)
{
    struct error error;
    if (own_bytes == limit->own_bytes || own_bytes < 0 || own_bytes > INT64_MAX - limit->bytes)
        return;
    limit->own_bytes = own_bytes;
    /* As the one before it was taken, this one is: there is nobody to tell. */
    if (limit->cgroup)
        cgroup_set_limit(limit->cgroup, limit->bytes + own_bytes, &error);
}

bool limit_worker_died(struct limit *limit, int signal)
{
    bool over = limit->over;
    uv_timer_stop(&limit->timer);
    if (limit->cgroup) {
        struct cgroup_ooms after = cgroup_read_ooms(limit->cgroup);
        over = limit_was_hit(&limit->before, &after);
    }
    return over && signal == SIGKILL;
}

const char *limit_size(const struct limit *limit)
{
    return limit->size;
}

const char *limit_means(const struct limit *limit)
{
    return limit->means;
}

/* ---- closing ---- */

static void on_closed(uv_handle_t *handle)
{
    struct limit *limit = handle->data;
    limit->closed(limit->closed_context);
    cgroup_free(limit->cgroup);
    free(limit);
}

static void on_remove(uv_timer_t *timer)
{
    struct limit *limit = timer->data;
    if (limit->cgroup && cgroup_remove(limit->cgroup) && --limit->tries_left > 0)
        uv_timer_start(timer, on_remove, REMOVE_MS, 0);
    else
        uv_close((uv_handle_t *)timer, on_closed);
}

void limit_close(struct limit *limit, void (*closed)(void *context), void *context)
{
    limit->closed = closed;
    limit->closed_context = context;
    on_remove(&limit->timer);
}
