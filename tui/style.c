#include "config.h"
#include "tui/style.h"

/*
 * Two tables: one with colour, one without. In colour, heat goes from plain over yellow to red, and
 * what shrinks is green; without, bold stands for hot and dim for what can be passed over. The
 * selected row is a bar in one colour: syntax colours on a coloured bar are hard to read on most
 * palettes.
 */
#define PLAIN     .foreground = -1, .background = -1
#define COLOR(fg) .foreground = (fg), .background = -1

enum { RED = 1, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, BRIGHT = 8, BLACK = 0 };

static const struct look colored[STYLE_COUNT] = {
    [STYLE_TEXT] = {PLAIN},
    [STYLE_DIM] = {PLAIN, .dim = true},
    [STYLE_STRONG] = {PLAIN, .bold = true},
    [STYLE_TITLE] = {COLOR(BRIGHT + CYAN), .bold = true},
    [STYLE_HEADING] = {.foreground = BLACK, .background = CYAN},
    [STYLE_RULE] = {PLAIN, .dim = true},
    [STYLE_TAB] = {PLAIN, .dim = true},
    [STYLE_TAB_ON] = {COLOR(BRIGHT + CYAN), .bold = true},
    [STYLE_KEY] = {PLAIN, .bold = true},
    [STYLE_KEY_TEXT] = {.foreground = BLACK, .background = CYAN},
    [STYLE_NAME] = {COLOR(CYAN)},
    [STYLE_IDLE] = {COLOR(GREEN), .bold = true},
    [STYLE_BUSY] = {COLOR(BRIGHT + GREEN), .bold = true, .reverse = true},
    [STYLE_WAIT] = {COLOR(YELLOW), .bold = true, .reverse = true},
    [STYLE_BAD] = {COLOR(RED), .bold = true, .reverse = true},
    [STYLE_NUMBER] = {PLAIN},
    [STYLE_ZERO] = {PLAIN, .dim = true},
    [STYLE_GROW] = {COLOR(YELLOW)},
    [STYLE_WARM] = {COLOR(BRIGHT + YELLOW), .bold = true},
    [STYLE_HOT] = {COLOR(BRIGHT + RED), .bold = true},
    [STYLE_SHRINK] = {COLOR(GREEN)},
    [STYLE_SPARK] = {COLOR(CYAN)},
    [STYLE_LINE_NUMBER] = {PLAIN, .dim = true},
    [STYLE_RUNNING] = {COLOR(BRIGHT + GREEN), .bold = true},
    [STYLE_GOOD] = {COLOR(GREEN)},
    [STYLE_WARNING] = {COLOR(YELLOW)},
    [STYLE_ERROR] = {COLOR(BRIGHT + RED), .bold = true},
    [STYLE_PROMPT] = {COLOR(BRIGHT + CYAN), .bold = true},
    [STYLE_NOTICE] = {COLOR(YELLOW), .bold = true, .reverse = true},
    [STYLE_KEYWORD] = {COLOR(BRIGHT + BLUE), .bold = true},
    [STYLE_STRING] = {COLOR(GREEN)},
    [STYLE_COMMENT] = {PLAIN, .dim = true},
    [STYLE_LITERAL] = {COLOR(MAGENTA)},
    [STYLE_DECORATOR] = {COLOR(CYAN)},
    [STYLE_DEFINITION] = {COLOR(BRIGHT + CYAN), .bold = true},
};

static const struct look plain[STYLE_COUNT] = {
    [STYLE_TEXT] = {PLAIN},
    [STYLE_DIM] = {PLAIN, .dim = true},
    [STYLE_STRONG] = {PLAIN, .bold = true},
    [STYLE_TITLE] = {PLAIN, .bold = true},
    [STYLE_HEADING] = {PLAIN, .reverse = true},
    [STYLE_RULE] = {PLAIN, .dim = true},
    [STYLE_TAB] = {PLAIN, .dim = true},
    [STYLE_TAB_ON] = {PLAIN, .bold = true, .underline = true},
    [STYLE_KEY] = {PLAIN, .bold = true},
    [STYLE_KEY_TEXT] = {PLAIN, .reverse = true},
    [STYLE_NAME] = {PLAIN},
    [STYLE_IDLE] = {PLAIN, .bold = true},
    [STYLE_BUSY] = {PLAIN, .bold = true, .reverse = true},
    [STYLE_WAIT] = {PLAIN, .bold = true, .reverse = true},
    [STYLE_BAD] = {PLAIN, .bold = true, .reverse = true},
    [STYLE_NUMBER] = {PLAIN},
    [STYLE_ZERO] = {PLAIN, .dim = true},
    [STYLE_GROW] = {PLAIN},
    [STYLE_WARM] = {PLAIN, .bold = true},
    [STYLE_HOT] = {PLAIN, .bold = true, .underline = true},
    [STYLE_SHRINK] = {PLAIN},
    [STYLE_SPARK] = {PLAIN},
    [STYLE_LINE_NUMBER] = {PLAIN, .dim = true},
    [STYLE_RUNNING] = {PLAIN, .bold = true},
    [STYLE_GOOD] = {PLAIN},
    [STYLE_WARNING] = {PLAIN, .bold = true},
    [STYLE_ERROR] = {PLAIN, .bold = true},
    [STYLE_PROMPT] = {PLAIN, .bold = true},
    [STYLE_NOTICE] = {PLAIN, .bold = true, .reverse = true},
    [STYLE_KEYWORD] = {PLAIN, .bold = true},
    [STYLE_STRING] = {PLAIN},
    [STYLE_COMMENT] = {PLAIN, .dim = true},
    [STYLE_LITERAL] = {PLAIN},
    [STYLE_DECORATOR] = {PLAIN},
    [STYLE_DEFINITION] = {PLAIN, .bold = true},
};

/* The selected row: one bar, whatever stands in it; bold stays, dim would be lost on the bar. */
static struct look cursor_look(struct look look, bool color)
{
    look.dim = look.underline = false;
    if (color) {
        look.foreground = BRIGHT + WHITE;
        look.background = BLUE;
        look.reverse = false;
    } else {
        look.reverse = true;
    }
    return look;
}

struct look style_look(enum style style, enum mark mark, bool color)
{
    struct look look = color ? colored[style] : plain[style];
    switch (mark) {
    case MARK_CURSOR: return cursor_look(look, color);
    case MARK_CURSOR_AWAY:
        look.underline = true;
        look.dim = false;
        return look;
    case MARK_MATCH:
        if (color)
            return (struct look){.foreground = BLACK, .background = YELLOW};
        return (struct look){PLAIN, .reverse = true, .underline = true};
    case MARK_NONE:
    case MARK_COUNT: break;
    }
    return look;
}

char style_letter(enum style style, enum mark mark)
{
    static const char styles[STYLE_COUNT + 1] = ".abcdefghijklmnopqrstuvwxyzABDEFGHI";
    static const char marks[MARK_COUNT] = {0, '#', '=', '*'};
    _Static_assert(STYLE_COUNT == 35, "a letter for each style");
    return mark != MARK_NONE ? marks[mark] : styles[style];
}
