/*
 * Text from outside: source lines, log lines, paths, header values. Nothing of it reaches the
 * screen or a message before it went through here. UTF-8 is decoded by the rules of RFC 3629
 * (overlong forms, surrogates and values past U+10FFFF are invalid); an invalid byte counts as
 * U+FFFD. Control bytes are shown in caret notation, as less and vi do: ESC is `^[`, DEL `^?`;
 * C1 controls and bidirectional overrides, which can reorder a line, are shown as U+FFFD.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_REPLACEMENT 0xFFFDu
/* Bytes that text_encode writes at the most. */
#define TEXT_UTF8_MAX 4

/* Decode the code point at `text`, `len` >= 1 bytes long: returns the bytes taken (1 to 4) and sets
 * *code, to TEXT_REPLACEMENT with 1 byte taken where the bytes are not valid UTF-8. */
size_t text_decode(const char *text, size_t len, uint32_t *code);
/* Write `code` as UTF-8 (no NUL) and return the bytes written; an invalid code writes U+FFFD. */
size_t text_encode(uint32_t code, char out[TEXT_UTF8_MAX]);
/* True where all `len` bytes are valid UTF-8. */
bool text_is_utf8(const char *text, size_t len);
/* Columns that `code` takes in a terminal: 0 for combining characters, 2 for wide ones, else 1.
 * Its own table by way of wcwidth(3) in a UTF-8 locale; call setlocale first. */
int text_width(uint32_t code);
/* True for code points that must not reach a terminal as they are: C0, DEL, C1, line and paragraph
 * separators, bidirectional controls, U+FEFF. Tab and newline count too. */
bool text_is_unsafe(uint32_t code);
/* Copy `len` bytes of `text` to `out` (size bytes with the NUL) with every control made visible and
 * invalid bytes replaced; whole characters only. A newline or tab becomes a space. Returns the
 * bytes written without the NUL. */
size_t text_clean(char *out, size_t size, const char *text, size_t len);

#endif
