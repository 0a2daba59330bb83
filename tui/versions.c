#include "config.h"
#include "tui/versions.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void free_pair(struct version_pair *pair)
{
    free(pair->matches);
    free(pair->is_matched);
}

void version_pairs_fini(struct version_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        free_pair(&pairs->items[i]);
    free(pairs->items);
    *pairs = (struct version_pairs){NULL, 0};
}

static struct version_pair match(const struct model *model, uint32_t before, uint32_t after)
{
    const struct file *old = model->files[before], *new = model->files[after];
    struct version_pair pair = {
        .before = before,
        .after = after,
        .before_count = old->line_count,
        .after_count = new->line_count,
        .matches = mem_calloc((size_t) new->line_count + 1, sizeof *pair.matches),
        .is_matched = mem_calloc((size_t)old->line_count + 1, sizeof *pair.is_matched)};
    match_lines((struct match_part){old, 1, old->line_count},
                (struct match_part){new, 1, new->line_count}, NULL, pair.matches);
    for (uint32_t i = 0; i < new->line_count; i++)
        if (pair.matches[i].line)
            pair.is_matched[pair.matches[i].line - 1] = true;
    return pair;
}

/* The pair that there is already, which is taken away, or a new one. */
static struct version_pair take_pair(struct version_pairs *pairs, const struct model *model,
                                     uint32_t before, uint32_t after)
{
    for (size_t i = 0; i < pairs->count; i++) {
        struct version_pair pair = pairs->items[i];
        if (pair.before != before || pair.after != after ||
            pair.before_count != model->files[before]->line_count ||
            pair.after_count != model->files[after]->line_count)
            continue;
        pairs->items[i] = pairs->items[--pairs->count];
        return pair;
    }
    return match(model, before, after);
}

/* The version of the file that the invocation ran, or UINT32_MAX where it ran none. */
static uint32_t version_of(const struct model *model, const struct invocation *invocation,
                           const char *path)
{
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < invocation->line_count; i++) {
        uint32_t file = invocation->lines[i].file;
        if (file != last && strcmp(model->files[file]->path, path) == 0)
            return file;
        last = file;
    }
    return UINT32_MAX;
}

void version_pairs_set(struct version_pairs *pairs, const struct model *model,
                       const struct invocation *before, const struct invocation *after)
{
    struct version_pairs now = {NULL, 0};
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; before && after && i < before->line_count; i++) {
        uint32_t old = before->lines[i].file;
        if (old == last)
            continue;
        last = old;
        uint32_t new = version_of(model, after, model->files[old]->path);
        if (new == UINT32_MAX || new == old)
            continue;
        now.items = mem_resize(now.items, now.count + 1, sizeof *now.items);
        now.items[now.count++] = take_pair(pairs, model, old, new);
    }
    version_pairs_fini(pairs);
    *pairs = now;
}

bool version_pairs_find(const struct version_pairs *pairs, uint32_t *file, uint32_t *line)
{
    for (size_t i = 0; *line > 0 && i < pairs->count; i++) {
        const struct version_pair *pair = &pairs->items[i];
        if (*file == pair->before)
            return *line > pair->before_count || !pair->is_matched[*line - 1];
        if (*file != pair->after)
            continue;
        *file = pair->before;
        *line = *line <= pair->after_count ? pair->matches[*line - 1].line : 0;
        return *line != 0;
    }
    return true;
}
