/* The parts come from another process, and one by one: sums of nonsense are nonsense, not errors.
 */
#include "config.h"
#include "model/heap.h"

#include "model/line.h"

int64_t heap_live_bytes(const struct heap *heap)
{
    return line_bytes_add(heap->python_bytes, heap->native_bytes);
}

int64_t heap_free_bytes(const struct heap *heap)
{
    int64_t free_bytes = line_bytes_sub(heap->arena_bytes, heap->small_bytes);
    return free_bytes > 0 ? free_bytes : 0;
}

int64_t heap_other_bytes(const struct heap *heap, int64_t rss_bytes)
{
    int64_t known = line_bytes_add(heap_live_bytes(heap), heap_free_bytes(heap));
    return line_bytes_sub(rss_bytes, known);
}
