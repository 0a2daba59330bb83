/*
 * A virtual environment describes itself in pyvenv.cfg, so that nothing has to be run to learn its
 * version; only an interpreter that --python names outside of one is asked. Symbolic links are
 * never followed on the way to pyvenv.cfg: a virtual environment's interpreter is a link out of it.
 */
#include "config.h"
#include "host/environment.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/number.h"
#include "host/path.h"

enum { CONFIG_MAX_BYTES = 64 << 10, ANSWER_MAX_BYTES = 8192 };

static const char config_name[] = "pyvenv.cfg";

/* The "3.11" of "3.11.2", "3.11.2.final.0" or "3.11.2+"; false where `text` is no version. */
static bool parse_version(const char *text, char version[ENVIRONMENT_VERSION_SIZE])
{
    unsigned long long major, minor;
    const char *dot = number_read(text, 999, &major);
    if (!dot || *dot != '.' || !number_read(dot + 1, 999, &minor))
        return false;
    snprintf(version, ENVIRONMENT_VERSION_SIZE, "%llu.%llu", major, minor);
    return true;
}

/* ---- virtual environments ---- */

/* The value of `key = value` in a line that ends at `end`, or NULL. Keys are of any case. */
static const char *config_value(const char *line, const char *end, const char *key)
{
    size_t len = strlen(key);
    while (line < end && isblank((unsigned char)*line))
        line++;
    if ((size_t)(end - line) <= len || strncasecmp(line, key, len) != 0)
        return NULL;
    line += len;
    while (line < end && isblank((unsigned char)*line))
        line++;
    if (line == end || *line != '=')
        return NULL;
    line++;
    while (line < end && isblank((unsigned char)*line))
        line++;
    return line;
}

/* venv writes `version = 3.11.2`, virtualenv and uv `version_info = 3.11.2[.final.0]`. */
static bool config_version(const char *text, char version[ENVIRONMENT_VERSION_SIZE])
{
    while (*text) {
        const char *end = text + strcspn(text, "\n");
        const char *value = config_value(text, end, "version");
        if (!value)
            value = config_value(text, end, "version_info");
        if (value && parse_version(value, version))
            return true;
        text = *end ? end + 1 : end;
    }
    return false;
}

static bool is_virtual(const char *directory)
{
    char *config = path_join(directory, config_name);
    bool found = path_is_file(config);
    free(config);
    return found;
}

/* A free-threaded Python has its packages in "lib/python3.13t". */
static bool is_free_threaded(const struct environment *environment)
{
    char *folder = mem_printf("%s/lib/python%st", environment->directory, environment->version);
    bool found = path_is_directory(folder);
    free(folder);
    return found;
}

static int use_virtual(struct environment *environment, const char *directory, struct error *error)
{
    struct buf text;
    char *config = path_join(directory, config_name);
    int result = 0;
    buf_init(&text, CONFIG_MAX_BYTES);
    environment->directory = realpath(directory, NULL);
    if (!environment->directory)
        environment->directory = mem_strdup(directory);
    environment->executable = path_join(environment->directory, "bin/python");
    int failure = path_read(config, CONFIG_MAX_BYTES, &text);
    if (failure)
        result =
            error_set(error, EXIT_STATUS_APP, "cannot read %s: %s", config, strerror(-failure));
    else if (!config_version(buf_text(&text), environment->version))
        result = error_set(error, EXIT_STATUS_APP,
                           "%s names no Python version; make the environment again with "
                           "python3 -m venv %s",
                           config, directory);
    else if (is_free_threaded(environment))
        result =
            error_set(error, EXIT_STATUS_APP,
                      "%s is of a free-threaded Python %s, whose packages do not load into one "
                      "with the interpreter lock, as pymemtop has; make the app's environment "
                      "with such a Python %s",
                      environment->directory, environment->version, environment->version);
    buf_fini(&text);
    free(config);
    return result;
}

/* ---- plain interpreters ---- */

static int spawn_asking(const char *path, int output, pid_t *pid)
{
    static const char question[] =
        "import sys; print(sys.executable); print('%d.%d' % sys.version_info[:2])";
    char *arguments[] = {mem_strdup(path), mem_strdup("-I"), mem_strdup("-c"), mem_strdup(question),
                         NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int result = posix_spawn(pid, path, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 0; arguments[i]; i++)
        free(arguments[i]);
    return -result;
}

static int read_answer(int fd, struct buf *answer)
{
    char chunk[1024];
    ssize_t len;
    while ((len = read(fd, chunk, sizeof chunk)) > 0 || (len < 0 && errno == EINTR))
        if (len > 0 && buf_append(answer, chunk, (size_t)len))
            return -ENOBUFS;
    return len < 0 ? -errno : 0;
}

/* What the interpreter says about itself: its path and its version, a line each. */
static int ask(const char *path, struct buf *answer)
{
    int ends[2], status = 0;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    int result = spawn_asking(path, ends[1], &pid);
    close(ends[1]);
    if (!result) {
        result = read_answer(ends[0], answer);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
        if (!result && status != 0)
            result = -ENOEXEC;
    }
    close(ends[0]);
    return result;
}

/* The version in the name of an interpreter's file, as "python3.11"; false where there is none. */
static bool name_version(const char *path, char version[ENVIRONMENT_VERSION_SIZE])
{
    static const char start[] = "python";
    unsigned long long minor;
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    return strncmp(name, start, sizeof start - 1) == 0 &&
           strncmp(name + sizeof start - 1, "3.", 2) == 0 &&
           number_parse(name + sizeof start + 1, 999, &minor) == 0 &&
           parse_version(name + sizeof start - 1, version);
}

static bool ask_version(const char *path, char version[ENVIRONMENT_VERSION_SIZE])
{
    struct buf answer;
    buf_init(&answer, ANSWER_MAX_BYTES);
    int result = ask(path, &answer);
    const char *line_end = strchr(buf_text(&answer), '\n');
    bool known = result == 0 && line_end && parse_version(line_end + 1, version);
    buf_fini(&answer);
    return known;
}

/* The first executable python3 on PATH, or NULL. The caller frees it. */
static char *default_interpreter(void)
{
    const char *at = getenv("PATH");
    while (at && *at) {
        size_t len = strcspn(at, ":");
        char *directory = mem_strndup(at, len);
        char *path = path_join(len ? directory : ".", "python3");
        free(directory);
        if (path_is_file(path) && access(path, X_OK) == 0)
            return path;
        free(path);
        at += len + (at[len] == ':');
    }
    return NULL;
}

bool environment_default_version(char version[ENVIRONMENT_VERSION_SIZE])
{
    char *path = default_interpreter();
    if (!path)
        return false;
    /* "python3" is a link to "python3.11", or a script of a tool that chooses among several. */
    char *resolved = realpath(path, NULL);
    bool known = (resolved && name_version(resolved, version)) || ask_version(path, version);
    free(resolved);
    free(path);
    return known;
}

static int use_interpreter(struct environment *environment, const char *path, struct error *error)
{
    struct buf answer;
    buf_init(&answer, ANSWER_MAX_BYTES);
    int result = ask(path, &answer);
    const char *text = buf_text(&answer);
    const char *line_end = strchr(text, '\n');
    if (result || !line_end || line_end == text ||
        !parse_version(line_end + 1, environment->version))
        result = error_set(error, EXIT_STATUS_APP,
                           "--python: %s does not run as a Python interpreter%s%s", path,
                           result ? ": " : "", result ? strerror(-result) : "");
    else
        environment->executable = mem_strndup(text, (size_t)(line_end - text));
    buf_fini(&answer);
    return result;
}

/* ---- finding ---- */

/* --python: a virtual environment, an interpreter in one, or any other interpreter. */
static int use_named(struct environment *environment, const char *path, struct error *error)
{
    if (path_is_directory(path)) {
        if (!is_virtual(path))
            return error_set(error, EXIT_STATUS_APP,
                             "--python: %s is no virtual environment: it has no %s", path,
                             config_name);
        return use_virtual(environment, path, error);
    }
    if (access(path, X_OK) != 0)
        return error_set(error, EXIT_STATUS_APP, "--python: cannot run %s: %s", path,
                         strerror(errno));
    char *bin = path_parent(path);
    char *directory = path_parent(bin);
    /* "bin/python" as it was given: links are not followed, since a venv's interpreter is one. */
    if (!strcmp(bin, ".")) {
        free(directory);
        directory = mem_strdup("..");
    }
    int result = is_virtual(directory) ? use_virtual(environment, directory, error)
                                       : use_interpreter(environment, path, error);
    free(directory);
    free(bin);
    return result;
}

/* The nearest .venv from `directory` upwards, or NULL. The caller frees it. */
static char *nearest(const char *directory)
{
    char *at = mem_strdup(directory);
    for (;;) {
        char *candidate = path_join(at, ".venv");
        char *above = path_parent(at);
        bool found = is_virtual(candidate), top = strcmp(above, at) == 0;
        free(at);
        at = above;
        if (found || top) {
            free(at);
            if (found)
                return candidate;
            free(candidate);
            return NULL;
        }
        free(candidate);
    }
}

int environment_find(struct environment *environment, const char *python, const char *app_root,
                     struct error *error)
{
    *environment = (struct environment){0};
    if (python)
        return use_named(environment, python, error);
    const char *active = getenv("VIRTUAL_ENV");
    if (active && *active) {
        if (!is_virtual(active))
            return error_set(error, EXIT_STATUS_APP,
                             "VIRTUAL_ENV is %s, which is no virtual environment; unset it, or "
                             "name another with --python",
                             active);
        return use_virtual(environment, active, error);
    }
    char *found = nearest(app_root);
    if (!found)
        return 0;
    int result = use_virtual(environment, found, error);
    free(found);
    return result;
}

void environment_fini(struct environment *environment)
{
    free(environment->directory);
    free(environment->executable);
    *environment = (struct environment){0};
}
