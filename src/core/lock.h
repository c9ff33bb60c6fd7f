/*
 * What all locks of the core have in common: their life, and the wait.
 *
 *     new ──► acquire ──► release ──► … ──► free
 *
 * acquire is two steps, which can be made one by one: *taken*, the kernel has given us the lock and
 * nobody was told, and *held*, others can read who we are. Several locks are all taken before the
 * first is confirmed (lock_set.h). Instead of taking it at once one can wait for it: queue.h.
 *
 *     take ────────► confirm             or give_up, from anywhere
 *     wait, wait … ─┘
 *
 * What a try, a look and a release are made of is for the kind of the lock: file_lock.h,
 * directory_lock.h.
 *
 * Fork: a lock belongs to the process that acquired it. In any other one every call here finds it
 * not held, and only ever closes.
 *
 * Threads: a lock is used by one thread at a time.
 */
#ifndef SL_LOCK_H
#define SL_LOCK_H

#include "deadlock.h"
#include "holders.h"
#include "lock_path.h"
#include "lock_set.h"
#include "process.h"
#include "queue.h"
#include "record.h"
#include "registry.h"
#include "result.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct sl_lock;

/* What kinds of locks differ in. `self` is this process; remembered by sl_process_self(). */
struct sl_lock_kind {
	/*
	 * One whole try, in lock->mode. SL_OK: the kernel has given us the lock. SL_BUSY: somebody else
	 * has it, and lock->blocker and lock->watch say whom to wait for.
	 */
	enum sl_result (*try)(struct sl_lock *lock, struct sl_failure *failure);
	/* The same when it has waited. SL_LOST: what it waited for is outdated, a whole try is due. */
	enum sl_result (*try_again)(struct sl_lock *lock, struct sl_failure *failure);
	/* Does it still wait for the right thing? SL_OK, SL_LOST, or SL_SYSTEM. */
	enum sl_result (*look)(struct sl_lock *lock, struct sl_failure *failure);
	/* What was taken is held from now on: others can read so. Otherwise it is not even taken. */
	enum sl_result (*confirm)(
		struct sl_lock *lock, const struct sl_self *self, struct sl_failure *failure);
	/* Gives back what is waited for or taken, as if it had never been. */
	void (*undo)(struct sl_lock *lock);
	/* Closes what is open, also in a forked child, and changes nothing else. */
	void (*close)(struct sl_lock *lock);
	enum sl_result (*release)(struct sl_lock *lock, const char *end, struct sl_failure *failure);
	enum sl_result (*check)(const struct sl_lock *lock, struct sl_failure *failure);
	enum sl_result (*holders)(
		const struct sl_lock *lock, struct sl_holder_list *list, struct sl_failure *failure);
	bool (*waiters_ahead)(const struct sl_lock *lock, size_t *count); /* NULL: cannot be told */
	void (*free)(struct sl_lock *lock);
	int64_t poll_last; /* where it has to ask from time to time: how seldom at most */
};

enum sl_stage {
	SL_IDLE,
	SL_WAITING, /* something is watched, and a thread may wait for it */
	SL_TAKEN,   /* the kernel has given it to us */
	SL_HELD,    /* and others can read so */
};

/* Its fields are for the kinds; whoever uses a lock calls the functions below. */
struct sl_lock {
	struct sl_registry_entry entry; /* must be first: the registry hands it back */
	const struct sl_lock_kind *kind;
	void *object; /* the application's; NULL when that is gone */
	char *path;
	char label[SL_LABEL_MAX + 1];
	char command[SL_COMMAND_MAX + 1];

	/* From the first try on. */
	enum sl_stage stage;
	pid_t pid; /* whose stage it is: a forked child has none of it */
	enum sl_mode mode;
	struct sl_file_id file; /* that our flock is on, once it is taken */
	struct timespec since;
	bool refused; /* the last acquire found it busy */
	unsigned generation;

	/* Busy. */
	struct sl_file_id blocker; /* the file whose flock is in our way; inode 0: there is none */
	int watch;                 /* a descriptor of that file, to wait on; -1: ask now and then */
	int watch_operation;       /* of flock(2) */

	/* While waiting. */
	struct sl_queue queue;
	int64_t next_look;
	int64_t next_poll; /* when not in the queue */
	int64_t poll_interval;
	struct sl_suspicion suspicion;
};

struct sl_lock_options {
	const char *path;    /* absolute */
	const char *label;   /* for people, "" for none */
	const char *command; /* what this program is doing, for people */
	void *context;       /* the request or thread that it belongs to */
	void *object;        /* the application's object for this lock */
};

/* For the kinds. False: out of memory. All is copied but for the two pointers. */
bool sl_lock_init(
	struct sl_lock *lock, const struct sl_lock_kind *kind, const struct sl_lock_options *options);

/* For the kinds: this process brought the lock to this stage. */
bool sl_lock_is_at(const struct sl_lock *lock, enum sl_stage stage);

/* For the kinds: this context itself has the lock on that file, by another one than `lock`, and in
 * a mode that keeps `lock` out. */
bool sl_lock_is_in_own_way(const struct sl_lock *lock, const struct sl_file_id *file);

/* For the kinds: what a record says of us as the owner of this lock. */
void sl_lock_describe_owner(
	const struct sl_lock *lock, const struct sl_self *self, struct sl_owner *owner);

/* Always safe; a lock that is still held is released in good order. */
void sl_lock_free(struct sl_lock *lock);

/* Children that are started from now on keep the descriptor, and with it the lock if we die. */
enum sl_result sl_lock_set_inheritable(struct sl_lock *lock, bool on, struct sl_failure *failure);

/*
 * Tries once. SL_OK: held. SL_BUSY: somebody else has it. SL_UNSAFE_*, SL_UNSUPPORTED, SL_SYSTEM:
 * not held. The lock must not be held already.
 */
enum sl_result sl_lock_acquire(struct sl_lock *lock, enum sl_mode mode, struct sl_failure *failure);

/* The first half of it. SL_OK: taken, now confirm it or give it up. */
enum sl_result sl_lock_take(struct sl_lock *lock, enum sl_mode mode, struct sl_failure *failure);

/* The second half. SL_OK: held. Otherwise not even taken any more. */
enum sl_result sl_lock_confirm(struct sl_lock *lock, struct sl_failure *failure);

/*
 * Waits. SL_OK: taken. SL_BUSY: it is time. SL_INTERRUPTED: a signal came. After these two the
 * place in the queue is kept: call it again soon, or sl_lock_last_try(), or sl_lock_give_up().
 * Anything else ends the waiting: SL_DEADLOCK, SL_UNSAFE_*, SL_UNSUPPORTED, SL_SYSTEM.
 *
 * In a child that was forked while its parent waited, the next call begins a wait of its own.
 */
enum sl_result sl_lock_wait(struct sl_lock *lock, enum sl_mode mode,
	const struct sl_patience *patience, struct sl_failure *failure);

/* Ends the waiting. SL_OK: it was granted in the last moment, and is taken. Otherwise it is not. */
enum sl_result sl_lock_last_try(struct sl_lock *lock, struct sl_failure *failure);

/* Ends the waiting, or gives back what was taken and never confirmed: as if it had never been. */
void sl_lock_give_up(struct sl_lock *lock);

/* After SL_DEADLOCK: the cycle; NULL if this context has the lock itself, by another one. */
const struct sl_cycle *sl_lock_cycle(const struct sl_lock *lock);

/* Of what the last acquire found busy: does this context have it, by another lock? */
bool sl_lock_blocks_itself(const struct sl_lock *lock);

/* False where the kernel does not show all who wait. Who came before us, if we wait now. */
bool sl_lock_waiters_ahead(const struct sl_lock *lock, size_t *count);

/*
 * Gives the lock back, whatever it returns. `end` is NULL in good order, else why it ended: where
 * the kind of lock has room for it, the next owner will hear it. SL_LOST: somebody had taken the
 * lock away. SL_SYSTEM: whether the path still named it could not be told.
 */
enum sl_result sl_lock_release(struct sl_lock *lock, const char *end, struct sl_failure *failure);

/* Held by this process, as far as we know; sl_lock_check asks the file system. */
bool sl_lock_is_held(const struct sl_lock *lock);
enum sl_mode sl_lock_mode(const struct sl_lock *lock);

/* SL_OK: held, and the path still names it. SL_NOT_HELD, SL_LOST, SL_SYSTEM. */
enum sl_result sl_lock_check(const struct sl_lock *lock, struct sl_failure *failure);

/* Who has it. A filled list is freed by sl_holders_free(). */
enum sl_result sl_lock_holders(
	const struct sl_lock *lock, struct sl_holder_list *list, struct sl_failure *failure);

/*
 * The locks of a context that have a descriptor, or had one before this process was forked; newest
 * first: start with NULL. In a forked child none of them is held.
 */
struct sl_lock *sl_lock_next(const struct sl_lock *after, void *context);

/* The application's object, and how it says that the object is gone (NULL) while the lock stays. */
void *sl_lock_object(const struct sl_lock *lock);
void sl_lock_set_object(struct sl_lock *lock, void *object);

/* How many acquires have succeeded: tells one holding of a lock from the next. */
unsigned sl_lock_generation(const struct sl_lock *lock);

/* What a set of locks has to know of it; the lock itself is a struct sl_lock. */
extern const struct sl_member_kind sl_lock_as_member;

#endif
