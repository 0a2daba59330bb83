#include "config.h"
#include "host/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static int bind_failed(const char *address, uint16_t port, int code, struct error *error)
{
    if (code == EADDRINUSE)
        return error_set(error, EXIT_STATUS_SYSTEM,
                         "Port %u is unavailable. Close the process using that port, or specify "
                         "another port using --port [-p].",
                         port);
    if (code == EADDRNOTAVAIL)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--address: %s is no address of this machine; use 127.0.0.1 or 0.0.0.0",
                         address);
    if (code == EACCES)
        return error_set(error, EXIT_STATUS_SYSTEM,
                         "port %u needs more rights than you have; use --port with 1024 or more",
                         port);
    return error_set(error, EXIT_STATUS_SYSTEM, "cannot listen on %s port %u: %s", address, port,
                     strerror(code));
}

static int listen_on(const struct addrinfo *info)
{
    int on = 1;
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
        int code = errno;
        close(fd);
        return -code;
    }
    return fd;
}

int listener_open(const char *address, uint16_t port, struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    int result = getaddrinfo(address, service, &hints, &list);
    if (result) {
        error_set(error, EXIT_STATUS_USAGE, "--address: %s: %s", address, gai_strerror(result));
        return -1;
    }
    int fd = -EADDRNOTAVAIL;
    for (const struct addrinfo *each = list; each && fd < 0; each = each->ai_next)
        fd = listen_on(each);
    freeaddrinfo(list);
    return fd < 0 ? bind_failed(address, port, -fd, error) : fd;
}

uint16_t listener_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.any = {0}};
    socklen_t len = sizeof address;
    if (getsockname(fd, &address.any, &len) < 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}
