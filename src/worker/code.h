/*
 * What the tracer knows of a code object: whether its file is profiled, and the sites of the file's
 * lines. Kept in the code object's extra data, so that finding it takes no hash,
 * works for code of the same name in two files, and ends with the code object.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_CODE_H
#define WORKER_CODE_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "wire/segment.h"

/* A profiled file, with a site for each line that has run. */
struct traced_file {
    struct traced_file *next;
    const char *path; /* in the arena */
    uint32_t index;   /* in the segment */
    uint32_t line_count;
    bool is_in_part; /* some of its functions are profiled, and no other code */
    uint32_t *sites; /* by line, in the arena; SEGMENT_NONE where the line has not run */
};

enum code_kind {
    CODE_OTHER, /* not profiled */
    CODE_PROFILED,
    CODE_LOOP_STEP, /* asyncio.Handle._run: one callback of an event loop */
};

/* Lines of a module's or a class's body that are the head of a function. Sorted by `first`; `last`
 * is the largest one up to here, so that heads within heads are found, too. */
struct code_head {
    int first;
    int last;
    int body; /* its first line; the head's last one where a function is all on one line */
};

struct code_info {
    enum code_kind kind;
    PyCodeObject *code;       /* whose info it is, and which it does not outlive */
    struct traced_file *file; /* of CODE_PROFILED */
    bool is_function;         /* not a module's or a class body's */
    bool is_in_function;      /* it is one, or lies within one */
    bool is_coroutine;        /* its frames are suspended by await */
    bool is_announced;        /* the function was published */
    uint32_t decorated;       /* 1 and the index of the function that was; 0: it was not */
    bool is_decorated;        /* by the script, or it lies within a function that is */
    bool may_be_recorded;     /* a recorder knows it, or did: recorder.h */
    struct code_head *heads;  /* in the arena; of profiled code outside of functions */
    size_t head_count;
    unsigned head_order; /* there is room for 2^head_order of them */
    int last_offset;     /* the one asked for last by code_line_at, and its line; 0: none yet */
    int last_line;
};

/* Set before the first of them is made: profiled code may be recorded from the start on. */
extern bool code_may_be_recorded;

/* Set before, too, where the program comes by standard input, in no file: its code is profiled all
 * the same. */
extern bool code_input_is_profiled;

/* Ask the interpreter for a place in the code objects. 0, or -1 with an exception. */
int code_open(void);
/* The info of `code`, made at the first call; never NULL (where memory is short: CODE_OTHER). It is
 * asked for at every call of every function while a hook sees those, and so reads the extra data
 * where the interpreter keeps it (struct _PyCodeObjectExtra, the same from 3.6 to 3.13), which
 * code_open has tried. */
struct code_info *code_make_info(PyCodeObject *code);
struct code_extra {
    Py_ssize_t count;
    struct code_info *items[];
};
extern Py_ssize_t code_extra_index;
/* Have `code` keep `value` at `index`, with no more entries than that needs: the interpreter makes
 * one for everybody, and hands them to everybody's destructor, also where it is NULL. 0, or -1 with
 * an exception. */
int code_set_extra(PyCodeObject *code, Py_ssize_t index, void *value);
/* The same where it was made before, else NULL. */
static inline struct code_info *code_known_info(const PyCodeObject *code)
{
    const struct code_extra *extra = code->co_extra;
    return LIKELY(extra && extra->count > code_extra_index) ? extra->items[code_extra_index] : NULL;
}
static inline struct code_info *code_info(PyCodeObject *code)
{
    struct code_info *info = code_known_info(code);
    return LIKELY(info != NULL) ? info : code_make_info(code);
}
/* The line of the instruction at `offset` (in bytes); the first line where it has none. The
 * interpreter looks for it from the first line on, and so the answer is kept: most code resumes, or
 * jumps, at one place many times. */
int code_find_line(PyCodeObject *code, struct code_info *info, int offset);
static inline int code_line_at(PyCodeObject *code, struct code_info *info, int offset)
{
    if (LIKELY(info->last_line > 0 && info->last_offset == offset))
        return info->last_line;
    return code_find_line(code, info, offset);
}
/* Declare `code` (a function or method, borrowed) a CODE_LOOP_STEP. 0, or -1 with an exception. */
int code_mark_loop_step(PyObject *function);
/* The site of a line; SEGMENT_NONE where there is no room for it, which counts as a lost line, and
 * for what stands on no line of the source (0: the start of a module). */
uint32_t code_new_site(struct traced_file *file, int line);
static inline uint32_t code_site(struct traced_file *file, int line)
{
    uint32_t at = (uint32_t)line;
    if (LIKELY(at < file->line_count && file->sites[at] != SEGMENT_NONE))
        return file->sites[at];
    return code_new_site(file, line);
}
/* True where `line` of a module or class body (outside every function) belongs to the head of a
 * function that it defines: from the first decorator, or the def, to before the body, or to the def
 * that holds it. The first line's executions are the function's calls; its definition is none. */
bool code_is_in_head(const struct code_info *info, int line);
static inline bool code_defines_at(const struct code_info *info, int line)
{
    return UNLIKELY(info->head_count > 0) && code_is_in_head(info, line);
}
/* False for what is called <module>, <lambda>, <listcomp> and the like. */
bool code_is_named(const PyCodeObject *code);
/* The last line of `code` and of the code nested in it; an exception is left set on failure. */
int code_last_line(PyCodeObject *code);
/* Publish the function whose code this is, once; not for modules, classes, lambdas and the like. */
void code_announce(PyCodeObject *code, struct code_info *info);
/* Have the function whose code this is be profiled, with the code within it, and nothing else of
 * its file, where that is not profiled. False where it cannot be: it is excluded, or no file. */
bool code_profile_alone(PyCodeObject *code);
/* A script has decorated the function whose code this is, in a frame of `by`: publish that. Its
 * file is profiled from now on, wherever it lies, unless it is excluded; code of that file that has
 * run already stays as it is. Where `by` is a function that defines it, and was not decorated, the
 * definition counts on no line, since memory_profiler sees nothing of it. `tells`: the program
 * prints its tables itself. */
void code_decorate(PyCodeObject *code, PyCodeObject *by, bool tells);

#endif
