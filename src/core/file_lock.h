/*
 * FileLock: flock(2) on a file that stays.
 *
 * Which race each step of acquire closes, and which call closes it:
 *
 *   open      the path may be anything, and may change: lock_path.h
 *   flock     two at once: the kernel gives the lock to one, and takes it back when that one dies
 *   compare   the file was removed or replaced between open and flock, and we locked a file that
 *             nobody else will find: does the path still name it? Otherwise start again
 *   read      the last owner died, or others before it did: record.h
 *   write     our own record; only from here on the lock is held
 *
 * and of release:
 *
 *   compare   somebody removed the file while we held it: the lock was no lock, say so
 *   write     the record says "released", before others can get the lock
 *   unlock    LOCK_UN and then close: a child between fork and exec still has the descriptor, and
 *             close alone would leave the lock held until it execs. In a forked child only close:
 *             LOCK_UN there would free the parent's lock
 *
 * Waiting is a flock in the kernel's queue, on the descriptor of the lock itself.
 */
#ifndef SL_FILE_LOCK_H
#define SL_FILE_LOCK_H

#include "lock.h"
#include "record.h"
#include "result.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * NULL: out of memory. `permissions` are those of a file that has to be made. With `record` it
 * writes a record, and the lock is held only when that is written.
 */
struct sl_lock *sl_file_lock_new(
	const struct sl_lock_options *options, mode_t permissions, bool record);

/* The rest is for locks that this has made. */

/*
 * Releases, and removes the file, unless it still has to tell of abandoned owners: *removed.
 * Exclusive only. SL_LOST: the path names another file, which is left alone; released. SL_SYSTEM:
 * still held.
 */
enum sl_result sl_file_lock_remove(struct sl_lock *lock, bool *removed, struct sl_failure *failure);

/* It was made to write a record. */
bool sl_file_lock_has_record(const struct sl_lock *lock);

/* Who ended without releasing, as the last acquire found it; NULL: nobody. */
const struct sl_abandoned *sl_file_lock_abandoned(const struct sl_lock *lock);

/* Forgets them, in the record too. Exclusive only, and only with a record. */
enum sl_result sl_file_lock_mark_consistent(struct sl_lock *lock, struct sl_failure *failure);

#endif
