/*
 * The help: every key of the table, by group, the commands, and what the marks and the numbers
 * mean. It is made from key_bindings and command_texts, so it cannot leave one out.
 */
#include "config.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "tui/act.h"
#include "tui/glyph.h"

/* A row is a line of help; its id is its place. */
enum { KEYS_COLS = 22 };

static const struct {
    const char *mark;
    enum style style;
    const char *meaning;
} legend[] = {
    {">", STYLE_RUNNING, "a line, or an invocation, that runs or waits now"},
    {"!", STYLE_HOT, "an increment of 16 MiB or more; a function that could not be loaded"},
    {"L", STYLE_ERROR, "the line leaks: invocation after invocation keeps some of it for good"},
    {"?", STYLE_WARNING, "it may leak: too few kept it yet, or its holder has a limit"},
    {"1.0M/inv!", STYLE_ERROR, "how much of each; with ? where it may leak"},
    {"*", STYLE_PROMPT, "the function that r runs; the invocation that is open"},
    {"+1.0 MiB", STYLE_WARM, "the line grew the process by so much, callees included"},
    {"-1.0 MiB", STYLE_SHRINK, "memory went back to the system while the line ran"},
    {"+0.0 MiB", STYLE_GROW, "less than 0.05 MiB, but not nothing: see the line below the view"},
    {"0.0 MiB", STYLE_ZERO, "the line ran and changed nothing; blank: it has not run"},
    {"Mem usage", STYLE_STRONG, "resident set size after the latest execution of the line"},
    {"Self", STYLE_STRONG, "the increment less what profiled callees account for"},
    {"Net", STYLE_STRONG, "bytes that the line itself allocated less those that it freed, exact"},
    {"Native", STYLE_STRONG, "the same of blocks that are not Python's; Net is of both without it"},
    {"Retained", STYLE_STRONG, "bytes that the line, or the invocation, allocated and are alive"},
    {"High", STYLE_STRONG, "the most that the heap stood above its size when the line began"},
    {"Trend", STYLE_STRONG, "its increment in each of the latest invocations, newest right:"},
    {"", STYLE_TEXT, "each step is 4 times the one before, full at 64 MiB; - shrank"},
    {"Elsewhere", STYLE_STRONG, "growth of an invocation outside every profiled line"},
    {"Shared", STYLE_STRONG, "growth while several ran, that cannot be told apart"},
    {"free", STYLE_STRONG, "of the RSS: what Python's arenas hold and no object uses"},
    {"other", STYLE_STRONG,
     "of the RSS: code, stacks, what malloc keeps; memory that was asked for"},
    {"", STYLE_TEXT, "and not touched yet is not in the RSS, and counts against it"},
};

/* Rows: for each group a title, its keys and an empty row; then the commands and the legend the
 * same way. */
struct help_row {
    enum { HELP_EMPTY, HELP_TITLE, HELP_KEY, HELP_COMMAND, HELP_LEGEND } kind;
    const char *title;
    const struct key_binding *binding;
    size_t entry; /* of the commands, or the legend */
};

static size_t group_size(enum key_group group)
{
    size_t size = 0;
    for (size_t i = 0; i < key_binding_count; i++)
        size += key_bindings[i].group == group;
    return size;
}

static const struct key_binding *group_binding(enum key_group group, size_t n)
{
    for (size_t i = 0; i < key_binding_count; i++) {
        if (key_bindings[i].group == group && n-- == 0)
            return &key_bindings[i];
    }
    return NULL;
}

static struct help_row help_row_of(uint64_t id)
{
    for (int group = 0; group < GROUP_COUNT; group++) {
        size_t size = group_size((enum key_group)group);
        if (id == 0)
            return (struct help_row){HELP_TITLE, key_group_name((enum key_group)group), NULL, 0};
        if (id <= size)
            return (struct help_row){HELP_KEY, NULL, group_binding((enum key_group)group, id - 1),
                                     0};
        if (id == size + 1)
            return (struct help_row){HELP_EMPTY, NULL, NULL, 0};
        id -= size + 2;
    }
    if (id == 0)
        return (struct help_row){HELP_TITLE, "Commands", NULL, 0};
    if (id <= command_text_count)
        return (struct help_row){HELP_COMMAND, NULL, NULL, id - 1};
    if (id == command_text_count + 1)
        return (struct help_row){HELP_EMPTY, NULL, NULL, 0};
    id -= command_text_count + 2;
    if (id == 0)
        return (struct help_row){HELP_TITLE, "Marks and numbers", NULL, 0};
    return (struct help_row){HELP_LEGEND, NULL, NULL, id - 1};
}

static uint64_t help_row_count(void)
{
    uint64_t count = command_text_count + 2 + 1 + ARRAY_LEN(legend);
    for (int group = 0; group < GROUP_COUNT; group++)
        count += group_size((enum key_group)group) + 2;
    return count;
}

/* "j Down" */
static void keys_text(const struct key_binding *binding, struct buf *out)
{
    for (size_t i = 0; i < BINDING_KEYS && binding->keys[i]; i++) {
        char name[KEY_NAME_SIZE];
        /* Line feed is another Enter to a user. */
        if (binding->keys[i] == '\n')
            continue;
        key_spell(binding->keys[i], name);
        buf_printf(out, "%s%s", i ? "  " : "", name);
    }
}

static void command_text(const struct command_text *command, char text[KEYS_COLS])
{
    snprintf(text, KEYS_COLS, ":%s%s", command->name, command->argument);
}

static void help_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    for (uint64_t id = 0; id < help_row_count(); id++) {
        if (view_passes(&view_help, &context, list->filter, id))
            list_add(list, id);
    }
}

static void help_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    struct help_row row = help_row_of(id);
    char command[KEYS_COLS];
    (void)context;
    if (row.kind == HELP_TITLE) {
        buf_printf(out, "%s", row.title);
    } else if (row.kind == HELP_KEY && row.binding) {
        keys_text(row.binding, out);
        buf_printf(out, " %s", row.binding->help);
    } else if (row.kind == HELP_COMMAND) {
        command_text(&command_texts[row.entry], command);
        buf_printf(out, "%s %s", command, command_texts[row.entry].help);
    } else if (row.kind == HELP_LEGEND) {
        buf_printf(out, "%s %s", legend[row.entry].mark, legend[row.entry].meaning);
    }
}

static void help_heading(const struct view_context *context, struct pen *pen)
{
    (void)context;
    pen_skip(pen, 1);
    pen_text(pen, STYLE_HEADING, "Help");
}

static void draw_words(const struct view_context *context, struct pen *pen, enum style style,
                       const char *text)
{
    view_draw_text(context, pen, text, strlen(text), NULL, style, 0);
}

static void help_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    struct help_row row = help_row_of(id);
    char command[KEYS_COLS];
    (void)part;
    if (row.kind == HELP_EMPTY)
        return;
    pen_skip(pen, row.kind == HELP_TITLE ? 1 : 3);
    struct pen left = *pen;
    left.end = left.col + KEYS_COLS - 2;
    if (row.kind == HELP_TITLE) {
        draw_words(context, pen, STYLE_TITLE, row.title);
        return;
    }
    pen_skip(pen, KEYS_COLS);
    if (row.kind == HELP_KEY && row.binding) {
        struct buf keys;
        buf_init(&keys, 128);
        keys_text(row.binding, &keys);
        draw_words(context, &left, STYLE_KEY, buf_text(&keys));
        buf_fini(&keys);
        draw_words(context, pen, STYLE_TEXT, row.binding->help);
    } else if (row.kind == HELP_COMMAND) {
        command_text(&command_texts[row.entry], command);
        draw_words(context, &left, STYLE_KEY, command);
        draw_words(context, pen, STYLE_TEXT, command_texts[row.entry].help);
    } else if (row.kind == HELP_LEGEND) {
        draw_words(context, &left, legend[row.entry].style, legend[row.entry].mark);
        draw_words(context, pen, STYLE_TEXT, legend[row.entry].meaning);
    }
}

const struct view view_help = {
    .name = "help",
    .empty = "nothing in the help holds that text",
    .rows = help_rows,
    .text = help_text,
    .heading = help_heading,
    .row = help_row,
};
