/*
 * The two bars that can be clicked: the views' names in the rule and the keys in the last row.
 * Their places are worked out here, once for drawing and once for the mouse.
 */
#ifndef TUI_BARS_H
#define TUI_BARS_H

#include "tui/ui.h"

struct bar_item {
    int col, cols;
    enum ui_command command;
    enum view_id view;       /* in the rule */
    char key[KEY_NAME_SIZE]; /* "r"; in the rule the view's number */
    const char *label;       /* "request"; borrowed */
};

enum { BAR_ITEMS_MAX = 40 };

struct bar {
    struct bar_item items[BAR_ITEMS_MAX];
    size_t count;
};

struct bar bar_tabs(const struct ui *ui, const struct model *model);
struct bar bar_keys(const struct ui *ui, const struct model *model);
/* The command of the item at `col`, or CMD_NONE. */
enum ui_command bar_hit(const struct bar *bar, int col);

#endif
