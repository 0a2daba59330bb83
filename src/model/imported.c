#include "config.h"
#include "model/imported.h"

#include <stdlib.h>

#include "base/mem.h"

struct imported *imported_new(void)
{
    return mem_calloc(1, sizeof(struct imported));
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
    free(imported);
}
