#include "config.h"
#include "base/process.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attributes.h"

enum { PATH_BYTES = 64, CHUNK_BYTES = 1024, ROLLUP_BYTES = 4096 };

/* ---- memory ---- */

/* The beginning of the file as a string; false where there is none. */
static bool read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, size - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
    return len > 0;
}

/* Of a text of lines like "Pss:   12 kB" the value of the one that begins with `name`, in bytes. */
static int64_t field_bytes(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, len) == 0)
            return strtoll(line + len, NULL, 10) * 1024;
    }
    return 0;
}

static int64_t rollup_bytes(int pid, enum process_memory kind)
{
    static const char *const private[] = {"Private_Clean:", "Private_Dirty:", "Private_Hugetlb:"};
    char path[PATH_BYTES], text[ROLLUP_BYTES];
    int64_t bytes = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    if (!read_text(path, text, sizeof text))
        return 0;
    if (kind == PROCESS_PSS)
        return field_bytes(text, "Pss:");
    for (size_t i = 0; i < ARRAY_LEN(private); i++)
        bytes += field_bytes(text, private[i]);
    return bytes;
}

int64_t process_memory_bytes(int pid, enum process_memory kind)
{
    char path[PATH_BYTES], text[CHUNK_BYTES], *resident;
    if (kind != PROCESS_RSS)
        return rollup_bytes(pid, kind);
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    if (!read_text(path, text, sizeof text))
        return 0;
    strtoll(text, &resident, 10); /* "size resident shared ..." in pages */
    return strtoll(resident, NULL, 10) * sysconf(_SC_PAGESIZE);
}

/* ---- children ---- */

/* Numbers between blanks, as they come in pieces. */
struct numbers {
    process_visitor *visit;
    void *context;
    int number;
};

static void take_digits(struct numbers *numbers, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] >= '0' && bytes[i] <= '9') {
            numbers->number = numbers->number * 10 + (bytes[i] - '0');
        } else if (numbers->number > 0) {
            numbers->visit(numbers->context, numbers->number);
            numbers->number = 0;
        }
    }
}

static void visit_list(const char *path, process_visitor *visit, void *context)
{
    struct numbers numbers = {.visit = visit, .context = context};
    char chunk[CHUNK_BYTES];
    ssize_t len;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    while ((len = read(fd, chunk, sizeof chunk)) > 0)
        take_digits(&numbers, chunk, (size_t)len);
    take_digits(&numbers, " ", 1);
    close(fd);
}

/* As the kernel hands out a folder. */
struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short len;
    unsigned char type;
    char name[];
};

void process_visit_children(int parent, process_visitor *visit, void *context)
{
    char path[PATH_BYTES];
    _Alignas(struct entry) char chunk[CHUNK_BYTES];
    long len;
    snprintf(path, sizeof path, "/proc/%d/task", parent);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    while ((len = syscall(SYS_getdents64, fd, chunk, sizeof chunk)) > 0) {
        for (long at = 0; at < len;) {
            const struct entry *entry = (const void *)(chunk + at);
            long thread = strtol(entry->name, NULL, 10);
            at += entry->len;
            if (thread <= 0)
                continue;
            snprintf(path, sizeof path, "/proc/%d/task/%ld/children", parent, thread);
            visit_list(path, visit, context);
        }
    }
    close(fd);
}

struct sum {
    int64_t *bytes;
    enum process_memory kind;
    int depth;
};

static void add_process(void *context, int pid)
{
    struct sum below = *(const struct sum *)context;
    *below.bytes += process_memory_bytes(pid, below.kind);
    if (++below.depth < PROCESS_DEPTH_MAX)
        process_visit_children(pid, add_process, &below);
}

int64_t process_descendants_bytes(int pid, enum process_memory kind)
{
    int64_t bytes = 0;
    struct sum sum = {.bytes = &bytes, .kind = kind};
    process_visit_children(pid, add_process, &sum);
    return bytes;
}
