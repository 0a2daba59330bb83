/*
 * Text from outside in formats that are no markup: made harmless (base/text.h), and with other
 * forms of those characters that mean something in the format.
 */
#ifndef REPORT_PLAIN_H
#define REPORT_PLAIN_H

#include <stdint.h>

#include "base/span.h"
#include "model/file.h"
#include "report/markup.h"

/* What is to be written for one character: a string, or NULL for the character itself, cleaned. */
typedef const char *plain_escape(uint32_t code);

/* Write `text` so; what takes more than `columns` columns is cut, with an ellipsis; 0 for no
 * limit. */
void plain_text(struct markup *out, struct span text, size_t columns, plain_escape *escape);
/* The source of a line, and the same without the blanks at both ends. */
struct span plain_source(const struct file *file, uint32_t line);
struct span plain_statement(const struct file *file, uint32_t line);

#endif
