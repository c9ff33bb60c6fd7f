#include "file_lock.h"

#include "clock.h"
#include "lock_path.h"
#include "text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* How often the file may be replaced between open and flock before we say that others are busy. */
#define ACQUIRE_ROUNDS 1000

/* Without a place in the queue: how seldom to ask at most. */
#define POLL_LAST (16 * SL_MILLISECOND)

struct file_lock {
	struct sl_lock lock; /* must be first */
	mode_t permissions;
	bool record;
	size_t record_size;             /* bytes that our record takes */
	struct sl_record_flip flip;     /* what makes it "released" */
	struct sl_abandoned *abandoned; /* NULL: nobody; kept until the next acquire */
};

static const struct sl_lock_kind file_lock_kind;

static struct file_lock *of(const struct sl_lock *lock)
{
	return (struct file_lock *)lock;
}

struct sl_lock *sl_file_lock_new(
	const struct sl_lock_options *options, mode_t permissions, bool record)
{
	struct file_lock *self = calloc(1, sizeof *self);
	if (self == NULL)
		return NULL;
	if (!sl_lock_init(&self->lock, &file_lock_kind, options)) {
		free(self);
		return NULL;
	}
	self->permissions = permissions;
	self->record = record;
	return &self->lock;
}

static void forget_abandoned(struct file_lock *self)
{
	free(self->abandoned);
	self->abandoned = NULL;
}

static void free_lock(struct sl_lock *lock)
{
	forget_abandoned(of(lock));
	free(lock);
}

bool sl_file_lock_has_record(const struct sl_lock *lock)
{
	return of(lock)->record;
}

const struct sl_abandoned *sl_file_lock_abandoned(const struct sl_lock *lock)
{
	return of(lock)->abandoned;
}

static int flock_operation(enum sl_mode mode)
{
	return mode == SL_EXCLUSIVE ? LOCK_EX : LOCK_SH;
}

/* Closes the descriptor, in a forked child too; no thread waits on it any more. */
static void close_lock(struct sl_lock *lock)
{
	lock->stage = SL_IDLE;
	lock->watch = -1;
	if (!lock->entry.linked && lock->entry.descriptor < 0 && !lock->queue.started)
		return;
	sl_queue_leave(&lock->queue);
	sl_registry_close(&lock->entry);
}

static void unlock(struct sl_lock *lock)
{
	/* Before the thread could win the lock after all. One that has served may take its time. */
	if (sl_queue_is_entered(&lock->queue))
		sl_queue_leave(&lock->queue);
	/* Its failure changes nothing: the close that follows is the last one, unless a child is just
	 * between fork and exec. */
	flock(lock->entry.descriptor, LOCK_UN);
	close_lock(lock);
}

static void undo(struct sl_lock *lock)
{
	/* Nobody has waited for it yet: it cannot be ours. */
	if (lock->stage == SL_IDLE)
		close_lock(lock);
	else
		unlock(lock);
}

/* The lock is ours; is it that of the file which the path names, and not of one that was removed?
 */
static enum sl_result verify_taken(struct sl_lock *lock, struct sl_failure *failure)
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
static enum sl_result open_and_lock(struct sl_lock *lock, struct sl_failure *failure)
{
	for (int round = 0; round < ACQUIRE_ROUNDS; round++) {
		enum sl_result result = sl_lock_path_open(lock->path, lock->mode == SL_EXCLUSIVE,
			of(lock)->permissions, &lock->entry, &lock->file, failure);
		if (result != SL_OK)
			return result;
		result = sl_lock_path_flock(lock->entry.descriptor, flock_operation(lock->mode), failure);
		if (result == SL_OK)
			result = verify_taken(lock, failure);
		else if (result != SL_BUSY)
			close_lock(lock);
		if (result != SL_LOST)
			return result;
	}
	return SL_BUSY;
}

/* Writes our record in this state over `previous`. `end` is why it failed, or NULL. */
static enum sl_result write_record(struct sl_lock *lock, const struct sl_self *self,
	enum sl_record_state state, const char *end, const struct sl_record_bytes *previous,
	struct sl_failure *failure)
{
	struct sl_record_image image;
	struct sl_owner owner;

	sl_lock_describe_owner(lock, self, &owner);
	if (end != NULL) {
		sl_text_visible(owner.end, sizeof owner.end, end, strlen(end));
		clock_gettime(CLOCK_REALTIME, &owner.until);
	}
	sl_record_encode(&image, state, &owner, of(lock)->abandoned, of(lock)->record_size);
	enum sl_result result =
		sl_record_write(lock->entry.descriptor, image.bytes, image.size, previous, failure);
	if (result == SL_OK) {
		of(lock)->record_size = image.size;
		sl_record_encode_flip(&of(lock)->flip, &image);
	}
	return result;
}

/* The same for a record that we wrote before. */
static enum sl_result rewrite_record(
	struct sl_lock *lock, enum sl_record_state state, const char *end, struct sl_failure *failure)
{
	struct sl_record_bytes previous;
	enum sl_result result = sl_record_read(lock->entry.descriptor, &previous, failure);
	if (result != SL_OK)
		return result;
	return write_record(lock, sl_process_self(), state, end, &previous, failure);
}

/* "held" becomes "released". If that fails it stays "held", and the next owner is told. */
static void flip_record(const struct sl_lock *lock)
{
	const struct sl_record_flip *flip = &of(lock)->flip;
	struct sl_failure ignored;
	struct sl_record_bytes previous;
	previous.length = flip->size;
	memcpy(previous.bytes, flip->undo, previous.length);
	sl_record_write(lock->entry.descriptor, flip->bytes, flip->size, &previous, &ignored);
}

/* What the file says of those who had the lock before us. */
static enum sl_result read_record(
	struct sl_lock *lock, struct sl_record_bytes *bytes, struct sl_failure *failure)
{
	struct sl_record record;

	enum sl_result result = sl_record_read(lock->entry.descriptor, bytes, failure);
	if (result != SL_OK || sl_record_is_quiet(bytes->bytes, bytes->length, &of(lock)->record_size))
		return result;
	sl_record_decode(&record, bytes->bytes, bytes->length);
	/* We have the lock, so an owner who is still said to hold it exclusively died with it. */
	if (record.state == SL_RECORD_HELD || record.state == SL_RECORD_FAILED)
		sl_record_abandon(&record.abandoned, &record.owner, lock->since);
	if (record.abandoned.count > 0) {
		of(lock)->abandoned = malloc(sizeof *of(lock)->abandoned);
		if (of(lock)->abandoned == NULL)
			return sl_failed(failure, SL_SYSTEM, "malloc");
		*of(lock)->abandoned = record.abandoned;
	}
	return SL_OK;
}

static enum sl_result try_once(struct sl_lock *lock, struct sl_failure *failure)
{
	forget_abandoned(of(lock));
	of(lock)->record_size = 0;
	enum sl_result result = open_and_lock(lock, failure);
	if (result == SL_BUSY) {
		lock->watch = lock->entry.descriptor;
		lock->watch_operation = flock_operation(lock->mode);
		if (lock->watch >= 0)
			lock->blocker = lock->file;
	}
	return result;
}

/* Whatever became of the thread that waited on this descriptor. SL_LOST: of a removed file. */
static enum sl_result try_again(struct sl_lock *lock, struct sl_failure *failure)
{
	if (lock->watch < 0) { /* others kept replacing the file */
		close_lock(lock);
		return SL_LOST;
	}
	enum sl_result result =
		sl_lock_path_flock(lock->entry.descriptor, flock_operation(lock->mode), failure);
	if (result == SL_OK)
		result = verify_taken(lock, failure);
	else if (result != SL_BUSY)
		close_lock(lock);
	return result;
}

static enum sl_result look(struct sl_lock *lock, struct sl_failure *failure)
{
	if (lock->watch < 0)
		return SL_LOST;
	return sl_lock_path_names(lock->path, &lock->file, failure);
}

static enum sl_result confirm(
	struct sl_lock *lock, const struct sl_self *self, struct sl_failure *failure)
{
	struct sl_record_bytes previous;

	/* The record is read even when none is to be written: what a dead owner left half done concerns
	 * us all the same. Shared holders write nothing, there may be many at once. */
	enum sl_result result = read_record(lock, &previous, failure);
	if (result == SL_OK && of(lock)->record && lock->mode == SL_EXCLUSIVE)
		result = write_record(lock, self, SL_RECORD_HELD, NULL, &previous, failure);
	if (result != SL_OK)
		forget_abandoned(of(lock));
	return result;
}

static bool waiters_ahead(const struct sl_lock *lock, size_t *count)
{
	size_t earlier = 0;
	/* All of this process look alike to the kernel. The registry has those that came later first.
	 */
	for (struct sl_lock *other = sl_lock_next(lock, lock->entry.context); other != NULL;
		 other = sl_lock_next(other, lock->entry.context))
		earlier +=
			sl_lock_is_at(other, SL_WAITING) && sl_same_file(&other->blocker, &lock->blocker);
	return sl_holders_waiting(lock->path, sl_lock_is_at(lock, SL_WAITING), earlier, count);
}

static enum sl_result release(struct sl_lock *lock, const char *end, struct sl_failure *failure)
{
	struct sl_failure ignored;
	enum sl_result result = sl_lock_path_names(lock->path, &lock->file, failure);
	if (of(lock)->record && lock->mode == SL_EXCLUSIVE) {
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

enum sl_result sl_file_lock_remove(struct sl_lock *lock, bool *removed, struct sl_failure *failure)
{
	*removed = false;
	if (!sl_lock_is_held(lock) || lock->mode != SL_EXCLUSIVE)
		return SL_NOT_HELD;
	enum sl_result result = sl_lock_path_names(lock->path, &lock->file, failure);
	if (result == SL_SYSTEM)
		return result;
	if (result == SL_LOST || of(lock)->abandoned != NULL)
		return release(lock, NULL, failure);
	/* While we hold it nobody who keeps to the protocol can put another file here; and who opened
	 * this one before finds, once he has its lock, that the path no longer names it. */
	if (unlink(lock->path) != 0)
		return sl_failed(failure, SL_SYSTEM, "unlink");
	*removed = true;
	unlock(lock);
	return SL_OK;
}

static enum sl_result check(const struct sl_lock *lock, struct sl_failure *failure)
{
	return sl_lock_path_names(lock->path, &lock->file, failure);
}

enum sl_result sl_file_lock_mark_consistent(struct sl_lock *lock, struct sl_failure *failure)
{
	if (!sl_lock_is_held(lock) || lock->mode != SL_EXCLUSIVE || !of(lock)->record)
		return SL_NOT_HELD;
	if (of(lock)->abandoned == NULL)
		return SL_OK;
	struct sl_abandoned *abandoned = of(lock)->abandoned;
	of(lock)->abandoned = NULL;
	enum sl_result result = rewrite_record(lock, SL_RECORD_HELD, NULL, failure);
	if (result == SL_OK)
		free(abandoned);
	else
		of(lock)->abandoned = abandoned;
	return result;
}

/*
 * From another pid namespace a holder without a record cannot be seen; if our last try was refused,
 * there was one all the same, and it is in the list as unknown.
 */
static enum sl_result holders(
	const struct sl_lock *lock, struct sl_holder_list *list, struct sl_failure *failure)
{
	enum sl_result result = sl_holders_list(lock->path, list, failure);
	if (result == SL_OK && list->count == 0 && lock->refused && !sl_process_sees_all())
		result = sl_holders_add_unknown(list, failure);
	return result;
}

static const struct sl_lock_kind file_lock_kind = {
	.try = try_once,
	.try_again = try_again,
	.look = look,
	.confirm = confirm,
	.undo = undo,
	.close = close_lock,
	.release = release,
	.check = check,
	.holders = holders,
	.waiters_ahead = waiters_ahead,
	.free = free_lock,
	.poll_last = POLL_LAST,
};
