/*
 * What the walk meets. It waits in a ring, some objects long, while its header is fetched from
 * memory; then its type is read, and it gets a node where it holds something. Behind targets all
 * have nodes, and what leads from which to which is noted (struct holders_graph).
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_meet.h"

#include <setjmp.h>

enum { TICK = 1 << 16 };

struct holders_front holders_front;

/* ---- behind targets ---- */

/* Their graph has a place for each. */
uint32_t holders_add_behind(uintptr_t address, unsigned flags, uint32_t parent)
{
    struct holders_graph *graph = &holders_walk.graph;
    size_t index = holders_walk.count - holders_walk.behind, bytes = (index + 1) * sizeof(uint32_t);
    uint32_t *number, node;
    struct holders_word *word = holders_word(address);
    if (!word || !(number = holders_node_at(word, address)) ||
        !holders_grow(&graph->first, bytes) || !holders_grow(&graph->degree, bytes) ||
        !holders_grow(&graph->targets, bytes) || !holders_grow(&graph->own, 2 * bytes))
        return HOLDERS_NOBODY;
    node = holders_add(address, flags, parent);
    if (node == HOLDERS_NOBODY)
        return node;
    ((uint32_t *)graph->targets.at)[index] = HOLDERS_NOBODY;
    *number = node + 1;
    return node;
}

static void add_edge(uint32_t to)
{
    struct holders_graph *graph = &holders_walk.graph;
    if (graph->edge_count >= UINT32_MAX ||
        !holders_grow(&graph->edges, (graph->edge_count + 1) * sizeof(uint32_t))) {
        holders_walk.is_short = true;
        return;
    }
    ((uint32_t *)graph->edges.at)[graph->edge_count++] = to - holders_walk.behind;
    ((uint32_t *)graph->degree.at)[holders_front.current - holders_walk.behind]++;
}

uint64_t *holders_own(uint32_t node)
{
    return &((uint64_t *)holders_walk.graph.own.at)[node - holders_walk.behind];
}

static void set_target(uint32_t node, uint32_t index)
{
    struct holders_target *target = &holders_targets()[index];
    target->node = node;
    target->is_owned = false;
    holders_flags()[node] |= HOLDERS_TARGET;
    ((uint32_t *)holders_walk.graph.targets.at)[node - holders_walk.behind] = index;
}

/* ---- what was met ---- */

/* It is a part of its parent: to be looked at before all others. */
static void add_part(uint32_t node)
{
    if (!holders_grow(&holders_front.parts,
                      ((size_t)holders_front.part_count + 1) * sizeof(uint32_t)))
        return;
    ((uint32_t *)holders_front.parts.at)[holders_front.part_count++] = node;
    holders_flags()[node] |= HOLDERS_EXPANDED;
}

static bool is_part_of(uint32_t parent, PyObject *child, const struct holders_class *class)
{
    if (!(class->traits & (HOLDERS_PART | HOLDERS_MAYBE_PART)) || parent == HOLDERS_NOBODY ||
        holders_kind(parent) == HOLDERS_BLOCK)
        return false;
    if (holders_kind(parent) == HOLDERS_FRAME)
        return PyCell_Check(child);
    return holders_is_part(holders_object(parent), child);
}

static bool is_leaf(const PyObject *object, const struct holders_class *class)
{
    const PyASCIIObject *text = (const PyASCIIObject *)object;
    if (!(class->traits & HOLDERS_TEXT))
        return class->traits & HOLDERS_LEAF;
#if PY_VERSION_HEX < 0x030c0000
    if (text->wstr)
        return false;
#endif
    return text->state.compact &&
           (text->state.ascii || !((const PyCompactUnicodeObject *)object)->utf8);
}

/* Not beyond: what it holds is of the second part. */
static void reach(const struct holders_met *met)
{
    size_t count = (size_t)holders_front.reached_count + 1;
    if (holders_grow(&holders_front.reached, count * sizeof *met))
        ((struct holders_met *)holders_front.reached.at)[holders_front.reached_count++] = *met;
}

static void settle_first(const struct holders_met *met, PyObject *object,
                         const struct holders_class *class)
{
    uintptr_t block = met->address - (class ? class->before : 0);
    uint32_t node;
    if (met->kind != HOLDERS_FRAME && holders_target_at(block) != HOLDERS_NOBODY) {
        reach(met);
        return;
    }
    if (class && is_leaf(object, class))
        return;
    node = holders_add(met->address, met->kind, met->parent);
    if (class && node != HOLDERS_NOBODY && is_part_of(met->parent, object, class))
        add_part(node);
}

static void settle_behind(const struct holders_met *met, PyObject *object,
                          const struct holders_class *class)
{
    uint32_t node = met->parent, parent = holders_parents()[node];
    uintptr_t block = met->address - (class ? class->before : 0);
    uint32_t target = holders_target_at(block);
    if (target != HOLDERS_NOBODY)
        set_target(node, target);
    *holders_own(node) = holders_bytes(block);
    if (class && is_leaf(object, class))
        return;
    holders_flags()[node] &= (uint8_t)~HOLDERS_EXPANDED;
    if (class && is_part_of(parent, object, class))
        add_part(node);
}

static void settle(const struct holders_met *met)
{
    PyObject *object = met->kind == HOLDERS_OBJECT ? (PyObject *)met->address : NULL;
    const struct holders_class *class = object ? holders_class(Py_TYPE(object)) : NULL;
    if (object && !class) {
        holders_walk.faults++;
        return;
    }
    holders_walk.done += class ? class->blocks : 1;
    if (holders_front.is_behind)
        settle_behind(met, object, class);
    else
        settle_first(met, object, class);
}

static void tick(void)
{
    static uint64_t next = TICK;
    const struct holders_walk *walk = &holders_walk;
    uint64_t all = walk->blocks + walk->target_count + 1;
    if (walk->done < next)
        return;
    next = walk->done + TICK;
    holders_progress(walk->done < all ? (unsigned)(walk->done * 96 / all) : 96);
    if (holders_is_over())
        holders_walk.is_late = true;
}

/* The oldest `count` of the ring. One that cannot be read is no fault of the object whose children
 * are being shown. */
void holders_settle(uint32_t count)
{
    sigjmp_buf here, *const before = holders_way_out;
    volatile uint32_t left = count;
    holders_way_out = &here;
    if (sigsetjmp(here, 0))
        holders_walk.faults++;
    while (left > 0) {
        struct holders_met met = holders_front.ring[holders_front.first];
        holders_front.first = (holders_front.first + 1) % HOLDERS_RING;
        holders_front.count--;
        left--;
        settle(&met);
    }
    holders_way_out = before;
    tick();
}

void holders_wait(uintptr_t address, uint32_t parent, uint32_t kind)
{
    if (holders_front.count == HOLDERS_RING)
        holders_settle(HOLDERS_RING / 2);
    holders_front.ring[(holders_front.first + holders_front.count) % HOLDERS_RING] =
        (struct holders_met){address, parent, kind};
    holders_front.count++;
}

static void meet_behind(struct holders_word *word, uintptr_t address, uint32_t kind)
{
    bool is_new = !(word->met & holders_bit(address));
    uint32_t node;
    if (!is_new && !word->nodes)
        return; /* the first part has met it */
    if (!is_new) {
        const uint32_t *number = holders_node_at(word, address);
        if (*number)
            add_edge(*number - 1);
        return;
    }
    word->met |= holders_bit(address);
    node = holders_add_behind(address, kind | HOLDERS_EXPANDED, holders_front.current);
    if (node == HOLDERS_NOBODY)
        return;
    __builtin_prefetch((const void *)address);
    add_edge(node);
    holders_wait(address, node, kind);
}

void holders_meet(uintptr_t address, uint32_t kind)
{
    struct holders_word *word;
    if (UNLIKELY(!holders_is_address(address))) {
        holders_walk.faults++;
        return;
    }
    word = holders_word(address);
    if (UNLIKELY(!word) && !(word = holders_make_word(address)))
        return;
    if (holders_front.is_behind) {
        meet_behind(word, address, kind);
        return;
    }
    if (word->met & holders_bit(address))
        return;
    word->met |= holders_bit(address);
    __builtin_prefetch((const void *)address);
    holders_wait(address, holders_front.current, kind);
}

int holders_visit(PyObject *object, void *context)
{
    (void)context;
    if (object)
        holders_meet((uintptr_t)object, HOLDERS_OBJECT);
    return 0;
}
