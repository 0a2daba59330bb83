/*
 * An event is a row with what has changed since the one before. Every now and then, when the
 * changes since the last key frame have become three times as large as it, there is another one, so
 * that the way to an event is never longer than what it takes to read four of them, and that key
 * frames take a quarter of the events' space.
 *
 * Lines of invocations that are over are most of all that there is to know, and change no more:
 * they are rows of their own, which changes and key frames name.
 *
 * The state that the next change is written against is made by reading the change: what a reader
 * will see is what the writer believes, or the recording ends here.
 */
#include "config.h"
#include "store/recording_parts.h"

#include <string.h>

enum {
    KEYFRAME_EVERY_BYTES = 64 << 10,
    KEYFRAMES_APART = 3,
    ROWS_BYTES = 8 << 20, /* then a commit does not wait for its time, */
    ROWS_PART = 32,       /* nor where it is that part of the file's limit */
    APART_PART = 16,      /* of it key frames are no further apart */
};

/* While the differences of an event are written. */
struct event_job {
    struct recording *recording;
    const struct model *model;
};

static void on_file(void *context, uint32_t index, const struct file *file)
{
    const struct event_job *job = context;
    recording_add_file(job->recording, index, file);
}

static void on_line(void *context, uint32_t file, uint32_t line)
{
    const struct event_job *job = context;
    recording_mark_line(job->recording, file, job->model->files[file], line);
}

static void add_mark(struct recording *recording, enum moment_kind kind, uint64_t serial,
                     uint64_t time_ns)
{
    moments_add(&recording->turns,
                &(struct moment){.kind = kind, .serial = serial, .time_ns = time_ns});
}

/* Of one that was waiting it is not known when the worker has begun it, only that it was since the
 * event before. */
static void add_marks(struct recording *recording, const struct invocation *before,
                      const struct invocation *now)
{
    bool was_waiting = before && before->outcome == OUTCOME_WAITING;
    bool was_over = before && invocation_is_over(before);
    if (now->outcome != OUTCOME_WAITING && (!before || was_waiting))
        add_mark(recording, MOMENT_BEGIN, now->serial,
                 was_waiting ? recording->event_ns : now->start_ns);
    if (invocation_is_over(now) && !was_over)
        add_mark(recording, MOMENT_END, now->serial, now->start_ns + now->duration_ns);
}

static void on_invocation(void *context, const struct invocation *before,
                          const struct invocation *now)
{
    const struct event_job *job = context;
    add_marks(job->recording, before, now);
    bool is_news = invocation_is_over(now) && (!before || !invocation_is_over(before));
    if (is_news)
        recording_put_invocation(job->recording, now);
    else
        recording_mark_invocation(job->recording, now->serial);
}

/* Those of an invocation that is over: they are written once. It may go on nevertheless, as one
 * that was given up; then there are others. */
static uint64_t on_lines(void *context, const struct invocation *before,
                         const struct invocation *now)
{
    const struct event_job *job = context;
    struct recording *recording = job->recording;
    writer_clear(&recording->lines);
    change_write_lines(&recording->lines, now);
    if (recording->lines.is_full)
        return 0;
    struct rows *rows = batch_begin(&recording->ended_lines, &recording->rows);
    rows_number(rows, (int64_t)++recording->lines_number);
    rows_blob(rows, buf_text(&recording->lines.out), recording->lines.out.len);
    if (before && invocation_is_over(before))
        recording_put_invocation(recording, now);
    return recording->lines_number;
}

static void add_output_line(struct rows *rows, uint64_t number, const struct output_line *line)
{
    rows_number(rows, (int64_t)number);
    rows_number(rows, (int64_t)line->realtime_ns);
    if (line->invocation == OUTPUT_NO_INVOCATION)
        rows_null(rows);
    else
        rows_number(rows, (int64_t)line->invocation);
    rows_number(rows, line->source);
    rows_number(rows, line->level);
    rows_text(rows, line->text, strlen(line->text));
}

static void add_output(struct recording *recording, const struct output *output)
{
    uint64_t first = output->total - output->count; /* lines that are no longer there */
    uint64_t from = recording->output_written > first ? recording->output_written : first;
    for (uint64_t n = from; n < output->total; n++)
        add_output_line(batch_begin(&recording->output, &recording->rows), n + 1,
                        output_at(output, (size_t)(n - first)));
    recording->output_written = output->total;
}

/* What came since the event before, in its order. */
static void add_moments(struct recording *recording, const struct samples *samples)
{
    struct buf *text = &recording->moments;
    struct rows *rows = &recording->rows;
    uint64_t from = samples_first(samples), first_ns = 0;
    int64_t before_bytes;
    if (from < recording->samples_written)
        from = recording->samples_written;
    buf_consume(text, text->len);
    size_t count = moments_write(text, &recording->turns, samples, from, samples->total, &first_ns,
                                 &before_bytes);
    recording->samples_written = samples->total;
    if (count == 0)
        return;
    rows_begin(rows, ROW_ADD_MOMENTS);
    rows_number(rows, (int64_t)recording->event);
    rows_number(rows, (int64_t)count);
    rows_number(rows, (int64_t)(recording->zero_ns + first_ns));
    rows_number(rows, before_bytes);
    rows_ascii(rows, buf_text(text), text->len);
}

static int check_size(const struct recording *recording, struct error *error)
{
    if (!recording->change.is_full)
        return 0;
    return error_set(error, EXIT_STATUS_SYSTEM,
                     "cannot write the recording %s: what has changed takes more than %d MiB",
                     recording->path, (int)(CHANGE_BYTES_MAX >> 20));
}

/* While a key frame is written. */
struct keyframe_job {
    const struct invocations *known; /* of the state, with their numbers */
    uint64_t first, last;            /* numbers of lines that it needs; 0: none */
};

static uint64_t on_known_lines(void *context, const struct invocation *before,
                               const struct invocation *now)
{
    struct keyframe_job *job = context;
    const struct invocation *known = invocations_of_serial(job->known, now->serial);
    uint64_t number = known ? known->lines_number : 0;
    (void)before;
    if (number && (job->first == 0 || number < job->first))
        job->first = number;
    if (number > job->last)
        job->last = number;
    return number;
}

static void put_number_or_null(struct rows *rows, uint64_t number)
{
    if (number)
        rows_number(rows, (int64_t)number);
    else
        rows_null(rows);
}

static int add_keyframe(struct recording *recording, const struct model *model, struct error *error)
{
    const struct buf *bytes = &recording->change.out;
    struct keyframe_job job = {.known = &recording->state.model->invocations};
    const struct change_listener listener = {.context = &job, .lines = on_known_lines};
    writer_clear(&recording->change);
    change_write(&recording->change, &recording->nothing, model, &listener);
    if (check_size(recording, error))
        return -1;
    rows_begin(&recording->rows, ROW_ADD_KEYFRAME);
    rows_number(&recording->rows, (int64_t)recording->event);
    put_number_or_null(&recording->rows, job.first);
    put_number_or_null(&recording->rows, job.last);
    rows_blob(&recording->rows, buf_text(bytes), bytes->len);
    recording->keyframe_bytes = bytes->len;
    recording->change_bytes = 0;
    return 0;
}

static int follow(struct recording *recording, const struct model *model, struct error *error)
{
    static const struct change_source nothing = {NULL, NULL};
    const struct buf *bytes = &recording->change.out;
    if (change_read(&recording->state, (struct span){buf_text(bytes), bytes->len}, &nothing))
        return error_set(error, EXIT_STATUS_INTERNAL,
                         "cannot write the recording %s: a change could not be read again",
                         recording->path);
    change_keep_revisions(&recording->state, model);
    return 0;
}

/* A file that is forgotten keeps the totals that it had. */
static void put_forgotten(struct recording *recording, const struct model *model)
{
    const struct model *before = recording->state.model;
    for (size_t i = 0; i < before->file_count; i++)
        if (model->files[i]->line_count < before->files[i]->line_count)
            recording_put_lines(recording, (uint32_t)i);
}

static int add_change(struct recording *recording, const struct model *model, uint64_t time_ns,
                      struct error *error)
{
    const struct buf *bytes = &recording->change.out;
    if (check_size(recording, error))
        return -1;
    recording->event++;
    recording->change_bytes += bytes->len;
    rows_begin(&recording->rows, ROW_ADD_EVENT);
    rows_number(&recording->rows, (int64_t)recording->event);
    rows_number(&recording->rows, (int64_t)time_ns);
    rows_blob(&recording->rows, buf_text(bytes), bytes->len);
    put_forgotten(recording, model);
    add_output(recording, &model->output);
    add_moments(recording, &model->samples);
    return follow(recording, model, error);
}

/* Much of it is not to wait: by then the file might be far past its limit, and memory full. */
static bool is_much(const struct recording *recording)
{
    size_t most = ROWS_BYTES;
    if (recording->limit_bytes && recording->limit_bytes / ROWS_PART < ROWS_BYTES)
        most = (size_t)recording->limit_bytes / ROWS_PART;
    return recording->rows.bytes.len + recording->ended_lines.values.bytes.len +
               recording->invocations.values.bytes.len + recording->output.values.bytes.len >
           most;
}

/* The changes since the latest key frame are never thinned: of a small file they are a small part.
 */
static bool is_keyframe_due(const struct recording *recording)
{
    size_t apart = KEYFRAMES_APART * recording->keyframe_bytes;
    if (recording->limit_bytes && apart > (size_t)recording->limit_bytes / APART_PART)
        apart = (size_t)recording->limit_bytes / APART_PART;
    if (apart < KEYFRAME_EVERY_BYTES)
        apart = KEYFRAME_EVERY_BYTES;
    return recording->event == 1 || recording->change_bytes > apart;
}

int recording_event(struct recording *recording, const struct model *model, uint64_t now_ns,
                    struct error *error)
{
    struct event_job job = {.recording = recording, .model = model};
    const struct change_listener listener = {&job, on_file, on_line, on_invocation, on_lines};
    if (!recording->has_events)
        return 0;
    writer_clear(&recording->change);
    moments_clear(&recording->turns);
    bool has_changed = change_write(&recording->change, &recording->state, model, &listener);
    if (has_changed && add_change(recording, model, recording->zero_ns + now_ns, error))
        return -1;
    recording_put_holders(recording, &model->evidence);
    if (!has_changed)
        return 0;
    recording->event_ns = now_ns;
    if (is_keyframe_due(recording) && add_keyframe(recording, model, error))
        return -1;
    return is_much(recording) ? recording_commit(recording, error) : 0;
}
