/*
 * A minimal HTTP/1.1 client on the host's loop, for requests to the host's own server: it sends one
 * request, reads to the end of the connection, and reports the status. The body is not kept.
 */
#ifndef HOST_CLIENT_H
#define HOST_CLIENT_H

#include <stddef.h>
#include <uv.h>

struct client_request {
    const struct sockaddr *address; /* where to; copied */
    const char *host;               /* of the Host header */
    const char *method;
    const char *target;
    const char *const *headers; /* "Name: value" */
    size_t header_count;
    const char *body; /* NULL for none */
};

/* Hears the status, or a negative errno where there was no answer. */
typedef void client_done(void *context, int status);

/* Send the request; everything is copied. `done` is called once, from the loop, after the
 * connection is closed, whatever happened. */
void client_send(uv_loop_t *loop, const struct client_request *request, client_done *done,
                 void *context);

/* The status of the response whose first `len` bytes are at `head`: the status, 0 where more bytes
 * are needed, or -EPROTO. Interim responses (1xx) are passed over. */
int client_parse_status(const char *head, size_t len);

#endif
