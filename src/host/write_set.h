/*
 * Files and folders that are written all or not at all. What is to be written is collected first;
 * then all of it is checked, and only then written. Nothing that exists is overwritten: a file is
 * made anew, or added to at its end. Where a step fails, what was done before it is undone.
 */
#ifndef HOST_WRITE_SET_H
#define HOST_WRITE_SET_H

#include <stddef.h>

#include "base/error.h"

struct write_set_step {
    enum write_set_kind { WRITE_FOLDER, WRITE_FILE, WRITE_APPEND } kind;
    char *path;        /* owned; absolute */
    char *text;        /* owned; NULL for a folder */
    size_t size_bytes; /* WRITE_APPEND: of the file as it was read */
};

struct write_set {
    struct write_set_step *steps; /* owned; in the order in which they are done */
    size_t count;
};

void write_set_init(struct write_set *set);
void write_set_fini(struct write_set *set);
/* Collect a step. The paths are copied, `text` is taken over. There can be one file to add to, and
 * it comes last. */
void write_set_folder(struct write_set *set, const char *path);
void write_set_file(struct write_set *set, const char *path, char *text);
void write_set_append(struct write_set *set, const char *path, size_t size_bytes, char *text);
/* Do all steps: 0, or -1 with `error` and nothing changed. EXIT_STATUS_APP: something is in the
 * way, or the file to add to is not as long as it was; EXIT_STATUS_SYSTEM: the system refused. */
int write_set_commit(const struct write_set *set, struct error *error);

#endif
