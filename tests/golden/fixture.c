/*
 * The numbers are made up, but they hang together: an invocation's lines add up to its growth, the
 * file's totals are the sums over its invocations, the RSS is what the invocations left behind.
 */
#include "config.h"
#include "tests/golden/fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define MIB  1048576LL
#define ROOT "/srv/PythonMemoryProfilingDemo"

enum {
    LINE_DEF = 21,
    LINE_GET = 24,
    LINE_READ = 25,
    LINE_LOG = 26,
    LINE_BYTES = 27,
    LINE_CALL = 38
};

static const char source[] =
    "\"\"\"Fetch a page and say how large it is.\n"
    "\n"
    "A docstring over several lines: `def`, 'quotes' and # signs in it are text.\n"
    "\"\"\"\n"
    "import asyncio\n"
    "import logging\n"
    "\n"
    "import aiohttp\n"
    "import azure.functions as func\n"
    "\n"
    "PAGE_URL = 'https://microsoft.com'  # may be set by the environment\n"
    "KEPT: list[bytes] = []\n"
    "LIMIT = 0x40_000 + 1.5e-3\n"
    "NAMES = {'\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E': 'wide', 'e\xCC\x81t\xC3\xA9': 'combining', "
    "'\xF0\x9F\x90\x8D': 'snake'}\n"
    "TABS = {\n"
    "\t'one':\t1,\n"
    "\t'three':\t3,\n"
    "}\n"
    "\n"
    "\n"
    "async def page_size(session: aiohttp.ClientSession, url: str) -> int:\n"
    "    escape = '\x1B[31mred\x1B[0m'  # a raw escape sequence in the source\n"
    "    bad = '\xFF\xFE'  # bytes that are not UTF-8\n"
    "    async with session.get(url) as response:\n"
    "        body = await response.read()\n"
    "        logging.info(f'{url!r} has {len(body):,} bytes')\n"
    "        KEPT.append(bytearray(body) * 2)\n"
    "        return len(body)\n"
    "\n"
    "\n"
    "class Report:\n"
    "    def __init__(self, sizes):\n"
    "        self.sizes = [size for size in sizes if size is not None and size > 0 and not "
    "(size % 2 and size < 1024) or size in {1, 2, 3, 5, 7, 11, 13}]\n"
    "\n"
    "\n"
    "@func.retry(times=3)\n"
    "async def main(req: func.HttpRequest) -> func.HttpResponse:\n"
    "    async with aiohttp.ClientSession() as session:\n"
    "        sizes = await asyncio.gather(*[page_size(session, PAGE_URL) for _ in range(4)])\n"
    "    report = Report(sizes)\n"
    "    scratch = bytearray(64 * 1024 * 1024)\n"
    "    for number, size in enumerate(report.sizes):\n"
    "        scratch[number] = size % 256\n"
    "    del scratch\n"
    "    if not report.sizes:\n"
    "        return func.HttpResponse('nothing', status_code=502)\n"
    "    return func.HttpResponse(str(sum(report.sizes)))\n";

static const char helper[] = "def helper(text):\n"
                             "    return [part.strip() for part in text.split(',')]\n";

/* What one run of a line takes. */
struct cost {
    uint32_t line;
    int64_t increment_kib;
    int64_t self_kib;
    uint64_t occurrences;
    int64_t usage_kib;
};

static const struct cost load_costs[] = {
    {1, 0, 0, 1, 30 * 1024},         {5, 1228, 1228, 1, 31 * 1024}, {6, 0, 0, 1, 31 * 1024},
    {8, 14848, 14848, 1, 45 * 1024}, {9, 6400, 6400, 1, 51 * 1024}, {11, 0, 0, 1, 51 * 1024},
    {12, 0, 0, 1, 51 * 1024},        {14, 4, 4, 1, 51 * 1024},      {15, 0, 0, 1, 51 * 1024},
    {LINE_DEF, 0, 0, 1, 51 * 1024},  {31, 8, 8, 1, 51 * 1024},      {37, 0, 0, 1, 51 * 1024},
};

static const struct cost costs[] = {
    {LINE_DEF, 0, 0, 4, 52 * 1024},
    {22, 0, 0, 4, 52 * 1024},
    {23, 0, 0, 4, 52 * 1024},
    {LINE_GET, 208, 208, 8, 52 * 1024},
    {LINE_READ, 620, 620, 16, 53 * 1024},
    {26, 4, 4, 4, 53 * 1024},
    {LINE_BYTES, 1024, 1024, 4, 54 * 1024},
    {28, 0, 0, 4, 54 * 1024},
    {33, 0, 0, 1, 54 * 1024},
    {37, 0, 0, 1, 52 * 1024},
    {LINE_CALL, 96, 96, 3, 52 * 1024},
    {39, 1856, 0, 3, 54 * 1024},
    {40, 0, 0, 1, 54 * 1024},
    {41, 64 * 1024, 64 * 1024, 1, 118 * 1024},
    {42, 0, 0, 5, 118 * 1024},
    {43, 0, 0, 4, 118 * 1024},
    {44, -64 * 1024, -64 * 1024, 1, 54 * 1024},
    {45, 0, 0, 1, 54 * 1024},
    {47, 0, 0, 1, 54 * 1024},
};

static struct line_stats stats_of(const struct cost *cost, int64_t grown_kib)
{
    return (struct line_stats){
        .mem_usage_bytes = (cost->usage_kib + grown_kib) * 1024,
        .peak_bytes = (cost->usage_kib + grown_kib + 100) * 1024,
        .increment_bytes = cost->increment_kib * 1024,
        .self_increment_bytes = cost->self_kib * 1024,
        .occurrences = cost->occurrences,
    };
}

/* Odd bytes, since the heap is counted to the byte. What is read goes to a buffer of a C library.
 */
static void add_heap(struct line_stats *stats, const struct cost *cost)
{
    stats->net_python_bytes = cost->self_kib * 1024 - (cost->self_kib > 0 ? 612 : 0);
    if (cost->line == LINE_READ)
        stats->net_native_bytes = 16 * 1024;
    if (cost->line == 22)
        stats->net_python_bytes = 412;
    int64_t net = line_net_bytes(stats);
    stats->high_bytes = cost->line == LINE_LOG ? 300 * MIB : net > 0 ? net + 4096 : 0;
    stats->freed_bytes = cost->line == LINE_LOG ? 300 * MIB : net < 0 ? (uint64_t)-net : 1234;
    stats->allocated_bytes = stats->freed_bytes + (uint64_t)net;
}

/* What is loaded stays; of an invocation, what it appends to the list, and the buffers. */
static void add_retained(struct line_stats *stats, const struct cost *cost, uint64_t number)
{
    if (!number || cost->line == LINE_BYTES)
        stats->retained_python_bytes = stats->net_python_bytes;
    if (cost->line == LINE_READ && number > 10)
        stats->retained_native_bytes = stats->net_native_bytes;
}

static void run_line(struct model *model, struct invocation *invocation, uint32_t file,
                     const struct cost *cost, int64_t grown_kib)
{
    struct line_stats stats = stats_of(cost, grown_kib);
    add_heap(&stats, cost);
    invocation_set_line(invocation, file, cost->line, &stats);
    invocation->heap_lines_bytes += line_net_bytes(&stats);
    add_retained(&stats, cost, invocation->number);
    invocation->retained_bytes += invocation->number ? line_retained_bytes(&stats) : 0;
    line_stats_add(&file_line_at(model->files[file], cost->line)->total, &stats);
    invocation->rss_lines_bytes += stats.self_increment_bytes;
    if (invocation->number)
        file_add_trend(model->files[file], cost->line,
                       stats.increment_bytes * (int64_t)(invocation->number % 4 + 1) / 4);
}

static struct invocation *begin_function(struct model *model, uint64_t number, const char *function,
                                         const char *request, uint64_t age_ns, int64_t start_bytes)
{
    struct invocation *invocation = invocations_add(
        &model->invocations, number, "00000000-0000-0000-0000-000000000000", function, request);
    invocation->start_ns = FIXTURE_NOW_NS - age_ns;
    invocation->start_realtime_ns = FIXTURE_REALTIME_NS - age_ns;
    invocation->rss_start_bytes = invocation->rss_end_bytes = start_bytes;
    invocation->rss_peak_bytes = start_bytes + 66 * MIB;
    invocation->heap_start_bytes = 21 * MIB + (int64_t)number * (MIB + 1024);
    invocation->is_told_apart = number > 0;
    invocation->outcome = OUTCOME_RUNNING;
    return invocation;
}

static struct invocation *begin(struct model *model, uint64_t number, const char *request,
                                uint64_t age_ns, int64_t start_bytes)
{
    return begin_function(model, number, "HttpTriggerAsync", request, age_ns, start_bytes);
}

/* What the invocation has done to the heap is known with its lines. */
static void set_heap_end(struct invocation *invocation)
{
    invocation->heap_elsewhere_bytes = 2048;
    invocation->heap_end_bytes =
        invocation->heap_start_bytes + invocation->heap_lines_bytes + 2048 - 96;
    invocation->left_bytes = invocation->retained_bytes + (invocation->number ? 18 * 1024 : 0);
}

static void add_load(struct model *model)
{
    struct invocation *load = begin(model, 0, "", 60 * NS_PER_SECOND, 29 * MIB);
    for (size_t i = 0; i < sizeof load_costs / sizeof *load_costs; i++)
        run_line(model, load, 0, &load_costs[i], 0);
    set_heap_end(load);
    load->rss_end_bytes = 52 * MIB;
    load->rss_peak_bytes = 52 * MIB;
    invocations_end(&model->invocations, load, OUTCOME_SUCCEEDED, 0,
                    FIXTURE_NOW_NS - 59 * NS_PER_SECOND, NULL);
}

static void add_ended(struct model *model, uint64_t number)
{
    uint64_t age_ns = (55 - number * 4) * NS_PER_SECOND;
    int64_t grown_kib = (int64_t)number * 1952;
    struct invocation *invocation = begin(model, number, "GET /api/HttpTriggerAsync?name=Azure",
                                          age_ns, 52 * MIB + (grown_kib - 1952) * 1024);
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
        run_line(model, invocation, 0, &costs[i], grown_kib);
    invocation->rss_end_bytes = invocation->rss_start_bytes + 1952 * 1024 + 8192;
    set_heap_end(invocation);
    bool failed = number == 7;
    invocations_end(&model->invocations, invocation, failed ? OUTCOME_FAILED : OUTCOME_SUCCEEDED,
                    failed ? 500 : 200,
                    FIXTURE_NOW_NS - age_ns + 820 * NS_PER_MS + number * 11 * NS_PER_MS,
                    failed ? "TimeoutError: the page did not answer" : NULL);
}

/* It waits in the coroutine; what came after is not known yet. */
static void add_running(struct model *model)
{
    struct invocation *invocation =
        begin(model, 13, "GET /api/HttpTriggerAsync?name=Azure", 1240 * NS_PER_MS, 76 * MIB);
    for (size_t i = 0; i < 5; i++)
        run_line(model, invocation, 0, &costs[i], 25 * 1024);
    set_heap_end(invocation);
    invocation->left_bytes = 0;
    invocation->rss_end_bytes = 77 * MIB;
    invocation->file = 0;
    invocation->line = LINE_READ;
    struct invocation *waiting = invocations_add(
        &model->invocations, 14, "00000000-0000-0000-0000-000000000000", "HttpTriggerAsync",
        "GET /api/HttpTriggerAsync?name=\xE6\x97\xA5\xE6\x9C\xAC");
    waiting->start_ns = FIXTURE_NOW_NS - 200 * NS_PER_MS;
    waiting->start_realtime_ns = FIXTURE_REALTIME_NS - 200 * NS_PER_MS;
}

static void say(struct model *model, unsigned age_s, enum output_source from,
                enum output_level level, uint64_t invocation, const char *text)
{
    output_add(&model->output, FIXTURE_REALTIME_NS - age_s * NS_PER_SECOND, from, level, invocation,
               text, strlen(text));
}

static void add_output(struct model *model)
{
    say(model, 60, OUTPUT_HOST, LEVEL_INFO, OUTPUT_NO_INVOCATION,
        "HttpTriggerAsync: [GET,POST] http://localhost:7071/api/HttpTriggerAsync");
    say(model, 59, OUTPUT_STDOUT, LEVEL_INFO, 0, "imported");
    for (uint64_t i = 1; i <= 12; i++) {
        char text[160];
        snprintf(text, sizeof text, "'https://microsoft.com' has %llu bytes",
                 (unsigned long long)(204800 + i * 17));
        say(model, (unsigned)(55 - i * 4), OUTPUT_LOG, LEVEL_INFO, i, text);
    }
    say(model, 6, OUTPUT_LOG, LEVEL_WARNING, 12,
        "a very long warning, so that it has to be wrapped: the connection pool is full, and the "
        "oldest of its connections is closed before its time, which costs a handshake later on; a "
        "larger pool would help");
    say(model, 5, OUTPUT_STDERR, LEVEL_INFO, 12,
        "\x1B]0;owned\x07\x1B[2J\x1B[31mescape sequences\x1B[0m do nothing\r");
    say(model, 4, OUTPUT_STDOUT, LEVEL_INFO, 12,
        "wide: \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\ttab, combining: e\xCC\x81, bad: \xFF\xC0\xAF");
    say(model, 3, OUTPUT_LOG, LEVEL_ERROR, 7, "TimeoutError: the page did not answer");
    say(model, 2, OUTPUT_LOG, LEVEL_DEBUG, 13, "connected");
}

static struct model *new_model(void)
{
    struct model *model = model_new(ROOT);
    model_set_text(&model->base_url, "http://localhost:7071");
    model->heap.is_on = model->heap.native_is_on = true;
    struct model_function *function = model_add_function(model, "HttpTriggerAsync", "httpTrigger",
                                                         ROOT "/HttpTriggerAsync/__init__.py");
    model_set_text(&function->url, "http://localhost:7071/api/HttpTriggerAsync");
    model_set_text(&function->methods, "GET,POST");
    model_set_text(&function->request, "GET /api/HttpTriggerAsync");
    function->selected = true;
    function->asynchronous = true;
    return model;
}

static void add_source(struct model *model)
{
    struct file *file =
        file_new(ROOT "/HttpTriggerAsync/__init__.py", ROOT, source, sizeof source - 1);
    file_add_function(file, "page_size", LINE_DEF, 28);
    file_add_function(file, "Report.__init__", 32, 33);
    file_add_function(file, "main", 36, 47);
    model_add_file(model, file);
    model->functions[0].line = 37;
}

/* What the invocations left behind: the list grows by each, a buffer is freed a little later. */
static void add_kept(struct model *model)
{
    static const uint32_t lines[] = {LINE_BYTES, LINE_READ};
    kept_reserve(&model->kept, 2);
    model->kept.first_number = 1;
    for (size_t i = 0; i < 13; i++) {
        model->kept.invocations[i] =
            (struct kept_invocation){.number = i + 1, .is_running = i == 12};
        for (size_t k = 0; k < 2; k++) {
            struct kept_line *row = &model->kept.lines[k];
            row->line = lines[k];
            row->alive_bytes[i] = k == 0 ? MIB - 612 : i > 9 ? 16 * 1024 : 0;
            row->left_bytes[i] = i == 12 ? 0 : k == 0 ? MIB - 612 : 16 * 1024;
        }
    }
}

/* By hand, so that these screens show the same whatever the rules of the verdict become. */
static void add_leak(struct model *model, const struct leak *leak)
{
    model->leaks.items[model->leaks.count++] = *leak;
    model->leaks.certain += leak->state == LEAK_CERTAIN;
}

static void add_verdict(struct model *model)
{
    const struct leak leak = {
        .line = LINE_BYTES,
        .state = LEAK_CERTAIN,
        .kept = 7,
        .of = 7,
        .bytes_per_invocation = MIB - 612,
        .alive_bytes = 13 * (MIB - 612),
        .first_number = 3,
        .last_number = 9,
    };
    add_leak(model, &leak);
}

static void add_rss(struct model *model)
{
    model->heap.python_bytes = 21 * MIB + 412000;
    model->heap.native_bytes = 9 * MIB + 96;
    model->heap.small_bytes = 14 * MIB;
    model->heap.arena_bytes = 16 * MIB;
    model->heap.baseline_bytes = 21 * MIB;
    for (unsigned second = 0; second <= 60; second++) {
        int64_t step = second % 4 == 2 ? 66 * MIB : second % 4 == 3 ? 30 * MIB : 0;
        model_set_rss(model, FIXTURE_NOW_NS - (60 - second) * NS_PER_SECOND,
                      (int64_t)second * MIB / 2 + 48 * MIB + (second > 6 ? step : 0));
    }
    model->own_bytes = 3250 * 1024;
    model->baseline_bytes = 52 * MIB;
}

struct model *fixture_busy(void)
{
    struct model *model = new_model();
    model_set_text(&model->python, "3.11.2");
    model->worker = WORKER_READY;
    model->worker_starts = 1;
    add_source(model);
    model_add_file(model, file_new(ROOT "/shared/helper.py", ROOT, helper, sizeof helper - 1));
    file_add_function(model->files[1], "helper", 1, 2);
    add_load(model);
    for (uint64_t number = 1; number <= 12; number++)
        add_ended(model, number);
    add_running(model);
    add_kept(model);
    add_verdict(model);
    add_output(model);
    add_rss(model);
    return model;
}

/* What is alive of a line in each of the twelve, and in the one that runs. */
static void keep(struct model *model, size_t row, uint32_t line, const int64_t alive[13])
{
    struct kept_line *kept = &model->kept.lines[row];
    kept->line = line;
    for (size_t i = 0; i < 13; i++) {
        kept->alive_bytes[i] = alive[i];
        kept->left_bytes[i] = i == 12 || alive[i] == 0 ? 0 : 4096;
    }
}

struct model *fixture_leaks(void)
{
    static const int64_t third[13] = {0, 0, 2048, 0, 0, 2048, 0, 0, 4096, 0, 0, 4096, 0};
    static const int64_t few[13] = {0, 0, 0, 0, 0, 0, 0, 412, 412, 412, 412, 412, 0};
    static const struct leak leaks[] = {
        {.line = 26,
         .state = LEAK_CERTAIN,
         .is_native = true,
         .kept = 3,
         .of = 7,
         .bytes_per_invocation = 2730,
         .alive_bytes = 12288,
         .first_number = 3,
         .last_number = 9},
        {.line = 14,
         .state = LEAK_CERTAIN,
         .is_outside = true,
         .bytes_per_invocation = 96,
         .alive_bytes = 1248},
        {.line = LINE_CALL,
         .kept = 2,
         .of = 2,
         .bytes_per_invocation = 412,
         .alive_bytes = 2060,
         .first_number = 8,
         .last_number = 9},
    };
    struct model *model = fixture_busy();
    kept_reserve(&model->kept, 4);
    keep(model, 2, 26, third);
    keep(model, 3, LINE_CALL, few);
    for (size_t i = 0; i < sizeof leaks / sizeof *leaks; i++)
        add_leak(model, &leaks[i]);
    return model;
}

/* Of fewer invocations than it takes. */
struct model *fixture_leaks_early(void)
{
    struct model *model = fixture_busy();
    for (size_t i = 5; i < 12; i++)
        model->kept.invocations[i] = (struct kept_invocation){.number = KEPT_NOBODY};
    model->leaks = (struct leaks){.count = 0};
    return model;
}

/* After enough of them. */
struct model *fixture_leaks_none(void)
{
    struct model *model = fixture_busy();
    kept_reserve(&model->kept, 0);
    model->leaks = (struct leaks){.count = 0};
    return model;
}

struct model *fixture_limited(void)
{
    struct model *model = fixture_busy();
    model->limit_bytes = 1536 * MIB;
    model->limit_name = "consumption";
    model_set_rss(model, FIXTURE_NOW_NS, 1400 * MIB);
    return model;
}

struct model *fixture_heap_off(void)
{
    struct model *model = fixture_busy();
    model->heap = (struct heap){.is_on = false};
    model->leaks = (struct leaks){.count = 0};
    return model;
}

struct model *fixture_no_native(void)
{
    struct model *model = fixture_busy();
    model->heap.native_is_on = false;
    model->heap.native_bytes = 0;
    return model;
}

struct model *fixture_full(void)
{
    struct model *model = fixture_busy();
    model->limit_bytes = 80 * MIB;
    return model;
}

/* ---- an app of several functions */

#define SHOP "/srv/Shop"

static const char shop_source[] = "import json\n"
                                  "import logging\n"
                                  "\n"
                                  "import azure.functions as func\n"
                                  "\n"
                                  "PLACED = []\n"
                                  "\n"
                                  "\n"
                                  "async def main(req: func.HttpRequest) -> str:\n"
                                  "    PLACED.append(req.get_body())\n"
                                  "    logging.info('%d orders', len(PLACED))\n"
                                  "    return json.dumps({'orders': len(PLACED)})\n";

static struct model_function *add_function(struct model *model, const char *name,
                                           const char *trigger, uint32_t line)
{
    char script[128];
    snprintf(script, sizeof script, SHOP "/%s/__init__.py", name);
    struct model_function *function = model_add_function(model, name, trigger, script);
    function->line = line;
    return function;
}

static void set_route(struct model_function *function, const char *methods, const char *url,
                      const char *request)
{
    model_set_text(&function->methods, methods);
    model_set_text(&function->url, url);
    model_set_text(&function->request, request);
}

static void add_functions(struct model *model)
{
    set_route(add_function(model, "Item", "httpTrigger", 7), "GET,PUT",
              "http://localhost:7071/api/items/{category:alpha}/{id:int?}", NULL);
    add_function(model, "Nightly", "timerTrigger", 12);
    struct model_function *order = add_function(model, "OnOrder", "queueTrigger", 5);
    order->asynchronous = true;
    model_set_text(&order->sample, "{\n  \"id\": 17,\n  \"name\": \"\xE6\x97\xA5\xE6\x9C\xAC\",\n"
                                   "  \"items\": [\n    {\"sku\": \"A-1\", \"count\": 2},\n"
                                   "    {\"sku\": \"B-20\", \"count\": 1}\n  ]\n}\n");
    add_function(model, "OnShipmentConfirmedByCarrier", "serviceBusTrigger", 3);
    struct model_function *orders = add_function(model, "Orders", "httpTrigger", 9);
    set_route(orders, NULL, "http://localhost:7071/api/orders", "GET /api/orders");
    orders->asynchronous = true;
    struct model_function *report = add_function(model, "Report", "httpTrigger", 0);
    set_route(report, "POST", "http://localhost:7071/api/Report", "POST /api/Report");
    model_set_text(&report->load_error,
                   "ModuleNotFoundError: No module named 'pandas' (Report/__init__.py, line 3); "
                   "install the app's requirements.txt into its environment");
}

struct model *fixture_polled(void)
{
    struct model *model = fixture_limited();
    model->rss_is_polled = model->rss_is_approximate = true;
    return model;
}

struct model *fixture_shop_loaded(void)
{
    struct model *model = model_new(SHOP);
    model_set_text(&model->base_url, "http://localhost:7071");
    model->heap.is_on = model->heap.native_is_on = true;
    model_set_text(&model->python, "3.11.2");
    model->worker = WORKER_READY;
    add_functions(model);
    model_add_file(model,
                   file_new(SHOP "/Orders/__init__.py", SHOP, shop_source, sizeof shop_source - 1));
    file_add_function(model->files[0], "main", 9, 12);
    add_rss(model);
    return model;
}

/* One invocation of a function; one that ended took 100 ms for each of its number. */
static struct invocation *invoke(struct model *model, uint64_t number, const char *function,
                                 const char *request, enum outcome outcome)
{
    static const struct cost cost = {10, 1024, 1024, 1, 52 * 1024};
    struct invocation *invocation =
        begin_function(model, number, function, request, (20 - number) * NS_PER_SECOND, 52 * MIB);
    if (strcmp(function, "Orders") == 0)
        run_line(model, invocation, 0, &cost, 0);
    set_heap_end(invocation);
    invocation->rss_end_bytes = invocation->rss_start_bytes + MIB;
    if (outcome != OUTCOME_RUNNING)
        invocations_end(&model->invocations, invocation, outcome,
                        outcome == OUTCOME_SUCCEEDED ? 200 : 500,
                        invocation->start_ns + number * 100 * NS_PER_MS,
                        outcome == OUTCOME_SUCCEEDED ? NULL : "ValueError: no orders today");
    return invocation;
}

/* What a queue would have got: some 10 KB of JSON. */
static void add_long_output(struct model *model)
{
    char text[10240];
    size_t len = (size_t)snprintf(text, sizeof text, "Output 'msg' (queue): {\"orders\": [");
    for (unsigned i = 0; len < sizeof text - 64; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "%s{\"id\": %u, \"sku\": \"A-%u\", \"count\": %u}", i ? ", " : "",
                                1000 + i, i * 7, i % 5);
    snprintf(text + len, sizeof text - len, "], \"last\": true}");
    say(model, 3, OUTPUT_HOST, LEVEL_INFO, 2, text);
}

struct model *fixture_shop(void)
{
    struct model *model = fixture_shop_loaded();
    invoke(model, 1, "Orders", "GET /api/orders?since=2023-11-01", OUTCOME_SUCCEEDED);
    invoke(model, 2, "OnOrder", "queueTrigger", OUTCOME_SUCCEEDED);
    invoke(model, 3, "Nightly", "timerTrigger", OUTCOME_FAILED);
    invoke(model, 4, "OnShipmentConfirmedByCarrier", "serviceBusTrigger", OUTCOME_SUCCEEDED);
    struct invocation *running = invoke(model, 5, "Orders", "POST /api/orders", OUTCOME_RUNNING);
    running->file = 0;
    running->line = 11;
    say(model, 5, OUTPUT_LOG, LEVEL_INFO, 1, "1 orders");
    add_long_output(model);
    say(model, 2, OUTPUT_LOG, LEVEL_ERROR, 3, "ValueError: no orders today");
    return model;
}

struct model *fixture_starting(void)
{
    return new_model();
}

struct model *fixture_load_failed(void)
{
    struct model *model = new_model();
    model_set_text(&model->python, "3.11.2");
    model_set_text(&model->functions[0].load_error,
                   "ModuleNotFoundError: No module named 'aiohttp' (HttpTriggerAsync/__init__.py, "
                   "line 8); install the app's requirements.txt into its environment");
    model->worker = WORKER_READY;
    add_source(model);
    model_set_rss(model, FIXTURE_NOW_NS - NS_PER_SECOND, 29 * MIB);
    say(model, 1, OUTPUT_STDERR, LEVEL_ERROR, 0, "Traceback (most recent call last):");
    say(model, 1, OUTPUT_STDERR, LEVEL_ERROR, 0, "ModuleNotFoundError: No module named 'aiohttp'");
    return model;
}

/* The source without a line that it had, which another worker has imported and run once. */
static void replace_source(struct model *model)
{
    static const char bad[] = "    bad = ";
    const char *from = strstr(source, bad), *rest = strchr(from, '\n') + 1;
    char text[sizeof source];
    size_t before = (size_t)(from - source);
    memcpy(text, source, before);
    strcpy(text + before, rest);
    struct file *file = file_new(ROOT "/HttpTriggerAsync/__init__.py", ROOT, text, strlen(text));
    file->saved_realtime_ns = FIXTURE_REALTIME_NS - 9 * NS_PER_SECOND;
    file_add_function(file, "page_size", LINE_DEF, 27);
    file_add_function(file, "main", 35, 46);
    uint32_t index = model_replace_file(model, 0, file);
    struct invocation *invocation =
        begin(model, 15, "GET /api/HttpTriggerAsync?name=Azure", 2 * NS_PER_SECOND, 52 * MIB);
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        struct cost cost = costs[i];
        cost.line -= cost.line > LINE_DEF + 1;
        run_line(model, invocation, index, &cost, 0);
    }
    invocation->rss_end_bytes = invocation->rss_start_bytes + 1952 * 1024;
    invocations_end(&model->invocations, invocation, OUTCOME_SUCCEEDED, 200,
                    FIXTURE_NOW_NS - NS_PER_SECOND, NULL);
}

struct model *fixture_not_reloaded(void)
{
    struct model *model = fixture_busy();
    model_set_text(&model->reload_error, "HttpTriggerAsync/function.json:2:1: not JSON: string or "
                                         "'}' expected near end of file");
    return model;
}

struct model *fixture_restarted(void)
{
    struct model *model = fixture_dead();
    model->worker = WORKER_READY;
    model->worker_starts++;
    model->rss_bytes = 51 * MIB;
    invocations_end(&model->invocations, invocations_find(&model->invocations, 14),
                    OUTCOME_SUCCEEDED, 200, FIXTURE_NOW_NS, NULL);
    return model;
}

/* Nobody selected a function: the first one by name is, and another one is broken. */
struct model *fixture_shop_broken(void)
{
    struct model *model = fixture_shop();
    struct model_function *function = model_find_function(model, "Orders");
    model_set_text(&function->load_error,
                   "SyntaxError: '(' was never closed (__init__.py, line 8)");
    return model;
}

struct model *fixture_reloaded(void)
{
    struct model *model = fixture_busy();
    for (uint64_t number = 13; number <= 14; number++)
        invocations_end(&model->invocations, invocations_find(&model->invocations, number),
                        OUTCOME_SUCCEEDED, 200, FIXTURE_NOW_NS - 9 * NS_PER_SECOND, NULL);
    model->worker_starts = 2;
    replace_source(model);
    return model;
}

struct model *fixture_breakpoints(void)
{
    struct model *model = fixture_busy();
    struct breakpoints *set = &model->breakpoints;
    breakpoints_add(set, model->files[0], LINE_LOG)->hits = 3;
    (void)!breakpoint_set_condition(&set->items[0], "rss>64M, if url.startswith('http')", NULL);
    breakpoints_add(set, model->files[0], LINE_READ)->hits = 12345;
    breakpoints_add(set, model->files[0], 41);
    set->items[2].is_lost = true;
    breakpoints_add(set, model->files[0], 43)->is_temporary = true;
    return model;
}

static void add_frame(struct stop *stop, const char *name, const char *place, uint32_t line)
{
    struct stop_frame *frame = stop_add_frame(stop);
    frame->name = mem_strdup(name);
    frame->place = mem_strdup(place);
    frame->line = line;
    frame->file = line < 100 ? 0 : STOP_NO_FILE;
}

static void add_local(struct stop *stop, const char *name, const char *type, int64_t bytes,
                      const char *text)
{
    struct stop_local *local = stop_add_local(stop);
    local->name = mem_strdup(name);
    local->type = mem_strdup(type);
    local->text = mem_strdup(text);
    local->bytes = bytes;
}

/* The await is over, and what it did is the difference to the stop before. */
struct model *fixture_paused(void)
{
    struct model *model = fixture_breakpoints();
    struct invocation *invocation = invocations_find(&model->invocations, 13);
    struct line_stats stats = *invocation_line_stats(invocation, 0, LINE_READ);
    struct stop fresh = {.number = 13, .line = LINE_READ, .reason = STOP_BREAKPOINT};
    stop_set(&model->stop, &fresh, invocation);
    stop_clear(&model->stop);
    stats.increment_bytes += 1536 * 1024;
    stats.net_python_bytes += 412;
    stats.net_native_bytes += 16384;
    stats.occurrences++;
    invocation_set_line(invocation, 0, LINE_READ, &stats);
    invocation->line = LINE_LOG;
    fresh = (struct stop){.number = 13,
                          .line = LINE_LOG,
                          .reason = STOP_BREAKPOINT,
                          .breakpoint = 1,
                          .loop_held = true,
                          .waiting = 2,
                          .thread = mem_strdup("MainThread")};
    add_frame(&fresh, "page_size", "HttpTriggerAsync/__init__.py", LINE_LOG);
    add_frame(&fresh, "main.<locals>.a_function_with_quite_a_long_name",
              "HttpTriggerAsync/__init__.py", 39);
    add_frame(&fresh, "helper", "a/folder/below/another/folder/with/a/long/name/\x1B[31m.py", 120);
    add_local(&fresh, "body", "bytes", 1256040,
              "b'<!doctype html><html lang=\"en-us\" dir=\"ltr\"...");
    add_local(&fresh, "escape", "str", 63, "'\x1B[31mred\x1B[0m'");
    add_local(&fresh, "response", "aiohttp.client_reqrep.ClientResponse", -1,
              "<ClientResponse(https://microsoft.com) [200 OK]>");
    add_local(&fresh, "\xE6\x97\xA5\xE6\x9C\xAC", "dict", 232, "{'\xF0\x9F\x90\x8D': 1}");
    add_local(&fresh, "url", "str", 70, "'https://microsoft.com'");
    fresh.is_cut = true;
    stop_set(&model->stop, &fresh, invocation);
    return model;
}

struct model *fixture_answered(void)
{
    struct model *model = fixture_paused();
    model->stop.expression = mem_strdup("len(KEPT), sum(map(len, KEPT))");
    model->stop.answer = mem_strdup("(48, 12582912)");
    return model;
}

struct model *fixture_dead(void)
{
    struct model *model = fixture_busy();
    model->worker = WORKER_DEAD;
    model->worker_deaths = 1;
    model->rss_bytes = 0;
    model_set_text(&model->worker_end,
                   "worker killed by SIGKILL (exit code 137) at HttpTriggerAsync/__init__.py:41");
    invocations_end(&model->invocations, invocations_find(&model->invocations, 13), OUTCOME_KILLED,
                    502, FIXTURE_NOW_NS, "the worker was killed");
    model->files[0]->stale = true;
    return model;
}

#define PROGRAM "/srv/Grow"

static const char program_source[] = "import sys\n"
                                     "\n"
                                     "\n"
                                     "def grow(count):\n"
                                     "    return [bytearray(1 << 20) for _ in range(count)]\n"
                                     "\n"
                                     "\n"
                                     "KEPT = grow(int(sys.argv[1]))\n";

struct model *fixture_program(void)
{
    struct model *model = model_new(PROGRAM);
    struct file *file =
        file_new(PROGRAM "/grow.py", model->app_root, program_source, sizeof program_source - 1);
    const struct line_stats grown = {
        .mem_usage_bytes = 30 * MIB, .increment_bytes = 20 * MIB, .occurrences = 24};
    model_set_text(&model->python, "3.11");
    model->heap.is_on = true;
    model->is_program = true;
    model->meter = "USS";
    model->worker = WORKER_READY;
    model_add_function(model, "__main__", "program", file->path)->line = 1;
    model_add_file(model, file);
    file_add_function(file, "grow", 4, 5);
    file_set_live(file, 5, &grown);
    struct invocation *run = invocations_add(&model->invocations, 1, "", "__main__", "grow.py 20");
    run->start_ns = FIXTURE_NOW_NS - 2000000000;
    run->start_realtime_ns = FIXTURE_REALTIME_NS - 2000000000;
    run->outcome = OUTCOME_RUNNING;
    run->line = 5;
    invocation_set_line(run, 0, 5, &grown);
    model_set_rss(model, FIXTURE_NOW_NS - 1000000000, 30 * MIB);
    output_add(&model->output, FIXTURE_REALTIME_NS, OUTPUT_STDOUT, LEVEL_INFO, 1, "growing", 7);
    return model;
}

struct model *fixture_program_ended(void)
{
    struct model *model = fixture_program();
    model->worker = WORKER_ENDED;
    model->worker_deaths = 1;
    model->exit_status = 3;
    model->rss_bytes = 0;
    model_set_text(&model->worker_end, "the program has ended with exit code 3");
    invocations_end(&model->invocations, invocations_find(&model->invocations, 1), OUTCOME_FAILED,
                    3, FIXTURE_NOW_NS, model->worker_end);
    return model;
}

struct model *fixture_program_unable(void)
{
    struct model *model = model_new(PROGRAM);
    model_set_text(&model->python, "3.11");
    model->is_program = true;
    model->worker = WORKER_ENDED;
    model->worker_deaths = 1;
    model->exit_status = 1;
    model_add_function(model, "__main__", "program", "")->line = 1;
    model_set_text(&model->worker_end,
                   "the program has ended with exit code 1: No module named grov");
    struct invocation *run =
        invocations_add(&model->invocations, 1, "", "__main__", "-m grov --by 20");
    run->start_ns = FIXTURE_NOW_NS - 2000000000;
    run->start_realtime_ns = FIXTURE_REALTIME_NS - 2000000000;
    invocations_end(&model->invocations, run, OUTCOME_FAILED, 1, FIXTURE_NOW_NS, model->worker_end);
    return model;
}
