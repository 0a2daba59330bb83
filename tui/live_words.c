#include "config.h"
#include "tui/live_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* From there on there are units. */
#define COUNT_PLAIN_MAX 9999999

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

void live_words_count(char out[FORMAT_SIZE], uint64_t count)
{
    uint64_t thousands = count / 1000;
    if (count > COUNT_PLAIN_MAX)
        format_count(out, count);
    else if (thousands >= 1000)
        snprintf(out, FORMAT_SIZE, "%" PRIu64 ",%03" PRIu64 ",%03" PRIu64, thousands / 1000,
                 thousands % 1000, count % 1000);
    else if (thousands)
        snprintf(out, FORMAT_SIZE, "%" PRIu64 ",%03" PRIu64, thousands, count % 1000);
    else
        snprintf(out, FORMAT_SIZE, "%" PRIu64, count);
}

void live_words_change(char out[FORMAT_SIZE], int64_t change)
{
    char count[FORMAT_SIZE];
    live_words_count(count, change < 0 ? -(uint64_t)change : (uint64_t)change);
    snprintf(out, FORMAT_SIZE, "%s%.*s",
             change > 0   ? "+"
             : change < 0 ? "-"
                          : "",
             FORMAT_SIZE - 2, count);
}

void live_words_objects(uint64_t count, struct buf *out)
{
    char text[FORMAT_SIZE];
    live_words_count(text, count);
    buf_printf(out, "%s object%s", text, plural(count));
}

void live_words_moment(const struct live_census *census, struct buf *out)
{
    char time[FORMAT_SIZE];
    format_time(time, census->realtime_ns, 0);
    buf_printf(out, "%s after %" PRIu64 " invocation%s", time, census->invocations,
               plural(census->invocations));
}

void live_words_mark(const struct live_census *mark, struct buf *out)
{
    struct live_sum sum = live_census_sum(mark);
    char bytes[FORMAT_SIZE];
    format_bytes(bytes, sum.bytes);
    buf_printf(out, "marked ");
    live_words_moment(mark, out);
    buf_printf(out, ": %s in ", bytes);
    live_words_objects(sum.count, out);
}

static void counting(const struct live_pair *live, struct buf *out)
{
    buf_printf(out, "counting what is alive: %u%%, Esc ends it", live->percent);
}

/* Nothing is compared yet. */
static void none_yet(const struct live_pair *live, struct buf *out)
{
    if (live->state == LIVE_ASKED) {
        counting(live, out);
    } else if (live->state == LIVE_FAILED) {
        buf_printf(out, "%s", live->problem);
    } else if (live->mark.is_taken) {
        live_words_mark(&live->mark, out);
        buf_printf(out, "\n:diff-live shows what has become more or less alive since");
    } else if (live->is_lost) {
        buf_printf(out, "the mark is gone with the worker that it was of\n"
                        ":mark-live sets another one");
    } else {
        buf_printf(out, "there is no mark to compare with\n"
                        ":mark-live sets one; then let something run, and ask :diff-live");
    }
}

void live_words_none(const struct ui *ui, const struct model *model, struct buf *out)
{
    const struct live_pair *live = &model->live;
    if (ui->replay.is_on)
        buf_printf(out, "this is a recording: it has no memory to look into");
    else if (live->mark.is_taken && live->now.is_taken)
        buf_printf(out, "no line has more or less alive of any type than at the mark");
    else
        none_yet(live, out);
}

void live_words_note(const struct live_pair *live, struct buf *out)
{
    const struct live_census *now = &live->now, *mark = &live->mark;
    uint64_t others = now->other_rows > mark->other_rows ? now->other_rows : mark->other_rows;
    if (live->state == LIVE_ASKED)
        counting(live, out);
    else if (live->state == LIVE_FAILED)
        buf_printf(out, "not compared anew: %s", live->problem);
    else if (now->problem || mark->problem)
        buf_printf(out, "%s", now->problem ? now->problem : mark->problem);
    else if (others)
        buf_printf(out, "only in the sums: the smallest %" PRIu64 " row%s", others, plural(others));
}
