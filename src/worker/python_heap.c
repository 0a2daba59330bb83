#include "config.h"
#include <Python.h>

#include "worker/python_heap.h"

#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "worker/guard.h"
#include "worker/heap.h"
#include "worker/native.h"
#include "worker/publish.h"

/* The interpreter's own; the context of ours is one of these. */
static PyMemAllocatorEx raw, mem, object;
static PyObjectArenaAllocator arenas;
/* Small blocks lie in arenas, whatever frees them: no debug hooks, and not malloc for all. */
static bool is_pymalloc;

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
    int64_t old_bytes = block ? heap_take_known(block) : 0;
    if (UNLIKELY(block && old_bytes == 0))
        old_bytes = heap_take(block);
    guard_inside = true;
    void *moved = inner->realloc(inner->ctx, block, bytes);
    guard_inside = false;
    if (LIKELY(moved != NULL))
        heap_add(moved, bytes);
    else if (block && old_bytes > 0)
        heap_add(block, (size_t)old_bytes);
    return moved;
}

/* The same of small blocks of pymalloc. A store says that it is at work, in place of the guard's
 * two: it rarely asks for memory (PyMem_RawMalloc, and arenas), and that has a guard itself. Python
 * calls pymalloc without a hook inline, so that half of what these cost is to be called at all. */

static void *small_malloc(void *context, size_t bytes)
{
    const PyMemAllocatorEx *inner = context;
    if (UNLIKELY(!heap_ask(bytes)))
        return locked_malloc(context, bytes);
    return heap_add_asked(inner->malloc(inner->ctx, bytes), bytes);
}

static void *small_calloc(void *context, size_t count, size_t bytes)
{
    const PyMemAllocatorEx *inner = context;
    size_t product;
    if (UNLIKELY(__builtin_mul_overflow(count, bytes, &product) || !heap_ask(product)))
        return locked_calloc(context, count, bytes);
    return heap_add_asked(inner->calloc(inner->ctx, count, bytes), product);
}

static void small_free(void *context, void *block)
{
    const PyMemAllocatorEx *inner = context;
    if (LIKELY(heap_take_known(block) > 0))
        inner->free(inner->ctx, block); /* lies in an arena: nothing to be guarded */
    else
        locked_free(context, block);
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

/* Whether a block is the program's, and not what an allocator of ours takes for itself. */
static bool raw_counts(bool was_inside)
{
    return !was_inside && !heap_is_asking();
}

static void *raw_malloc(void *context, size_t bytes)
{
    PyMemAllocatorEx *inner = context;
    bool was_inside = enter_raw(), counts = raw_counts(was_inside);
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
    bool was_inside = enter_raw(), counts = raw_counts(was_inside);
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
    if (block && raw_counts(was_inside) && heap_take_shared(HEAP_RAW, block) < 0)
        guard_leave(false); /* from before all this: malloc's, where it is counted */
    inner->free(inner->ctx, block);
    guard_leave(was_inside);
}

static void *raw_realloc(void *context, void *block, size_t bytes)
{
    PyMemAllocatorEx *inner = context;
    bool was_inside = enter_raw(), counts = raw_counts(was_inside);
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
                             .malloc = is_pymalloc ? small_malloc : locked_malloc,
                             .calloc = is_pymalloc ? small_calloc : locked_calloc,
                             .realloc = locked_realloc,
                             .free = is_pymalloc ? small_free : locked_free};
    PyMem_SetAllocator(domain, &ours);
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
    is_pymalloc = has_pymalloc();
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

/* Blocks are what the interpreter's own would have given out, so that these can free them. */
void python_heap_remove(void)
{
    if (!raw.malloc)
        return;
    heap_close();
    PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &object);
    PyMem_SetAllocator(PYMEM_DOMAIN_MEM, &mem);
    /* RAW may be in the middle of a call in a thread without the lock. */
    atomic_store_explicit(&raw_is_over, true, memory_order_relaxed);
}
