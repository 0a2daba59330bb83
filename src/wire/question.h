/*
 * Questions about the memory of the worker's program, which a child of the worker answers: it walks
 * a picture of that memory while the program goes on. They do not go through the link
 * (wire/frame.h), since that is served by the worker's event loop, which may be stopped, or busy,
 * or not there at all: a question is taken by whichever thread first has the interpreter lock and
 * looks, be it the event loop, a thread that begins a line (control.armed, CONTROL_QUESTION) or one
 * that is stopped.
 *
 * A question is one message on a SOCK_SEQPACKET socket that host and worker have in common, with
 * the write end of a pipe. The child writes to it, and nobody else. Where the host closes the pipe
 * the answer is not wanted any more. Both ends are of one machine and one build, so integers have
 * the machine's order.
 */
/* clang-format off */
/*
 *   uint32           its process id; it is a child of the worker's parent, which has to wait for it.
 *                    0: there is no child
 *   bytes 1 to 99    how many percent are done, growing
 *   byte 100         then JSON until the end of the pipe; without it the child was killed
 *
 * QUESTION_HOLDERS   body: for each line, 16 at the most: uint32 line, uint32 length of the path, the
 *                    path
 *   {"problem": sentence}, or
 *   {"faults": n, "short": bool, "late": bool, "lines": [
 *    {"question": index, "line", "count", "shallow_bytes", "retained_bytes", "oldest", "newest",
 *     "types": [{"name", "count", "shallow_bytes", "retained_bytes",
 *                "example": text or null, "chain": text or null}],
 *     "chains": [{"text", "note": text or null, "bounded", "count", "bytes", "newest"}]}]}
 *
 *   faults           objects that could not be read
 *   short, late      of memory; the time was over: what was not found is missing
 *   oldest, newest   numbers of invocations; 0: not told apart
 *   retained_bytes   what would be freed if the line's objects went, or those of the type; -1: not
 *                    known
 *   a chain's bytes  what is held through it alone, of the retained_bytes; where these are not
 *                    known, those of the objects themselves
 *
 * QUESTION_CENSUS    no body: what is alive, by line and type
 *   {"problem": sentence}, or
 *   {"faults": n, "short": bool, "late": bool, "paths": [text...], "types": [text...],
 *    "rows": [[path, line, type, count, bytes]...], "others": {"rows", "count", "bytes"}}
 *
 *   a row's path, type  places in their lists; a path of -1 is no profiled line
 *   others              the sums of the rows for which there was no room; they fall by bytes
 */
/* clang-format on */
#ifndef WIRE_QUESTION_H
#define WIRE_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

enum question_kind { QUESTION_HOLDERS = 1, QUESTION_CENSUS = 2 };
enum { QUESTION_DONE = 100 };

/* Of a body. */
#define QUESTION_MAX_BYTES ((size_t)80 << 10)

struct question {
    enum question_kind kind;
    const char *body; /* borrowed from the receiver's buffer; the next question takes its place */
    size_t len;
    uint32_t budget_ms; /* after so long an answer is to come, with what is known by then */
    int answer_fd;      /* the receiver's to close */
};

/* Send a question on `socket`; its `answer_fd` stays the caller's. 0, or a negative errno: -EAGAIN
 * where too many wait, -EMSGSIZE. */
int question_send(int socket, const struct question *question) ATTR_CHECKED;
/* Take the next one: 1, or 0 where none is there, or -1 where none will come any more. What is no
 * question is passed over. One thread at a time. */
int question_receive(int socket, struct question *question) ATTR_CHECKED;

#endif
