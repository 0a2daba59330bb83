/*
 * An inotify watch is for one folder, so there is a uv_fs_event_t for each, and the tree of them
 * follows the tree on disk. An event only says where to look: which files may have changed (they
 * are marked), and which folders came or went. What has changed is decided once it is quiet, by
 * comparing every marked file with what it was when it was last told. So it does not matter in
 * which order events come, how an editor saves, or that some are merged.
 *
 * A folder that went is kept, as `gone`, until it is quiet: its files may be back by then, as when
 * a branch is checked out, and a folder that is found again takes them over from it.
 *
 * Nothing is ever trusted to stay: between an event and the look at the disk everything may have
 * changed again, which brings another event. A folder is watched first and read afterwards, so that
 * what is made in it meanwhile is found by one or the other.
 *
 * Polling is the same without events: the folders are read again, and files marked whose stamps are
 * not the known ones.
 */
#include "config.h"
#include "host/watch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/packages.h"
#include "host/fingerprint.h"
#include "host/path.h"

enum kind { KIND_NONE, KIND_CODE, KIND_SETTINGS };

struct known_file {
    char *name; /* owned; without its folder */
    enum kind kind;
    bool marked;             /* it may have changed */
    struct fingerprint told; /* as of the latest call, or of the opening */
};

struct folder {
    uv_fs_event_t event; /* not active while polling, nor when gone */
    struct watch *watch; /* borrowed */
    char *path;          /* owned; absolute */
    unsigned depth;      /* 0 is the root */
    bool by_link;
    dev_t device;
    ino_t inode;
    bool gone;
    struct known_file **files; /* owned; by name */
    size_t file_count;
};

struct watch {
    uv_loop_t *loop;
    struct watch_handler handler;
    uv_timer_t quiet;
    uv_timer_t poll;
    struct folder *
        *folders; /* owned; [0] is the root, and no folder before the one that holds it */
    size_t folder_count;
    size_t folders_max;
    size_t file_count;     /* of all folders */
    size_t hash_left;      /* bytes that may still be hashed while opening */
    uint64_t quiet_end_ms; /* by the loop's clock: when the marked files are looked at */
    size_t poll_at;        /* the folder that is looked at next */
    bool opening;          /* what is found is no change */
    bool polling;
    bool lost_link; /* a folder by a link is gone; cleared by sweep_folders */
    bool told_too_many;
    unsigned handles; /* of the loop, still open */
    void (*closed)(void *context);
    void *closed_context;
};

/* What is changed of a file, by its name and by how deep its folder is. */
static enum kind kind_of(const char *name, unsigned depth)
{
    size_t len = strlen(name);
    if (name[0] == '.')
        return KIND_NONE; /* locks and copies that editors make; no module has such a name */
    if (len > 3 && strcmp(name + len - 3, ".py") == 0)
        return KIND_CODE;
    if (depth == 0 && (strcmp(name, "host.json") == 0 || strcmp(name, "local.settings.json") == 0))
        return KIND_SETTINGS;
    return depth == 1 && strcmp(name, "function.json") == 0 ? KIND_SETTINGS : KIND_NONE;
}

/* ---- files ---- */

static void on_quiet(uv_timer_t *timer);

/* Something of that kind may have changed: wait for quiet from now on. */
static void wait_for_quiet(struct watch *watch, enum kind kind)
{
    uint64_t now_ms = uv_now(watch->loop);
    uint64_t end_ms =
        now_ms + (kind == KIND_CODE ? (uint64_t)WATCH_CODE_QUIET_MS : WATCH_SETTINGS_QUIET_MS);
    if (end_ms > watch->quiet_end_ms)
        watch->quiet_end_ms = end_ms;
    uv_timer_start(&watch->quiet, on_quiet, watch->quiet_end_ms - now_ms, 0);
}

static void mark(struct folder *folder, struct known_file *file)
{
    file->marked = true;
    wait_for_quiet(folder->watch, file->kind);
}

/* Where the file of that name is, or belongs. */
static size_t file_place(const struct folder *folder, const char *name)
{
    size_t low = 0, high = folder->file_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(folder->files[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct known_file *find_file(const struct folder *folder, const char *name)
{
    size_t place = file_place(folder, name);
    if (place == folder->file_count || strcmp(folder->files[place]->name, name) != 0)
        return NULL;
    return folder->files[place];
}

static void start_polling(struct watch *watch);

static void say(struct watch *watch, const char *text)
{
    watch->handler.notice(watch->handler.context, text);
}

static void say_too_many(struct watch *watch)
{
    if (watch->told_too_many)
        return;
    watch->told_too_many = true;
    char *text = mem_printf("the app has more than %zu folders or %d files of code: saved files "
                            "are looked for once a second, and those in further folders are not "
                            "seen",
                            watch->folders_max, (int)WATCH_FILES_MAX);
    say(watch, text);
    free(text);
    start_polling(watch);
}

/* A file that was not known; NULL where there is no room for it. */
static struct known_file *add_file(struct folder *folder, const char *name, enum kind kind)
{
    if (folder->watch->file_count == WATCH_FILES_MAX) {
        say_too_many(folder->watch);
        return NULL;
    }
    size_t place = file_place(folder, name);
    struct known_file *file = mem_calloc(1, sizeof *file);
    file->name = mem_strdup(name);
    file->kind = kind;
    folder->files = mem_resize(folder->files, folder->file_count + 1, sizeof(struct known_file *));
    memmove(folder->files + place + 1, folder->files + place,
            (folder->file_count - place) * sizeof(struct known_file *));
    folder->files[place] = file;
    folder->file_count++;
    folder->watch->file_count++;
    return file;
}

static void remove_file(struct folder *folder, size_t place)
{
    free(folder->files[place]->name);
    free(folder->files[place]);
    folder->file_count--;
    folder->watch->file_count--;
    memmove(folder->files + place, folder->files + place + 1,
            (folder->file_count - place) * sizeof(struct known_file *));
}

static struct fingerprint look_at(const struct folder *folder, const struct known_file *file,
                                  size_t hash_max_bytes)
{
    char *path = path_join(folder->path, file->name);
    struct fingerprint fingerprint = fingerprint_of(path, hash_max_bytes);
    free(path);
    return fingerprint;
}

/* A file as it is before anything has changed. */
static void take_first_look(struct folder *folder, struct known_file *file)
{
    struct watch *watch = folder->watch;
    size_t max_bytes =
        watch->hash_left < WATCH_HASH_MAX_BYTES ? watch->hash_left : WATCH_HASH_MAX_BYTES;
    file->told = look_at(folder, file, max_bytes);
    if (file->told.hashed)
        watch->hash_left -= (size_t)file->told.size_bytes;
}

/* A file that a folder was found to hold, and that was not known. */
static void find_out(struct folder *folder, const char *name, enum kind kind)
{
    struct known_file *file = add_file(folder, name, kind);
    if (file && folder->watch->opening)
        take_first_look(folder, file);
    else if (file)
        mark(folder, file);
}

/* A file that an event named. */
static void note_file(struct folder *folder, const char *name, enum kind kind)
{
    struct known_file *file = find_file(folder, name);
    if (!file)
        file = add_file(folder, name, kind);
    if (file)
        mark(folder, file);
}

/* ---- folders ---- */

static void on_event(uv_fs_event_t *event, const char *name, int events, int status);
/* The newest one of that path: it may have gone and come several times. */
static struct folder *find_folder(const struct watch *watch, const char *path)
{
    for (size_t i = watch->folder_count; i-- > 0;)
        if (strcmp(watch->folders[i]->path, path) == 0)
            return watch->folders[i];
    return NULL;
}

static bool is_watched(const struct watch *watch, const struct stat *info)
{
    for (size_t i = 0; i < watch->folder_count; i++) {
        const struct folder *folder = watch->folders[i];
        if (!folder->gone && folder->inode == info->st_ino && folder->device == info->st_dev)
            return true;
    }
    return false;
}

/* A link may lead to a folder that the root lies in, and so to all that is beside the app. */
static bool leads_above_root(const struct watch *watch, const char *path)
{
    char real[PATH_MAX];
    return realpath(path, real) &&
           (strcmp(real, "/") == 0 || path_below(watch->folders[0]->path, real));
}

/* True where there is a folder at `path`, called `name`, that is to be watched and is not yet. */
static bool is_wanted(const struct watch *watch, const char *path, const char *name,
                      struct stat *info, bool *by_link)
{
    if (name[0] == '.' || packages_is_name(name, strlen(name)) || lstat(path, info) < 0)
        return false;
    *by_link = S_ISLNK(info->st_mode);
    if (*by_link && (stat(path, info) < 0 || leads_above_root(watch, path)))
        return false;
    return S_ISDIR(info->st_mode) && !is_watched(watch, info) &&
           !packages_is_environment(path, strlen(path));
}

static void start_event(struct folder *folder)
{
    struct watch *watch = folder->watch;
    if (watch->polling)
        return;
    int result = uv_fs_event_start(&folder->event, on_event, folder->path, 0);
    /* Any other fault is the folder's own: it is gone again, or may not be read. */
    if (result == UV_ENOSPC || result == UV_EMFILE || result == UV_ENFILE || result == UV_ENOMEM) {
        say(watch, "the system has no more room for watches (see fs.inotify.max_user_watches and "
                   "max_user_instances of sysctl): saved files are looked for once a second");
        start_polling(watch);
    }
}

static struct folder *new_folder(struct watch *watch, const char *path, unsigned depth,
                                 const struct stat *info)
{
    struct folder *folder = mem_calloc(1, sizeof *folder);
    folder->watch = watch;
    folder->path = mem_strdup(path);
    folder->depth = depth;
    folder->device = info->st_dev;
    folder->inode = info->st_ino;
    uv_fs_event_init(watch->loop, &folder->event);
    folder->event.data = folder;
    watch->handles++;
    watch->folders = mem_resize(watch->folders, watch->folder_count + 1, sizeof(struct folder *));
    watch->folders[watch->folder_count++] = folder;
    start_event(folder);
    return folder;
}

/* The files of a folder that came back. */
static void take_over(struct folder *folder, struct folder *gone)
{
    folder->files = gone->files;
    folder->file_count = gone->file_count;
    gone->files = NULL;
    gone->file_count = 0;
}

/* Add the folder below `parent`, unread, where it is one to be watched. */
static void add_folder(struct folder *parent, const char *name)
{
    struct watch *watch = parent->watch;
    struct stat info;
    bool by_link;
    char *path = path_join(parent->path, name);
    struct folder *before = find_folder(watch, path);
    if ((!before || before->gone) && is_wanted(watch, path, name, &info, &by_link)) {
        if (before || watch->folder_count < watch->folders_max) {
            struct folder *folder = new_folder(watch, path, parent->depth + 1, &info);
            folder->by_link = by_link;
            if (before)
                take_over(folder, before);
        } else {
            say_too_many(watch);
        }
    }
    free(path);
}

/* Find what is new in a folder. */
static void read_folder(struct folder *folder)
{
    DIR *dir = opendir(folder->path);
    const struct dirent *entry;
    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        enum kind kind = kind_of(entry->d_name, folder->depth);
        if (kind != KIND_NONE && entry->d_type != DT_DIR && !find_file(folder, entry->d_name))
            find_out(folder, entry->d_name, kind);
        if (entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN)
            add_folder(folder, entry->d_name);
    }
    closedir(dir);
}

/* Read the folders from the one at `place` on; those that are found in them come behind, so that
 * the nearest to the root are read first. */
static void read_folders(struct watch *watch, size_t place)
{
    for (; place < watch->folder_count; place++)
        if (!watch->folders[place]->gone)
            read_folder(watch->folders[place]);
}

/* A folder is no longer there, or is another one now. Its files may be back: they are marked. With
 * `forgotten` they are let go without a word. */
static void lose_folder(const struct folder *lost, bool forgotten)
{
    struct watch *watch = lost->watch;
    for (size_t i = 0; i < watch->folder_count; i++) {
        struct folder *folder = watch->folders[i];
        if (folder != lost && !path_below(folder->path, lost->path))
            continue;
        folder->gone = i > 0; /* the root is only empty */
        watch->lost_link = watch->lost_link || folder->by_link;
        uv_fs_event_stop(&folder->event);
        while (forgotten && folder->file_count)
            remove_file(folder, folder->file_count - 1);
        for (size_t k = 0; k < folder->file_count; k++)
            mark(folder, folder->files[k]);
    }
}

static void handle_closed(struct watch *watch)
{
    if (--watch->handles)
        return;
    watch->closed(watch->closed_context);
    free(watch->folders);
    free(watch);
}

static void on_folder_closed(uv_handle_t *handle)
{
    struct folder *folder = handle->data;
    struct watch *watch = folder->watch;
    while (folder->file_count)
        remove_file(folder, folder->file_count - 1);
    free(folder->files);
    free(folder->path);
    free(folder);
    handle_closed(watch);
}

/* Let go of folders that are gone and have no files to be told of; where a link went, what it led
 * to may be found elsewhere. */
static void sweep_folders(struct watch *watch)
{
    size_t kept = 0;
    for (size_t i = 0; i < watch->folder_count; i++) {
        struct folder *folder = watch->folders[i];
        if (folder->gone && folder->file_count == 0)
            uv_close((uv_handle_t *)&folder->event, on_folder_closed);
        else
            watch->folders[kept++] = folder;
    }
    watch->folder_count = kept;
    if (watch->lost_link) {
        watch->lost_link = false;
        read_folders(watch, 0);
    }
}

/* ---- events ---- */

/* Something called `name` came to a folder, went from it, or took the place of another. */
static void on_moved(struct folder *folder, const char *name)
{
    struct watch *watch = folder->watch;
    char *path = path_join(folder->path, name);
    struct folder *known = find_folder(watch, path);
    size_t count = watch->folder_count;
    if (known && !known->gone)
        lose_folder(known, false);
    add_folder(folder, name);
    read_folders(watch, count);
    free(path);
}

static bool is_gone(const struct folder *root)
{
    struct stat info;
    return stat(root->path, &info) < 0 || info.st_ino != root->inode || info.st_dev != root->device;
}

/* An event of the root itself has the root's name. */
static bool is_replaced(const struct folder *root, const char *name)
{
    const char *slash = strrchr(root->path, '/');
    return strcmp(slash ? slash + 1 : root->path, name) == 0 && is_gone(root);
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    struct folder *folder = event->data;
    struct watch *watch = folder->watch;
    if (status < 0 || !name)
        return;
    enum kind kind = kind_of(name, folder->depth);
    if (kind != KIND_NONE)
        note_file(folder, name, kind);
    if (!(events & UV_RENAME))
        return;
    if (folder->depth > 0 && strcmp(name, "pyvenv.cfg") == 0)
        lose_folder(folder, true); /* it has become a virtual environment */
    else if (folder->depth == 0 && is_replaced(folder, name))
        start_polling(watch); /* it may be made again, but not for this event */
    else
        on_moved(folder, name);
    sweep_folders(watch);
}

/* ---- polling ---- */

static void poll_folder(struct folder *folder)
{
    for (size_t i = 0; i < folder->file_count; i++) {
        struct fingerprint now = look_at(folder, folder->files[i], 0);
        if (!fingerprint_same_stamp(&now, &folder->files[i]->told))
            mark(folder, folder->files[i]);
    }
    if (folder->depth > 0 && !path_is_directory(folder->path))
        lose_folder(folder, false);
    else
        read_folder(folder);
}

static void on_poll(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    size_t count = watch->folder_count;
    size_t end = watch->poll_at + WATCH_POLL_FOLDERS;
    for (; watch->poll_at < count && watch->poll_at < end; watch->poll_at++)
        if (!watch->folders[watch->poll_at]->gone)
            poll_folder(watch->folders[watch->poll_at]);
    if (watch->poll_at >= count)
        watch->poll_at = 0;
    read_folders(watch, count);
    sweep_folders(watch);
}

static void start_polling(struct watch *watch)
{
    if (watch->polling)
        return;
    watch->polling = true;
    for (size_t i = 0; i < watch->folder_count; i++)
        uv_fs_event_stop(&watch->folders[i]->event);
    uv_timer_start(&watch->poll, on_poll, WATCH_POLL_MS, WATCH_POLL_MS);
}

/* ---- telling ---- */

/* Put `name` (taken over) among the first ones, in order. */
static void keep_name(char *names[WATCH_NAMED], char *name)
{
    for (size_t i = 0; i < WATCH_NAMED; i++) {
        if (names[i] && (!name || strcmp(names[i], name) < 0))
            continue;
        char *next = names[i];
        names[i] = name;
        name = next;
    }
    free(name);
}

/* The path of a file below the root; the caller frees it. */
static char *name_below_root(const struct folder *folder, const struct known_file *file)
{
    char *path = path_join(folder->path, file->name);
    const char *below = path_below(path, folder->watch->folders[0]->path);
    char *name = mem_strdup(below ? below : path);
    free(path);
    return name;
}

/* Compare a marked file with what was told of it; it is let go where it is no longer there. */
static void tell_saved(const struct folder *folder, const struct known_file *file)
{
    const struct watch_handler *handler = &folder->watch->handler;
    if (!handler->saved)
        return;
    char *path = path_join(folder->path, file->name);
    handler->saved(handler->context, path);
    free(path);
}

static void check_file(struct folder *folder, size_t place, struct watch_change *change,
                       char *names[WATCH_NAMED])
{
    struct known_file *file = folder->files[place];
    struct fingerprint now = look_at(folder, file, WATCH_HASH_MAX_BYTES);
    if (!fingerprint_same_content(&now, &file->told)) {
        change->count++;
        change->code = change->code || file->kind == KIND_CODE;
        change->settings = change->settings || file->kind == KIND_SETTINGS;
        keep_name(names, name_below_root(folder, file));
        if (file->kind == KIND_CODE)
            tell_saved(folder, file);
    }
    file->told = now;
    file->marked = false;
    if (!now.exists || folder->gone)
        remove_file(folder, place);
}

static void on_quiet(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    struct watch_change change = {0};
    char *names[WATCH_NAMED] = {NULL};
    for (size_t i = 0; i < watch->folder_count; i++) {
        struct folder *folder = watch->folders[i];
        for (size_t k = folder->file_count; k-- > 0;)
            if (folder->files[k]->marked)
                check_file(folder, k, &change, names);
    }
    sweep_folders(watch);
    /* No event tells of the end of a folder that is some process's current one, as the worker's. */
    if (is_gone(watch->folders[0]))
        start_polling(watch);
    for (size_t i = 0; i < WATCH_NAMED; i++)
        change.names[i] = names[i];
    if (change.count) /* it may close the watch */
        watch->handler.changed(watch->handler.context, &change);
    for (size_t i = 0; i < WATCH_NAMED; i++)
        free(names[i]);
}

/* ---- opening and closing ---- */

static void open_timer(struct watch *watch, uv_timer_t *timer)
{
    uv_timer_init(watch->loop, timer);
    timer->data = watch;
    watch->handles++;
}

struct watch *watch_open(uv_loop_t *loop, const char *root, size_t folders_max,
                         const struct watch_handler *handler)
{
    struct watch *watch = mem_calloc(1, sizeof *watch);
    struct stat info = {0};
    watch->loop = loop;
    watch->handler = *handler;
    watch->folders_max = folders_max;
    watch->hash_left = WATCH_HASH_ALL_BYTES;
    open_timer(watch, &watch->quiet);
    open_timer(watch, &watch->poll);
    watch->opening = true;
    (void)stat(root, &info);
    new_folder(watch, root, 0, &info);
    read_folders(watch, 0);
    watch->opening = false;
    return watch;
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

void watch_close(struct watch *watch, void (*closed)(void *context), void *context)
{
    watch->closed = closed;
    watch->closed_context = context;
    for (size_t i = 0; i < watch->folder_count; i++)
        uv_close((uv_handle_t *)&watch->folders[i]->event, on_folder_closed);
    watch->folder_count = 0;
    uv_close((uv_handle_t *)&watch->quiet, on_timer_closed);
    uv_close((uv_handle_t *)&watch->poll, on_timer_closed);
}
