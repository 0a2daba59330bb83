#include "config.h"
#include "host/linger.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/mem.h"

enum { READ_BYTES = 65536, READS_AT_ONCE = 16 };

struct lingering {
    struct lingering *next;
    struct lingerers *all; /* borrowed */
    uv_poll_t poll;
    int fd; /* owned */
    uint64_t began_ms;
    uint64_t heard_ms;
};

void linger_init(struct lingerers *lingerers, uv_loop_t *loop)
{
    *lingerers = (struct lingerers){.loop = loop};
}

static void on_closed(uv_handle_t *handle)
{
    struct lingering *each = handle->data;
    struct lingerers *lingerers = each->all;
    close(each->fd);
    free(each);
    if (!--lingerers->open && lingerers->closed)
        lingerers->closed(lingerers->context);
}

static void end(struct lingering *each)
{
    struct lingering **at = &each->all->first;
    while (*at != each)
        at = &(*at)->next;
    *at = each->next;
    each->all->count--;
    uv_close((uv_handle_t *)&each->poll, on_closed);
}

static void on_readable(uv_poll_t *poll, int status, int events ATTR_UNUSED)
{
    static char dropped[READ_BYTES];
    struct lingering *each = poll->data;
    ssize_t len = status < 0 ? 0 : 1;
    for (int i = 0; i < READS_AT_ONCE && len > 0; i++)
        len = recv(each->fd, dropped, sizeof dropped, MSG_DONTWAIT);
    each->heard_ms = uv_now(each->all->loop);
    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
        end(each);
}

void linger_add(struct lingerers *lingerers, int fd)
{
    shutdown(fd, SHUT_WR);
    if (lingerers->count >= LINGER_MAX) {
        close(fd);
        return;
    }
    struct lingering *each = mem_calloc(1, sizeof *each);
    if (uv_poll_init(lingerers->loop, &each->poll, fd)) {
        close(fd);
        free(each);
        return;
    }
    each->all = lingerers;
    each->poll.data = each;
    each->fd = fd;
    each->began_ms = each->heard_ms = uv_now(lingerers->loop);
    each->next = lingerers->first;
    lingerers->first = each;
    lingerers->count++;
    lingerers->open++;
    uv_poll_start(&each->poll, UV_READABLE, on_readable);
}

void linger_tick(struct lingerers *lingerers, uint64_t now_ms)
{
    for (struct lingering *each = lingerers->first, *next; each; each = next) {
        next = each->next;
        if (now_ms - each->heard_ms >= LINGER_SILENCE_MS ||
            now_ms - each->began_ms >= LINGER_LONGEST_MS)
            end(each);
    }
}

void linger_close(struct lingerers *lingerers, void (*closed)(void *context), void *context)
{
    lingerers->closed = closed;
    lingerers->context = context;
    while (lingerers->first)
        end(lingerers->first);
    if (!lingerers->open)
        closed(context);
}
