/* A folder for the tests of src/host, made before and removed after each test. */
#ifndef TESTS_HOST_FIXTURE_H
#define TESTS_HOST_FIXTURE_H

#include <ftw.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/attributes.h"

static char fixture_root[64];

static ATTR_UNUSED int fixture_open(void **state)
{
    char *resolved;
    (void)state;
    snprintf(fixture_root, sizeof fixture_root, "/tmp/pymemtop-test-XXXXXX");
    if (!mkdtemp(fixture_root))
        return -1;
    resolved = realpath(fixture_root, NULL);
    if (!resolved || strlen(resolved) >= sizeof fixture_root)
        return -1;
    strcpy(fixture_root, resolved);
    free(resolved);
    return 0;
}

static ATTR_UNUSED int fixture_remove(const char *path, const struct stat *info, int kind,
                                      struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static ATTR_UNUSED int fixture_close(void **state)
{
    (void)state;
    return nftw(fixture_root, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of `name` in the folder; valid until the fourth call after it. */
static ATTR_UNUSED const char *fixture_path(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s%s%s", fixture_root, *name ? "/" : "", name);
    return path;
}

/* Write a file, with the folders above it. */
static ATTR_UNUSED void fixture_write(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s", fixture_path(name));
    for (char *slash = path + strlen(fixture_root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

/* The text holds the part. */
#define assert_holds(text, part)                                                                   \
    do {                                                                                           \
        const char *holds_text = (text);                                                           \
        if (!strstr(holds_text, (part)))                                                           \
            fail_msg("'%s' is not in '%s'", (part), holds_text);                                   \
    } while (0)

#endif
