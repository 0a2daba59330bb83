/*
 * What an object holds: as its type shows it to the collector; where it has nothing to show with,
 * as the words of its block point to objects.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_link.h"
#include "worker/holders_meet.h"

#include "wire/segment.h"
#include "worker/tags.h"

enum { WORD = sizeof(uintptr_t) };

/* ---- what an object holds ---- */

/* What a word of a block points to: an object, or, where `has_blocks`, another block. */
static void scan_word(uintptr_t block, uintptr_t word, bool has_blocks)
{
    for (uintptr_t before = 0; before <= 32 && word > before; before += 16) {
        uint32_t tag = holders_tag(word - before);
        if (!tag)
            continue;
        uint64_t bytes = tags_bytes((const void *)(word - before), tag);
        PyObject *object = holders_object_in(word - before, bytes);
        if (object == (PyObject *)word && word - before != block)
            holders_meet(word, HOLDERS_OBJECT);
        else if (has_blocks && !object && before == 0 && word != block &&
                 tag_column(tag) != KEPT_NONE)
            holders_meet(word, HOLDERS_BLOCK);
    }
}

static void scan(uintptr_t block, bool has_blocks)
{
    const uintptr_t *words = (const uintptr_t *)block;
    for (uint64_t i = 0, count = holders_bytes(block) / WORD; i < count; i++)
        if (words[i] % 16 == 0 && holders_is_address(words[i]))
            scan_word(block, words[i], has_blocks);
}

/* A dict whose keys are all str shows only its values to the collector. */
static void meet_items(PyObject *dict, bool has_values)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(dict, &position, &key, &value)) {
        holders_visit(key, NULL);
        if (has_values)
            holders_visit(value, NULL);
    }
}

/* What it points to is another one's. */
static bool is_view(PyObject *object, const struct holders_class *class)
{
    return class->traits & HOLDERS_INSIDE && holders_is_view(object);
}

static void expand_object(PyObject *object, const struct holders_class *class)
{
    const PyTypeObject *type = class->type;
    bool is_dict = class->traits & HOLDERS_DICT;
    if (class->traits & (HOLDERS_LEAF | HOLDERS_TEXT | HOLDERS_BARE))
        return;
    if (class->traits & HOLDERS_LIST) { /* tp_traverse begins at the end */
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(object); i++)
            holders_visit(PyList_GET_ITEM(object, i), NULL);
        return;
    }
    if (PyDict_Check(object))
        meet_items(object, is_dict);
    if (is_dict)
        return;
    if (PyObject_IS_GC(object) && type->tp_traverse)
        type->tp_traverse(object, holders_visit, NULL);
    else if (PyType_Check(object))
        holders_visit(((PyTypeObject *)object)->tp_dict, NULL);
    else
        scan((uintptr_t)object - class->before, !is_view(object, class));
    if (class->traits & HOLDERS_INSIDE)
        holders_visit_inside(object, holders_visit, NULL);
}

/* Of a chain of blocks the object's own points to the ends. */
static void give_blocks(PyObject *object, uint32_t node)
{
    for (uintptr_t block = 0; (block = holders_next_block(object, block));) {
        holders_give_block(block, node);
        if (holders_front.is_behind)
            *holders_own(node) += holders_claim(block);
    }
}

void holders_expand(uint32_t node)
{
    struct holders_walk *walk = &holders_walk;
    PyObject *object = holders_object(node);
    const struct holders_class *class;
    holders_front.current = node;
    if (holders_front.is_behind)
        ((uint32_t *)walk->graph.first.at)[node - walk->behind] = (uint32_t)walk->graph.edge_count;
    switch (holders_kind(node)) {
    case HOLDERS_FRAME:
        holders_visit_frame((const struct holders_frame *)object, holders_visit, NULL);
        return;
    case HOLDERS_BLOCK: scan((uintptr_t)object, false); return;
    case HOLDERS_OBJECT: break;
    }
    class = holders_class(Py_TYPE(object));
    if (!class)
        return;
    expand_object(object, class);
    if (!is_view(object, class))
        holders_look_for_targets(object, class, node);
    if (holders_front.is_behind)
        *holders_own(node) = holders_own_bytes(object, class);
    if (class->traits & HOLDERS_INSIDE)
        give_blocks(object, node);
}
