#include "config.h"
#include "wire/frame.h"

#include <errno.h>
#include <string.h>

void frame_reader_init(struct frame_reader *reader)
{
    buf_init(&reader->bytes, sizeof(struct frame_header) + FRAME_JSON_MAX + FRAME_BODY_MAX + 65536);
    reader->taken = 0;
}

void frame_reader_fini(struct frame_reader *reader)
{
    buf_fini(&reader->bytes);
    reader->taken = 0;
}

int frame_feed(struct frame_reader *reader, const void *bytes, size_t len)
{
    /* Frames that were handed out are dropped only now: their pointers lived until this call, and
     * a burst of small frames is moved down once, not once for each. */
    buf_consume(&reader->bytes, reader->taken);
    reader->taken = 0;
    return buf_append(&reader->bytes, bytes, len);
}

static int header_check(const struct frame_header *header)
{
    if (header->magic != FRAME_MAGIC || header->version != FRAME_VERSION ||
        header->json_len > FRAME_JSON_MAX || header->body_len > FRAME_BODY_MAX)
        return -EPROTO;
    return 0;
}

int frame_head(struct frame_reader *reader, struct frame *frame)
{
    struct frame_header header;
    size_t ready = reader->bytes.len - reader->taken;
    if (ready < sizeof header)
        return 0;
    const char *start = reader->bytes.data + reader->taken;
    memcpy(&header, start, sizeof header);
    int result = header_check(&header);
    if (result)
        return result;
    if (ready - sizeof header < header.json_len)
        return 0;
    *frame = (struct frame){
        .type = (enum frame_type)header.type,
        .json = start + sizeof header,
        .json_len = header.json_len,
        .body_len = header.body_len,
    };
    reader->taken += sizeof header + header.json_len;
    return 1;
}

size_t frame_take(struct frame_reader *reader, size_t len, const char **bytes)
{
    size_t ready = reader->bytes.len - reader->taken;
    *bytes = ready ? reader->bytes.data + reader->taken : "";
    if (len > ready)
        len = ready;
    reader->taken += len;
    return len;
}

int frame_next(struct frame_reader *reader, struct frame *frame)
{
    size_t before = reader->taken;
    int result = frame_head(reader, frame);
    if (result != 1)
        return result;
    if (frame_take(reader, frame->body_len, &frame->body) < frame->body_len) {
        reader->taken = before;
        return 0;
    }
    return 1;
}

int frame_header_fill(struct frame_header *header, enum frame_type type, size_t json_len,
                      size_t body_len)
{
    if (json_len > FRAME_JSON_MAX || body_len > FRAME_BODY_MAX)
        return -EMSGSIZE;
    *header = (struct frame_header){
        .magic = FRAME_MAGIC,
        .version = FRAME_VERSION,
        .type = (uint32_t)type,
        .json_len = (uint32_t)json_len,
        .body_len = (uint32_t)body_len,
    };
    return 0;
}
