/*
 * What the tests of the display share: a model and a ui on it, with keys that are pressed at one
 * moment. Include it after cmocka.h.
 */
#ifndef TESTS_UNIT_UI_FIXTURE_H
#define TESTS_UNIT_UI_FIXTURE_H

#include "tests/golden/fixture.h"
#include "tui/keys.h"
#include "tui/ui.h"

static struct model *model;
static struct ui ui;
static uint64_t now_ns = FIXTURE_NOW_NS;

static inline int fixture_teardown(void **state)
{
    (void)state;
    ui_fini(&ui);
    model_free(model);
    return 0;
}

static inline enum ui_action press(int key)
{
    struct key_event event = {.key = key};
    return ui_key(&ui, model, event, now_ns, FIXTURE_REALTIME_NS);
}

#endif
