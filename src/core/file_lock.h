/*
 * FileLock: flock(2) on a file that stays.
 *
 * The life of a lock:
 *
 *     new ──► acquire ──► (markConsistent, setInheritable) ──► release ──► … ──► free
 *                 └────────────────► remove ────────────────────►┘
 *
 * acquire is two steps, which can be made one by one: *taken*, the kernel has given us the lock and
 * nobody was told, and *held*, the record says so. Several locks are all taken before the first
 * record is written (lock_set.h). Instead of taking it at once one can wait for it: queue.h.
 *
 *     take ────────► confirm             or give_up, from anywhere
 *     wait, wait … ─┘
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
 *             close alone would leave the lock held until it execs
 *
 * Fork: a lock belongs to the process that acquired it. In any other one every call here finds it
 * not held, and only ever closes; LOCK_UN in a child would free the parent's lock.
 *
 * Threads: a lock is used by one thread at a time.
 */
#ifndef SL_FILE_LOCK_H
#define SL_FILE_LOCK_H

#include "deadlock.h"
#include "holders.h"
#include "lock_set.h"
#include "record.h"
#include "registry.h"
#include "result.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct sl_file_lock;

struct sl_file_lock_options {
	const char *path;    /* absolute */
	const char *label;   /* for people, "" for none */
	const char *command; /* what this program is doing, for people */
	mode_t permissions;  /* of a file that has to be made */
	bool record;         /* write a record */
	void *context;       /* the request or thread that it belongs to */
	void *object;        /* the application's object for this lock */
};

/* NULL: out of memory. Everything in the options is copied but for the two pointers. */
struct sl_file_lock *sl_file_lock_new(const struct sl_file_lock_options *options);

/* Always safe; a lock that is still held is released in good order. */
void sl_file_lock_free(struct sl_file_lock *lock);

/*
 * Tries once. SL_OK: held, and the record is written if there is to be one. SL_BUSY: somebody else
 * has it. SL_UNSAFE_*, SL_UNSUPPORTED, SL_SYSTEM: not held. The lock must not be held already.
 */
enum sl_result sl_file_lock_acquire(
	struct sl_file_lock *lock, enum sl_mode mode, struct sl_failure *failure);

/* The first half of it. SL_OK: taken, now confirm it or give it up. */
enum sl_result sl_file_lock_take(
	struct sl_file_lock *lock, enum sl_mode mode, struct sl_failure *failure);

/* The second half. SL_OK: held. Otherwise not even taken any more. */
enum sl_result sl_file_lock_confirm(struct sl_file_lock *lock, struct sl_failure *failure);

/*
 * Waits. SL_OK: taken. SL_BUSY: it is time. SL_INTERRUPTED: a signal came. After these two the
 * place in the queue is kept: call it again soon, or sl_file_lock_last_try(), or
 * sl_file_lock_give_up(). Anything else ends the waiting: SL_DEADLOCK, SL_UNSAFE_*,
 * SL_UNSUPPORTED, SL_SYSTEM.
 *
 * In a child that was forked while its parent waited, the next call begins a wait of its own.
 */
enum sl_result sl_file_lock_wait(struct sl_file_lock *lock, enum sl_mode mode,
	const struct sl_patience *patience, struct sl_failure *failure);

/* Ends the waiting. SL_OK: it was granted in the last moment, and is taken. Otherwise it is not. */
enum sl_result sl_file_lock_last_try(struct sl_file_lock *lock, struct sl_failure *failure);

/* Ends the waiting, or gives back what was taken and never confirmed: as if it had never been. */
void sl_file_lock_give_up(struct sl_file_lock *lock);

/* After SL_DEADLOCK: the cycle; NULL if this context has the lock itself, by another one. */
const struct sl_cycle *sl_file_lock_cycle(const struct sl_file_lock *lock);

/* False where the kernel does not show all who wait. Who came before us, if we wait now. */
bool sl_file_lock_waiters_ahead(const struct sl_file_lock *lock, size_t *count);

/*
 * Gives the lock back, whatever it returns. `end` is NULL in good order, else why it ended, and the
 * next owner will hear it. SL_LOST: somebody had removed or replaced the file. SL_SYSTEM: whether
 * the path still named it could not be told.
 */
enum sl_result sl_file_lock_release(
	struct sl_file_lock *lock, const char *end, struct sl_failure *failure);

/*
 * Releases, and removes the file, unless it still has to tell of abandoned owners: *removed.
 * Exclusive only. SL_LOST: the path names another file, which is left alone; released. SL_SYSTEM:
 * still held.
 */
enum sl_result sl_file_lock_remove(
	struct sl_file_lock *lock, bool *removed, struct sl_failure *failure);

/* Held by this process, as far as we know; sl_file_lock_check asks the file system. */
bool sl_file_lock_is_held(const struct sl_file_lock *lock);
enum sl_mode sl_file_lock_mode(const struct sl_file_lock *lock);

/* It was made to write a record. */
bool sl_file_lock_has_record(const struct sl_file_lock *lock);

/* SL_OK: held, and the path still names it. SL_NOT_HELD, SL_LOST, SL_SYSTEM. */
enum sl_result sl_file_lock_check(const struct sl_file_lock *lock, struct sl_failure *failure);

/* Who ended without releasing, as the last acquire found it; NULL: nobody. */
const struct sl_abandoned *sl_file_lock_abandoned(const struct sl_file_lock *lock);

/* Forgets them, in the record too. Exclusive only, and only with a record. */
enum sl_result sl_file_lock_mark_consistent(struct sl_file_lock *lock, struct sl_failure *failure);

/* Children that are started from now on keep the descriptor, and with it the lock if we die. */
enum sl_result sl_file_lock_set_inheritable(
	struct sl_file_lock *lock, bool on, struct sl_failure *failure);

/*
 * Who has the lock: sl_holders_list(). From another pid namespace a holder without a record cannot
 * be seen; if our last try was refused, there was one all the same, and it is in the list as
 * unknown.
 */
enum sl_result sl_file_lock_holders(
	const struct sl_file_lock *lock, struct sl_holder_list *list, struct sl_failure *failure);

/* Of the file that the last acquire found busy: does this context have it, by another lock? */
bool sl_file_lock_blocks_itself(const struct sl_file_lock *lock);

/*
 * The locks of a context that have a descriptor, or had one before this process was forked; newest
 * first: start with NULL. In a forked child none of them is held.
 */
struct sl_file_lock *sl_file_lock_next(const struct sl_file_lock *after, void *context);

/* The application's object, and how it says that the object is gone (NULL) while the lock stays. */
void *sl_file_lock_object(const struct sl_file_lock *lock);
void sl_file_lock_set_object(struct sl_file_lock *lock, void *object);

/* What a set of locks has to know of it; the lock itself is a struct sl_file_lock. */
extern const struct sl_member_kind sl_file_lock_as_member;

/* How many acquires have succeeded: tells one holding of a lock from the next. */
unsigned sl_file_lock_generation(const struct sl_file_lock *lock);

#endif
