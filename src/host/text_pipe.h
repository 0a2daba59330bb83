/*
 * One of the worker's output streams, read line by line. A line that grows too long is cut at
 * OUTPUT_LINE_BYTES and its rest dropped; a last line without an end is given out when the stream
 * ends.
 */
#ifndef HOST_TEXT_PIPE_H
#define HOST_TEXT_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/buf.h"

struct text_pipe {
    uv_pipe_t pipe;
    struct buf line;
    void (*heard)(void *context, const char *line, size_t len);
    void *context;
    char chunk[16384];
};

/* Read from `fd` (owned from now on): 0 or a negative errno. `heard` gets every line, without its
 * end. The owner closes it with uv_close on `pipe`, and then calls text_pipe_fini. */
int text_pipe_open(struct text_pipe *text, uv_loop_t *loop, int fd,
                   void (*heard)(void *context, const char *line, size_t len), void *context);
/* Give out at once the lines that have been written by now. */
void text_pipe_catch_up(struct text_pipe *text);
/* Give out what there is of a line without its end; what follows is another line. */
void text_pipe_cut(struct text_pipe *text);
/* Take what is there to be read without waiting, and give out the last line. */
void text_pipe_finish(struct text_pipe *text);
void text_pipe_fini(struct text_pipe *text);
/* Cut more bytes into lines. For tests as well. */
void text_pipe_feed(struct text_pipe *text, const char *bytes, size_t len);

#endif
