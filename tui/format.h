/*
 * Numbers for people: sizes, differences, counts, durations, sparklines. Pure functions into small
 * caller-owned buffers.
 */
#ifndef TUI_FORMAT_H
#define TUI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "tui/style.h"

/* Enough for anything that these functions write, with the NUL. */
#define FORMAT_SIZE 32

/* How much an increment is. The steps are absolute, so that a colour means the same in every file
 * and does not change because another line grew. */
enum heat { HEAT_ZERO, HEAT_SHRINK, HEAT_GROW, HEAT_WARM, HEAT_HOT };
#define HEAT_WARM_BYTES (1024LL * 1024)
#define HEAT_HOT_BYTES  (16LL * 1024 * 1024)

/* "46.6 MiB"; from 1000 MiB on "1.02 GiB". At most 9 columns for sizes below a TiB. */
void format_size(char out[FORMAT_SIZE], int64_t bytes);
/* The same with a sign, at most 10 columns, for tables: digits of one column stand for the same.
 * Zero is "0.0 MiB", and what rounds to it "+0.0 MiB". */
void format_increment(char out[FORMAT_SIZE], int64_t bytes);
/* The same for sentences: what would round to zero is given in KiB or bytes ("+4 KiB"). */
void format_delta(char out[FORMAT_SIZE], int64_t bytes);
/* Bytes of the heap, to three digits: "412 B", "1.46 KiB", "300 MiB"; at most 8 columns for what is
 * not negative. Zero is "0". */
void format_bytes(char out[FORMAT_SIZE], int64_t bytes);
/* The same with a sign, at most 9 columns: "+412 B". */
void format_net(char out[FORMAT_SIZE], int64_t bytes);
/* "999999", "1.23M", "12.3M", "1.23G": at most 6 columns. */
void format_count(char out[FORMAT_SIZE], uint64_t count);
/* With commas: "3,204"; at most 26 columns. */
void format_grouped(char out[FORMAT_SIZE], uint64_t count);
/* "350 us", "12.3 ms", "1.24 s", "2m03s", "1h02m", "3d04h": at most 8 columns. */
void format_duration(char out[FORMAT_SIZE], uint64_t ns);
/* Local time of day: "12:00:03", or "12:00:03.120" with milliseconds. */
void format_time(char out[FORMAT_SIZE], uint64_t realtime_ns, int milliseconds);

/* UTC, as in logs: "2024-05-01 12:00:03"; with `seconds` 0 "2024-05-01 12:00". */
void format_date_time(char out[FORMAT_SIZE], uint64_t realtime_ns, int seconds);

enum heat format_heat(int64_t increment_bytes);
enum style format_heat_style(enum heat heat);
/* The block U+2581..U+2588 for `value` between `least` and `most`, in eight steps. */
uint32_t format_spark(int64_t value, int64_t least, int64_t most);
/* The block of one invocation in a line's trend: U+2581 for none, then in steps that mean the same
 * for every line, up to U+2588; `-` for what shrank. */
uint32_t format_trend(int64_t increment_bytes);

#endif
