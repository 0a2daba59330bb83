#include "config.h"
#include "worker/rss.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/process.h"
#include "worker/grow_lock.h"

static enum rss_meter meter;
static bool with_children;
static int64_t (*heap_reader)(bool all);
static int statm_fd = -1;
static int64_t page_bytes;
static _Atomic int64_t own_bytes, own_shared_bytes; /* the latter: the host has it, too */
static int64_t last_pages;

/* Beginnings and ends of own mappings. Odd: one is being made, and is resident already, perhaps,
 * and not yet counted. Written under the grow lock. */
static _Atomic unsigned mappings;

static void open_statm(void)
{
    statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

void rss_choose(enum rss_meter chosen, bool children, int64_t (*read_heap)(bool all))
{
    meter = chosen;
    with_children = children;
    heap_reader = read_heap;
}

static bool is_heap(enum rss_meter which)
{
    return which == RSS_METER_PYTHON || which == RSS_METER_HEAP;
}

bool rss_moves_freely(void)
{
    return with_children || is_heap(meter);
}

/* The own share of what a meter measures. The host has the shared part resident, too: half of it is
 * the worker's, and none of it is its alone. */
static int64_t own_of(enum rss_meter which)
{
    int64_t own = atomic_load_explicit(&own_bytes, memory_order_relaxed);
    int64_t shared = atomic_load_explicit(&own_shared_bytes, memory_order_relaxed);
    if (which == RSS_METER_USS)
        return own;
    return own + (which == RSS_METER_PSS ? shared / 2 : shared);
}

/* A mapping that another thread was making has no end in a child. */
static void end_in_child(void)
{
    atomic_store_explicit(&mappings, 0, memory_order_relaxed);
}

int rss_open(struct error *error)
{
    page_bytes = sysconf(_SC_PAGESIZE);
    pthread_atfork(NULL, NULL, end_in_child);
    open_statm();
    if (statm_fd < 0)
        return error_set(error, EXIT_STATUS_SYSTEM,
                         "cannot open /proc/self/statm: %s; the worker needs /proc mounted",
                         strerror(errno));
    return 0;
}

/* The kernel's figure; the one before where the app has closed the descriptor, as programs do that
 * close "all" of them. The number may be another file's by now, which is not ours to close. */
static int64_t read_pages(void)
{
    /* "size resident shared text lib data dt": each at most 20 digits. */
    char text[7 * 21 + 1];
    ssize_t len = pread(statm_fd, text, sizeof text - 1, 0);
    if (len <= 0 || text[0] < '0' || text[0] > '9') {
        open_statm();
        return last_pages;
    }
    text[len] = '\0';
    const char *at = text;
    while (*at && *at != ' ')
        at++;
    int64_t pages = 0;
    while (*at == ' ')
        at++;
    for (; *at >= '0' && *at <= '9'; at++)
        pages = pages * 10 + (*at - '0');
    return last_pages = pages;
}

static int64_t read_statm(void)
{
    for (;;) {
        unsigned before = atomic_load_explicit(&mappings, memory_order_acquire);
        int64_t bytes = read_pages() * page_bytes - own_of(RSS_METER_RSS);
        atomic_thread_fence(memory_order_acquire);
        unsigned after = atomic_load_explicit(&mappings, memory_order_relaxed);
        if (LIKELY(before == after && before % 2 == 0))
            return bytes;
        grow_lock(); /* whoever maps has it */
        grow_unlock();
    }
}

/* A figure that takes long to read. */
struct slow_reading {
    int64_t bytes;
    uint64_t asked_ns;  /* when it was read last; 0: not yet */
    uint64_t took_ns;   /* and how long that took */
    uint64_t wanted_ns; /* when it was asked for last */
};

/* True where it is to be read again: after a line that took longer than the reading does and, so
 * that it costs a twentieth of the time at most, now and then during quick ones. */
static bool is_due(struct slow_reading *reading, uint64_t now_ns)
{
    enum { REST = 20 };
    uint64_t line_ns = now_ns - reading->wanted_ns;
    reading->wanted_ns = now_ns;
    return reading->asked_ns == 0 || line_ns > reading->took_ns ||
           now_ns - reading->asked_ns > REST * reading->took_ns;
}

static int64_t take(struct slow_reading *reading, int64_t bytes, uint64_t begin_ns)
{
    reading->bytes = bytes;
    reading->asked_ns = reading->wanted_ns = clock_monotonic_ns();
    reading->took_ns = reading->asked_ns - begin_ns;
    return bytes;
}

enum { KINDS = PROCESS_USS + 1 };

static int64_t read_children(enum process_memory kind)
{
    static struct slow_reading readings[KINDS];
    struct slow_reading *reading = &readings[kind];
    uint64_t now_ns = clock_monotonic_ns();
    if (!is_due(reading, now_ns))
        return reading->bytes;
    return take(reading, process_descendants_bytes(getpid(), kind), now_ns);
}

/* What the process does itself to its PSS and USS shows in its RSS; that is looked at at every
 * line, and what others do now and then. */
static int64_t read_rollup(enum process_memory kind, enum rss_meter which)
{
    static struct slow_reading readings[KINDS];
    static int64_t rss_bytes[KINDS];
    struct slow_reading *reading = &readings[kind];
    uint64_t now_ns = clock_monotonic_ns();
    int64_t before_bytes = rss_bytes[kind];
    rss_bytes[kind] = read_statm();
    if (!is_due(reading, now_ns) && rss_bytes[kind] == before_bytes)
        return reading->bytes;
    int64_t bytes = process_memory_bytes(getpid(), kind);
    if (bytes == 0) /* no descriptor is left */
        return reading->bytes;
    return take(reading, bytes - own_of(which), now_ns);
}

int64_t rss_meter_bytes(enum rss_meter which, bool children)
{
    static const enum process_memory kinds[] = {PROCESS_RSS, PROCESS_PSS, PROCESS_USS};
    if (is_heap(which))
        return heap_reader ? heap_reader(which == RSS_METER_HEAP) : 0;
    enum process_memory kind = kinds[which];
    int64_t bytes = kind == PROCESS_RSS ? read_statm() : read_rollup(kind, which);
    return children ? bytes + read_children(kind) : bytes;
}

static NOINLINE int64_t read_chosen(void)
{
    return rss_meter_bytes(meter, with_children);
}

bool rss_is_chosen(enum rss_meter which, bool children)
{
    return which == meter && children == with_children;
}

int64_t rss_read_bytes(void)
{
    if (UNLIKELY(meter != RSS_METER_RSS || with_children))
        return read_chosen();
    return read_statm();
}

bool rss_is_exact(void)
{
    enum { PAGES = 100 }; /* more than any kernel is known to batch */
    size_t page = (size_t)page_bytes;
    char *memory =
        mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    madvise(memory, PAGES * page, MADV_NOHUGEPAGE);
    /* The first touch may need a page for the page table; that is not resident set. */
    int64_t before_bytes = read_statm();
    bool is_exact = true;
    for (size_t i = 0; i < PAGES && is_exact; i++) {
        *(volatile char *)(memory + i * page) = 1;
        is_exact = read_statm() - before_bytes == (int64_t)((i + 1) * page);
    }
    munmap(memory, PAGES * page);
    return is_exact;
}

int64_t rss_own_bytes(void)
{
    return own_of(meter);
}

void rss_add_own(int64_t bytes)
{
    atomic_fetch_add_explicit(&own_bytes, bytes, memory_order_relaxed);
}

void rss_add_own_shared(int64_t bytes)
{
    atomic_fetch_add_explicit(&own_shared_bytes, bytes, memory_order_relaxed);
}

static size_t whole_pages(size_t bytes)
{
    size_t page = (size_t)page_bytes;
    return (bytes + page - 1) / page * page;
}

/* From here to end_own() readings wait. */
static void begin_own(void)
{
    grow_lock();
    atomic_fetch_add_explicit(&mappings, 1, memory_order_seq_cst);
}

/* `bytes` have become resident. */
static void end_own(size_t bytes)
{
    rss_add_own((int64_t)bytes);
    atomic_fetch_add_explicit(&mappings, 1, memory_order_release);
    grow_unlock();
}

void *rss_map_own(size_t bytes)
{
    size_t whole = whole_pages(bytes);
    begin_own();
    void *memory = mmap(NULL, whole, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    bool is_made = memory != MAP_FAILED;
    end_own(is_made ? whole : 0);
    return is_made ? memory : NULL;
}

bool rss_make_own(void *reserved, size_t bytes)
{
    size_t whole = whole_pages(bytes);
    begin_own();
    bool is_made = mprotect(reserved, whole, PROT_READ | PROT_WRITE) == 0;
    for (size_t at = 0; is_made && at < whole; at += (size_t)page_bytes)
        *((volatile char *)reserved + at) = 0;
    end_own(is_made ? whole : 0);
    return is_made;
}
