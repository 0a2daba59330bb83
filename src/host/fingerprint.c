#include "config.h"
#include "host/fingerprint.h"

#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "host/path.h"

static uint64_t hash_of(const char *bytes, size_t len)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    return hash;
}

struct fingerprint fingerprint_of(const char *path, size_t hash_max_bytes)
{
    struct stat info;
    struct buf text;
    if (stat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return (struct fingerprint){0};
    struct fingerprint fingerprint = {
        .exists = true, .size_bytes = info.st_size, .changed = info.st_mtim, .inode = info.st_ino};
    if (hash_max_bytes == 0 || (uint64_t)info.st_size > hash_max_bytes)
        return fingerprint;
    buf_init(&text, hash_max_bytes);
    fingerprint.hashed = path_read(path, hash_max_bytes, &text) == 0;
    if (fingerprint.hashed) {
        fingerprint.size_bytes = (off_t)text.len;
        fingerprint.hash = hash_of(buf_text(&text), text.len);
    }
    buf_fini(&text);
    return fingerprint;
}

bool fingerprint_same_stamp(const struct fingerprint *a, const struct fingerprint *b)
{
    return a->exists == b->exists && a->size_bytes == b->size_bytes && a->inode == b->inode &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

bool fingerprint_same_content(const struct fingerprint *a, const struct fingerprint *b)
{
    if (!a->exists || !b->exists)
        return a->exists == b->exists;
    if (a->hashed && b->hashed)
        return a->size_bytes == b->size_bytes && a->hash == b->hash;
    return fingerprint_same_stamp(a, b);
}

uint64_t fingerprint_realtime_ns(const struct fingerprint *fingerprint)
{
    if (fingerprint->changed.tv_sec < 0)
        return 0;
    return (uint64_t)fingerprint->changed.tv_sec * NS_PER_SECOND +
           (uint64_t)fingerprint->changed.tv_nsec;
}
