#include "config.h"
#include "worker/arena.h"

#include "worker/rss.h"

#define CHUNK_BYTES ((size_t)256 * 1024)

static char *chunk;
static size_t chunk_left;

void *arena_alloc(size_t bytes)
{
    if (bytes > ARENA_MAX_BYTES)
        return NULL;
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes > CHUNK_BYTES / 4)
        return rss_map_own(bytes);
    if (bytes > chunk_left) {
        char *fresh = rss_map_own(CHUNK_BYTES);
        if (!fresh)
            return NULL;
        chunk = fresh;
        chunk_left = CHUNK_BYTES;
    }
    void *memory = chunk;
    chunk += bytes;
    chunk_left -= bytes;
    return memory;
}
