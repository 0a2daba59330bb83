/*
 * What a terminal says of its mouse. A report is an escape sequence, of which the part behind its
 * beginning is read here, byte by byte, from wherever the bytes come. One that is cut short is
 * none, and its rest is waited for no longer than by whoever hands out the bytes.
 *
 *     ESC [ <  button ; column ; row  M      pressed; released with m in the place of M
 *     ESC [ M  button column row             each one byte, 32 more than the number
 */
#ifndef TUI_POINTER_H
#define TUI_POINTER_H

#include <stdbool.h>

#include "tui/keys.h"

/* The next byte, 0 to 255; negative where there is none. */
typedef int pointer_source(void *context);

/* Read what is behind "ESC [ <" or, with `in_bytes`, behind "ESC [ M". Returns the key that it is,
 * K_CLICK, K_WHEEL_UP or K_WHEEL_DOWN with its place in `event`, or else K_UNKNOWN. */
int pointer_read(pointer_source *next, void *context, bool in_bytes, struct key_event *event);

#endif
