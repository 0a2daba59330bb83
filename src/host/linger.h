/*
 * Sockets on which the last word is said while the peer still sends. To close such a socket at once
 * would reset the connection, and the peer might never read that word; so what it sends is read and
 * dropped until it closes its end, for a while.
 */
#ifndef HOST_LINGER_H
#define HOST_LINGER_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum {
    LINGER_SILENCE_MS = 5000, /* without a byte */
    LINGER_LONGEST_MS = 30000,
    LINGER_MAX = 64, /* sockets at a time; more are closed at once */
};

struct lingering;

struct lingerers {
    uv_loop_t *loop;         /* borrowed */
    struct lingering *first; /* owned */
    size_t count;            /* of them */
    size_t open;             /* handles that the loop still holds */
    void (*closed)(void *context);
    void *context;
};

void linger_init(struct lingerers *lingerers, uv_loop_t *loop);
/* Send no more on the socket `fd` (owned from now on, not blocking) and linger on it. */
void linger_add(struct lingerers *lingerers, int fd);
/* Close those whose time is up; to be called about once a second. */
void linger_tick(struct lingerers *lingerers, uint64_t now_ms);
/* Close all; `closed` is called when the loop has let go of them, which may be at once. */
void linger_close(struct lingerers *lingerers, void (*closed)(void *context), void *context);

#endif
