/* Compiler attributes by short names, so that a declaration reads as a contract. gcc and clang. */
#ifndef BASE_ATTRIBUTES_H
#define BASE_ATTRIBUTES_H

/* The function checks its arguments as printf does: fmt is argument F, the first value argument V.
 */
#define ATTR_PRINTF(F, V) __attribute__((format(printf, F, V)))
/* The caller must look at the result. */
#define ATTR_CHECKED  __attribute__((warn_unused_result))
#define ATTR_NORETURN __attribute__((noreturn))
/* Returns fresh memory that nothing else points to, never NULL. */
#define ATTR_ALLOC  __attribute__((malloc, returns_nonnull, warn_unused_result))
#define ATTR_UNUSED __attribute__((unused))

/* Inlined whatever the compiler reckons: for the few instructions that run at every line. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Never inlined: for what is rare, so that the code around it saves no registers for it. */
#define NOINLINE __attribute__((noinline))

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
