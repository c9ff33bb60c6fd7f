/*
 * DirectoryLock: a directory that is renamed into place.
 *
 * Rename decides who owns the lock. The owner's flock on his record only proves that he still
 * lives: if it is not to be trusted, somebody waits for ever, but there are never two owners.
 *
 * The steps of acquire, and which race each of them closes (directory.h has the names; model/ has
 * the same steps under the same names):
 *
 *   prepare         a directory beside the lock path, under a name that nobody else uses
 *   create_record   in it, named after us: the lock never exists without its owner's name
 *   lock_record     before anybody can find it at the lock path, so a record there that is not
 *                   locked is that of a dead owner
 *   check_links     a collector may have taken the record for a dead one's before it was locked:
 *                   an empty directory must not be published
 *   rename          onto the lock path: succeeds if there is nothing, or an empty directory. Of two
 *                   processes one succeeds
 *   look_for_own    a server may have renamed and failed to say so; or the path leads elsewhere by
 *                   now, and all starts again there
 *   check_flock     not on local file systems: would others see our flock? A server may know the
 *                   record by its old name only
 *   judge           who is there? dead owners are removed, by name, while we have their flock;
 *                   then rename again
 *   shared_move     shared owners move their record into the directory that is there
 *   shared_scan     and then look for an exclusive one, who may have come in between
 *
 * and of release: check that the path still leads to our record, remove it by its name, remove the
 * directory if it is empty, unlock. Whoever comes in between finds it empty, and replaces it.
 *
 * Waiting is a shared flock on the record of an owner who lives, in the kernel's queue: it is
 * granted when that one ends, however it ends. Where locks of other hosts may be in the way, or an
 * owner of whom nothing can be told, it asks from time to time.
 *
 * No pid is ever asked whether it lives. Nobody is told of dead owners: who removes a record need
 * not be who gets the lock, so the notice could get lost. FileLock does that.
 */
#ifndef SL_DIRECTORY_LOCK_H
#define SL_DIRECTORY_LOCK_H

#include "lock.h"
#include "result.h"

#include <stdbool.h>
#include <stddef.h>

/* NULL: out of memory. */
struct sl_lock *sl_directory_lock_new(const struct sl_lock_options *options);

/* The rest is for locks that this has made; held or not makes no difference. */

/* Removes what provably dead owners left: *broken, the lock is no longer kept by one of them. */
enum sl_result sl_directory_lock_break_stale(
	struct sl_lock *lock, bool *broken, struct sl_failure *failure);

/* Can this be the record of a holder, as struct sl_holder has it? */
bool sl_directory_lock_is_record(const char *record);

/*
 * Removes one owner, alive or not, because a person says so. `record` is the name of the record
 * that the person was shown (struct sl_holder): an owner who came later has another one.
 */
enum sl_result sl_directory_lock_force_break(
	struct sl_lock *lock, const char *record, struct sl_failure *failure);

#endif
