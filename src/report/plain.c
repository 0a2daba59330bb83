#include "config.h"
#include "report/plain.h"

#include "base/text.h"

void plain_text(struct markup *out, struct span text, size_t columns, plain_escape *escape)
{
    size_t shown = markup_fitting(text, columns);
    for (size_t at = 0; at < shown;) {
        char clean[TEXT_UTF8_MAX + 1];
        uint32_t code;
        size_t taken = text_decode(text.at + at, text.len - at, &code);
        const char *form = escape(code);
        if (!form)
            text_clean(clean, sizeof clean, text.at + at, taken);
        markup_put(out, form ? form : clean);
        at += taken;
    }
    if (shown < text.len)
        markup_put(out, "\xE2\x80\xA6");
}

struct span plain_source(const struct file *file, uint32_t line)
{
    struct span source;
    source.at = file_line_text(file, line, &source.len);
    return source;
}

struct span plain_statement(const struct file *file, uint32_t line)
{
    struct span source = span_trim_end(plain_source(file, line));
    while (source.len > 0 && (*source.at == ' ' || *source.at == '\t' || *source.at == '\f'))
        source = span_skip(source, 1);
    return source;
}
