#include "config.h"
#include "worker/heap.h"

#include <string.h>

#include "worker/kept.h"
#include "worker/ledger.h"
#include "worker/native.h"
#include "worker/publish.h"

/* pymemtop's own blocks: in no column, and of a site that only makes it a tag. */
#define OWN_TAG tag_of(1, KEPT_NONE)

bool heap_is_on;
struct heap_account heap_account;

/* What else there is to know of the open account. */
static struct {
    struct thread *thread; /* its record, or NULL */
    uint32_t depth;        /* number of the frame that is at the place, from 1; 0: none is */
    uint32_t slot;
    uint32_t site;
    uint32_t column;
    struct segment_site_heap *total; /* of the site */
    struct segment_cell_heap *part;  /* of its cell */
    bool is_own;                     /* pymemtop's: not counted */
    int64_t slot_net;                /* entered for the line, and not yet for slot and heap */
} place;

/* Asked for each block where it is set: heap_expect_foreign. */
static bool (*_Atomic is_foreign)(void);

static struct segment *segment;

/* Sums of an invocation that runs, by slot: of locked blocks, and of the others. */
static struct slot_sums {
    int64_t lines;
    int64_t elsewhere;
    _Atomic int64_t other_lines;
    _Atomic int64_t other_elsewhere;
    uint32_t column;
} slots[SEGMENT_SLOTS];

/* Of RAW and native blocks with a tag. */
static _Atomic int64_t other_bytes[HEAP_DOMAINS];

/* What nobody knows whom it belongs to. */
static int64_t unknown;
static _Atomic int64_t unknown_other;
static int64_t unknown_settled; /* of both, and of small native blocks */

static _Thread_local unsigned own_depth;

static void add_atomic(_Atomic int64_t *sum, int64_t bytes)
{
    atomic_fetch_add_explicit(sum, bytes, memory_order_relaxed);
}

bool heap_open(void)
{
    segment = publish_shared.segment;
    if (tags_open() < 0)
        return false;
    kept_open(segment);
    for (uint32_t slot = 0; slot < SEGMENT_SLOTS; slot++)
        slots[slot].column = KEPT_EARLIER;
    PUBLISH_STORE(segment->heap_is_on, 1);
    heap_is_on = true;
    return true;
}

/* Have the tables show what is allocated now. Returns the sum, in bytes. */
static int64_t publish_total(void)
{
    int64_t raw = PUBLISH_LOAD(other_bytes[HEAP_RAW]);
    int64_t native = PUBLISH_LOAD(other_bytes[HEAP_NATIVE]) + native_small_bytes();
    PUBLISH_STORE(segment->heap_bytes[HEAP_RAW], raw);
    PUBLISH_STORE(segment->heap_bytes[HEAP_NATIVE], native);
    return PUBLISH_LOAD(segment->heap_bytes[HEAP_PYTHON]) + raw + native;
}

/* ---- the account ---- */

static ALWAYS_INLINE void add_flow(struct heap_flow *flow, int64_t allocated, int64_t freed)
{
    PUBLISH_ADD(flow->allocated_bytes, (uint64_t)allocated);
    PUBLISH_ADD(flow->freed_bytes, (uint64_t)freed);
}

/* The line of the blocks with account->other_tag loses what was freed of them. */
static void enter_other(struct heap_account *account)
{
    uint32_t tag = account->other_tag, site = tag_site(tag);
    int64_t bytes = account->freed_other;
    PUBLISH_ADD(segment->site_heap[site].retained_bytes[HEAP_PYTHON], -bytes);
    kept_add(kept_find_row(site), tag_column(tag), -bytes);
    account->freed += bytes;
    account->freed_other = 0;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* All blocks that were freed since the account was entered. */
static ALWAYS_INLINE int64_t account_freed(const struct heap_account *account)
{
    return account->limit - account->high;
}

/* Bytes allocated less freed since then. */
static ALWAYS_INLINE int64_t account_net(const struct heap_account *account)
{
    return account->allocated - account_freed(account);
}

static ALWAYS_INLINE void restart_account(struct heap_account *account)
{
    account->allocated = 0;
    account->limit = account->high = account->freed = 0;
}

/* Enter what the account has taken since the last time, for its line. What is known of it until
 * restart_account() is its net, and how high that was. */
static ALWAYS_INLINE void enter_line(void)
{
    struct heap_account *account = &heap_account;
    if (account->freed_other)
        enter_other(account);
    int64_t allocated = account->allocated, freed = account_freed(account);
    int64_t freed_own = freed - account->freed;
    if (UNLIKELY(place.is_own)) { /* only what it freed of the program's counts */
        freed = account->freed;
        allocated = freed_own = 0;
    }
    place.slot_net += allocated - freed;
    add_flow(&place.total->flow[HEAP_PYTHON], allocated, freed);
    add_flow(&place.part->flow[HEAP_PYTHON], allocated, freed);
    int64_t kept = allocated - freed_own;
    if (kept == 0)
        return;
    PUBLISH_ADD(place.total->retained_bytes[HEAP_PYTHON], kept);
    kept_add(kept_row(place.site), place.column, kept);
}

/* Enter what lines have taken for the invocation and the heap as a whole. */
static void enter_sums(void)
{
    int64_t net = place.slot_net;
    PUBLISH_ADD(segment->heap_bytes[HEAP_PYTHON], net);
    if (!place.is_own)
        PUBLISH_ADD(segment->small_bytes, net - heap_account.large);
    place.slot_net = heap_account.large = 0;
    if (place.slot == PUBLISH_UNKNOWN) {
        unknown += net;
        return;
    }
    struct slot_sums *sums = &slots[place.slot];
    if (place.site != SEGMENT_NONE)
        sums->lines += net;
    else
        sums->elsewhere += net;
    PUBLISH_STORE(segment->slot_heap[place.slot].lines_bytes,
                  sums->lines + PUBLISH_LOAD(sums->other_lines));
    PUBLISH_STORE(segment->slot_heap[place.slot].end_bytes, publish_total());
}

/* Enter what the account has taken, and have it begin anew at the same place. */
static void enter_account(void)
{
    struct heap_account *account = &heap_account;
    enter_line();
    enter_sums();
    if (place.depth > 0) {
        struct activation *at = &place.thread->stack[place.depth - 1];
        at->heap_high = larger(at->heap_high, at->heap_net + account->high);
        at->heap_net += account_net(account);
    }
    restart_account(account);
}

void *heap_enter_account(void *block)
{
    enter_account();
    return block;
}

/* A block is being allocated, or was, that no quick way is for. */
static void add_bytes(struct heap_account *account, int64_t bytes)
{
    int64_t allocated = account->allocated + bytes;
    account->allocated = allocated;
    if (allocated <= account->limit)
        return;
    account->high += allocated - account->limit;
    account->limit = allocated;
    if (account->high >= HEAP_ENTER_BYTES)
        enter_account();
}

static void close_account(void)
{
    struct heap_account *account = &heap_account;
    if (!account->thread)
        return;
    enter_account();
    account->thread = NULL;
    PUBLISH_STORE(account->owner, NULL);
}

static void set_site(uint32_t site, uint32_t cell)
{
    place.site = site;
    place.total = &segment->site_heap[site];
    place.part = &segment->cell_heap[cell];
}

/* Where the thread works now. */
static void find_place(struct thread *thread)
{
    place.slot = PUBLISH_UNKNOWN;
    place.depth = 0;
    place.column = KEPT_EARLIER;
    set_site(SEGMENT_NONE, SEGMENT_NONE);
    if (!thread || place.is_own || ledger_is_idle(thread))
        return;
    struct ledger_place now = ledger_place(thread);
    place.slot = now.slot;
    place.column = slots[now.slot].column;
    if (now.site != SEGMENT_NONE)
        set_site(now.site, publish_cell(now.slot, now.site));
    if (now.is_frame)
        place.depth = thread->depth;
}

static void open_account(void)
{
    close_account();
    place.is_own = own_depth > 0;
    place.thread = thread_this;
    find_place(place.thread);
    struct heap_account *account = &heap_account;
    account->thread = guard_thread();
    account->tag = place.is_own ? OWN_TAG : tag_of(place.site, place.column);
    account->other_tag = tag_of(SEGMENT_NONE, KEPT_EARLIER);
    restart_account(account);
    account->large = account->freed_other = 0;
    /* Whoever has other interpreters expected does it before one can be entered, and has taken the
     * account from its owner by then. */
    if (!PUBLISH_LOAD(is_foreign))
        atomic_store_explicit(&account->owner, guard_thread(), memory_order_release);
    if (place.thread)
        place.thread->heap_dirty = true;
}

static void add_large(const void *block, size_t bytes)
{
    struct heap_account *account = &heap_account;
    if (!tags_set_large(block, account->tag, bytes))
        return;
    account->large += (int64_t)bytes;
    add_bytes(account, (int64_t)bytes);
}

static void add_small(void *block, size_t bytes)
{
    tag_entry *entry = tags_make(block);
    if (!entry)
        return;
    PUBLISH_STORE(*entry, heap_account.tag | (uint32_t)bytes);
    add_bytes(&heap_account, (int64_t)bytes);
}

void heap_expect_foreign(bool (*in_foreign)(void))
{
    atomic_store_explicit(&is_foreign, in_foreign, memory_order_release);
    PUBLISH_STORE(heap_account.owner, NULL);
}

bool heap_is_foreign(void)
{
    bool (*in_foreign)(void) = atomic_load_explicit(&is_foreign, memory_order_acquire);
    return in_foreign && in_foreign();
}

/* Have the account open for the calling thread; false where it cannot be its. */
static bool get_account(void)
{
    if (heap_is_foreign())
        return false;
    if (heap_account.thread != guard_thread())
        open_account();
    return true;
}

void *heap_add(void *block, size_t bytes)
{
    if (!block || bytes == 0)
        return block;
    if (!get_account())
        heap_add_shared(HEAP_RAW, block, bytes);
    else if (bytes > TAG_BYTES_MAX)
        add_large(block, bytes);
    else
        add_small(block, bytes);
    return block;
}

/* A block of `bytes` with another tag than the account's is freed. */
static void take_other(uint32_t tag, int64_t bytes)
{
    struct heap_account *account = &heap_account;
    if (tag_column(tag) == KEPT_NONE) /* pymemtop's own, and never counted */
        return;
    if (account->freed_other)
        enter_other(account);
    account->other_tag = tag & ~TAG_BYTES_MASK;
    account->freed_other = bytes;
    account->limit += bytes;
}

int64_t heap_take(const void *block)
{
    tag_entry *entry = tags_find(block);
    uint32_t tag = entry ? PUBLISH_LOAD(*entry) : 0;
    if (tag == 0)
        return 0;
    if (!get_account())
        return heap_take_shared(HEAP_RAW, block);
    PUBLISH_STORE(*entry, 0);
    int64_t bytes = tag & TAG_BYTES_MASK;
    if (bytes == 0) {
        bytes = (int64_t)tags_take_large(block);
        if (tag_column(tag) != KEPT_NONE)
            heap_account.large -= bytes;
    }
    if ((tag & ~TAG_BYTES_MASK) == heap_account.tag)
        heap_account.limit += bytes;
    else
        take_other(tag, bytes);
    return bytes;
}

void heap_disown(const void *block)
{
    struct heap_account *account = &heap_account;
    tag_entry *entry = tags_find(block);
    uint32_t tag = entry ? PUBLISH_LOAD(*entry) : 0;
    if (tag == 0 || account->thread != guard_thread() || (tag & ~TAG_BYTES_MASK) != account->tag)
        return;
    PUBLISH_STORE(*entry, 0);
    int64_t bytes = tag & TAG_BYTES_MASK;
    if (bytes == 0) {
        bytes = (int64_t)tags_take_large(block);
        account->large -= bytes;
    }
    int64_t allocated = account->allocated;
    if (account->limit == allocated) { /* there is more than ever, by this one */
        account->limit -= bytes;
        account->high -= bytes;
    }
    account->allocated = allocated - bytes;
}

/* ---- without the lock ---- */

struct shared_place {
    struct thread *thread;
    uint32_t slot, site, cell, column;
};

/* Only the calling thread's own record is looked at; whether its invocation still runs, and with
 * that its cell, is the only thing that another thread may change. */
static struct shared_place find_shared_place(void)
{
    struct shared_place found = {
        .thread = thread_this, .slot = PUBLISH_UNKNOWN, .column = KEPT_EARLIER};
    if (!found.thread || ledger_is_idle(found.thread))
        return found;
    struct ledger_place now = ledger_place(found.thread);
    found.slot = now.slot;
    found.site = now.site;
    found.column = slots[now.slot].column;
    if (now.is_frame) {
        const struct activation *at = &found.thread->stack[found.thread->depth - 1];
        if (at->slot == now.slot)
            found.cell = at->line.cell;
    }
    return found;
}

static void add_shared_flow(const struct shared_place *at, enum heap_domain domain,
                            uint64_t allocated, uint64_t freed)
{
    struct heap_flow *flow = &segment->site_heap[at->site].flow[domain];
    struct heap_flow *part = &segment->cell_heap[at->cell].flow[domain];
    atomic_fetch_add_explicit(&flow->allocated_bytes, allocated, memory_order_relaxed);
    atomic_fetch_add_explicit(&flow->freed_bytes, freed, memory_order_relaxed);
    if (at->cell == SEGMENT_NONE)
        return;
    atomic_fetch_add_explicit(&part->allocated_bytes, allocated, memory_order_relaxed);
    atomic_fetch_add_explicit(&part->freed_bytes, freed, memory_order_relaxed);
}

static void add_shared_net(const struct shared_place *at, enum heap_domain domain, int64_t net)
{
    add_atomic(&other_bytes[domain], net);
    if (at->slot == PUBLISH_UNKNOWN)
        add_atomic(&unknown_other, net);
    else if (at->site != SEGMENT_NONE)
        add_atomic(&slots[at->slot].other_lines, net);
    else
        add_atomic(&slots[at->slot].other_elsewhere, net);
    if (!at->thread)
        return;
    struct thread *thread = at->thread;
    thread->heap_dirty = true;
    thread->other_net += net;
    thread->other_high = larger(thread->other_high, thread->other_net);
}

static bool set_tag(enum heap_domain domain, const void *block, uint32_t tag, size_t bytes)
{
    if (bytes > TAG_BYTES_MAX)
        return tags_set_large(block, tag, domain == HEAP_NATIVE ? bytes | TAG_SIZE_NATIVE : bytes);
    tag_entry *entry = tags_make(block);
    if (entry)
        atomic_store_explicit(entry, bytes ? tag | (uint32_t)bytes : 0, memory_order_relaxed);
    return entry != NULL;
}

bool heap_add_shared(enum heap_domain domain, const void *block, size_t bytes)
{
    if (!heap_is_on)
        return false;
    if (own_depth > 0)
        return set_tag(domain, block, OWN_TAG, bytes);
    struct shared_place at = find_shared_place();
    if (!set_tag(domain, block, tag_of(at.site, at.column), bytes))
        return false;
    add_shared_flow(&at, domain, bytes, 0);
    add_atomic(&segment->site_heap[at.site].retained_bytes[domain], (int64_t)bytes);
    kept_add_other(kept_row(at.site), at.column, (int64_t)bytes);
    add_shared_net(&at, domain, (int64_t)bytes);
    return true;
}

int64_t heap_take_shared(enum heap_domain domain, const void *block)
{
    tag_entry *entry = heap_is_on ? tags_find(block) : NULL;
    uint32_t tag = entry ? atomic_load_explicit(entry, memory_order_relaxed) : 0;
    if (tag == 0)
        return -1;
    size_t size = tag & TAG_BYTES_MASK;
    if (size == 0)
        size = tags_take_large(block);
    if (size & TAG_SIZE_NATIVE)
        domain = HEAP_NATIVE;
    int64_t bytes = (int64_t)(size & ~TAG_SIZE_NATIVE);
    /* tags_replace() may have given it another column meanwhile. */
    tag = atomic_exchange_explicit(entry, 0, memory_order_relaxed);
    if (tag_column(tag) == KEPT_NONE)
        return bytes;
    struct shared_place at = find_shared_place();
    uint32_t site = tag_site(tag);
    add_shared_flow(&at, domain, 0, (uint64_t)bytes);
    add_atomic(&segment->site_heap[site].retained_bytes[domain], -bytes);
    kept_add_other(kept_find_row(site), tag_column(tag), -bytes);
    add_shared_net(&at, domain, -bytes);
    return bytes;
}

/* ---- the tracer's events ---- */

void heap_pause(void)
{
    if (heap_account.thread == guard_thread())
        close_account();
}

/* The account is open, and at frame number `depth` of the calling thread, from 1: so it is not
 * pymemtop's own. */
static ALWAYS_INLINE bool is_at(uint32_t depth)
{
    return heap_account.thread == guard_thread() && place.depth == depth;
}

static void enter_sums_now_and_then(void)
{
    if (UNLIKELY(place.slot_net >= HEAP_ENTER_BYTES || -place.slot_net >= HEAP_ENTER_BYTES))
        enter_sums();
}

static void raise_high(_Atomic int64_t *high, int64_t bytes)
{
    if (bytes > PUBLISH_LOAD(*high))
        PUBLISH_STORE(*high, bytes);
}

/* The same of a line: it has never been higher in a cell than in its site. Cell 0 is no site's, and
 * is left at 0. */
static ALWAYS_INLINE void raise_line_high(struct segment_site_heap *total,
                                          struct segment_cell_heap *part, int64_t bytes)
{
    if (LIKELY(bytes <= PUBLISH_LOAD(part->high_bytes)))
        return;
    raise_high(&total->high_bytes, bytes);
    if (LIKELY(part != &segment->cell_heap[SEGMENT_NONE]))
        PUBLISH_STORE(part->high_bytes, bytes);
}

/* Has it taken anything? A block that was allocated or freed is in one of these. */
static ALWAYS_INLINE bool is_touched(const struct heap_account *account)
{
    return account->allocated | account->limit;
}

/* Leave the account open, with what its line has taken told to the frame `at`. */
static void end_account_line(struct activation *at)
{
    struct heap_account *account = &heap_account;
    if (!is_touched(account))
        return;
    enter_line();
    at->heap_high = larger(at->heap_high, at->heap_net + account->high);
    at->heap_net += account_net(account);
    restart_account(account);
    enter_sums_now_and_then();
}

/* Have the open account go on at frame number `depth`, which is `at`; or close it, where that is
 * for another sum. */
static ALWAYS_INLINE void move_account(const struct activation *at, uint32_t depth)
{
    if (UNLIKELY(at->slot != place.slot || at->epoch != publish_epoch() ||
                 (at->site == SEGMENT_NONE) != (place.site == SEGMENT_NONE))) {
        close_account();
        return;
    }
    place.depth = depth;
    set_site(at->site, at->line.cell);
    heap_account.tag = tag_of(at->site, place.column);
}

/* The line `site` of `at` is over: what it took becomes part of what the frame took. */
static void end_line(struct thread *thread, struct activation *at, uint32_t site, uint32_t cell)
{
    if (is_at(thread->depth))
        end_account_line(at);
    else
        heap_pause();
    int64_t net = at->heap_net + thread->other_net;
    int64_t high = larger(larger(at->heap_high, thread->other_high), net);
    raise_line_high(&segment->site_heap[site], &segment->cell_heap[cell], high);
    at->call_high = larger(at->call_high, at->call_net + high);
    at->call_net += net;
    at->heap_net = at->heap_high = 0;
    thread->other_net = thread->other_high = 0;
}

/* The usual line has no callees and no native blocks. */
static ALWAYS_INLINE bool is_usual(const struct thread *thread, const struct activation *at)
{
    return is_at(thread->depth) &&
           !(at->heap_net | at->heap_high | thread->other_net | thread->other_high);
}

static ALWAYS_INLINE void end_usual_line(struct activation *at)
{
    struct heap_account *account = &heap_account;
    if (!is_touched(account))
        return;
    enter_line();
    raise_line_high(place.total, place.part, account->high);
    at->call_high = larger(at->call_high, at->call_net + account->high);
    at->call_net += account_net(account);
    restart_account(account);
    enter_sums_now_and_then();
}

static __attribute__((noinline)) void
next_unusual_line(struct thread *thread, struct activation *at, uint32_t site, uint32_t cell)
{
    end_line(thread, at, site, cell);
    if (is_at(thread->depth))
        move_account(at, thread->depth);
    thread->heap_dirty = heap_account.thread == guard_thread();
}

void heap_next_line(struct thread *thread, struct activation *at, uint32_t site, uint32_t cell)
{
    if (UNLIKELY(!is_usual(thread, at))) {
        next_unusual_line(thread, at, site, cell);
        return;
    }
    end_usual_line(at);
    move_account(at, thread->depth);
    thread->heap_dirty = heap_account.thread != NULL;
}

/* What the thread has taken of native blocks and the like becomes part of what the frame `at` has,
 * whose line goes on; NULL: it was on no line. */
static void end_other(struct thread *thread, struct activation *at)
{
    if (at) {
        at->heap_high = larger(at->heap_high, at->heap_net + thread->other_high);
        at->heap_net += thread->other_net;
    }
    thread->other_net = thread->other_high = 0;
}

void heap_enter(struct thread *thread)
{
    uint32_t below = thread->depth - 1;
    struct activation *caller = below > thread_base(thread) ? &thread->stack[below - 1] : NULL;
    end_other(thread, caller);
    if (caller && is_at(below)) {
        end_account_line(caller);
        move_account(&thread->stack[below], thread->depth);
    } else {
        heap_pause();
    }
    thread->heap_dirty = heap_account.thread == guard_thread();
}

void heap_step(struct thread *thread)
{
    bool has_frame = thread->depth > thread_base(thread);
    end_other(thread, has_frame ? &thread->stack[thread->depth - 1] : NULL);
    heap_pause();
}

void heap_leave(struct thread *thread, struct activation *at)
{
    uint32_t below = (uint32_t)(at - thread->stack);
    if (thread->heap_dirty)
        end_line(thread, at, at->site, at->line.cell);
    if (below > thread_base(thread)) {
        struct activation *caller = &thread->stack[below - 1];
        caller->heap_high = larger(caller->heap_high, caller->heap_net + at->call_high);
        caller->heap_net += at->call_net;
        if (is_at(thread->depth))
            move_account(caller, below);
    } else {
        heap_pause();
    }
    thread->heap_dirty = true; /* the caller's line may have taken something, or its callee has */
}

static int64_t unknown_bytes(void)
{
    return unknown + PUBLISH_LOAD(unknown_other) + native_small_bytes();
}

void heap_close(void)
{
    if (!heap_is_on)
        return;
    close_account();
    /* While only one invocation runs, what nobody knows the owner of is its elsewhere. */
    int64_t bytes = unknown_bytes();
    uint32_t only = publish_only_running();
    if (only != PUBLISH_UNKNOWN)
        slots[only].elsewhere += bytes - unknown_settled;
    unknown_settled = bytes;
}

void heap_begin(uint32_t slot, uint64_t number)
{
    if (!heap_is_on || slot == PUBLISH_OUTSIDE)
        return;
    struct segment_slot_heap *shown = &segment->slot_heap[slot];
    int64_t now_bytes = publish_total();
    slots[slot] = (struct slot_sums){.column = kept_begin(number)};
    PUBLISH_STORE(shown->start_bytes, now_bytes);
    PUBLISH_STORE(shown->end_bytes, now_bytes);
    PUBLISH_STORE(shown->lines_bytes, 0);
    PUBLISH_STORE(shown->elsewhere_bytes, 0);
    PUBLISH_STORE(shown->left_bytes, 0);
    PUBLISH_STORE(shown->kept, slots[slot].column);
}

void heap_end(uint32_t slot)
{
    if (!heap_is_on || slot == PUBLISH_OUTSIDE)
        return;
    struct segment_slot_heap *shown = &segment->slot_heap[slot];
    struct slot_sums *sums = &slots[slot];
    PUBLISH_STORE(shown->end_bytes, publish_total());
    PUBLISH_STORE(shown->lines_bytes, sums->lines + PUBLISH_LOAD(sums->other_lines));
    PUBLISH_STORE(shown->elsewhere_bytes, sums->elsewhere + PUBLISH_LOAD(sums->other_elsewhere));
    PUBLISH_STORE(shown->left_bytes, kept_end(sums->column));
    sums->column = KEPT_EARLIER;
}

void heap_now(int64_t bytes[HEAP_DOMAINS])
{
    heap_close();
    if (heap_is_on)
        publish_total();
    for (unsigned domain = 0; domain < HEAP_DOMAINS; domain++)
        bytes[domain] = heap_is_on ? PUBLISH_LOAD(segment->heap_bytes[domain]) : 0;
}

void heap_baseline(void)
{
    heap_close();
    if (heap_is_on)
        PUBLISH_STORE(segment->heap_baseline_bytes, publish_total());
}

void heap_own_begin(void)
{
    if (!heap_is_on)
        return;
    heap_pause();
    own_depth++;
}

void heap_own_end(void)
{
    if (!heap_is_on)
        return;
    heap_pause();
    own_depth--;
}
