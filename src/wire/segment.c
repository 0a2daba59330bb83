#include "config.h"
#include "wire/segment.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct segment *segment_create(int *fd, struct error *error)
{
    int memory = memfd_create("pymemtop", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        goto failed;
    if (ftruncate(memory, (off_t)sizeof(struct segment)) < 0)
        goto failed_close;
    struct segment *segment =
        mmap(NULL, sizeof *segment, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (segment == MAP_FAILED)
        goto failed_close;
    segment->magic = SEGMENT_MAGIC;
    segment->version = SEGMENT_VERSION;
    segment->size_bytes = sizeof *segment;
    atomic_init(&segment->site_count, SEGMENT_NONE + 1);
    *fd = memory;
    return segment;

failed_close:
    close(memory);
failed:
    error_set(error, EXIT_STATUS_SYSTEM, "cannot make the shared line table: %s", strerror(errno));
    return NULL;
}

struct segment *segment_attach(int fd, struct error *error)
{
    struct stat file;
    if (fstat(fd, &file) < 0 || (size_t)file.st_size != sizeof(struct segment)) {
        error_set(error, EXIT_STATUS_INTERNAL,
                  "the shared line table has another size; host and worker are of two builds");
        return NULL;
    }
    struct segment *segment =
        mmap(NULL, sizeof *segment, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (segment == MAP_FAILED) {
        error_set(error, EXIT_STATUS_SYSTEM, "cannot map the shared line table: %s",
                  strerror(errno));
        return NULL;
    }
    if (segment->magic != SEGMENT_MAGIC || segment->version != SEGMENT_VERSION ||
        segment->size_bytes != sizeof *segment) {
        error_set(error, EXIT_STATUS_INTERNAL,
                  "the shared line table has another version; host and worker are of two builds");
        segment_unmap(segment);
        return NULL;
    }
    return segment;
}

void segment_populate(const struct segment *segment)
{
    long page = sysconf(_SC_PAGESIZE);
    for (size_t at = 0; at < sizeof *segment; at += (size_t)page)
        (void)*((const volatile char *)segment + at);
}

void segment_unmap(struct segment *segment)
{
    if (segment)
        munmap(segment, sizeof *segment);
}

const char *segment_string(const struct segment *segment, uint32_t offset, uint32_t string_len,
                           size_t *len)
{
    uint32_t published = atomic_load_explicit(&segment->string_bytes, memory_order_acquire);
    if (published > SEGMENT_STRING_BYTES)
        published = SEGMENT_STRING_BYTES;
    *len = 0;
    if (offset > published || string_len > published - offset)
        return NULL;
    *len = string_len;
    return segment->strings + offset;
}
