/*
 * Chains in the words of who writes Python: app.CACHE['2f9c'] -> list[3] -> Session.history. What
 * belongs to a name follows it at once; behind an item the type of what is there is said. Of a long
 * chain the ends are told.
 */
#include "config.h"
#include <Python.h>
#include <frameobject.h>

#include "worker/holders_link.h"

#include <string.h>

enum { FIRST_LINKS = 6, LAST_LINKS = 10, NAME_CHARS = 60 };

/* The way from a root to what is held: nodes that are named. */
struct way {
    uint32_t first[FIRST_LINKS]; /* from the root on */
    uint32_t last[LAST_LINKS];   /* from the end on */
    size_t count;                /* of all of them */
};

bool holders_is_hidden(uint32_t node)
{
    uint32_t parent = holders_parents()[node];
    if (parent == HOLDERS_NOBODY || holders_kind(parent) == HOLDERS_BLOCK)
        return false;
    if (holders_kind(node) == HOLDERS_BLOCK)
        return true; /* a table, a buffer */
    PyObject *object = holders_object(node);
    if (holders_kind(parent) == HOLDERS_FRAME)
        return PyCell_Check(object);
    if (PyFrame_Check(object)) /* up to 3.10 a generator has one */
        return holders_frame_in(holders_object(parent)) == holders_frame_in(object);
    return holders_is_part(holders_object(parent), object);
}

static struct way way_to(uint32_t node)
{
    struct way way = {.count = 0};
    size_t i = 0;
    while (holders_is_hidden(node))
        node = holders_parents()[node];
    for (uint32_t at = node; at != HOLDERS_NOBODY; at = holders_parents()[at])
        way.count += !holders_is_hidden(at);
    for (uint32_t at = node; at != HOLDERS_NOBODY; at = holders_parents()[at]) {
        if (holders_is_hidden(at))
            continue;
        if (i < LAST_LINKS)
            way.last[i] = at;
        if (way.count - i <= FIRST_LINKS)
            way.first[way.count - i - 1] = at;
        i++;
    }
    return way;
}

/* The node at that place of the way, counted from the root. */
static uint32_t node_at(const struct way *way, size_t i)
{
    return i < FIRST_LINKS ? way->first[i] : way->last[way->count - i - 1];
}

/* How `node` holds the next one on the way to `end`. */
static struct holders_link link_from(uint32_t node, uint32_t end)
{
    uint32_t child = end, under = HOLDERS_NOBODY, value = end;
    for (; holders_parents()[child] != node; child = holders_parents()[child]) {
        under = child;
        value = holders_is_hidden(child) ? value : child;
    }
    value = holders_is_hidden(child) ? value : child;
    return (struct holders_link){
        .object = holders_object(node),
        .child = holders_object(child),
        .under = value == child ? NULL : holders_object(under),
        .last = holders_object(holders_parents()[value]),
        .value = holders_object(value),
    };
}

/* ---- words ---- */

static void put_root(struct holders_text *text, PyObject *root)
{
    PyObject *name = holders_key(holders_walk.modules, root);
    if (name && PyUnicode_Check(name)) {
        holders_put_module(text, name);
        return;
    }
    if (root == holders_walk.builtins) {
        holders_put(text, "builtins.__dict__");
        return;
    }
    for (size_t i = 0; i < holders_walk.thread_count; i++) {
        if (holders_walk.threads[i].state->dict == root) {
            holders_put(text, "thread's state");
            return;
        }
    }
    holders_put(text, PyExceptionInstance_Check(root) ? "handled " : "");
    holders_put_object(text, root);
}

/* The frame that the node is, or is the object of; NULL: it is none. */
static const struct holders_frame *frame_of(uint32_t node)
{
    if (holders_kind(node) == HOLDERS_FRAME)
        return (const struct holders_frame *)holders_object(node);
    return holders_kind(node) == HOLDERS_OBJECT ? holders_frame_in(holders_object(node)) : NULL;
}

static enum holders_said put_local(struct holders_text *text, const struct holders_frame *frame,
                                   const struct holders_link *link)
{
    PyObject *name = holders_code(frame) ? holders_local(frame, link->value) : NULL;
    return holders_put_named(text, " local ", name) ? HOLDERS_NAME : HOLDERS_ITEM;
}

/* Frames of a running loop hold it: what a programmer calls it is better than which one does. */
static bool put_loop(struct holders_text *text, const struct holders_link *link)
{
    if (!holders_is_kind(Py_TYPE(link->value), "BaseEventLoop"))
        return false;
    holders_put(text, "asyncio.get_running_loop()");
    return true;
}

/* A method's class, which is whole with its module where the frame is a root. */
static void put_frame(struct holders_text *text, const struct holders_frame *frame, bool is_root)
{
    PyCodeObject *code = holders_code(frame);
    PyObject *self = code ? holders_self(frame) : NULL;
    PyObject *module =
        code && is_root && !self ? holders_entry(holders_globals(frame), "__name__") : NULL;
    if (self && is_root)
        holders_put_whole_type(text, Py_TYPE(self));
    else if (self)
        holders_put_type(text, Py_TYPE(self));
    else if (module && PyUnicode_Check(module))
        holders_put_module(text, module);
    holders_put(text, self || module ? "." : "");
    if (code)
        holders_put_str(text, code->co_name, NAME_CHARS);
    holders_put(text, "()");
}

static void put_node(struct holders_text *text, uint32_t node, bool is_root)
{
    const struct holders_frame *frame = frame_of(node);
    if (frame)
        put_frame(text, frame, is_root);
    else if (is_root)
        put_root(text, holders_object(node));
    else
        holders_put_object(text, holders_object(node));
}

/* The node, where what is before it is no name of it, and how it holds the next one. */
static enum holders_said put_step(struct holders_text *text, uint32_t node, bool is_root,
                                  enum holders_said said, struct holders_link *link)
{
    const struct holders_frame *frame = frame_of(node);
    if (is_root && frame && put_loop(text, link))
        return HOLDERS_NAME;
    if (said != HOLDERS_NAME || frame) {
        holders_put(text, is_root ? "" : " -> ");
        put_node(text, node, is_root);
    }
    return frame ? put_local(text, frame, link) : holders_put_link(text, link);
}

/* A limit is told before what has none. */
static void add_note(struct holders_text *note, const struct holders_text *more, bool is_limit,
                     bool is_bounded)
{
    if (!more->len || (note->len && (!is_limit || is_bounded)))
        return;
    note->len = 0;
    holders_put(note, "%s", more->at);
}

/* The first node below `holder` on the way to `node` that has a name; HOLDERS_NOBODY: none. */
static uint32_t entry_of(uint32_t holder, uint32_t node)
{
    uint32_t entry = HOLDERS_NOBODY;
    for (; node != HOLDERS_NOBODY && node != holder; node = holders_parents()[node])
        if (!holders_is_hidden(node))
            entry = node;
    return node == holder ? entry : HOLDERS_NOBODY;
}

/* Does a store with that limit limit the group, too? Not where its newest is in the same entry as
 * its oldest, or in another store, or where the entries are fewer than the invocations that have
 * left something: then what is in an entry grows. */
static bool limits(const struct holders_limit *limit, uint32_t holder,
                   const struct holders_group *group)
{
    uint32_t entry = entry_of(holder, group->node), last = entry_of(holder, group->newest);
    if (limit->most < 0 || (Py_ssize_t)group->invocations > limit->count)
        return false;
    return group->node == group->newest || (last != HOLDERS_NOBODY && last != entry);
}

/* The store's own: the entries of an lru_cache, the blocks of a deque. */
static bool limits_own(const struct holders_limit *limit, uint32_t store,
                       const struct holders_group *group)
{
    uint32_t at = group->newest;
    while (at != HOLDERS_NOBODY && at != store)
        at = holders_parents()[at];
    return limit->most >= 0 && at == store;
}

struct holders_limit holders_put_chain(struct holders_text *text, struct holders_text *note,
                                       const struct holders_group *group)
{
    struct way way = way_to(group->node);
    enum holders_said said = HOLDERS_ITEM;
    struct holders_limit limit = {-1, 0};
    if (way.count == 1)
        put_node(text, way.last[0], true);
    /* The object itself is not told: its chain says where it is. */
    for (size_t i = 0; i + 1 < way.count; i++) {
        char words[128] = "";
        struct holders_text of_link = {words, 0, sizeof words};
        if (i == FIRST_LINKS && way.count > FIRST_LINKS + LAST_LINKS) {
            i = way.count - LAST_LINKS;
            holders_put(text, " -> … %zu more", i - FIRST_LINKS);
            said = HOLDERS_ITEM;
        }
        struct holders_link link = link_from(node_at(&way, i), way.last[0]);
        link.note = &of_link;
        link.limit.most = -1;
        said = put_step(text, node_at(&way, i), i == 0, said, &link);
        bool is_limit = limits(&link.limit, node_at(&way, i), group);
        add_note(note, &of_link, is_limit, limit.most >= 0);
        limit = limit.most < 0 && is_limit ? link.limit : limit;
    }
    if (way.last[0] != group->node && holders_kind(way.last[0]) == HOLDERS_OBJECT && !note->len) {
        struct holders_limit own = holders_put_limit(note, holders_object(way.last[0]));
        limit = limits_own(&own, way.last[0], group) ? own : limit;
    }
    return limit;
}
