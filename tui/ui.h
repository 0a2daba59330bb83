/*
 * The state of the display and what keys do to it. No terminal, no clock, no I/O: a key and a model
 * go in, an action for the caller comes out, and the scene can then be drawn from both. The model
 * is only read.
 */
#ifndef TUI_UI_H
#define TUI_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "model/model.h"
#include "tui/highlight.h"
#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/list.h"
#include "tui/replay.h"
#include "tui/snapshot.h"
#include "tui/versions.h"
#include "tui/style.h"

enum view_id {
    VIEW_SOURCE,
    VIEW_HOT,
    VIEW_INVOCATIONS,
    VIEW_OUTPUT,
    VIEW_FUNCTIONS,
    VIEW_HELP,
    VIEW_STOP, /* stack, locals and breakpoints */
    VIEW_LEAKS,
    VIEW_EVIDENCE, /* below the leaks, of the selected one */
    VIEW_HOLDERS,  /* who holds what a line has alive */
    VIEW_LIVE,     /* what has become more and less alive since a mark */
    VIEW_PICK,
    VIEW_COUNT,
};

/* What the caller is to do after a key. */
enum ui_action {
    UI_NOTHING,
    UI_REDRAW,     /* paint every cell again */
    UI_REQUEST,    /* send function ui->function the request ui->line, ui->requests times */
    UI_RUN,        /* run it with ui->payload, ui->requests times; of both ui->at_once at a time */
    UI_END_SERIES, /* begin no more of what `R` has asked for */
    UI_SELECT,     /* make function ui->function the selected one: model_select() */
    UI_PAUSE,      /* stop before the next line that runs; with ui->paused it is taken back */
    UI_STEP_INTO,
    UI_STEP_OVER,
    UI_STEP_OUT,
    UI_CONTINUE,
    UI_RUN_TO,    /* go on to ui->break_line of ui->break_file */
    UI_BREAK,     /* set a breakpoint there with ui->condition, or give that to ui->break_number */
    UI_UNBREAK,   /* remove ui->break_number */
    UI_EVALUATE,  /* ui->expression */
    UI_BREAK_OFF, /* what is being evaluated */
    UI_HOLDERS,   /* look for who holds what ui->holders_line of ui->holders_file has alive */
    UI_HOLDERS_STOP, /* look no further */
    UI_EVIDENCE,     /* look for the same of all lines that leak */
    UI_MARK_LIVE,    /* count what is alive, as the mark */
    UI_DIFF_LIVE,    /* count it again, to compare */
    UI_LIVE_STOP,    /* count no further */
    UI_MARK,         /* ui->mark was set */
    UI_RECORD,       /* ask by ui_ask_recording() where to record, or end that */
    UI_RECORD_INTO,  /* ui->record_path */
    UI_REPLAY,       /* ui->replay.wish */
    UI_EDIT,         /* open ui->edit_path at ui->edit_line in an editor */
    UI_SUSPEND,
    UI_SAVE, /* write the display to ui->save_path: save_screen() */
    UI_QUIT,
};

enum prompt {
    PROMPT_NONE,
    PROMPT_SEARCH,
    PROMPT_FILTER,
    PROMPT_REQUESTS,
    PROMPT_PAYLOAD,   /* of a function that HTTP does not trigger */
    PROMPT_LINE,      /* "GET /api/X", where nobody knows what to send */
    PROMPT_CONDITION, /* of a breakpoint */
    PROMPT_EXPRESSION,
    PROMPT_RECORD,  /* into which file */
    PROMPT_COMMAND, /* where nothing is paused */
};

/* What is remembered of a source file that is not shown now. */
struct file_place {
    uint64_t line; /* selected; 0 where it was never shown */
    size_t top;
    int scroll_cols;
    struct highlight highlight;
};

/* What is remembered of a function by its name, for as long as the screen is there: its row in the
 * list of functions is its place among these, whatever becomes of the model's. */
struct known_function {
    char *name;    /* owned */
    char *payload; /* owned or NULL: the last one that was sent */
    char *line;    /* owned or NULL: the last request that was typed */
};

/* What `R` has asked for, as its owner counts it. */
struct ui_series {
    bool is_on;
    unsigned asked, answered;
};

struct running_line {
    uint32_t file;
    uint32_t line;
};

enum ui_limits {
    UI_RUNNING_MAX = 64, /* running lines that are marked */
    UI_REQUESTS_MAX = 100000,
    UI_AT_ONCE_MAX = 500,
    UI_SERIES_DEFAULT = 12, /* enough for a verdict on leaks */
    UI_MESSAGE_SIZE = 512,
    UI_INPUT_SIZE = 4097, /* 4 KiB and a NUL */
};

struct ui {
    int cols, rows;
    enum view_id view;
    enum view_id back;         /* where Esc goes from output, help and pick */
    enum view_id holders_back; /* and from the holders */
    enum view_id focus;        /* `view`, or a side pane's */
    struct list lists[VIEW_COUNT];
    struct layout layout;
    int banner_rows; /* rows above the source or the functions that say what is wrong, or above the
                        leaks with the verdict; else 0 */
    int evidence_rows; /* of the pane below the leaks; else 0 */
    int holder_rows;   /* of these, above the list: who holds what the leak keeps; else 0 */

    bool ascii;
    bool mouse;
    bool dirty;       /* something to draw, apart from the model; the caller clears it */
    bool follow;      /* the running line */
    bool file_chosen; /* by the user: a default no longer replaces it */
    bool line_chosen;
    bool old_chosen;     /* `file` was an old version already when the user chose it */
    bool function_shown; /* the source of the one that ran first */
    bool view_chosen;    /* by the user, or by the first invocation */
    bool one_open;       /* the numbers of one invocation are shown */
    bool marked;         /* `mark` is set */
    bool difference;     /* one less mark */
    bool paused;         /* for the caller, with UI_PAUSE */

    uint32_t file;             /* shown in the source view; an index into the model's files */
    struct file_place *places; /* owned; by file */
    size_t place_count;
    struct running_line running[UI_RUNNING_MAX]; /* newest first */
    size_t running_count;

    uint64_t one; /* id of the opened invocation, as ui_invocation_id gives it */
    uint64_t mark;
    struct version_pairs versions; /* in a difference */
    struct counters *zero;         /* owned; counted from then on; NULL: from the start */
    struct model *frozen;          /* owned; what is shown while frozen, else NULL */
    uint64_t frozen_ns;
    struct ui_replay replay;

    enum prompt prompt;
    char input[UI_INPUT_SIZE];           /* in a search or a filter at most LIST_TEXT_SIZE */
    bool pasted_line_end;                /* the character before was part of a pasted line end */
    bool prefill_waits;                  /* a default: what is typed takes its place */
    bool prefill_cut;                    /* `prefill` is longer than what is shown of it */
    size_t input_at;                     /* byte before which the cursor stands */
    char *prefill;                       /* owned or NULL: what the prompt began with, uncut */
    char pattern[LIST_TEXT_SIZE];        /* searched for; "" for none */
    enum view_id pattern_view;           /* where it was typed */
    char pattern_before[LIST_TEXT_SIZE]; /* to be put back by Esc */
    uint64_t search_from;                /* row id where the search began */

    char message[UI_MESSAGE_SIZE]; /* until the next key */
    enum style message_style;
    bool stop_shown;      /* a thread is stopped, in what is shown */
    uint64_t stop_seen;   /* number of the stop whose line was gone to */
    uint64_t deaths_seen; /* of the worker's, those that need not be told any more */

    uint64_t holders_realtime_ns;  /* when it was asked who holds what, */
    uint32_t holders_opened_types; /* which of the answer's types are shown whole, by bits, */
    uint32_t holders_opened_chains;
    bool holders_all_types; /* and whether all of them are shown */
    uint64_t live_ended;    /* counts of what is alive, as many as were told of */
    uint64_t leaks_asked;   /* lines that UI_EVIDENCE was for, as a hash; 0: none */

    int click_row, click_col; /* of the latest click, to know a double one */
    uint64_t click_ns;

    struct known_function *known; /* owned */
    size_t known_count;
    char *run_name; /* owned or NULL: the function that `r` or `R` was pressed for */
    struct ui_series series;

    /* For the caller, with its action. */
    unsigned requests;
    unsigned series_count; /* what was typed last; 0 before */
    unsigned at_once;      /* the owner sets what `R` begins with */
    uint32_t edit_line;
    uint32_t holders_file; /* index into the model's files */
    uint32_t holders_line;
    uint32_t break_line;
    uint32_t break_file;   /* index into the live model's files */
    uint32_t break_number; /* 0 for none */
    size_t function;       /* index into the live model's functions */
    char *payload;         /* owned; "" for none */
    char *line;            /* owned; "GET /api/X" */
    char *expression;      /* owned; Python */
    char *condition;       /* owned; of a breakpoint, "" for none */
    char *refused;         /* owned or NULL: what was typed, and was no condition, */
    uint64_t refused_at;   /* for that line */
    char *edit_path;       /* owned */
    char *record_path;     /* owned */
    char *save_path;       /* owned */
};

void ui_init(struct ui *ui, int cols, int rows);
void ui_fini(struct ui *ui);
/* What is on display: the model, or the frozen copy. */
const struct model *ui_shown(const struct ui *ui, const struct model *model);
/* Bring lists, selection and scrolling in line with the model. Call it before drawing where the
 * model, the size or the state changed; ui_key does so by itself. */
void ui_sync(struct ui *ui, const struct model *model);
/* Take a key, a click or a new size. */
enum ui_action ui_key(struct ui *ui, const struct model *model, struct key_event event,
                      uint64_t now_ns, uint64_t realtime_ns);
/* Show a message until the next key. Outside text in it is cleaned when it is drawn. */
void ui_say(struct ui *ui, enum style style, const char *format, ...) ATTR_PRINTF(3, 4);
/* What `R` has asked for is over: show which lines leak, where that is known and nothing else is
 * looked at that stands still. Who holds them is to be asked anew. */
void ui_show_verdict(struct ui *ui, const struct model *model);
/* What the display has to look up though no key was pressed: UI_EVIDENCE, once where the leaks are
 * shown, whenever other lines leak then and after ui_show_verdict(), or UI_NOTHING. For before a
 * frame, after ui_sync(). */
enum ui_action ui_wants(struct ui *ui, const struct model *model);
/* Ask for a file to record in, beginning with `path`. */
void ui_ask_recording(struct ui *ui, const char *path);
/* When, by the monotonic clock, the screen will look different though nothing happens: running
 * durations and the sparkline. UINT64_MAX for never. */
uint64_t ui_next_change_ns(const struct ui *ui, const struct model *model, uint64_t now_ns);
/* Would the command do something now? Decides what the key row offers. */
bool ui_can(const struct ui *ui, const struct model *model, enum ui_command command);

/* For the views: */

/* Id of an invocation among the kept ones: its number, or for a load one of its own, from
 * INVOCATION_LOADS on. */
#define INVOCATION_LOADS (UINT64_C(1) << 63)
uint64_t ui_invocation_id(const struct invocation *invocation);
const struct invocation *ui_find_invocation(const struct model *model, uint64_t id);
/* The opened invocation, or NULL. */
const struct invocation *ui_one(const struct ui *ui, const struct model *model);
/* In a difference: which line is which, where the two ran other versions of a file. */
void ui_match_versions(struct ui *ui, const struct model *model);
/* Numbers of a line as they are to be shown (sum, since zero, one invocation, difference); false
 * where the line has not run. */
bool ui_line_stats(const struct ui *ui, const struct model *model, uint32_t file, uint32_t line,
                   struct line_stats *stats);
/* The same over all invocations, whatever is open. */
bool ui_sum_stats(const struct ui *ui, const struct model *model, uint32_t file, uint32_t line,
                  struct line_stats *stats);
/* What is alive of what the line allocated: now, or with an invocation opened, in that one; false
 * where that is not known. */
bool ui_retained(const struct ui *ui, const struct model *model, uint32_t file, uint32_t line,
                 int64_t *bytes);
/* In a difference: by how many bytes the line is another one in the open invocation than in the
 * marked one; 0 where it is not, and where no difference is shown. */
uint64_t ui_line_change(const struct ui *ui, const struct model *model, uint32_t file,
                        uint32_t line);
/* And is that so much that it should be looked at? */
bool ui_line_is_changed(const struct ui *ui, const struct model *model, uint32_t file,
                        uint32_t line);
bool ui_line_runs(const struct ui *ui, uint32_t file, uint32_t line);
/* Is a thread stopped before that line? */
bool ui_line_stops(const struct model *model, uint32_t file, uint32_t line);
/* Show a line of a file in the source view; it is selected, and in the middle where it was off the
 * screen. */
void ui_show_line(struct ui *ui, const struct model *model, uint32_t file, uint32_t line);
/* Is an old version of a file shown in the source view? */
bool ui_is_old(const struct ui *ui, const struct model *model);
/* The function that the source view is to say of that it could not be loaded, or NULL: one whose
 * script is shown, else the selected one, else for a file that is nobody's script any one. */
const struct model_function *ui_broken_function(const struct ui *ui, const struct model *model);
/* Is there a load error to be told above the view? */
bool ui_has_load_error(const struct ui *ui, const struct model *model);
/* Is the end of the last worker to be told? It is, from its death until a key is pressed once
 * another one is ready: half a second is all that this takes, and one may have looked away. */
bool ui_tells_death(const struct ui *ui, const struct model *model);
/* Go from the old version that is shown to the current one, to the same line. */
void ui_show_current(struct ui *ui, const struct model *model);
/* The list that keys act on. */
struct list *ui_focused_list(struct ui *ui);
/* Where a view is on the screen; false where it is not. */
bool ui_view_rect(const struct ui *ui, enum view_id view, struct rect *rect);
/* Id of the function of that name, from then on. */
uint64_t ui_function_id(struct ui *ui, const char *name);
/* The function with that id, or NULL where the model has none of its name. */
const struct model_function *ui_find_function(const struct ui *ui, const struct model *model,
                                              uint64_t id);
/* Id of a line among all files. */
static inline uint64_t ui_line_id(uint32_t file, uint32_t line)
{
    return (uint64_t)file << 32 | line;
}

#endif
