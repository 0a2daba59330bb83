/*
 * A cgroup of one's own (version 2) that limits memory, where this user may make one.
 */
#ifndef HOST_CGROUP_H
#define HOST_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct cgroup;

/* How often it ran out of memory, since it was made. */
struct cgroup_ooms {
    uint64_t limit_hits; /* an allocation failed, since the limit was reached */
    uint64_t kills;      /* processes killed for want of memory, the machine's included */
};

/* Make a group "pymemtop-PID" beside this process's own, or in it, and remove those that a
 * pymemtop which was killed has left there. NULL with `error` where it cannot be made. Free it with
 * cgroup_free. */
struct cgroup *cgroup_new(struct error *error);
/* The same in the cgroup with the folder `parent`. */
struct cgroup *cgroup_new_in(const char *parent, struct error *error);
/* Limit what its processes take together. 0, or -1 with `error`. */
int cgroup_set_limit(struct cgroup *cgroup, int64_t bytes, struct error *error);
/* Move a process into it; what it starts from now on is in it, too. 0, or -1 with `error`. */
int cgroup_add(struct cgroup *cgroup, int pid, struct error *error);
/* Zeros where that cannot be read. */
struct cgroup_ooms cgroup_read_ooms(const struct cgroup *cgroup);
/* Kill what is left in it and remove its folder: 0, or -EBUSY while those processes end. */
int cgroup_remove(const struct cgroup *cgroup);
/* Only the memory. NULL is fine. */
void cgroup_free(struct cgroup *cgroup);

/* For tests as well: */

/* The folder of this process's cgroup from the texts of /proc/self/cgroup and /proc/self/mountinfo,
 * and in *mount that of the hierarchy, which may be the same. The caller frees both. NULL where
 * there is none that can be seen. */
char *cgroup_locate(const char *own, const char *mounts, char **mount);
/* The counts in the text of memory.events. */
struct cgroup_ooms cgroup_parse_ooms(const char *text);
/* Remove groups in `parent` whose pymemtop is gone. */
void cgroup_sweep(const char *parent);

#endif
