#include "config.h"
#include "worker/mappings.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/grow_lock.h"
#include "worker/heap.h"
#include "worker/rss.h"

struct range {
    uintptr_t start, end;
};

/* Sorted; they do not overlap. Under grow_lock(), as all here. In a forked child some may overlap,
 * or end before they start, where another thread was just moving them (grow_lock.h); every step of
 * cut_out takes one away all the same, and leaves nothing of it within what is cut out. */
static struct range *ranges;
static size_t count;
static uintptr_t page = 4096;

int mappings_open(void)
{
    page = (uintptr_t)sysconf(_SC_PAGESIZE);
    ranges = rss_map_own(MAPPINGS_MAX * sizeof *ranges);
    if (!ranges)
        return -1;
    return 0;
}

static struct range whole_pages(const void *start, size_t bytes)
{
    uintptr_t first = (uintptr_t)start / page * page;
    return (struct range){first, ((uintptr_t)start + bytes + page - 1) / page * page};
}

/* The index of the first range that ends after `address`. */
static size_t find(uintptr_t address)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void *at(uintptr_t address)
{
    return (void *)address; /* NOLINT(performance-no-int-to-ptr): an address is what it is */
}

static void insert(struct range range)
{
    if (range.start >= range.end || count == MAPPINGS_MAX ||
        !heap_add_shared(HEAP_NATIVE, at(range.start), range.end - range.start))
        return;
    size_t index = find(range.start);
    memmove(&ranges[index + 1], &ranges[index], (count - index) * sizeof *ranges);
    ranges[index] = range;
    count++;
}

static void erase(size_t index)
{
    heap_take_shared(HEAP_NATIVE, at(ranges[index].start));
    memmove(&ranges[index], &ranges[index + 1], (count - index - 1) * sizeof *ranges);
    count--;
}

static void cut_out(struct range gone)
{
    for (size_t index = find(gone.start); index < count && ranges[index].start < gone.end;
         index = find(gone.start)) {
        struct range old = ranges[index];
        erase(index);
        insert((struct range){old.start, gone.start < old.start ? old.start : gone.start});
        insert((struct range){gone.end > old.end ? old.end : gone.end, old.end});
    }
}

void mappings_add(void *start, size_t bytes)
{
    bool was_inside = guard_enter();
    grow_lock();
    struct range range = whole_pages(start, bytes);
    cut_out(range); /* an end that was not seen: a thread's exit, another library's system call */
    insert(range);
    grow_unlock();
    guard_leave(was_inside);
}

void mappings_remove(void *start, size_t bytes)
{
    bool was_inside = guard_enter();
    grow_lock();
    cut_out(whole_pages(start, bytes));
    grow_unlock();
    guard_leave(was_inside);
}

/* A range that has gone may at once be another thread's, which then waits for the lock to say so.
 */
int mappings_unmap(void *start, size_t bytes)
{
    bool was_inside = guard_enter();
    grow_lock();
    int result = (int)syscall(SYS_munmap, start, bytes);
    if (result == 0)
        cut_out(whole_pages(start, bytes));
    grow_unlock();
    guard_leave(was_inside);
    return result;
}

static bool is_known(uintptr_t address)
{
    size_t index = find(address);
    return index < count && ranges[index].start <= address;
}

void *mappings_remap(void *start, size_t old_bytes, size_t bytes, int flags, void *wanted)
{
    bool was_inside = guard_enter();
    grow_lock();
    bool counts = is_known((uintptr_t)start);
    void *made = (void *)syscall(SYS_mremap, start, old_bytes, bytes, flags, wanted);
    if (made != MAP_FAILED) {
        if (counts)
            cut_out(whole_pages(start, old_bytes));
        cut_out(whole_pages(made, bytes)); /* what MREMAP_FIXED has put it over */
        if (counts)
            insert(whole_pages(made, bytes));
    }
    grow_unlock();
    guard_leave(was_inside);
    return made;
}
