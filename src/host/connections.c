#include "config.h"
#include "host/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum {
    HEAD_MS = 30000,
    IDLE_MS = 120000,
    BODY_MS = 30000,
    BODY_BYTES = 7200, /* 240 a second, as Azure's own server has it */
    CONNECTIONS_MAX = 4096,
    CONNECTIONS_LEAST = 16,
    OTHER_FDS = 192, /* bodies' files, sockets that linger, the worker's, and the rest */
    SPARE = 8,       /* connections that are kept free for whom comes next */
};

struct connection_limits connection_limits_default(void)
{
    struct rlimit files = {.rlim_cur = 1024};
    struct connection_limits limits = {.max = CONNECTIONS_MAX,
                                       .head_ms = HEAD_MS,
                                       .idle_ms = IDLE_MS,
                                       .body_ms = BODY_MS,
                                       .body_bytes = BODY_BYTES};
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < CONNECTIONS_MAX + OTHER_FDS)
        limits.max = files.rlim_cur > OTHER_FDS + CONNECTIONS_LEAST
                         ? (size_t)files.rlim_cur - OTHER_FDS
                         : CONNECTIONS_LEAST;
    return limits;
}

void connections_init(struct connections *connections, const struct connection_limits *limits,
                      void (*gone)(void *context, struct connection *connection), void *context)
{
    *connections = (struct connections){.limits = *limits, .gone = gone, .context = context};
    TAILQ_INIT(&connections->list);
}

void connections_fini(struct connections *connections)
{
    free(connections->polled);
    connections->polled = NULL;
}

void connection_enter(struct connections *connections, struct connection *connection,
                      enum connection_phase phase, uint64_t now_ms)
{
    connection->phase = phase;
    connection->since_ms = now_ms;
    connection->bytes = 0;
    TAILQ_REMOVE(&connections->list, connection, link);
    TAILQ_INSERT_TAIL(&connections->list, connection, link);
}

/* ---- giving up ---- */

void connection_say(int fd, unsigned status, const char *reason, const char *words)
{
    char *answer = mem_printf("HTTP/1.1 %u %s\r\nConnection: close\r\n"
                              "Content-Type: text/plain; charset=utf-8\r\n"
                              "Content-Length: %zu\r\n\r\n%s\n",
                              status, reason, strlen(words) + 1, words);
    send(fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
    free(answer);
}

static void give_up(struct connection *connection)
{
    if (connection->phase == CONNECTION_NEW || connection->phase == CONNECTION_BODY)
        connection_say(connection->fd, 408, "Request Timeout", "The request did not come in time.");
    connection->given_up = true;
    shutdown(connection->fd, SHUT_RDWR);
}

/* Give the oldest up that has no request. */
static void make_room(struct connections *connections)
{
    struct connection *each;
    TAILQ_FOREACH(each, &connections->list, link)
    {
        bool has_none = each->phase == CONNECTION_NEW || each->phase == CONNECTION_IDLE;
        if (has_none && !each->given_up) {
            give_up(each);
            return;
        }
    }
}

struct connection *connections_add(struct connections *connections, int fd, uint64_t now_ms)
{
    struct connection *connection = mem_calloc(1, sizeof *connection);
    if (connections->count + SPARE >= connections->limits.max)
        make_room(connections);
    connection->fd = fd;
    TAILQ_INSERT_TAIL(&connections->list, connection, link);
    connections->count++;
    connection_enter(connections, connection, CONNECTION_NEW, now_ms);
    return connection;
}

void connections_remove(struct connections *connections, struct connection *connection)
{
    TAILQ_REMOVE(&connections->list, connection, link);
    connections->count--;
    free(connection);
}

/* ---- looking through them ---- */

/* True where its time is up. A body that comes fast enough gets more. */
static bool is_late(const struct connection_limits *limits, struct connection *connection,
                    uint64_t now_ms)
{
    uint64_t taken_ms = now_ms - connection->since_ms;
    switch (connection->phase) {
    case CONNECTION_NEW: return taken_ms >= limits->head_ms;
    case CONNECTION_IDLE: return taken_ms >= limits->idle_ms;
    case CONNECTION_BODY:
        if (taken_ms < limits->body_ms)
            return false;
        if (connection->bytes < limits->body_bytes)
            return true;
        connection->since_ms = now_ms;
        connection->bytes = 0;
        return false;
    case CONNECTION_WAITS:
    case CONNECTION_ANSWERED: break;
    }
    return false;
}

/* The client has ended its half: is there nothing more to come? libmicrohttpd sees nothing of a
 * connection that waits, and can miss an end that came together with the bytes before it. */
static bool is_lost(const struct connection *connection)
{
    return connection->phase == CONNECTION_WAITS || !connection_has_unread(connection->fd);
}

static void lose(struct connections *connections, struct connection *connection)
{
    connection->given_up = true;
    if (connection->phase == CONNECTION_WAITS)
        connections->gone(connections->context, connection);
    else
        shutdown(connection->fd, SHUT_RDWR);
}

/* All are asked about with one system call. */
static void find_gone(struct connections *connections)
{
    struct connection *each;
    struct pollfd *polled = mem_resize(connections->polled, connections->count + 1, sizeof *polled);
    nfds_t count = 0;
    connections->polled = polled;
    TAILQ_FOREACH(each, &connections->list, link)
    {
        polled[count++] = (struct pollfd){.fd = each->fd, .events = POLLRDHUP};
    }
    if (poll(polled, count, 0) <= 0)
        return;
    TAILQ_FOREACH(each, &connections->list, link)
    {
        if (!(polled++)->revents || each->given_up || each->phase == CONNECTION_ANSWERED)
            continue;
        if (is_lost(each))
            lose(connections, each);
    }
}

size_t connections_tick(struct connections *connections, uint64_t now_ms)
{
    struct connection *each;
    size_t late = 0;
    find_gone(connections);
    TAILQ_FOREACH(each, &connections->list, link)
    {
        if (each->given_up || !is_late(&connections->limits, each, now_ms))
            continue;
        late += each->phase != CONNECTION_IDLE;
        give_up(each);
    }
    return late;
}

/* ---- asking a socket ---- */

bool connection_is_answered(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 || info.tcpi_bytes_sent > 0;
}

bool connection_has_peer(int fd)
{
    struct pollfd peer = {.fd = fd, .events = POLLRDHUP};
    return poll(&peer, 1, 0) == 0;
}

bool connection_has_unread(int fd)
{
    int bytes = 0;
    return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
}
