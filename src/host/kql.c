#include "config.h"
#include "host/kql.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "host/options.h"
#include "report/kql.h"

static const struct {
    const char *option;
    const char *(*text)(void);
} texts[] = {
    {"--as-published", kql_published_query},
    {"--workspace", kql_workspace_query},
    {"--help", options_help},
    {"-h", options_help},
};

int kql_run(int argc, char **argv, struct error *error)
{
    const char *text = argc > 1 ? NULL : kql_query();
    for (size_t i = 0; argc == 2 && i < ARRAY_LEN(texts); i++)
        if (strcmp(argv[1], texts[i].option) == 0)
            text = texts[i].text();
    if (!text)
        return error_set(error, EXIT_STATUS_USAGE,
                         "kql takes --workspace, --as-published or nothing, not '%s'",
                         argv[argc - 1]);
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot write the query");
    return EXIT_STATUS_OK;
}
