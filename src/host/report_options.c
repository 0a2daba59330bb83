#include "config.h"
#include "host/report_options.h"

#include <unistd.h>

#include "report/table.h"

int report_options_apply(struct report_request *request, int option, const char *value,
                         struct error *error)
{
    struct options *options = &request->options;
    unsigned long number;
    switch (option) {
    case REPORT_OPTION_ASCII: options->ascii = true; break;
    case REPORT_OPTION_BATCH: request->batch = true; break;
    case REPORT_OPTION_FORMAT:
        request->batch = true;
        return options_parse_format(options, value, error);
    case REPORT_OPTION_NO_COLOR: options->no_color = true; break;
    case REPORT_OPTION_PRECISION:
        if (options_parse_number(value, 0, TABLE_PRECISION_MAX, "--precision", &number, error))
            return -1;
        options->precision = (int)number;
        break;
    case REPORT_OPTION_SCRIPT: options->script = value; break;
    case 'h': request->help = true; break;
    case 'o':
        request->batch = true;
        options->output = value;
        break;
    default: break;
    }
    return 0;
}

int report_options_check(struct report_request *request, bool *has_screen, struct error *error)
{
    options_settle_format(&request->options);
    *has_screen = !request->batch && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    return request->options.script && !*has_screen ? options_refuse_script(error) : 0;
}
