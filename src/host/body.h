/*
 * The body of a request or of a response: bytes that come piece by piece, and are then handed from
 * the HTTP server to the worker's link, or back, without being copied. What is small is in memory;
 * what is large is in a file without a name below TMPDIR (/tmp where it is not set), mapped once it
 * is whole. So the host stays small whatever is sent through it.
 *
 * A body is counted by reference, since a call may be answered while its body is still on its way
 * to the worker. NULL stands for a body without bytes.
 */
#ifndef HOST_BODY_H
#define HOST_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct body;

/* What all bodies together may take. */
#define BODY_MEMORY_BYTES     ((size_t)1 << 20)   /* of one body, before it goes to a file */
#define BODIES_MEMORY_BYTES   ((size_t)64 << 20)  /* then small ones go to files, too */
#define BODIES_FILE_BYTES     ((uint64_t)8 << 30) /* then a body fails with -ENOBUFS */
#define BODIES_FILES_OPEN_MAX 64u                 /* bodies that are still coming; likewise */

struct body_store {
    const char *folder; /* borrowed; for the files */
    size_t memory_bytes;
    uint64_t file_bytes;
    unsigned open_files;
};

/* A store without bodies. It must outlive those that are made in it. */
void body_store_init(struct body_store *store);

/* An empty body with one reference. */
struct body *body_new(struct body_store *store) ATTR_ALLOC;
/* A finished body with a copy of the bytes; NULL where there are none. It may have failed. */
struct body *body_of(struct body_store *store, const void *bytes, size_t len);
/* Another reference to the body (which may be NULL); it is what is returned. */
struct body *body_hold(struct body *body);
/* Give a reference back; with the last one the bytes go. */
void body_release(struct body *body);

/* Add bytes. 0 or a negative errno (-ENOSPC, -EACCES, ...); a body that failed stays so, and keeps
 * nothing. */
int body_append(struct body *body, const void *bytes, size_t len);
/* Nothing more will be added; its bytes can be asked for from now on. 0 or a negative errno. */
int body_finish(struct body *body);
/* The bytes of a body that was finished; valid while a reference is held. */
const char *body_bytes(const struct body *body, size_t *len);
/* Those before `end` are not needed any more: what a file has of them need not stay in memory. */
void body_pass(struct body *body, size_t end);
/* How many were added. */
size_t body_len(const struct body *body);
/* Why it failed, a negative errno; 0 where it did not. */
int body_failure(const struct body *body);
/* That failure in words, for the one who can do something about it; the caller frees them. */
char *body_describe_failure(const struct body *body) ATTR_ALLOC;

#endif
