/*
 * BorgLock: a repository of borg 1.2 to 1.4, locked as borg locks it, by somebody who is not borg.
 *
 *   exclusive   lock.exclusive is ours (borg_exclusive.h), and nobody is on the shared list of
 *               lock.roster (borg_roster.h)
 *   shared      we are on that list. lock.exclusive is held only while we put ourselves there, or
 *               take ourselves off
 *
 * So a reader is known to be alive by his pid alone, and so is every borg. Whoever finds him dead
 * takes him off; we and borg clean up after each other in the same way.
 *
 * A list of processes cannot hold one process twice: locks of one process that share a repository
 * are behind one entry, and counted here.
 *
 * borg has nothing to wait on, so waiting is asking from time to time.
 */
#ifndef SL_BORG_LOCK_H
#define SL_BORG_LOCK_H

#include "lock.h"
#include "result.h"

#include <stdbool.h>

/*
 * options->path is the repository. `host_id` NULL: as borg calls this host. NULL: out of memory,
 * or EINVAL, it cannot be a host id.
 */
struct sl_lock *sl_borg_lock_new(const struct sl_lock_options *options, const char *host_id);

/* The rest is for locks that this has made; held or not makes no difference. */

/* Removes what provably dead processes left: *broken, there was something that kept others out. */
enum sl_result sl_borg_lock_break_stale(
	struct sl_lock *lock, bool *broken, struct sl_failure *failure);

/* Can this be the record of a holder, as struct sl_holder has it? */
bool sl_borg_lock_is_record(const char *record);

/* Removes one owner, alive or not, because a person says so. */
enum sl_result sl_borg_lock_force_break(
	struct sl_lock *lock, const char *record, struct sl_failure *failure);

/*
 * A process that lives on after a request must not stay on a roster. Where lock.exclusive could not
 * be had when a lock was given back, tries again to take us off; called now and then.
 */
void sl_borg_lock_sweep(void);

#endif
