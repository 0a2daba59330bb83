/*
 * What would be freed if the targets of a question went: of what is behind targets (struct
 * holders_graph) all that no way leads to but through one of them. Nothing is visited again; the
 * graph has all that is needed.
 *
 * Of what would be freed each node has a label: the chain through which alone it is held, or that
 * there are several; and a bit for each type without whose targets it would be freed as well. Both
 * are what all ways to the node have in common, and spread from node to node until nothing changes.
 * They only ever become less, so that this ends.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_parts.h"

#include <string.h>

/* Labels of chains that are no row's: held through several, and not to be freed at all. */
enum { LOOK_EVERY = 1 << 16, SHARED = 0xffff, ALIVE = 0xfffe };

/* By node less `behind`. */
static struct holders_room tops, chains, types, rows, queue;
static uint32_t first, queued; /* in the queue, which is a ring */

static uint32_t count(void)
{
    return holders_walk.count - holders_walk.behind;
}

static uint32_t *tops_at(void)
{
    return tops.at;
}

static uint16_t *chains_at(void)
{
    return chains.at;
}

static uint32_t *types_at(void)
{
    return types.at;
}

/* Of that question? */
static bool is_target(uint32_t index, size_t question)
{
    uint32_t target = ((const uint32_t *)holders_walk.graph.targets.at)[index];
    return target != HOLDERS_NOBODY && holders_targets()[target].question == question;
}

/* A parent comes before its children. */
static void find_tops(size_t question)
{
    const uint32_t *parents = holders_parents() + holders_walk.behind;
    for (uint32_t i = 0; i < count(); i++) {
        uint32_t parent = parents[i];
        bool has = parent != HOLDERS_NOBODY && parent >= holders_walk.behind;
        uint32_t top = has ? tops_at()[parent - holders_walk.behind] : HOLDERS_NOBODY;
        /* A part's chain would be its object's. */
        if (top == HOLDERS_NOBODY && is_target(i, question) &&
            !holders_is_hidden(holders_walk.behind + i))
            top = holders_walk.behind + i;
        tops_at()[i] = top;
    }
}

uint32_t holders_topmost(uint32_t node)
{
    bool has = node != HOLDERS_NOBODY && node >= holders_walk.behind && tops.bytes;
    uint32_t top = has ? tops_at()[node - holders_walk.behind] : HOLDERS_NOBODY;
    return top == HOLDERS_NOBODY ? node : top;
}

static void push(uint32_t index)
{
    uint8_t *flags = &holders_flags()[holders_walk.behind + index];
    if (*flags & HOLDERS_QUEUED)
        return;
    *flags |= HOLDERS_QUEUED;
    uint64_t at = (uint64_t)first + queued++;
    ((uint32_t *)queue.at)[at < count() ? at : at - count()] = index;
}

static uint32_t take(void)
{
    uint32_t index = ((const uint32_t *)queue.at)[first];
    first = first + 1 == count() ? 0 : first + 1;
    queued--;
    holders_flags()[holders_walk.behind + index] &= (uint8_t)~HOLDERS_QUEUED;
    return index;
}

/* ---- what stays alive ---- */

/* A way that passes no target of the question has led there. */
static void keep(uint32_t index, size_t question)
{
    uint8_t *flags = &holders_flags()[holders_walk.behind + index];
    if (is_target(index, question)) {
        *flags |= HOLDERS_DIRECT;
    } else if (chains_at()[index] != ALIVE) {
        chains_at()[index] = ALIVE;
        push(index);
    }
}

static const uint32_t *edges_of(uint32_t index, uint32_t *degree)
{
    const struct holders_graph *graph = &holders_walk.graph;
    *degree = ((const uint32_t *)graph->degree.at)[index];
    return (const uint32_t *)graph->edges.at + ((const uint32_t *)graph->first.at)[index];
}

static void find_alive(size_t question)
{
    uint32_t degree;
    for (uint32_t i = 0; i < count(); i++) {
        uint8_t *flags = &holders_flags()[holders_walk.behind + i];
        *flags &= (uint8_t) ~(HOLDERS_QUEUED | HOLDERS_DIRECT);
        if (*flags & HOLDERS_SOURCE)
            keep(i, question);
    }
    while (queued) {
        const uint32_t *to = edges_of(take(), &degree);
        for (uint32_t i = 0; i < degree; i++)
            keep(to[i], question);
    }
}

bool holders_freed_begin(size_t question)
{
    size_t items = (size_t)count() + 1;
    if (!holders_grow(&tops, items * sizeof(uint32_t)))
        return false;
    find_tops(question);
    if (holders_walk.is_short || holders_walk.is_late || holders_is_over() ||
        !holders_grow(&chains, items * sizeof(uint16_t)) ||
        !holders_grow(&rows, items * sizeof(uint16_t)) ||
        !holders_grow(&types, items * sizeof(uint32_t)) ||
        !holders_grow(&queue, items * sizeof(uint32_t)))
        return false;
    memset(chains.at, 0, items * sizeof(uint16_t));
    memset(types.at, 0xff, items * sizeof(uint32_t));
    first = queued = 0;
    find_alive(question);
    return true;
}

void holders_label(uint32_t node, size_t chain, size_t type)
{
    chains_at()[node - holders_walk.behind] = (uint16_t)(chain + 1);
    ((uint16_t *)rows.at)[node - holders_walk.behind] = (uint16_t)type;
}

/* ---- labels ---- */

static const uint32_t *bits; /* by row of a type */

static uint32_t own_bit(uint32_t index)
{
    return bits[((const uint16_t *)rows.at)[index]];
}

/* A way leads there from what has these labels. */
static void join(uint32_t index, uint16_t chain, uint32_t type_bits, size_t question)
{
    uint16_t *label = &chains_at()[index], joined = *label;
    uint32_t common = types_at()[index] & type_bits;
    if (joined == ALIVE)
        return;
    if (is_target(index, question)) /* its chain is its own */
        common |= own_bit(index);
    else
        joined = !joined || joined == chain ? chain : SHARED;
    if (joined == *label && common == types_at()[index])
        return;
    *label = joined;
    types_at()[index] = common;
    push(index);
}

bool holders_freed_spread(size_t question, const uint32_t *bits_of_rows)
{
    uint64_t looked_at = 0;
    uint32_t degree;
    bits = bits_of_rows;
    for (uint32_t i = 0; i < count(); i++) {
        if (holders_flags()[holders_walk.behind + i] & HOLDERS_DIRECT) {
            types_at()[i] = own_bit(i);
            push(i);
        }
    }
    while (queued) {
        uint32_t index = take();
        const uint32_t *to = edges_of(index, &degree);
        for (uint32_t i = 0; i < degree; i++)
            join(to[i], chains_at()[index], types_at()[index], question);
        if (++looked_at % LOOK_EVERY)
            continue;
        holders_progress_after(question, count() + looked_at, 2 * (uint64_t)count());
        if (holders_is_over())
            return false;
    }
    return true;
}

struct holders_fate holders_fate(uint32_t node)
{
    uint32_t index = node - holders_walk.behind;
    uint16_t chain = node < holders_walk.behind ? ALIVE : chains_at()[index];
    if (chain == ALIVE || !chain)
        return (struct holders_fate){.is_freed = false};
    return (struct holders_fate){
        .is_freed = true,
        .bytes = ((const uint64_t *)holders_walk.graph.own.at)[index],
        .chain = chain == SHARED ? HOLDERS_NOBODY : chain - 1u,
        .types = types_at()[index],
    };
}
