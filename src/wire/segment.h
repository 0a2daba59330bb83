/*
 * The shared-memory segment: the line table and its companions, written by the worker and read by
 * the host at the host's own pace. It is a memfd made by the host and mapped by both.
 *
 * Every table only grows: an entry is filled in first, then its count is raised with a release
 * store; the reader loads the count with acquire and clamps it to the table's size, since nothing
 * that the other process writes is trusted. Counters are single 64-bit atomics, stored relaxed: a
 * reader may see two counters of a line from two moments, but never a torn one, and once the line
 * is quiet it sees the exact totals. Because totals live here and not in messages, they survive the
 * worker's death, however it came.
 *
 *   files      the profiled source files
 *   functions  the functions whose code has run, with their range of lines
 *   sites      one for each (file, line) that has run: its totals over the worker's life
 *   slots      the running invocations; slot 0 is work outside every invocation
 *   cells      a line's counters within one slot, chained from the slot
 *   site_heap  what a line allocated and freed, over the worker's life; by the index of its site
 *   cell_heap  the same within one invocation; by the index of the cell
 *   slot_heap  an invocation's sums of that; by the index of its slot
 *   kept       what the latest invocations left behind, by line
 *   calls      of decorated functions, as they end: a ring, and how many found no room
 *   ring       changes of RSS in their order (wire/ring.h)
 *   control    where threads are to stop, and what one that has stopped says (wire/control.h)
 *   strings    bytes of paths and names
 *
 * A slot's life: the worker takes a FREE one, fills it in and stores RUNNING (release); it stores
 * ENDED (release) when the invocation is over; the host copies the cells and stores FREE (release),
 * which the worker loads with acquire before it takes the slot and its cells again.
 *
 * The worker maps the segment populated, so that its share of the worker's RSS is a constant, which
 * is published as own_bytes and left out of every RSS here ("RSS" below is RSS less own_bytes).
 */
#ifndef WIRE_SEGMENT_H
#define WIRE_SEGMENT_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/control.h"
#include "wire/ring.h"

#define SEGMENT_MAGIC   0x504d5453u /* "STMP" */
#define SEGMENT_VERSION 6u

enum segment_limits {
    SEGMENT_FILES = 512,
    SEGMENT_FUNCTIONS = 4096,
    SEGMENT_SITES = 32768,
    SEGMENT_SLOTS = 1024, /* more than the host's HTTP server has connections */
    SEGMENT_CELLS = 16384,
    SEGMENT_STRING_BYTES = 256 * 1024,
    SEGMENT_KEPT = 128, /* invocations whose blocks are told apart, those that run among them */
    SEGMENT_KEPT_ROWS = 1024,
    SEGMENT_CALLS = 4096,
};

/* Index 0 of sites and cells means "none"; what the writer counts there nobody reads. */
#define SEGMENT_NONE 0u

/* Numbers of invocations that are not requests: module level at import, and everything else. */
#define INVOCATION_LOAD    0ull
#define INVOCATION_OUTSIDE UINT64_MAX

/* What a line did, in a site over the worker's life and in a cell within one invocation.
 * model/line.h defines the terms. Bytes; all may be negative but peak and occurrences. */
struct line_counters {
    _Atomic int64_t mem_usage_bytes;      /* RSS after the latest execution; 0 before the first */
    _Atomic int64_t peak_bytes;           /* maximum of mem_usage_bytes */
    _Atomic int64_t increment_bytes;      /* sum of after minus before, callees included */
    _Atomic int64_t self_increment_bytes; /* the same without profiled callees */
    _Atomic uint64_t occurrences;         /* executions begun, as memory_profiler counts them */
};

/*
 * The heap, to the byte: sizes as they were asked for. Python's allocators and everybody else's are
 * told apart. RAW is Python's, too (PyMem_RawMalloc), but is used without the interpreter lock, and
 * so is counted apart; readers add it to HEAP_PYTHON.
 */
enum heap_domain {
    HEAP_PYTHON, /* PyMem_Malloc, PyObject_Malloc */
    HEAP_RAW,    /* PyMem_RawMalloc */
    HEAP_NATIVE, /* malloc and its kin, anonymous mmap; of lines, blocks of 1 KiB and more */
    HEAP_DOMAINS
};

/* Bytes. What was allocated less what was freed is "Net": a line that frees what another allocated
 * has a negative one. A realloc frees the old size and allocates the new one. */
struct heap_flow {
    _Atomic uint64_t allocated_bytes;
    _Atomic uint64_t freed_bytes;
};

struct segment_site_heap {
    struct heap_flow flow[HEAP_DOMAINS];
    _Atomic int64_t retained_bytes[HEAP_DOMAINS]; /* allocated by the line, and not freed yet */
    /* The most that the heap has stood above its size at the start of an execution of the line,
     * profiled callees included: a block that is freed at once shows here. HEAP_PYTHON and the
     * others are followed apart: where both are high at once for a moment, it is the higher one. */
    _Atomic int64_t high_bytes;
};

struct segment_cell_heap {
    struct heap_flow flow[HEAP_DOMAINS];
    _Atomic int64_t high_bytes;
};

/* Bytes; all set before the slot is ENDED. While it runs, `end` and `lines` follow. Shared is what
 * is left: end - start - lines - elsewhere. */
struct segment_slot_heap {
    _Atomic int64_t start_bytes; /* of the whole heap when the invocation began */
    _Atomic int64_t end_bytes;
    _Atomic int64_t lines_bytes;     /* sum of its lines' net */
    _Atomic int64_t elsewhere_bytes; /* its own, but on no line */
    _Atomic int64_t left_bytes;      /* what it allocated, and was not freed when it ended */
    _Atomic uint32_t kept;           /* its index in the columns of `kept`; KEPT_EARLIER: none */
    uint32_t reserved;
};

/* Columns of `kept`: 0 is unused; 1 is everything that is told apart no more (earlier invocations,
 * and what none allocated); the others belong to one invocation each. */
enum { KEPT_NONE, KEPT_EARLIER, KEPT_FIRST };

struct segment_kept_column {
    _Atomic uint64_t number;     /* of the invocation; INVOCATION_OUTSIDE: the column is free */
    _Atomic uint32_t is_running; /* its invocation has not ended */
    uint32_t reserved;
};

/* A line that invocations leave blocks of. Rows only grow in number; the lines without one (they
 * are all taken) are in row 0 together, with what was on no line. */
struct segment_kept_row {
    uint32_t site;
    uint32_t reserved;
    _Atomic int64_t alive_bytes[SEGMENT_KEPT];       /* of HEAP_PYTHON, now */
    _Atomic int64_t alive_other_bytes[SEGMENT_KEPT]; /* of the other domains, now */
    _Atomic int64_t left_bytes[SEGMENT_KEPT];        /* of both, when the invocation ended */
};

/* What Python calls the file of a program that it reads from standard input. */
#define SEGMENT_INPUT_PATH "<stdin>"

struct segment_file {
    uint32_t path_offset; /* into strings; absolute path, UTF-8 or raw bytes, or as above */
    uint32_t path_len;
};

#define DECORATED_TELLS 0x80000000u

struct segment_function {
    uint32_t file;
    uint32_t first_line; /* the first decorator's line, else the def's */
    uint32_t last_line;
    uint32_t name_offset; /* qualified name, into strings */
    uint32_t name_len;
    /* 0, or that a script has decorated it with `profile`: which of them it is, from 1 in the order
     * in which it did so; with DECORATED_TELLS where its own tables are printed call by call. */
    _Atomic uint32_t decorated;
};

/* Times are of CLOCK_MONOTONIC. A coroutine's or a generator's call is one from each resumption to
 * the next suspension. */
struct segment_call {
    uint32_t function; /* its index */
    uint32_t level;    /* how many such calls of the thread it lies within */
    uint64_t begin_ns, end_ns;
    int64_t begin_bytes, end_bytes; /* RSS */
};

struct segment_site {
    uint32_t file;
    uint32_t line; /* from 1 */
    struct line_counters total;
};

struct segment_cell {
    uint32_t site;         /* index into sites; fixed before the cell is linked */
    _Atomic uint32_t next; /* next cell of the slot, SEGMENT_NONE at the end; release/acquire */
    struct line_counters part;
};

enum slot_state { SLOT_FREE, SLOT_RUNNING, SLOT_ENDED };

struct segment_slot {
    _Atomic uint32_t state;      /* enum slot_state, release/acquire */
    _Atomic uint32_t first_cell; /* release/acquire */
    _Atomic uint64_t number;     /* of the invocation */
    _Atomic uint32_t site;       /* the line that runs, or that the coroutine waits on */
    uint32_t reserved;
    _Atomic int64_t rss_start_bytes;
    _Atomic int64_t rss_end_bytes; /* set before ENDED; while RUNNING, the latest reading */
    _Atomic int64_t rss_peak_bytes;
    _Atomic int64_t rss_lines_bytes;  /* sum of the lines' self increments */
    _Atomic int64_t rss_shared_bytes; /* could not be told from another invocation's */
};

struct segment {
    uint32_t magic;
    uint32_t version;
    uint64_t size_bytes; /* sizeof(struct segment) of the writer */

    _Atomic int64_t own_bytes;      /* pymemtop's footprint in the worker, left out of every RSS */
    _Atomic int64_t baseline_bytes; /* RSS when the app was loaded; 0 before */
    _Atomic uint64_t lines_lost;    /* times that a line found no room in one of the tables */

    _Atomic uint32_t rss_is_polled;      /* no constant clock: the RSS is read more often */
    _Atomic uint32_t rss_is_approximate; /* the kernel does not count every page at once */
    _Atomic uint64_t verified_events;    /* of the self-check: events, */
    _Atomic uint64_t verified_changes;   /* of these, those where the RSS had changed, */
    _Atomic uint64_t verified_misses;    /* of these, those that the time gate would have missed */

    _Atomic uint32_t heap_is_on;              /* Python's blocks are counted */
    _Atomic uint32_t native_is_on;            /* and native ones */
    _Atomic int64_t heap_bytes[HEAP_DOMAINS]; /* allocated and not freed, now */
    _Atomic int64_t small_bytes;              /* of HEAP_PYTHON, what lies in arenas */
    _Atomic int64_t arena_bytes;              /* pymalloc's arenas */
    _Atomic int64_t heap_baseline_bytes;      /* the heap when the app was loaded */
    _Atomic uint32_t kept_row_count;
    _Atomic uint32_t decorated_count; /* functions that have been decorated; raised after them */

    _Atomic uint32_t file_count;
    _Atomic uint32_t function_count;
    _Atomic uint32_t site_count; /* including the unused index 0 */
    _Atomic uint32_t string_bytes;

    _Atomic uint64_t calls_written; /* release/acquire */
    _Atomic uint64_t calls_read;    /* by the host; release/acquire */
    _Atomic uint64_t calls_lost;

    struct segment_file files[SEGMENT_FILES];
    struct segment_function functions[SEGMENT_FUNCTIONS];
    struct segment_slot slots[SEGMENT_SLOTS];
    struct segment_site sites[SEGMENT_SITES];
    struct segment_cell cells[SEGMENT_CELLS];
    struct segment_site_heap site_heap[SEGMENT_SITES];
    struct segment_cell_heap cell_heap[SEGMENT_CELLS];
    struct segment_slot_heap slot_heap[SEGMENT_SLOTS];
    struct segment_kept_column kept_columns[SEGMENT_KEPT];
    struct segment_kept_row kept_rows[SEGMENT_KEPT_ROWS];
    struct segment_call calls[SEGMENT_CALLS]; /* number n is at n % SEGMENT_CALLS */
    struct ring ring;
    struct control control;
    char strings[SEGMENT_STRING_BYTES];
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "atomics need no lock");
_Static_assert(sizeof(struct line_counters) == 40, "line_counters is part of the wire");
_Static_assert(sizeof(struct segment_site) == 48, "segment_site is part of the wire");
_Static_assert(sizeof(struct segment_cell) == 48, "segment_cell is part of the wire");
_Static_assert(sizeof(struct segment_function) == 24, "segment_function is part of the wire");
_Static_assert(sizeof(struct segment_slot) == 64, "one slot, one cache line");

/* Make an empty segment and map it. Returns the mapping and sets *fd (owned by the caller, to be
 * passed to the worker and closed), or NULL with `error` filled in. Host. */
struct segment *segment_create(int *fd, struct error *error);
/* Map the segment behind `fd`, all pages present; checks magic, version and size. Worker. */
struct segment *segment_attach(int fd, struct error *error);
/* Make all pages of it resident here, so that what the worker has of it is shared with this process
 * from the start on. Host. */
void segment_populate(const struct segment *segment);
/* Unmap; NULL is fine. */
void segment_unmap(struct segment *segment);

/* The reader's view of a string: sets *len, and returns its first byte inside the segment, or NULL
 * with *len 0 where offset and length do not lie within the published strings. */
const char *segment_string(const struct segment *segment, uint32_t offset, uint32_t string_len,
                           size_t *len);

#endif
