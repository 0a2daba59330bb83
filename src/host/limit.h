/*
 * The worker's memory limit. Where a cgroup can be made it holds for the worker and all that it
 * starts, and the kernel sees to it. Elsewhere the worker's RSS is read a hundred times a second,
 * and a worker that is over the limit is killed; what it takes and gives back in between is not
 * seen, and the processes that it starts do not count.
 *
 * Either way the limit is for the app: pymemtop's own share of the worker is not counted.
 */
#ifndef HOST_LIMIT_H
#define HOST_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* Less than that no worker gets as far as running code of an app. */
#define LIMIT_BYTES_MIN (32LL * 1024 * 1024)
/* The names of all plans, for messages. */
#define LIMIT_PLAN_NAMES "consumption, flex-512, flex-2048, flex-4096, ep1, ep2 or ep3"

/* What one instance of a plan of Azure Functions has. Its name as in LIMIT_PLAN_NAMES, which stays
 * valid; 0 and NULL where no plan is called so. */
struct plan {
    const char *name;
    int64_t bytes;
    unsigned timeout_s;      /* functionTimeout where the app sets none; 0: as locally */
    unsigned timeout_most_s; /* 0: no limit */
};
struct plan limit_plan(const char *name);

struct limit;

struct limit_ops {
    void *context;
    /* The worker's RSS without pymemtop's share; negative while that is not known. */
    int64_t (*rss_bytes)(void *context);
    /* SIGKILL to the worker and what it has started. */
    void (*kill)(void *context);
};

/* A limit of `bytes` for the workers to come; `plan` (may be NULL) is the name of the plan that it
 * comes from. */
struct limit *limit_new(uv_loop_t *loop, int64_t bytes, const char *plan,
                        const struct limit_ops *ops);
/* A worker was spawned: it is limited from now on. */
void limit_worker_started(struct limit *limit, int pid);
/* What pymemtop itself takes in the worker. */
void limit_set_own(struct limit *limit, int64_t own_bytes);
/* The worker ended, by `signal` or, with 0, by itself. Returns whether it was killed because it
 * went over the limit. */
bool limit_worker_died(struct limit *limit, int signal);
/* "512 MiB", or "1.5 GiB (consumption)". Borrowed. */
const char *limit_size(const struct limit *limit);
/* How the limit is held: "by cgroup", or "by watching RSS, since ...". Known when a worker has
 * started. Borrowed. */
const char *limit_means(const struct limit *limit);
/* Remove the cgroup and free the limit; `closed` is called when the loop has let go of it. No
 * worker runs any more. */
void limit_close(struct limit *limit, void (*closed)(void *context), void *context);

/* For tests as well: */

/* The watch's decision. */
bool limit_is_over(int64_t rss_bytes, int64_t limit_bytes);
/* The cgroup's: what happened to the counts while a worker ran that SIGKILL ended. The machine's
 * own want of memory kills without the limit's being hit. */
struct cgroup_ooms;
bool limit_was_hit(const struct cgroup_ooms *before, const struct cgroup_ooms *after);

#endif
