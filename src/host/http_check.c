#include "config.h"
#include "host/http_check.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"

enum { BAD_REQUEST = 400, NOT_IMPLEMENTED = 501 };

struct headers {
    unsigned hosts;
    unsigned lengths;
    unsigned encodings;
    const char *encoding; /* the last one */
    bool bad_name;
};

bool http_is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && (!text[i] || !strchr("!#$%&'*+-.^_`|~", text[i])))
            return false;
    return len > 0;
}

static bool is_named(const char *key, size_t key_len, const char *name)
{
    return key_len == strlen(name) && strncasecmp(key, name, key_len) == 0;
}

static enum MHD_Result look_at(void *cls, enum MHD_ValueKind kind ATTR_UNUSED, const char *key,
                               size_t key_len, const char *value, size_t value_len ATTR_UNUSED)
{
    struct headers *headers = cls;
    headers->bad_name = headers->bad_name || !http_is_token(key, key_len);
    headers->hosts += is_named(key, key_len, "Host");
    headers->lengths += is_named(key, key_len, "Content-Length");
    if (is_named(key, key_len, "Transfer-Encoding")) {
        headers->encodings++;
        headers->encoding = value ? value : "";
    }
    return MHD_YES;
}

/* A target has no spaces and no control bytes; what is not ASCII is let through. */
static bool is_target(const char *target)
{
    for (; *target; target++)
        if ((unsigned char)*target <= ' ' || *target == 0x7f)
            return false;
    return true;
}

unsigned http_check(struct MHD_Connection *connection, const char *method, const char *target,
                    const char *version, const char **words)
{
    struct headers headers = {.encoding = NULL};
    bool old = strcmp(version, "HTTP/1.0") == 0;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, look_at, &headers);
    *words = NULL;
    if (!http_is_token(method, strlen(method)))
        *words = "the method is not one of HTTP";
    else if (!is_target(target))
        *words = "the target has a space or a control character in it";
    else if (headers.bad_name)
        *words = "a header's name is not one of HTTP";
    else if (headers.hosts > 1 || (headers.hosts == 0 && !old))
        *words = "there must be one Host header";
    else if (headers.lengths > 1)
        *words = "there is more than one Content-Length header";
    else if (headers.encodings && (headers.lengths || old))
        *words = "Transfer-Encoding goes neither with Content-Length nor with HTTP/1.0";
    if (*words)
        return BAD_REQUEST;
    if (!headers.encodings || (headers.encodings == 1 && !strcasecmp(headers.encoding, "chunked")))
        return 0;
    *words = "of the transfer encodings only chunked is known";
    return NOT_IMPLEMENTED;
}
