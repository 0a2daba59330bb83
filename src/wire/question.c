/*
 * The head of a message says which build wrote it, as frames do. A descriptor that comes with a
 * message that is no question is closed at once.
 */
#include "config.h"
#include "wire/question.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { QUESTION_MAGIC = 0x4d51 };

struct question_head {
    uint32_t magic;
    uint32_t kind;
    uint32_t budget_ms;
};

/* Room for one descriptor, aligned as the kernel wants it. */
union ancillary {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr head;
};

int question_send(int socket, const struct question *question)
{
    struct question_head head = {QUESTION_MAGIC, question->kind, question->budget_ms};
    union ancillary room = {.bytes = {0}};
    struct iovec parts[] = {{&head, sizeof head},
                            {(void *)(uintptr_t)question->body, question->len}};
    struct msghdr message = {.msg_iov = parts,
                             .msg_iovlen = 2,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};
    if (question->len > QUESTION_MAX_BYTES)
        return -EMSGSIZE;
    room.head.cmsg_level = SOL_SOCKET;
    room.head.cmsg_type = SCM_RIGHTS;
    room.head.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&room.head), &question->answer_fd, sizeof question->answer_fd);
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int descriptor_of(struct msghdr *message)
{
    int fd = -1;
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(head), sizeof fd);
    return fd;
}

int question_receive(int socket, struct question *question)
{
    static char body[QUESTION_MAX_BYTES];
    for (;;) {
        struct question_head head = {0, 0, 0};
        union ancillary room;
        struct iovec parts[] = {{&head, sizeof head}, {body, sizeof body}};
        struct msghdr message = {.msg_iov = parts,
                                 .msg_iovlen = 2,
                                 .msg_control = room.bytes,
                                 .msg_controllen = sizeof room.bytes};
        ssize_t len = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0)
            return len < 0 && errno == EAGAIN ? 0 : -1;
        int fd = descriptor_of(&message);
        if ((size_t)len >= sizeof head && head.magic == QUESTION_MAGIC && fd >= 0 &&
            !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
            *question = (struct question){(enum question_kind)head.kind, body,
                                          (size_t)len - sizeof head, head.budget_ms, fd};
            return 1;
        }
        if (fd >= 0)
            close(fd);
    }
}
