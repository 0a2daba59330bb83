/*
 * The sentences about a source line, for the rows below the views.
 */
#ifndef TUI_DETAIL_H
#define TUI_DETAIL_H

#include "tui/view.h"

/* What the line took: in all, by invocation, by execution, in its callees, and its peak. A part for
 * which the row has no room is left out as a whole. */
void detail_draw_line(const struct view_context *context, uint32_t file, uint32_t line,
                      struct pen *pen);

/* The verdict on a line, and the key that says who holds what it keeps, where there is one. */
void detail_draw_leak(const struct view_context *context, const struct leak *leak, struct pen *pen);

/* The same of its heap: net, the high-water mark, what invocations left of it, what is retained,
 * allocated and freed. */
void detail_draw_heap(const struct view_context *context, uint32_t file, uint32_t line,
                      struct pen *pen);

/* `words`, then `value` as what counts; where there is no room for both, neither. */
void detail_draw_part(struct pen *pen, const char *words, const char *value);

#endif
