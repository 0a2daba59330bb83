/*
 * The small blocks' bytes are summed in a few counters, of which a thread uses the one that its
 * address leads to: threads seldom meet, and there is nothing to be set up when a thread begins,
 * and nothing to be saved when it ends, which is when most interposed allocators go wrong.
 */
#include "config.h"
#include "worker/native.h"

#include <stdatomic.h>
#include <stddef.h>

#include "worker/heap.h"
#include "worker/mappings.h"

#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_OWN_MALLOC 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define HAS_OWN_MALLOC 1
#endif

enum { COUNTERS = 64, CACHE_LINE = 64 };

static struct counter {
    _Alignas(CACHE_LINE) _Atomic int64_t bytes;
} counters[COUNTERS];

/* The counters that some thread has used, as bits: most processes have a few threads, and to load
 * all the others' lines of cache takes 0.1 us. */
static _Atomic uint64_t used;
_Static_assert(COUNTERS == 64, "a counter has a bit");

int64_t native_small_bytes(void)
{
    int64_t sum = 0;
    uint64_t left = atomic_load_explicit(&used, memory_order_relaxed);
    for (; left; left &= left - 1) /* without its lowest bit */
        sum += atomic_load_explicit(&counters[__builtin_ctzll(left)].bytes, memory_order_relaxed);
    return sum;
}

#if defined __GLIBC__ && !defined HAS_OWN_MALLOC

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own, under the names that are meant for those who define the others. */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *block, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);
extern void __libc_free(void *block);

static atomic_bool is_off, has_lines;

bool native_open(void)
{
    if (mappings_open() < 0)
        return false;
    atomic_store_explicit(&has_lines, true, memory_order_relaxed);
    return true;
}

bool native_has_lines(void)
{
    return atomic_load_explicit(&has_lines, memory_order_relaxed);
}

void native_turn_off(void)
{
    atomic_store_explicit(&is_off, true, memory_order_relaxed);
}

static ALWAYS_INLINE bool is_counted(void)
{
    return !guard_inside && !atomic_load_explicit(&is_off, memory_order_relaxed);
}

static void count_small(int64_t bytes)
{
    /* Threads' bases differ by pages at the least. */
    uintptr_t thread = (uintptr_t)guard_thread();
    unsigned index = (thread >> 12 ^ thread >> 18) % COUNTERS;
    uint64_t bit = (uint64_t)1 << index;
    if (UNLIKELY(!(atomic_load_explicit(&used, memory_order_relaxed) & bit)))
        atomic_fetch_or_explicit(&used, bit, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters[index].bytes, bytes, memory_order_relaxed);
}

/* A block has come; `bytes` were asked for. */
static void *add(void *block, size_t bytes)
{
    if (!block)
        return NULL;
    if (bytes >= NATIVE_LINE_BYTES && atomic_load_explicit(&has_lines, memory_order_relaxed)) {
        bool was_inside = guard_enter();
        bool has_line = heap_add_shared(HEAP_NATIVE, block, bytes);
        guard_leave(was_inside);
        if (has_line)
            return block;
    }
    count_small((int64_t)malloc_usable_size(block));
    return block;
}

/* A block is to go. Its bytes, where it had a line; else -1. */
static int64_t take(void *block)
{
    if (atomic_load_explicit(&has_lines, memory_order_relaxed)) {
        bool was_inside = guard_enter();
        int64_t bytes = heap_take_shared(HEAP_NATIVE, block);
        guard_leave(was_inside);
        if (bytes >= 0)
            return bytes;
    }
    count_small(-(int64_t)malloc_usable_size(block));
    return -1;
}

void *malloc(size_t bytes)
{
    void *block = __libc_malloc(bytes);
    return is_counted() ? add(block, bytes) : block;
}

void *calloc(size_t count, size_t bytes)
{
    void *block = __libc_calloc(count, bytes);
    return is_counted() ? add(block, count * bytes) : block; /* no overflow, or there is none */
}

void free(void *block)
{
    if (block && is_counted())
        take(block);
    __libc_free(block);
}

void *realloc(void *block, size_t bytes)
{
    if (!is_counted())
        return __libc_realloc(block, bytes);
    if (!block)
        return malloc(bytes);
    int64_t old_bytes = take(block);
    void *moved = __libc_realloc(block, bytes);
    if (moved)
        return add(moved, bytes);
    if (bytes > 0) /* the old one is still there */
        add(block, old_bytes >= 0 ? (size_t)old_bytes : 0);
    return NULL;
}

void *reallocarray(void *block, size_t count, size_t bytes)
{
    size_t product;
    if (__builtin_mul_overflow(count, bytes, &product)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, product);
}

void *memalign(size_t alignment, size_t bytes)
{
    void *block = __libc_memalign(alignment, bytes);
    return is_counted() ? add(block, bytes) : block;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return memalign(alignment, bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes)
{
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    int before = errno;
    void *made = memalign(alignment, bytes);
    errno = before;
    if (!made)
        return ENOMEM;
    *block = made;
    return 0;
}

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void *valloc(size_t bytes)
{
    return memalign(page_bytes(), bytes);
}

void *pvalloc(size_t bytes)
{
    size_t page = page_bytes(), whole;
    if (__builtin_add_overflow(bytes, page - 1, &whole)) {
        errno = ENOMEM;
        return NULL;
    }
    return memalign(page, whole / page * page);
}

/* ---- mappings ---- */

static bool maps_count(void)
{
    return is_counted() && atomic_load_explicit(&has_lines, memory_order_relaxed);
}

void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    void *made = (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
    if (made != MAP_FAILED && maps_count()) {
        if (flags & MAP_FIXED)
            mappings_remove(made, bytes);
        if ((flags & MAP_ANONYMOUS) && protection != PROT_NONE)
            mappings_add(made, bytes);
    }
    return made;
}

void *mmap64(void *address, size_t bytes, int protection, int flags, int fd, off64_t offset)
{
    return mmap(address, bytes, protection, flags, fd, offset);
}

int munmap(void *address, size_t bytes)
{
    if (maps_count())
        return mappings_unmap(address, bytes);
    return (int)syscall(SYS_munmap, address, bytes);
}

void *mremap(void *address, size_t old_bytes, size_t bytes, int flags, ...)
{
    __builtin_va_list more;
    __builtin_va_start(more, flags);
    void *wanted = flags & MREMAP_FIXED ? __builtin_va_arg(more, void *) : NULL;
    __builtin_va_end(more);
    if (maps_count())
        return mappings_remap(address, old_bytes, bytes, flags, wanted);
    return (void *)syscall(SYS_mremap, address, old_bytes, bytes, flags, wanted);
}

#else

bool native_open(void)
{
    return false;
}

bool native_has_lines(void)
{
    return false;
}

void native_turn_off(void) {}

#endif
