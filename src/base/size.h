/*
 * Checked arithmetic for sizes that come from outside: true means that it did not fit, and then
 * *result is not to be used. The builtins are gcc's and clang's (C23 has them as ckd_add).
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

#endif
