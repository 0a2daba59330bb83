/*
 * A recording on the screen: where in it one is, as its owner tells, and what a key asks the owner
 * for. Nothing here reads a recording: the owner makes the model of another event, and shows that.
 *
 * The screen is the one that was live, at a height without the rows of the scrubber
 * (tui/scrubber.h) and with the clock of the event; its own are the scrubber's rows, the key row,
 * the word at the left end of the first row (the rest of which is what a screen that is so much
 * narrower had), and messages.
 *
 * Where lists are scrolled to hangs on the way by which one has come. So for each event that was
 * visited since the user last changed the display by hand, this is remembered: back at that event
 * the screen is the same.
 */
#ifndef TUI_REPLAY_H
#define TUI_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "model/timeline.h"
#include "tui/keys.h"

struct ui;

/* What can be asked for; each but the last three goes forward or backward. */
enum replay_move {
    REPLAY_EVENT,      /* to the next change of RSS, or event */
    REPLAY_END,        /* to the last event */
    REPLAY_INVOCATION, /* to where the next invocation is over */
    REPLAY_LINE,       /* to where a profiled line ran */
    REPLAY_SAME,       /* to where one of the wish's lines ran, or one of its invocation's */
    REPLAY_OUT,        /* to the end of the current invocation; backward to its beginning */
    REPLAY_STOP,       /* to where something is marked, else to the last event */
    REPLAY_GROWTH,     /* to where the wish's line grew */
    REPLAY_PEAK,       /* to where memory was at a peak */
    REPLAY_OPEN,       /* the beginning of the wish's invocation */
    REPLAY_TIME,       /* the event at the wish's time */
    REPLAY_LEAVE,      /* the app that runs */
    REPLAY_CANCEL,     /* the search that is under way has become pointless */
};

enum { REPLAY_NO_FILE = UINT32_MAX, REPLAY_WORD_SIZE = 48 };

struct replay_wish {
    enum replay_move move;
    bool forward;
    bool one_open;       /* only lines of `invocation` count */
    uint64_t invocation; /* its id, as ui_invocation_id() gives it */
    uint32_t file;       /* of the lines; REPLAY_NO_FILE where there is none */
    uint32_t first_line, last_line;
    uint64_t time_ns; /* real time */
};

/* What came last. */
enum replay_change_kind { CHANGE_NONE, CHANGE_RSS, CHANGE_BEGIN, CHANGE_END };

struct replay_change {
    enum replay_change_kind kind;
    int64_t delta_bytes; /* of CHANGE_RSS, as is the line; line 0: no profiled one's */
    uint32_t line;
    uint64_t number; /* of the invocation; 0: the load's */
    bool is_known;   /* which invocation it is */
};

/* Where one is. */
struct replay_at {
    uint64_t event, first_event, last_event;
    uint64_t moment, moments; /* after so many of so many that lie between it and the next; 0: at
                                 the event */
    struct replay_change change;
    uint64_t time_ns, begin_ns, end_ns; /* real times of these */
    uint64_t now_ns;                    /* what the model's clock was at the event */
};

struct replay_visits;

struct ui_replay {
    bool is_there; /* there is a recording of the app that runs */
    bool is_on;    /* a recording is shown */
    bool is_live;  /* it is that of the app that runs, to which one can go back */
    bool is_searching;
    char word[REPLAY_WORD_SIZE]; /* in the first row */
    struct replay_at at;
    const struct timeline *curve; /* borrowed; memory over all of its time */
    struct replay_wish wish;      /* for the owner, with UI_REPLAY */
    bool has_growth;              /* a line was searched for, which is */
    uint32_t growth_file, growth_line;
    struct replay_visits *visits; /* owned; see replay_arrive() */
};

void ui_replay_fini(struct ui_replay *replay);
/* Rows that the scrubber takes of that many. */
int replay_foot_rows(int screen_rows);

/* For the owner: */

/* A recording is shown from now on. */
void replay_enter(struct ui *ui, bool is_live);
/* `model` is that of the event, and shown from now on; lists and scrolling are brought in line. */
void replay_arrive(struct ui *ui, const struct model *model, const struct replay_at *at);
/* `model` is that of the app that runs. */
void replay_leave(struct ui *ui, const struct model *model);

/* For the keys: */

/* Is that a command of a recording's? */
bool replay_is_command(enum ui_command command);
/* Make it a wish for the owner. */
void replay_ask(struct ui *ui, const struct model *model, enum ui_command command);
/* The same for a place on the scrubber that stands for that time. */
void replay_ask_time(struct ui *ui, uint64_t time_ns);
/* The same for another thing that needs no more words. */
void replay_ask_move(struct ui *ui, enum replay_move move);
/* Would it do something? */
bool replay_can(const struct ui *ui, const struct model *model, enum ui_command command);
/* Would it ask something of a program that runs, which is none here? */
bool replay_is_useless(enum ui_command command);
/* The display was changed by hand: what was remembered of the way is forgotten. */
void replay_forget_visits(struct ui *ui);

#endif
