/*
 * What a file was when it was looked at, so as to tell later whether it still is that: the stamp
 * (size, time of change, inode), and where it was asked for a hash of the content. Plain values.
 */
#ifndef HOST_FINGERPRINT_H
#define HOST_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct fingerprint {
    bool exists; /* as a regular file; all else is 0 where it does not */
    bool hashed;
    off_t size_bytes;
    struct timespec changed; /* CLOCK_REALTIME, as coarse as the file system has it */
    ino_t inode;
    uint64_t hash; /* FNV-1a of the content, where `hashed` */
};

/* Look at the file. A content of at most `hash_max_bytes` is read and hashed; 0 reads nothing. */
struct fingerprint fingerprint_of(const char *path, size_t hash_max_bytes);
bool fingerprint_same_stamp(const struct fingerprint *a, const struct fingerprint *b);
/* True where the content is surely the same: by the hashes, and by the stamps where one of the two
 * has no hash. */
bool fingerprint_same_content(const struct fingerprint *a, const struct fingerprint *b);
/* The time of change in nanoseconds since 1970; 0 where there is no file. */
uint64_t fingerprint_realtime_ns(const struct fingerprint *fingerprint);

#endif
