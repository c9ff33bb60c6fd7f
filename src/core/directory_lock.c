#include "directory_lock.h"

#include "clock.h"
#include "directory.h"
#include "filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often others may be faster before we say that they are busy. */
#define ATTEMPTS 1000

/* For their owner alone: who may open a record can lock it, and make the dead look alive. */
#define DIRECTORY_MODE 0700
#define RECORD_MODE    0600

/* Where there is nothing to wait on: how seldom to ask at most. */
#define POLL_LAST (250 * SL_MILLISECOND)

struct directory_lock {
	struct sl_lock lock; /* must be first */
	char *parent_path;
	const char *base; /* the last part of the path */
	char *own;        /* the path of our record, once it is where the lock is */
	char *name;       /* the last part of that; "" as long as there is none */
	bool probed;      /* this file system renames as it must */

	/* While trying or waiting. */
	int parent;                           /* -1: not open */
	bool doubtful;                        /* a server did not say that it renamed */
	char temporary[NAME_MAX + 1];         /* the directory that is prepared; "": there is none */
	bool collected;                       /* left-overs of others were looked for */
	char watched[SL_RECORD_NAME_MAX + 1]; /* the record that lock.blocker is */
	/* And as long as it is held. */
	int directory; /* that our record is in; -1 */
	struct sl_viewpoint here;
	bool astray;             /* our record is not where the path leads to */
	struct timespec written; /* since when the record says that we have it */
};

static const struct sl_lock_kind directory_lock_kind;

static struct directory_lock *of(const struct sl_lock *lock)
{
	return (struct directory_lock *)lock;
}

static bool init(struct directory_lock *self, const struct sl_lock_options *options)
{
	self->parent = self->directory = -1;
	if (!sl_lock_init(&self->lock, &directory_lock_kind, options))
		return false;
	size_t length = strlen(self->lock.path);
	char *slash = strrchr(self->lock.path, '/');
	size_t parent =
		slash != NULL && slash > self->lock.path ? (size_t)(slash - self->lock.path) : 1;
	self->base = slash != NULL ? slash + 1 : self->lock.path;
	self->parent_path = strndup(self->lock.path, parent);
	self->own = malloc(length + 1 + SL_RECORD_NAME_MAX + 1);
	if (self->parent_path == NULL || self->own == NULL)
		return false;
	self->name = self->own + sprintf(self->own, "%s/", self->lock.path);
	return true;
}

static void free_lock(struct sl_lock *lock)
{
	free(of(lock)->parent_path);
	free(of(lock)->own);
	free(lock);
}

struct sl_lock *sl_directory_lock_new(const struct sl_lock_options *options)
{
	struct directory_lock *self = calloc(1, sizeof *self);
	if (self == NULL)
		return NULL;
	if (init(self, options))
		return &self->lock;
	free(self->lock.path);
	free_lock(&self->lock);
	return NULL;
}

static void close_descriptor(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

/* In a forked child too: nothing is changed but what this process has open. */
static void close_lock(struct sl_lock *lock)
{
	struct directory_lock *self = of(lock);
	lock->stage = SL_IDLE;
	sl_queue_leave(&lock->queue);
	close_descriptor(&lock->watch);
	if (lock->entry.linked || lock->entry.descriptor >= 0)
		sl_registry_close(&lock->entry);
	close_descriptor(&self->directory);
	close_descriptor(&self->parent);
	self->temporary[0] = '\0';
	self->name[0] = '\0';
}

/* LOCK_UN first: a child between fork and exec still has the descriptor. */
static void unlock(struct sl_lock *lock)
{
	if (lock->entry.descriptor >= 0)
		flock(lock->entry.descriptor, LOCK_UN);
	sl_registry_close(&lock->entry);
}

static bool is_prepared(const struct directory_lock *self)
{
	return self->directory >= 0;
}

/* Where we put it, wherever that directory is by now. */
static bool has_own_record(const struct directory_lock *self)
{
	struct stat st;
	return fstatat(self->directory, self->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		   sl_same_file(&(struct sl_file_id){st.st_dev, st.st_ino}, &self->lock.file);
}

/* Not that of somebody else, to which the path may lead by now. */
static void remove_directory(const struct directory_lock *self)
{
	struct stat ours, there;

	if (self->temporary[0] != '\0')
		unlinkat(self->parent, self->temporary, AT_REMOVEDIR);
	else if (self->parent >= 0)
		unlinkat(self->parent, self->base, AT_REMOVEDIR);
	else if (!self->astray ||
			 (fstat(self->directory, &ours) == 0 && lstat(self->lock.path, &there) == 0 &&
				 ours.st_dev == there.st_dev && ours.st_ino == there.st_ino))
		rmdir(self->lock.path);
}

/*
 * Takes our record away, and the directory that it was in, prepared or published. Whoever waits for
 * us is woken by the unlock, and shall find it gone. The errno, if it could not be removed.
 */
static int remove_record(struct directory_lock *self)
{
	int error = 0;
	/* There a file that is removed while it is open stays in the directory under another name, and
	 * the directory with it. */
	bool close_first = !sl_kind_is_local(self->here.kind);

	if (close_first)
		unlock(&self->lock);
	if (is_prepared(self) && self->name[0] != '\0' &&
		unlinkat(self->directory, self->name, 0) != 0) {
		error = errno;
		if (!has_own_record(self))
			error = 0;
	}
	self->name[0] = '\0';
	/* Fails, as it must, if others have put a record there. */
	remove_directory(self);
	self->temporary[0] = '\0';
	if (!close_first)
		unlock(&self->lock);
	close_descriptor(&self->directory);
	return error;
}

static void undo(struct sl_lock *lock)
{
	sl_queue_leave(&lock->queue);
	if (is_prepared(of(lock)))
		remove_record(of(lock));
	close_lock(lock);
}

/* --- A directory that names its owner --- */

static enum sl_result make_temporary(
	struct directory_lock *self, const char *nonce, struct sl_failure *failure)
{
	if (!sl_temporary_name_write(self->temporary, sizeof self->temporary, self->base, nonce)) {
		self->temporary[0] = '\0';
		errno = ENAMETOOLONG;
		return sl_failed(failure, SL_SYSTEM, "mkdir");
	}
	if (mkdirat(self->parent, self->temporary, DIRECTORY_MODE) != 0) {
		self->temporary[0] = '\0';
		/* FUSE looks it up after it has made it, and a collector may have been there in between. */
		return sl_failed(failure, errno == ENOENT ? SL_LOST : SL_SYSTEM, "mkdir");
	}
	self->directory = sl_lock_path_open_in(self->parent, self->temporary, true);
	if (self->directory >= 0)
		return SL_OK;
	enum sl_result result = sl_failed(failure, errno == ENOENT ? SL_LOST : SL_SYSTEM, "open");
	unlinkat(self->parent, self->temporary, AT_REMOVEDIR);
	self->temporary[0] = '\0';
	return result;
}

/*
 * Some file systems replace a directory that is not empty. Then nothing here is a lock. What is
 * prepared is not empty, and our record in it is locked: no collector empties it meanwhile.
 */
static enum sl_result probe(struct directory_lock *self, struct sl_failure *failure)
{
	enum sl_result result = SL_OK;
	char nonce[SL_NONCE_SIZE + 1], empty[NAME_MAX + 1];

	if (!sl_nonce_draw(nonce))
		return sl_failed(failure, SL_SYSTEM, "getrandom");
	sl_temporary_name_write(empty, sizeof empty, self->base, nonce);
	if (mkdirat(self->parent, empty, DIRECTORY_MODE) != 0)
		return sl_failed(failure, errno == ENOENT ? SL_LOST : SL_SYSTEM, "mkdir");
	if (renameat(self->parent, empty, self->parent, self->temporary) == 0) {
		errno = EOPNOTSUPP;
		result = sl_failed(failure, SL_UNSUPPORTED, "rename");
	} else if (errno == ENOENT) {
		result = sl_failed(failure, SL_LOST, "rename");
	} else if (errno != ENOTEMPTY && errno != EEXIST) {
		result = sl_failed(failure, SL_SYSTEM, "rename");
	}
	unlinkat(self->parent, empty, AT_REMOVEDIR);
	self->probed = result == SL_OK;
	return result;
}

static enum sl_result write_record(
	struct directory_lock *self, const struct sl_self *process, struct sl_failure *failure)
{
	struct sl_record_image image;
	struct sl_owner owner;

	sl_lock_describe_owner(&self->lock, process, &owner);
	sl_record_encode(&image, SL_RECORD_HELD, &owner, NULL, 0);
	self->written = self->lock.since;
	return sl_record_write(self->lock.entry.descriptor, image.bytes, image.size, NULL, failure);
}

/* SL_LOST: somebody took it for what a dead process left. */
static enum sl_result lock_record(struct directory_lock *self, struct sl_failure *failure)
{
	struct sl_lock *lock = &self->lock;
	struct stat st;

	enum sl_result result = sl_lock_path_flock(lock->entry.descriptor, LOCK_EX, failure);
	if (result == SL_BUSY)
		return sl_failed(failure, SL_LOST, "flock");
	if (result != SL_OK)
		return result;
	if (fstat(lock->entry.descriptor, &st) != 0)
		return sl_failed(failure, sl_is_gone(errno) ? SL_LOST : SL_SYSTEM, "fstat");
	lock->file = (struct sl_file_id){st.st_dev, st.st_ino};
	if ((st.st_mode & 0777) != RECORD_MODE) /* the umask */
		fchmod(lock->entry.descriptor, RECORD_MODE);
	if (st.st_nlink == 1)
		return SL_OK;
	errno = ENOENT;
	return sl_failed(failure, SL_LOST, "fstat");
}

/* SL_LOST: somebody has put another directory in its place. */
static enum sl_result claim_directory(
	struct directory_lock *self, const struct sl_self *process, struct sl_failure *failure)
{
	const struct sl_viewpoint *here = &self->here;
	/* A server may give it to another user, or add permissions. */
	if (sl_kind_is_local(here->kind) &&
		(here->user != process->uid || (here->mode & ~DIRECTORY_MODE) != 0)) {
		errno = ENOENT;
		return sl_failed(failure, SL_LOST, "open");
	}
	if (here->mode != DIRECTORY_MODE) /* the umask */
		fchmod(self->directory, DIRECTORY_MODE);
	return SL_OK;
}

static enum sl_result create_record(struct directory_lock *self, const struct sl_self *process,
	const char *nonce, struct sl_failure *failure)
{
	struct sl_lock *lock = &self->lock;
	struct sl_record_name name = {
		.mode = lock->mode,
		.kind = self->here.kind,
		.device = self->here.device,
		.pid = process->process.pid,
	};
	memcpy(name.boot_id, process->process.boot_id, sizeof name.boot_id);
	memcpy(name.nonce, nonce, sizeof name.nonce);
	sl_record_name_write(self->name, &name);
	if (sl_lock_path_create_in(&lock->entry, self->directory, self->name) >= 0)
		return SL_OK;
	return sl_failed(failure, errno == ENOENT ? SL_LOST : SL_SYSTEM, "open");
}

/* SL_OK: a directory that only has to be renamed. Otherwise nothing is left of it. */
static enum sl_result prepare(
	struct directory_lock *self, const struct sl_self *process, struct sl_failure *failure)
{
	enum sl_result result = SL_LOST;

	for (int attempt = 0; attempt < ATTEMPTS && result == SL_LOST; attempt++) {
		char nonce[SL_NONCE_SIZE + 1];
		if (!sl_nonce_draw(nonce))
			return sl_failed(failure, SL_SYSTEM, "getrandom");
		result = make_temporary(self, nonce, failure);
		if (result != SL_OK)
			continue;
		result = sl_viewpoint_of(self->directory, process, &self->here, failure);
		if (result == SL_OK)
			result = claim_directory(self, process, failure);
		if (result == SL_OK)
			result = create_record(self, process, nonce, failure);
		if (result == SL_OK)
			result = lock_record(self, failure);
		if (result == SL_OK && !self->probed && !sl_kind_is_local(self->here.kind))
			result = probe(self, failure);
		if (result == SL_OK) {
			clock_gettime(CLOCK_REALTIME, &self->lock.since);
			result = write_record(self, process, failure);
		}
		if (result != SL_OK)
			remove_record(self);
	}
	if (result != SL_LOST)
		return result;
	/* The directory that it is to be in was removed. Otherwise collectors are always faster. */
	return strcmp(failure->call, "mkdir") == 0 ? SL_SYSTEM : SL_BUSY;
}

/* --- Who is there? --- */

struct survey {
	struct directory_lock *self;
	int directory;
	bool beside_readers; /* a shared owner is not in our way */
	bool blocked;
	bool changed; /* somebody went while we looked */
	bool passing; /* something is there that will vanish by itself */
	enum sl_result result;
	struct sl_failure *failure;
};

static void note_blocker(struct survey *survey, const char *name, struct sl_judged *judged)
{
	struct sl_lock *lock = &survey->self->lock;

	survey->blocked = true;
	if (judged->verdict != SL_OWNER_ALIVE)
		return;
	/* The first one is waited for, unless another one is ourselves: that wait would have no end. */
	if (lock->blocker.inode != 0 && !sl_lock_is_in_own_way(lock, &judged->file))
		return;
	lock->blocker = judged->file;
	snprintf(survey->self->watched, sizeof survey->self->watched, "%s", name);
	close_descriptor(&lock->watch);
	/* On other kinds flock may not be interruptible, or not be told of an end elsewhere. */
	if (sl_kind_is_local(survey->self->here.kind)) {
		lock->watch = judged->descriptor;
		lock->watch_operation = LOCK_SH;
		judged->descriptor = -1;
	}
}

static bool judge(const char *name, void *data)
{
	struct survey *survey = data;
	struct directory_lock *self = survey->self;
	struct sl_judged judged;

	if (strcmp(name, self->name) == 0)
		return true;
	sl_judge(survey->directory, name, &self->here, &judged);
	if (survey->beside_readers && judged.proper && judged.name.mode == SL_SHARED) {
		/* Beside him we can have it, whatever has become of him. */
	} else if (judged.verdict == SL_OWNER_DEAD) {
		/* While we have his flock, which is what makes him dead. */
		if (unlinkat(survey->directory, name, 0) != 0 && errno != ENOENT)
			survey->result = sl_failed(survey->failure, SL_SYSTEM, "unlink");
	} else if (judged.failure.number != 0) {
		*survey->failure = judged.failure;
		survey->result = SL_SYSTEM;
	} else if (judged.verdict == SL_OWNER_ALIVE || judged.verdict == SL_OWNER_UNKNOWN) {
		note_blocker(survey, name, &judged);
	} else if (judged.verdict == SL_OWNER_GONE) {
		survey->changed = true;
	} else {
		survey->passing = true;
	}
	close_descriptor(&judged.descriptor);
	return survey->result == SL_OK;
}

/* SL_OK: nobody is in our way any more. SL_BUSY: somebody, or something, is. SL_LOST: look again.
 */
static enum sl_result judge_all(
	struct directory_lock *self, int directory, bool beside_readers, struct sl_failure *failure)
{
	struct survey survey = {
		.self = self,
		.directory = directory,
		.beside_readers = beside_readers,
		.failure = failure,
	};
	enum sl_result result = sl_directory_each(directory, judge, &survey, failure);
	if (result == SL_OK)
		result = survey.result;
	if (result == SL_OK && (survey.blocked || survey.passing))
		return SL_BUSY;
	return result == SL_OK && survey.changed ? SL_LOST : result;
}

/* --- Into place --- */

static bool look_for_own(const struct directory_lock *self)
{
	struct sl_failure ignored;
	return sl_lock_path_names(self->own, &self->lock.file, &ignored) == SL_OK;
}

/*
 * Puts our record where the lock is, alone or with its directory. False: errno. A server may have
 * renamed, and say something else.
 */
static bool publish(
	struct directory_lock *self, int from, const char *name, int to, const char *new_name)
{
	self->doubtful = renameat(from, name, to, new_name) != 0;
	if (!self->doubtful)
		return true;
	int error = errno;
	bool done = error != ENOTEMPTY && error != EEXIST && look_for_own(self);
	errno = error;
	return done;
}

/*
 * Would others see that our record is locked? Behind a network or FUSE the server may know the file
 * by its old name only; then its lock is on a file that nobody else will find, and we would be
 * taken for dead.
 */
static enum sl_result check_flock(const struct directory_lock *self, struct sl_failure *failure)
{
	if (sl_kind_is_local(self->here.kind))
		return SL_OK;
	int descriptor = sl_lock_path_open_in(AT_FDCWD, self->own, false);
	if (descriptor < 0)
		return sl_failed(failure, errno == ENOENT ? SL_LOST : SL_SYSTEM, "open");
	enum sl_result result = sl_lock_path_flock(descriptor, LOCK_SH, failure);
	close(descriptor);
	if (result == SL_BUSY)
		return SL_OK;
	if (result != SL_OK)
		return result;
	errno = EOPNOTSUPP;
	return sl_failed(failure, self->doubtful ? SL_LOST : SL_UNSUPPORTED, "flock");
}

/* SL_BUSY: there is a directory that is not empty. SL_LOST: prepare another one. */
static enum sl_result rename_into_place(struct directory_lock *self, struct sl_failure *failure)
{
	if (publish(self, self->parent, self->temporary, self->parent, self->base)) {
		self->temporary[0] = '\0';
		return SL_OK;
	}
	if (errno == ENOTEMPTY || errno == EEXIST)
		return SL_BUSY;
	if (errno == ENOENT)
		return SL_LOST;
	return sl_lock_path_refused(self->parent, self->base, "rename", failure);
}

/* Into a directory where others are. SL_LOST: it is no longer there. */
static enum sl_result move_record(
	struct directory_lock *self, int directory, struct sl_failure *failure)
{
	if (publish(self, self->directory, self->name, directory, self->name))
		return SL_OK;
	if (errno == ENOENT || errno == ESTALE)
		return SL_LOST;
	return sl_lock_path_refused(self->parent, self->base, "rename", failure);
}

/*
 * Our record was moved into `directory`, and that may have been replaced meanwhile: where a file
 * system goes by names, the record is in the new one. False: it is not where the lock is.
 */
static bool find_own(struct directory_lock *self, int directory)
{
	unlinkat(self->parent, self->temporary, AT_REMOVEDIR);
	self->temporary[0] = '\0';
	close_descriptor(&self->directory);
	self->directory = sl_lock_path_open_in(self->parent, self->base, true);
	if (self->directory >= 0 && look_for_own(self))
		return true;
	unlinkat(directory, self->name, 0);
	return false;
}

/* SL_BUSY: an exclusive owner is there, and our record is gone again. */
static enum sl_result join_others(
	struct directory_lock *self, int directory, struct sl_failure *failure)
{
	enum sl_result result = move_record(self, directory, failure);
	if (result != SL_OK)
		return result;
	if (!find_own(self, directory))
		return SL_LOST;
	for (int round = 0; round < ATTEMPTS; round++) {
		result = judge_all(self, self->directory, true, failure);
		if (result != SL_LOST)
			break;
	}
	if (result != SL_OK)
		remove_record(self);
	return result == SL_LOST ? SL_BUSY : result;
}

/* One look at who is there. SL_OK: taken. SL_LOST: try again. */
static enum sl_result look_at_others(struct directory_lock *self, struct sl_failure *failure)
{
	int directory = sl_lock_path_open_in(self->parent, self->base, true);
	if (directory < 0) {
		if (errno == ENOENT)
			return SL_LOST;
		enum sl_result result = sl_lock_path_refused(self->parent, self->base, "open", failure);
		/* Another user's, and not empty: he may have the lock. */
		return result == SL_UNSAFE_FOREIGN_DIRECTORY ? SL_BUSY : result;
	}
	enum sl_result result = SL_OK;
	struct stat st;
	if (fstat(directory, &st) != 0)
		result = sl_failed(failure, sl_is_gone(errno) ? SL_LOST : SL_SYSTEM, "fstat");
	/* In another user's directory our record would be at his mercy. */
	else if (self->lock.mode == SL_SHARED && st.st_uid == self->here.user)
		result = join_others(self, directory, failure);
	else {
		result = judge_all(self, directory, false, failure);
		if (result == SL_OK)
			result = SL_LOST; /* empty now: whoever renames first has it */
	}
	close_descriptor(&directory);
	return result;
}

/* The lock path may lead to another directory by now: a link was changed, or a folder moved. */
static bool is_parent_in_place(const struct directory_lock *self)
{
	struct stat ours, there;
	return fstat(self->parent, &ours) == 0 && stat(self->parent_path, &there) == 0 &&
		   ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static enum sl_result open_parent(struct directory_lock *self, struct sl_failure *failure)
{
	close_descriptor(&self->parent);
	self->parent = sl_lock_path_open_parent(self->parent_path);
	return self->parent >= 0 ? SL_OK : sl_failed(failure, SL_SYSTEM, "open");
}

/* SL_OK: our record is where everybody looks for it, and locked for everybody. */
static enum sl_result prepare_and_rename(
	struct directory_lock *self, const struct sl_self *process, struct sl_failure *failure)
{
	enum sl_result result = is_prepared(self) ? SL_OK : prepare(self, process, failure);
	if (result == SL_OK)
		result = rename_into_place(self, failure);
	/* Or somebody has tidied up while it lay there, and it was an empty directory. */
	if (result == SL_OK && !look_for_own(self))
		result = SL_LOST;
	if (result == SL_OK)
		result = check_flock(self, failure);
	if (result == SL_SYSTEM && failure->number == ENOENT && !is_parent_in_place(self))
		result = SL_LOST;
	return result;
}

/* SL_OK: ours. SL_BUSY: whatever is prepared stays so, for the next time. */
static enum sl_result attempt(
	struct directory_lock *self, const struct sl_self *process, struct sl_failure *failure)
{
	for (int round = 0; round < ATTEMPTS; round++) {
		enum sl_result result = prepare_and_rename(self, process, failure);
		bool spent = result == SL_LOST;
		if (result == SL_BUSY && is_prepared(self)) {
			/* Only now: to read the parent directory costs, and without somebody in the way what is
			 * left there harms nobody. */
			if (!self->collected)
				sl_directory_collect(self->parent, self->base, self->temporary, process);
			self->collected = true;
			result = look_at_others(self, failure);
			if (result == SL_OK)
				result = check_flock(self, failure);
			/* It was moved to where no lock is, or a server may do so yet: that name is spent. */
			spent = result == SL_LOST && self->lock.mode == SL_SHARED;
		}
		if (result != SL_LOST)
			return result;
		if (spent)
			remove_record(self);
		if (spent && !is_parent_in_place(self)) {
			self->probed = false; /* it may be on another file system */
			result = open_parent(self, failure);
		}
		if (result != SL_OK && result != SL_LOST)
			return result;
	}
	return SL_BUSY;
}

/* Something went wrong: nothing of us stays. */
static enum sl_result settle(struct sl_lock *lock, enum sl_result result)
{
	if (result == SL_OK)
		close_descriptor(&of(lock)->parent);
	else if (result != SL_BUSY)
		undo(lock);
	return result;
}

static enum sl_result try_once(struct sl_lock *lock, struct sl_failure *failure)
{
	struct directory_lock *self = of(lock);

	if (self->base[0] == '\0') {
		errno = EISDIR;
		return sl_failed(failure, SL_UNSAFE_NO_DIRECTORY, "rename");
	}
	if (strlen(lock->path) + 1 + SL_RECORD_NAME_MAX >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return sl_failed(failure, SL_SYSTEM, "rename");
	}
	enum sl_result result = open_parent(self, failure);
	if (result != SL_OK)
		return result;
	self->collected = self->astray = false;
	return settle(lock, attempt(self, sl_process_self(), failure));
}

static enum sl_result try_again(struct sl_lock *lock, struct sl_failure *failure)
{
	/* If a thread has waited on it, its flock is over. */
	close_descriptor(&lock->watch);
	lock->blocker = (struct sl_file_id){0, 0};
	return settle(lock, attempt(of(lock), sl_process_self(), failure));
}

/* Who is watched may have lost his lock, though he lives: then nothing will wake us. */
static enum sl_result look(struct sl_lock *lock, struct sl_failure *failure)
{
	char path[PATH_MAX];
	if (lock->watch < 0)
		return is_parent_in_place(of(lock)) ? SL_OK : SL_LOST;
	snprintf(path, sizeof path, "%s/%s", lock->path, of(lock)->watched);
	return sl_lock_path_names(path, &lock->blocker, failure);
}

static enum sl_result confirm(
	struct sl_lock *lock, const struct sl_self *process, struct sl_failure *failure)
{
	struct sl_failure ignored;
	/* It was written before the wait. If that cannot be mended, it says too long a time. */
	if (lock->since.tv_sec != of(lock)->written.tv_sec)
		write_record(of(lock), process, &ignored);
	(void)failure;
	return SL_OK;
}

static enum sl_result check(const struct sl_lock *lock, struct sl_failure *failure)
{
	return sl_lock_path_names(of(lock)->own, &lock->file, failure);
}

static enum sl_result release(struct sl_lock *lock, const char *end, struct sl_failure *failure)
{
	(void)end;
	enum sl_result result = check(lock, failure);
	of(lock)->astray = result != SL_OK;
	if (result == SL_LOST && !has_own_record(of(lock)))
		of(lock)->name[0] = '\0'; /* what is called so now is not ours to remove */
	int error = remove_record(of(lock));
	close_lock(lock);
	if (result != SL_OK || error == 0)
		return result;
	/* Given back it is; but who cannot see our flock will take us for alive. */
	errno = error;
	return sl_failed(failure, SL_SYSTEM, "unlink");
}

static enum sl_result holders(
	const struct sl_lock *lock, struct sl_holder_list *list, struct sl_failure *failure)
{
	return sl_holders_list_directory(lock->path, list, failure);
}

/* --- What persons decide --- */

/* The lock directory, and *parent that it is in. -1 and SL_OK: there is none. */
static enum sl_result open_to_break(
	const struct directory_lock *self, int *parent, int *directory, struct sl_failure *failure)
{
	*directory = -1;
	*parent = sl_lock_path_open_parent(self->parent_path);
	if (*parent < 0)
		return sl_failed(failure, SL_SYSTEM, "open");
	*directory = sl_lock_path_open_in(*parent, self->base, true);
	if (*directory >= 0 || errno == ENOENT)
		return SL_OK;
	enum sl_result result = sl_lock_path_refused(*parent, self->base, "open", failure);
	return result == SL_LOST ? SL_OK : result;
}

static void close_broken(const struct directory_lock *self, int *parent, int *directory)
{
	/* Fails, as it must, as long as somebody is there. */
	if (*directory >= 0)
		unlinkat(*parent, self->base, AT_REMOVEDIR);
	close_descriptor(directory);
	close_descriptor(parent);
}

enum sl_result sl_directory_lock_break_stale(
	struct sl_lock *lock, bool *broken, struct sl_failure *failure)
{
	const struct directory_lock *self = of(lock);
	int parent, directory;

	*broken = false;
	enum sl_result result = open_to_break(self, &parent, &directory, failure);
	if (directory >= 0)
		result = sl_directory_clear(directory, sl_process_self(), broken, failure);
	if (result == SL_LOST)
		result = SL_OK;
	if (result == SL_OK)
		sl_directory_collect(parent, self->base, self->temporary, sl_process_self());
	close_broken(self, &parent, &directory);
	return result;
}

bool sl_directory_lock_is_record(const char *record)
{
	struct sl_record_name name;
	return sl_record_name_read(&name, record);
}

enum sl_result sl_directory_lock_force_break(
	struct sl_lock *lock, const char *record, struct sl_failure *failure)
{
	const struct directory_lock *self = of(lock);
	int parent, directory;

	if (!sl_directory_lock_is_record(record)) {
		errno = EINVAL;
		return sl_failed(failure, SL_SYSTEM, "unlink");
	}
	enum sl_result result = open_to_break(self, &parent, &directory, failure);
	if (directory >= 0 && unlinkat(directory, record, 0) != 0 && errno != ENOENT)
		result = sl_failed(failure, SL_SYSTEM, "unlink");
	close_broken(self, &parent, &directory);
	return result;
}

static const struct sl_lock_kind directory_lock_kind = {
	.try = try_once,
	.try_again = try_again,
	.look = look,
	.confirm = confirm,
	.undo = undo,
	.close = close_lock,
	.release = release,
	.check = check,
	.holders = holders,
	.free = free_lock,
	.poll_last = POLL_LAST,
};
