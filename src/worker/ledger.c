/*
 * RSS belongs to the process, lines to threads and tasks; the ledger connects the two. At every
 * event the RSS is read again, and the difference, if any, is charged: to the line that the thread
 * is executing (its "self") and to all lines on the thread's stack of profiled frames that wait for
 * it (each once, so that recursion is not counted twice). Lines of suspended coroutines are on no
 * stack, and so are charged nothing.
 *
 * Between the frames of an async invocation the event loop works: it reads sockets, sets results of
 * futures, runs callbacks. Such a callback runs in a copy of the context of the task that waits for
 * it, and carries its activity. So what a callback changes while no profiled frame runs is charged
 * to the lines that await it.
 *
 * Several threads can be inside profiled lines at once. All of this runs under the interpreter
 * lock, but a line may have released it and work in C. So each thread has a witness (witness.h):
 * a thread that has not run since the ledger was settled has changed nothing, and one that has not
 * touched a fresh page, or too few of them, has not made the RSS grow. Where that leaves one
 * thread, or several that execute the same line for the same invocation, the change is theirs,
 * whoever finds it; otherwise nobody can know, so that it is charged to no line and, unless all of
 * them work for the same invocation, counts as shared.
 *
 * There are other threads beside those in lines: the pool's between requests, libraries' own, those
 * that begin and have not come to a line. Where one thread is in a line, what these touch counts
 * for it, since they work for it or do next to nothing. Where several are, they may work for any of
 * them, one that waits among them; what they have touched (their page faults are the process's less
 * those of the threads in lines) is then on no line.
 *
 * What a thread gives back leaves no such trace. Where several are in lines, one of which has run,
 * the stack of a thread that ends meanwhile (some pages) is taken off that one's line.
 *
 * A thread that works for an invocation outside of profiled code (a library's function that was
 * handed to a pool) is one of them: what it takes is charged to the lines that wait in the context
 * which handed it over, like a callback's.
 */
#include "config.h"
#include "worker/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "worker/meters.h"
#include "worker/publish.h"
#include "worker/rss.h"
#include "worker/self_check.h"
#include "worker/witness.h"

struct ledger ledger;

static uint32_t *charged; /* by site: number of the charge that reached it last */
static uint32_t charge_number;
static int64_t page_bytes;

/* ---- who may have done it ---- */

/* Threads that may have made a change. */
struct group {
    unsigned count;
    const struct thread *one;  /* any of them */
    struct ledger_place place; /* its */
    bool alike;                /* all are at that place */
    bool same_slot;            /* all are in that slot */
    int64_t touched_bytes;     /* by all of them, at the most */
};

/* Who may have changed the RSS since the ledger was settled. */
struct suspects {
    bool others;          /* other threads are inside of lines; else nothing of the below is set */
    bool others_ran;      /* of them, some have run */
    struct group ran;     /* they, and the thread that asks if it is in a line */
    struct group faulted; /* of them, those that touched fresh pages */
    uint64_t faults;      /* by those in lines */
    uint64_t outside_faults; /* by threads outside of lines */
};

/* Page faults of the process that are accounted for: it has had no more when the threads in lines
 * were looked at. */
static uint64_t known_faults;

/* The activity of the step that the thread is in, outside of profiled frames, where it is one of an
 * invocation that runs and says more than the frames below the step. */
static const struct activity *step_of(const struct thread *thread)
{
    const struct activity *step = thread_step_activity(thread);
    if (!step || thread->depth > thread_base(thread) ||
        !publish_is_running(step->slot, step->number))
        return NULL;
    return step->parked.count > 0 || thread->depth == 0 ? step : NULL;
}

bool ledger_is_idle(const struct thread *thread)
{
    return thread->depth == 0 && !step_of(thread);
}

struct ledger_place ledger_place(const struct thread *thread)
{
    const struct activity *step = step_of(thread);
    if (step)
        return (struct ledger_place){step->slot, await_chain_innermost(&step->parked), false};
    const struct activation *top = &thread->stack[thread->depth - 1];
    return (struct ledger_place){ledger_slot(top->slot, top->number), top->site, true};
}

static void group_add(struct group *group, const struct thread *thread, int64_t touched_bytes)
{
    if (__builtin_add_overflow(group->touched_bytes, touched_bytes, &group->touched_bytes))
        group->touched_bytes = INT64_MAX;
    struct ledger_place place = ledger_place(thread);
    if (group->count++ == 0) {
        group->one = thread;
        group->place = place;
        group->alike = group->same_slot = true;
        return;
    }
    group->same_slot = group->same_slot && place.slot == group->place.slot;
    group->alike = group->alike && group->same_slot && place.site == group->place.site;
}

/* Adds the thread to those who may have done it. Returns its faults. */
static uint64_t add_evidence(struct suspects *suspects, const struct thread *thread,
                             struct evidence evidence)
{
    if (evidence.ran)
        group_add(&suspects->ran, thread, 0);
    if (!evidence.is_known)
        group_add(&suspects->faulted, thread, INT64_MAX);
    else if (evidence.faults > 0)
        group_add(&suspects->faulted, thread, witness_touched_bytes(evidence.faults));
    return evidence.faults;
}

static bool others_are_in_lines(const struct thread *thread)
{
    const struct thread *other = thread_first();
    while (other && (other == thread || ledger_is_idle(other)))
        other = other->next;
    return other != NULL;
}

static struct suspects find_suspects(struct thread *thread)
{
    struct suspects suspects = {.others = others_are_in_lines(thread)};
    if (!suspects.others)
        return suspects;
    uint64_t all = witness_take_process_faults(&known_faults),
             own = witness_look_self(&thread->witness);
    for (struct thread *other = thread_first(); other; other = other->next)
        if (other != thread && !ledger_is_idle(other))
            suspects.faults +=
                add_evidence(&suspects, other, witness_look(&other->witness, all != own));
    suspects.others_ran = suspects.ran.count > 0;
    if (!ledger_is_idle(thread))
        suspects.faults += add_evidence(
            &suspects, thread, (struct evidence){.ran = true, .is_known = true, .faults = own});
    if (all > suspects.faults)
        suspects.outside_faults = all - suspects.faults;
    return suspects;
}

/* ---- charging ---- */

uint32_t ledger_slot(uint32_t slot, uint64_t number)
{
    return publish_is_running(slot, number) ? slot : PUBLISH_OUTSIDE;
}

/* Each line once, and each of a recorder's once, which may be several for a line: calls of the same
 * function within each other may have a recorder each. */
static void charge_site(uint32_t slot, uint32_t site, const struct recorded *recorded,
                        int64_t delta_bytes, bool self)
{
    if (UNLIKELY(recorded->scope))
        recorder_charge(recorded, METERS_WORKERS, delta_bytes, charge_number);
    if (charged[site] == charge_number)
        return;
    charged[site] = charge_number;
    publish_charge(slot, site, delta_bytes, self);
}

/* Charge the lines of the thread's frames; the innermost one with `self`. */
static void charge_frames(const struct thread *thread, int64_t delta_bytes, bool self)
{
    for (uint32_t i = thread->depth; i-- > 0;) {
        const struct activation *at = &thread->stack[i];
        charge_site(ledger_slot(at->slot, at->number), at->site, &at->recorded, delta_bytes,
                    self && i + 1 == thread->depth);
    }
}

static void charge_chain(const struct await_chain *chain, uint32_t slot, int64_t delta_bytes,
                         bool self)
{
    for (uint32_t i = 0; i < chain->count; i++)
        charge_site(slot, chain->lines[i].site, &chain->lines[i].recorded, delta_bytes,
                    self && i == 0);
}

static void charge_stack(const struct thread *thread, int64_t delta_bytes, int64_t rss_bytes)
{
    const struct activation *top = &thread->stack[thread->depth - 1];
    uint32_t owner = ledger_slot(top->slot, top->number);
    charge_frames(thread, delta_bytes, true);
    if (thread->depth > thread->thrown_depth)
        charge_chain(&thread->thrown, owner, delta_bytes, false);
    publish_change(owner, top->site != SEGMENT_NONE, top->site, delta_bytes, rss_bytes);
}

/* A loop in `thread` works for a task: charge the lines on which that waits, and those that wait
 * for the loop. */
static void charge_waiting(const struct thread *thread, const struct activity *waiting,
                           int64_t delta_bytes, int64_t rss_bytes)
{
    charge_chain(&waiting->parked, waiting->slot, delta_bytes, true);
    charge_frames(thread, delta_bytes, false);
    uint32_t site = await_chain_innermost(&waiting->parked);
    publish_change(waiting->slot, site != SEGMENT_NONE, site, delta_bytes, rss_bytes);
}

/* Charge a change to a thread: its line, or the line that waits for its work. */
static void charge_thread(const struct thread *thread, int64_t delta_bytes, int64_t rss_bytes)
{
    const struct activity *step = step_of(thread);
    if (step)
        charge_waiting(thread, step, delta_bytes, rss_bytes);
    else if (thread->depth > 0)
        charge_stack(thread, delta_bytes, rss_bytes);
    else
        publish_change(PUBLISH_UNKNOWN, false, SEGMENT_NONE, delta_bytes, rss_bytes);
}

/* Charge a change that one of several threads has made to no line: to the invocation that all work
 * for or, since nobody can know, as if it came from outside of all that run. */
static void charge_group(const struct group *group, int64_t delta_bytes, int64_t rss_bytes)
{
    uint32_t owner = group->same_slot ? group->place.slot : PUBLISH_OUTSIDE;
    if (group->count == 0)
        owner = PUBLISH_UNKNOWN;
    publish_change(owner, false, SEGMENT_NONE, delta_bytes, rss_bytes);
}

/* The thread to charge with a change found at an event in `thread`; NULL: nobody can know. */
static const struct thread *culprit(const struct thread *thread, const struct suspects *suspects,
                                    int64_t delta_bytes)
{
    if (!suspects->others)
        return thread;
    if (delta_bytes < 0) { /* which takes no fresh page */
        if (!suspects->others_ran)
            return thread;
        return suspects->ran.alike ? suspects->ran.one : NULL;
    }
    const struct group *faulted = &suspects->faulted;
    return faulted->alike && faulted->touched_bytes >= delta_bytes ? faulted->one : NULL;
}

/* Of a change, what threads outside of lines have made: of what the faults of those in lines, at a
 * page each, do not explain, a page for each of theirs; or all, where that is no more than their
 * faults in files can bring. */
static int64_t outside_part(const struct suspects *suspects, int64_t delta_bytes)
{
    int64_t rest = delta_bytes - (int64_t)suspects->faults * page_bytes;
    int64_t outside = (int64_t)suspects->outside_faults;
    if (rest <= 0)
        return 0;
    return rest <= outside * WITNESS_AROUND_BYTES ? rest : outside * page_bytes;
}

/* Charge a difference between two readings, of which `rss_bytes` is the later one. */
static void charge_part(const struct thread *thread, const struct suspects *suspects,
                        int64_t delta_bytes, int64_t rss_bytes)
{
    const struct thread *who = culprit(thread, suspects, delta_bytes);
    charge_number++;
    if (who)
        charge_thread(who, delta_bytes, rss_bytes);
    else
        charge_group(&suspects->ran, delta_bytes, rss_bytes);
}

/* Charge the difference between the last two readings. */
static void charge(struct thread *thread, struct suspects *suspects, int64_t delta_bytes)
{
    if (suspects->others) {
        /* While the others were looked at, and the RSS was read, they could go on. */
        uint64_t known = known_faults;
        suspects->outside_faults += witness_take_process_faults(&known);
    } else {
        /* What this thread has done is accounted for now, and no evidence against it later. */
        witness_take_process_faults(&known_faults);
        witness_look_self(&thread->witness);
    }
    int64_t outside_bytes = outside_part(suspects, delta_bytes);
    if (outside_bytes > 0)
        publish_change(PUBLISH_UNKNOWN, false, SEGMENT_NONE, outside_bytes,
                       ledger.rss_bytes - (delta_bytes - outside_bytes));
    if (delta_bytes != outside_bytes)
        charge_part(thread, suspects, delta_bytes - outside_bytes, ledger.rss_bytes);
}

static void record_line(const struct recorded *recorded, unsigned meter, int64_t delta_bytes)
{
    if (recorded->scope)
        recorder_charge(recorded, meter, delta_bytes, charge_number);
}

static void record_chain(const struct await_chain *chain, unsigned meter, int64_t delta_bytes)
{
    for (uint32_t i = 0; i < chain->count; i++)
        record_line(&chain->lines[i].recorded, meter, delta_bytes);
}

void ledger_record(const struct thread *thread, unsigned meter, int64_t delta_bytes)
{
    const struct activity *step = step_of(thread);
    charge_number++;
    if (step)
        record_chain(&step->parked, meter, delta_bytes);
    else if (thread->depth > thread->thrown_depth)
        record_chain(&thread->thrown, meter, delta_bytes);
    for (uint32_t i = thread->depth; i-- > 0;)
        record_line(&thread->stack[i].recorded, meter, delta_bytes);
}

/* What that touches is no evidence. */
static void measure_again(uint64_t now)
{
    uint64_t faults = witness_own_begin();
    gate_measure_again(now);
    witness_own_end(faults);
}

int64_t ledger_read(struct thread *thread)
{
    if (UNLIKELY(ledger.ticks - gate.measured >= gate.again_ticks))
        measure_again(ledger.ticks);
    struct suspects suspects = find_suspects(thread);
    int64_t rss_bytes = rss_read_bytes();
    int64_t delta_bytes = rss_bytes - ledger.rss_bytes;
    ledger.rss_bytes = rss_bytes;
    if (UNLIKELY(delta_bytes != 0))
        charge(thread, &suspects, delta_bytes);
    ledger.ticks = thread->looked_ticks = gate_now();
    return rss_bytes;
}

int64_t ledger_look(struct thread *thread, uint64_t now)
{
    if (LIKELY(!self_check_is_on()))
        return ledger_read(thread);
    bool is_kept =
        now - thread->looked_ticks < gate.would_be && now - ledger.ticks < gate.forced_ticks;
    self_check_event(thread, is_kept, self_check_faults());
    if (!is_kept)
        ledger_read(thread);
    self_check_done(thread);
    thread->looked_ticks = gate_now();
    return ledger.rss_bytes;
}

int ledger_open(bool verify)
{
    charged = rss_map_own(SEGMENT_SITES * sizeof *charged);
    if (!charged)
        return -1;
    page_bytes = sysconf(_SC_PAGESIZE);
    ledger.rss_bytes = rss_read_bytes();
    if (verify) {
        gate.ticks = 0; /* so that every event comes to ledger_look */
        self_check_open(ledger.rss_bytes);
    }
    return 0;
}
