/* The command `pymemtop kql`: print a query for Application Insights. */
#ifndef HOST_KQL_H
#define HOST_KQL_H

#include "base/error.h"

/* argv[0] is "kql". 0, or -1 with `error`. */
int kql_run(int argc, char **argv, struct error *error);

#endif
