/* What the files of the HTML report share: html.c is the page, the others are its parts. */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "model/model.h"
#include "report/markup.h"

enum {
    HTML_LEAKS = 50,
    HTML_OPEN_LEAKS = 12, /* of them, that are shown unfolded */
    HTML_HOT_LINES = 50,
    HTML_INVOCATIONS = 300,
    HTML_PARTS = 24,           /* invocations of a leak's evidence */
    HTML_SOURCE_LINES = 20000, /* in all */
    HTML_OPEN_LINES = 150,     /* of a file, and of the page, that are shown unfolded */
    HTML_COLUMNS = 160,        /* of a text in a table */
    HTML_SOURCE_COLUMNS = 400,
};

struct html {
    struct markup markup;
    const struct model *model;
    uint32_t lines; /* of source that are written */
};

/* ---- html.c ---- */

/* A cell with a number to sort by, and the same as bytes, with a sign where it is a change. */
void html_bytes(struct html *html, int64_t bytes);
void html_change(struct html *html, int64_t bytes);
void html_count(struct html *html, uint64_t count);
/* "F/__init__.py:12", with a link to the line where the page has it. */
void html_place(struct html *html, uint32_t file, uint32_t line);
/* Source, with its tabs. */
void html_source_text(struct html *html, struct span text, size_t columns);

/* ---- html_style.c ---- */

void html_style(struct html *html);
/* The script, with the element around it, and the policy that lets it run. */
void html_script(struct html *html);
void html_policy(struct html *html);

/* ---- the parts of the page ---- */

void html_curve(struct html *html);
void html_leaks(struct html *html);
void html_hot_lines(struct html *html);
void html_invocations(struct html *html);
void html_files(struct html *html);
/* Is that line of source in the page? */
bool html_shows_line(const struct model *model, uint32_t file, uint32_t line);

#endif
