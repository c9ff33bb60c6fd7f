/*
 * Several locks, all or none. Every wait is one for a set, most often of one lock.
 *
 * Never a deadlock, in whatever order others take the locks: while the set holds any of its locks
 * it waits for another one only for a while. When that is over it gives back what it holds, and
 * waits, for as long as it takes and holding nothing, for the one that was busy. Then it tries the
 * others again, and with more patience.
 *
 * That patience is what keeps it from starving. A set that never waits while it holds something
 * (as C++'s std::lock) needs a moment in which all its locks happen to be free at once; this one
 * collects them one by one, as soon as its patience exceeds the time for which others hold them.
 * The locks are tried in one order, by name, so that sets do not get into each other's way; where
 * the busy one that was got first breaks that order, the patience stays short.
 *
 *     take ─────────► confirm            or give_up, from anywhere
 *     wait, wait, … ──┘
 *
 * Nobody is told of a lock before all are taken: a set that backs off, or is killed meanwhile,
 * leaves no trace.
 */
#ifndef SL_LOCK_SET_H
#define SL_LOCK_SET_H

#include "result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum sl_mode { SL_EXCLUSIVE, SL_SHARED };

/* How to wait. */
struct sl_patience {
	int64_t until;             /* at the latest (clock.h) */
	int64_t deadline;          /* of the whole wait: nothing slow is begun just before; 0: none */
	bool holding;              /* and not for long: we keep others waiting meanwhile */
	bool (*interrupted)(void); /* or as soon as this is true; NULL: signals alone interrupt */
};

/* What a lock has to be able to do; as the functions of file_lock.h that are called so. */
struct sl_member_kind {
	bool (*has)(void *lock); /* still held; NULL: what is held stays so */
	enum sl_result (*take)(void *lock, enum sl_mode mode, struct sl_failure *failure);
	enum sl_result (*wait)(void *lock, enum sl_mode mode, const struct sl_patience *patience,
		struct sl_failure *failure);
	enum sl_result (*last_try)(void *lock, struct sl_failure *failure);
	enum sl_result (*confirm)(void *lock, struct sl_failure *failure);
	void (*set_awake)(void *lock, bool awake); /* NULL: makes no difference */
	void (*give_up)(void *lock);
	void (*release)(void *lock);
};

struct sl_member {
	const struct sl_member_kind *kind;
	void *lock;
	void *object; /* the application's */
	enum sl_mode mode;
	bool has_it; /* taken, or held before: then the set lets it alone */
	bool ours;   /* the set took it */
};

struct sl_lock_set {
	struct sl_member *members; /* in the order in which they are tried */
	size_t count;
	pid_t pid;            /* whose wait this is */
	size_t busy;          /* the member that was found busy last */
	int64_t deadline;     /* of the whole wait, for struct sl_patience; 0: none */
	int64_t patience;     /* how long to wait while holding others */
	int64_t patience_end; /* since when that is over, for the busy one */
};

/* Before every acquire. The members are filled in: kind, lock, object, mode, and has_it. */
void sl_lock_set_begin(struct sl_lock_set *set);

/* Tries each once. SL_OK: all taken. SL_BUSY: none, set->busy was. Or what a member answered. */
enum sl_result sl_lock_set_take(struct sl_lock_set *set, struct sl_failure *failure);

/*
 * Waits for all of them. SL_OK: all taken. SL_BUSY: it is time. SL_INTERRUPTED. After these two go
 * on with it soon, or end it by one of the next two. Anything else: what the member set->busy
 * answered, and nothing is taken.
 */
enum sl_result sl_lock_set_wait(
	struct sl_lock_set *set, int64_t until, bool (*interrupted)(void), struct sl_failure *failure);

/*
 * Between two calls of sl_lock_set_wait() the application runs code that may give back what others
 * wait for: meanwhile this wait proves no deadlock.
 */
void sl_lock_set_set_awake(struct sl_lock_set *set, bool awake);

/* Ends the waiting: SL_OK if all could be had in the last moment, otherwise nothing is taken. */
enum sl_result sl_lock_set_last_try(struct sl_lock_set *set, struct sl_failure *failure);

/* Ends the waiting, gives back what was taken. */
void sl_lock_set_give_up(struct sl_lock_set *set);

/* All are taken: now they are held. Otherwise none is, and set->busy is the member that failed. */
enum sl_result sl_lock_set_confirm(struct sl_lock_set *set, struct sl_failure *failure);

#endif
