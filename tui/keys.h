/*
 * Keys: their codes, their names, and the one table that says which key does what. The codes are
 * pymemtop's own, so that scripts and tests need no terminal library; term.c translates. The table
 * feeds the dispatcher, the key row and the help view, so that none of them can be out of date.
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* A key is a Unicode code point (control characters included), or one of these. */
enum key {
    K_NONE = 0,
    K_TAB = '\t',
    K_ENTER = '\r',
    K_ESC = 0x1B,
    K_BACKSPACE = 0x7F,
    K_UP = 0x200000,
    K_DOWN,
    K_LEFT,
    K_RIGHT,
    K_PAGE_UP,
    K_PAGE_DOWN,
    K_HOME,
    K_END,
    K_DELETE,
    K_BACKTAB,
    K_F1,
    K_F2,
    K_F3,
    K_F4,
    K_F5,
    K_F6,
    K_F7,
    K_F8,
    K_F9,
    K_F10,
    K_CLICK, /* the mouse, with row and column in the event */
    K_WHEEL_UP,
    K_WHEEL_DOWN,
    K_RESIZE,  /* the terminal has another size; row and col of the event are its rows and cols */
    K_UNKNOWN, /* a key that pymemtop has no use for */
};

#define K_CTRL(letter) ((letter)&0x1F)

struct key_event {
    int key; /* enum key, or a code point */
    int row; /* of the mouse, from 0; 0 for keys */
    int col;
    bool pasted; /* the character was not typed: it is text, whatever key it would be */
};

/* What a key asks for. */
enum ui_command {
    CMD_NONE,
    CMD_UP,
    CMD_DOWN,
    CMD_PAGE_UP,
    CMD_PAGE_DOWN,
    CMD_FIRST,
    CMD_LAST,
    CMD_SCROLL_LEFT,
    CMD_SCROLL_RIGHT,
    CMD_GO_RUNNING,
    CMD_NEXT_PANE,
    CMD_PREVIOUS_PANE,
    CMD_OPEN,
    CMD_BACK,
    CMD_VIEW_SOURCE,
    CMD_VIEW_HOT,
    CMD_VIEW_INVOCATIONS,
    CMD_VIEW_OUTPUT,
    CMD_VIEW_FUNCTIONS,
    CMD_VIEW_HELP,
    CMD_VIEW_STOP,
    CMD_VIEW_LEAKS,
    CMD_PICK,
    CMD_HELP,
    CMD_OUTPUT,
    CMD_FUNCTIONS,
    CMD_STOP,
    CMD_LEAKS,
    CMD_HOLDERS,
    CMD_SEARCH,
    CMD_MATCH_PREVIOUS,
    CMD_MATCH_NEXT,
    CMD_FILTER,
    CMD_SORT_LEFT,
    CMD_SORT_RIGHT,
    CMD_INVERT,
    CMD_FILE_PREVIOUS,
    CMD_FILE_NEXT,
    CMD_INVOCATION_PREVIOUS,
    CMD_INVOCATION_NEXT,
    CMD_FREEZE,
    CMD_FOLLOW,
    CMD_ZERO,
    CMD_MARK,
    CMD_DIFF,
    CMD_PAUSE,
    CMD_STEP_INTO,
    CMD_STEP_OVER,
    CMD_STEP_OUT,
    CMD_CONTINUE,
    CMD_RUN_TO,
    CMD_BREAK,
    CMD_CONDITION,
    CMD_EVALUATE,
    CMD_EVENT_PREVIOUS, /* of a recording, as all these */
    CMD_EVENT_NEXT,
    CMD_EVENT_FIRST,
    CMD_EVENT_LAST,
    CMD_END_PREVIOUS,
    CMD_END_NEXT,
    CMD_LINE_PREVIOUS,
    CMD_LINE_NEXT,
    CMD_SAME_PREVIOUS,
    CMD_SAME_NEXT,
    CMD_OUT_PREVIOUS,
    CMD_OUT_NEXT,
    CMD_MARK_PREVIOUS,
    CMD_MARK_NEXT,
    CMD_GROWTH_PREVIOUS,
    CMD_GROWTH_NEXT,
    CMD_PEAK_PREVIOUS,
    CMD_PEAK_NEXT,
    CMD_REPLAY,
    CMD_REQUEST,
    CMD_REQUEST_MANY,
    CMD_RECORD,
    CMD_EDIT,
    CMD_MOUSE,
    CMD_ASCII,
    CMD_REDRAW,
    CMD_SUSPEND,
    CMD_QUIT,
    CMD_COUNT,
};

enum key_group {
    GROUP_MOVE,
    GROUP_FIND,
    GROUP_VIEW,
    GROUP_INVOCATION,
    GROUP_STEP,
    GROUP_REPLAY,
    GROUP_ACT,
    GROUP_COUNT
};

enum { BINDING_KEYS = 3 };

struct key_binding {
    enum ui_command command;
    int keys[BINDING_KEYS]; /* K_NONE ends them; the first is the one that is shown */
    enum key_group group;
    int rank;          /* place in the key row, 1 first, several at one as the table has them; 0:
                          only in the help */
    const char *label; /* in the key row; NULL where rank is 0 */
    const char *help;  /* one line */
};

/* The table, in the order of the help view. */
extern const struct key_binding key_bindings[];
extern const size_t key_binding_count;

const char *key_group_name(enum key_group group);
/* Write the name of a key as scripts and the help spell it: "j", "PgUp", "^L", "Space". */
#define KEY_NAME_SIZE 16
void key_spell(int key, char out[KEY_NAME_SIZE]);
/* The key of that name (`len` bytes), or K_NONE. */
int key_parse(const char *name, size_t len);

#endif
