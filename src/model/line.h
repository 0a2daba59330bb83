/*
 * The numbers of one source line. Plain values, no ownership. These are the terms everywhere:
 *
 * An execution of a line runs from its line event to the next event of the same frame, without the
 * time in which the frame was suspended. RSS is the worker's resident set size less what pymemtop
 * itself keeps there. Mem usage is the RSS after the latest execution, Peak its maximum. Increment
 * is the sum over executions of the RSS after less the RSS before, callees included (recursion
 * counted once), always against the last value and never against a maximum. Occurrences are
 * executions as memory_profiler counts them on that Python version; a function's first line (its
 * first decorator's, else the def's) counts its calls.
 *
 * The heap is counted to the byte, by the sizes that were asked for: Python's allocators apart from
 * all others (native: malloc and its kin, anonymous mmap; blocks of 1 KiB and more). Net is what
 * the line itself allocated less what it freed, whoever allocated that, so a line that frees
 * another's blocks has a negative one. Retained is what the line allocated and nobody has freed
 * yet. High is the most that the heap has stood above its size at the beginning of an execution,
 * callees included: what a line allocates and frees again before it is over shows there.
 */
#ifndef MODEL_LINE_H
#define MODEL_LINE_H

#include <stdint.h>

struct line_stats {
    int64_t mem_usage_bytes; /* RSS after the latest execution; 0 where none has ended yet */
    int64_t peak_bytes;      /* maximum of mem_usage_bytes */
    int64_t increment_bytes; /* sum over executions of RSS after less before, callees included */
    int64_t self_increment_bytes; /* the same, less what profiled callees account for */
    uint64_t occurrences;         /* executions; 0: the line has not run */
    int64_t net_python_bytes;     /* allocated less freed, from Python's allocators */
    int64_t net_native_bytes;     /* and from all others */
    uint64_t allocated_bytes;     /* of both */
    uint64_t freed_bytes;
    int64_t retained_python_bytes; /* in the worker that runs; 0 in an invocation's part */
    int64_t retained_native_bytes;
    int64_t high_bytes; /* maximum over executions */
};

/* Bytes that another process reported are added without overflow being undefined: nonsense in,
 * nonsense out, and nothing worse. */
static inline int64_t line_bytes_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t line_bytes_sub(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* Python and native. */
static inline int64_t line_net_bytes(const struct line_stats *stats)
{
    return line_bytes_add(stats->net_python_bytes, stats->net_native_bytes);
}

static inline int64_t line_retained_bytes(const struct line_stats *stats)
{
    return line_bytes_add(stats->retained_python_bytes, stats->retained_native_bytes);
}

/* Add `part` to `sum` as two stretches of the same line's life, `part` the later one. */
static inline void line_stats_add(struct line_stats *sum, const struct line_stats *part)
{
    if (part->mem_usage_bytes)
        sum->mem_usage_bytes = part->mem_usage_bytes;
    if (part->peak_bytes > sum->peak_bytes)
        sum->peak_bytes = part->peak_bytes;
    sum->increment_bytes = line_bytes_add(sum->increment_bytes, part->increment_bytes);
    sum->self_increment_bytes =
        line_bytes_add(sum->self_increment_bytes, part->self_increment_bytes);
    sum->occurrences += part->occurrences;
    sum->net_python_bytes = line_bytes_add(sum->net_python_bytes, part->net_python_bytes);
    sum->net_native_bytes = line_bytes_add(sum->net_native_bytes, part->net_native_bytes);
    sum->allocated_bytes += part->allocated_bytes;
    sum->freed_bytes += part->freed_bytes;
    sum->retained_python_bytes =
        line_bytes_add(sum->retained_python_bytes, part->retained_python_bytes);
    sum->retained_native_bytes =
        line_bytes_add(sum->retained_native_bytes, part->retained_native_bytes);
    if (part->high_bytes > sum->high_bytes)
        sum->high_bytes = part->high_bytes;
}

#endif
