#include "config.h"
#include "host/children.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>

#include "host/number.h"

static void visit_list(FILE *list, children_visitor *visit, void *context)
{
    int pid;
    while (fscanf(list, "%d", &pid) == 1)
        visit(context, pid);
}

void children_visit(int parent, children_visitor *visit, void *context)
{
    char path[64];
    unsigned long long thread;
    snprintf(path, sizeof path, "/proc/%d/task", parent);
    DIR *threads = opendir(path);
    if (!threads)
        return;
    for (struct dirent *entry; (entry = readdir(threads));) {
        if (number_parse(entry->d_name, INT_MAX, &thread))
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%llu/children", parent, thread);
        FILE *list = fopen(path, "re");
        if (!list)
            continue;
        visit_list(list, visit, context);
        fclose(list);
    }
    closedir(threads);
}
