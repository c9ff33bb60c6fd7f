#include "lock.h"

#include "clock.h"
#include "text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* While waiting: how often to look whether it is still the right thing, and for a cycle. */
#define LOOK_INTERVAL SL_SECOND
#define LOOK_MARGIN   (50 * SL_MILLISECOND)

/* Without a place in the queue: how often to ask at first. */
#define POLL_FIRST SL_MILLISECOND

bool sl_lock_init(
	struct sl_lock *lock, const struct sl_lock_kind *kind, const struct sl_lock_options *options)
{
	lock->path = strdup(options->path);
	if (lock->path == NULL)
		return false;
	lock->kind = kind;
	lock->object = options->object;
	lock->entry.descriptor = -1;
	lock->entry.context = options->context;
	lock->watch = -1;
	lock->queue = SL_QUEUE_NONE;
	sl_text_visible(lock->label, sizeof lock->label, options->label, strlen(options->label));
	sl_text_visible(
		lock->command, sizeof lock->command, options->command, strlen(options->command));
	return true;
}

void sl_lock_free(struct sl_lock *lock)
{
	struct sl_failure ignored;
	if (lock == NULL)
		return;
	sl_lock_release(lock, NULL, &ignored);
	free(lock->path);
	lock->kind->free(lock);
}

bool sl_lock_is_at(const struct sl_lock *lock, enum sl_stage stage)
{
	/* getpid, not a remembered one: a raw clone(2) tells nobody, and a wrong answer here would let
	 * a child free its parent's lock. */
	return lock->stage == stage && !lock->entry.inherited && lock->pid == getpid();
}

bool sl_lock_is_held(const struct sl_lock *lock)
{
	return sl_lock_is_at(lock, SL_HELD);
}

enum sl_mode sl_lock_mode(const struct sl_lock *lock)
{
	return lock->mode;
}

unsigned sl_lock_generation(const struct sl_lock *lock)
{
	return lock->generation;
}

void *sl_lock_object(const struct sl_lock *lock)
{
	return lock->object;
}

void sl_lock_set_object(struct sl_lock *lock, void *object)
{
	lock->object = object;
}

struct sl_lock *sl_lock_next(const struct sl_lock *after, void *context)
{
	/* The entry is the first member, so both have one address, NULL included. */
	return (struct sl_lock *)sl_registry_next(after == NULL ? NULL : &after->entry, context);
}

void sl_lock_describe_owner(
	const struct sl_lock *lock, const struct sl_self *self, struct sl_owner *owner)
{
	owner->process = self->process;
	owner->since = lock->since;
	owner->until = (struct timespec){0, 0};
	memcpy(owner->host, self->host, sizeof owner->host);
	memcpy(owner->user, self->user, sizeof owner->user);
	memcpy(owner->command, lock->command, sizeof owner->command);
	memcpy(owner->label, lock->label, sizeof owner->label);
	owner->end[0] = '\0';
}

/* SL_OK: taken. SL_BUSY: something may be open, to wait on. */
static enum sl_result try_to_take(struct sl_lock *lock, enum sl_mode mode,
	const struct sl_self **self, struct sl_failure *failure)
{
	/* In a forked child: what is left of the parent's lock, kept by setInheritable. */
	lock->kind->close(lock);
	lock->mode = mode;
	lock->blocker = (struct sl_file_id){0, 0};
	lock->entry.pending = true;

	enum sl_result result = lock->kind->try(lock, failure);
	*self = sl_process_self();
	lock->pid = (*self)->process.pid;
	lock->refused = result == SL_BUSY;
	if (result == SL_OK)
		lock->stage = SL_TAKEN;
	return result;
}

static enum sl_result take(struct sl_lock *lock, enum sl_mode mode, const struct sl_self **self,
	struct sl_failure *failure)
{
	enum sl_result result = try_to_take(lock, mode, self, failure);
	if (result == SL_BUSY)
		lock->kind->undo(lock);
	return result;
}

static enum sl_result confirm(
	struct sl_lock *lock, const struct sl_self *self, struct sl_failure *failure)
{
	clock_gettime(CLOCK_REALTIME, &lock->since);
	lock->entry.pending = false;
	enum sl_result result = SL_OK;
	if (lock->entry.inheritable)
		result = sl_lock_set_inheritable(lock, true, failure);
	if (result == SL_OK)
		result = lock->kind->confirm(lock, self, failure);
	if (result != SL_OK) {
		lock->kind->undo(lock);
		return result;
	}
	lock->stage = SL_HELD;
	lock->generation++;
	return SL_OK;
}

enum sl_result sl_lock_take(struct sl_lock *lock, enum sl_mode mode, struct sl_failure *failure)
{
	const struct sl_self *self;
	return take(lock, mode, &self, failure);
}

enum sl_result sl_lock_confirm(struct sl_lock *lock, struct sl_failure *failure)
{
	/* In a child that is not even known to be forked (clone(2)) it is the parent's. */
	if (!sl_lock_is_at(lock, SL_TAKEN)) {
		sl_lock_give_up(lock);
		return SL_NOT_HELD;
	}
	return confirm(lock, sl_process_self(), failure);
}

/* sl_process_self() is two system calls, so it is asked once here. */
enum sl_result sl_lock_acquire(struct sl_lock *lock, enum sl_mode mode, struct sl_failure *failure)
{
	const struct sl_self *self;
	enum sl_result result = take(lock, mode, &self, failure);
	return result == SL_OK ? confirm(lock, self, failure) : result;
}

void sl_lock_give_up(struct sl_lock *lock)
{
	if (sl_lock_is_at(lock, SL_WAITING) || sl_lock_is_at(lock, SL_TAKEN))
		lock->kind->undo(lock);
	else if (!sl_lock_is_at(lock, SL_HELD))
		lock->kind->close(lock); /* what a forked child has of it */
}

enum sl_result sl_lock_release(struct sl_lock *lock, const char *end, struct sl_failure *failure)
{
	if (sl_lock_is_held(lock))
		return lock->kind->release(lock, end, failure);
	sl_lock_give_up(lock);
	return SL_OK;
}

enum sl_result sl_lock_set_inheritable(struct sl_lock *lock, bool on, struct sl_failure *failure)
{
	if (lock->entry.descriptor >= 0 && !lock->entry.pending &&
		fcntl(lock->entry.descriptor, F_SETFD, on ? 0 : FD_CLOEXEC) != 0)
		return sl_failed(failure, SL_SYSTEM, "fcntl");
	lock->entry.inheritable = on;
	return SL_OK;
}

enum sl_result sl_lock_check(const struct sl_lock *lock, struct sl_failure *failure)
{
	return sl_lock_is_held(lock) ? lock->kind->check(lock, failure) : SL_NOT_HELD;
}

enum sl_result sl_lock_holders(
	const struct sl_lock *lock, struct sl_holder_list *list, struct sl_failure *failure)
{
	return lock->kind->holders(lock, list, failure);
}

bool sl_lock_waiters_ahead(const struct sl_lock *lock, size_t *count)
{
	return lock->kind->waiters_ahead != NULL && lock->kind->waiters_ahead(lock, count);
}

bool sl_lock_is_in_own_way(const struct sl_lock *lock, const struct sl_file_id *file)
{
	struct sl_lock *other = NULL;
	while ((other = sl_lock_next(other, lock->entry.context)) != NULL) {
		if (other == lock || !(sl_lock_is_at(other, SL_HELD) || sl_lock_is_at(other, SL_TAKEN)) ||
			(lock->mode == SL_SHARED && other->mode == SL_SHARED))
			continue;
		if (sl_same_file(&other->file, file))
			return true;
	}
	return false;
}

bool sl_lock_blocks_itself(const struct sl_lock *lock)
{
	return sl_lock_is_in_own_way(lock, &lock->blocker);
}

const struct sl_cycle *sl_lock_cycle(const struct sl_lock *lock)
{
	return lock->suspicion.cycle.count > 0 ? &lock->suspicion.cycle : NULL;
}

/* --- Waiting --- */

/* A later time to ask, not the same for all who wait. */
static void plan_poll(struct sl_lock *lock, int64_t now)
{
	int64_t interval = lock->poll_interval;
	lock->next_poll = now + interval / 2 + (now ^ lock->pid) % interval;
	lock->poll_interval = sl_clock_earlier(2 * interval, lock->kind->poll_last);
}

/* Queues up; where that cannot be done, asks from time to time, and tries again at the next look.
 */
static void queue_up(struct sl_lock *lock, bool holding)
{
	lock->next_look = sl_clock_now() + LOOK_INTERVAL;
	if (lock->watch >= 0 && (sl_queue_is_entered(&lock->queue) ||
								sl_queue_enter(&lock->queue, lock->watch, lock->watch_operation,
									holding ? SL_QUEUE_IMPATIENT : SL_QUEUE_PATIENT)))
		lock->next_poll = SL_FOREVER;
	else if (lock->next_poll == SL_FOREVER)
		plan_poll(lock, sl_clock_now());
}

/* What keeps the lock from us is our own: to wait for that would never end. */
static enum sl_result stand_in_own_way(struct sl_lock *lock)
{
	lock->kind->undo(lock);
	lock->suspicion.cycle.count = 0;
	return SL_DEADLOCK;
}

/* SL_BUSY: WAITING now. */
static enum sl_result begin_waiting(
	struct sl_lock *lock, enum sl_mode mode, bool holding, struct sl_failure *failure)
{
	const struct sl_self *self;
	enum sl_result result = try_to_take(lock, mode, &self, failure);
	if (result != SL_BUSY)
		return result;
	if (sl_lock_blocks_itself(lock))
		return stand_in_own_way(lock);
	lock->stage = SL_WAITING;
	lock->suspicion = (struct sl_suspicion){.seen = 0};
	lock->next_poll = SL_FOREVER;
	lock->poll_interval = POLL_FIRST;
	queue_up(lock, holding);
	return SL_BUSY;
}

/* The lock itself has the last word, whatever became of the thread. */
static enum sl_result ask_again(struct sl_lock *lock, struct sl_failure *failure)
{
	enum sl_result result = lock->kind->try_again(lock, failure);
	if (result == SL_OK) {
		sl_registry_renew(&lock->entry);
		lock->stage = SL_TAKEN;
		lock->refused = false;
	}
	return result;
}

enum sl_result sl_lock_last_try(struct sl_lock *lock, struct sl_failure *failure)
{
	if (!sl_lock_is_at(lock, SL_WAITING)) {
		lock->kind->close(lock);
		return SL_BUSY;
	}
	sl_queue_leave(&lock->queue);
	enum sl_result result = ask_again(lock, failure);
	if (result == SL_BUSY)
		lock->kind->undo(lock);
	return result == SL_LOST ? SL_BUSY : result;
}

static bool may_be_deadlocked(const struct sl_lock *lock, const struct sl_patience *patience)
{
	/* Who soon gives up what he holds breaks a cycle himself. */
	if (patience->holding || lock->watch < 0)
		return false;
	/* A look takes the kernel some milliseconds, which would be missing at the deadline. */
	if (patience->deadline != 0 && patience->deadline - sl_clock_now() < LOOK_MARGIN)
		return false;
	return sl_deadlock_is_due(&lock->suspicion);
}

/* SL_BUSY: go on waiting. SL_LOST: begin anew. */
static enum sl_result look_around(
	struct sl_lock *lock, const struct sl_patience *patience, struct sl_failure *failure)
{
	enum sl_result result = lock->kind->look(lock, failure);
	if (result != SL_OK) {
		lock->kind->undo(lock);
		return result;
	}
	if (may_be_deadlocked(lock, patience)) {
		struct sl_kernel_file file;
		sl_kernel_file_of(lock->watch, &lock->blocker, &file);
		if (sl_deadlock_look(&lock->suspicion, &file)) {
			result = sl_lock_last_try(lock, failure);
			return result == SL_BUSY ? SL_DEADLOCK : result;
		}
	}
	queue_up(lock, patience->holding);
	return SL_BUSY;
}

/* SL_BUSY: still waiting, perhaps for somebody else. */
static enum sl_result on_wakeup(struct sl_lock *lock, const struct sl_patience *patience,
	int64_t now, struct sl_failure *failure)
{
	struct sl_file_id before = lock->blocker;
	enum sl_result result = ask_again(lock, failure);
	if (result == SL_OK) {
		sl_queue_pass(&lock->queue);
		return SL_OK;
	}
	/* A callback of the wait may have taken it. */
	if (result == SL_BUSY && sl_lock_blocks_itself(lock))
		return stand_in_own_way(lock);
	sl_queue_leave(&lock->queue);
	if (result == SL_BUSY && !sl_same_file(&before, &lock->blocker)) {
		lock->next_poll = SL_FOREVER;
		queue_up(lock, patience->holding);
	} else {
		plan_poll(lock, now);
	}
	return result;
}

enum sl_result sl_lock_wait(struct sl_lock *lock, enum sl_mode mode,
	const struct sl_patience *patience, struct sl_failure *failure)
{
	for (;;) {
		enum sl_result result = SL_BUSY;
		if (!sl_lock_is_at(lock, SL_WAITING)) {
			result = begin_waiting(lock, mode, patience->holding, failure);
			if (result != SL_BUSY)
				return result;
		}
		int64_t wake = sl_clock_earlier(lock->next_look, lock->next_poll);
		enum sl_wakeup wakeup = sl_queue_sleep(
			&lock->queue, sl_clock_earlier(patience->until, wake), patience->interrupted);
		if (wakeup == SL_WOKEN_BY_SIGNAL)
			return SL_INTERRUPTED;

		int64_t now = sl_clock_now();
		if (wakeup == SL_WOKEN_BY_LOCK || now >= lock->next_poll)
			result = on_wakeup(lock, patience, now, failure);
		if (result == SL_BUSY && now >= lock->next_look)
			result = look_around(lock, patience, failure);
		if (result != SL_BUSY && result != SL_LOST)
			return result;
		if (now >= patience->until)
			return SL_BUSY;
	}
}

/* --- As a member of a set --- */

static bool member_has(void *lock)
{
	return sl_lock_is_held(lock);
}

static enum sl_result member_take(void *lock, enum sl_mode mode, struct sl_failure *failure)
{
	return sl_lock_take(lock, mode, failure);
}

static enum sl_result member_wait(
	void *lock, enum sl_mode mode, const struct sl_patience *patience, struct sl_failure *failure)
{
	return sl_lock_wait(lock, mode, patience, failure);
}

static enum sl_result member_last_try(void *lock, struct sl_failure *failure)
{
	return sl_lock_last_try(lock, failure);
}

static enum sl_result member_confirm(void *lock, struct sl_failure *failure)
{
	return sl_lock_confirm(lock, failure);
}

static void member_set_awake(void *lock, bool awake)
{
	const struct sl_lock *self = lock;
	sl_queue_set_awake(&self->queue, awake);
}

static void member_give_up(void *lock)
{
	sl_lock_give_up(lock);
}

static void member_release(void *lock)
{
	struct sl_failure ignored;
	sl_lock_release(lock, NULL, &ignored);
}

const struct sl_member_kind sl_lock_as_member = {
	.has = member_has,
	.take = member_take,
	.wait = member_wait,
	.last_try = member_last_try,
	.confirm = member_confirm,
	.set_awake = member_set_awake,
	.give_up = member_give_up,
	.release = member_release,
};
