/*
 * The table of keys, and the names of keys. One key has one meaning wherever it works. `<` and `>`
 * are the one exception: they go through the columns where rows are sorted, and through the files
 * where there is nothing to sort.
 */
#include "config.h"
#include "tui/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"

const struct key_binding key_bindings[] = {
    {CMD_UP, {'k', K_UP}, GROUP_MOVE, 0, NULL, "one line up"},
    {CMD_DOWN, {'j', K_DOWN}, GROUP_MOVE, 0, NULL, "one line down"},
    {CMD_PAGE_UP, {K_PAGE_UP, K_CTRL('b')}, GROUP_MOVE, 0, NULL, "one page up"},
    {CMD_PAGE_DOWN, {K_PAGE_DOWN, K_CTRL('f')}, GROUP_MOVE, 0, NULL, "one page down"},
    {CMD_FIRST, {'g', K_HOME}, GROUP_MOVE, 0, NULL, "first line"},
    {CMD_LAST, {'G', K_END}, GROUP_MOVE, 0, NULL, "last line; in the output: follow it again"},
    {CMD_SCROLL_LEFT, {K_LEFT}, GROUP_MOVE, 0, NULL, "scroll a long line back"},
    {CMD_SCROLL_RIGHT, {K_RIGHT}, GROUP_MOVE, 0, NULL, "scroll to see the rest of a long line"},
    {CMD_GO_RUNNING, {'H'}, GROUP_MOVE, 22, "running line", "go to the running line"},
    {CMD_NEXT_PANE, {K_TAB}, GROUP_MOVE, 10, "pane", "next pane"},
    {CMD_PREVIOUS_PANE, {K_BACKTAB}, GROUP_MOVE, 0, NULL, "previous pane"},
    {CMD_OPEN, {K_ENTER, '\n'}, GROUP_MOVE, 9, "open", "open what is selected"},
    {CMD_BACK, {K_ESC}, GROUP_MOVE, 8, "back", "back: drop the filter, the match, the invocation"},
    {CMD_SEARCH, {'/', K_F3}, GROUP_FIND, 14, "search", "search; capitals count once one is typed"},
    {CMD_MATCH_PREVIOUS,
     {','},
     GROUP_FIND,
     0,
     NULL,
     "previous match; in a difference changed line"},
    {CMD_MATCH_NEXT, {'.'}, GROUP_FIND, 16, "next", "next match; in a difference changed line"},
    {CMD_FILTER, {'\\'}, GROUP_FIND, 0, NULL, "show only the rows that hold a text; empty: all"},
    {CMD_SORT_LEFT, {'<'}, GROUP_FIND, 0, NULL, "sort by the column to the left"},
    {CMD_SORT_RIGHT, {'>'}, GROUP_FIND, 19, "sort", "sort by the column to the right"},
    {CMD_INVERT, {'I'}, GROUP_FIND, 20, "invert", "turn the order round"},
    {CMD_FILE_PREVIOUS, {'<'}, GROUP_FIND, 0, NULL, "in the source: previous file"},
    {CMD_FILE_NEXT, {'>'}, GROUP_FIND, 23, "file", "in the source: next file"},
    {CMD_PICK, {'p'}, GROUP_FIND, 24, "pick", "pick a file or a function from a list"},
    {CMD_VIEW_SOURCE, {'1'}, GROUP_VIEW, 0, NULL, "the source with its numbers"},
    {CMD_VIEW_HOT, {'2'}, GROUP_VIEW, 0, NULL, "the lines that take the most, of all files"},
    {CMD_VIEW_INVOCATIONS, {'3'}, GROUP_VIEW, 0, NULL, "the invocations"},
    {CMD_VIEW_OUTPUT, {'4'}, GROUP_VIEW, 0, NULL, "the app's output"},
    {CMD_VIEW_FUNCTIONS, {'5'}, GROUP_VIEW, 0, NULL, "the app's functions"},
    {CMD_VIEW_HELP, {'6'}, GROUP_VIEW, 0, NULL, "this help"},
    {CMD_VIEW_STOP, {'7'}, GROUP_VIEW, 0, NULL, "stack, locals and breakpoints"},
    {CMD_VIEW_LEAKS, {'8'}, GROUP_VIEW, 0, NULL, "the lines that leak, with the evidence"},
    {CMD_OUTPUT, {'o'}, GROUP_VIEW, 25, "output", "the app's output, and back"},
    {CMD_FUNCTIONS, {'a'}, GROUP_VIEW, 26, "functions", "the app's functions, and back"},
    {CMD_STOP, {'v'}, GROUP_VIEW, 7, "locals", "stack, locals and breakpoints, and back"},
    {CMD_LEAKS, {'L'}, GROUP_VIEW, 9, "leaks", "the lines that leak, and back"},
    {CMD_HOLDERS, {'w'}, GROUP_VIEW, 10, "holders", "who holds what the line has alive, and back"},
    {CMD_FREEZE, {' '}, GROUP_VIEW, 27, "freeze", "freeze the display; the program goes on"},
    {CMD_FOLLOW, {'F'}, GROUP_VIEW, 21, "follow", "follow the running line, or stop doing so"},
    {CMD_ZERO, {'z'}, GROUP_VIEW, 28, "zero", "count from now on; again: from the start"},
    {CMD_INVOCATION_PREVIOUS, {'{'}, GROUP_INVOCATION, 0, NULL, "numbers of the one before"},
    {CMD_INVOCATION_NEXT, {'}'}, GROUP_INVOCATION, 11, "invocation", "numbers of the next one"},
    {CMD_MARK, {'m'}, GROUP_INVOCATION, 17, "mark", "mark the invocation, to compare with it"},
    {CMD_DIFF,
     {'D'},
     GROUP_INVOCATION,
     18,
     "difference",
     "show the open invocation less the marked one"},
    {CMD_PAUSE,
     {'i'},
     GROUP_STEP,
     12,
     "pause",
     "pause before the next line that runs; again: do not"},
    {CMD_STEP_INTO, {'s'}, GROUP_STEP, 1, "step", "run a line; stop in what it calls"},
    {CMD_STEP_OVER, {'n'}, GROUP_STEP, 2, "over", "run a line with all that it calls"},
    {CMD_STEP_OUT, {'f'}, GROUP_STEP, 3, "out", "run to where the function returns to"},
    {CMD_CONTINUE, {'c'}, GROUP_STEP, 4, "continue", "go on, to the next breakpoint"},
    {CMD_RUN_TO, {'t'}, GROUP_STEP, 5, "to here", "go on to the selected line"},
    {CMD_BREAK, {'b'}, GROUP_STEP, 13, "break", "set a breakpoint on the line, or remove it"},
    {CMD_CONDITION,
     {'B'},
     GROUP_STEP,
     0,
     NULL,
     "set one with a condition: rss>200M, if x > 3, ..."},
    {CMD_EVALUATE,
     {':'},
     GROUP_STEP,
     6,
     "eval",
     "evaluate Python where it is paused; or a command, see below"},
    {CMD_REPLAY,
     {'P'},
     GROUP_REPLAY,
     0,
     NULL,
     "play the invocation again from its recording, which runs nothing"},
    {CMD_EVENT_PREVIOUS,
     {'['},
     GROUP_REPLAY,
     15,
     "replay",
     "the change of RSS before, or event; from live, back in time"},
    {CMD_EVENT_NEXT, {']'}, GROUP_REPLAY, 0, NULL, "the next change of RSS, or event"},
    {CMD_END_PREVIOUS, {'{'}, GROUP_REPLAY, 0, NULL, "to where the invocation before was over"},
    {CMD_END_NEXT, {'}'}, GROUP_REPLAY, 0, NULL, "to where the next invocation is over"},
    {CMD_LINE_PREVIOUS, {'S'}, GROUP_REPLAY, 0, NULL, "back to where any profiled line ran"},
    {CMD_LINE_NEXT, {'s'}, GROUP_REPLAY, 0, NULL, "to where any profiled line runs"},
    {CMD_SAME_PREVIOUS, {'N'}, GROUP_REPLAY, 0, NULL, "the same of this function, or invocation"},
    {CMD_SAME_NEXT, {'n'}, GROUP_REPLAY, 0, NULL, "the same of this function, or invocation"},
    {CMD_OUT_PREVIOUS, {'F'}, GROUP_REPLAY, 0, NULL, "to the beginning of the invocation"},
    {CMD_OUT_NEXT, {'f'}, GROUP_REPLAY, 0, NULL, "to its end"},
    {CMD_MARK_PREVIOUS, {'C'}, GROUP_REPLAY, 0, NULL, "back to a pause, m's invocation, + or -"},
    {CMD_MARK_NEXT, {'c'}, GROUP_REPLAY, 0, NULL, "to the next of these, else to the last event"},
    {CMD_GROWTH_PREVIOUS, {'-'}, GROUP_REPLAY, 0, NULL, "back to where the selected line grew"},
    {CMD_GROWTH_NEXT, {'+'}, GROUP_REPLAY, 0, NULL, "to where the selected line grows"},
    {CMD_PEAK_PREVIOUS, {'('}, GROUP_REPLAY, 0, NULL, "back to a peak of memory"},
    {CMD_PEAK_NEXT, {')'}, GROUP_REPLAY, 0, NULL, "to the next peak of memory"},
    {CMD_EVENT_FIRST, {K_HOME}, GROUP_REPLAY, 0, NULL, "the first event; a click: that time"},
    {CMD_EVENT_LAST, {K_END}, GROUP_REPLAY, 0, NULL, "the last event; from there to the live app"},
    {CMD_REQUEST,
     {'r', K_F5},
     GROUP_ACT,
     10,
     "request",
     "run the selected function: a request, or a payload"},
    {CMD_REQUEST_MANY,
     {'R'},
     GROUP_ACT,
     29,
     "many",
     "run it N times, some at once; then the leaks"},
    {CMD_RECORD, {'x'}, GROUP_ACT, 0, NULL, "record into a file; again: that ends"},
    {CMD_EDIT, {'e'}, GROUP_ACT, 30, "edit", "open the line in $VISUAL or $EDITOR"},
    {CMD_MOUSE, {'M'}, GROUP_ACT, 0, NULL, "mouse off, so that the terminal can select; and on"},
    {CMD_ASCII, {'~'}, GROUP_ACT, 0, NULL, "ASCII or Unicode characters"},
    {CMD_REDRAW, {K_CTRL('l')}, GROUP_ACT, 0, NULL, "draw the screen again"},
    {CMD_SUSPEND, {K_CTRL('z')}, GROUP_ACT, 0, NULL, "suspend; `fg` comes back"},
    {CMD_HELP, {'?', K_F1}, GROUP_ACT, 31, "help", "this help, and back"},
    {CMD_QUIT,
     {'q', K_F10, K_CTRL('c')},
     GROUP_ACT,
     32,
     "quit",
     "quit; Ctrl-C too, a second one at once"},
};
const size_t key_binding_count = ARRAY_LEN(key_bindings);

const char *key_group_name(enum key_group group)
{
    static const char *const names[GROUP_COUNT] = {
        [GROUP_MOVE] = "Move",
        [GROUP_FIND] = "Find and sort",
        [GROUP_VIEW] = "View",
        [GROUP_INVOCATION] = "One invocation",
        [GROUP_STEP] = "Pause and step",
        [GROUP_REPLAY] = "A recording",
        [GROUP_ACT] = "Act",
    };
    return names[group];
}

static const struct {
    int key;
    const char *name;
} named[] = {
    {K_TAB, "Tab"},
    {K_ENTER, "Enter"},
    {K_ESC, "Esc"},
    {' ', "Space"},
    {K_BACKSPACE, "Backspace"},
    {K_UP, "Up"},
    {K_DOWN, "Down"},
    {K_LEFT, "Left"},
    {K_RIGHT, "Right"},
    {K_PAGE_UP, "PgUp"},
    {K_PAGE_DOWN, "PgDn"},
    {K_HOME, "Home"},
    {K_END, "End"},
    {K_DELETE, "Del"},
    {K_BACKTAB, "S-Tab"},
    {K_F1, "F1"},
    {K_F2, "F2"},
    {K_F3, "F3"},
    {K_F4, "F4"},
    {K_F5, "F5"},
    {K_F6, "F6"},
    {K_F7, "F7"},
    {K_F8, "F8"},
    {K_F9, "F9"},
    {K_F10, "F10"},
};

void key_spell(int key, char out[KEY_NAME_SIZE])
{
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (named[i].key == key) {
            snprintf(out, KEY_NAME_SIZE, "%s", named[i].name);
            return;
        }
    }
    if (key >= K_UP || key <= 0) {
        snprintf(out, KEY_NAME_SIZE, "none");
    } else if (key < 0x20) {
        snprintf(out, KEY_NAME_SIZE, "^%c", key + 0x40);
    } else {
        char bytes[TEXT_UTF8_MAX];
        size_t len = text_encode((uint32_t)key, bytes);
        snprintf(out, KEY_NAME_SIZE, "%.*s", (int)len, bytes);
    }
}

int key_parse(const char *name, size_t len)
{
    uint32_t code;
    if (len == 0)
        return K_NONE;
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (strlen(named[i].name) == len && memcmp(named[i].name, name, len) == 0)
            return named[i].key;
    }
    if (len == 2 && name[0] == '^' && name[1] >= '@' && name[1] <= '_')
        return name[1] - '@';
    if (text_decode(name, len, &code) == len && !text_is_unsafe(code))
        return (int)code;
    return K_NONE;
}
