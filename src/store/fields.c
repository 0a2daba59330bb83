#include "config.h"
#include "store/fields.h"

#include "base/attributes.h"
#include "model/model.h"

#define PLACE(name) .offset = offsetof(STRUCT, name), .size = sizeof(((STRUCT *)0)->name)
#define NUMBER(name)                                                                               \
    {                                                                                              \
        PLACE(name), .kind = FIELD_NUMBER, .max = UINT64_MAX                                       \
    }
#define LIMITED(name, m)                                                                           \
    {                                                                                              \
        PLACE(name), .kind = FIELD_NUMBER, .max = (m)                                              \
    }
#define FLAG(name) LIMITED(name, 1)
#define WORD(name) LIMITED(name, UINT32_MAX)
#define LINE(name) LIMITED(name, FILE_LINES_MAX)
#define SIGNED(name)                                                                               \
    {                                                                                              \
        PLACE(name), .kind = FIELD_SIGNED                                                          \
    }
#define TEXT(name)                                                                                 \
    {                                                                                              \
        PLACE(name), .kind = FIELD_TEXT                                                            \
    }
#define MAYBE(name)                                                                                \
    {                                                                                              \
        PLACE(name), .kind = FIELD_TEXT_OR_NULL                                                    \
    }
#define NAME(name)                                                                                 \
    {                                                                                              \
        PLACE(name), .kind = FIELD_NAME                                                            \
    }
#define FIXED(name, k)                                                                             \
    {                                                                                              \
        PLACE(name), .kind = (k), .max = UINT64_MAX, .is_fixed = true                              \
    }
#define RECORD(name)                                                                               \
    const struct record record_##name = {.fields = name##_fields,                                  \
                                         .field_count = ARRAY_LEN(name##_fields)};                 \
    _Static_assert(ARRAY_LEN(name##_fields) <= RECORD_FIELDS_MAX, "a bit for each")

_Static_assert(sizeof(bool) == 1 && sizeof(enum worker_state) == 4 && sizeof(int) == 4,
               "fields of 1, 4 and 8 bytes");

#define STRUCT struct model
static const struct field model_fields[] = {
    TEXT(app_root),
    TEXT(app_name),
    TEXT(base_url),
    TEXT(python),
    MAYBE(app_error),
    MAYBE(reload_error),
    MAYBE(chosen),
    NAME(meter),
    FLAG(is_program),
    SIGNED(exit_status),
    LIMITED(worker, WORKER_NONE),
    SIGNED(worker_pid),
    NUMBER(worker_starts),
    NUMBER(worker_deaths),
    MAYBE(worker_end),
    SIGNED(limit_bytes),
    NAME(limit_name),
    SIGNED(rss_bytes),
    SIGNED(rss_peak_bytes),
    SIGNED(own_bytes),
    SIGNED(baseline_bytes),
    NUMBER(dropped_samples),
    FLAG(rss_is_approximate),
    FLAG(rss_is_polled),
    NUMBER(rss_check.events),
    NUMBER(rss_check.changes),
    NUMBER(rss_check.misses),
    FLAG(heap.is_on),
    FLAG(heap.native_is_on),
    SIGNED(heap.python_bytes),
    SIGNED(heap.native_bytes),
    SIGNED(heap.small_bytes),
    SIGNED(heap.arena_bytes),
    SIGNED(heap.baseline_bytes),
    NUMBER(lost_calls),
    NUMBER(lost_lines),
    WORD(decorated_count),
    NUMBER(invocations.added),
    NUMBER(invocations.total),
    NUMBER(invocations.running),
    NUMBER(invocations.failed),
    WORD(slow_breakpoint),
    NUMBER(kept.first_number), /* from version 6 of recordings on */
};
RECORD(model);
#undef STRUCT

#define STRUCT struct model_function
static const struct field model_function_fields[] = {
    TEXT(name),   MAYBE(url),         MAYBE(methods),    TEXT(trigger),
    TEXT(script), MAYBE(sample),      MAYBE(load_error), MAYBE(request),
    WORD(line),   FLAG(asynchronous), FLAG(selected),
};
RECORD(model_function);
#undef STRUCT

#define STRUCT struct file
static const struct field file_fields[] = {
    TEXT(path),     MAYBE(given),  TEXT(display),
    MAYBE(problem), FLAG(stale),   FLAG(deleted),
    WORD(version),  FLAG(retired), NUMBER(saved_realtime_ns),
};
RECORD(file);
#undef STRUCT

#define STRUCT struct file_function
static const struct field file_function_fields[] = {
    TEXT(name),          LINE(first_line), LINE(last_line),
    SIGNED(entry_bytes), FLAG(tells),      WORD(decorated),
};
RECORD(file_function);
#undef STRUCT

#define STATS(part)                                                                                \
    SIGNED(part mem_usage_bytes), SIGNED(part peak_bytes), SIGNED(part increment_bytes),           \
        SIGNED(part self_increment_bytes), NUMBER(part occurrences),                               \
        SIGNED(part net_python_bytes), SIGNED(part net_native_bytes),                              \
        NUMBER(part allocated_bytes), NUMBER(part freed_bytes),                                    \
        SIGNED(part retained_python_bytes), SIGNED(part retained_native_bytes),                    \
        SIGNED(part high_bytes)

#define STRUCT struct file_line
static const struct field file_line_fields[] = {
    STATS(total.),          SIGNED(trend_bytes[0]),
    SIGNED(trend_bytes[1]), SIGNED(trend_bytes[2]),
    SIGNED(trend_bytes[3]), SIGNED(trend_bytes[4]),
    SIGNED(trend_bytes[5]), SIGNED(trend_bytes[6]),
    SIGNED(trend_bytes[7]), LIMITED(trend_len, FILE_TREND),
};
RECORD(file_line);
#undef STRUCT
_Static_assert(FILE_TREND == 8, "each of the trend's values is named");

#define STRUCT struct line_stats
static const struct field line_stats_fields[] = {STATS()};
RECORD(line_stats);
#undef STRUCT

#define STRUCT struct invocation
static const struct field invocation_fields[] = {
    FIXED(number, FIELD_NUMBER),
    FIXED(serial, FIELD_NUMBER),
    FIXED(id, FIELD_CHARS),
    FIXED(function, FIELD_TEXT),
    FIXED(request, FIELD_TEXT),
    MAYBE(error),
    LIMITED(outcome, OUTCOME_TIMED_OUT),
    SIGNED(status),
    NUMBER(start_ns),
    NUMBER(duration_ns),
    NUMBER(start_realtime_ns),
    SIGNED(rss_start_bytes),
    SIGNED(rss_end_bytes),
    SIGNED(rss_peak_bytes),
    SIGNED(rss_lines_bytes),
    SIGNED(rss_shared_bytes),
    SIGNED(heap_start_bytes),
    SIGNED(heap_end_bytes),
    SIGNED(heap_lines_bytes),
    SIGNED(heap_elsewhere_bytes),
    FLAG(is_told_apart),
    SIGNED(left_bytes),
    SIGNED(retained_bytes),
    WORD(file),
    LINE(line),
};
RECORD(invocation);
#undef STRUCT

#define STRUCT struct function_count
static const struct field function_count_fields[] = {
    TEXT(function), NUMBER(total), NUMBER(running), NUMBER(failed), NUMBER(last_duration_ns),
};
RECORD(function_count);
#undef STRUCT

#define STRUCT struct kept_invocation
static const struct field kept_place_fields[] = {NUMBER(number), FLAG(is_running)};
RECORD(kept_place);
#undef STRUCT

#define STRUCT struct leak
static const struct field leak_fields[] = {
    WORD(file),
    LINE(line),
    LIMITED(state, LEAK_CERTAIN),
    FLAG(is_native),
    FLAG(is_outside),
    WORD(kept),
    WORD(of),
    SIGNED(bytes_per_invocation),
    SIGNED(alive_bytes),
    NUMBER(first_number),
    NUMBER(last_number),
    FLAG(is_bounded), /* from version 6 of recordings on */
};
RECORD(leak);
#undef STRUCT

#define STRUCT struct stop
static const struct field stop_fields[] = {
    FLAG(is_stopped),
    FLAG(is_leaving),
    FLAG(is_stepping),
    FLAG(is_awaited),
    NUMBER(count),
    NUMBER(number),
    WORD(file),
    WORD(line),
    LIMITED(reason, STOP_ANSWER),
    WORD(breakpoint),
    FLAG(loop_held),
    WORD(waiting),
    MAYBE(thread),
    FLAG(is_evaluating),
    FLAG(is_cut),
    MAYBE(expression),
    MAYBE(answer),
    FLAG(has_failed),
    FLAG(step.is_known),
    FLAG(step.is_over),
    WORD(step.file),
    WORD(step.line),
    NUMBER(step.executions),
    SIGNED(step.increment_bytes),
    SIGNED(step.net_python_bytes),
    SIGNED(step.net_native_bytes),
    FLAG(is_breaking),
    FLAG(step.has_objects),
    SIGNED(step.objects),
    NUMBER(tasks.more),
    NUMBER(threads.more),
};
RECORD(stop);
#undef STRUCT

#define STRUCT struct stop_frame
static const struct field stop_frame_fields[] = {TEXT(name), TEXT(place), WORD(file), LINE(line)};
RECORD(stop_frame);
#undef STRUCT

#define STRUCT struct stop_local
static const struct field stop_local_fields[] = {TEXT(name), TEXT(type), TEXT(text), SIGNED(bytes)};
RECORD(stop_local);
#undef STRUCT

#define STRUCT struct stop_other
static const struct field stop_other_fields[] = {
    TEXT(name), TEXT(function), TEXT(state), TEXT(place), WORD(file), LINE(line), NUMBER(number),
};
RECORD(stop_other);
#undef STRUCT

#define STRUCT struct breakpoint
static const struct field breakpoint_fields[] = {
    WORD(number),
    TEXT(path),
    WORD(line),
    TEXT(text),
    TEXT(condition),
    WORD(when.hits),
    SIGNED(when.rss_above_bytes),
    SIGNED(when.heap_above_bytes),
    SIGNED(when.increment_above_bytes),
    SIGNED(when.live_above_bytes),
    MAYBE(when.expression),
    NUMBER(hits),
    FLAG(is_lost),
    FLAG(is_temporary),
    SIGNED(when.objects_least),
    FLAG(is_off),
};
RECORD(breakpoint);
#undef STRUCT
