/*
 * A body begins in memory and moves to a file when it, or all of them together, get too large. The
 * file has no name (O_TMPFILE; where a file system has none, it is unlinked at once), so that
 * nothing is left of it whatever becomes of pymemtop. Once whole it is mapped, and its descriptor
 * closed: a body that waits for the worker costs none.
 *
 * Nobody else can shorten such a file, so the mapping's bytes stay.
 */
#include "config.h"
#include "host/body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

struct body {
    struct body_store *store; /* borrowed */
    unsigned references;
    char *memory; /* owned; NULL in a file */
    size_t capacity;
    char *mapping; /* owned; of a file, once finished */
    int fd;        /* owned; -1 in memory, and once finished */
    size_t len;
    size_t passed; /* of the mapping, in whole pages */
    int failure;   /* negative errno */
};

void body_store_init(struct body_store *store)
{
    const char *folder = getenv("TMPDIR");
    *store = (struct body_store){.folder = folder && *folder ? folder : "/tmp"};
}

struct body *body_new(struct body_store *store)
{
    struct body *body = mem_calloc(1, sizeof *body);
    body->store = store;
    body->references = 1;
    body->fd = -1;
    return body;
}

/* ---- letting go ---- */

static void drop_memory(struct body *body)
{
    body->store->memory_bytes -= body->capacity;
    free(body->memory);
    body->memory = NULL;
    body->capacity = 0;
}

static void close_file(struct body *body)
{
    if (body->fd < 0)
        return;
    close(body->fd);
    body->fd = -1;
    body->store->open_files--;
}

static void drop_bytes(struct body *body)
{
    if (body->mapping || body->fd >= 0)
        body->store->file_bytes -= body->len;
    if (body->mapping)
        munmap(body->mapping, body->len);
    body->mapping = NULL;
    close_file(body);
    drop_memory(body);
}

static int fail(struct body *body, int failure)
{
    drop_bytes(body);
    body->len = 0;
    body->failure = failure;
    return failure;
}

struct body *body_hold(struct body *body)
{
    if (body)
        body->references++;
    return body;
}

void body_release(struct body *body)
{
    if (!body || --body->references)
        return;
    drop_bytes(body);
    free(body);
}

/* ---- adding ---- */

/* A descriptor or a negative errno. */
static int open_nameless(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    if (errno != EOPNOTSUPP && errno != EISDIR) /* the latter from systems that never heard of it */
        return -errno;
    char *path = mem_printf("%s/pymemtop-XXXXXX", folder);
    fd = mkostemp(path, O_CLOEXEC);
    int result = fd < 0 ? -errno : fd;
    if (fd >= 0)
        unlink(path);
    free(path);
    return result;
}

static int write_all(struct body *body, const char *bytes, size_t len)
{
    if (len > BODIES_FILE_BYTES - body->store->file_bytes)
        return -ENOBUFS;
    for (size_t done = 0; done < len;) {
        ssize_t wrote = write(body->fd, bytes + done, len - done);
        if (wrote < 0 && errno != EINTR)
            return -errno;
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    body->store->file_bytes += len;
    return 0;
}

static int move_to_file(struct body *body)
{
    if (body->store->open_files >= BODIES_FILES_OPEN_MAX)
        return -ENOBUFS;
    int fd = open_nameless(body->store->folder);
    if (fd < 0)
        return fd;
    size_t len = body->len;
    body->fd = fd;
    body->store->open_files++;
    body->len = 0; /* of it nothing is in the file as yet */
    int result = write_all(body, body->memory ? body->memory : "", len);
    if (!result)
        body->len = len;
    drop_memory(body);
    return result;
}

/* Room in memory for `need` bytes; false where they have to go to a file. */
static bool make_room(struct body *body, size_t need)
{
    struct body_store *store = body->store;
    size_t capacity = body->capacity ? body->capacity : 4096;
    if (need <= body->capacity)
        return true;
    while (capacity < need && capacity <= BODY_MEMORY_BYTES)
        capacity *= 2;
    if (capacity > BODY_MEMORY_BYTES ||
        store->memory_bytes - body->capacity + capacity > BODIES_MEMORY_BYTES)
        return false;
    body->memory = mem_resize(body->memory, capacity, 1);
    store->memory_bytes += capacity - body->capacity;
    body->capacity = capacity;
    return true;
}

int body_append(struct body *body, const void *bytes, size_t len)
{
    if (body->failure || !len)
        return body->failure;
    if (body->fd < 0 && len <= BODY_MEMORY_BYTES && make_room(body, body->len + len)) {
        memcpy(body->memory + body->len, bytes, len);
        body->len += len;
        return 0;
    }
    int result = body->fd < 0 ? move_to_file(body) : 0;
    if (!result)
        result = write_all(body, bytes, len);
    if (result)
        return fail(body, result);
    body->len += len;
    return 0;
}

int body_finish(struct body *body)
{
    if (body->failure || body->fd < 0)
        return body->failure;
    void *mapping = mmap(NULL, body->len, PROT_READ, MAP_SHARED, body->fd, 0);
    if (mapping == MAP_FAILED)
        return fail(body, -errno);
    body->mapping = mapping;
    close_file(body);
    return 0;
}

struct body *body_of(struct body_store *store, const void *bytes, size_t len)
{
    if (!len)
        return NULL;
    struct body *body = body_new(store);
    if (!body_append(body, bytes, len))
        body_finish(body);
    return body;
}

/* ---- asking ---- */

const char *body_bytes(const struct body *body, size_t *len)
{
    *len = body && !body->failure ? body->len : 0;
    if (!*len)
        return "";
    return body->mapping ? body->mapping : body->memory;
}

void body_pass(struct body *body, size_t end)
{
    static size_t page_bytes;
    if (!body || !body->mapping)
        return;
    if (!page_bytes)
        page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    end -= end % page_bytes;
    if (end > body->passed)
        madvise(body->mapping + body->passed, end - body->passed, MADV_DONTNEED);
    if (end > body->passed)
        body->passed = end;
}

size_t body_len(const struct body *body)
{
    return body ? body->len : 0;
}

int body_failure(const struct body *body)
{
    return body ? body->failure : 0;
}

char *body_describe_failure(const struct body *body)
{
    if (body->failure == -ENOBUFS)
        return mem_strdup("too many large bodies are held already; try again later");
    return mem_printf(
        "it cannot be kept in %s: %s; make room there, or set TMPDIR to a folder that "
        "has some",
        body->store->folder, strerror(-body->failure));
}
