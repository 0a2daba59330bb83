/*
 * What is alive of a line, summed up by type and by holder. Holders are told apart by the way to
 * them: by which object as long as the way goes by names, and behind an index by the types that are
 * passed, so that a thousand values of one dict are one holder.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_parts.h"

enum { SLOTS = 4 * HOLDERS_ROWS, WAY_MAX = 64, NAMED = 3, WAY_KEY = 16, LOOK_EVERY = 1 << 16 };

struct holders_rows holders_rows;

/* Rows by key, and one more: hashes, open addressing. */
static uint16_t type_slots[SLOTS], chain_slots[SLOTS];

static size_t slot(uint64_t key)
{
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 40) % SLOTS;
}

/* When there is no room for more rows, the last one has the rest. */
static size_t type_row(const PyTypeObject *type)
{
    struct holders_rows *rows = &holders_rows;
    size_t at = slot((uint64_t)(uintptr_t)type);
    while (type_slots[at] && rows->types[type_slots[at] - 1].type != type)
        at = (at + 1) % SLOTS;
    if (type_slots[at])
        return type_slots[at] - 1u;
    if (rows->type_count == HOLDERS_ROWS)
        return HOLDERS_ROWS - 1;
    rows->types[rows->type_count] = (struct holders_type_row){.type = type, .node = HOLDERS_NOBODY};
    type_slots[at] = (uint16_t)++rows->type_count;
    return rows->type_count - 1;
}

/* What the way to the node is, from its parent on; on a way that is too long for names, its types.
 */
static uint64_t way_to(uint32_t above)
{
    uint64_t key = 0;
    uint32_t depth = 0, length = 0;
    for (uint32_t at = above; at != HOLDERS_NOBODY && depth < WAY_MAX; at = holders_parents()[at])
        depth++;
    for (uint32_t at = above; length < depth; at = holders_parents()[at], length++) {
        bool is_named = depth < WAY_MAX && depth - length <= NAMED;
        uint64_t step = is_named || holders_kind(at) != HOLDERS_OBJECT
                            ? holders_nodes()[at]
                            : (uint64_t)(uintptr_t)Py_TYPE(holders_object(at));
        if (length < WAY_KEY)
            key = (key ^ step) * UINT64_C(0x9e3779b97f4a7c15) + length;
    }
    return key;
}

/* That of a node on the way to which no other target is. `number`: of its invocation; what is no
 * invocation's any more is 0. */
static size_t chain_row(uint32_t node, uint64_t number)
{
    static uint32_t last_above;
    static uint64_t last_key; /* neighbours hang on the same object */
    struct holders_rows *rows = &holders_rows;
    if (node != HOLDERS_NOBODY && holders_flags()[node] & HOLDERS_LOST)
        node = HOLDERS_NOBODY;
    uint64_t key = node == HOLDERS_NOBODY ? 1 : (uint64_t)node + 2;
    uint32_t above = node == HOLDERS_NOBODY ? node : holders_parents()[node];
    if (above != HOLDERS_NOBODY) {
        last_key = above == last_above && last_key ? last_key : way_to(above);
        last_above = above;
        key = last_key;
    }
    size_t at = slot(key);
    while (chain_slots[at] && rows->chains[chain_slots[at] - 1].key != key)
        at = (at + 1) % SLOTS;
    if (!chain_slots[at] && rows->chain_count == HOLDERS_ROWS)
        return HOLDERS_ROWS - 1;
    if (!chain_slots[at]) {
        rows->chains[rows->chain_count] = (struct holders_chain_row){
            .key = key, .node = node, .number = number, .newest_node = node, .newest = number};
        chain_slots[at] = (uint16_t)++rows->chain_count;
    }
    struct holders_chain_row *row = &rows->chains[chain_slots[at] - 1];
    if (number < row->number) {
        row->node = node;
        row->number = number;
    }
    if (number > row->newest) {
        row->newest_node = node;
        row->newest = number;
    }
    return chain_slots[at] - 1u;
}

/* ---- targets ---- */

static void add_number(uint64_t number)
{
    struct holders_rows *rows = &holders_rows;
    if (!number)
        return;
    if (!rows->oldest || number < rows->oldest)
        rows->oldest = number;
    if (number > rows->newest)
        rows->newest = number;
}

/* A target and the node that it hangs on, its own or its owner's. */
struct placed {
    PyObject *object; /* NULL: it is none */
    uint32_t node;
};

static struct placed place(const struct holders_target *target)
{
    struct placed placed = {NULL, target->node};
    if (target->node == HOLDERS_NOBODY)
        placed.object = holders_object_in(target->block, holders_bytes(target->block));
    else if (!target->is_owned && holders_kind(target->node) == HOLDERS_BLOCK)
        placed.node = holders_parents()[target->node];
    else if (!target->is_owned)
        placed.object = holders_object(target->node);
    return placed;
}

static bool is_of(uint32_t node, size_t question)
{
    uint32_t target = HOLDERS_NOBODY;
    if (node != HOLDERS_NOBODY && holders_flags()[node] & HOLDERS_TARGET)
        target = ((uint32_t *)holders_walk.graph.targets.at)[node - holders_walk.behind];
    return target != HOLDERS_NOBODY && holders_targets()[target].question == question;
}

static void add_target(const struct holders_target *target, bool is_known)
{
    struct holders_rows *rows = &holders_rows;
    struct placed placed = place(target);
    const PyTypeObject *type = placed.object ? Py_TYPE(placed.object) : NULL;
    bool has_node = placed.node != HOLDERS_NOBODY;
    bool is_part = !placed.object && is_of(placed.node, target->question);
    uint64_t bytes = holders_bytes(target->block);
    if (!type && has_node && holders_kind(placed.node) == HOLDERS_OBJECT)
        type = Py_TYPE(holders_object(placed.node));
    uint64_t number = holders_walk.numbers[target->column];
    size_t chain = chain_row(holders_topmost(placed.node), number);
    size_t row = type_row(type);
    if (number)
        rows->chains[chain].columns[target->column / 64] |= UINT64_C(1) << target->column % 64;
    rows->types[row].bytes += bytes;
    rows->chains[chain].bytes += bytes;
    rows->shallow += bytes;
    rows->types[row].count += !is_part;
    rows->chains[chain].count += !is_part;
    rows->count += !is_part;
    struct holders_type_row *of = &rows->types[row];
    if (placed.object && (!of->example || number < of->number ||
                          (number == of->number && placed.node < of->node))) { /* the nearer one */
        of->number = number;
        of->example = placed.object;
        of->node = placed.node;
    }
    add_number(number);
    if (!is_known)
        return;
    if (!target->is_owned && target->node != HOLDERS_NOBODY) {
        holders_label(target->node, chain, row);
        return;
    }
    rows->retained += bytes; /* it is no node */
    rows->types[row].retained += bytes;
    rows->chains[chain].retained += bytes;
}

/* ---- one question ---- */

static size_t asked, next;
static bool known;
static uint32_t bits[HOLDERS_ROWS]; /* by row of a type that is told */

static bool add_next(void)
{
    if (next == holders_walk.target_count)
        return false;
    const struct holders_target *target = &holders_targets()[next++];
    if (next % LOOK_EVERY == 0)
        holders_progress_after(asked, next, 2 * holders_walk.target_count);
    if (target->question == asked && !target->is_free)
        add_target(target, known);
    return true;
}

/* What goes with the types whose bits those are. */
static void add_to_types(uint32_t types, uint64_t bytes)
{
    for (; types; types &= types - 1)
        holders_rows.types[holders_rows.told_types[__builtin_ctz(types)]].retained += bytes;
}

static void add_nodes(void)
{
    struct holders_rows *rows = &holders_rows;
    for (uint32_t node = holders_walk.behind; node < holders_walk.count; node++) {
        struct holders_fate fate = holders_fate(node);
        if (!fate.is_freed)
            continue;
        rows->retained += fate.bytes;
        if (fate.chain != HOLDERS_NOBODY)
            rows->chains[fate.chain].retained += fate.bytes;
        add_to_types(fate.types, fate.bytes);
    }
}

/* Blocks that are no objects go with their owners; what is of the question itself is in there. */
static void add_owned(void)
{
    for (size_t i = 0; i < holders_walk.target_count; i++) {
        const struct holders_target *target = &holders_targets()[i];
        if (!target->is_owned || target->node < holders_walk.behind)
            continue;
        struct holders_fate fate = holders_fate(target->node);
        if (!fate.is_freed)
            continue;
        uint64_t bytes = holders_bytes(target->block);
        if (target->question != asked) {
            holders_rows.retained += bytes;
            if (fate.chain != HOLDERS_NOBODY)
                holders_rows.chains[fate.chain].retained += bytes;
        } else if (holders_kind(target->node) == HOLDERS_OBJECT) {
            fate.types &= ~bits[type_row(Py_TYPE(holders_object(target->node)))];
        }
        add_to_types(fate.types, bytes);
    }
}

static void choose_types(void)
{
    struct holders_rows *rows = &holders_rows;
    for (size_t i = 0; i < rows->type_count; i++)
        bits[i] = 0;
    for (rows->told_type_count = 0; rows->told_type_count < HOLDERS_TOLD_TYPES;) {
        size_t best = HOLDERS_ROWS;
        for (size_t i = 0; i < rows->type_count; i++)
            if (!bits[i] &&
                (best == HOLDERS_ROWS || rows->types[i].bytes > rows->types[best].bytes))
                best = i;
        if (best == HOLDERS_ROWS)
            return;
        bits[best] = (uint32_t)1 << rows->told_type_count;
        rows->told_types[rows->told_type_count++] = best;
    }
}

static uint64_t bytes_of(const struct holders_chain_row *row)
{
    return holders_rows.has_retained ? row->retained : row->bytes;
}

/* What invocation after invocation has left is told before what one has, as a lazy import. */
static bool is_before(const struct holders_chain_row *a, const struct holders_chain_row *b)
{
    bool grows = a->newest != a->number, other = b->newest != b->number;
    return grows != other ? grows : bytes_of(a) > bytes_of(b);
}

static void choose_chains(void)
{
    static bool is_told[HOLDERS_ROWS];
    struct holders_rows *rows = &holders_rows;
    for (size_t i = 0; i < rows->chain_count; i++)
        is_told[i] = false;
    for (rows->told_chain_count = 0; rows->told_chain_count < HOLDERS_TOLD_CHAINS;) {
        size_t best = HOLDERS_ROWS;
        for (size_t i = 0; i < rows->chain_count; i++)
            if (!is_told[i] &&
                (best == HOLDERS_ROWS || is_before(&rows->chains[i], &rows->chains[best])))
                best = i;
        if (best == HOLDERS_ROWS)
            return;
        is_told[best] = true;
        rows->told_chains[rows->told_chain_count++] = best;
    }
}

static void begin(size_t question)
{
    struct holders_rows *rows = &holders_rows;
    for (size_t i = 0; i < SLOTS; i++)
        type_slots[i] = chain_slots[i] = 0;
    rows->type_count = rows->chain_count = 0;
    rows->count = rows->shallow = rows->oldest = rows->newest = rows->retained = 0;
    asked = question;
    next = 0;
}

void holders_sum_up(size_t question)
{
    struct holders_rows *rows = &holders_rows;
    begin(question);
    known = holders_walk.target_count > 0 && holders_freed_begin(question);
    holders_each(add_next);
    choose_types();
    rows->has_retained = known && holders_freed_spread(question, bits);
    rows->has_retained = rows->has_retained || !rows->count;
    if (rows->has_retained && known) {
        add_nodes();
        add_owned();
    }
    choose_chains();
}
