#include "config.h"
#include "store/record.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { NUMBER_BYTES = 10, NAMES_MAX = 64, NAME_BYTES_MAX = 256 };

/* ---- fields ---- */

static const void *field_at(const struct field *field, const void *record)
{
    return (const char *)record + field->offset;
}

static uint64_t load(const struct field *field, const void *record)
{
    const void *at = field_at(field, record);
    uint64_t wide = 0;
    uint32_t word;
    if (field->size == sizeof wide) {
        memcpy(&wide, at, sizeof wide);
    } else if (field->size == sizeof word) {
        memcpy(&word, at, sizeof word);
        wide = field->kind == FIELD_SIGNED ? (uint64_t)(int32_t)word : word;
    } else {
        wide = *(const unsigned char *)at;
    }
    return wide;
}

static bool fits(const struct field *field, uint64_t value)
{
    if (field->kind == FIELD_NUMBER)
        return value <= field->max;
    return field->size == sizeof value ||
           ((int64_t)value >= INT32_MIN && (int64_t)value <= INT32_MAX);
}

static void store(const struct field *field, void *record, uint64_t value)
{
    char *at = (char *)record + field->offset;
    uint32_t word = (uint32_t)value;
    unsigned char byte = (unsigned char)value;
    if (field->size == sizeof value)
        memcpy(at, &value, sizeof value);
    else if (field->size == sizeof word)
        memcpy(at, &word, sizeof word);
    else
        memcpy(at, &byte, sizeof byte);
}

static bool is_number(const struct field *field)
{
    return field->kind == FIELD_NUMBER || field->kind == FIELD_SIGNED;
}

/* The text of a field, or NULL. */
static const char *text_of(const struct field *field, const void *record)
{
    const char *text;
    if (field->kind == FIELD_CHARS)
        return field_at(field, record);
    memcpy(&text, field_at(field, record), sizeof text);
    return text;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* ---- writing ---- */

void writer_init(struct writer *writer, size_t max_bytes)
{
    *writer = (struct writer){.is_full = false};
    buf_init(&writer->out, max_bytes);
}

void writer_fini(struct writer *writer)
{
    buf_fini(&writer->out);
}

void writer_clear(struct writer *writer)
{
    buf_consume(&writer->out, writer->out.len);
    writer->is_full = false;
}

static void put(struct writer *writer, const void *bytes, size_t len)
{
    if (len > 0 && buf_append(&writer->out, bytes, len))
        writer->is_full = true;
}

void write_number(struct writer *writer, uint64_t number)
{
    unsigned char bytes[NUMBER_BYTES] = {(unsigned char)number};
    size_t len = 0;
    if (number < 0x80) { /* as most are */
        put(writer, bytes, 1);
        return;
    }
    while (number >= 0x80) {
        bytes[len++] = (unsigned char)(number | 0x80);
        number >>= 7;
    }
    bytes[len++] = (unsigned char)number;
    put(writer, bytes, len);
}

void write_difference(struct writer *writer, uint64_t before, uint64_t now)
{
    uint64_t difference = now - before;
    write_number(writer, difference >> 63 ? ~(difference << 1) : difference << 1);
}

/* 0: there is none; else its length and 1, and the bytes. */
static void write_text(struct writer *writer, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    write_number(writer, text ? len + 1 : 0);
    put(writer, text, len);
}

uint64_t record_differences(const struct record *record, const void *before, const void *now)
{
    uint64_t differences = 0;
    for (size_t i = 0; i < record->field_count; i++) {
        const struct field *field = &record->fields[i];
        bool differs;
        if (before && field->is_fixed)
            continue;
        if (is_number(field))
            differs = load(field, now) != (before ? load(field, before) : 0);
        else
            differs = !is_same_text(text_of(field, now), before ? text_of(field, before)
                                                         : field->kind == FIELD_CHARS ? ""
                                                                                      : NULL);
        differences |= (uint64_t)differs << i;
    }
    return differences;
}

void record_write(struct writer *writer, const struct record *record, uint64_t differences,
                  const void *before, const void *now)
{
    write_number(writer, differences);
    for (size_t i = 0; i < record->field_count; i++) {
        const struct field *field = &record->fields[i];
        if (!(differences >> i & 1))
            continue;
        if (is_number(field))
            write_difference(writer, before ? load(field, before) : 0, load(field, now));
        else
            write_text(writer, text_of(field, now));
    }
}

/* ---- reading ---- */

void names_fini(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->texts[i]);
    free(names->texts);
    *names = (struct names){0};
}

/* NULL where there are too many. */
static const char *add_name(struct names *names, struct span text)
{
    for (size_t i = 0; i < names->count; i++)
        if (span_equal(span_of(names->texts[i]), text))
            return names->texts[i];
    if (names->count == NAMES_MAX || text.len > NAME_BYTES_MAX)
        return NULL;
    names->texts = mem_resize(names->texts, names->count + 1, sizeof *names->texts);
    return names->texts[names->count++] = mem_strndup(text.at, text.len);
}

uint64_t read_number(struct reader *reader)
{
    uint64_t number = 0;
    /* Most are short. */
    if (!reader->bad && reader->at < reader->end && *reader->at < 0x80)
        return *reader->at++;
    for (unsigned shift = 0; !reader->bad && shift < 7 * NUMBER_BYTES; shift += 7) {
        if (reader->at == reader->end)
            break;
        unsigned char byte = *reader->at++;
        number |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return number;
    }
    reader->bad = true;
    return 0;
}

uint64_t read_limited(struct reader *reader, uint64_t max)
{
    uint64_t number = read_number(reader);
    if (number <= max)
        return number;
    reader->bad = true;
    return 0;
}

uint64_t read_difference(struct reader *reader, uint64_t before)
{
    uint64_t folded = read_number(reader);
    return before + (folded & 1 ? ~(folded >> 1) : folded >> 1);
}

/* False where there is none, which may be right. */
static bool read_text(struct reader *reader, struct span *text)
{
    uint64_t len = read_limited(reader, (uint64_t)(reader->end - reader->at) + 1);
    if (reader->bad || len == 0)
        return false;
    *text = (struct span){(const char *)reader->at, (size_t)len - 1};
    if (text->len > (size_t)(reader->end - reader->at) || memchr(text->at, '\0', text->len)) {
        reader->bad = true;
        return false;
    }
    reader->at += text->len;
    return true;
}

static void read_chars(struct reader *reader, const struct field *field, struct span text,
                       char *chars)
{
    if (text.len >= field->size) {
        reader->bad = true;
        return;
    }
    memset(chars, 0, field->size);
    memcpy(chars, text.at, text.len);
}

static void read_text_field(struct reader *reader, const struct field *field, void *record)
{
    struct span text = {"", 0};
    bool is_there = read_text(reader, &text);
    char *at = (char *)record + field->offset, *copy = NULL;
    if (reader->bad)
        return;
    if (field->kind == FIELD_CHARS) {
        read_chars(reader, field, text, at);
    } else if (field->kind == FIELD_NAME) {
        const char *name = is_there ? add_name(reader->names, text) : NULL;
        reader->bad = is_there && !name;
        memcpy(at, &name, sizeof name);
    } else if (!is_there && field->kind == FIELD_TEXT) {
        reader->bad = true;
    } else {
        char *old;
        memcpy(&old, at, sizeof old);
        free(old);
        copy = is_there ? mem_strndup(text.at, text.len) : NULL;
        memcpy(at, &copy, sizeof copy);
    }
}

void record_read(struct reader *reader, const struct record *record, void *now)
{
    uint64_t differences = read_number(reader);
    if (record->field_count < RECORD_FIELDS_MAX && differences >> record->field_count)
        reader->bad = true;
    for (; differences && !reader->bad; differences &= differences - 1) {
        const struct field *field = &record->fields[__builtin_ctzll(differences)];
        if (!is_number(field)) {
            read_text_field(reader, field, now);
            continue;
        }
        uint64_t value = read_difference(reader, load(field, now));
        if (fits(field, value))
            store(field, now, value);
        else
            reader->bad = true;
    }
}

bool record_is_whole(const struct record *record, const void *now)
{
    for (size_t i = 0; i < record->field_count; i++)
        if (record->fields[i].kind == FIELD_TEXT && !text_of(&record->fields[i], now))
            return false;
    return true;
}
