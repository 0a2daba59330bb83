/*
 * What a cell means, and what that looks like. Views name a meaning (enum style) and lay a mark
 * over it (the selected row, a match); only style_look() knows colours. Sixteen colours and the
 * terminal's own background are all that is used, and no meaning is carried by colour alone.
 */
#ifndef TUI_STYLE_H
#define TUI_STYLE_H

#include <stdbool.h>
#include <stdint.h>

enum style {
    STYLE_TEXT,
    STYLE_DIM,
    STYLE_STRONG,
    STYLE_TITLE,   /* the app's name */
    STYLE_HEADING, /* column names */
    STYLE_RULE,    /* lines between parts */
    STYLE_TAB,
    STYLE_TAB_ON,
    STYLE_KEY, /* a key in the key row */
    STYLE_KEY_TEXT,
    STYLE_NAME, /* the word before a number in the header */
    STYLE_IDLE, /* state words */
    STYLE_BUSY,
    STYLE_WAIT,
    STYLE_BAD,
    STYLE_NUMBER,
    STYLE_ZERO,
    STYLE_GROW, /* heat of an increment, in three steps */
    STYLE_WARM,
    STYLE_HOT,
    STYLE_SHRINK,
    STYLE_SPARK,
    STYLE_LINE_NUMBER,
    STYLE_RUNNING, /* the mark of a running line */
    STYLE_GOOD,
    STYLE_WARNING,
    STYLE_ERROR,
    STYLE_PROMPT,
    STYLE_NOTICE, /* a state of the display that must not be missed */
    STYLE_KEYWORD,
    STYLE_STRING,
    STYLE_COMMENT,
    STYLE_LITERAL,
    STYLE_DECORATOR,
    STYLE_DEFINITION,
    STYLE_COUNT,
};

/* Laid over the style of a cell. */
enum mark {
    MARK_NONE,
    MARK_CURSOR,      /* the selected row of the pane that has the focus */
    MARK_CURSOR_AWAY, /* the selected row of another pane */
    MARK_MATCH,       /* what the search found */
    MARK_COUNT,
};

/* Colour numbers are those of the 16-colour palette; -1 is the terminal's own. */
struct look {
    int8_t foreground;
    int8_t background;
    bool bold, dim, underline, reverse;
};

/* How `style` under `mark` is shown; without colour only attributes remain. */
struct look style_look(enum style style, enum mark mark, bool color);
/* One letter for each style and mark, for dumps of a screen: the mark's where there is one. */
char style_letter(enum style style, enum mark mark);

#endif
