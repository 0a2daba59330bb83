/* host/inquiry, host/holders_json, host/census_json: who holds what, and what is alive, asked of a
 * worker that is played here. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "host/census_json.h"
#include "host/inquiry.h"

static struct inquiry inquiry;
static struct model *model;
static unsigned asked, told, dropped;
static size_t last_len;
static char last_body[512];
static const char *why_not;
static bool is_gone;
static unsigned counted, collected, refreshed;
static bool collects; /* a collection is to be had */
static void (*on_collected)(void *context);
static void *collected_context;

static const char *hindrance(void *context)
{
    (void)context;
    return why_not;
}

static int on_send(void *context, const void *body, size_t len)
{
    (void)context;
    asked++;
    assert_true(len <= sizeof last_body);
    memcpy(last_body, body, len);
    last_len = len;
    return is_gone ? -1 : 0;
}

static int on_send_census(void *context)
{
    (void)context;
    counted++;
    return is_gone ? -1 : 0;
}

static bool on_collect(void *context, inquiry_done *done, void *done_context)
{
    (void)context;
    collected += collects;
    on_collected = done;
    collected_context = done_context;
    return collects;
}

static void on_refresh(void *context)
{
    (void)context;
    refreshed++;
}

static void on_drop(void *context)
{
    (void)context;
    dropped++;
}

static void on_done(void *context)
{
    (void)context;
    told++;
}

static struct file *make_file(const char *path)
{
    return file_new(path, "/app", "a\nb\nc\n", 6);
}

static int begin(void **state)
{
    const struct inquiry_ops ops = {.hindrance = hindrance,
                                    .send = on_send,
                                    .send_census = on_send_census,
                                    .drop = on_drop,
                                    .collect = on_collect,
                                    .refresh = on_refresh};
    (void)state;
    asked = told = dropped = counted = collected = refreshed = 0;
    collects = true;
    why_not = NULL;
    is_gone = false;
    model = model_new("/app");
    model_add_file(model, make_file("/app/a.py"));
    model_add_file(model, make_file("/app/b.py"));
    inquiry_init(&inquiry, &ops, model);
    return 0;
}

static int end(void **state)
{
    (void)state;
    model_free(model);
    return 0;
}

static void tell(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    inquiry_told(&inquiry, json, 0);
    json_decref(json);
}

static void set_leaks(size_t count)
{
    model->leaks.count = model->leaks.certain = count;
    for (size_t i = 0; i < count; i++)
        model->leaks.items[i] =
            (struct leak){.file = 1, .line = (uint32_t)i + 1, .state = LEAK_CERTAIN};
}

#define ANSWER                                                                                     \
    "{\"percent\": 100, \"faults\": 0, \"short\": false, \"lines\": [{\"question\": 0, \"line\": " \
    "2,"                                                                                           \
    "\"count\": 3, \"shallow_bytes\": 30, \"retained_bytes\": 40, \"oldest\": 4, \"newest\": 9,"   \
    "\"types\": [{\"name\": \"app.Session\", \"count\": 3, \"shallow_bytes\": 30,"                 \
    "\"retained_bytes\": 40, \"example\": null, \"chain\": \"app.A\"}],"                           \
    "\"chains\": [{\"text\": \"app.A[0]\", \"note\": \"deque(maxlen=3)\", \"bounded\": true, "     \
    "\"newest\": 9,"                                                                               \
    "\"count\": 3, \"bytes\": 40}]}]}"

static void test_a_line(void **state)
{
    const uint32_t head[2] = {2, 9};
    (void)state;
    inquiry_ask_line(&inquiry, 1, 2, 0);
    assert_int_equal(model->holders.state, HOLDERS_ASKED);
    assert_int_equal(last_len, sizeof head + 9);
    assert_memory_equal(last_body, head, sizeof head);
    assert_memory_equal(last_body + sizeof head, "/app/b.py", 9);
    tell("{\"percent\": 40}");
    assert_int_equal(model->holders.percent, 40);
    tell(ANSWER);
    const struct holders *holders = model_holders(model, 1, 2);
    assert_non_null(holders);
    assert_null(model_holders(model, 0, 2));
    assert_null(holders->problem);
    assert_int_equal(holders->count, 3);
    assert_int_equal(holders->retained_bytes, 40);
    assert_int_equal(holders->oldest_number, 4);
    assert_int_equal(holders->newest_number, 9);
    assert_int_equal(holders->type_count, 1);
    assert_string_equal(holders->types[0].name, "app.Session");
    assert_null(holders->types[0].example);
    assert_string_equal(holders->types[0].chain, "app.A");
    assert_int_equal(holders->chain_count, 1);
    assert_true(holders->chains[0].is_bounded);
    assert_int_equal(holders->chains[0].newest_number, 9);
    assert_string_equal(holders->chains[0].note, "deque(maxlen=3)");
}

static void test_a_plain_deque_is_no_note(void **state)
{
    (void)state;
    inquiry_ask_line(&inquiry, 1, 2, 0);
    tell("{\"percent\": 100, \"lines\": [{\"line\": 2, \"count\": 3, \"chains\": ["
         "{\"text\": \"app.A[0]\", \"note\": \"deque(maxlen=None), 1 in it\"},"
         "{\"text\": \"app.A[0]\", \"note\": \"deque(maxlen=None), 2 in it\"}]}]}");
    assert_int_equal(model->holders.chain_count, 1);
    assert_null(model->holders.chains[0].note);
}

static void test_what_is_not_ours(void **state)
{
    (void)state;
    tell(ANSWER);
    assert_int_equal(model->holders.state, HOLDERS_NONE);
    inquiry_ask_line(&inquiry, 1, 3, 0);
    tell("{\"percent\": -1}");
    tell("[]");
    assert_int_equal(model->holders.state, HOLDERS_ASKED);
    assert_int_equal(model->holders.percent, 0);
    tell(ANSWER); /* about another line */
    assert_int_equal(model->holders.state, HOLDERS_FAILED);
    assert_non_null(strstr(model->holders.problem, "something else"));
    inquiry_ask_line(&inquiry, 1, 3, 0);
    tell("{\"percent\": 100}");
    assert_int_equal(model->holders.state, HOLDERS_FAILED);
}

static void test_nonsense_is_cleaned(void **state)
{
    (void)state;
    inquiry_ask_line(&inquiry, 0, 1, 0);
    tell("{\"percent\": 100, \"faults\": 2, \"lines\": [{\"line\": 1, \"count\": -4,"
         "\"shallow_bytes\": \"x\", \"retained_bytes\": -1, \"types\": [7, {}, {\"name\": \"\"},"
         "{\"name\": \"a\\u001b[31mb\\n\", \"count\": 1e9}], \"chains\": {\"text\": 1}}]}");
    const struct holders *holders = model_holders(model, 0, 1);
    assert_non_null(holders);
    assert_int_equal(holders->count, 0);
    assert_int_equal(holders->retained_bytes, -1);
    assert_int_equal(holders->type_count, 1);
    assert_string_equal(holders->types[0].name, "a^[[31mb ");
    assert_int_equal(holders->chain_count, 0);
    assert_string_equal(holders->problem, "not all was looked at: 2 objects could not be read");
}

static void test_more_than_there_is_room_for(void **state)
{
    json_t *types = json_array(), *chains = json_array();
    char text[16];
    (void)state;
    for (int i = 0; i < 100; i++) {
        json_array_append_new(types, json_pack("{s:s}", "name", "t"));
        snprintf(text, sizeof text, "c[%d]", i);
        json_array_append_new(chains, json_pack("{s:s}", "text", text));
    }
    json_t *told_all = json_pack("{s:i, s:[{s:i, s:o, s:o}]}", "percent", 100, "lines", "line", 1,
                                 "types", types, "chains", chains);
    inquiry_ask_line(&inquiry, 0, 1, 0);
    inquiry_told(&inquiry, told_all, 0);
    json_decref(told_all);
    assert_int_equal(model->holders.type_count, HOLDERS_TYPES);
    assert_int_equal(model->holders.chain_count, HOLDERS_CHAINS);
}

static void test_stopped_by_the_user(void **state)
{
    (void)state;
    inquiry_ask_line(&inquiry, 1, 2, 0);
    inquiry_stop(&inquiry, 0);
    assert_int_equal(asked, 1);
    assert_int_equal(dropped, 1);
    assert_int_equal(model->holders.state, HOLDERS_NONE);
    inquiry_stop(&inquiry, 0);
    assert_int_equal(dropped, 1);
}

static void test_why_not(void **state)
{
    (void)state;
    why_not = "the program is stopped";
    inquiry_ask_line(&inquiry, 1, 2, 0);
    assert_int_equal(asked, 0);
    assert_int_equal(model->holders.state, HOLDERS_FAILED);
    assert_string_equal(model->holders.problem, why_not);
    set_leaks(1);
    assert_false(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    why_not = NULL;
    is_gone = true;
    inquiry_ask_line(&inquiry, 1, 2, 0);
    assert_string_equal(model->holders.problem, "the worker cannot be reached");
    assert_false(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    inquiry_ask_line(&inquiry, 77, 2, 0); /* no such file: nothing */
    assert_int_equal(told, 0);
}

static void test_the_worker_fails(void **state)
{
    (void)state;
    inquiry_ask_line(&inquiry, 1, 2, 0);
    tell("{\"percent\": 100, \"problem\": \"the walk was killed\"}");
    assert_int_equal(model->holders.state, HOLDERS_FAILED);
    assert_string_equal(model->holders.problem, "the walk was killed");
    set_leaks(2);
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    inquiry_fail(&inquiry, "the worker has ended", 0);
    assert_int_equal(told, 1);
    assert_int_equal(model->evidence.count, 2);
    assert_int_equal(model->evidence.lines[1].state, HOLDERS_FAILED);
    inquiry_fail(&inquiry, "the worker has ended", 0);
    assert_int_equal(told, 1);
}

static void test_patience(void **state)
{
    uint64_t now_ns = INQUIRY_PATIENCE_MS * NS_PER_MS;
    (void)state;
    inquiry_ask_line(&inquiry, 1, 2, 0);
    inquiry_tick(&inquiry, now_ns - 1);
    assert_int_equal(model->holders.state, HOLDERS_ASKED);
    inquiry_tick(&inquiry, now_ns);
    assert_int_equal(model->holders.state, HOLDERS_FAILED);
}

#define LEAK_LINE(n) "{\"line\": " #n ", \"count\": " #n "}"

static void test_leaks(void **state)
{
    (void)state;
    assert_false(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    assert_int_equal(asked, 0);
    set_leaks(2);
    model->leaks.items[1].state = LEAK_SUSPECT;
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    assert_false(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    assert_int_equal(inquiry.count, 1);
    tell("{\"percent\": 100, \"lines\": [" LEAK_LINE(1) "]}");
    assert_int_equal(told, 1);
    assert_non_null(model_holders(model, 1, 1));
}

/* In answer to the question that was sent last. */
static void tell_lines(void)
{
    json_t *json = json_pack("{s:i, s:[]}", "percent", 100, "lines");
    for (size_t i = 0; i < inquiry.count; i++)
        json_array_append_new(json_object_get(json, "lines"),
                              json_pack("{s:I}", "line", (json_int_t)inquiry.lines[i].line));
    inquiry_told(&inquiry, json, 0);
    json_decref(json);
}

/* More than one question has room for are asked about one after the other. */
static void test_many_leaks(void **state)
{
    (void)state;
    set_leaks(40);
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    assert_int_equal(inquiry.count, HOLDERS_LINES);
    tell_lines();
    tell_lines();
    assert_int_equal(told, 0);
    assert_int_equal(inquiry.count, 8);
    tell_lines();
    assert_int_equal(told, 1);
    assert_int_equal(asked, 3);
    assert_int_equal(model->evidence.count, 40);
    set_leaks(100);
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    for (unsigned i = 0; i < 4; i++)
        tell_lines();
    assert_int_equal(told, 2);
    assert_int_equal(model->evidence.count, HOLDERS_EVIDENCE);
    set_leaks(2); /* what leaks no more is forgotten, and what is known is not lost by a failure */
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    assert_int_equal(model->evidence.count, 2);
    inquiry_fail(&inquiry, "busy", 0);
    assert_non_null(model_holders(model, 1, 2));
    inquiry_worker_new(&inquiry);
    assert_int_equal(model->evidence.count, 0);
}

static void test_another_answer(void **state)
{
    (void)state;
    set_leaks(1);
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    tell("{\"percent\": 100, \"lines\": []}");
    assert_int_equal(told, 1);
    assert_int_equal(model->evidence.lines[0].state, HOLDERS_FAILED);
}

/* What is known of a limit is looked at again once there is more. */
static void test_a_limit_is_looked_at_again(void **state)
{
    (void)state;
    set_leaks(1);
    inquiry_watch(&inquiry, 0);
    tell("{\"percent\": 100, \"lines\": [{\"line\": 1, \"newest\": 9}]}");
    set_leaks(1);
    model->leaks.items[0].is_bounded = true;
    model->leaks.items[0].last_number = 9;
    inquiry_watch(&inquiry, 1);
    assert_int_equal(asked, 1);
    model->leaks.items[0].last_number = 10;
    inquiry_watch(&inquiry, 1);
    assert_int_equal(asked, 2);
}

/* The user asks while leaks are asked about: both are answered, the user's first. */
static void test_the_user_goes_first(void **state)
{
    (void)state;
    set_leaks(1);
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    inquiry_ask_line(&inquiry, 1, 2, 0);
    assert_int_equal(told, 0);
    tell(ANSWER);
    assert_int_equal(model->holders.state, HOLDERS_READY);
    assert_int_equal(asked, 3);
    assert_int_equal(told, 0);
    tell("{\"percent\": 100, \"lines\": [" LEAK_LINE(1) "]}");
    assert_int_equal(told, 1);
    assert_int_equal(model->evidence.count, 1);
    /* And the other way round. */
    inquiry_ask_line(&inquiry, 1, 2, 0);
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    model->leaks.count = 0; /* none leaks any more when it is their turn */
    inquiry_stop(&inquiry, 0);
    assert_int_equal(told, 2);
}

/* What leaks newly is asked about, and not all the time. */
static void test_watched(void **state)
{
    (void)state;
    inquiry_watch(&inquiry, 0);
    assert_int_equal(asked, 0);
    set_leaks(1);
    inquiry_watch(&inquiry, 0);
    inquiry_watch(&inquiry, 0);
    assert_int_equal(asked, 1);
    json_t *json = json_loads("{\"percent\": 100, \"lines\": [" LEAK_LINE(1) "]}", 0, NULL);
    inquiry_told(&inquiry, json, 10);
    json_decref(json);
    set_leaks(1);
    inquiry_watch(&inquiry, 1000);
    assert_int_equal(asked, 1); /* it is known */
    set_leaks(2);
    inquiry_watch(&inquiry, 209);
    assert_int_equal(asked, 1); /* too soon: the answer has taken 10 */
    inquiry_watch(&inquiry, 210);
    assert_int_equal(asked, 2);
}

/* What its holders have made a suspect is asked about as long as it is one. */
static void test_bounded(void **state)
{
    (void)state;
    set_leaks(1);
    model->leaks.items[0].state = LEAK_SUSPECT;
    assert_false(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    model->leaks.items[0].is_bounded = true;
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
}

/* ---- what is alive ---- */

#define CENSUS(rows)                                                                               \
    "{\"percent\": 100, \"faults\": 0, \"short\": false,"                                          \
    "\"paths\": [\"/app/b.py\", \"/not/ours.py\"], \"types\": [\"dict\", \"app.A\"], \"rows\": "   \
    "[" rows "], \"others\": {\"rows\": 2, \"count\": 20, \"bytes\": 200}}"

static void count(bool is_mark, const char *format)
{
    inquiry_ask_census(&inquiry, is_mark, 0);
    on_collected(collected_context);
    tell(format);
}

static void test_a_mark_and_what_is_alive_since(void **state)
{
    const struct live_pair *live = &model->live;
    (void)state;
    model->invocations.total = 7;
    model->invocations.running = 1;
    inquiry_ask_census(&inquiry, true, 0);
    assert_int_equal(live->state, LIVE_ASKED);
    assert_int_equal(collected, 1);
    assert_int_equal(counted, 0); /* garbage first */
    on_collected(collected_context);
    assert_int_equal(counted, 1);
    tell("{\"percent\": 40}");
    assert_int_equal(live->percent, 40);
    tell(CENSUS("[0, 3, 0, 10, 1000], [-1, 0, 1, 1, 10]"));
    assert_int_equal(live->state, LIVE_READY);
    assert_int_equal(live->mark.invocations, 6);
    assert_true(live->mark.realtime_ns > 0);
    assert_int_equal(live->mark.row_count, 2);
    assert_int_equal(live->mark.rows[0].file, 1);
    assert_int_equal(live->mark.others.count, 20);
    assert_int_equal(live->mark.other_rows, 2);
    count(false, CENSUS("[0, 3, 0, 110, 11000], [1, 9, 1, 1, 10]"));
    assert_int_equal(live->difference.count, 1); /* no file of the model's is elsewhere */
    assert_int_equal(live_change_count(&live->difference.changes[0]), 100);
    assert_int_equal(live_change_bytes(&live->difference.changes[0]), 10000);
    assert_string_equal(live->difference.changes[0].type, "dict");
    assert_int_equal(inquiry.about, INQUIRY_NOTHING);
}

static void test_no_collection_is_to_be_had(void **state)
{
    (void)state;
    collects = false;
    inquiry_ask_census(&inquiry, true, 0);
    assert_int_equal(counted, 1);
    tell(CENSUS(""));
    assert_true(model->live.mark.is_taken);
}

static void test_what_is_told_while_garbage_is_collected(void **state)
{
    (void)state;
    inquiry_ask_line(&inquiry, 1, 2, 0);
    inquiry_ask_census(&inquiry, true, 0);
    assert_int_equal(dropped, 1); /* the line's child */
    tell(CENSUS(""));
    tell("{\"percent\": 100, \"problem\": \"it was killed\"}");
    assert_int_equal(model->live.state, LIVE_ASKED);
    on_collected(collected_context);
    tell("{\"percent\": 7777}");
    assert_int_equal(model->live.state, LIVE_READY); /* of nothing: more than 99 is all */
    tell("{\"percent\": 100, \"problem\": \"once more\"}");
    assert_int_equal(model->live.state, LIVE_READY);
}

static void test_a_census_of_nonsense(void **state)
{
    const struct live_census *mark = &model->live.mark;
    (void)state;
    count(true,
          "{\"percent\": 100, \"faults\": 1, \"paths\": [7, \"/app/a.py\"],"
          "\"types\": [\"\", {}, \"x\\u001b[2J\"], \"others\": {\"rows\": -3, \"bytes\": 1e9},"
          "\"rows\": [7, [], [1, 1, 2], [1, 1, 2, -1, 5], [1, 1, 2, 1, 9223372036854775807],"
          "[1, 1, 0, 1, 5], [1, 1, 99, 1, 5], [0, 1, 2, 1, 5], [99, 1, 2, 1, 5], [1, -7, 2, 1, 5],"
          "[1, 4, 2, 1, 5]]}");
    assert_int_equal(mark->row_count, 2);
    assert_int_equal(mark->rows[0].file, 0);
    assert_int_equal(mark->rows[0].line, 4);
    assert_string_equal(mark->rows[0].type, "x^[[2J");
    assert_int_equal(mark->rows[1].file, LIVE_ELSEWHERE);
    assert_int_equal(mark->rows[1].line, 0);
    assert_int_equal(mark->rows[1].count, 3);
    assert_int_equal(mark->other_rows, 2); /* without a name */
    assert_int_equal(mark->others.bytes, 10);
    assert_string_equal(mark->problem, "not all was looked at: 1 object could not be read");
    count(true, "{\"percent\": 100, \"rows\": {\"a\": 1}, \"types\": 4}");
    assert_int_equal(mark->row_count, 0);
}

static void test_a_census_of_more_than_there_is_room_for(void **state)
{
    json_t *rows = json_array();
    (void)state;
    for (int i = 0; i < CENSUS_ROWS + 5; i++)
        json_array_append_new(rows, json_pack("[i,i,i,i,i]", 0, i + 1, 0, 1, 8));
    inquiry_ask_census(&inquiry, true, 0);
    on_collected(collected_context);
    json_t *told_all = json_pack("{s:i, s:[s], s:[s], s:o}", "percent", 100, "paths", "/app/a.py",
                                 "types", "dict", "rows", rows);
    inquiry_told(&inquiry, told_all, 0);
    json_decref(told_all);
    assert_int_equal(model->live.mark.row_count, CENSUS_ROWS);
    assert_int_equal(model->live.mark.other_rows, 5);
    assert_int_equal(model->live.mark.others.bytes, 40);
}

static void test_a_census_is_stopped(void **state)
{
    (void)state;
    inquiry_ask_census(&inquiry, true, 0);
    inquiry_stop_census(&inquiry, 0);
    assert_int_equal(model->live.state, LIVE_NONE);
    assert_int_equal(dropped, 2);
    inquiry_ask_census(&inquiry, true, 0);
    assert_int_equal(collected, 1); /* the one that goes on will do */
    on_collected(collected_context);
    assert_int_equal(counted, 1);
    inquiry_stop_census(&inquiry, 0);
    tell(CENSUS(""));
    assert_false(model->live.mark.is_taken);
    on_collected(collected_context); /* nobody waits for it */
    assert_int_equal(counted, 1);
    inquiry_stop_census(&inquiry, 0);
    assert_int_equal(dropped, 4);
}

static void test_why_nothing_is_counted(void **state)
{
    (void)state;
    why_not = "the program is stopped";
    inquiry_ask_census(&inquiry, true, 0);
    assert_int_equal(model->live.state, LIVE_FAILED);
    assert_string_equal(model->live.problem, why_not);
    assert_int_equal(collected, 0);
    why_not = NULL;
    inquiry_ask_census(&inquiry, true, 0);
    why_not = "the program is stopped"; /* while the garbage was collected */
    on_collected(collected_context);
    assert_string_equal(model->live.problem, why_not);
    why_not = NULL;
    is_gone = true;
    inquiry_ask_census(&inquiry, true, 0);
    on_collected(collected_context);
    assert_string_equal(model->live.problem, "the worker cannot be reached");
    is_gone = false;
    count(true, "{\"percent\": 100, \"problem\": \"it was killed\"}");
    assert_string_equal(model->live.problem, "it was killed");
    inquiry_ask_census(&inquiry, true, 0);
    on_collected(collected_context);
    inquiry_tick(&inquiry, inquiry.heard_ns + INQUIRY_PATIENCE_MS * NS_PER_MS);
    assert_int_equal(model->live.state, LIVE_FAILED);
}

static void test_the_worker_with_the_mark_is_gone(void **state)
{
    (void)state;
    count(true, CENSUS("[0, 3, 0, 10, 1000]"));
    inquiry_ask_census(&inquiry, false, 0);
    inquiry_worker_gone(&inquiry, "the worker has ended", 0);
    assert_int_equal(model->live.state, LIVE_FAILED);
    assert_true(model->live.is_lost);
    assert_false(model->live.mark.is_taken);
    on_collected(collected_context);
    assert_int_equal(counted, 1);
}

static void test_the_collector_is_not_waited_for_long(void **state)
{
    (void)state;
    inquiry_ask_census(&inquiry, true, 0);
    inquiry_tick(&inquiry, INQUIRY_COLLECT_MS * NS_PER_MS - 1);
    assert_int_equal(counted, 0);
    inquiry_tick(&inquiry, INQUIRY_COLLECT_MS * NS_PER_MS);
    assert_int_equal(counted, 1);
    on_collected(collected_context);
    assert_int_equal(counted, 1); /* it was asked already */
    tell(CENSUS(""));
    assert_true(model->live.mark.is_taken);
    assert_int_equal(refreshed, 1);
}

/* One question at a time; that about leaks is asked again. */
static void test_a_census_among_other_questions(void **state)
{
    (void)state;
    set_leaks(1);
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0));
    inquiry_ask_line(&inquiry, 1, 2, 0);
    inquiry_ask_census(&inquiry, true, 0);
    assert_int_equal(model->holders.state, HOLDERS_FAILED);
    on_collected(collected_context);
    tell(CENSUS(""));
    assert_int_equal(inquiry.about, INQUIRY_LEAKS);
    tell("{\"percent\": 100, \"lines\": [" LEAK_LINE(1) "]}");
    assert_int_equal(told, 1);
    set_leaks(1);
    inquiry_ask_census(&inquiry, false, 0);
    assert_true(inquiry_ask_leaks(&inquiry, on_done, NULL, 0)); /* waits */
    assert_int_equal(inquiry.about, INQUIRY_CENSUS);
    inquiry_ask_line(&inquiry, 1, 2, 0);
    assert_int_equal(model->live.state, LIVE_FAILED);
    on_collected(collected_context);
    assert_int_equal(counted, 1);
    tell(ANSWER);
    assert_int_equal(model->holders.state, HOLDERS_READY);
    assert_int_equal(inquiry.about, INQUIRY_LEAKS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_a_line),
        TEST(test_a_plain_deque_is_no_note),
        TEST(test_what_is_not_ours),
        TEST(test_nonsense_is_cleaned),
        TEST(test_more_than_there_is_room_for),
        TEST(test_stopped_by_the_user),
        TEST(test_why_not),
        TEST(test_the_worker_fails),
        TEST(test_patience),
        TEST(test_leaks),
        TEST(test_many_leaks),
        TEST(test_another_answer),
        TEST(test_a_limit_is_looked_at_again),
        TEST(test_the_user_goes_first),
        TEST(test_watched),
        TEST(test_bounded),
        TEST(test_a_mark_and_what_is_alive_since),
        TEST(test_no_collection_is_to_be_had),
        TEST(test_what_is_told_while_garbage_is_collected),
        TEST(test_a_census_of_nonsense),
        TEST(test_a_census_of_more_than_there_is_room_for),
        TEST(test_a_census_is_stopped),
        TEST(test_why_nothing_is_counted),
        TEST(test_the_worker_with_the_mark_is_gone),
        TEST(test_the_collector_is_not_waited_for_long),
        TEST(test_a_census_among_other_questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
