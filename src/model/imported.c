#include "config.h"
#include "model/imported.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct imported *imported_new(void)
{
    return mem_calloc(1, sizeof(struct imported));
}

static int compare_instances(const void *a, const void *b)
{
    const struct imported_instance *left = a, *right = b;
    if (left->growth_bytes != right->growth_bytes)
        return left->growth_bytes > right->growth_bytes ? -1 : 1;
    if (left->invocations != right->invocations)
        return left->invocations > right->invocations ? -1 : 1;
    return strcmp(left->name, right->name);
}

void imported_sort(struct imported *imported)
{
    qsort(imported->instances, imported->instance_count, sizeof *imported->instances,
          compare_instances);
}

bool imported_period(const struct imported *imported, uint64_t *first_ns, uint64_t *last_ns)
{
    *first_ns = UINT64_MAX;
    *last_ns = 0;
    for (size_t i = 0; i < imported->instance_count; i++) {
        const struct imported_instance *instance = &imported->instances[i];
        if (instance->first_ns && instance->first_ns < *first_ns)
            *first_ns = instance->first_ns;
        if (instance->last_ns > *last_ns)
            *last_ns = instance->last_ns;
    }
    return *last_ns > 0;
}

void imported_free(struct imported *imported)
{
    if (!imported)
        return;
    for (size_t i = 0; i < imported->problem_count; i++) {
        free(imported->problems[i].where);
        free(imported->problems[i].what);
        free(imported->problems[i].example);
    }
    for (size_t i = 0; i < imported->instance_count; i++)
        free(imported->instances[i].name);
    free(imported->instances);
    free(imported->unsure_date);
    free(imported);
}
