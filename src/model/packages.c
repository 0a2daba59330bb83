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

static const struct package *package_at(const struct packages *packages, size_t at)
{
    return at < packages->count ? &packages->items[at] : NULL;
}

bool packages_differ(const struct packages *before, const struct packages *after,
                     struct packages_difference *next)
{
    for (;;) {
        const struct package *old = package_at(before, next->at_before);
        const struct package *new = package_at(after, next->at_after);
        if (!old && !new)
            return false;
        int order = old && new ? strcmp(old->name, new->name) : 0;
        if (order > 0)
            old = NULL;
        else if (order < 0)
            new = NULL;
        next->at_before += old != NULL;
        next->at_after += new != NULL;
        next->name = old ? old->name : new ? new->name : "";
        next->before = old ? old->version : NULL;
        next->after = new ? new->version : NULL;
        if (!old || !new || strcmp(old->version, new->version) != 0)
            return true;
    }
}
