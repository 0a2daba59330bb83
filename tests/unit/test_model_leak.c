/*
 * model/leak: leaks, and what only looks like them. A run of a worker is played: what each
 * invocation takes and gives back of a line is put into the model's table as the drain would, and
 * it is judged after each of them.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "model/model.h"

enum { RUN_MAX = 400, WINDOW_LEFT = 64, LINE = 7, KIB = 1024 };

/* What is alive of the line: by invocation, and of none. */
static struct run {
    struct model *model;
    struct kept_line *line;
    uint64_t now; /* number of the invocation that runs */
    size_t place[RUN_MAX + 1];
    int64_t alive[RUN_MAX + 1], other[RUN_MAX + 1];
    bool is_told_apart[RUN_MAX + 1];
    int64_t outside;
    bool has_run; /* the invocation has, the line */
    uint64_t seed;
} run;

/* ---- what a step may do ---- */

static void keep(int64_t bytes)
{
    run.alive[run.now] += bytes;
    run.has_run = true;
}

static void drop(uint64_t number)
{
    if (number >= 1 && number <= RUN_MAX)
        run.alive[number] = run.other[number] = 0;
}

static uint64_t below(uint64_t limit)
{
    run.seed = run.seed * 6364136223846793005u + 1442695040888963407u;
    return (run.seed >> 33) % limit;
}

/* ---- the run ---- */

static size_t find_place(void)
{
    struct kept *kept = &run.model->kept;
    for (size_t i = 0; i < KEPT_WINDOW; i++)
        if (kept->invocations[i].number == KEPT_NOBODY)
            return i;
    for (size_t i = 0; i < KEPT_WINDOW; i++) { /* as the worker does: all older ones at once */
        uint64_t number = kept->invocations[i].number;
        if (run.now - number <= WINDOW_LEFT)
            continue;
        kept->invocations[i] = (struct kept_invocation){.number = KEPT_NOBODY};
        run.line->left_bytes[i] = run.line->alive_bytes[i] = run.line->alive_other_bytes[i] = 0;
        run.is_told_apart[number] = false;
    }
    return find_place();
}

static void publish(void)
{
    run.line->earlier_bytes = run.outside;
    for (uint64_t i = 1; i <= run.now; i++) {
        if (!run.is_told_apart[i]) {
            run.line->earlier_bytes += run.alive[i];
            continue;
        }
        run.line->alive_bytes[run.place[i]] = run.alive[i];
        run.line->alive_other_bytes[run.place[i]] = run.other[i];
    }
}

static void begin(const char *function)
{
    struct model *model = run.model;
    run.now++;
    size_t place = run.place[run.now] = find_place();
    run.is_told_apart[run.now] = true;
    model->kept.invocations[place] = (struct kept_invocation){run.now, true, 0};
    if (run.now < model->kept.first_number)
        model->kept.first_number = run.now;
    invocations_add(&model->invocations, run.now, "", function, "");
    run.has_run = false;
}

static void end(bool is_moment)
{
    struct model *model = run.model;
    struct invocation *invocation = invocations_find(&model->invocations, run.now);
    const struct line_stats stats = {.occurrences = 1};
    size_t place = run.place[run.now];
    if (run.has_run)
        invocation_set_line(invocation, 0, LINE, &stats);
    invocations_end(&model->invocations, invocation, OUTCOME_SUCCEEDED, 200, 0, NULL);
    model->kept.invocations[place].is_running = false;
    publish();
    run.line->left_bytes[place] = run.alive[run.now];
    if (is_moment)
        kept_add_moment(&model->kept, run.now, true);
    leaks_judge(model, &model->leaks);
}

static void open_run(void)
{
    run = (struct run){.model = model_new("/app"), .seed = 1};
    kept_reserve(&run.model->kept, 1);
    run.line = run.model->kept.lines;
    run.line->line = LINE;
}

static void close_run(void)
{
    model_free(run.model);
}

static const struct leak *verdict(void)
{
    return leaks_find(&run.model->leaks, 0, LINE);
}

static bool is_certain(void)
{
    const struct leak *leak = verdict();
    return leak && leak->state == LEAK_CERTAIN;
}

/* ---- leaks ---- */

static void each(void)
{
    keep(2 * KIB);
}

/* Most of what it leaves is gone with the next. */
static void each_beside_more(void)
{
    drop(run.now - 4);
    for (uint64_t i = run.now - 1; i > 0 && i + 3 >= run.now; i--)
        run.alive[i] = 2 * KIB;
    keep(run.now == 1 ? 200 << 20 : 1 << 20);
    if (run.now > 4)
        run.alive[run.now - 4] = 2 * KIB;
}

static void every_third(void)
{
    if (run.now % 3 == 0)
        keep(KIB);
}

/* The line runs always, and what it leaves otherwise is freed by the next. */
static void every_third_of_what_is_left(void)
{
    if (run.now > 1 && (run.now - 1) % 3)
        drop(run.now - 1);
    keep(KIB);
}

static void on_errors(void)
{
    if (run.now % 7 == 3)
        keep(100);
}

static void native(void)
{
    keep(KIB);
    run.other[run.now] = KIB - 24;
}

static void grows(void)
{
    drop(run.now - 1);
    keep((int64_t)run.now * 5000);
}

/* A bytearray takes more at a time than it needs. */
static void grows_in_steps(void)
{
    static int64_t size;
    int64_t wanted = (int64_t)run.now * 1000;
    run.has_run = true;
    if (run.now == 1)
        size = 0;
    if (wanted <= size)
        return;
    for (uint64_t i = 1; i < run.now; i++)
        drop(i);
    size = wanted + wanted / 8;
    keep(size);
}

static void threads(void)
{
    run.outside += 3000;
}

struct leak_case {
    const char *name;
    void (*step)(void);
    uint64_t found; /* certain after that many, and from then on */
    uint32_t kept, of;
    int64_t bytes;
    bool is_native, is_outside;
    uint64_t
        until; /* so many; 0: 300. Then it grows too seldom to be told from what happens once */
};

static const struct leak_case leak_cases[] = {
    {"each", each, 10, 5, 5, 2 * KIB, false, false, 0},
    {"each, beside more", each_beside_more, 10, 5, 5, 2 * KIB, false, false, 0},
    {"every third", every_third, 12, 3, 3, KIB, false, false, 0},
    {"every third of what is left", every_third_of_what_is_left, 27, 8, 22, KIB, false, false, 0},
    {"on errors", on_errors, 24, 3, 3, 100, false, false, 0},
    {"native", native, 10, 5, 5, KIB, true, false, 0},
    {"grows", grows, 7, 0, 0, 5000, false, false, 0},
    {"grows in steps", grows_in_steps, 7, 0, 0, 0, false, false, 240},
    {"threads", threads, 7, 0, 0, 3000, false, true, 0},
};

static void find_leak(const struct leak_case *leak_case)
{
    open_run();
    for (uint64_t number = 1; number <= (leak_case->until ? leak_case->until : 300); number++) {
        begin("F");
        leak_case->step();
        end(true);
        if (is_certain() != (number >= leak_case->found))
            fail_msg("%s: %s after %u invocations", leak_case->name,
                     is_certain() ? "a leak" : "no leak", (unsigned)number);
        const struct leak *leak = verdict();
        if (number != leak_case->found)
            continue;
        if (leak->kept != leak_case->kept || leak->of != leak_case->of ||
            (leak_case->bytes && leak->bytes_per_invocation != leak_case->bytes) ||
            leak->is_native != leak_case->is_native || leak->is_outside != leak_case->is_outside)
            fail_msg("%s: %u of %u, %d bytes, native %d, outside %d", leak_case->name, leak->kept,
                     leak->of, (int)leak->bytes_per_invocation, leak->is_native, leak->is_outside);
    }
    close_run();
}

static void test_leaks(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(leak_cases); i++)
        find_leak(&leak_cases[i]);
}

/* ---- what looks like a leak ---- */

static void at_first(void)
{
    if (run.now <= 2)
        keep(1 << 20);
}

/* Who finds it there does not run the line. */
static void fills(void)
{
    if (run.now <= 6)
        keep(KIB);
}

static void fills_many(void)
{
    if (run.now <= 40)
        keep(KIB);
}

static void hands_over(void)
{
    keep(KIB);
    drop(run.now - 1);
}

static void frees_three_later(void)
{
    keep(KIB);
    drop(run.now - 3);
}

static void ring_of_four(void)
{
    keep(KIB);
    drop(run.now - 4);
}

static void ring_of_six(void)
{
    keep(KIB);
    drop(run.now - 6);
}

static void ring_of_fifty(void)
{
    keep(KIB);
    drop(run.now - 50);
}

static void lru(void)
{
    keep(KIB);
    drop(run.now - 100);
}

static void random_of(uint64_t keys)
{
    static uint64_t owner[64];
    if (run.now == 1)
        memset(owner, 0, sizeof owner);
    uint64_t key = below(keys);
    drop(owner[key]);
    owner[key] = run.now;
    keep(KIB);
}

static void random_of_three(void)
{
    random_of(3);
}

static void random_of_thirty(void)
{
    random_of(30);
}

/* A buffer that is as large as the largest was. */
static void high_water(void)
{
    static uint64_t most;
    uint64_t size = below(1000);
    most = run.now == 1 ? 0 : most;
    run.has_run = true;
    if (size <= most)
        return;
    most = size;
    for (uint64_t i = 1; i < run.now; i++)
        drop(i);
    keep((int64_t)size);
}

static void as_large_as_it_comes(void)
{
    drop(run.now - 1);
    keep((int64_t)below(1 << 20) + 1);
}

/* A text with a number in it. */
static void by_a_digit(void)
{
    drop(run.now - 1);
    keep(100000 + (int64_t)run.now);
}

static void threads_queue(void)
{
    run.outside = run.now % 4 * KIB;
}

static void threads_fill(void)
{
    run.outside = (int64_t)(run.now < 5 ? run.now : 5) * KIB;
}

/* Flushed as a whole. */
static void in_batches(void)
{
    if (run.now % 5 == 0)
        for (uint64_t i = 1; i < run.now; i++)
            drop(i);
    keep(KIB);
}

struct calm_case {
    const char *name;
    void (*step)(void);
    uint64_t from; /* no leak from that many on; before, nobody can tell */
};

static const struct calm_case calm_cases[] = {
    {"at first", at_first, 1},
    {"fills", fills, 1},
    {"fills with many", fills_many, 64},
    {"hands over", hands_over, 1},
    {"frees three later", frees_three_later, 1},
    {"ring of four", ring_of_four, 1},
    {"ring of six", ring_of_six, 1},
    {"ring of fifty", ring_of_fifty, 53},
    {"LRU of 100", lru, 150},
    {"random of three", random_of_three, 1},
    {"random of thirty", random_of_thirty, 60},
    {"high water", high_water, 1},
    {"as large as it comes", as_large_as_it_comes, 1},
    {"by a digit", by_a_digit, 1},
    {"threads with a queue", threads_queue, 1},
    {"threads that fill", threads_fill, 1},
    {"in batches", in_batches, 1},
};

static void find_none(const struct calm_case *calm, unsigned stride)
{
    open_run();
    for (uint64_t number = 1; number <= RUN_MAX; number++) {
        begin("F");
        calm->step();
        end(number % stride == 0);
        if (number >= calm->from && is_certain())
            fail_msg("%s: a leak after %u invocations: %u of %u", calm->name, (unsigned)number,
                     verdict()->kept, verdict()->of);
    }
    close_run();
}

static void test_lookalikes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(calm_cases); i++) {
        find_none(&calm_cases[i], 1);
        find_none(&calm_cases[i], 5);
    }
}

/* ---- the rest ---- */

/* What the collector has not gone over may be a cycle. */
static void test_a_collection_is_wanted(void **state)
{
    (void)state;
    open_run();
    for (int i = 0; i < 20; i++) {
        begin("F");
        keep(KIB);
        end(false);
        assert_false(is_certain());
    }
    assert_non_null(verdict()); /* but suspected */
    begin("F");
    for (uint64_t i = 1; i < run.now; i++)
        drop(i);
    end(true);
    assert_null(verdict());
    close_run();
}

static void test_it_is_older_than_the_collection(void **state)
{
    (void)state;
    open_run();
    for (int i = 0; i < 8; i++) {
        begin("F");
        keep(KIB);
        end(i == 0);
    }
    for (int i = 0; i < 8; i++) {
        assert_false(is_certain());
        begin("F");
        keep(KIB);
        end(false);
    }
    begin("F");
    end(true);
    assert_true(is_certain());
    close_run();
}

/* Each function warms up for itself, however late it is called first. */
static void test_warm_up_of_each_function(void **state)
{
    (void)state;
    open_run();
    for (int i = 0; i < 20; i++) {
        bool is_late = i >= 10;
        begin(is_late && i % 2 ? "Late" : "F");
        if (is_late && i % 2 && i < 14)
            keep(KIB);
        end(true);
        assert_false(is_certain());
    }
    assert_null(verdict());
    close_run();
}

/* A new worker begins anew, though numbers go on. */
static void test_warm_up_of_another_worker(void **state)
{
    (void)state;
    open_run();
    for (int i = 0; i < 20; i++) {
        begin("F");
        keep(KIB);
        end(true);
    }
    assert_true(is_certain());
    model_forget_retained(run.model);
    assert_null(verdict());
    memset(run.is_told_apart, 0, sizeof run.is_told_apart);
    memset(run.alive, 0, sizeof run.alive);
    kept_reserve(&run.model->kept, 1);
    run.line = run.model->kept.lines;
    run.line->line = LINE;
    for (uint64_t i = 1; i <= 12; i++) {
        begin("F");
        if (i <= 2)
            keep(1 << 20);
        end(true);
    }
    assert_null(verdict());
    close_run();
}

/* Where no first number was recorded, those after the load are the worker's: neither are all of
 * them too early to count, nor those of the worker before taken for the first. */
static void test_warm_up_where_no_number_is_known(void **state)
{
    (void)state;
    open_run();
    for (int worker = 0; worker < 2; worker++) {
        invocations_add(&run.model->invocations, 0, "", "load", "");
        for (int i = 0; i < 8; i++) {
            begin("F");
            end(true);
        }
    }
    for (int is_known = 1; is_known >= 0; is_known--) {
        run.model->kept.first_number = is_known ? 9 : KEPT_NOBODY;
        for (uint64_t number = 9; number <= 16; number++)
            assert_int_equal(leaks_role(run.model, number), number <= 10   ? LEAK_ROLE_FIRST
                                                            : number <= 13 ? LEAK_ROLE_EVIDENCE
                                                                           : LEAK_ROLE_NEWEST);
    }
    close_run();
}

/* Other functions' invocations say nothing about a line that they do not run. */
static void test_among_many_of_other_functions(void **state)
{
    (void)state;
    open_run();
    for (int i = 0; i < 60; i++) {
        begin(i % 4 ? "Other" : "F");
        if (i % 4 == 0)
            keep(KIB);
        end(true);
    }
    assert_true(is_certain());
    assert_int_equal(verdict()->kept, verdict()->of);
    assert_int_equal(verdict()->first_number, 9);
    assert_int_equal(verdict()->last_number, 57);
    assert_int_equal(verdict()->alive_bytes, 15 * KIB);
    close_run();
}

static void test_order(void **state)
{
    (void)state;
    static const uint32_t wanted[] = {3, 1, 2};
    open_run();
    kept_reserve(&run.model->kept, 3);
    for (uint64_t i = 1; i <= 12; i++) {
        begin("F");
        run.line = run.model->kept.lines;
        struct kept_line *lines = run.line;
        for (uint32_t line = 0; line < 3; line++) {
            lines[line].line = line + 1;
            lines[line].left_bytes[run.place[i]] = (int64_t)(line + 1) * 100;
        }
        lines[0].alive_bytes[run.place[i]] = 200;
        lines[2].alive_bytes[run.place[i]] = 300;
        struct invocation *invocation = invocations_find(&run.model->invocations, i);
        invocations_end(&run.model->invocations, invocation, OUTCOME_SUCCEEDED, 200, 0, NULL);
        run.model->kept.invocations[run.place[i]].is_running = false;
        kept_add_moment(&run.model->kept, i, true);
    }
    struct kept_line *second = &run.model->kept.lines[1];
    for (uint64_t i = 1; i <= 12; i++) /* too few for more than a suspicion */
        second->left_bytes[run.place[i]] = second->alive_bytes[run.place[i]] =
            i == 3 || i == 9 ? 900 : 0;
    leaks_judge(run.model, &run.model->leaks);
    assert_int_equal(run.model->leaks.count, 3);
    assert_int_equal(run.model->leaks.certain, 2);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(run.model->leaks.items[i].line, wanted[i]);
    close_run();
}

static void add_chain(struct holders *holders, bool is_bounded, int64_t bytes)
{
    uint64_t newest = run.now;
    holders->chains[holders->chain_count++] = (struct holders_chain){.text = mem_strdup("app.X"),
                                                                     .is_bounded = is_bounded,
                                                                     .bytes = bytes,
                                                                     .newest_number = newest};
}

/* Where nearly all that a line keeps hangs on a store with a maximum, it is a suspect. */
static void test_held_by_what_is_bounded(void **state)
{
    (void)state;
    open_run();
    for (unsigned i = 0; i < 12; i++) {
        begin("F");
        keep(KIB);
        end(true);
    }
    assert_true(is_certain());
    struct holders *holders = &run.model->evidence.lines[0];
    *holders = (struct holders){
        .state = HOLDERS_READY, .line = LINE, .shallow_bytes = 1000, .retained_bytes = -1};
    run.model->evidence.count = 1;
    leaks_judge(run.model, &run.model->leaks);
    assert_true(is_certain()); /* nothing holds it */
    add_chain(holders, true, 900);
    leaks_judge(run.model, &run.model->leaks);
    assert_int_equal(verdict()->state, LEAK_SUSPECT);
    assert_true(verdict()->is_bounded);
    assert_int_equal(run.model->leaks.certain, 0);
    add_chain(holders, false, 5000); /* of the first invocation alone */
    holders->chains[1].newest_number = 1;
    leaks_judge(run.model, &run.model->leaks);
    assert_false(is_certain());
    holders->chains[1].newest_number = verdict()->first_number;
    leaks_judge(run.model, &run.model->leaks);
    assert_true(is_certain());
    assert_false(verdict()->is_bounded);
    holders->chains[1].bytes = 100;
    leaks_judge(run.model, &run.model->leaks);
    assert_false(is_certain());
    while (holders->chain_count < HOLDERS_CHAINS) /* and there may be more */
        add_chain(holders, true, 900);
    leaks_judge(run.model, &run.model->leaks);
    assert_true(is_certain());
    holders->chains[1].newest_number = 1;
    holders->state = HOLDERS_FAILED;
    leaks_judge(run.model, &run.model->leaks);
    assert_true(is_certain());
    assert_false(verdict()->is_bounded);
    close_run();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaks),
        cmocka_unit_test(test_lookalikes),
        cmocka_unit_test(test_a_collection_is_wanted),
        cmocka_unit_test(test_it_is_older_than_the_collection),
        cmocka_unit_test(test_warm_up_of_each_function),
        cmocka_unit_test(test_warm_up_of_another_worker),
        cmocka_unit_test(test_warm_up_where_no_number_is_known),
        cmocka_unit_test(test_among_many_of_other_functions),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_held_by_what_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
