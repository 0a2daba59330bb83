#include "config.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

static ATTR_NORETURN void out_of_memory(void)
{
    fputs("pymemtop: out of memory\n", stderr);
    abort();
}

void *mem_calloc(size_t count, size_t size)
{
    void *fresh = calloc(count ? count : 1, size ? size : 1);
    if (!fresh)
        out_of_memory();
    return fresh;
}

void *mem_resize(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (size_mul_overflows(count, size, &bytes))
        out_of_memory();
    void *resized = realloc(old, bytes ? bytes : 1);
    if (!resized)
        out_of_memory();
    return resized;
}

char *mem_strndup(const char *text, size_t len)
{
    char *copy = mem_calloc(len + 1, 1);
    memcpy(copy, text, len);
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

char *mem_printf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0 || !text)
        out_of_memory();
    return text;
}
