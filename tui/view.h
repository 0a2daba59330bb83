/*
 * A view: a list of rows with a heading. The rows are ids in ui->lists[]; what an id is, is the
 * view's own affair. Everything but `rows` reads only. To add a view: write these functions, add an
 * id to enum view_id and the table in view.c.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "base/buf.h"
#include "tui/format.h"
#include "tui/grid.h"
#include "tui/layout.h"
#include "tui/ui.h"

struct view_context {
    const struct ui *ui;
    const struct model *model; /* as shown: frozen or live */
    struct rect rect;          /* heading row and rows */
    uint64_t now_ns;
    bool focused;
};

struct view {
    const char *name;  /* in the rule; NULL for a view that has no number */
    const char *empty; /* shown where there are no rows, */
    /* or what is appended here, in lines; NULL: `empty` */
    void (*say_empty)(const struct view_context *context, struct buf *out);
    /* Make the list's rows again. */
    void (*rows)(struct ui *ui, const struct model *model, struct list *list);
    /* Append what search and filter look at. */
    void (*text)(const struct view_context *context, uint64_t id, struct buf *out);
    /* Screen rows of a row; NULL: always 1. */
    int (*height)(const struct view_context *context, uint64_t id);
    void (*heading)(const struct view_context *context, struct pen *pen);
    /* Draw a row: its screen row `part` (0 but for tall rows) with the pen. */
    void (*row)(const struct view_context *context, uint64_t id, int part, struct pen *pen);
    /* The line about the selected row; NULL for none. */
    void (*detail)(const struct view_context *context, uint64_t id, struct pen *pen);
    /* The same about its heap, for the row below; NULL for none. */
    void (*heap_detail)(const struct view_context *context, uint64_t id, struct pen *pen);
    /* How many columns one can sort by; NULL: not sorted. */
    unsigned (*sorts)(const struct model *model);
    bool scrolls_sideways;
    bool selects; /* there is a selected row to be seen */
};

extern const struct view view_source, view_hot, view_invocations, view_output, view_functions,
    view_help, view_stop, view_leaks, view_evidence, view_holders, view_live, view_pick;

const struct view *view_of(enum view_id id);

/* view_stop.c: the selected row of that view, where it is one of these, or NULL. */

const struct stop_frame *view_stop_frame(const struct ui *ui, const struct model *shown);
const struct stop_local *view_stop_local(const struct ui *ui, const struct model *shown);
const struct stop_other *view_stop_other(const struct ui *ui, const struct model *shown);
const struct breakpoint *view_stop_breakpoint(const struct ui *ui, const struct model *shown);

/* view_holders.c: what is known of the line that was asked about last, or NULL, */
const struct holders *view_holders_of(const struct ui *ui, const struct model *shown);
/* and rows of that view. */
enum holders_row {
    HOLDERS_ROW_LINE,
    HOLDERS_ROW_SUM,
    HOLDERS_ROW_STATE, /* why there is no answer, or not all of it */
    HOLDERS_ROW_TYPES, /* the heading of these: */
    HOLDERS_ROW_TYPE,
    HOLDERS_ROW_MORE, /* of the types */
    HOLDERS_ROW_CHAINS,
    HOLDERS_ROW_CHAIN,
    HOLDERS_ROW_OTHERS, /* that hold */
};
static inline enum holders_row view_holders_row(uint64_t id)
{
    return (enum holders_row)(id >> 32);
}

/* view_live.c: the row that is selected there, or NULL; */
const struct live_change *view_live_selected(const struct ui *ui, const struct model *shown);
/* and the rows above it, so many, that name the two moments. */
int view_live_banner_rows(const struct model *shown);
void view_live_draw_banner(const struct model *shown, int row, struct pen *pen);

/* view_leaks.c: the leak that is selected there, or NULL. */
const struct leak *view_leaks_selected(const struct ui *ui, const struct model *shown);

/* view_evidence.c: what is alive of that leak, and who holds it, in the ui->holder_rows above. */
void view_evidence_draw_holders(const struct view_context *context, struct grid *grid);

/* Shared by the views. */

/* A pen for one column of the row that `pen` is at the start of. */
struct pen view_cell(const struct pen *pen, const struct column *column);

/* Draw one line of outside text from column `scroll_cols` on, with tabs at their stops; `styles`
 * (one for each byte) or, where it is NULL, `style`. What the search looks for is marked. */
void view_draw_text(const struct view_context *context, struct pen *pen, const char *text,
                    size_t len, const uint8_t *styles, enum style style, int scroll_cols);
/* Append `text` to `out`, cut where that is full. */
void view_append(struct buf *out, const char *text, size_t len);
/* Text of a source line; NULL where it is not known. */
const char *view_line_text(const struct model *model, uint32_t file, uint32_t line, size_t *len);
/* " (version 1)" where the file is an old version, else "". */
const char *view_version(const struct file *file, char text[FORMAT_SIZE]);
/* Draw a source line with its colours; `trim`: without its indentation. */
void view_draw_source(const struct view_context *context, struct pen *pen, uint32_t file,
                      uint32_t line, int scroll_cols, bool trim);
/* A chain of holders in what room there is; its beginning counts. */
void view_draw_chain(const struct view_context *context, struct pen *pen, const char *text);
/* An increment in its heat's style, right-aligned in `cols`. */
void view_draw_delta(struct pen *pen, int cols, int64_t bytes);
/* Bytes that the heap grew by, and bytes of it, right-aligned in `cols`. */
void view_draw_net(struct pen *pen, int cols, int64_t bytes);
void view_draw_bytes(struct pen *pen, int cols, int64_t bytes);
/* The column's title; it carries the direction where the rows are sorted by it. */
void view_draw_title(struct pen *pen, const struct column *column, bool sorted, bool inverted);
/* Columns that the heap's leave to the others where it is not counted. */
enum { VIEW_HEAP_COLS = 16 };
/* `!` after an increment that is hot. */
void view_draw_heat(struct pen *pen, int64_t bytes);
/* The line before the source; in its place `L` or `?` of a line with a verdict. */
void view_draw_separator(const struct model *model, struct pen *pen, uint32_t file, uint32_t line);
/* view_hot.c: "Resize.main:23", in what room the pen has. */
void view_draw_place(struct pen *pen, const struct file *file, uint32_t line);
void view_draw_trend(struct pen *pen, int cols, const struct file_line *line);
/* The row passes the list's filter. */
bool view_passes(const struct view *view, const struct view_context *context, const char *filter,
                 uint64_t id);
/* Rows sorted by a value, largest first, or smallest first where the list is inverted. */
struct view_sorted {
    double value;
    uint64_t id;
};
void view_sort(struct view_sorted *rows, size_t count, bool inverted);

#endif
