#include "config.h"
#include <Python.h>

#include "worker/python_heap.h"

#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "worker/guard.h"
#include "worker/heap.h"
#include "worker/native.h"
#include "worker/pools.h"
#include "worker/publish.h"

/* The interpreter's own; the context of ours is one of these. */
static PyMemAllocatorEx raw, mem, object;
static PyObjectArenaAllocator arenas;
static bool has_pools;

/* ---- PyMem_Malloc and PyObject_Malloc: under the interpreter lock ---- */

static NOINLINE void *locked_malloc(void *context, size_t bytes)
{
    const PyMemAllocatorEx *inner = context;
    guard_inside = true; /* it was not: nothing inside comes back to these */
    void *block = inner->malloc(inner->ctx, bytes);
    guard_inside = false;
    return heap_add(block, bytes);
}

static NOINLINE void *locked_calloc(void *context, size_t count, size_t bytes)
{
    const PyMemAllocatorEx *inner = context;
    guard_inside = true;
    void *block = inner->calloc(inner->ctx, count, bytes);
    guard_inside = false;
    return block ? heap_add(block, count * bytes) : NULL; /* no overflow, or there were no block */
}

static NOINLINE void locked_free(void *context, void *block)
{
    const PyMemAllocatorEx *inner = context;
    if (block)
        heap_take(block);
    guard_inside = true;
    inner->free(inner->ctx, block);
    guard_inside = false;
}

/* The old block is taken first: once it is freed, another thread may have its address. */
static void *locked_realloc(void *context, void *block, size_t bytes)
{
    PyMemAllocatorEx *inner = context;
    int64_t old_bytes = block ? heap_take(block) : 0;
    guard_inside = true;
    void *moved = inner->realloc(inner->ctx, block, bytes);
    guard_inside = false;
    if (LIKELY(moved != NULL))
        heap_add(moved, bytes);
    else if (block && old_bytes > 0)
        heap_add(block, (size_t)old_bytes);
    return moved;
}

/* ---- the same with small blocks of our own (pools.h) in place of pymalloc's ---- */

/* A small block that nobody has counted; NULL where the interpreter's own allocator is to look for
 * one: in another interpreter, whose threads may have another lock, or where memory is short. */
static void *take_small(size_t bytes)
{
    return heap_is_foreign() ? NULL : pools_alloc(bytes);
}

/* What the quick way below is not for. */
static NOINLINE void *any_malloc(void *context, size_t bytes)
{
    void *block = bytes - 1 < POOLS_BLOCK_MAX ? take_small(bytes) : NULL;
    return block ? heap_add(block, bytes) : locked_malloc(context, bytes);
}

/* `block` was the last that is free in its pool. */
static NOINLINE void *last_malloc(struct pool *pool, void *block, size_t bytes)
{
    return heap_add(pools_refill(pool, block), bytes);
}

static void *small_malloc(void *context, size_t bytes)
{
    struct pool *pool;
    bool is_last;
    if (UNLIKELY(bytes - 1 >= POOLS_BLOCK_MAX || !heap_is_owner()))
        return any_malloc(context, bytes);
    void *block = pools_take(bytes, &pool, &is_last);
    if (UNLIKELY(!block))
        return any_malloc(context, bytes);
    if (UNLIKELY(is_last))
        return last_malloc(pool, block, bytes);
    return heap_add_owned(pools_tag(block), block, bytes);
}

static void *small_calloc(void *context, size_t count, size_t bytes)
{
    size_t product;
    if (UNLIKELY(__builtin_mul_overflow(count, bytes, &product) || product - 1 >= POOLS_BLOCK_MAX))
        return locked_calloc(context, count, bytes);
    void *block = small_malloc(context, product);
    return block ? memset(block, 0, product) : NULL;
}

static NOINLINE void any_free(void *context, void *block)
{
    if (!pools_has(block)) {
        locked_free(context, block);
        return;
    }
    heap_take(block);
    pools_free(block);
}

static void small_free(void *context, void *block)
{
    if (LIKELY(pools_has(block) && heap_is_owner() && heap_take_owned(pools_tag(block)) > 0))
        pools_free(block);
    else
        any_free(context, block);
}

static ALWAYS_INLINE int64_t take_from_line(void *block)
{
    int64_t bytes = LIKELY(heap_is_owner()) ? heap_take_owned(pools_tag(block)) : 0;
    return LIKELY(bytes > 0) ? bytes : heap_take(block);
}

static ALWAYS_INLINE void *add_to_line(void *block, size_t bytes)
{
    if (LIKELY(bytes - 1 < POOLS_BLOCK_MAX && pools_has(block) && heap_is_owner()))
        return heap_add_owned(pools_tag(block), block, bytes);
    return heap_add(block, bytes);
}

/* Another block for one of ours. NULL where memory is short: then the old one is as it was. */
static void *move_small(const PyMemAllocatorEx *inner, void *block, size_t bytes)
{
    size_t room = pools_room(block);
    void *moved = bytes - 1 < POOLS_BLOCK_MAX ? take_small(bytes) : NULL;
    if (!moved) {
        bool was_inside = guard_enter();
        moved = inner->malloc(inner->ctx, bytes);
        guard_leave(was_inside);
    }
    if (!moved)
        return NULL;
    memcpy(moved, block, bytes < room ? bytes : room);
    pools_free(block);
    return moved;
}

/* Where that saves no more than a quarter of it, a block stays where it is. */
static bool stays(const void *block, size_t bytes)
{
    size_t room = pools_room(block);
    return bytes <= room && 4 * bytes > 3 * room;
}

static void *small_realloc(void *context, void *block, size_t bytes)
{
    if (!block)
        return small_malloc(context, bytes);
    if (!pools_has(block))
        return locked_realloc(context, block, bytes);
    int64_t old_bytes = take_from_line(block);
    void *moved = stays(block, bytes) ? block : move_small(context, block, bytes);
    if (LIKELY(moved != NULL))
        return add_to_line(moved, bytes);
    heap_add(block, (size_t)old_bytes);
    return NULL;
}

/* ---- what is left of that when nothing is counted any more ---- */

static void *uncounted_malloc(void *context, size_t bytes)
{
    const PyMemAllocatorEx *inner = context;
    void *block = bytes - 1 < POOLS_BLOCK_MAX ? take_small(bytes) : NULL;
    return block ? block : inner->malloc(inner->ctx, bytes);
}

static void *uncounted_calloc(void *context, size_t count, size_t bytes)
{
    const PyMemAllocatorEx *inner = context;
    size_t product;
    bool is_small =
        !__builtin_mul_overflow(count, bytes, &product) && product - 1 < POOLS_BLOCK_MAX;
    void *block = is_small ? take_small(product) : NULL;
    return block ? memset(block, 0, product) : inner->calloc(inner->ctx, count, bytes);
}

static void uncounted_free(void *context, void *block)
{
    const PyMemAllocatorEx *inner = context;
    if (pools_has(block))
        pools_free(block);
    else
        inner->free(inner->ctx, block);
}

static void *uncounted_realloc(void *context, void *block, size_t bytes)
{
    const PyMemAllocatorEx *inner = context;
    if (!block)
        return uncounted_malloc(context, bytes);
    if (!pools_has(block))
        return inner->realloc(inner->ctx, block, bytes);
    return stays(block, bytes) ? block : move_small(inner, block, bytes);
}

/* ---- PyMem_RawMalloc: any thread ---- */

static atomic_bool raw_is_over;

static struct {
    uintptr_t start, end;
} libpython; /* its code; empty where it cannot be told who calls */

#if PY_VERSION_HEX >= 0x030c0000

/* Which of the other interpreters have a lock of their own is not to be asked: none counts as
 * under ours. */
static bool is_in_other_interpreter(void)
{
    const PyThreadState *state = _PyThreadState_UncheckedGet();
    return state && state->interp != PyInterpreterState_Main();
}

/* Called before each PyMem_RawCalloc. That is where an interpreter's threads get their states, once
 * it is in the list, whose newest one is the first: so it is seen by the thread that makes it,
 * under the lock of the one that it is made in, and before any thread can enter it. An audit hook
 * would say the same of every interpreter, and cost each event of the program a tuple. */
static void look_for_interpreters(void)
{
    if (UNLIKELY(PyInterpreterState_Head() != PyInterpreterState_Main()))
        heap_expect_foreign(is_in_other_interpreter);
}

#else

static void look_for_interpreters(void) {}

#endif

/* The domain of a block that is asked for from `caller`. The interpreter's own code keeps little in
 * this domain; it is where other libraries get the memory for what is no Python object: numpy, of
 * newer versions, for its arrays, zlib for its windows. */
static enum heap_domain raw_domain(const void *caller, size_t bytes)
{
    uintptr_t address = (uintptr_t)caller;
    bool is_outside = address - libpython.start >= libpython.end - libpython.start;
    return bytes >= NATIVE_LINE_BYTES && is_outside && native_has_lines() ? HEAP_NATIVE : HEAP_RAW;
}

/* As guard_enter(); true also where nothing is counted any more, so that the thread stays inside.
 */
static bool enter_raw(void)
{
    bool was_inside = guard_enter();
    return was_inside || atomic_load_explicit(&raw_is_over, memory_order_relaxed);
}

static void *raw_malloc(void *context, size_t bytes)
{
    PyMemAllocatorEx *inner = context;
    bool was_inside = enter_raw(), counts = !was_inside;
    void *block = inner->malloc(inner->ctx, bytes);
    guard_leave(was_inside);
    if (block && counts)
        heap_add_shared(raw_domain(__builtin_return_address(0), bytes), block, bytes);
    return block;
}

static void *raw_calloc(void *context, size_t count, size_t bytes)
{
    PyMemAllocatorEx *inner = context;
    look_for_interpreters();
    bool was_inside = enter_raw(), counts = !was_inside;
    void *block = inner->calloc(inner->ctx, count, bytes);
    guard_leave(was_inside);
    if (block && counts)
        heap_add_shared(raw_domain(__builtin_return_address(0), count * bytes), block,
                        count * bytes);
    return block;
}

static void raw_free(void *context, void *block)
{
    PyMemAllocatorEx *inner = context;
    bool was_inside = enter_raw();
    if (block && !was_inside && heap_take_shared(HEAP_RAW, block) < 0)
        guard_leave(false); /* from before all this: malloc's, where it is counted */
    inner->free(inner->ctx, block);
    guard_leave(was_inside);
}

static void *raw_realloc(void *context, void *block, size_t bytes)
{
    PyMemAllocatorEx *inner = context;
    bool was_inside = enter_raw(), counts = !was_inside;
    int64_t old_bytes = block && counts ? heap_take_shared(HEAP_RAW, block) : -1;
    void *moved = inner->realloc(inner->ctx, block, bytes);
    guard_leave(was_inside);
    if (!counts)
        return moved;
    size_t size = moved ? bytes : (size_t)old_bytes;
    if (moved || (block && old_bytes >= 0))
        heap_add_shared(raw_domain(__builtin_return_address(0), size), moved ? moved : block, size);
    return moved;
}

/* ---- arenas: where pymalloc has its small blocks; under an interpreter's lock ---- */

static void add_arena(int64_t bytes)
{
    atomic_fetch_add_explicit(&publish_shared.segment->arena_bytes, bytes, memory_order_relaxed);
}

static void *arena_map(void *context, size_t bytes)
{
    bool was_inside = guard_enter();
    void *arena = arenas.alloc(arenas.ctx, bytes);
    guard_leave(was_inside);
    (void)context;
    if (arena)
        add_arena((int64_t)bytes);
    return arena;
}

static void arena_unmap(void *context, void *arena, size_t bytes)
{
    (void)context;
    add_arena(-(int64_t)bytes);
    bool was_inside = guard_enter();
    arenas.free(arenas.ctx, arena, bytes);
    guard_leave(was_inside);
}

static void install_locked(PyMemAllocatorDomain domain, PyMemAllocatorEx *inner)
{
    PyMemAllocatorEx ours = {.ctx = inner,
                             .malloc = has_pools ? small_malloc : locked_malloc,
                             .calloc = has_pools ? small_calloc : locked_calloc,
                             .realloc = has_pools ? small_realloc : locked_realloc,
                             .free = has_pools ? small_free : locked_free};
    PyMem_SetAllocator(domain, &ours);
}

static void remove_locked(PyMemAllocatorDomain domain, PyMemAllocatorEx *inner)
{
    PyMemAllocatorEx uncounted = {.ctx = inner,
                                  .malloc = uncounted_malloc,
                                  .calloc = uncounted_calloc,
                                  .realloc = uncounted_realloc,
                                  .free = uncounted_free};
    PyMem_SetAllocator(domain, has_pools ? &uncounted : inner);
}

/* For dl_iterate_phdr: find the segment that has the allocators' code. */
static int find_libpython(struct dl_phdr_info *module, size_t Py_UNUSED(bytes), void *code)
{
    uintptr_t wanted = (uintptr_t)code;
    for (size_t i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
        uintptr_t start = module->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD || wanted - start >= segment->p_memsz)
            continue;
        libpython.start = start;
        libpython.end = start + segment->p_memsz;
        return 1;
    }
    return 0;
}

/* Debug hooks have a context, and a build or an environment without pymalloc (PYTHONMALLOC,
 * PYTHONDEVMODE, --without-pymalloc, --with-pydebug) has malloc, or one for each domain, instead.
 */
static bool has_pymalloc(void)
{
    return !object.ctx && object.malloc == mem.malloc && object.malloc != raw.malloc;
}

void python_heap_install(void)
{
    PyObject_GetArenaAllocator(&arenas);
    PyObjectArenaAllocator counted = {.alloc = arena_map, .free = arena_unmap};
    PyObject_SetArenaAllocator(&counted);

    PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &raw);
    PyMem_GetAllocator(PYMEM_DOMAIN_MEM, &mem);
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &object);
    /* Who asks for an account of each new arena is to have pymalloc's own. */
    const char *stats = getenv("PYTHONMALLOCSTATS");
    has_pools = has_pymalloc() && !(stats && *stats);
    if (has_pools)
        pools_open(add_arena);
    dl_iterate_phdr(find_libpython, (void *)raw.malloc);
    PyMemAllocatorEx ours = {.ctx = &raw,
                             .malloc = raw_malloc,
                             .calloc = raw_calloc,
                             .realloc = raw_realloc,
                             .free = raw_free};
    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &ours);
    install_locked(PYMEM_DOMAIN_MEM, &mem);
    install_locked(PYMEM_DOMAIN_OBJ, &object);
}

bool python_heap_has_pools(void)
{
    return has_pools;
}

/* Blocks of the pools stay what they are; others are what the interpreter's own would have given
 * out, so that these can free them. */
void python_heap_remove(void)
{
    if (!raw.malloc)
        return;
    heap_close();
    remove_locked(PYMEM_DOMAIN_OBJ, &object);
    remove_locked(PYMEM_DOMAIN_MEM, &mem);
    /* RAW may be in the middle of a call in a thread without the lock. */
    atomic_store_explicit(&raw_is_over, true, memory_order_relaxed);
}
