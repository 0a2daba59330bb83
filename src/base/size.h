/*
 * Sizes that come from outside, in bytes. Checked arithmetic: true means that it did not fit, and
 * then *result is not to be used. The builtins are gcc's and clang's (C23 has them as ckd_add).
 */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIB_BYTES (1024.0 * 1024.0)

static inline bool size_add_overflows(size_t a, size_t b, size_t *result)
{
    return __builtin_add_overflow(a, b, result);
}

static inline bool size_mul_overflows(size_t a, size_t b, size_t *result)
{
    return __builtin_mul_overflow(a, b, result);
}

/* Read a size as people write one: "512M", "1.5G", "200MiB", "1.5 GB", "100000". K, M, G and T,
 * alone or with iB, are powers of 1024, with B alone powers of 1000, as in dd(1); case does not
 * matter. A fraction of a byte is dropped. 0, or -1 where `text` is none or too large; *bytes is
 * then left alone. */
int size_parse(const char *text, int64_t *bytes);
/* "512 MiB", "1.5 GiB", "95.4 MiB": in the largest unit in which one digit after the point is
 * exact, else in MiB. `bytes` is not negative. Returns `out`. */
#define SIZE_TEXT 32
const char *size_format(char out[SIZE_TEXT], int64_t bytes);

#endif
