/*
 * The HTTP front end: libmicrohttpd driven by the host's libuv loop. It knows nothing of functions:
 * every complete request is given to a handler, which answers it at once or later.
 *
 * Limits: a request's line and headers 64 KiB (414 or 431), its body HTTP_BODY_MAX_BYTES (413) and
 * what there is room for (507, or 503 where there may be some later), the time that a request takes
 * to come (408) and the number of connections (connections.h; more wait in the queue of the
 * socket), HTTP_IDLE_S seconds without a byte of an answer being taken.
 */
#ifndef HOST_HTTP_SERVER_H
#define HOST_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "host/body.h"
#include "host/connections.h"

enum http_limits {
    HTTP_BODY_MAX_BYTES = 210 << 20, /* Azure's */
    HTTP_HEADERS_MAX_BYTES = 64 << 10,
    HTTP_IDLE_S = 120,
};

struct http_server;
struct http_request;
struct http_answer;

struct http_handler {
    void *context;
    /* A request came in whole. It lives until it is answered, exactly once, and not longer. Where
     * its client goes away before, it has no headers and no query from then on. */
    void (*request)(void *context, struct http_request *request);
    /* The answer to a request is about to be sent: the last chance to add headers. May be NULL. */
    void (*answering)(void *context, const struct http_request *request,
                      struct http_answer *answer);
    /* The server has something to say: a refused request, a fault of a connection. One line. */
    void (*notice)(void *context, const char *text);
};

struct http_setup {
    struct http_handler handler;
    struct body_store *bodies;              /* borrowed */
    size_t body_max_bytes;                  /* 0: HTTP_BODY_MAX_BYTES */
    const struct connection_limits *limits; /* NULL: the usual ones */
};

/* Listen on `address` (a name or a number) and `port` (0: any free one). NULL with `error`
 * (EXIT_STATUS_SYSTEM; EXIT_STATUS_USAGE for an address that does not exist here). */
struct http_server *http_server_open(uv_loop_t *loop, const char *address, uint16_t port,
                                     const struct http_setup *setup, struct error *error);
/* Accept no more connections. */
void http_server_quiesce(struct http_server *server);
/* Requests that were begun and whose answers are not sent yet. */
size_t http_server_active(const struct http_server *server);
/* End every connection and free the server; every request must have been answered. `closed` is
 * called when the loop has let go of it. */
void http_server_close(struct http_server *server, void (*closed)(void *context), void *context);
uint16_t http_server_port(const struct http_server *server);
/* Where a client on this machine reaches the server. */
void http_server_local_address(const struct http_server *server, struct sockaddr_storage *address);

/* The request; all strings are borrowed from it. */
/* Is its client gone? */
bool http_request_is_gone(const struct http_request *request);
const char *http_request_method(const struct http_request *request);
/* As on the request line: path and query, encoded. */
const char *http_request_target(const struct http_request *request);
/* NULL where there is no such header. */
const char *http_request_header(const struct http_request *request, const char *name);
/* Its body, finished, or NULL; the reference becomes the caller's, so that it can be had once. */
struct body *http_request_take_body(struct http_request *request);
typedef void http_each(void *context, const char *name, size_t name_len, const char *value,
                       size_t value_len);
/* Every header, and every decoded query parameter, in the order in which they came. */
void http_request_headers(const struct http_request *request, http_each *each, void *context);
void http_request_query(const struct http_request *request, http_each *each, void *context);

/* An answer with a copy of `body` (NULL with len 0). */
struct http_answer *http_answer_new(int status, const void *body, size_t len);
/* An answer with the body (or NULL), to which it holds a reference. */
struct http_answer *http_answer_of(int status, struct body *body);
/* Add a header. What HTTP itself sets (Content-Length, Connection, ...) is left out quietly;
 * -EINVAL where name or value cannot be a header. */
int http_answer_header(struct http_answer *answer, const char *name, const char *value);
/* The same, in the place of headers of that name that are there already. */
int http_answer_replace_header(struct http_answer *answer, const char *name, const char *value);
bool http_answer_has_header(const struct http_answer *answer, const char *name);
/* Send the answer (freed). A status that HTTP does not know becomes 500. */
void http_request_answer(struct http_request *request, struct http_answer *answer);
/* The same with a text (copied) of that Content-Type. */
void http_request_answer_text(struct http_request *request, int status, const char *type,
                              const char *text);

#endif
