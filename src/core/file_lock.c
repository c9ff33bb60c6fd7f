#include "file_lock.h"

#include "clock.h"
#include "lock_path.h"
#include "queue.h"
#include "text.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* How often the file may be replaced between open and flock before we say that others are busy. */
#define ACQUIRE_ROUNDS 1000

/* While waiting: how often to look whether the path still names the file, and for a cycle. */
#define LOOK_INTERVAL SL_SECOND
#define LOOK_MARGIN   (50 * SL_MILLISECOND)

/* Without a place in the queue: how often to ask, at first and later. */
#define POLL_FIRST SL_MILLISECOND
#define POLL_LAST  (16 * SL_MILLISECOND)

enum stage {
	IDLE,
	WAITING, /* the descriptor is open, and a thread may wait for the lock on it */
	TAKEN,   /* the kernel has given it to us */
	HELD,    /* and the record says so */
};

struct sl_file_lock {
	struct sl_registry_entry entry; /* must be first: the registry hands it back */
	char *path;
	mode_t permissions;
	bool record;
	void *object;
	char label[SL_LABEL_MAX + 1];
	char command[SL_COMMAND_MAX + 1];

	/* From the first try on. */
	enum stage stage;
	pid_t pid; /* whose stage it is: a forked child has none of it */
	enum sl_mode mode;
	struct sl_file_id file;
	struct timespec since;
	size_t record_size;             /* bytes that our record takes */
	struct sl_record_flip flip;     /* what makes it "released" */
	struct sl_abandoned *abandoned; /* NULL: nobody; kept until the next acquire */
	bool refused;                   /* the last acquire found it busy */
	unsigned generation;

	/* While waiting. */
	struct sl_queue queue;
	int64_t next_look;
	int64_t next_poll; /* when not in the queue */
	int64_t poll_interval;
	struct sl_suspicion suspicion;
};

struct sl_file_lock *sl_file_lock_new(const struct sl_file_lock_options *options)
{
	struct sl_file_lock *lock = calloc(1, sizeof *lock);
	if (lock == NULL)
		return NULL;
	lock->path = strdup(options->path);
	if (lock->path == NULL) {
		free(lock);
		return NULL;
	}
	lock->entry.descriptor = -1;
	lock->queue = SL_QUEUE_NONE;
	lock->entry.context = options->context;
	lock->permissions = options->permissions;
	lock->record = options->record;
	lock->object = options->object;
	sl_text_visible(lock->label, sizeof lock->label, options->label, strlen(options->label));
	sl_text_visible(
		lock->command, sizeof lock->command, options->command, strlen(options->command));
	return lock;
}

void sl_file_lock_free(struct sl_file_lock *lock)
{
	struct sl_failure ignored;
	if (lock == NULL)
		return;
	sl_file_lock_release(lock, NULL, &ignored);
	free(lock->abandoned);
	free(lock->path);
	free(lock);
}

/* This process brought the lock to this stage. */
static bool is_at(const struct sl_file_lock *lock, enum stage stage)
{
	/* getpid, not a remembered one: a raw clone(2) tells nobody, and a wrong answer here would let
	 * a child free its parent's lock. */
	return lock->stage == stage && lock->entry.descriptor >= 0 && !lock->entry.inherited &&
		   lock->pid == getpid();
}

bool sl_file_lock_is_held(const struct sl_file_lock *lock)
{
	return is_at(lock, HELD);
}

enum sl_mode sl_file_lock_mode(const struct sl_file_lock *lock)
{
	return lock->mode;
}

bool sl_file_lock_has_record(const struct sl_file_lock *lock)
{
	return lock->record;
}

unsigned sl_file_lock_generation(const struct sl_file_lock *lock)
{
	return lock->generation;
}

const struct sl_abandoned *sl_file_lock_abandoned(const struct sl_file_lock *lock)
{
	return lock->abandoned;
}

void *sl_file_lock_object(const struct sl_file_lock *lock)
{
	return lock->object;
}

void sl_file_lock_set_object(struct sl_file_lock *lock, void *object)
{
	lock->object = object;
}

static void forget_abandoned(struct sl_file_lock *lock)
{
	free(lock->abandoned);
	lock->abandoned = NULL;
}

static int flock_operation(enum sl_mode mode)
{
	return mode == SL_EXCLUSIVE ? LOCK_EX : LOCK_SH;
}

/* LOCK_NB sleeps on network file systems, so EINTR can come; it says nothing about the lock. */
static enum sl_result try_flock(int descriptor, enum sl_mode mode, struct sl_failure *failure)
{
	int answer;
	do {
		answer = flock(descriptor, flock_operation(mode) | LOCK_NB);
	} while (answer != 0 && errno == EINTR);
	if (answer == 0)
		return SL_OK;
	switch (errno) {
	case EWOULDBLOCK:
		return SL_BUSY;
	case ENOLCK:
	case EOPNOTSUPP:
	case ENOSYS:
		return sl_failed(failure, SL_UNSUPPORTED, "flock");
	default:
		return sl_failed(failure, SL_SYSTEM, "flock");
	}
}

/* Closes the descriptor, in a forked child too; no thread waits on it any more. */
static void close_lock(struct sl_file_lock *lock)
{
	if (!lock->entry.linked && lock->entry.descriptor < 0 && !lock->queue.started)
		return;
	sl_queue_leave(&lock->queue);
	sl_registry_close(&lock->entry);
	lock->stage = IDLE;
}

static void unlock(struct sl_file_lock *lock)
{
	/* Before the thread could win the lock after all. */
	sl_queue_leave(&lock->queue);
	/* Its failure changes nothing: the close that follows is the last one, unless a child is just
	 * between fork and exec. */
	flock(lock->entry.descriptor, LOCK_UN);
	close_lock(lock);
}

/* The lock is ours; is it that of the file which the path names, and not of one that was removed?
 */
static enum sl_result verify_taken(struct sl_file_lock *lock, struct sl_failure *failure)
{
	enum sl_result result = sl_lock_path_names_alone(lock->path, &lock->file, failure);
	if (result != SL_OK)
		unlock(lock);
	return result;
}

/*
 * Opens and locks the file that the path names when it is locked, not merely when it was opened.
 * SL_BUSY: if the descriptor is open, somebody else has that file.
 */
static enum sl_result open_and_lock(
	struct sl_file_lock *lock, enum sl_mode mode, struct sl_failure *failure)
{
	for (int round = 0; round < ACQUIRE_ROUNDS; round++) {
		enum sl_result result = sl_lock_path_open(lock->path, mode == SL_EXCLUSIVE,
			lock->permissions, &lock->entry, &lock->file, failure);
		if (result != SL_OK)
			return result;
		result = try_flock(lock->entry.descriptor, mode, failure);
		if (result == SL_OK)
			result = verify_taken(lock, failure);
		else if (result != SL_BUSY)
			close_lock(lock);
		if (result != SL_LOST)
			return result;
	}
	return SL_BUSY;
}

static void describe_self(
	const struct sl_file_lock *lock, const struct sl_self *self, struct sl_owner *owner)
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

/* Writes our record in this state over `previous`. `end` is why it failed, or NULL. */
static enum sl_result write_record(struct sl_file_lock *lock, const struct sl_self *self,
	enum sl_record_state state, const char *end, const struct sl_record_bytes *previous,
	struct sl_failure *failure)
{
	struct sl_record_image image;
	struct sl_owner owner;

	describe_self(lock, self, &owner);
	if (end != NULL) {
		sl_text_visible(owner.end, sizeof owner.end, end, strlen(end));
		clock_gettime(CLOCK_REALTIME, &owner.until);
	}
	sl_record_encode(&image, state, &owner, lock->abandoned, lock->record_size);
	enum sl_result result =
		sl_record_write(lock->entry.descriptor, image.bytes, image.size, previous, failure);
	if (result == SL_OK) {
		lock->record_size = image.size;
		sl_record_encode_flip(&lock->flip, &image);
	}
	return result;
}

/* The same for a record that we wrote before. */
static enum sl_result rewrite_record(struct sl_file_lock *lock, enum sl_record_state state,
	const char *end, struct sl_failure *failure)
{
	struct sl_record_bytes previous;
	enum sl_result result = sl_record_read(lock->entry.descriptor, &previous, failure);
	if (result != SL_OK)
		return result;
	return write_record(lock, sl_process_self(), state, end, &previous, failure);
}

/* "held" becomes "released". If that fails it stays "held", and the next owner is told. */
static void flip_record(const struct sl_file_lock *lock)
{
	struct sl_failure ignored;
	struct sl_record_bytes previous;
	previous.length = lock->flip.size;
	memcpy(previous.bytes, lock->flip.undo, previous.length);
	sl_record_write(lock->entry.descriptor, lock->flip.bytes, lock->flip.size, &previous, &ignored);
}

/* What the file says of those who had the lock before us. */
static enum sl_result read_record(
	struct sl_file_lock *lock, struct sl_record_bytes *bytes, struct sl_failure *failure)
{
	struct sl_record record;

	enum sl_result result = sl_record_read(lock->entry.descriptor, bytes, failure);
	if (result != SL_OK || sl_record_is_quiet(bytes->bytes, bytes->length, &lock->record_size))
		return result;
	sl_record_decode(&record, bytes->bytes, bytes->length);
	/* We have the lock, so an owner who is still said to hold it exclusively died with it. */
	if (record.state == SL_RECORD_HELD || record.state == SL_RECORD_FAILED)
		sl_record_abandon(&record.abandoned, &record.owner, lock->since);
	if (record.abandoned.count > 0) {
		lock->abandoned = malloc(sizeof *lock->abandoned);
		if (lock->abandoned == NULL)
			return sl_failed(failure, SL_SYSTEM, "malloc");
		*lock->abandoned = record.abandoned;
	}
	return SL_OK;
}

/* Opens the file and tries once: TAKEN, or busy and the descriptor may be open. */
static enum sl_result try_to_take(struct sl_file_lock *lock, enum sl_mode mode,
	const struct sl_self **self, struct sl_failure *failure)
{
	/* In a forked child: what is left of the parent's lock, kept by setInheritable. */
	close_lock(lock);
	forget_abandoned(lock);
	lock->record_size = 0;
	lock->mode = mode;
	lock->entry.pending = true;

	enum sl_result result = open_and_lock(lock, mode, failure);
	lock->refused = result == SL_BUSY;
	*self = sl_process_self();
	lock->pid = (*self)->process.pid;
	if (result == SL_OK)
		lock->stage = TAKEN;
	return result;
}

static enum sl_result take(struct sl_file_lock *lock, enum sl_mode mode,
	const struct sl_self **self, struct sl_failure *failure)
{
	enum sl_result result = try_to_take(lock, mode, self, failure);
	if (result == SL_BUSY)
		close_lock(lock);
	return result;
}

static enum sl_result confirm(
	struct sl_file_lock *lock, const struct sl_self *self, struct sl_failure *failure)
{
	struct sl_record_bytes previous;
	enum sl_result result = SL_OK;

	clock_gettime(CLOCK_REALTIME, &lock->since);
	lock->entry.pending = false;
	if (lock->entry.inheritable)
		result = sl_file_lock_set_inheritable(lock, true, failure);
	/* The record is read even when none is to be written: what a dead owner left half done concerns
	 * us all the same. Shared holders write nothing, there may be many at once. */
	if (result == SL_OK)
		result = read_record(lock, &previous, failure);
	if (result == SL_OK && lock->record && lock->mode == SL_EXCLUSIVE)
		result = write_record(lock, self, SL_RECORD_HELD, NULL, &previous, failure);
	if (result != SL_OK) {
		unlock(lock);
		forget_abandoned(lock);
		return result;
	}
	lock->stage = HELD;
	lock->generation++;
	return SL_OK;
}

enum sl_result sl_file_lock_take(
	struct sl_file_lock *lock, enum sl_mode mode, struct sl_failure *failure)
{
	const struct sl_self *self;
	return take(lock, mode, &self, failure);
}

enum sl_result sl_file_lock_confirm(struct sl_file_lock *lock, struct sl_failure *failure)
{
	/* In a child that is not even known to be forked (clone(2)) it is the parent's. */
	if (!is_at(lock, TAKEN)) {
		sl_file_lock_give_up(lock);
		return SL_NOT_HELD;
	}
	return confirm(lock, sl_process_self(), failure);
}

/* sl_process_self() is two system calls, so it is asked once here. */
enum sl_result sl_file_lock_acquire(
	struct sl_file_lock *lock, enum sl_mode mode, struct sl_failure *failure)
{
	const struct sl_self *self;
	enum sl_result result = take(lock, mode, &self, failure);
	return result == SL_OK ? confirm(lock, self, failure) : result;
}

void sl_file_lock_give_up(struct sl_file_lock *lock)
{
	if (is_at(lock, WAITING) || is_at(lock, TAKEN))
		unlock(lock);
	else if (!is_at(lock, HELD))
		close_lock(lock); /* what a forked child has of it */
}

/* A later time to ask, not the same for all who wait. */
static void plan_poll(struct sl_file_lock *lock, int64_t now)
{
	int64_t interval = lock->poll_interval;
	lock->next_poll = now + interval / 2 + (now ^ lock->pid) % interval;
	lock->poll_interval = sl_clock_earlier(2 * interval, POLL_LAST);
}

/* Queues up; where that cannot be done, asks from time to time, and tries again at the next look.
 */
static void queue_up(struct sl_file_lock *lock, bool holding)
{
	lock->next_look = sl_clock_now() + LOOK_INTERVAL;
	if (lock->entry.descriptor < 0)
		return;
	if (sl_queue_is_entered(&lock->queue) ||
		sl_queue_enter(&lock->queue, lock->entry.descriptor, flock_operation(lock->mode),
			holding ? SL_QUEUE_IMPATIENT : SL_QUEUE_PATIENT))
		lock->next_poll = SL_FOREVER;
	else if (lock->next_poll == SL_FOREVER)
		plan_poll(lock, sl_clock_now());
}

/* SL_BUSY: WAITING now, if there is a file to wait for. */
static enum sl_result begin_waiting(
	struct sl_file_lock *lock, enum sl_mode mode, bool holding, struct sl_failure *failure)
{
	const struct sl_self *self;
	enum sl_result result = try_to_take(lock, mode, &self, failure);
	if (result != SL_BUSY)
		return result;
	lock->next_poll = SL_FOREVER;
	lock->poll_interval = POLL_FIRST;
	if (lock->entry.descriptor < 0) { /* others kept replacing the file */
		lock->next_look = sl_clock_now() + POLL_LAST;
		return SL_BUSY;
	}
	if (sl_file_lock_blocks_itself(lock)) {
		close_lock(lock);
		lock->suspicion.cycle.count = 0;
		return SL_DEADLOCK;
	}
	lock->stage = WAITING;
	lock->suspicion = (struct sl_suspicion){.seen = 0};
	queue_up(lock, holding);
	return SL_BUSY;
}

/* flock has the last word, whatever became of the thread. SL_LOST: taken, but of a removed file. */
static enum sl_result ask_again(struct sl_file_lock *lock, struct sl_failure *failure)
{
	enum sl_result result = try_flock(lock->entry.descriptor, lock->mode, failure);
	if (result == SL_OK)
		result = verify_taken(lock, failure);
	else if (result != SL_BUSY)
		close_lock(lock);
	if (result == SL_OK) {
		sl_registry_renew(&lock->entry);
		lock->stage = TAKEN;
		lock->refused = false;
	}
	return result;
}

enum sl_result sl_file_lock_last_try(struct sl_file_lock *lock, struct sl_failure *failure)
{
	if (!is_at(lock, WAITING)) {
		close_lock(lock);
		return SL_BUSY;
	}
	sl_queue_leave(&lock->queue);
	enum sl_result result = ask_again(lock, failure);
	if (result == SL_BUSY)
		close_lock(lock);
	return result == SL_LOST ? SL_BUSY : result;
}

static bool may_be_deadlocked(const struct sl_file_lock *lock, const struct sl_patience *patience)
{
	/* Who soon gives up what he holds breaks a cycle himself. */
	if (patience->holding)
		return false;
	/* A look takes the kernel some milliseconds, which would be missing at the deadline. */
	if (patience->deadline != 0 && patience->deadline - sl_clock_now() < LOOK_MARGIN)
		return false;
	return sl_deadlock_is_due(&lock->suspicion);
}

/* SL_BUSY: go on waiting. SL_LOST: the path names another file now. */
static enum sl_result look_around(
	struct sl_file_lock *lock, const struct sl_patience *patience, struct sl_failure *failure)
{
	enum sl_result result = sl_lock_path_names(lock->path, &lock->file, failure);
	if (result != SL_OK) {
		unlock(lock);
		return result;
	}
	if (may_be_deadlocked(lock, patience)) {
		struct sl_kernel_file file;
		sl_kernel_file_of(lock->entry.descriptor, &lock->file, &file);
		if (sl_deadlock_look(&lock->suspicion, &file)) {
			result = sl_file_lock_last_try(lock, failure);
			return result == SL_BUSY ? SL_DEADLOCK : result;
		}
	}
	queue_up(lock, patience->holding);
	return SL_BUSY;
}

enum sl_result sl_file_lock_wait(struct sl_file_lock *lock, enum sl_mode mode,
	const struct sl_patience *patience, struct sl_failure *failure)
{
	for (;;) {
		enum sl_result result = SL_BUSY;
		if (!is_at(lock, WAITING)) {
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
		if (wakeup == SL_WOKEN_BY_LOCK || now >= lock->next_poll) {
			result = ask_again(lock, failure);
			if (result == SL_OK)
				sl_queue_pass(&lock->queue);
			else
				sl_queue_leave(&lock->queue);
			plan_poll(lock, now);
		}
		if (result == SL_BUSY && now >= lock->next_look)
			result = look_around(lock, patience, failure);
		if (result != SL_BUSY && result != SL_LOST)
			return result;
		if (now >= patience->until)
			return SL_BUSY;
	}
}

const struct sl_cycle *sl_file_lock_cycle(const struct sl_file_lock *lock)
{
	return lock->suspicion.cycle.count > 0 ? &lock->suspicion.cycle : NULL;
}

bool sl_file_lock_waiters_ahead(const struct sl_file_lock *lock, size_t *count)
{
	size_t earlier = 0;
	/* All of this process look alike to the kernel. The registry has those that came later first.
	 */
	for (struct sl_file_lock *other = sl_file_lock_next(lock, lock->entry.context); other != NULL;
		 other = sl_file_lock_next(other, lock->entry.context))
		earlier += is_at(other, WAITING) && sl_same_file(&other->file, &lock->file);
	return sl_holders_waiting(lock->path, is_at(lock, WAITING), earlier, count);
}

enum sl_result sl_file_lock_release(
	struct sl_file_lock *lock, const char *end, struct sl_failure *failure)
{
	struct sl_failure ignored;

	if (!sl_file_lock_is_held(lock)) {
		sl_file_lock_give_up(lock);
		return SL_OK;
	}
	enum sl_result result = sl_lock_path_names(lock->path, &lock->file, failure);
	if (lock->record && lock->mode == SL_EXCLUSIVE) {
		/* If it cannot be written (a full btrfs refuses even to overwrite), the next owner is
		 * warned once too often, and never once too seldom. */
		if (end == NULL)
			flip_record(lock);
		else
			rewrite_record(lock, SL_RECORD_FAILED, end, &ignored);
	}
	unlock(lock);
	return result;
}

enum sl_result sl_file_lock_remove(
	struct sl_file_lock *lock, bool *removed, struct sl_failure *failure)
{
	*removed = false;
	if (!sl_file_lock_is_held(lock) || lock->mode != SL_EXCLUSIVE)
		return SL_NOT_HELD;
	enum sl_result result = sl_lock_path_names(lock->path, &lock->file, failure);
	if (result == SL_SYSTEM)
		return result;
	if (result == SL_LOST || lock->abandoned != NULL)
		return sl_file_lock_release(lock, NULL, failure);
	/* While we hold it nobody who keeps to the protocol can put another file here; and who opened
	 * this one before finds, once he has its lock, that the path no longer names it. */
	if (unlink(lock->path) != 0)
		return sl_failed(failure, SL_SYSTEM, "unlink");
	*removed = true;
	unlock(lock);
	return SL_OK;
}

enum sl_result sl_file_lock_check(const struct sl_file_lock *lock, struct sl_failure *failure)
{
	if (!sl_file_lock_is_held(lock))
		return SL_NOT_HELD;
	return sl_lock_path_names(lock->path, &lock->file, failure);
}

enum sl_result sl_file_lock_mark_consistent(struct sl_file_lock *lock, struct sl_failure *failure)
{
	if (!sl_file_lock_is_held(lock) || lock->mode != SL_EXCLUSIVE || !lock->record)
		return SL_NOT_HELD;
	if (lock->abandoned == NULL)
		return SL_OK;
	struct sl_abandoned *abandoned = lock->abandoned;
	lock->abandoned = NULL;
	enum sl_result result = rewrite_record(lock, SL_RECORD_HELD, NULL, failure);
	if (result == SL_OK)
		free(abandoned);
	else
		lock->abandoned = abandoned;
	return result;
}

enum sl_result sl_file_lock_set_inheritable(
	struct sl_file_lock *lock, bool on, struct sl_failure *failure)
{
	if (lock->entry.descriptor >= 0 && !lock->entry.pending &&
		fcntl(lock->entry.descriptor, F_SETFD, on ? 0 : FD_CLOEXEC) != 0)
		return sl_failed(failure, SL_SYSTEM, "fcntl");
	lock->entry.inheritable = on;
	return SL_OK;
}

struct sl_file_lock *sl_file_lock_next(const struct sl_file_lock *after, void *context)
{
	/* The entry is the first member, so both have one address, NULL included. */
	return (struct sl_file_lock *)sl_registry_next(after == NULL ? NULL : &after->entry, context);
}

enum sl_result sl_file_lock_holders(
	const struct sl_file_lock *lock, struct sl_holder_list *list, struct sl_failure *failure)
{
	enum sl_result result = sl_holders_list(lock->path, list, failure);
	if (result == SL_OK && list->count == 0 && lock->refused && !sl_process_sees_all())
		result = sl_holders_add_unknown(list, failure);
	return result;
}

bool sl_file_lock_blocks_itself(const struct sl_file_lock *lock)
{
	struct sl_file_lock *other = NULL;
	while ((other = sl_file_lock_next(other, lock->entry.context)) != NULL) {
		if (other == lock || !(is_at(other, HELD) || is_at(other, TAKEN)) ||
			(lock->mode == SL_SHARED && other->mode == SL_SHARED))
			continue;
		if (sl_same_file(&other->file, &lock->file))
			return true;
	}
	return false;
}

static bool member_has(void *lock)
{
	return sl_file_lock_is_held(lock);
}

static enum sl_result member_take(void *lock, enum sl_mode mode, struct sl_failure *failure)
{
	return sl_file_lock_take(lock, mode, failure);
}

static enum sl_result member_wait(
	void *lock, enum sl_mode mode, const struct sl_patience *patience, struct sl_failure *failure)
{
	return sl_file_lock_wait(lock, mode, patience, failure);
}

static enum sl_result member_last_try(void *lock, struct sl_failure *failure)
{
	return sl_file_lock_last_try(lock, failure);
}

static enum sl_result member_confirm(void *lock, struct sl_failure *failure)
{
	return sl_file_lock_confirm(lock, failure);
}

static void member_set_awake(void *lock, bool awake)
{
	const struct sl_file_lock *self = lock;
	sl_queue_set_awake(&self->queue, awake);
}

static void member_give_up(void *lock)
{
	sl_file_lock_give_up(lock);
}

static void member_release(void *lock)
{
	struct sl_failure ignored;
	sl_file_lock_release(lock, NULL, &ignored);
}

const struct sl_member_kind sl_file_lock_as_member = {
	.has = member_has,
	.take = member_take,
	.wait = member_wait,
	.last_try = member_last_try,
	.confirm = member_confirm,
	.set_awake = member_set_awake,
	.give_up = member_give_up,
	.release = member_release,
};
