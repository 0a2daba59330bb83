#include "config.h"
#include "host/player_match.h"

#include "tui/ui.h"

/* What becomes of an invocation, in its order. */
enum phase { PHASE_NONE, PHASE_WAITING, PHASE_RUNNING, PHASE_OVER };

/* ---- lines ---- */

static uint64_t mix(uint64_t sum, uint64_t number)
{
    sum = (sum ^ number) * UINT64_C(0x9E3779B97F4A7C15);
    return sum ^ sum >> 29;
}

/* What a line has only by running. What is alive of it changes wherever that is freed. */
static uint64_t mix_stats(uint64_t sum, const struct line_stats *stats)
{
    sum = mix(sum, stats->occurrences);
    sum = mix(sum, (uint64_t)stats->increment_bytes);
    sum = mix(sum, (uint64_t)stats->mem_usage_bytes);
    sum = mix(sum, stats->allocated_bytes);
    return mix(sum, stats->freed_bytes);
}

static uint64_t mix_lines(uint64_t sum, const struct file *file, uint32_t first, uint32_t last)
{
    for (uint32_t line = first; line <= last && line <= file->line_count; line++)
        if (file->lines[line - 1].total.occurrences)
            sum = mix(mix_stats(sum, &file->lines[line - 1].total), line);
    return sum;
}

/* A number that is another one where any line has run since. */
static uint64_t ran_of_all(const struct model *model)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < model->file_count; i++)
        sum = mix(mix_lines(sum, model->files[i], 1, UINT32_MAX), i);
    return sum;
}

static uint64_t ran_of_invocation(const struct model *model, uint64_t id)
{
    const struct invocation *invocation = ui_find_invocation(model, id);
    uint64_t sum = 0;
    for (size_t i = 0; invocation && i < invocation->line_count; i++)
        sum = mix(mix_stats(sum, &invocation->lines[i].stats), i);
    return sum;
}

static uint64_t ran_of_wish(const struct replay_wish *wish, const struct model *model)
{
    if (wish->one_open)
        return ran_of_invocation(model, wish->invocation);
    if (wish->file >= model->file_count)
        return 0;
    return mix_lines(0, model->files[wish->file], wish->first_line, wish->last_line);
}

/* ---- invocations ---- */

static enum phase phase_of(const struct model *model, uint64_t id)
{
    const struct invocation *invocation = ui_find_invocation(model, id);
    if (invocation && invocation->outcome == OUTCOME_WAITING)
        return PHASE_WAITING;
    if (invocation)
        return invocation_is_over(invocation) ? PHASE_OVER : PHASE_RUNNING;
    /* Those that are not kept any more are over. */
    return id <= model->invocations.total ? PHASE_OVER : PHASE_NONE;
}

bool player_is_over(const struct model *model, uint64_t id)
{
    return phase_of(model, id) == PHASE_OVER;
}

/* ---- growth ---- */

static void growth_of(const struct replay_wish *wish, const struct model *model, uint32_t file,
                      uint32_t line, int64_t grown[2])
{
    const struct line_stats *stats = NULL;
    grown[0] = grown[1] = 0;
    if (wish->one_open) {
        const struct invocation *one = ui_find_invocation(model, wish->invocation);
        stats = one ? invocation_line_stats(one, file, line) : NULL;
    } else if (file < model->file_count && line <= model->files[file]->line_count) {
        stats = &model->files[file]->lines[line - 1].total;
    }
    if (!stats)
        return;
    grown[0] = stats->increment_bytes;
    grown[1] = line_retained_bytes(stats);
}

static bool has_grown(struct player_match *match, const struct model *model, uint32_t file,
                      uint32_t line)
{
    int64_t grown[2];
    growth_of(&match->wish, model, file, line, grown);
    bool more = grown[0] > match->grown[0] || grown[1] > match->grown[1];
    match->grown[0] = grown[0];
    match->grown[1] = grown[1];
    return more;
}

/* ---- the whole ---- */

static bool set_ran(struct player_match *match, uint64_t ran)
{
    bool differs = match->ran != ran;
    match->ran = ran;
    return differs;
}

/* It is over now, or backward it has begun. */
static bool has_come(struct player_match *match, const struct model *model, uint64_t id,
                     enum phase wanted)
{
    enum phase before = (enum phase)match->phase;
    match->phase = phase_of(model, id);
    return before < wanted && match->phase >= wanted;
}

static bool has_ended(struct player_match *match, const struct model *model)
{
    uint64_t before = match->ended;
    match->ended = model->invocations.total - model->invocations.running;
    return match->ended > before;
}

/* A pause; and, where no moment has told them, an end of the marked invocation, its beginning, and
 * growth of the line that was searched for. */
static bool is_marked(struct player_match *match, const struct model *model, bool was_told)
{
    uint64_t stops = match->stops;
    unsigned phase = match->phase;
    bool is_it = false;
    match->stops = model->stop.is_stopped ? model->stop.count : 0;
    if (match->has_mark) {
        match->phase = phase_of(model, match->mark);
        is_it |= match->phase != phase && match->phase >= PHASE_RUNNING;
    }
    if (match->has_growth)
        is_it |= has_grown(match, model, match->growth_file, match->growth_line);
    return (is_it && !was_told) || (match->stops && match->stops != stops);
}

static bool is_wished(struct player_match *match, const struct model *model)
{
    const struct replay_wish *wish = &match->wish;
    switch (wish->move) {
    case REPLAY_INVOCATION: return has_ended(match, model);
    case REPLAY_LINE: return set_ran(match, ran_of_all(model));
    case REPLAY_SAME: return set_ran(match, ran_of_wish(wish, model));
    case REPLAY_OUT:
        return has_come(match, model, wish->invocation, wish->forward ? PHASE_OVER : PHASE_RUNNING);
    case REPLAY_GROWTH: return has_grown(match, model, wish->file, wish->first_line);
    default: return false;
    }
}

bool player_match(void *context, const struct model *model, bool is_first)
{
    struct player_match *match = context;
    bool was_told = match->was_told;
    (void)is_first; /* what is remembered then is all that counts */
    match->was_told = false;
    if (match->wish.move == REPLAY_STOP)
        return is_marked(match, model, was_told);
    return is_wished(match, model) && !was_told;
}

/* ---- moments ---- */

/* Is the moment of the invocation with that id? */
static bool is_of(const struct model *model, const struct moment *moment, uint64_t id)
{
    const struct invocation *invocation =
        moment->serial ? invocations_of_serial(&model->invocations, moment->serial) : NULL;
    return invocation && ui_invocation_id(invocation) == id;
}

/* One that is not kept any more has been one all the same; the load of an app is none. */
static bool is_end(const struct model *model, const struct moment *moment)
{
    const struct invocation *invocation =
        invocations_of_serial(&model->invocations, moment->serial);
    return moment->kind == MOMENT_END && (!invocation || invocation->number > 0);
}

static bool is_line(const struct moment *moment)
{
    return moment->kind == MOMENT_SAMPLE && moment->line > 0;
}

static bool is_in(const struct moment *moment, uint32_t file, uint32_t first, uint32_t last)
{
    return is_line(moment) && moment->file == file && moment->line >= first && moment->line <= last;
}

static bool is_of_wish(const struct replay_wish *wish, const struct model *model,
                       const struct moment *moment)
{
    if (wish->one_open)
        return is_line(moment) && is_of(model, moment, wish->invocation);
    return is_in(moment, wish->file, wish->first_line, wish->last_line);
}

static bool is_growth(const struct replay_wish *wish, const struct model *model,
                      const struct moment *moment, uint32_t file, uint32_t line)
{
    return moment->delta_bytes > 0 && is_in(moment, file, line, line) &&
           (!wish->one_open || is_of(model, moment, wish->invocation));
}

static bool is_wished_moment(const struct player_match *match, const struct model *model,
                             const struct moment *moment)
{
    const struct replay_wish *wish = &match->wish;
    enum moment_kind turn = wish->forward ? MOMENT_END : MOMENT_BEGIN;
    switch (wish->move) {
    case REPLAY_INVOCATION: return is_end(model, moment);
    case REPLAY_LINE: return is_line(moment);
    case REPLAY_SAME: return is_of_wish(wish, model, moment);
    case REPLAY_OUT: return moment->kind == turn && is_of(model, moment, wish->invocation);
    case REPLAY_STOP:
        return (match->has_mark && moment->kind != MOMENT_SAMPLE &&
                is_of(model, moment, match->mark)) ||
               (match->has_growth &&
                is_growth(wish, model, moment, match->growth_file, match->growth_line));
    case REPLAY_GROWTH: return is_growth(wish, model, moment, wish->file, wish->first_line);
    default: return false;
    }
}

bool player_match_moment(void *context, const struct model *model, const struct moment *moment)
{
    struct player_match *match = context;
    bool is_it = is_wished_moment(match, model, moment);
    match->was_told |= is_it;
    return is_it;
}
