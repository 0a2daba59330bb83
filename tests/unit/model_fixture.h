/*
 * Two models compared, field by field: all that can be seen of them. And a model that is changed at
 * random, the same way in every run, by what the host does with one.
 */
#ifndef TESTS_UNIT_MODEL_FIXTURE_H
#define TESTS_UNIT_MODEL_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "model/model.h"

/* ---- comparison ---- */

/* Each returns where the two differ, or NULL. */

static inline bool text_differs(const char *a, const char *b)
{
    return (a == NULL) != (b == NULL) || (a && strcmp(a, b) != 0);
}

#define SAME_TEXT(a, b, name)                                                                      \
    do {                                                                                           \
        if (text_differs((a)->name, (b)->name))                                                    \
            return #name;                                                                          \
    } while (0)
#define SAME(a, b, name)                                                                           \
    do {                                                                                           \
        if ((a)->name != (b)->name)                                                                \
            return #name;                                                                          \
    } while (0)

static inline const char *compare_stats(const struct line_stats *a, const struct line_stats *b)
{
    SAME(a, b, mem_usage_bytes);
    SAME(a, b, peak_bytes);
    SAME(a, b, increment_bytes);
    SAME(a, b, self_increment_bytes);
    SAME(a, b, occurrences);
    SAME(a, b, net_python_bytes);
    SAME(a, b, net_native_bytes);
    SAME(a, b, allocated_bytes);
    SAME(a, b, freed_bytes);
    SAME(a, b, retained_python_bytes);
    SAME(a, b, retained_native_bytes);
    SAME(a, b, high_bytes);
    return NULL;
}

static inline const char *compare_files(const struct file *a, const struct file *b)
{
    SAME_TEXT(a, b, path);
    SAME_TEXT(a, b, given);
    SAME_TEXT(a, b, display);
    SAME_TEXT(a, b, problem);
    SAME(a, b, text_len);
    if ((a->text == NULL) != (b->text == NULL) ||
        (a->text && memcmp(a->text, b->text, a->text_len) != 0))
        return "text";
    SAME(a, b, stale);
    SAME(a, b, deleted);
    SAME(a, b, version);
    SAME(a, b, retired);
    SAME(a, b, saved_realtime_ns);
    SAME(a, b, function_count);
    for (size_t i = 0; i < a->function_count; i++) {
        const struct file_function *left = &a->functions[i], *right = &b->functions[i];
        SAME_TEXT(left, right, name);
        SAME(left, right, first_line);
        SAME(left, right, last_line);
        SAME(left, right, entry_bytes);
        SAME(left, right, tells);
        SAME(left, right, decorated);
    }
    SAME(a, b, line_count);
    for (uint32_t i = 0; i < a->line_count; i++) {
        const struct file_line *left = &a->lines[i], *right = &b->lines[i];
        const char *where = compare_stats(&left->total, &right->total);
        if (where)
            return where;
        SAME(left, right, offset);
        SAME(left, right, len);
        SAME(left, right, trend_len);
        for (size_t k = 0; k < left->trend_len; k++)
            SAME(left, right, trend_bytes[k]);
    }
    return NULL;
}

static inline const char *compare_invocation(const struct invocation *a, const struct invocation *b)
{
    SAME(a, b, number);
    SAME(a, b, serial);
    if (strcmp(a->id, b->id) != 0)
        return "id";
    SAME_TEXT(a, b, function);
    SAME_TEXT(a, b, request);
    SAME_TEXT(a, b, error);
    SAME(a, b, outcome);
    SAME(a, b, status);
    SAME(a, b, start_ns);
    SAME(a, b, duration_ns);
    SAME(a, b, start_realtime_ns);
    SAME(a, b, rss_start_bytes);
    SAME(a, b, rss_end_bytes);
    SAME(a, b, rss_peak_bytes);
    SAME(a, b, rss_lines_bytes);
    SAME(a, b, rss_shared_bytes);
    SAME(a, b, heap_start_bytes);
    SAME(a, b, heap_end_bytes);
    SAME(a, b, heap_lines_bytes);
    SAME(a, b, heap_elsewhere_bytes);
    SAME(a, b, is_told_apart);
    SAME(a, b, left_bytes);
    SAME(a, b, retained_bytes);
    SAME(a, b, file);
    SAME(a, b, line);
    SAME(a, b, line_count);
    for (size_t i = 0; i < a->line_count; i++) {
        const struct invocation_line *left = &a->lines[i], *right = &b->lines[i];
        const char *where = compare_stats(&left->stats, &right->stats);
        if (where)
            return where;
        SAME(left, right, file);
        SAME(left, right, line);
    }
    return NULL;
}

static inline const char *compare_invocations(const struct invocations *a,
                                              const struct invocations *b)
{
    SAME(a, b, count);
    SAME(a, b, added);
    SAME(a, b, total);
    SAME(a, b, running);
    SAME(a, b, failed);
    for (size_t i = 0; i < a->count; i++) {
        const char *where = compare_invocation(a->kept[i], b->kept[i]);
        if (where)
            return where;
    }
    SAME(a, b, function_count);
    for (size_t i = 0; i < a->function_count; i++) {
        const struct function_count *left = &a->functions[i], *right = &b->functions[i];
        SAME_TEXT(left, right, function);
        SAME(left, right, total);
        SAME(left, right, running);
        SAME(left, right, failed);
        SAME(left, right, last_duration_ns);
    }
    return NULL;
}

static inline const char *compare_output(const struct output *a, const struct output *b)
{
    SAME(a, b, count);
    SAME(a, b, total);
    for (size_t i = 0; i < a->count; i++) {
        const struct output_line *left = output_at(a, i), *right = output_at(b, i);
        SAME_TEXT(left, right, text);
        SAME(left, right, realtime_ns);
        SAME(left, right, invocation);
        SAME(left, right, source);
        SAME(left, right, level);
    }
    return NULL;
}

static inline const char *compare_kept(const struct kept *a, const struct kept *b)
{
    SAME(a, b, first_number);
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        SAME(a, b, invocations[i].number);
        SAME(a, b, invocations[i].is_running);
    }
    SAME(a, b, line_count);
    for (size_t i = 0; i < a->line_count; i++) {
        SAME(a, b, lines[i].file);
        SAME(a, b, lines[i].line);
        for (size_t k = 0; k < KEPT_WINDOW; k++) {
            SAME(a, b, lines[i].left_bytes[k]);
            SAME(a, b, lines[i].alive_bytes[k]);
        }
    }
    return NULL;
}

static inline const char *compare_leaks(const struct leaks *a, const struct leaks *b)
{
    SAME(a, b, count);
    SAME(a, b, certain);
    for (size_t i = 0; i < a->count; i++) {
        const struct leak *left = &a->items[i], *right = &b->items[i];
        SAME(left, right, file);
        SAME(left, right, line);
        SAME(left, right, state);
        SAME(left, right, is_native);
        SAME(left, right, is_outside);
        SAME(left, right, kept);
        SAME(left, right, of);
        SAME(left, right, bytes_per_invocation);
        SAME(left, right, alive_bytes);
        SAME(left, right, first_number);
        SAME(left, right, last_number);
    }
    return NULL;
}

static inline const char *compare_functions(const struct model *a, const struct model *b)
{
    SAME(a, b, function_count);
    for (size_t i = 0; i < a->function_count; i++) {
        const struct model_function *left = &a->functions[i], *right = &b->functions[i];
        SAME_TEXT(left, right, name);
        SAME_TEXT(left, right, url);
        SAME_TEXT(left, right, methods);
        SAME_TEXT(left, right, trigger);
        SAME_TEXT(left, right, script);
        SAME_TEXT(left, right, load_error);
        SAME_TEXT(left, right, request);
        SAME_TEXT(left, right, sample);
        SAME(left, right, line);
        SAME(left, right, asynchronous);
        SAME(left, right, selected);
    }
    return NULL;
}

static inline const char *compare_head(const struct model *a, const struct model *b)
{
    SAME_TEXT(a, b, app_root);
    SAME_TEXT(a, b, app_name);
    SAME_TEXT(a, b, base_url);
    SAME_TEXT(a, b, python);
    SAME_TEXT(a, b, app_error);
    SAME_TEXT(a, b, reload_error);
    SAME_TEXT(a, b, chosen);
    SAME_TEXT(a, b, meter);
    SAME(a, b, is_program);
    SAME(a, b, exit_status);
    SAME(a, b, worker);
    SAME(a, b, worker_pid);
    SAME(a, b, worker_starts);
    SAME(a, b, worker_deaths);
    SAME_TEXT(a, b, worker_end);
    SAME(a, b, limit_bytes);
    SAME_TEXT(a, b, limit_name);
    SAME(a, b, rss_bytes);
    SAME(a, b, rss_peak_bytes);
    SAME(a, b, own_bytes);
    SAME(a, b, baseline_bytes);
    SAME(a, b, dropped_samples);
    SAME(a, b, rss_is_approximate);
    SAME(a, b, rss_is_polled);
    SAME(a, b, rss_check.events);
    SAME(a, b, rss_check.changes);
    SAME(a, b, rss_check.misses);
    SAME(a, b, heap.is_on);
    SAME(a, b, heap.native_is_on);
    SAME(a, b, heap.python_bytes);
    SAME(a, b, heap.native_bytes);
    SAME(a, b, heap.small_bytes);
    SAME(a, b, heap.arena_bytes);
    SAME(a, b, heap.baseline_bytes);
    SAME(a, b, lost_calls);
    SAME(a, b, lost_lines);
    SAME(a, b, decorated_count);
    SAME(a, b, slow_breakpoint);
    return NULL;
}

static inline const char *compare_others(const struct stop_others *a, const struct stop_others *b)
{
    SAME(a, b, count);
    SAME(a, b, more);
    for (size_t i = 0; i < a->count; i++) {
        SAME_TEXT(a, b, items[i].name);
        SAME_TEXT(a, b, items[i].function);
        SAME_TEXT(a, b, items[i].state);
        SAME_TEXT(a, b, items[i].place);
        SAME(a, b, items[i].file);
        SAME(a, b, items[i].line);
        SAME(a, b, items[i].number);
    }
    return NULL;
}

static inline const char *compare_stops(const struct stop *a, const struct stop *b)
{
    SAME(a, b, is_stopped);
    SAME(a, b, is_leaving);
    SAME(a, b, is_stepping);
    SAME(a, b, is_awaited);
    SAME(a, b, count);
    SAME(a, b, number);
    SAME(a, b, file);
    SAME(a, b, line);
    SAME(a, b, reason);
    SAME(a, b, breakpoint);
    SAME(a, b, loop_held);
    SAME(a, b, waiting);
    SAME_TEXT(a, b, thread);
    SAME(a, b, is_evaluating);
    SAME(a, b, is_breaking);
    SAME(a, b, is_cut);
    SAME_TEXT(a, b, expression);
    SAME_TEXT(a, b, answer);
    SAME(a, b, has_failed);
    SAME(a, b, step.is_known);
    SAME(a, b, step.is_over);
    SAME(a, b, step.file);
    SAME(a, b, step.line);
    SAME(a, b, step.executions);
    SAME(a, b, step.increment_bytes);
    SAME(a, b, step.net_python_bytes);
    SAME(a, b, step.net_native_bytes);
    SAME(a, b, step.has_objects);
    SAME(a, b, step.objects);
    SAME(a, b, frame_count);
    for (size_t i = 0; i < a->frame_count; i++) {
        SAME_TEXT(a, b, frames[i].name);
        SAME_TEXT(a, b, frames[i].place);
        SAME(a, b, frames[i].file);
        SAME(a, b, frames[i].line);
    }
    SAME(a, b, local_count);
    for (size_t i = 0; i < a->local_count; i++) {
        SAME_TEXT(a, b, locals[i].name);
        SAME_TEXT(a, b, locals[i].type);
        SAME_TEXT(a, b, locals[i].text);
        SAME(a, b, locals[i].bytes);
    }
    const char *where = compare_others(&a->tasks, &b->tasks);
    return where ? where : compare_others(&a->threads, &b->threads);
}

static inline const char *compare_breakpoints(const struct breakpoints *a,
                                              const struct breakpoints *b)
{
    SAME(a, b, last_number);
    SAME(a, b, count);
    for (size_t i = 0; i < a->count; i++) {
        const struct breakpoint *left = &a->items[i], *right = &b->items[i];
        SAME(left, right, number);
        SAME_TEXT(left, right, path);
        SAME(left, right, line);
        SAME_TEXT(left, right, text);
        SAME_TEXT(left, right, condition);
        SAME(left, right, when.hits);
        SAME(left, right, when.rss_above_bytes);
        SAME(left, right, when.heap_above_bytes);
        SAME(left, right, when.increment_above_bytes);
        SAME(left, right, when.live_above_bytes);
        SAME(left, right, when.objects_least);
        SAME_TEXT(left, right, when.expression);
        SAME(left, right, hits);
        SAME(left, right, is_lost);
        SAME(left, right, is_off);
        SAME(left, right, is_temporary);
    }
    return NULL;
}

static inline const char *compare_models(const struct model *a, const struct model *b)
{
    const char *where = compare_head(a, b);
    SAME(a, b, timeline.count);
    for (size_t i = 0; i < a->timeline.count; i++) {
        SAME(a, b, timeline.points[i].time_ns);
        SAME(a, b, timeline.points[i].rss_bytes);
    }
    SAME(a, b, file_count);
    for (size_t i = 0; !where && i < a->file_count; i++)
        where = compare_files(a->files[i], b->files[i]);
    if (!where)
        where = compare_functions(a, b);
    if (!where)
        where = compare_invocations(&a->invocations, &b->invocations);
    if (!where)
        where = compare_output(&a->output, &b->output);
    if (!where)
        where = compare_kept(&a->kept, &b->kept);
    if (!where)
        where = compare_leaks(&a->leaks, &b->leaks);
    if (!where)
        where = compare_stops(&a->stop, &b->stop);
    return where ? where : compare_breakpoints(&a->breakpoints, &b->breakpoints);
}

#undef SAME
#undef SAME_TEXT

/* ---- changes ---- */

struct changer {
    uint64_t seed;
    uint64_t now_ns;
    uint64_t number; /* of the latest invocation */
    bool is_wide;    /* numbers of all sizes, as a worker that is broken may report */
};

/* xorshift64: good enough to scatter, and the same everywhere. */
static inline uint64_t changer_random(struct changer *changer)
{
    changer->seed ^= changer->seed << 13;
    changer->seed ^= changer->seed >> 7;
    changer->seed ^= changer->seed << 17;
    return changer->seed >> 3;
}

static inline uint64_t changer_below(struct changer *changer, uint64_t limit)
{
    return changer_random(changer) % limit;
}

/* Mostly some megabytes; with is_wide now and then anything. */
static inline int64_t changer_bytes(struct changer *changer)
{
    if (changer->is_wide && changer_below(changer, 16) == 0)
        return (int64_t)(changer_random(changer) << (changer_random(changer) % 8));
    return (int64_t)changer_below(changer, 64 << 20) - (16 << 20);
}

static inline struct line_stats changer_stats(struct changer *changer)
{
    return (struct line_stats){
        .mem_usage_bytes = changer_bytes(changer),
        .peak_bytes = changer_bytes(changer),
        .increment_bytes = changer_bytes(changer),
        .self_increment_bytes = changer_bytes(changer),
        .occurrences = changer_below(changer, 1000) + 1,
        .net_python_bytes = changer_bytes(changer),
        .net_native_bytes = changer_bytes(changer),
        .allocated_bytes = changer_random(changer),
        .freed_bytes = changer_random(changer),
        .retained_python_bytes = changer_bytes(changer),
        .retained_native_bytes = changer_bytes(changer),
        .high_bytes = changer_bytes(changer),
    };
}

static inline struct file *changer_file(struct changer *changer, const char *path)
{
    char text[4096] = "";
    size_t len = 0, lines = 3 + (size_t)changer_below(changer, 60);
    for (size_t i = 0; i < lines; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "    x%zu = %u  # \xC3\xA9\n", i,
                                (unsigned)changer_below(changer, 1000));
    if (changer_below(changer, 8) == 0)
        text[len / 2] = '\xFF';
    struct file *file = file_new(path, "/app", changer_below(changer, 8) ? text : NULL, len);
    file->saved_realtime_ns = changer_random(changer);
    return file;
}

static inline void change_files(struct changer *changer, struct model *model)
{
    char path[64];
    snprintf(path, sizeof path, "/app/f%u.py", (unsigned)changer_below(changer, 6));
    long known = model_find_file(model, path);
    if (known < 0) {
        model_add_file(model, changer_file(changer, path));
        return;
    }
    struct file *file = model->files[known];
    uint32_t line = 1 + (uint32_t)changer_below(changer, 70);
    switch (changer_below(changer, 30)) {
    case 0: model_replace_file(model, (uint32_t)known, changer_file(changer, path)); break;
    case 1: file->stale = !file->stale; break;
    case 2: file->deleted = file->stale; break;
    case 3: model_set_text(&file->problem, changer_below(changer, 2) ? "odd" : NULL); break;
    case 4: file_decorate(file, "f", line, line + 5, 1, changer_below(changer, 2)); break;
    case 5: model_set_text(&file->given, "f.py"); break;
    case 6: file_keep_totals(file); break;
    case 7: file_enter_decorated(file, 1, changer_bytes(changer)); break;
    case 8:
    case 9:
    case 10:
        file_add_function(file, changer_below(changer, 2) ? "f" : "A.g", line, line + 5);
        break;
    case 11:
    case 12: file_add_trend(file, line, changer_bytes(changer)); break;
    default:
        for (unsigned i = 0; i < 5; i++) {
            struct line_stats stats = changer_stats(changer);
            file_set_live(file, 1 + (uint32_t)changer_below(changer, 70), &stats);
        }
        break;
    }
}

static inline void change_invocation(struct changer *changer, struct model *model,
                                     struct invocation *invocation)
{
    invocation->rss_start_bytes = changer_bytes(changer);
    invocation->rss_end_bytes = changer_bytes(changer);
    invocation->rss_peak_bytes = changer_bytes(changer);
    invocation->rss_lines_bytes = changer_bytes(changer);
    invocation->rss_shared_bytes = changer_bytes(changer);
    invocation->heap_start_bytes = changer_bytes(changer);
    invocation->heap_end_bytes = changer_bytes(changer);
    invocation->heap_lines_bytes = changer_bytes(changer);
    invocation->heap_elsewhere_bytes = changer_bytes(changer);
    invocation->is_told_apart = changer_below(changer, 2);
    invocation->left_bytes = changer_bytes(changer);
    invocation->retained_bytes = changer_bytes(changer);
    for (unsigned i = 0; model->file_count && i < 4; i++) {
        struct line_stats stats = changer_stats(changer);
        invocation->file = (uint32_t)changer_below(changer, model->file_count);
        invocation->line = 1 + (uint32_t)changer_below(changer, 40);
        invocation_set_line(invocation, invocation->file, invocation->line, &stats);
    }
    if (invocation->outcome == OUTCOME_WAITING)
        invocation->outcome = OUTCOME_RUNNING;
}

static inline void change_invocations(struct changer *changer, struct model *model)
{
    struct invocations *set = &model->invocations;
    char id[INVOCATION_ID_SIZE];
    if (set->count == 0 || changer_below(changer, 3) == 0) {
        bool is_load = changer_below(changer, 40) == 0;
        snprintf(id, sizeof id, "id-%u", (unsigned)changer_below(changer, 1u << 30));
        struct invocation *added =
            invocations_add(set, is_load ? 0 : ++changer->number, id,
                            changer_below(changer, 2) ? "Hello" : "Other", "GET /api/Hello");
        added->start_ns = changer->now_ns;
        added->start_realtime_ns = changer->now_ns + 1000;
        return;
    }
    struct invocation *invocation = set->kept[changer_below(changer, set->count)];
    if (changer_below(changer, 3) == 0)
        invocations_end(set, invocation,
                        (enum outcome)(OUTCOME_SUCCEEDED + changer_below(changer, 4)), 200,
                        changer->now_ns, changer_below(changer, 2) ? "it failed" : NULL);
    else
        change_invocation(changer, model, invocation);
}

static inline void change_kept(struct changer *changer, struct model *model)
{
    struct kept *kept = &model->kept;
    if (changer_below(changer, 20) == 0)
        model_forget_retained(model);
    kept->first_number = changer_below(changer, 10) ? changer_below(changer, 500) : KEPT_NOBODY;
    kept_reserve(kept, changer_below(changer, 30));
    size_t place = (size_t)changer_below(changer, KEPT_WINDOW);
    kept->invocations[place] = (struct kept_invocation){.number = changer_below(changer, 500),
                                                        .is_running = changer_below(changer, 2)};
    for (unsigned i = 0; kept->line_count && i < 4; i++) {
        struct kept_line *line = &kept->lines[changer_below(changer, kept->line_count)];
        if (model->file_count) {
            line->file = (uint32_t)changer_below(changer, model->file_count);
            line->line = (uint32_t)changer_below(changer, 40);
        }
        line->left_bytes[changer_below(changer, KEPT_WINDOW)] = changer_bytes(changer);
        line->alive_bytes[changer_below(changer, KEPT_WINDOW)] = changer_bytes(changer);
    }
}

static inline void change_leaks(struct changer *changer, struct model *model)
{
    struct leaks *leaks = &model->leaks;
    if (!model->file_count)
        return;
    leaks->count = (size_t)changer_below(changer, 6);
    leaks->certain = (size_t)changer_below(changer, leaks->count + 1);
    for (size_t i = 0; i < leaks->count; i++)
        leaks->items[i] = (struct leak){.file = (uint32_t)changer_below(changer, model->file_count),
                                        .line = 1 + (uint32_t)changer_below(changer, 40),
                                        .state = i < leaks->certain ? LEAK_CERTAIN : LEAK_SUSPECT,
                                        .is_native = changer_below(changer, 2),
                                        .is_outside = changer_below(changer, 2),
                                        .kept = (uint32_t)changer_below(changer, 100),
                                        .of = (uint32_t)changer_below(changer, 100),
                                        .bytes_per_invocation = changer_bytes(changer),
                                        .alive_bytes = changer_bytes(changer),
                                        .first_number = changer_below(changer, 50),
                                        .last_number = changer_below(changer, 500)};
}

static inline void change_output(struct changer *changer, struct model *model)
{
    static const char *const texts[] = {"one line", "", "\xFF odd \x1b[1m", "two\nlines\n\nof it"};
    const char *text = texts[changer_below(changer, ARRAY_LEN(texts))];
    unsigned count = changer_below(changer, 50) ? 1 : 7000;
    for (unsigned i = 0; i < count; i++)
        output_add(&model->output, changer->now_ns, (enum output_source)changer_below(changer, 4),
                   (enum output_level)changer_below(changer, 5),
                   changer_below(changer, 2) ? OUTPUT_NO_INVOCATION : changer->number, text,
                   strlen(text));
}

static inline void change_head(struct changer *changer, struct model *model)
{
    static const char *const names[] = {"PSS", "USS", "consumption"};
    switch (changer_below(changer, 12)) {
    case 0: model->worker = (enum worker_state)changer_below(changer, WORKER_NONE + 1); break;
    case 1: model_set_text(&model->worker_end, changer_below(changer, 2) ? "killed" : NULL); break;
    case 2: model_select(model, changer_below(changer, 2) ? "Hello" : "Other"); break;
    case 3:
        model->heap = (struct heap){.is_on = true, .python_bytes = changer_bytes(changer)};
        break;
    case 4: model->limit_name = names[changer_below(changer, ARRAY_LEN(names))]; break;
    case 5: model->meter = changer_below(changer, 2) ? names[0] : NULL; break;
    case 6:
        model_clear_functions(model);
        for (uint64_t i = changer_below(changer, 4); i > 0; i--) {
            struct model_function *function =
                model_add_function(model, i % 2 ? "Hello" : "Other", "httpTrigger", "/app/f1.py");
            model_set_text(&function->url, changer_below(changer, 2) ? "http://x/api" : NULL);
            function->line = (uint32_t)changer_below(changer, 100);
        }
        break;
    case 7:
        model->exit_status = (int)changer_below(changer, 300) - 100;
        model->worker_pid = (int)changer_below(changer, 30000);
        model->rss_check.misses++;
        break;
    default: model->own_bytes = changer_bytes(changer); break;
    }
    for (uint64_t i = changer_below(changer, 40); i > 0; i--)
        model_set_rss(model, changer->now_ns += 1000,
                      (int64_t)changer_below(changer, 5) << changer_below(changer, 30));
}

/* ---- stops ---- */

static inline void changer_others(struct changer *changer, const struct model *model,
                                  struct stop_others *others)
{
    for (uint64_t i = changer_below(changer, 5); i > 0; i--) {
        struct stop_other *other = stop_add_other(others);
        other->name = mem_printf("Task-%u", (unsigned)i);
        other->function = mem_strdup(i % 2 ? "main" : "");
        other->state = mem_strdup(changer_below(changer, 2) ? "waits" : "runs");
        other->place = mem_strdup(i % 3 ? "f1.py" : "");
        if (model->file_count && changer_below(changer, 2))
            other->file = (uint32_t)changer_below(changer, model->file_count);
        other->line = (uint32_t)changer_below(changer, 70);
        if (changer_below(changer, 2))
            other->number = changer_below(changer, 50);
    }
    others->more = changer_below(changer, 3);
}

static inline struct stop changer_stop(struct changer *changer, const struct model *model)
{
    struct stop stop = {.number = changer_below(changer, 50),
                        .file = STOP_NO_FILE,
                        .line = (uint32_t)changer_below(changer, 70),
                        .reason = (enum stop_reason)changer_below(changer, STOP_ANSWER + 1),
                        .breakpoint = (uint32_t)changer_below(changer, 3),
                        .loop_held = changer_below(changer, 2),
                        .waiting = (uint32_t)changer_below(changer, 3),
                        .is_cut = changer_below(changer, 2),
                        .has_objects = changer_below(changer, 2),
                        .objects = changer_bytes(changer)};
    if (model->file_count && changer_below(changer, 8))
        stop.file = (uint32_t)changer_below(changer, model->file_count);
    model_set_text(&stop.thread, changer_below(changer, 2) ? "MainThread" : NULL);
    for (uint64_t i = changer_below(changer, 5); i > 0; i--) {
        struct stop_frame *frame = stop_add_frame(&stop);
        frame->name = mem_strdup(i % 2 ? "main" : "A.<lambda>");
        frame->place = mem_strdup("f1.py");
        frame->file = stop.file;
        frame->line = (uint32_t)changer_below(changer, 70);
    }
    for (uint64_t i = changer_below(changer, 5); i > 0; i--) {
        struct stop_local *local = stop_add_local(&stop);
        local->name = mem_printf("name%u", (unsigned)i);
        local->type = mem_strdup(i % 2 ? "int" : "list");
        local->text = mem_printf("%u", (unsigned)changer_below(changer, 100));
        local->bytes = (int64_t)changer_below(changer, 1000) - 1;
    }
    changer_others(changer, model, &stop.tasks);
    changer_others(changer, model, &stop.threads);
    return stop;
}

static inline void change_stop(struct changer *changer, struct model *model)
{
    struct stop *stop = &model->stop, fresh = {0};
    const struct invocations *set = &model->invocations;
    switch (changer_below(changer, 8)) {
    case 0: stop_forget(stop); break;
    case 1: stop_clear(stop); break;
    case 2: stop->is_awaited = !stop->is_awaited; break;
    case 3: stop->is_leaving = stop->is_stopped; break;
    case 4:
        stop->is_evaluating = stop->is_stopped;
        stop->is_breaking = stop->is_stopped && changer_below(changer, 2);
        model_set_text(&stop->expression, stop->is_stopped ? "len(x)" : NULL);
        break;
    case 5:
        fresh = changer_stop(changer, model);
        fresh.answer = mem_strdup("12");
        fresh.has_failed = changer_below(changer, 2);
        stop_set_answer(stop, &fresh);
        break;
    default:
        fresh = changer_stop(changer, model);
        stop_set(stop, &fresh, set->count ? set->kept[changer_below(changer, set->count)] : NULL);
        break;
    }
    stop_fini(&fresh);
}

static inline void change_breakpoints(struct changer *changer, struct model *model)
{
    static const char *const conditions[] = {"", "rss>200M, hits>=3", "if len(x) > 3",
                                             "heap>1M, increment>2M, live>3M", "objects>12"};
    struct breakpoints *set = &model->breakpoints;
    uint32_t line = 1 + (uint32_t)changer_below(changer, 20);
    if (model->file_count == 0)
        return;
    const struct file *file = model->files[changer_below(changer, model->file_count)];
    if (set->count < 3 || changer_below(changer, 4) == 0)
        breakpoints_add(set, file, line)->is_temporary = changer_below(changer, 4) == 0;
    struct breakpoint *one = &set->items[changer_below(changer, set->count)];
    switch (changer_below(changer, 8)) {
    case 0: breakpoints_remove(set, one->number); break;
    case 1: breakpoints_remove_temporary(set); break;
    case 2: breakpoints_follow(set, file); break;
    case 3:
        (void)!breakpoint_set_condition(
            one, conditions[changer_below(changer, ARRAY_LEN(conditions))], NULL);
        break;
    case 4: one->is_off = !one->is_off; break;
    case 5: model->slow_breakpoint = changer_below(changer, 2) ? one->number : 0; break;
    default: one->hits++; break;
    }
}

/* Some changes, or none. */
static inline void change_model(struct changer *changer, struct model *model)
{
    changer->now_ns += 1 + changer_below(changer, 50000000);
    for (uint64_t i = changer_below(changer, 6); i > 0; i--) {
        switch (changer_below(changer, 12)) {
        case 10: change_stop(changer, model); break;
        case 11: change_breakpoints(changer, model); break;
        case 0: change_head(changer, model); break;
        case 1: change_output(changer, model); break;
        case 2: change_kept(changer, model); break;
        case 3: change_leaks(changer, model); break;
        case 4:
        case 5: change_files(changer, model); break;
        default: change_invocations(changer, model); break;
        }
    }
    model_touch(model);
}

#endif
