#include "config.h"
#include "host/bytecode.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/path.h"

/* "STEM.cpython-311.pyc", "STEM.cpython-311.opt-1.pyc" */
static bool is_bytecode_of(const char *name, const char *stem, size_t stem_len)
{
    static const char end[] = ".pyc";
    size_t len = strlen(name);
    return len > stem_len + sizeof end && strncmp(name, stem, stem_len) == 0 &&
           name[stem_len] == '.' && strcmp(name + len - (sizeof end - 1), end) == 0;
}

void bytecode_drop(const char *source)
{
    const char *slash = strrchr(source, '/');
    const char *stem = slash ? slash + 1 : source;
    const char *dot = strrchr(stem, '.');
    size_t stem_len = dot ? (size_t)(dot - stem) : strlen(stem);
    char *folder = path_parent(source);
    char *cache = path_join(folder, "__pycache__");
    DIR *dir = opendir(cache);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!is_bytecode_of(entry->d_name, stem, stem_len))
            continue;
        char *path = path_join(cache, entry->d_name);
        unlink(path);
        free(path);
    }
    if (dir)
        closedir(dir);
    free(cache);
    free(folder);
}
