/*
 * The wrappers have the context of what they wrap, so that a thread of an interpreter with another
 * lock, which may read a function and its context at any moment, has two that go together.
 */
#include "config.h"
#include <Python.h>

#include "worker/blocks.h"

#include "wire/segment.h"
#include "worker/ledger.h"
#include "worker/tags.h"
#include "worker/thread.h"

enum { DOMAINS = 2 };
static const PyMemAllocatorDomain domains[DOMAINS] = {PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ};

static PyMemAllocatorEx inner[DOMAINS]; /* the functions are the same, the contexts are not */
static bool is_open;
_Atomic bool blocks_are_counted;

static struct {
    bool is_known;
    uint32_t slot, site;
    int64_t count;
} watch;

/* The ledger counts the block, and not as pymemtop's own. */
static bool is_counted(const void *block)
{
    const tag_entry *entry = block ? tags_find(block) : NULL;
    uint32_t tag = entry ? atomic_load_explicit(entry, memory_order_relaxed) : 0;
    return tag != 0 && tag_column(tag) != KEPT_NONE;
}

static void add(const void *block, int by)
{
    const struct thread *thread = thread_this;
    if (!atomic_load_explicit(&blocks_are_counted, memory_order_relaxed) || !is_counted(block) ||
        !thread || ledger_is_idle(thread))
        return;
    struct ledger_place place = ledger_place(thread);
    if (place.slot == watch.slot && place.site == watch.site)
        watch.count += by;
}

static void *count_malloc(void *context, size_t bytes)
{
    void *block = inner[0].malloc(context, bytes);
    add(block, 1);
    return block;
}

static void *count_calloc(void *context, size_t count, size_t bytes)
{
    void *block = inner[0].calloc(context, count, bytes);
    add(block, 1);
    return block;
}

static void *count_realloc(void *context, void *block, size_t bytes)
{
    void *moved = inner[0].realloc(context, block, bytes);
    if (!block)
        add(moved, 1);
    return moved;
}

static void count_free(void *context, void *block)
{
    add(block, -1);
    inner[0].free(context, block);
}

static bool is_same(const PyMemAllocatorEx *one, const PyMemAllocatorEx *other)
{
    return one->ctx == other->ctx && one->malloc == other->malloc && one->free == other->free;
}

static PyMemAllocatorEx wrapper(const PyMemAllocatorEx *wrapped)
{
    return (PyMemAllocatorEx){.ctx = wrapped->ctx,
                              .malloc = count_malloc,
                              .calloc = count_calloc,
                              .realloc = count_realloc,
                              .free = count_free};
}

/* Put one in the place of the other; false where neither is there. */
static bool replace(PyMemAllocatorDomain domain, PyMemAllocatorEx before, PyMemAllocatorEx after)
{
    PyMemAllocatorEx now;
    PyMem_GetAllocator(domain, &now);
    if (is_same(&now, &before))
        PyMem_SetAllocator(domain, &after);
    return is_same(&now, &before) || is_same(&now, &after);
}

void blocks_open(void)
{
    for (int i = 0; i < DOMAINS; i++)
        PyMem_GetAllocator(domains[i], &inner[i]);
    is_open = inner[0].malloc == inner[1].malloc && inner[0].free == inner[1].free;
}

void blocks_begin(uint32_t slot, uint32_t site)
{
    watch.is_known = is_open && site != SEGMENT_NONE;
    for (int i = 0; i < DOMAINS && watch.is_known; i++)
        watch.is_known = replace(domains[i], inner[i], wrapper(&inner[i]));
    watch.slot = slot;
    watch.site = site;
    watch.count = 0;
    atomic_store_explicit(&blocks_are_counted, watch.is_known, memory_order_relaxed);
}

/* A wrapper that somebody else has wrapped stays, and counts nothing. */
bool blocks_end(int64_t *count)
{
    bool was_on = atomic_load_explicit(&blocks_are_counted, memory_order_relaxed);
    atomic_store_explicit(&blocks_are_counted, false, memory_order_relaxed);
    *count = watch.count;
    for (int i = 0; i < DOMAINS && was_on; i++)
        watch.is_known = replace(domains[i], wrapper(&inner[i]), inner[i]) && watch.is_known;
    return was_on && watch.is_known;
}

void blocks_take_back(const void *block)
{
    add(block, -1);
}
