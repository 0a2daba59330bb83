/*
 * What is alive in the app at work at two moments: made up, with rows of all kinds, and with names
 * that are longer than their columns.
 */
#include "config.h"
#include "tests/golden/fixture.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

static void add(struct live_census *census, uint32_t file, uint32_t line, const char *type,
                uint64_t count, int64_t bytes)
{
    char *name = mem_strdup(type);
    const struct live_row row = {file, line, name, count, bytes};
    live_census_add(census, &row);
    free(name);
}

static void set_mark(struct model *model)
{
    struct live_census census = {
        .realtime_ns = FIXTURE_REALTIME_NS - 200 * NS_PER_SECOND,
        .invocations = 4,
    };
    add(&census, 0, 27, "bytearray", 5, 5242880);
    add(&census, 0, 25, "bytes", 3, 61440);
    add(&census, 0, 38, "dict", 12, 4416);
    add(&census, 1, 3, "dict", 1, 232);
    add(&census, LIVE_ELSEWHERE, 0, "str", 61200, 5120000);
    add(&census, LIVE_ELSEWHERE, 0, "dict", 9120, 4812000);
    live_census_close(&census);
    live_ask(&model->live, true);
    live_answer(&model->live, &census);
}

static void compare(struct model *model)
{
    struct live_census census = {
        .realtime_ns = FIXTURE_REALTIME_NS,
        .invocations = 12,
    };
    add(&census, 0, 27, "bytearray", 1405, 13631488);
    add(&census, 0, 27, "list", 0, 11264);
    add(&census, 0, 25, "bytes", 1, 20480);
    add(&census, 0, 38, "dict", 1412, 332096);
    add(&census, 0, 38, "a_class_whose_name_is_longer_than_its_column", 7, 448);
    add(&census, 0, 26, "native", 3, 12288);
    add(&census, LIVE_ELSEWHERE, 0, "str", 61212, 5120900);
    add(&census, LIVE_ELSEWHERE, 0, "dict", 9020, 4802000);
    live_census_close(&census);
    live_ask(&model->live, false);
    live_answer(&model->live, &census);
}

struct model *fixture_marked(void)
{
    struct model *model = fixture_leaks();
    set_mark(model);
    return model;
}

struct model *fixture_live(void)
{
    struct model *model = fixture_marked();
    compare(model);
    return model;
}

struct model *fixture_live_asked(void)
{
    struct model *model = fixture_live();
    live_ask(&model->live, false);
    model->live.percent = 42;
    return model;
}

struct model *fixture_live_lost(void)
{
    struct model *model = fixture_live();
    live_lose(&model->live);
    return model;
}
