#include "config.h"
#include "host/kql.h"

#include <stdio.h>
#include <string.h>

#include "host/options.h"
#include "report/kql.h"

int kql_run(int argc, char **argv, struct error *error)
{
    const char *text = kql_query();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--as-published") == 0)
            text = kql_published_query();
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            text = options_help();
        else
            return error_set(error, EXIT_STATUS_USAGE,
                             "kql takes --as-published or nothing, not '%s'", argv[i]);
    }
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot write the query");
    return EXIT_STATUS_OK;
}
