#include "config.h"
#include "report/json_value.h"

#include <stdint.h>

#include "base/buf.h"
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
