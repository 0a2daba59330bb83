/*
 * The listening socket. It is made here and not by libmicrohttpd, whose message for a port that is
 * busy would not say so.
 */
#ifndef HOST_LISTENER_H
#define HOST_LISTENER_H

#include <stdint.h>

#include "base/error.h"

/* Listen on `address` (a name or a number) and `port` (0: any free one): a descriptor, or -1 with
 * `error`. */
int listener_open(const char *address, uint16_t port, struct error *error);
/* The port that it got. */
uint16_t listener_port(int fd);

#endif
