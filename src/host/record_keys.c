/*
 * A recording that is there is only written over where one says so, with words: replace FILE.
 */
#include "config.h"
#include "host/record_keys.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/recording.h"
#include "tui/format.h"

#define REPLACE "replace "

static void ask(struct ui *ui)
{
    char *path = recorder_default_path();
    ui_ask_recording(ui, path);
    free(path);
}

static void begin(struct recorder *recorder, struct ui *ui)
{
    struct error error;
    const char *text = ui->record_path;
    bool replace = strncmp(text, REPLACE, strlen(REPLACE)) == 0;
    const char *path = replace ? text + strlen(REPLACE) : text;
    if (recorder_begin_file(recorder, path, replace, &error) == 0)
        ui_say(ui, STYLE_GOOD, "recording into %s, with what was before; x ends it", path);
    else if (error.status == EXIT_STATUS_USAGE) /* a recording is there */
        ui_say(ui, STYLE_WARNING, "%s; x and '" REPLACE "%s' writes over it", error.text, path);
    else
        ui_say(ui, STYLE_ERROR, "%s", error.text);
}

static void end(struct recorder *recorder, struct ui *ui)
{
    struct error error;
    struct recording_size size = {0, 0};
    char bytes[FORMAT_SIZE];
    char *path = mem_strdup(recorder_file(recorder));
    int result = recorder_end_file(recorder, &size, &error);
    format_size(bytes, size.bytes);
    if (result)
        ui_say(ui, STYLE_ERROR, "%s", error.text);
    else
        ui_say(ui, STYLE_GOOD, "the recording is in %s: %" PRIu64 " event%s, %s", path, size.events,
               size.events == 1 ? "" : "s", bytes);
    free(path);
}

static void mark(struct recorder *recorder, const struct ui *ui, const struct model *model)
{
    const struct invocation *invocation = ui_find_invocation(model, ui->mark);
    if (invocation)
        recorder_mark(recorder, invocation);
}

bool record_keys_act(struct recorder *recorder, struct ui *ui, const struct model *model,
                     enum ui_action action)
{
    switch (action) {
    case UI_MARK: mark(recorder, ui, model); return true;
    case UI_RECORD:
        if (recorder_file(recorder))
            end(recorder, ui);
        else
            ask(ui);
        return true;
    case UI_RECORD_INTO: begin(recorder, ui); return true;
    default: return false;
    }
}

void record_keys_failed(void *ui, const char *text)
{
    ui_say(ui, STYLE_ERROR, "%s; nothing more is recorded there", text);
}
