#include "config.h"
#include "host/invoke.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/json_file.h"

static void add_pair(void *context, const char *name, size_t name_len, const char *value,
                     size_t value_len)
{
    json_t *pair = json_array();
    json_array_append_new(pair, json_text(name, name_len));
    json_array_append_new(pair, json_text(value, value_len));
    json_array_append_new(context, pair);
}

static json_t *make_url(const struct http_request *request, const char *base_url)
{
    const char *host = http_request_header(request, "Host");
    const char *target = http_request_target(request);
    /* A proxy's request names the whole URL already. */
    char *url = target[0] != '/' ? mem_strdup(target)
                : host && *host  ? mem_printf("http://%s%s", host, target)
                                 : mem_printf("%s%s", base_url, target);
    json_t *json = json_text(url, strlen(url));
    free(url);
    return json;
}

static json_t *make_route(const struct route_match *match)
{
    json_t *route = json_object();
    for (size_t i = 0; i < match->parameter_count; i++) {
        const struct route_parameter *parameter = &match->parameters[i];
        json_object_set_new(route, parameter->name,
                            json_text(parameter->value, strlen(parameter->value)));
    }
    return route;
}

json_t *invoke_message(const struct http_request *request, const struct route_match *match,
                       const char *base_url)
{
    json_t *json = json_object();
    json_t *headers = json_array();
    json_t *query = json_array();
    http_request_headers(request, add_pair, headers);
    http_request_query(request, add_pair, query);
    json_object_set_new(json, "method", json_string(http_request_method(request)));
    json_object_set_new(json, "url", make_url(request, base_url));
    json_object_set_new(json, "headers", headers);
    json_object_set_new(json, "query", query);
    json_object_set_new(json, "route", make_route(match));
    return json;
}
