/*
 * An event is a row with what has changed since the one before. Every now and then, when the
 * changes since the last key frame have become three times as large as it, there is another one, so
 * that the way to an event is never longer than what it takes to read four of them, and that key
 * frames take a quarter of the events' space.
 *
 * The state that the next change is written against is made by reading the change: what a reader
 * will see is what the writer believes, or the recording ends here.
 */
#include "config.h"
#include "store/recording_parts.h"

#include <string.h>

#include "base/text.h"

enum { KEYFRAME_EVERY_BYTES = 64 << 10, KEYFRAMES_APART = 3 };

/* While the differences of an event are written. */
struct event_job {
    struct recording *recording;
    const struct model *model;
    struct error *error;
    int result;
};

static void on_file(void *context, uint32_t index, const struct file *file)
{
    struct event_job *job = context;
    if (!job->result)
        job->result = recording_add_file(job->recording, index, file, job->error);
}

static void on_line(void *context, uint32_t file, uint32_t line)
{
    struct event_job *job = context;
    if (!job->result)
        job->result =
            recording_mark_line(job->recording, file, job->model->files[file], line, job->error);
}

static void on_invocation(void *context, const struct invocation *before,
                          const struct invocation *now)
{
    struct event_job *job = context;
    bool is_news = invocation_is_over(now) && (!before || !invocation_is_over(before));
    if (job->result)
        return;
    if (is_news)
        job->result = recording_put_invocation(job->recording, now, job->error);
    else
        recording_mark_invocation(job->recording, now->serial);
}

static int add_output_line(struct recording *recording, uint64_t number,
                           const struct output_line *line, struct error *error)
{
    sqlite3_stmt *statement = recording->statements[ADD_OUTPUT];
    size_t len = strlen(line->text);
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)number);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)line->realtime_ns);
    if (line->invocation == OUTPUT_NO_INVOCATION)
        sqlite3_bind_null(statement, 3);
    else
        sqlite3_bind_int64(statement, 3, (sqlite3_int64)line->invocation);
    sqlite3_bind_int64(statement, 4, line->source);
    sqlite3_bind_int64(statement, 5, line->level);
    if (text_is_utf8(line->text, len))
        sqlite3_bind_text(statement, 6, line->text, (int)len, SQLITE_STATIC);
    else
        sqlite3_bind_blob64(statement, 6, line->text, len, SQLITE_STATIC);
    return recording_insert(recording, ADD_OUTPUT, error);
}

static int add_output(struct recording *recording, const struct output *output, struct error *error)
{
    uint64_t first = output->total - output->count; /* lines that are no longer there */
    uint64_t from = recording->output_written > first ? recording->output_written : first;
    for (uint64_t n = from; n < output->total; n++)
        if (add_output_line(recording, n + 1, output_at(output, (size_t)(n - first)), error))
            return -1;
    recording->output_written = output->total;
    return 0;
}

/* A row of an event or a key frame. */
static int add_bytes(struct recording *recording, enum statement number, int place,
                     struct error *error)
{
    const struct buf *bytes = &recording->change.out;
    if (recording->change.is_full)
        return error_set(error, EXIT_STATUS_SYSTEM,
                         "cannot write the recording %s: what has changed takes more than %d MiB",
                         recording->path, (int)(CHANGE_BYTES_MAX >> 20));
    sqlite3_stmt *statement = recording->statements[number];
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)recording->event);
    sqlite3_bind_blob64(statement, place, buf_text(bytes), bytes->len, SQLITE_STATIC);
    return recording_insert(recording, number, error);
}

static int add_keyframe(struct recording *recording, const struct model *model, struct error *error)
{
    writer_clear(&recording->change);
    change_write(&recording->change, &recording->nothing, model, NULL);
    if (add_bytes(recording, ADD_KEYFRAME, 2, error))
        return -1;
    recording->keyframe = recording->event;
    recording->keyframe_bytes = recording->change.out.len;
    recording->change_bytes = 0;
    return 0;
}

static int follow(struct recording *recording, const struct model *model, struct error *error)
{
    const struct buf *bytes = &recording->change.out;
    if (change_read(&recording->state, (struct span){buf_text(bytes), bytes->len}, NULL, NULL))
        return error_set(error, EXIT_STATUS_INTERNAL,
                         "cannot write the recording %s: a change could not be read again",
                         recording->path);
    change_keep_revisions(&recording->state, model);
    return 0;
}

/* A file that is forgotten keeps the totals that it had. */
static int put_forgotten(struct recording *recording, const struct model *model,
                         struct error *error)
{
    const struct model *before = recording->state.model;
    for (size_t i = 0; i < before->file_count; i++)
        if (model->files[i]->line_count < before->files[i]->line_count &&
            recording_put_lines(recording, (uint32_t)i, error))
            return -1;
    return 0;
}

int recording_event(struct recording *recording, const struct model *model, uint64_t now_ns,
                    struct error *error)
{
    struct event_job job = {.recording = recording, .model = model, .error = error};
    const struct change_listener listener = {&job, on_file, on_line, on_invocation};
    if (!recording->has_events)
        return 0;
    writer_clear(&recording->change);
    bool differs = change_write(&recording->change, &recording->state, model, &listener);
    if (job.result || !differs)
        return job.result;
    recording->event++;
    recording->uncommitted_bytes += recording->change.out.len;
    recording->change_bytes += recording->change.out.len;
    sqlite3_bind_int64(recording->statements[ADD_EVENT], 2,
                       (sqlite3_int64)(recording->zero_ns + now_ns));
    if (add_bytes(recording, ADD_EVENT, 3, error) || put_forgotten(recording, model, error) ||
        follow(recording, model, error) || add_output(recording, &model->output, error))
        return -1;
    size_t most = KEYFRAMES_APART * recording->keyframe_bytes;
    if (recording->event == 1 ||
        recording->change_bytes > (most > KEYFRAME_EVERY_BYTES ? most : KEYFRAME_EVERY_BYTES))
        job.result = add_keyframe(recording, model, error);
    /* Much of it is not to wait: by then the file might be far past its limit. */
    if (!job.result && recording_is_much(recording))
        job.result = recording_commit(recording, error);
    return job.result;
}
