#include "config.h"
#include "worker/kept.h"

#include <stdbool.h>
#include <string.h>

#include "worker/grow_lock.h"
#include "worker/publish.h"
#include "worker/tags.h"

enum { WINDOW = 64 }; /* invocations that have ended and keep their columns */
_Static_assert(SEGMENT_KEPT == 1 << TAG_COLUMN_BITS, "a column fits a tag");
_Static_assert(SEGMENT_SITES == 1 << TAG_SITE_BITS, "a site fits a tag");

struct kept_shared kept_shared;
static struct segment *segment;         /* kept_shared.segment */
static uint64_t ended_at[SEGMENT_KEPT]; /* by column: when it ended, as `ends` counts */
static uint64_t ends;
static uint32_t next_column = KEPT_FIRST;

void kept_open(struct segment *shared)
{
    kept_shared.segment = segment = shared;
    for (uint32_t column = 0; column < SEGMENT_KEPT; column++)
        PUBLISH_STORE(segment->kept_columns[column].number, INVOCATION_OUTSIDE);
    segment->kept_rows[0].site = SEGMENT_NONE;
    atomic_store_explicit(&segment->kept_row_count, 1, memory_order_release);
}

uint32_t kept_row_of_rest(uint32_t site)
{
    /* In this order, so that a site whose row is just being made is not given row 0. */
    bool is_full =
        atomic_load_explicit(&segment->kept_row_count, memory_order_acquire) == SEGMENT_KEPT_ROWS;
    uint32_t row = atomic_load_explicit(&kept_shared.rows[site], memory_order_acquire);
    return row || is_full || site == SEGMENT_NONE ? row : KEPT_NO_ROW;
}

/* Two lines of a forked child may share a row, see grow_lock.h. */
static uint32_t make_row(uint32_t site)
{
    grow_lock();
    uint32_t row = kept_find_row(site);
    if (row == KEPT_NO_ROW) {
        row = PUBLISH_LOAD(segment->kept_row_count);
        segment->kept_rows[row].site = site;
        atomic_store_explicit(&kept_shared.rows[site], (uint16_t)row, memory_order_release);
        atomic_store_explicit(&segment->kept_row_count, row + 1, memory_order_release);
    }
    grow_unlock();
    return row;
}

uint32_t kept_row(uint32_t site)
{
    uint32_t row = kept_find_row(site);
    return row == KEPT_NO_ROW ? make_row(site) : row;
}

void kept_add_other(uint32_t row, uint32_t column, int64_t bytes)
{
    if (row != KEPT_NO_ROW)
        atomic_fetch_add_explicit(&segment->kept_rows[row].alive_other_bytes[column], bytes,
                                  memory_order_relaxed);
}

/* ---- columns ---- */

static bool is_free(uint32_t column)
{
    return PUBLISH_LOAD(segment->kept_columns[column].number) == INVOCATION_OUTSIDE;
}

static bool is_running(uint32_t column)
{
    return PUBLISH_LOAD(segment->kept_columns[column].is_running);
}

/* Move what is alive in `column` to KEPT_EARLIER; true where there was something. */
static bool empty_column(uint32_t column)
{
    bool was_alive = false;
    uint32_t count = PUBLISH_LOAD(segment->kept_row_count);
    for (uint32_t i = 0; i < count; i++) {
        struct segment_kept_row *row = &segment->kept_rows[i];
        int64_t bytes = PUBLISH_LOAD(row->alive_bytes[column]);
        int64_t other =
            atomic_exchange_explicit(&row->alive_other_bytes[column], 0, memory_order_relaxed);
        PUBLISH_STORE(row->alive_bytes[column], 0);
        PUBLISH_STORE(row->left_bytes[column], 0);
        kept_add(i, KEPT_EARLIER, bytes);
        kept_add_other(i, KEPT_EARLIER, other);
        was_alive = was_alive || bytes || other;
    }
    return was_alive;
}

/* Free the columns of all that have ended but the newest. */
static void retire_columns(void)
{
    bool retired[SEGMENT_KEPT] = {false};
    bool any_alive = false;
    for (uint32_t column = KEPT_FIRST; column < SEGMENT_KEPT; column++)
        retired[column] =
            !is_free(column) && !is_running(column) && ends - ended_at[column] >= WINDOW;
    for (uint32_t column = KEPT_FIRST; column < SEGMENT_KEPT; column++) {
        if (!retired[column])
            continue;
        PUBLISH_STORE(segment->kept_columns[column].number, INVOCATION_OUTSIDE);
        retired[column] = empty_column(column); /* tags without blocks need no visit */
        any_alive = any_alive || retired[column];
    }
    if (any_alive)
        tags_replace(retired, KEPT_EARLIER);
}

static uint32_t find_free(void)
{
    for (uint32_t i = 0; i < SEGMENT_KEPT - KEPT_FIRST; i++) {
        uint32_t column = KEPT_FIRST + (next_column - KEPT_FIRST + i) % (SEGMENT_KEPT - KEPT_FIRST);
        if (is_free(column)) {
            next_column = column + 1;
            return column;
        }
    }
    return KEPT_NONE;
}

uint32_t kept_begin(uint64_t number)
{
    if (number == INVOCATION_LOAD)
        return KEPT_EARLIER;
    uint32_t column = find_free();
    if (column == KEPT_NONE) {
        retire_columns();
        column = find_free();
    }
    if (column == KEPT_NONE)
        return KEPT_EARLIER;
    /* A thread may have freed a block of the column's former invocation while that was retired. */
    empty_column(column);
    PUBLISH_STORE(segment->kept_columns[column].is_running, 1);
    atomic_store_explicit(&segment->kept_columns[column].number, number, memory_order_release);
    return column;
}

int64_t kept_end(uint32_t column)
{
    int64_t sum_bytes = 0;
    if (column < KEPT_FIRST)
        return 0;
    uint32_t count = PUBLISH_LOAD(segment->kept_row_count);
    for (uint32_t i = 0; i < count; i++) {
        struct segment_kept_row *row = &segment->kept_rows[i];
        int64_t bytes =
            PUBLISH_LOAD(row->alive_bytes[column]) + PUBLISH_LOAD(row->alive_other_bytes[column]);
        PUBLISH_STORE(row->left_bytes[column], bytes);
        sum_bytes += bytes;
    }
    ended_at[column] = ++ends;
    PUBLISH_STORE(segment->kept_columns[column].is_running, 0);
    return sum_bytes;
}
