/*
 * What the views share: the table of them, outside text and source lines on the grid, numbers in
 * their colours, filtering and sorting.
 */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/format.h"
#include "tui/glyph.h"
#include "tui/leak_words.h"

/* Bytes of a line that are drawn or searched; what is further right cannot be scrolled to. */
enum { LINE_BYTES_MAX = 65536 };

const struct view *view_of(enum view_id id)
{
    static const struct view *const views[VIEW_COUNT] = {
        [VIEW_SOURCE] = &view_source,
        [VIEW_HOT] = &view_hot,
        [VIEW_INVOCATIONS] = &view_invocations,
        [VIEW_OUTPUT] = &view_output,
        [VIEW_FUNCTIONS] = &view_functions,
        [VIEW_HELP] = &view_help,
        [VIEW_STOP] = &view_stop,
        [VIEW_LEAKS] = &view_leaks,
        [VIEW_EVIDENCE] = &view_evidence,
        [VIEW_HOLDERS] = &view_holders,
        [VIEW_LIVE] = &view_live,
        [VIEW_PICK] = &view_pick,
    };
    return views[id];
}

struct pen view_cell(const struct pen *pen, const struct column *column)
{
    struct pen cell = pen_at(pen->grid, pen->row, pen->col + column->at, column->cols);
    cell.end = cell.end < pen->end ? cell.end : pen->end;
    return cell;
}

void view_append(struct buf *out, const char *text, size_t len)
{
    size_t room = out->max_bytes - out->len;
    (void)!buf_append(out, text, len < room ? len : room);
}

/* What is left of a glyph when its first columns are scrolled out is blank. */
static void put_glyph(struct pen *pen, const struct glyph *glyph, int col, enum style style,
                      bool tab)
{
    if (col + glyph->cols > pen->end || (col < pen->col && glyph->cols > 0)) {
        int from = col < pen->col ? pen->col : col;
        int to = col + glyph->cols < pen->end ? col + glyph->cols : pen->end;
        grid_fill(pen->grid, pen->row, from, to - from, ' ', style);
    } else if (tab) {
        grid_fill(pen->grid, pen->row, col, glyph->cols, ' ', style);
    } else if (glyph->code_count == 2) {
        grid_put(pen->grid, pen->row, col, glyph->codes[0], 1, style);
        grid_put(pen->grid, pen->row, col + 1, glyph->codes[1], 1, style);
    } else if (glyph->code_count == 1 && (glyph->cols > 0 || col > pen->col)) {
        grid_put(pen->grid, pen->row, col, glyph->codes[0], glyph->cols, style);
    }
}

/* One byte for each byte of the text: within a match of the search or not. */
static uint8_t *match_bytes(const char *pattern, const char *text, size_t len)
{
    size_t from = 0, pattern_len = strlen(pattern);
    uint8_t *matches = NULL;
    while (glyphs_find(text, len, pattern, &from)) {
        if (!matches)
            matches = mem_calloc(len, 1);
        memset(matches + from, 1, pattern_len);
        from += pattern_len;
    }
    return matches;
}

void view_draw_text(const struct view_context *context, struct pen *pen, const char *text,
                    size_t len, const uint8_t *styles, enum style style, int scroll_cols)
{
    struct glyph glyph;
    len = len < LINE_BYTES_MAX ? len : LINE_BYTES_MAX;
    struct glyphs walk = glyphs_of(text, len);
    uint8_t *matches = match_bytes(context->ui->pattern, text, len);
    int start = pen->col - scroll_cols;
    bool more = false;
    while (!more && glyphs_next(&walk, &glyph)) {
        int col = start + glyph.col;
        more = col + glyph.cols > pen->end;
        if (col >= pen->end || col + glyph.cols <= pen->col - (glyph.cols == 0))
            continue;
        put_glyph(pen, &glyph, col, styles ? (enum style)styles[glyph.at] : style,
                  text[glyph.at] == '\t');
        if (matches && matches[glyph.at])
            grid_mark(pen->grid, pen->row, col < pen->col ? pen->col : col, glyph.cols, MARK_MATCH);
    }
    if (more)
        grid_put(pen->grid, pen->row, pen->end - 1, 0x2026, 1, STYLE_DIM);
    if (scroll_cols > 0 && len > 0)
        grid_put(pen->grid, pen->row, pen->col, 0x2026, 1, STYLE_DIM);
    pen->col = start + walk.col < pen->end ? start + walk.col : pen->end;
    free(matches);
}

const char *view_line_text(const struct model *model, uint32_t file_index, uint32_t line,
                           size_t *len)
{
    if (file_index >= model->file_count)
        return NULL;
    const struct file *file = model->files[file_index];
    if (!file->text || line == 0 || line > file->line_count)
        return NULL;
    const struct file_line *record = &file->lines[line - 1];
    if (record->offset > file->text_len || record->len > file->text_len - record->offset)
        return NULL;
    *len = record->len;
    return file->text + record->offset;
}

const char *view_version(const struct file *file, char text[FORMAT_SIZE])
{
    text[0] = '\0';
    if (file->retired)
        snprintf(text, FORMAT_SIZE, " (version %" PRIu32 ")", file->version);
    return text;
}

void view_draw_source(const struct view_context *context, struct pen *pen, uint32_t file,
                      uint32_t line, int scroll_cols, bool trim)
{
    size_t len, indent = 0;
    const char *text = view_line_text(context->model, file, line, &len);
    if (!text)
        return;
    len = len < LINE_BYTES_MAX ? len : LINE_BYTES_MAX;
    highlight_state state = 0;
    if (file < context->ui->place_count)
        state = highlight_at(&context->ui->places[file].highlight, line);
    uint8_t *styles = mem_calloc(len, 1);
    highlight_line(state, text, len, styles);
    while (trim && indent < len && (text[indent] == ' ' || text[indent] == '\t'))
        indent++;
    view_draw_text(context, pen, text + indent, len - indent, styles + indent, STYLE_TEXT,
                   scroll_cols);
    free(styles);
}

void view_draw_delta(struct pen *pen, int cols, int64_t bytes)
{
    char text[FORMAT_SIZE];
    format_increment(text, bytes);
    pen_field(pen, format_heat_style(format_heat(bytes)), cols, true, text);
}

void view_draw_net(struct pen *pen, int cols, int64_t bytes)
{
    char text[FORMAT_SIZE];
    format_net(text, bytes);
    pen_field(pen, format_heat_style(format_heat(bytes)), cols, true, text);
}

void view_draw_bytes(struct pen *pen, int cols, int64_t bytes)
{
    char text[FORMAT_SIZE];
    format_bytes(text, bytes);
    pen_field(pen, bytes ? STYLE_NUMBER : STYLE_ZERO, cols, true, text);
}

void view_draw_title(struct pen *pen, const struct column *column, bool sorted, bool inverted)
{
    char title[FORMAT_SIZE];
    const char *arrow = inverted ? "\u25B2" : "\u25BC";
    snprintf(title, sizeof title, "%s%s", column->spec->title, sorted ? arrow : "");
    pen_field(pen, STYLE_HEADING, column->cols, column->spec->right, title);
}

void view_draw_heat(struct pen *pen, int64_t bytes)
{
    if (format_heat(bytes) == HEAT_HOT)
        pen_text(pen, STYLE_HOT, "!");
}

void view_draw_separator(const struct model *model, struct pen *pen, uint32_t file, uint32_t line)
{
    const struct leak *leak = leaks_find(&model->leaks, file, line);
    if (leak)
        pen_text(pen, leak_words_style(leak), leak_words_sign(leak));
    else
        pen_fill(pen, STYLE_RULE, 0x2502);
}

void view_draw_trend(struct pen *pen, int cols, const struct file_line *line)
{
    int shown = line->trend_len < cols ? line->trend_len : cols;
    pen_skip(pen, cols - shown);
    for (int i = line->trend_len - shown; i < line->trend_len; i++) {
        int64_t value = line->trend_bytes[i];
        grid_put(pen->grid, pen->row, pen->col, format_trend(value), 1,
                 format_heat_style(format_heat(value)));
        pen_skip(pen, 1);
    }
}

bool view_passes(const struct view *view, const struct view_context *context, const char *filter,
                 uint64_t id)
{
    struct buf text;
    size_t from = 0;
    if (!filter[0])
        return true;
    buf_init(&text, LINE_BYTES_MAX);
    view->text(context, id, &text);
    bool passes = glyphs_find(buf_text(&text), text.len, filter, &from);
    buf_fini(&text);
    return passes;
}

/* Equal values keep the order of their ids, so that rows do not change places by themselves. */
static int compare_rows(const void *a, const void *b)
{
    const struct view_sorted *left = a, *right = b;
    if (left->value < right->value)
        return 1;
    if (left->value > right->value)
        return -1;
    return left->id < right->id ? -1 : left->id > right->id;
}

void view_sort(struct view_sorted *rows, size_t count, bool inverted)
{
    if (count == 0)
        return;
    qsort(rows, count, sizeof *rows, compare_rows);
    for (size_t i = 0; inverted && i < count / 2; i++) {
        struct view_sorted swap = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = swap;
    }
}
