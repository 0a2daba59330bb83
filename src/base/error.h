/*
 * A failure that a user is to read: one sentence that says what is wrong and what to do, and the
 * exit status that it means. Functions that can fail take a struct error as their last argument,
 * return 0 or a pointer on success, and -1 or NULL after filling it in; where the caller has
 * nothing to show, errno-style negative codes are used instead.
 *
 * Thread: a struct error belongs to its caller; nothing here is shared.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>
#include "base/attributes.h"

/* Exit statuses of the command line; 128 + N is the worker's own end by signal N. */
enum exit_status {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_INVOCATION_FAILED = 1,
    EXIT_STATUS_USAGE = 2,
    EXIT_STATUS_CONDITION = 3,
    EXIT_STATUS_APP = 4,
    EXIT_STATUS_INTERNAL = 70, /* EX_SOFTWARE of sysexits: pymemtop's own fault */
    EXIT_STATUS_SYSTEM = 71,   /* EX_OSERR: the machine refused something */
};

#define ERROR_TEXT_MAX 1024

struct error {
    enum exit_status status;
    char text[ERROR_TEXT_MAX]; /* one line, no newline, UTF-8; cut at the end where too long */
};

/* Fill in `error` (which may be NULL). Control bytes that the arguments bring in are made harmless.
 * Returns -1, so that a caller can write `return error_set(...)`. */
int error_set(struct error *error, enum exit_status status, const char *format, ...)
    ATTR_PRINTF(3, 4);

#endif
