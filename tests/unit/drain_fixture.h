/* A drain of an empty model, and the worker's side of its segment, for the tests of host/drain. */
#ifndef TESTS_DRAIN_FIXTURE_H
#define TESTS_DRAIN_FIXTURE_H

#include "base/clock.h"
#include "host/drain.h"
#include "tests/unit/host_fixture.h"

#define NOW_NS (100 * NS_PER_SECOND)

static struct model *model;
static struct drain *drain;
static struct segment *segment;

static ATTR_UNUSED int open_drain(void **state)
{
    struct error error;
    int fd;
    if (fixture_open(state))
        return -1;
    fixture_write("One/__init__.py", "def main(req):\n    x = 1\n    return x\n");
    segment = segment_create(&fd, &error);
    if (!segment)
        return -1;
    close(fd);
    model = model_new(fixture_root);
    drain = drain_new(model);
    drain_attach(drain, segment);
    return 0;
}

static ATTR_UNUSED int close_drain(void **state)
{
    drain_free(drain);
    model_free(model);
    segment_unmap(segment);
    return fixture_close(state);
}

/* ---- the worker's side ---- */

static ATTR_UNUSED uint32_t publish_string(const char *text)
{
    uint32_t offset = atomic_load(&segment->string_bytes);
    memcpy(segment->strings + offset, text, strlen(text));
    atomic_store(&segment->string_bytes, offset + (uint32_t)strlen(text));
    return offset;
}

static ATTR_UNUSED uint32_t publish_file(const char *path)
{
    uint32_t index = atomic_load(&segment->file_count);
    segment->files[index].path_offset = publish_string(path);
    segment->files[index].path_len = (uint32_t)strlen(path);
    atomic_store(&segment->file_count, index + 1);
    return index;
}

static ATTR_UNUSED void publish_function(uint32_t file, const char *name, uint32_t first,
                                         uint32_t last)
{
    uint32_t index = atomic_load(&segment->function_count);
    segment->functions[index] = (struct segment_function){.file = file,
                                                          .first_line = first,
                                                          .last_line = last,
                                                          .name_offset = publish_string(name),
                                                          .name_len = (uint32_t)strlen(name)};
    atomic_store(&segment->function_count, index + 1);
}

static ATTR_UNUSED void count(struct line_counters *counters, int64_t increment_bytes)
{
    atomic_store(&counters->mem_usage_bytes, 1000 + increment_bytes);
    atomic_store(&counters->peak_bytes, 1000 + increment_bytes);
    atomic_store(&counters->increment_bytes, increment_bytes);
    atomic_store(&counters->self_increment_bytes, increment_bytes);
    atomic_store(&counters->occurrences, 1);
}

static ATTR_UNUSED uint32_t publish_site(uint32_t file, uint32_t line, int64_t increment_bytes)
{
    uint32_t index = atomic_load(&segment->site_count);
    segment->sites[index].file = file;
    segment->sites[index].line = line;
    count(&segment->sites[index].total, increment_bytes);
    atomic_store(&segment->site_count, index + 1);
    return index;
}

static ATTR_UNUSED void publish_slot(uint32_t slot, uint64_t number, uint32_t site,
                                     uint32_t first_cell)
{
    struct segment_slot *entry = &segment->slots[slot];
    atomic_store(&entry->number, number);
    atomic_store(&entry->site, site);
    atomic_store(&entry->first_cell, first_cell);
    atomic_store(&entry->rss_start_bytes, 1000);
    atomic_store(&entry->rss_end_bytes, 1500);
    atomic_store(&entry->rss_peak_bytes, 1600);
    atomic_store(&entry->rss_lines_bytes, 400);
    atomic_store(&entry->rss_shared_bytes, 30);
    atomic_store(&entry->state, SLOT_RUNNING);
}

static ATTR_UNUSED void fill_cell(uint32_t index, uint32_t site, uint32_t next,
                                  int64_t increment_bytes)
{
    segment->cells[index].site = site;
    atomic_store(&segment->cells[index].next, next);
    count(&segment->cells[index].part, increment_bytes);
}

static ATTR_UNUSED void publish_app(void)
{
    uint32_t file = publish_file(fixture_path("One/__init__.py"));
    publish_function(file, "main", 1, 3);
    publish_site(file, 2, 400);
    publish_site(file, 3, -7);
}

/* The worker ends, and another one has an empty segment. */
static ATTR_UNUSED void start_next_worker(void)
{
    struct error error;
    int fd;
    drain_detach(drain, NOW_NS);
    segment_unmap(segment);
    segment = segment_create(&fd, &error);
    assert_non_null(segment);
    close(fd);
    drain_attach(drain, segment);
}

#endif
