#include "config.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int error_set(struct error *error, enum exit_status status, const char *format, ...)
{
    if (!error)
        return -1;
    char raw[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    error->status = status;
    text_clean(error->text, sizeof error->text, raw, strnlen(raw, sizeof raw));
    return -1;
}
