/*
 * What libmicrohttpd takes although it is no valid request, or one whose end is not certain.
 */
#ifndef HOST_HTTP_CHECK_H
#define HOST_HTTP_CHECK_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

/* The status to refuse the request with and *words, why (static); 0 for one that is well. `version`
 * is as on the request line. To be called when the headers are there. */
unsigned http_check(struct MHD_Connection *connection, const char *method, const char *target,
                    const char *version, const char **words);

/* Is it what HTTP calls a token: a method, or a header's name? */
bool http_is_token(const char *text, size_t len);

#endif
