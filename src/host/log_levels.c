#include "config.h"
#include "host/log_levels.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/mem.h"

int log_levels_parse(const char *text, int *minimum)
{
    static const struct {
        const char *name;
        int minimum;
    } levels[] = {{"Trace", LEVEL_DEBUG},     {"Debug", LEVEL_DEBUG}, {"Information", LEVEL_INFO},
                  {"Warning", LEVEL_WARNING}, {"Error", LEVEL_ERROR}, {"Critical", LEVEL_CRITICAL},
                  {"None", LOG_LEVEL_NONE}};
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        const char number[] = {(char)('0' + i), '\0'};
        if (strcasecmp(text, levels[i].name) == 0 || strcmp(text, number) == 0) {
            *minimum = levels[i].minimum;
            return 0;
        }
    }
    return -1;
}

void log_levels_add(struct log_levels *levels, const char *category, int minimum)
{
    bool is_default = strcasecmp(category, "default") == 0;
    levels->rules = mem_resize(levels->rules, levels->count + 1, sizeof *levels->rules);
    levels->rules[levels->count++] =
        (struct log_rule){.category = is_default ? NULL : mem_strdup(category), .minimum = minimum};
}

void log_levels_fini(struct log_levels *levels)
{
    for (size_t i = 0; i < levels->count; i++)
        free(levels->rules[i].category);
    free(levels->rules);
    *levels = (struct log_levels){0};
}

/* ---- what holds where no rule does ---- */

/* "Function.NAME" or "Function.NAME.User", whose name has neither point nor space. */
static bool is_of_function(const char *category)
{
    static const char prefix[] = "Function.";
    if (strncmp(category, prefix, sizeof prefix - 1) != 0)
        return false;
    const char *name = category + sizeof prefix - 1;
    size_t len = strcspn(name, ". \t\r\n");
    return len > 0 && (!name[len] || strcmp(name + len, ".User") == 0);
}

static bool is_of_host(const char *category)
{
    static const char *const prefixes[] = {"Host.", "Worker.", "Function.",
                                           "Microsoft.Azure.WebJobs."};
    if (is_of_function(category) || strcasecmp(category, "Host.Function.Console") == 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (strncmp(category, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

int log_levels_minimum(const struct log_levels *levels, const char *category, bool verbose)
{
    const struct log_rule *best = NULL;
    size_t best_len = 0;
    for (size_t i = 0; i < levels->count; i++) {
        const struct log_rule *rule = &levels->rules[i];
        size_t len = rule->category ? strlen(rule->category) : 0;
        bool fits = len == 0 || strncasecmp(category, rule->category, len) == 0;
        if (fits && (!best || len >= best_len)) {
            best = rule;
            best_len = len;
        }
    }
    if (best)
        return best->minimum;
    if (verbose)
        return LEVEL_DEBUG;
    return is_of_host(category) ? LEVEL_WARNING : LEVEL_INFO;
}

int log_levels_lowest(const struct log_levels *levels)
{
    int lowest = LEVEL_INFO;
    for (size_t i = 0; i < levels->count; i++)
        if (levels->rules[i].minimum < lowest)
            lowest = levels->rules[i].minimum;
    return lowest;
}
