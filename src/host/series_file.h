/* Files with memory over time: which ones there are, and what is in them. */
#ifndef HOST_SERIES_FILE_H
#define HOST_SERIES_FILE_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/error.h"
#include "model/series.h"

/* The files of a folder, oldest first by the time in their names. */
struct series_files {
    char **names; /* owned, without the folder */
    size_t count;
};

/* The pymemtop_<YYYYMMDDhhmmss>.pymemtop and mprofile_<YYYYMMDDhhmmss>.dat in `dir`. 0, or -1 with
 * `error`; series_files_fini() is right in either case. */
int series_files_find(struct series_files *files, const char *dir, struct error *error);
void series_files_fini(struct series_files *files);

/* The file that `word` names: a path, or a number that `pymemtop list` shows; NULL is the newest
 * one of this folder. The path, which the caller frees, or NULL with `error`. */
char *series_file_choose(const char *word, struct error *error);
/* Read the file at `path`, whichever kind it is by its content. 0, or -1 with `error`;
 * series_fini() is right in either case. What could not be read in it is counted in the series. */
int series_file_read(struct series *series, const char *path, struct error *error);
/* Say on standard error how much of the file could not be read, if any. */
void series_file_say_unread(const struct series *series, const char *path);
/* `text` made harmless for a terminal; the caller frees it. */
char *series_file_clean(const char *text) ATTR_ALLOC;

#endif
