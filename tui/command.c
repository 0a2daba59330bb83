/*
 * What is typed after `:`. The commands are a table, for the help, for Tab and for the message that
 * names them; an expression that is no command is Python, where something is paused.
 */
#include "config.h"
#include "tui/act.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "tui/save.h"

const struct command_text command_texts[] = {
    {"mark-live", "", "count what is alive, by line and type: the mark"},
    {"diff-live", "", "count again: what is more and less since the mark"},
    {"save-screen", " FILE", "write the display into a file"},
    {"help", "", "this help"},
};
const size_t command_text_count = ARRAY_LEN(command_texts);

/* The command that the text is, without what follows its name, or NULL. */
static const struct command_text *find(const char *text)
{
    for (size_t i = 0; i < command_text_count; i++) {
        size_t len = strlen(command_texts[i].name);
        if (strncmp(text, command_texts[i].name, len) == 0 &&
            (text[len] == '\0' || (text[len] == ' ' && command_texts[i].argument[0])))
            return &command_texts[i];
    }
    return NULL;
}

bool command_is(const char *text)
{
    return find(text) && strcmp(text, "help") != 0;
}

static enum ui_action save(struct ui *ui, const char *path)
{
    model_set_text(&ui->save_path, path);
    if (*path)
        return UI_SAVE;
    ui_say(ui, STYLE_WARNING, "save-screen needs a file, as in save-screen x.txt");
    return UI_NOTHING;
}

static void say_unknown(struct ui *ui)
{
    char names[128] = "";
    for (size_t i = 0; i < command_text_count; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s%s", i ? ", " : "", command_texts[i].name,
                 command_texts[i].argument);
    }
    ui_say(ui, STYLE_TEXT, "nothing is paused; commands: %s", names);
}

enum ui_action command_accept(struct ui *ui, const struct model *model, const char *text)
{
    const struct command_text *command = find(text);
    if (save_command(text))
        return save(ui, save_command(text));
    if (!command) {
        if (*text)
            say_unknown(ui);
        return UI_NOTHING;
    }
    if (strcmp(command->name, "mark-live") == 0)
        return live_mark(ui, model);
    if (strcmp(command->name, "diff-live") == 0)
        return live_compare(ui, model);
    act_set_view(ui, VIEW_HELP);
    return UI_NOTHING;
}

const char *command_complete(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; len && i < command_text_count; i++)
        if (strcmp(command_texts[i].name, text) == 0)
            return command_texts[(i + 1) % command_text_count].name;
    for (size_t i = 0; i < command_text_count; i++)
        if (strncmp(command_texts[i].name, text, len) == 0)
            return command_texts[i].name;
    return NULL;
}
