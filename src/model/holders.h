/*
 * What is alive from a line, and who holds it: the answer to a question that the host asked the
 * worker (worker/holders.h makes it), as the views and reports show it. Plain text and numbers; all
 * strings are owned, one line of UTF-8 each, without controls.
 */
#ifndef MODEL_HOLDERS_H
#define MODEL_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum holders_limits {
    HOLDERS_TYPES = 32,
    HOLDERS_CHAINS = 16,
    HOLDERS_LINES = 16,    /* that one question may be about */
    HOLDERS_EVIDENCE = 64, /* lines that are known of at a time */
};

struct holders_type {
    /* "dict", "bytes", "app.Session"; "native" for blocks that are no object. */
    char *name;
    uint64_t count;
    int64_t shallow_bytes;  /* of the blocks themselves */
    int64_t retained_bytes; /* what would be freed if these went; -1: not known */
    /* Or NULL: "b'\\x00\\x00'... (1048576)"; made by pymemtop, never by code of the program. */
    char *example;
    char *chain; /* or NULL: to the example; text as in struct holders_chain */
};

struct holders_chain {
    char *text;      /* "HttpTriggerLeak.CACHE['2f9c…'] -> list[3] -> Session.history" */
    char *note;      /* or NULL: "lru_cache(maxsize=128), 12 in it" */
    bool is_bounded; /* a holder on the way drops old entries by itself: lru_cache with a maxsize,
                        deque with a maxlen */
    uint64_t count;  /* objects of the line that hang on the same holder */
    uint64_t newest_number; /* the newest invocation that one of them is of; 0: not told apart */
    int64_t bytes;          /* retained through it, or shallow where that is not known */
};

enum holders_state { HOLDERS_NONE, HOLDERS_ASKED, HOLDERS_READY, HOLDERS_FAILED };

struct holders {
    enum holders_state state;
    unsigned percent; /* while ASKED */
    char *problem;    /* or NULL: why there is no answer, or what is missing in it */
    uint32_t file;
    uint32_t line;
    uint64_t count;
    int64_t shallow_bytes;
    int64_t retained_bytes; /* what would be freed if all of these went; -1: not known */
    uint64_t oldest_number; /* invocations; 0: not told apart */
    uint64_t newest_number;
    struct holders_type types[HOLDERS_TYPES]; /* by bytes, falling */
    size_t type_count;
    struct holders_chain chains[HOLDERS_CHAINS]; /* shortest chain of each holder, by bytes, or as
                                                    holders_sort() has put them */
    size_t chain_count;
};

/* Free what it holds; it is HOLDERS_NONE then. */
void holders_clear(struct holders *holders);
/* Of that line nothing will be known, and `problem` (copied) says why. */
void holders_fail(struct holders *holders, uint32_t file, uint32_t line, const char *problem);
/* Make one chain of those that read the same, as the stacks of many threads that run one function;
 * by bytes, falling, as before. Its newest invocation is the newest of all. */
void holders_merge(struct holders *holders);
/* Leave out what tells nothing, before holders_merge(): notes as that a plain deque has no maxlen,
 * and what nobody in Python holds where that is below a hundredth of the line's own bytes. */
void holders_trim(struct holders *holders);
/* Does nothing in Python lead there? Then the text says so, and is no holder's. */
bool holders_chain_is_nobody(const struct holders_chain *chain);
/* Is all that hangs there of invocations before number `since`? False where that is not told apart.
 */
bool holders_chain_is_earlier(const struct holders_chain *chain, uint64_t since);
/* Of a line that leaks since invocation `since` (struct leak.first_number; 0: of none, and nothing
 * changes): what holds only earlier ones, as the import that the first one has made, comes last.
 * The order is kept otherwise. */
void holders_sort(struct holders *holders, uint64_t since);
/* The same answer with strings of its own. */
struct holders holders_copy(const struct holders *holders);

/* Answers for several lines. Zeroed: none. */
struct holders_list {
    struct holders lines[HOLDERS_EVIDENCE];
    size_t count;
    uint64_t revision; /* rises whenever it changes */
};

void holders_list_clear(struct holders_list *list);
/* What is known of that line, well or not; NULL: nothing. */
const struct holders *holders_list_find(const struct holders_list *list, uint32_t file,
                                        uint32_t line);
/* Take the answer (its strings become the list's) in place of the one about the same line. Without
 * room it is cleared. */
void holders_list_put(struct holders_list *list, struct holders *holders);
/* Drop those that `wanted` says no of. */
void holders_list_keep(struct holders_list *list,
                       bool (*wanted)(void *context, uint32_t file, uint32_t line), void *context);

#endif
