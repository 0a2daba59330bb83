/*
 * Answers to the question who holds what line 27 of the app at work has alive: made up, but in the
 * words that a worker has for them, the longest that it gives included.
 */
#include "config.h"
#include "tests/golden/fixture.h"

#include "base/mem.h"

enum { LINE = 27, SHOWN_TYPES = 9 };

static struct holders *begin(struct model *model, enum holders_state state)
{
    struct holders *holders = &model->holders;
    *holders = (struct holders){.state = state, .line = LINE, .retained_bytes = -1};
    return holders;
}

static char *copy(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

static void add_type(struct holders *holders, const char *name, uint64_t count, int64_t bytes,
                     int64_t retained_bytes, const char *example, const char *chain)
{
    holders->types[holders->type_count++] = (struct holders_type){.name = mem_strdup(name),
                                                                  .count = count,
                                                                  .shallow_bytes = bytes,
                                                                  .retained_bytes = retained_bytes,
                                                                  .example = copy(example),
                                                                  .chain = copy(chain)};
    holders->count += count;
    holders->shallow_bytes += bytes;
}

static struct holders_chain *add_chain(struct holders *holders, const char *text, uint64_t count,
                                       int64_t bytes)
{
    struct holders_chain *chain = &holders->chains[holders->chain_count++];
    *chain = (struct holders_chain){.text = mem_strdup(text), .count = count, .bytes = bytes};
    return chain;
}

static void add_types(struct holders *holders)
{
    add_type(holders, "bytearray", 3204, 13107200, 13107200, NULL, "HttpTriggerAsync.KEPT[0]");
    add_type(holders, "bytes", 10, 983040, 983040, "b'<!doctype html><html lan\xE2\x80\xA6'",
             "HttpTriggerAsync.CACHE['https://microsoft.com'] -> list[3] -> Session.history[0]");
    add_type(holders, "native", 48, 65536, -1, NULL, NULL);
    add_type(holders, "str", 1204, 60200, 60200, "'https://microsoft.com/e\xE2\x80\xA6'", NULL);
    add_type(holders, "dict", 12, 4416, 34816, NULL, NULL);
    add_type(holders, "a_class_whose_name_is_longer_than_its_column", 7, 448, 448, NULL, NULL);
    add_type(holders, "int", 12, 384, 384, "204800", NULL);
    add_type(holders, "float", 6, 144, 144, "0.25", NULL);
    add_type(holders, "\xE6\x97\xA5\xE6\x9C\xAC", 1, 48, 48, NULL, NULL);
}

static void add_chains(struct holders *holders)
{
    add_chain(holders, "HttpTriggerAsync.KEPT", 3204, 13107200);
    add_chain(holders,
              "HttpTriggerAsync.CACHE['https://microsoft.com'] -> list[3] -> Session.history[0]", 6,
              589824);
    add_chain(holders,
              "aiohttp.connector._CONNECTORS[0] -> TCPConnector._conns['a -> b'] -> deque[\xE2\x80"
              "\xA6] -> ResponseHandler._payload_parser -> HttpPayloadParser.payload -> "
              "StreamReader._buffer -> deque[\xE2\x80\xA6] -> Chunk.data",
              4, 393216);
    struct holders_chain *bounded =
        add_chain(holders, "shared.pages.page() cache -> dict[('a', 1)]", 12, 61440);
    bounded->note = mem_strdup("lru_cache(maxsize=128), 12 in it");
    bounded->is_bounded = true;
    add_chain(holders,
              "work() local data -> "
              "'a_key_that_is_quoted_and_longer_than_any_screen_of_eighty_columns_can_"
              "hold_so_that_it_has_to_be_cut_somewhere_within'",
              1, 7033);
    add_chain(holders, "nothing in Python: native code, or a cycle that waits for the collector",
              48, 65536);
}

struct model *fixture_holders(void)
{
    struct model *model = fixture_leaks();
    struct holders *holders = begin(model, HOLDERS_READY);
    add_types(holders);
    add_chains(holders);
    holders->count += 2;
    holders->retained_bytes = 41943040;
    holders->oldest_number = 4;
    holders->newest_number = 13;
    return model;
}

struct model *fixture_holders_few(void)
{
    struct model *model = fixture_leaks();
    struct holders *holders = begin(model, HOLDERS_READY);
    add_type(holders, "bytes", 1, 1049, -1, "b'\\x00\\x01\\x02'", NULL);
    add_chain(holders, "HttpTriggerAsync.LAST", 1, 1049);
    holders->oldest_number = holders->newest_number = 12;
    holders->problem = mem_strdup("a thread was in the middle of a change: some may be missing");
    return model;
}

struct model *fixture_holders_asked(void)
{
    struct model *model = fixture_leaks();
    begin(model, HOLDERS_ASKED)->percent = 42;
    return model;
}

struct model *fixture_holders_failed(void)
{
    struct model *model = fixture_leaks();
    holders_fail(&model->holders, 0, LINE,
                 "the program is paused, and its event loop with it, so that nobody can look into "
                 "its memory: c continues, and then it can be asked");
    return model;
}

struct model *fixture_holders_none(void)
{
    struct model *model = fixture_leaks();
    begin(model, HOLDERS_READY)->retained_bytes = 0;
    return model;
}

struct model *fixture_evidence(void)
{
    struct model *model = fixture_holders();
    model->evidence.lines[0] = holders_copy(&model->holders);
    model->evidence.count = 1;
    holders_clear(&model->holders);
    return model;
}
