#include "config.h"
#include "report/json_value.h"

#include <errno.h>
#include <stdint.h>

#include "base/text.h"

json_t *json_text_value(const char *text, size_t len)
{
    if (text_is_utf8(text, len))
        return json_stringn_nocheck(text, len);
    struct buf valid;
    buf_init(&valid, 3 * len); /* U+FFFD has three bytes */
    for (size_t at = 0; at < len;) {
        uint32_t code;
        char form[TEXT_UTF8_MAX];
        at += text_decode(text + at, len - at, &code);
        if (buf_append(&valid, form, text_encode(code, form)))
            break;
    }
    json_t *value = json_stringn_nocheck(buf_text(&valid), valid.len);
    buf_fini(&valid);
    return value;
}

json_int_t json_count(uint64_t count)
{
    return count > INT64_MAX ? INT64_MAX : (json_int_t)count;
}

json_t *json_list_append(json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) == 0)
        return list;
    json_decref(list);
    return NULL;
}

json_t *json_with_members(json_t *object, json_t *more)
{
    int result = more ? json_object_update(object, more) : -1;
    json_decref(more);
    if (result == 0)
        return object;
    json_decref(object);
    return NULL;
}

/* jansson goes on where the name of a member could not be written, and what comes after it may well
 * fit: so nothing is taken any more. */
struct dump {
    struct buf *out;
    bool full;
};

static int append_bytes(const char *bytes, size_t len, void *context)
{
    struct dump *dump = context;
    dump->full = dump->full || buf_append(dump->out, bytes, len);
    return dump->full ? -1 : 0;
}

int json_write_value(json_t *value, size_t flags, struct buf *out)
{
    struct dump dump = {.out = out};
    int result = json_dump_callback(value, append_bytes, &dump, flags);
    json_decref(value);
    return result || append_bytes("\n", 1, &dump) ? -ENOBUFS : 0;
}
