/*
 * `r` and `R`: running a function. What that takes depends on its trigger. A request is sent as
 * soon as it is known; where the route has parameters that nobody can guess, it is asked for. A
 * timer takes nothing. Every other function takes a payload, which is asked for: it begins with the
 * last one that was sent, or with the sample that lies beside the function.
 *
 * From the key to the last prompt's Enter the function is known by its name, for the model may
 * describe its functions anew in between.
 */
#include "config.h"
#include "tui/act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "tui/format.h"
#include "tui/view.h"

uint64_t ui_function_id(struct ui *ui, const char *name)
{
    for (size_t i = 0; i < ui->known_count; i++) {
        if (strcmp(ui->known[i].name, name) == 0)
            return i;
    }
    ui->known = mem_resize(ui->known, ui->known_count + 1, sizeof *ui->known);
    ui->known[ui->known_count] = (struct known_function){.name = mem_strdup(name)};
    return ui->known_count++;
}

static struct known_function *remembered(struct ui *ui, const struct model_function *function)
{
    uint64_t id = ui_function_id(ui, function->name); /* may move the array */
    return &ui->known[id];
}

const struct model_function *ui_find_function(const struct ui *ui, const struct model *model,
                                              uint64_t id)
{
    return id < ui->known_count ? model_find_function(model, ui->known[id].name) : NULL;
}

/* The function that `r` was pressed for; says so where it is gone by now. */
static const struct model_function *wanted_function(struct ui *ui, const struct model *model)
{
    const struct model_function *function =
        ui->run_name ? model_find_function(model, ui->run_name) : NULL;
    if (!function)
        ui_say(ui, STYLE_WARNING, "the app has no function %s any more",
               ui->run_name ? ui->run_name : "");
    return function;
}

static enum ui_action send_line(struct ui *ui, const struct model *model,
                                const struct model_function *function, const char *line)
{
    model_set_text(&ui->line, line);
    ui->function = (size_t)(function - model->functions);
    return UI_REQUEST;
}

static enum ui_action send_payload(struct ui *ui, const struct model *model,
                                   const struct model_function *function, const char *payload)
{
    model_set_text(&ui->payload, payload);
    ui->function = (size_t)(function - model->functions);
    return UI_RUN;
}

/* "GET /api/items/{id}": the method and the template, to be filled in. */
static char *line_template(const struct model *model, const struct model_function *function)
{
    const char *url = function->url;
    const char *methods = function->methods ? function->methods : "GET";
    size_t base_len = strlen(model->base_url);
    if (strncmp(url, model->base_url, base_len) == 0)
        url += base_len;
    return mem_printf("%.*s %s", (int)strcspn(methods, ","), methods, *url ? url : "/");
}

static void ask_for_line(struct ui *ui, const struct model *model,
                         const struct model_function *function)
{
    const char *last = remembered(ui, function)->line;
    char *line = last ? mem_strdup(last) : line_template(model, function);
    prompt_open_with(ui, PROMPT_LINE, line);
    free(line);
}

static void ask_for_payload(struct ui *ui, const struct model_function *function)
{
    const char *last = remembered(ui, function)->payload;
    prompt_open_with(ui, PROMPT_PAYLOAD, last ? last : function->sample);
}

void run_ask_series(struct ui *ui)
{
    char text[FORMAT_SIZE];
    unsigned count = ui->series_count ? ui->series_count : UI_SERIES_DEFAULT;
    snprintf(text, sizeof text, "%u x %u", count, ui->at_once);
    prompt_open_with(ui, PROMPT_REQUESTS, text);
    ui->prefill_waits = true;
}

/* A number from 1 to `most`, with blanks around it; NULL where there is none, else what follows. */
static const char *parse_number(const char *text, unsigned long most, unsigned *number)
{
    char *end;
    text += strspn(text, " ");
    if (*text < '0' || *text > '9')
        return NULL;
    unsigned long value = strtoul(text, &end, 10);
    if (value < 1 || value > most)
        return NULL;
    *number = (unsigned)value;
    return end + strspn(end, " ");
}

enum ui_action run_accept_series(struct ui *ui, const struct model *model, const char *text)
{
    unsigned count, at_once = ui->at_once;
    if (!text[strspn(text, " ")])
        return UI_NOTHING;
    const char *rest = parse_number(text, UI_REQUESTS_MAX, &count);
    if (rest && *rest == 'x')
        rest = parse_number(rest + 1, UI_AT_ONCE_MAX, &at_once);
    if (!rest || *rest) {
        ui_say(ui, STYLE_WARNING,
               "not sent: 1 to %d times, 1 to %d of them at once, please, as in 12 x 1",
               UI_REQUESTS_MAX, UI_AT_ONCE_MAX);
        return UI_NOTHING;
    }
    ui->requests = ui->series_count = count;
    ui->at_once = at_once;
    return run_start(ui, model);
}

/* The newest invocations first, unless one reads of others there. */
static void show_newest_evidence(struct ui *ui)
{
    struct list *list = &ui->lists[VIEW_EVIDENCE];
    if (ui->focus == VIEW_EVIDENCE)
        return;
    list->cursor = list->top = 0;
    list->skip = 0;
    list->hold = HOLD_FIRST;
}

void ui_show_verdict(struct ui *ui, const struct model *model)
{
    ui->dirty = true;
    ui->leaks_asked = 0; /* of lines that leaked before, too, more is held now */
    if (!model->heap.is_on || ui->frozen || ui->replay.is_on || ui->prompt != PROMPT_NONE ||
        model->stop.is_stopped)
        return;
    show_newest_evidence(ui);
    if (ui->view != VIEW_LEAKS)
        act_set_view(ui, VIEW_LEAKS);
}

enum ui_action run_start(struct ui *ui, const struct model *model)
{
    const struct model_function *function = wanted_function(ui, model);
    if (!function)
        return UI_NOTHING;
    if (function->request)
        return send_line(ui, model, function, function->request);
    if (strcasecmp(function->trigger, "timerTrigger") == 0)
        return send_payload(ui, model, function, "");
    if (function->url)
        ask_for_line(ui, model, function);
    else
        ask_for_payload(ui, function);
    return UI_NOTHING;
}

/* Is it "METHOD /path"? What is wrong is said. */
static bool check_line(struct ui *ui, const char *line)
{
    size_t method_len = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    const char *path = line + method_len + strspn(line + method_len, " ");
    if (method_len == 0 || path[0] != '/' || path == line + method_len)
        ui_say(ui, STYLE_WARNING, "not sent: a method and a path are wanted, as in GET /api/X");
    else if (strchr(path, '{'))
        ui_say(ui, STYLE_WARNING, "not sent: put a value in the place of %.*s",
               (int)strcspn(strchr(path, '{'), "/?&"), strchr(path, '{'));
    else if (strchr(path, ' '))
        ui_say(ui, STYLE_WARNING, "not sent: a space in a path is written %%20");
    else
        return true;
    return false;
}

enum ui_action run_accept(struct ui *ui, const struct model *model, enum prompt prompt,
                          const char *text)
{
    const struct model_function *function = wanted_function(ui, model);
    if (!function)
        return UI_NOTHING;
    struct known_function *known = remembered(ui, function);
    if (prompt == PROMPT_PAYLOAD) {
        model_set_text(&known->payload, text);
        return send_payload(ui, model, function, text);
    }
    model_set_text(&known->line, text);
    return check_line(ui, text) ? send_line(ui, model, function, text) : UI_NOTHING;
}
