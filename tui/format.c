/*
 * The widths in the header are what the tables' columns are made for, so a unit changes where the
 * next digit would be one too many, rounding included: 999.95 MiB is already 0.98 GiB.
 */
#include "config.h"
#include "tui/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/size.h"

#define GIB_BYTES (MIB_BYTES * 1024.0)
#define TIB_BYTES (GIB_BYTES * 1024.0)
/* From here on a value would be printed as 1000.0 of its unit. */
#define MIB_MOST (999.95 * MIB_BYTES)
#define GIB_MOST (999.95 * GIB_BYTES)

/* `value` in its unit; "+" in `sign` where a sign is wanted. */
static void format_unit(char out[FORMAT_SIZE], double bytes, const char *sign)
{
    double size = fabs(bytes);
    const char *shown = bytes < 0 ? "-" : sign;
    if (size < MIB_MOST)
        snprintf(out, FORMAT_SIZE, "%s%.1f MiB", shown, size / MIB_BYTES);
    else if (size < 99.995 * GIB_BYTES)
        snprintf(out, FORMAT_SIZE, "%s%.2f GiB", shown, size / GIB_BYTES);
    else if (size < GIB_MOST)
        snprintf(out, FORMAT_SIZE, "%s%.1f GiB", shown, size / GIB_BYTES);
    else
        snprintf(out, FORMAT_SIZE, "%s%.1f TiB", shown, size / TIB_BYTES);
}

void format_size(char out[FORMAT_SIZE], int64_t bytes)
{
    format_unit(out, (double)bytes, "");
}

void format_increment(char out[FORMAT_SIZE], int64_t bytes)
{
    format_unit(out, (double)bytes, bytes ? "+" : "");
}

void format_delta(char out[FORMAT_SIZE], int64_t bytes)
{
    double size = fabs((double)bytes);
    char sign = bytes < 0 ? '-' : '+';
    if (bytes == 0 || size >= 0.05 * MIB_BYTES)
        format_increment(out, bytes);
    else if (size >= 1024)
        snprintf(out, FORMAT_SIZE, "%c%.0f KiB", sign, size / 1024);
    else
        snprintf(out, FORMAT_SIZE, "%c%.0f B", sign, size);
}

/* A unit is left where its number would be printed as 1000. */
static void format_heap(char out[FORMAT_SIZE], int64_t bytes, const char *sign)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = fabs((double)bytes);
    size_t unit = 0;
    if (bytes == 0)
        sign = "";
    else if (bytes < 0)
        sign = "-";
    if (size < 1000) {
        snprintf(out, FORMAT_SIZE, bytes ? "%s%.0f B" : "%s%.0f", sign, size);
        return;
    }
    for (size /= 1024; size >= 999.5; unit++) /* 2^63 is 8 EiB */
        size /= 1024;
    int digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
    snprintf(out, FORMAT_SIZE, "%s%.*f %s", sign, digits, size, units[unit]);
}

void format_bytes(char out[FORMAT_SIZE], int64_t bytes)
{
    format_heap(out, bytes, "");
}

void format_net(char out[FORMAT_SIZE], int64_t bytes)
{
    format_heap(out, bytes, "+");
}

void format_count(char out[FORMAT_SIZE], uint64_t count)
{
    static const char units[] = "MGTPE";
    double value = (double)count / 1e6;
    size_t unit = 0;
    if (count <= 999999) {
        snprintf(out, FORMAT_SIZE, "%" PRIu64, count);
        return;
    }
    for (; value >= 999.5 && units[unit + 1]; unit++)
        value /= 1e3;
    int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(out, FORMAT_SIZE, "%.*f%c", digits, value, units[unit]);
}

void format_grouped(char out[FORMAT_SIZE], uint64_t count)
{
    char digits[FORMAT_SIZE];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count), at = 0;
    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

void format_duration(char out[FORMAT_SIZE], uint64_t ns)
{
    uint64_t seconds = ns / NS_PER_SECOND;
    if (ns < 999500)
        snprintf(out, FORMAT_SIZE, "%.0f us", (double)ns / 1e3);
    else if (ns < 999950000)
        snprintf(out, FORMAT_SIZE, "%.1f ms", (double)ns / 1e6);
    else if (seconds < 60)
        snprintf(out, FORMAT_SIZE, "%.2f s", (double)ns / 1e9);
    else if (seconds < 3600)
        snprintf(out, FORMAT_SIZE, "%" PRIu64 "m%02us", seconds / 60, (unsigned)(seconds % 60));
    else if (seconds < 86400)
        snprintf(out, FORMAT_SIZE, "%" PRIu64 "h%02um", seconds / 3600,
                 (unsigned)(seconds % 3600 / 60));
    else
        snprintf(out, FORMAT_SIZE, "%" PRIu64 "d%02uh", seconds / 86400,
                 (unsigned)(seconds % 86400 / 3600));
}

void format_time(char out[FORMAT_SIZE], uint64_t realtime_ns, int milliseconds)
{
    time_t seconds = (time_t)(realtime_ns / NS_PER_SECOND);
    struct tm local = {0};
    localtime_r(&seconds, &local);
    size_t len = strftime(out, FORMAT_SIZE, "%H:%M:%S", &local);
    if (milliseconds)
        snprintf(out + len, FORMAT_SIZE - len, ".%03u",
                 (unsigned)(realtime_ns % NS_PER_SECOND / NS_PER_MS));
}

void format_date_time(char out[FORMAT_SIZE], uint64_t realtime_ns, int seconds)
{
    time_t whole = (time_t)(realtime_ns / NS_PER_SECOND);
    struct tm utc = {0};
    gmtime_r(&whole, &utc);
    strftime(out, FORMAT_SIZE, seconds ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M", &utc);
}

enum heat format_heat(int64_t increment_bytes)
{
    if (increment_bytes == 0)
        return HEAT_ZERO;
    if (increment_bytes < 0)
        return HEAT_SHRINK;
    if (increment_bytes < HEAT_WARM_BYTES)
        return HEAT_GROW;
    return increment_bytes < HEAT_HOT_BYTES ? HEAT_WARM : HEAT_HOT;
}

enum style format_heat_style(enum heat heat)
{
    static const enum style styles[] = {
        [HEAT_ZERO] = STYLE_ZERO, [HEAT_SHRINK] = STYLE_SHRINK, [HEAT_GROW] = STYLE_GROW,
        [HEAT_WARM] = STYLE_WARM, [HEAT_HOT] = STYLE_HOT,
    };
    return styles[heat];
}

uint32_t format_spark(int64_t value, int64_t least, int64_t most)
{
    if (value >= most && most > least)
        return 0x2588;
    if (value <= least || most <= least)
        return 0x2581;
    double share = ((double)value - (double)least) / ((double)most - (double)least);
    uint32_t step = (uint32_t)(share * 8.0);
    return 0x2581 + (step > 7 ? 7 : step);
}

/* Each step is four times the one before: what a page of a cache takes and what a bitmap takes are
 * both to be seen. Full from 64 MiB on. */
uint32_t format_trend(int64_t increment_bytes)
{
    uint32_t step = 1;
    if (increment_bytes < 0)
        return '-';
    if (increment_bytes == 0)
        return 0x2581;
    for (int64_t from = 64LL * 1024; increment_bytes >= from && step < 7; from *= 4)
        step++;
    return 0x2581 + step;
}
