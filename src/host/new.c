/*
 * A new function. The app around it decides: one with a function_app.py is of the v2 model, one
 * whose folders have a function.json of the v1 model, and where there is no app DIR becomes one.
 * What is to be written is planned whole and then handed to a write_set, so that a refusal leaves
 * nothing behind.
 *
 * In a v2 app the function is added to the end of a file that somebody else wrote. That is done
 * only where it cannot go wrong; where it can, the function is printed, to be pasted where it
 * belongs.
 */
#include "config.h"
#include "host/new.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/app.h"
#include "host/function.h"
#include "host/new_text.h"
#include "host/options.h"
#include "host/path.h"
#include "host/python_source.h"
#include "host/settings.h"
#include "host/write_set.h"

enum { SOURCE_MAX_BYTES = 4 << 20 };

/* ---- the command line ---- */

enum model { MODEL_NONE, MODEL_V1, MODEL_V2 };

struct request {
    struct new_function function;
    const char *dir;
    enum model model; /* MODEL_NONE: the app's */
    bool help;
};

enum long_option { OPT_ASYNC = 256, OPT_AUTHLEVEL, OPT_DIR, OPT_MODEL, OPT_TRIGGER };

static const struct option long_options[] = {
    {"async", no_argument, NULL, OPT_ASYNC},
    {"authlevel", required_argument, NULL, OPT_AUTHLEVEL},
    {"dir", required_argument, NULL, OPT_DIR},
    {"help", no_argument, NULL, 'h'},
    {"model", required_argument, NULL, OPT_MODEL},
    {"trigger", required_argument, NULL, OPT_TRIGGER},
    {NULL, 0, NULL, 0},
};

static const char *const models[] = {[MODEL_NONE] = "", [MODEL_V1] = "v1", [MODEL_V2] = "v2"};
static const char *const levels[] = {"anonymous", "function", "admin"};
static const char *const triggers[] = {[TRIGGER_HTTP] = "http",
                                       [TRIGGER_TIMER] = "timer",
                                       [TRIGGER_QUEUE] = "queue",
                                       [TRIGGER_BLOB] = "blob"};

/* Which of `words` the value is, in *index. */
static int choose(const char *value, const char *const *words, size_t count, const char *usage,
                  size_t *index, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (*value && strcasecmp(value, words[i]) == 0) {
            *index = i;
            return 0;
        }
    }
    return error_set(error, EXIT_STATUS_USAGE, "%s, not '%s'", usage, value);
}

static int set_name(struct request *request, const char *name, struct error *error)
{
    if (request->function.name)
        return error_set(error, EXIT_STATUS_USAGE,
                         "new takes one name, and '%s' is a second one; --dir names the folder",
                         name);
    request->function.name = name;
    return 0;
}

static int apply(struct request *request, int option, const char *value, struct error *error)
{
    size_t index = 0;
    int result = 0;
    switch (option) {
    case OPT_AUTHLEVEL:
        result = choose(value, levels, ARRAY_LEN(levels),
                        "--authlevel takes anonymous, function or admin", &index, error);
        request->function.level = levels[index];
        break;
    case OPT_MODEL:
        result = choose(value, models, ARRAY_LEN(models), "--model takes v1 or v2", &index, error);
        request->model = (enum model)index;
        break;
    case OPT_TRIGGER:
        result = choose(value, triggers, ARRAY_LEN(triggers),
                        "--trigger takes http, timer, queue or blob", &index, error);
        request->function.trigger = (enum trigger)index;
        break;
    case OPT_ASYNC: request->function.is_async = true; break;
    case OPT_DIR: request->dir = value; break;
    case 'h': request->help = true; break;
    default: result = set_name(request, value, error); break;
    }
    return result;
}

static int check_request(struct request *request, struct error *error)
{
    struct new_function *function = &request->function;
    if (!function->name)
        return error_set(error, EXIT_STATUS_USAGE,
                         "new needs a name for the function, as in: pymemtop new Greet");
    if (!function_name_is_valid(function->name))
        return error_set(error, EXIT_STATUS_USAGE,
                         "'%s' is no name for a function: up to 128 letters, digits, _ and -, a "
                         "letter first, and not 'host'",
                         function->name);
    if (function->level && function->trigger != TRIGGER_HTTP)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--authlevel goes with --trigger http; nobody calls a %s trigger",
                         triggers[function->trigger]);
    if (!*request->dir)
        return error_set(error, EXIT_STATUS_USAGE, "--dir takes a folder, not ''");
    if (!function->level)
        function->level = "function";
    return 0;
}

static int parse(struct request *request, int argc, char **argv, struct error *error)
{
    int option;
    *request = (struct request){.dir = "."};
    /* 0, not 1: glibc then forgets a former scan, and reads the order mode anew. */
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "-:h", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return options_refuse(option, argv[optind - 1], error);
        if (apply(request, option, optarg, error))
            return -1;
    }
    for (; optind < argc; optind++)
        if (set_name(request, argv[optind], error))
            return -1;
    return request->help ? 0 : check_request(request, error);
}

/* ---- the app ---- */

struct new_plan {
    const struct request *request;
    char *root;       /* owned; absolute, without symbolic links */
    bool is_new_app;  /* the files of an app are to be written, too */
    bool has_folders; /* v1: folders with a function.json are there */
    enum model model;
    char *script;    /* owned; v2: the file with the FunctionApp, absolute */
    bool has_others; /* v2: the script is there, with functions of its own as a rule */
    char *target;    /* owned; what the command that runs the function names, absolute */
    struct write_set files;
    const char *kept[NEW_APP_FILES]; /* files of an app that were there before */
    size_t kept_count;
};

static void plan_fini(struct new_plan *plan)
{
    free(plan->root);
    free(plan->script);
    free(plan->target);
    write_set_fini(&plan->files);
}

/* The real path of `dir`, whose last part may be missing (*missing). NULL with `error`. */
static char *resolve(const char *dir, bool *missing, struct error *error)
{
    char *path = realpath(dir, NULL);
    *missing = false;
    if (path) {
        if (path_is_directory(path))
            return path;
        free(path);
        error_set(error, EXIT_STATUS_APP, "--dir: %s is not a folder", dir);
        return NULL;
    }
    int failure = errno;
    size_t len = strlen(dir);
    while (len > 1 && dir[len - 1] == '/')
        len--;
    char *trimmed = mem_strndup(dir, len);
    char *parent = path_parent(trimmed);
    const char *slash = strrchr(trimmed, '/');
    char *above = failure == ENOENT ? realpath(parent, NULL) : NULL;
    if (above) {
        path = path_join(above, slash ? slash + 1 : trimmed);
        *missing = true;
    } else {
        error_set(error, EXIT_STATUS_APP, "--dir: cannot open %s: %s", dir, strerror(failure));
    }
    free(above);
    free(parent);
    free(trimmed);
    return path;
}

static int find_root(struct new_plan *plan, struct error *error)
{
    bool missing;
    char *path = resolve(plan->request->dir, &missing, error);
    if (!path)
        return -1;
    plan->root = app_find_root(path);
    plan->is_new_app = !plan->root;
    if (plan->root) {
        free(path);
        return 0;
    }
    plan->root = path;
    if (missing)
        write_set_folder(&plan->files, path);
    return 0;
}

/* What the app's settings say: that it is one in Python, and what its script is called. */
static int read_settings(struct new_plan *plan, struct error *error)
{
    struct settings settings;
    int result = settings_read(&settings, plan->root, error);
    if (!result) {
        const char *runtime = settings_value(&settings, "FUNCTIONS_WORKER_RUNTIME");
        plan->script = path_join(plan->root, app_script_name(&settings));
        if (runtime && *runtime && strcasecmp(runtime, "python") != 0)
            result = error_set(error, EXIT_STATUS_APP,
                               "the app in %s is not in Python: its FUNCTIONS_WORKER_RUNTIME is %s",
                               plan->root, runtime);
    }
    settings_fini(&settings);
    return result;
}

/* Look for functions of the v1 model, and for one that has the name already. */
static int read_folders(struct new_plan *plan, struct error *error)
{
    const char *name = plan->request->function.name;
    DIR *dir = opendir(plan->root);
    int result = 0;
    if (!dir)
        return 0;
    for (struct dirent *entry; !result && (entry = readdir(dir));) {
        char *folder = path_join(plan->root, entry->d_name);
        char *description = path_join(folder, "function.json");
        if (entry->d_name[0] != '.' && path_is_file(description)) {
            plan->has_folders = true;
            if (strcasecmp(entry->d_name, name) == 0)
                result = error_set(error, EXIT_STATUS_APP,
                                   "%s is a function of that name already (upper and lower case "
                                   "are the same to Azure); choose another name",
                                   folder);
        }
        free(description);
        free(folder);
    }
    closedir(dir);
    return result;
}

static int settle_model(struct new_plan *plan, struct error *error)
{
    enum model wanted = plan->request->model, found = MODEL_NONE;
    if (path_is_file(plan->script))
        found = MODEL_V2;
    else if (plan->has_folders)
        found = MODEL_V1;
    plan->model = found ? found : wanted ? wanted : MODEL_V2;
    if (wanted && wanted != plan->model)
        return error_set(error, EXIT_STATUS_APP,
                         "the app in %s is of the %s model (%s), and an app has one model; leave "
                         "--model out, or begin an app in a folder outside of it",
                         plan->root, models[found],
                         found == MODEL_V2 ? plan->script
                                           : "its functions are folders with a function.json");
    return 0;
}

/* ---- what is to be written ---- */

static void plan_app(struct new_plan *plan)
{
    for (size_t i = 0; i < NEW_APP_FILES; i++) {
        char *path = path_join(plan->root, new_app_files[i].name);
        /* A checkout often has a .gitignore or a requirements.txt before it has an app. */
        if (path_is_file(path))
            plan->kept[plan->kept_count++] = new_app_files[i].name;
        else
            write_set_file(&plan->files, path, mem_strdup(new_app_files[i].text));
        free(path);
    }
}

static void plan_file(struct new_plan *plan, const char *folder, const char *name, char *text)
{
    char *path = path_join(folder, name);
    write_set_file(&plan->files, path, text);
    free(path);
}

static void plan_v1(struct new_plan *plan)
{
    const struct new_function *function = &plan->request->function;
    const char *readme = new_text_readme(function->trigger);
    char *folder = path_join(plan->root, function->name);
    write_set_folder(&plan->files, folder);
    plan_file(plan, folder, "__init__.py", new_text_script(function));
    plan_file(plan, folder, "function.json", new_text_description(function));
    if (readme)
        plan_file(plan, folder, "readme.md", mem_strdup(readme));
    plan->target = path_join(folder, "__init__.py");
    free(folder);
}

/* In the v2 model the name is that of a function in Python, and shares the module with others. */
static int check_v2_name(const char *name, struct error *error)
{
    if (!python_is_name(name))
        return error_set(error, EXIT_STATUS_USAGE,
                         "'%s' is no name for a function of the v2 model: letters, digits and _, "
                         "and no keyword of Python",
                         name);
    if (python_line_of_name(new_text_app_head(), name))
        return error_set(error, EXIT_STATUS_USAGE,
                         "a function called '%s' would hide what function_app.py itself calls so; "
                         "choose another name",
                         name);
    return 0;
}

static void plan_new_script(struct new_plan *plan)
{
    char *function = new_text_decorated(&plan->request->function, "app");
    write_set_file(&plan->files, plan->script,
                   mem_printf("%s\n\n%s", new_text_app_head(), function));
    free(function);
}

/* The file cannot be added to: hand out what would have been added. */
static int offer(const struct new_plan *plan, const char *app, const char *reason,
                 struct error *error)
{
    char *function = new_text_decorated(&plan->request->function, app ? app : "app");
    printf("%s", function);
    fflush(stdout);
    free(function);
    return error_set(error, EXIT_STATUS_APP,
                     "%s %s; it was not changed, paste the function above into it yourself",
                     plan->script, reason);
}

/* `text` with lines that end as those of `source` do; it is taken over. */
static char *with_line_ends(char *text, const char *source)
{
    const char *end = strchr(source, '\n');
    if (!end || end == source || end[-1] != '\r')
        return text;
    char *out = mem_calloc(2 * strlen(text) + 1, 1), *to = out;
    for (const char *from = text; *from; from++) {
        if (*from == '\n')
            *to++ = '\r';
        *to++ = *from;
    }
    free(text);
    return out;
}

/* What to add to `source`: the imports that it lacks, and the function. */
static char *make_addition(const struct new_plan *plan, const char *source, const char *app)
{
    size_t len = strlen(source);
    const char *newline = len && source[len - 1] != '\n' ? "\n" : "";
    const char *logging = python_line_of_name(source, "logging") ? "" : "import logging\n";
    const char *func =
        python_line_of_name(source, "func") ? "" : "import azure.functions as func\n";
    const char *gap = *logging || *func ? "\n\n" : "";
    char *function = new_text_decorated(&plan->request->function, app);
    char *text = mem_printf("%s\n\n%s%s%s%s", newline, logging, func, gap, function);
    free(function);
    return with_line_ends(text, source);
}

/* Why nothing can be added to the end of the script, or NULL. */
static const char *reason_to_offer(const struct new_plan *plan, const struct buf *bytes,
                                   const char *app)
{
    if (strlen(buf_text(bytes)) != bytes->len)
        return "has a NUL byte in it";
    if (!app)
        return "has no line `app = func.FunctionApp(...)` that can be found";
    if (python_is_cut_off(buf_text(bytes)))
        return "ends within a statement";
    if (faccessat(AT_FDCWD, plan->script, W_OK, AT_EACCESS) < 0)
        return "is not writable";
    return NULL;
}

static int plan_addition(struct new_plan *plan, const struct buf *bytes, struct error *error)
{
    const char *name = plan->request->function.name, *source = buf_text(bytes);
    size_t line = python_line_of_function(source, name);
    if (!line)
        line = python_line_of_name(source, name);
    if (line)
        return error_set(error, EXIT_STATUS_APP,
                         "%s:%zu: there is a '%s' already; choose another name", plan->script, line,
                         name);
    char *app = python_function_app(source);
    const char *reason = reason_to_offer(plan, bytes, app);
    int result = 0;
    if (reason)
        result = offer(plan, app, reason, error);
    else
        write_set_append(&plan->files, plan->script, bytes->len, make_addition(plan, source, app));
    free(app);
    return result;
}

static int plan_old_script(struct new_plan *plan, struct error *error)
{
    struct buf bytes;
    buf_init(&bytes, SOURCE_MAX_BYTES);
    int failure = path_read(plan->script, SOURCE_MAX_BYTES, &bytes);
    int result = failure ? error_set(error, EXIT_STATUS_APP, "cannot read %s: %s", plan->script,
                                     strerror(-failure))
                         : plan_addition(plan, &bytes, error);
    buf_fini(&bytes);
    return result;
}

static int plan_v2(struct new_plan *plan, struct error *error)
{
    if (check_v2_name(plan->request->function.name, error))
        return -1;
    plan->target = mem_strdup(plan->script);
    plan->has_others = path_is_file(plan->script);
    if (plan->has_others)
        return plan_old_script(plan, error);
    plan_new_script(plan);
    return 0;
}

static int make_plan(struct new_plan *plan, const struct request *request, struct error *error)
{
    *plan = (struct new_plan){.request = request};
    write_set_init(&plan->files);
    if (find_root(plan, error) || read_settings(plan, error) || read_folders(plan, error) ||
        settle_model(plan, error))
        return -1;
    if (plan->is_new_app)
        plan_app(plan);
    if (plan->model == MODEL_V2)
        return plan_v2(plan, error);
    plan_v1(plan);
    return 0;
}

/* ---- what was done ---- */

/* `path` as it is shown: from the current folder where it lies below it. The caller frees it. */
static char *shown_path(const char *path)
{
    char *here = realpath(".", NULL);
    const char *below = here ? path_below(path, here) : NULL;
    const char *shown = below ? below : path;
    size_t size = strlen(shown) * TEXT_UTF8_MAX + 1;
    char *clean = mem_calloc(size, 1);
    text_clean(clean, size, shown, strlen(shown));
    free(here);
    return clean;
}

/* Print `word` so that a shell reads it as one. */
static void print_word(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./+,:@%";
    if (*word == '-')
        printf("./");
    if (!word[strspn(word, plain)]) {
        printf("%s", word);
        return;
    }
    putchar('\'');
    for (; *word; word++)
        printf(*word == '\'' ? "'\\''" : "%c", *word);
    putchar('\'');
}

static void say(const struct new_plan *plan)
{
    for (size_t i = 0; i < plan->kept_count; i++)
        fprintf(stderr, "pymemtop: %s was there before, and stays as it is\n", plan->kept[i]);
    for (size_t i = 0; i < plan->files.count; i++) {
        if (plan->files.steps[i].kind == WRITE_FOLDER)
            continue;
        char *path = shown_path(plan->files.steps[i].path);
        puts(path);
        free(path);
    }
    char *target = shown_path(plan->target);
    printf("\nRun it: pymemtop ");
    print_word(target);
    if (plan->has_others)
        printf(" --functions %s", plan->request->function.name);
    putchar('\n');
    free(target);
}

int new_run(int argc, char **argv, struct error *error)
{
    struct request request;
    struct new_plan plan;
    if (parse(&request, argc, argv, error))
        return -1;
    if (request.help) {
        fputs(options_help(), stdout);
        return EXIT_STATUS_OK;
    }
    int result = make_plan(&plan, &request, error);
    if (!result)
        result = write_set_commit(&plan.files, error);
    if (!result)
        say(&plan);
    plan_fini(&plan);
    return result ? -1 : EXIT_STATUS_OK;
}
