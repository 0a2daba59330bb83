/*
 * A folder of a test's own for files of SQLite. Include it after cmocka.h.
 */
#ifndef TESTS_UNIT_FOLDER_FIXTURE_H
#define TESTS_UNIT_FOLDER_FIXTURE_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

static char folder[] = "/tmp/pymemtop-test-XXXXXX";

static inline int folder_make(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

/* With the files in it. */
static inline int folder_remove(void **state)
{
    const struct dirent *entry;
    DIR *list = opendir(folder);
    (void)state;
    while (list && (entry = readdir(list)) != NULL) {
        char *path = mem_printf("%s/%s", folder, entry->d_name);
        unlink(path); /* not . and .. */
        free(path);
    }
    if (list)
        closedir(list);
    return rmdir(folder);
}

#endif
