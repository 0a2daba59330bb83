/*
 * A chain of holders, "App.CACHE['a'] -> list[3] -> Session.history", cut into rows of a screen: at
 * its arrows where it can be. Pure.
 */
#ifndef TUI_CHAIN_H
#define TUI_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

enum chain_limits {
    CHAIN_ROWS = 128,      /* of one that is shown whole; what comes after is left out */
    CHAIN_CLOSED_ROWS = 3, /* of one that is not */
};

struct chain_row {
    size_t at; /* byte where it starts */
    size_t len;
    bool is_rest; /* it is a link's that began in the row before */
    bool is_last; /* links are left out before it: only the last ones are here */
};

/* Cut `text` into rows of `cols` columns (1 at the least). `whole`: one link a row, a link that is
 * too long in several; else as many links to a row as there is room for, and where these would be
 * more than CHAIN_CLOSED_ROWS rows, the last row has the last links. Returns how many rows there
 * are, 1 at the least. */
size_t chain_cut(const char *text, int cols, bool whole, struct chain_row rows[CHAIN_ROWS]);
/* The next arrow at or after *at, which is set to where its " -> " begins; false where there is
 * none. An arrow in a key of a dict is none. */
bool chain_find_arrow(const char *text, size_t *at);

#endif
