/*
 * curses is used for what it is good at: the terminal's capabilities, keys, and sending no more
 * than what changed. Rows that are as they were are not even handed to it.
 *
 * Giving the terminal back: on the usual ways endwin() does it. After a fatal signal nothing may be
 * called that is not safe in a handler, so the bytes that undo everything are put together when the
 * terminal is taken, and the handler writes them, sets the old modes, restores the disposition that
 * it found (a sanitizer's, perhaps) and raises the signal again. It runs on a stack of its own: a
 * stack overflow is one of the ways to get there. ABRT is what an assertion and mem.c end with;
 * exit() from some library is covered by atexit.
 *
 * What is pasted comes between two marks (bracketed paste), where the terminal can do that: without
 * them a line end in it would send what was pasted so far, and the rest would be taken for keys.
 *
 * Reports of the mouse are read here and not by curses, which waits for the rest of one without
 * end, so that one that is cut short would hold up everything. Nobody waits longer than SEQUENCE_MS
 * for the next byte of a sequence.
 *
 * The modes are raw: ^C and ^Z come as keys, and no signal of the terminal's reaches the worker
 * behind pymemtop's back.
 */
#include "config.h"
#include "tui/term.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

/* curses' term.h has macros for every capability; none of them is wanted. */
#undef lines
#undef columns

#include "base/attributes.h"
#include "base/mem.h"
#include "base/text.h"
#include "tui/capture.h"
#include "tui/pointer.h"

enum {
    ESCAPE_DELAY_MS = 25,
    SEQUENCE_MS = 100, /* from one byte of a sequence to the next */
    SEQUENCE_MAX = 32,
    RESET_MAX = 256,
    STACK_BYTES = 65536
};
/* Keys of curses' for the beginnings of reports of the mouse. */
enum { KEY_REPORT = KEY_MAX + 1, KEY_REPORT_IN_BYTES };
enum { PALETTE = 17 }; /* 16 colours and the terminal's own */

struct terminal {
    SCREEN *screen;
    bool color;
    bool mouse;                    /* it is asked for */
    bool has_mouse;                /* it can be */
    bool pasting;                  /* between the marks of a paste */
    short pairs[PALETTE][PALETTE]; /* by foreground + 1 and background + 1; 0: not made yet */
    short pair_count;
    struct grid shown; /* what the terminal shows; 0 columns: not known */
};

/* What a handler needs, prebuilt. */
static struct {
    volatile sig_atomic_t taken;
    char reset[RESET_MAX];
    size_t reset_len;
    struct termios modes;
    bool modes_known;
} rescue;

static const int fatal_signals[] = {SIGSEGV, SIGBUS,  SIGABRT, SIGFPE,    SIGILL,
                                    SIGQUIT, SIGTRAP, SIGSYS,  SIGXCPU,   SIGALRM,
                                    SIGIO,   SIGPROF, SIGPWR,  SIGSTKFLT, SIGVTALRM};
static struct sigaction found_actions[ARRAY_LEN(fatal_signals)];

static void give_back(void)
{
    if (!rescue.taken)
        return;
    rescue.taken = 0;
    (void)!write(STDOUT_FILENO, rescue.reset, rescue.reset_len);
    if (rescue.modes_known)
        tcsetattr(STDIN_FILENO, TCSANOW, &rescue.modes);
    capture_stop();
}

static void on_fatal_signal(int number)
{
    int saved_errno = errno;
    give_back();
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++) {
        if (fatal_signals[i] == number)
            sigaction(number, &found_actions[i], NULL);
    }
    errno = saved_errno;
    raise(number);
}

#ifdef WITH_SANITIZER
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

static void install_rescue(void)
{
    static bool installed;
    struct sigaction action = {.sa_handler = on_fatal_signal, .sa_flags = SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++) {
        sigaction(fatal_signals[i], &action, &found_actions[i]);
        /* One that is ignored ends nothing, and stays so: SIGQUIT in a background job. */
        if (found_actions[i].sa_handler == SIG_IGN)
            sigaction(fatal_signals[i], &found_actions[i], NULL);
    }
    if (installed)
        return;
    installed = true;
    stack_t stack = {.ss_sp = mem_calloc(1, STACK_BYTES), .ss_size = STACK_BYTES};
    stack_t before;
    if (sigaltstack(NULL, &before) == 0 && (before.ss_flags & SS_DISABLE))
        sigaltstack(&stack, NULL);
    else
        free(stack.ss_sp);
    atexit(give_back);
#ifdef WITH_SANITIZER
    __sanitizer_set_death_callback(give_back);
#endif
}

static void remove_rescue(void)
{
    for (size_t i = 0; i < ARRAY_LEN(fatal_signals); i++)
        sigaction(fatal_signals[i], &found_actions[i], NULL);
    rescue.taken = 0;
}

static int collect(int byte)
{
    if (rescue.reset_len < sizeof rescue.reset)
        rescue.reset[rescue.reset_len++] = (char)byte;
    return byte;
}

static bool has_capability(const char *name)
{
    const char *text = tigetstr(name);
    return text && text != (char *)-1;
}

/* What endwin would send, and more: every mouse mode and bracketed paste off. */
static void build_reset(void)
{
    static const char *const names[] = {"sgr0", "op", "cnorm", "rmkx", "rmcup"};
    static const char modes_off[] = "\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?2004l";
    rescue.reset_len = 0;
    if (has_capability("kmous")) {
        for (size_t i = 0; i < sizeof modes_off - 1; i++)
            collect(modes_off[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *text = tigetstr(names[i]);
        if (text && text != (char *)-1)
            tputs(text, 1, collect);
    }
    collect('\r');
}

/* Clicks and the wheel, in digits where the terminal can do that. */
static void ask_for_mouse(const struct terminal *term, bool on)
{
    if (!term->has_mouse)
        return;
    putp(on ? "\033[?1000h\033[?1006h" : "\033[?1006l\033[?1000l");
    fflush(stdout);
}

/* No capability says whether a terminal has it; those with a mouse do, or ignore it. */
static void set_paste_marks(bool on)
{
    if (!has_capability("kmous"))
        return;
    putp(on ? "\033[?2004h" : "\033[?2004l");
    fflush(stdout);
}

int term_check(struct error *error)
{
    const char *type = getenv("TERM");
    int found = 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(error, EXIT_STATUS_USAGE,
                         "the live screen needs a terminal on standard input and output; "
                         "--batch prints a report instead");
    if (!type || !*type)
        return error_set(error, EXIT_STATUS_USAGE,
                         "TERM is not set, so the terminal's type is not known; set it, as in "
                         "TERM=xterm, or use --batch");
    if (setupterm(type, STDOUT_FILENO, &found) != OK)
        return error_set(error, EXIT_STATUS_USAGE,
                         "the terminal type TERM=%s is unknown here; set TERM to one that is "
                         "known, as in TERM=xterm, or use --batch",
                         type);
    bool able = has_capability("cup") && has_capability("clear");
    del_curterm(cur_term);
    if (!able)
        return error_set(error, EXIT_STATUS_USAGE,
                         "a terminal of type TERM=%s cannot place its cursor, which the live "
                         "screen needs; set TERM to what it is, or use --batch",
                         type);
    return 0;
}

bool term_is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void take(struct terminal *term)
{
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    meta(stdscr, TRUE);
    leaveok(stdscr, TRUE);
    curs_set(0);
    set_paste_marks(true);
    set_escdelay(ESCAPE_DELAY_MS);
    term->has_mouse = has_capability("kmous");
    if (term->has_mouse) {
        define_key("\033[<", KEY_REPORT);
        define_key("\033[M", KEY_REPORT_IN_BYTES);
    }
    term->color = term->color && has_colors() && start_color() == OK;
    if (term->color)
        use_default_colors();
}

struct terminal *term_open(bool color, struct error *error)
{
    struct terminal *term = mem_calloc(1, sizeof *term);
    term->color = color;
    rescue.modes_known = tcgetattr(STDIN_FILENO, &rescue.modes) == 0;
    term->screen = newterm(NULL, stdout, stdin);
    if (!term->screen) {
        error_set(error, EXIT_STATUS_USAGE, "the terminal (TERM=%s) cannot be used for the screen",
                  getenv("TERM"));
        free(term);
        return NULL;
    }
    set_term(term->screen);
    build_reset();
    install_rescue();
    rescue.taken = 1;
    take(term);
    capture_start();
    return term;
}

void term_close(struct terminal *term)
{
    if (!term)
        return;
    term_set_mouse(term, false);
    set_paste_marks(false);
    if (!isendwin())
        endwin();
    remove_rescue();
    capture_stop();
    delscreen(term->screen);
    grid_fini(&term->shown);
    free(term);
}

void term_suspend(struct terminal *term)
{
    term->pasting = false;
    ask_for_mouse(term, false);
    set_paste_marks(false);
    endwin();
    rescue.taken = 0;
    capture_stop();
}

void term_resume(struct terminal *term)
{
    if (!isendwin())
        endwin();
    rescue.taken = 1;
    capture_start();
    /* The first update after endwin() takes the modes and the alternate screen again. */
    clearok(curscr, TRUE);
    doupdate();
    curs_set(0);
    set_paste_marks(true);
    if (term->mouse)
        ask_for_mouse(term, true);
    term->shown.cols = 0;
}

void term_size(int *cols, int *rows)
{
    struct winsize size;
    *cols = 80;
    *rows = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
        *cols = size.ws_col;
        *rows = size.ws_row;
    }
}

void term_resize(struct terminal *term, int cols, int rows)
{
    resizeterm(rows, cols);
    term->shown.cols = 0;
}

/* The number of a pair of colours; 0, the terminal's own, where there are no more. */
static short pair_of(struct terminal *term, int foreground, int background)
{
    short *pair = &term->pairs[foreground + 1][background + 1];
    if (*pair == 0 && term->pair_count + 1 < COLOR_PAIRS &&
        init_pair((short)(term->pair_count + 1), (short)foreground, (short)background) == OK)
        *pair = ++term->pair_count;
    return *pair;
}

/* With 8 colours a bright one is the plain one in bold. */
static attr_t attributes_of(struct look look)
{
    attr_t attributes = A_NORMAL;
    if (look.bold || (look.foreground >= 8 && COLORS < 16))
        attributes |= A_BOLD;
    if (look.dim)
        attributes |= A_DIM;
    if (look.underline)
        attributes |= A_UNDERLINE;
    if (look.reverse)
        attributes |= A_REVERSE;
    return attributes;
}

static void put_cell(struct terminal *term, int row, int col, const struct cell *cell)
{
    struct look look = style_look(cell->style, cell->mark, term->color);
    wchar_t text[CELL_CODES + 1] = {0};
    attr_t attributes = attributes_of(look);
    cchar_t out;
    short pair = 0;
    for (size_t i = 0; i < CELL_CODES && cell->codes[i]; i++)
        text[i] = (wchar_t)cell->codes[i];
    /* What the C library cannot print, curses would spell out over several columns. */
    if (text[0] >= 0x7F && wcwidth(text[0]) != cell->cols) {
        text[0] = term_is_utf8() ? (wchar_t)TEXT_REPLACEMENT : L'?';
        text[1] = 0;
    }
    if (term->color) {
        bool bright = look.foreground >= 8 && COLORS < 16;
        pair = pair_of(term, bright ? look.foreground - 8 : look.foreground, look.background);
    }
    if (setcchar(&out, text, attributes, pair, NULL) == OK)
        mvadd_wch(row, col, &out);
}

static bool row_is_shown(const struct terminal *term, const struct grid *grid, int row)
{
    if (term->shown.cols != grid->cols || term->shown.rows != grid->rows)
        return false;
    size_t at = (size_t)row * (size_t)grid->cols;
    return memcmp(&term->shown.cells[at], &grid->cells[at],
                  (size_t)grid->cols * sizeof *grid->cells) == 0;
}

static void remember(struct terminal *term, const struct grid *grid)
{
    grid_resize(&term->shown, grid->cols, grid->rows);
    memcpy(term->shown.cells, grid->cells,
           (size_t)grid->cols * (size_t)grid->rows * sizeof *grid->cells);
}

void term_show(struct terminal *term, const struct grid *grid, bool repaint)
{
    if (isendwin())
        return;
    if (repaint) {
        clearok(curscr, TRUE);
        term->shown.cols = 0;
    }
    if (term->shown.cols == 0)
        erase();
    for (int row = 0; row < grid->rows && row < LINES; row++) {
        if (row_is_shown(term, grid, row))
            continue;
        for (int col = 0; col < grid->cols && col < COLS; col++) {
            const struct cell *cell = grid_at(grid, row, col);
            if (cell->cols)
                put_cell(term, row, col, cell);
        }
    }
    remember(term, grid);
    wnoutrefresh(stdscr);
    doupdate();
}

void term_set_mouse(struct terminal *term, bool on)
{
    if (term->mouse == on)
        return;
    term->mouse = on;
    ask_for_mouse(term, on);
}

/* The next byte of a sequence that has begun; negative where it is cut short. */
static int next_byte(void *context)
{
    struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};
    unsigned char byte;
    (void)context;
    return poll(&keyboard, 1, SEQUENCE_MS) == 1 && read(STDIN_FILENO, &byte, 1) == 1 ? byte : -1;
}

static int function_key(wint_t code)
{
    static const struct {
        wint_t code;
        int key;
    } keys[] = {
        {KEY_UP, K_UP},        {KEY_DOWN, K_DOWN},     {KEY_LEFT, K_LEFT},
        {KEY_RIGHT, K_RIGHT},  {KEY_PPAGE, K_PAGE_UP}, {KEY_NPAGE, K_PAGE_DOWN},
        {KEY_HOME, K_HOME},    {KEY_END, K_END},       {KEY_DC, K_DELETE},
        {KEY_BTAB, K_BACKTAB}, {KEY_ENTER, K_ENTER},   {KEY_BACKSPACE, K_BACKSPACE},
        {KEY_FIND, K_HOME},    {KEY_SELECT, K_END},
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (keys[i].code == code)
            return keys[i].key;
    }
    if (code >= KEY_F(1) && code <= KEY_F(10))
        return K_F1 + (int)(code - KEY_F(1));
    return K_UNKNOWN;
}

/* The next character of a sequence that has begun; false, and 0, where it is cut short. */
static bool next_code(wint_t *code)
{
    struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};
    int kind = get_wch(code);
    if (kind == ERR && poll(&keyboard, 1, SEQUENCE_MS) == 1)
        kind = get_wch(code);
    if (kind != OK)
        *code = 0;
    return kind == OK;
}

/* An escape sequence that the terminal's description does not know would come as Esc and a row of
 * commands. It is read to its end and dropped, but for the marks of a paste; a lone Esc is a key.
 */
static int after_escape(struct terminal *term)
{
    char sequence[SEQUENCE_MAX + 1] = {0};
    wint_t code;
    if (get_wch(&code) != OK)
        return K_ESC;
    if (code != '[' && code != 'O') {
        unget_wch((wchar_t)code);
        return K_ESC;
    }
    for (int i = 0; next_code(&code) && (code < 0x40 || code > 0x7E); i++)
        if (i < SEQUENCE_MAX)
            sequence[i] = code < 0x80 ? (char)code : '?';
    if (code == '~' && strcmp(sequence, "200") == 0)
        term->pasting = true;
    else if (code == '~' && strcmp(sequence, "201") == 0)
        term->pasting = false;
    return K_UNKNOWN;
}

bool term_read(struct terminal *term, struct key_event *event)
{
    wint_t code = 0;
    *event = (struct key_event){.key = K_UNKNOWN};
    int kind = isendwin() ? ERR : get_wch(&code);
    if (kind == ERR)
        return false;
    if (kind == KEY_CODE_YES)
        event->key = code == KEY_REPORT || code == KEY_REPORT_IN_BYTES
                         ? pointer_read(next_byte, NULL, code == KEY_REPORT_IN_BYTES, event)
                         : function_key(code);
    else
        event->key = code == K_ESC ? after_escape(term) : (int)code;
    /* An Esc of its own within a paste: the end mark is not to be waited for any longer. */
    if (event->key == K_ESC)
        term->pasting = false;
    event->pasted = term->pasting && event->key < K_UP;
    return true;
}
