#include "config.h"
#include "model/packages.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void packages_fini(struct packages *packages)
{
    for (size_t i = 0; i < packages->count; i++) {
        free(packages->items[i].name);
        free(packages->items[i].version);
    }
    free(packages->items);
    *packages = (struct packages){NULL, 0};
}

void packages_add(struct packages *packages, const char *name, const char *version)
{
    size_t at = packages->count;
    while (at > 0 && strcmp(packages->items[at - 1].name, name) > 0)
        at--;
    if (at > 0 && strcmp(packages->items[at - 1].name, name) == 0)
        return;
    packages->items = mem_resize(packages->items, packages->count + 1, sizeof *packages->items);
    memmove(packages->items + at + 1, packages->items + at,
            (packages->count - at) * sizeof *packages->items);
    packages->items[at] = (struct package){mem_strdup(name), mem_strdup(version)};
    packages->count++;
}

bool packages_differ(const struct packages *before, const struct packages *after,
                     struct packages_difference *next)
{
    while (next->at_before < before->count || next->at_after < after->count) {
        const struct package *old =
            next->at_before < before->count ? &before->items[next->at_before] : NULL;
        const struct package *new =
            next->at_after < after->count ? &after->items[next->at_after] : NULL;
        int order = !old ? 1 : !new ? -1 : strcmp(old->name, new->name);
        next->at_before += order <= 0;
        next->at_after += order >= 0;
        next->name = order <= 0 ? old->name : new->name;
        next->before = order <= 0 ? old->version : NULL;
        next->after = order >= 0 ? new->version : NULL;
        if (order != 0 || strcmp(next->before, next->after) != 0)
            return true;
    }
    return false;
}
