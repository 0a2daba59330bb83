/*
 * What each connection of the HTTP server is at, and since when, so that clients that are slow,
 * silent or gone do not keep the others out. It knows sockets, and nothing of HTTP but the answer
 * 408. Once in a while connections_tick looks through all of them:
 *
 *   what                            is given up when
 *   a new connection                its request's headers are not there within head_ms
 *   one that has had an answer      the next request's are not there within idle_ms
 *   a body that is coming           fewer than body_bytes of it came within body_ms
 *   all but one that is answered    the client is gone
 *
 * A client that has ended only its own half of the connection counts as gone: from here it looks
 * like one that has closed it, and Azure's own server makes no difference either.
 *
 * And when there is hardly room for one more, the connection that has been without a request for
 * longest makes room.
 */
#ifndef HOST_CONNECTIONS_H
#define HOST_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

enum connection_phase {
    CONNECTION_NEW,      /* waits for its first request's headers */
    CONNECTION_IDLE,     /* waits for a further request's */
    CONNECTION_BODY,     /* they are there, and the body comes */
    CONNECTION_WAITS,    /* the request is whole; its answer is not there yet */
    CONNECTION_ANSWERED, /* the answer is being sent; left alone here */
};

struct connection {
    TAILQ_ENTRY(connection) link;
    int fd; /* borrowed */
    enum connection_phase phase;
    uint64_t since_ms;  /* when the phase, or the last body_ms of it, began */
    size_t bytes;       /* of the body, since then */
    bool given_up;      /* shut down; its owner will see it end */
    bool answered_soon; /* before its request was read to the end; for the owner's use */
    void *request;      /* what waits for an answer; for the owner's use */
};

struct connection_limits {
    size_t max; /* connections */
    uint64_t head_ms;
    uint64_t idle_ms;
    uint64_t body_ms;
    size_t body_bytes;
};

/* Those of the server: `max` by what the process may open. */
struct connection_limits connection_limits_default(void);

TAILQ_HEAD(connection_list, connection);

struct connections {
    struct connection_limits limits;
    struct connection_list list; /* owned; the longest in their phase first */
    size_t count;
    struct pollfd *polled; /* owned; scratch */
    /* The client of a connection that waits for its answer is gone. */
    void (*gone)(void *context, struct connection *connection);
    void *context;
};

void connections_init(struct connections *connections, const struct connection_limits *limits,
                      void (*gone)(void *context, struct connection *connection), void *context);
/* All must have been removed. */
void connections_fini(struct connections *connections);

/* A new connection on `fd`, which is given up by shutting it down. */
struct connection *connections_add(struct connections *connections, int fd, uint64_t now_ms);
/* It was closed. */
void connections_remove(struct connections *connections, struct connection *connection);
void connection_enter(struct connections *connections, struct connection *connection,
                      enum connection_phase phase, uint64_t now_ms);
/* Give up, see to the clients that are gone; how many requests were too slow. */
size_t connections_tick(struct connections *connections, uint64_t now_ms);

/* Send an answer of one line by hand, where the HTTP library cannot, and nothing after it: as much
 * of it as goes without waiting. */
void connection_say(int fd, unsigned status, const char *reason, const char *words);

/* Has anything ever been sent on the socket? */
bool connection_is_answered(int fd);
/* Can the peer still send? */
bool connection_has_peer(int fd);
/* Has it sent what was not read? */
bool connection_has_unread(int fd);

#endif
