/* From an HTTP request and its route to the object of an INVOKE message. */
#ifndef HOST_INVOKE_H
#define HOST_INVOKE_H

#include <jansson.h>

#include "host/http_server.h"
#include "host/routes.h"

/* INVOKE's object without number, id and function. base_url is for requests without a Host header.
 * A new reference. */
json_t *invoke_message(const struct http_request *request, const struct route_match *match,
                       const char *base_url);

#endif
