#include "config.h"
#include "host/report_format.h"

#include <string.h>
#include <strings.h>

#include "base/attributes.h"

static const struct {
    const char *name;
    enum report_format format;
} names[] = {
    {"text", FORMAT_TEXT},         {"csv", FORMAT_CSV},
    {"folded", FORMAT_FOLDED},     {"folded-retained", FORMAT_FOLDED_RETAINED},
    {"html", FORMAT_HTML},         {"json", FORMAT_JSON},
    {"junit", FORMAT_JUNIT},       {"kusto", FORMAT_KUSTO},
    {"markdown", FORMAT_MARKDOWN}, {"speedscope", FORMAT_SPEEDSCOPE},
};

static const struct {
    const char *end;
    enum report_format format;
} ends[] = {
    {".csv", FORMAT_CSV},   {".html", FORMAT_HTML},   {".htm", FORMAT_HTML},
    {".json", FORMAT_JSON}, {".md", FORMAT_MARKDOWN}, {".xml", FORMAT_JUNIT},
};

int report_format_parse(enum report_format *format, const char *name, struct error *error)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i].name, name) != 0)
            continue;
        *format = names[i].format;
        return 0;
    }
    return error_set(error, EXIT_STATUS_USAGE,
                     "--format takes text, csv, folded, folded-retained, html, json, junit, kusto, "
                     "markdown or speedscope, not '%s'",
                     name);
}

enum report_format report_format_of_file(const char *path)
{
    size_t len = path ? strlen(path) : 0;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t end_len = strlen(ends[i].end);
        if (len > end_len && strcasecmp(path + len - end_len, ends[i].end) == 0)
            return ends[i].format;
    }
    return FORMAT_TEXT;
}
