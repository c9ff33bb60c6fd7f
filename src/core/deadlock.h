/*
 * Do we wait for somebody who waits for us?
 *
 * The kernel does not ask this for flock(2), as it does for fcntl(2) locks, but /proc/locks shows
 * who holds and who waits. A cycle is proven, and not merely likely, when
 *
 *   - of each process in it the very thread that waits is known: its only thread, or the only one
 *     beside a thread of queue.h. Any other thread might give the lock back.
 *   - at two looks, a second or more apart, the same threads wait for the same files, and none of
 *     them has run in between.
 *   - each process itself has the lock that the one before it waits for, and no other process that
 *     can be seen shares it. Who called flock may have passed the lock on.
 *
 * Two waits prove nothing: one whose application runs code of its own just now, be it a callback, a
 * signal handler or another fiber (SL_QUEUE_AWAKE), for that may give back what the others want;
 * and one that ends by itself soon, because a set of locks gives back what it holds
 * (SL_QUEUE_IMPATIENT). Nor does what cannot be seen: other users' processes unless we are root,
 * other pid namespaces, other machines, pollers.
 */
#ifndef SL_DEADLOCK_H
#define SL_DEADLOCK_H

#include "kernel_locks.h"
#include "process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer cycles are not looked for. */
#define SL_CYCLE_MAX 8

/* A process that waits for a file, which the next member holds; the last one's the first holds. */
struct sl_cycle_member {
	pid_t pid;
	struct sl_thread thread; /* that waits */
	bool told;               /* it waits as we do, and will find the cycle too */
	struct sl_kernel_file file;
};

/* The first member is this process. One member alone: it waits for what it holds itself. */
struct sl_cycle {
	size_t count;
	struct sl_cycle_member members[SL_CYCLE_MAX];
};

/* What one wait has seen so far. */
struct sl_suspicion {
	struct sl_cycle cycle;
	unsigned seen;     /* looks in a row that found just this cycle */
	int64_t next_look; /* looking costs, so it is not done all the time */
};

/*
 * Is it time for a look, and can there be anything to see? Not for a process that has no lock. To
 * be asked first, because a look makes the kernel wait for all processors, some milliseconds long.
 */
bool sl_deadlock_is_due(const struct sl_suspicion *suspicion);

/*
 * One look, for this process that waits for `file` with a thread of queue.h. True: the cycle in
 * `suspicion` is proven, and it is for us to say so: of all who could, the one who came last does.
 * If it does not, the others do a few looks later.
 */
bool sl_deadlock_look(struct sl_suspicion *suspicion, const struct sl_kernel_file *file);

#endif
