#include "borg_exclusive.h"

#include "filesystem.h"
#include "lock_path.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXCLUSIVE SL_BORG_EXCLUSIVE
#define TEMPORARY ".tmp"

/* As borg's. */
#define DIRECTORY_MODE 0700
#define RECORD_MODE    0600

/* How often others may be faster before we say that they are busy. */
#define ATTEMPTS 100

/* All that fails here is about lock.exclusive. */
static enum sl_result about(struct sl_failure *failure, enum sl_result result)
{
	failure->within = EXCLUSIVE;
	return result;
}

static enum sl_result failed(struct sl_failure *failure, enum sl_result result, const char *call)
{
	return about(failure, sl_failed(failure, result, call));
}

static void own_name(const struct sl_borg_exclusive *self, char name[SL_BORG_NAME_MAX + 1])
{
	sl_borg_id_write(name, &self->self.id);
}

static bool is_file(int directory, const char *path, const struct sl_file_id *file)
{
	struct stat st;
	return fstatat(directory, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		   sl_same_file(&(struct sl_file_id){st.st_dev, st.st_ino}, file);
}

enum sl_result sl_borg_exclusive_check(
	const struct sl_borg_exclusive *self, struct sl_failure *failure)
{
	char path[sizeof EXCLUSIVE + 1 + SL_BORG_NAME_MAX], name[SL_BORG_NAME_MAX + 1];

	own_name(self, name);
	snprintf(path, sizeof path, "%s/%s", EXCLUSIVE, name);
	errno = 0;
	if (is_file(self->directory, path, &self->file))
		return SL_OK;
	return failed(
		failure, errno == 0 || errno == ENOENT || errno == ENOTDIR ? SL_LOST : SL_SYSTEM, "stat");
}

static void close_place(struct sl_borg_exclusive *self)
{
	if (self->place >= 0)
		close(self->place);
	self->place = -1;
	self->temporary[0] = '\0';
}

void sl_borg_exclusive_close(struct sl_borg_exclusive *self)
{
	if (self->record.linked || self->record.descriptor >= 0)
		sl_registry_close(&self->record);
	close_place(self);
}

/* LOCK_UN first: a child between fork and exec still has the descriptor. */
static void unlock(struct sl_borg_exclusive *self)
{
	if (self->record.descriptor >= 0)
		flock(self->record.descriptor, LOCK_UN);
	sl_registry_close(&self->record);
}

/*
 * Takes our record out of this directory (-1: it could not be opened), and removes that. The errno,
 * if the record could not be removed.
 */
static int remove_record(struct sl_borg_exclusive *self, int place, const char *directory)
{
	int error = place < 0 ? errno : 0;
	char name[SL_BORG_NAME_MAX + 1];
	/* There a file that is removed while it is open stays in the directory. */
	bool close_first = !sl_kind_is_local(self->here.kind);

	own_name(self, name);
	if (close_first)
		unlock(self);
	if (place >= 0 && is_file(place, name, &self->file) && unlinkat(place, name, 0) != 0)
		error = errno;
	unlinkat(self->directory, directory, AT_REMOVEDIR);
	if (!close_first)
		unlock(self);
	return error;
}

static void discard(struct sl_borg_exclusive *self)
{
	if (self->place >= 0)
		remove_record(self, self->place, self->temporary);
	sl_borg_exclusive_close(self);
}

enum sl_result sl_borg_exclusive_leave(struct sl_borg_exclusive *self, struct sl_failure *failure)
{
	struct sl_failure ignored;
	enum sl_result result = SL_OK;
	if (self->record.descriptor >= 0) {
		int place = sl_lock_path_open_in(self->directory, EXCLUSIVE, true);
		int error = remove_record(self, place, EXCLUSIVE);
		if (place >= 0)
			close(place);
		if (sl_borg_exclusive_check(self, &ignored) != SL_LOST) {
			errno = error != 0 ? error : ignored.number;
			result = failed(failure, SL_SYSTEM, "unlink");
		}
	}
	sl_borg_exclusive_close(self);
	return result;
}

/* --- Our record --- */

/* What our record says: to people, and where our flock is seen, to another sitelock. */
static void write_record(const struct sl_borg_exclusive *self, const char *nonce)
{
	struct sl_record_image image;
	struct sl_failure ignored;
	char bytes[SL_RECORD_MAX + SL_RECORD_NAME_MAX + 1];
	struct sl_record_name name = {
		.mode = SL_EXCLUSIVE,
		.kind = self->here.kind,
		.device = self->here.device,
		.pid = (pid_t)self->self.id.pid,
	};

	memcpy(name.boot_id, self->here.boot_id, sizeof name.boot_id);
	memcpy(name.nonce, nonce, sizeof name.nonce);
	sl_record_encode(&image, SL_RECORD_HELD, &self->owner, NULL, 0);
	memcpy(bytes, image.bytes, image.size);
	sl_record_name_write(bytes + image.size, &name);
	/* borg's is empty. Where there is no room for it, nor is ours any more. */
	sl_record_write(
		self->record.descriptor, bytes, image.size + strlen(bytes + image.size), NULL, &ignored);
}

static bool note_entry(const char *name, void *data)
{
	(void)name;
	*(bool *)data = false;
	return false;
}

/* What somebody else has put there under our name meanwhile is not ours to give away. */
static bool is_empty(int directory)
{
	struct sl_failure ignored;
	bool empty = true;
	return sl_directory_each(directory, note_entry, &empty, &ignored) == SL_OK && empty;
}

/* SL_LOST: somebody took it for what a dead process had left. */
static enum sl_result make_place(
	struct sl_borg_exclusive *self, const char *nonce, struct sl_failure *failure)
{
	const struct sl_borg_repository *repository = &self->repository;
	struct stat st;

	self->file = (struct sl_file_id){0, 0};
	sl_temporary_name_write(self->temporary, sizeof self->temporary, EXCLUSIVE, nonce);
	if (mkdirat(self->directory, self->temporary, DIRECTORY_MODE) != 0) {
		self->temporary[0] = '\0';
		return failed(failure, SL_SYSTEM, "mkdir");
	}
	self->place = sl_lock_path_open_in(self->directory, self->temporary, true);
	if (self->place < 0 || fstat(self->place, &st) != 0) {
		enum sl_result result = failed(failure, errno == ENOENT ? SL_LOST : SL_SYSTEM, "open");
		unlinkat(self->directory, self->temporary, AT_REMOVEDIR);
		sl_borg_exclusive_close(self);
		return result;
	}
	if ((st.st_mode & 0777) != DIRECTORY_MODE) /* the umask */
		fchmod(self->place, DIRECTORY_MODE);
	if ((st.st_uid != repository->user || st.st_gid != repository->group) && is_empty(self->place))
		sl_borg_give(self->place, repository->user, repository->group);
	return SL_OK;
}

static enum sl_result create_record(
	struct sl_borg_exclusive *self, const char *nonce, struct sl_failure *failure)
{
	char name[SL_BORG_NAME_MAX + 1];
	struct stat st;

	own_name(self, name);
	if (sl_lock_path_create_in(&self->record, self->place, name) < 0)
		return failed(failure, errno == ENOENT ? SL_LOST : SL_SYSTEM, "open");
	if (fstat(self->record.descriptor, &st) != 0) {
		enum sl_result result = failed(failure, SL_SYSTEM, "fstat");
		unlinkat(self->place, name, 0);
		return result;
	}
	self->file = (struct sl_file_id){st.st_dev, st.st_ino};
	enum sl_result result = sl_lock_path_flock(self->record.descriptor, LOCK_EX, failure);
	if (result != SL_OK) /* a collector has it, who sees in a moment that we live */
		return result == SL_BUSY ? SL_LOST : about(failure, result);
	if (fstat(self->record.descriptor, &st) != 0)
		return failed(failure, SL_SYSTEM, "fstat");
	if (st.st_nlink == 0) { /* he had it before, and has taken it for what a dead one left */
		errno = ENOENT;
		return failed(failure, SL_LOST, "fstat");
	}
	if ((st.st_mode & 07777) != RECORD_MODE)
		fchmod(self->record.descriptor, RECORD_MODE);
	sl_borg_give(self->record.descriptor, self->repository.user, self->repository.group);
	write_record(self, nonce);
	return SL_OK;
}

static enum sl_result prepare(struct sl_borg_exclusive *self, struct sl_failure *failure)
{
	char nonce[SL_NONCE_SIZE + 1];

	if (!sl_nonce_draw(nonce))
		return failed(failure, SL_SYSTEM, "getrandom");
	enum sl_result result = make_place(self, nonce, failure);
	if (result != SL_OK)
		return result;
	result = create_record(self, nonce, failure);
	if (result != SL_OK)
		discard(self);
	return result;
}

/* --- Who is there? --- */

/* A sitelock wrote this record, and its flock would be seen here if it lived. */
static bool flock_proves(
	const struct sl_borg_exclusive *self, int descriptor, struct sl_record *record)
{
	struct sl_record_bytes bytes;
	struct sl_record_name name;
	struct sl_failure ignored;
	char line[SL_RECORD_NAME_MAX + 1];

	if (sl_record_read(descriptor, &bytes, &ignored) != SL_OK)
		return false;
	sl_record_decode(record, bytes.bytes, bytes.length);
	if (record->state != SL_RECORD_HELD)
		return false;
	snprintf(
		line, sizeof line, "%.*s", (int)(bytes.length - record->size), bytes.bytes + record->size);
	return sl_record_name_read(&name, line) && sl_shares_flocks_with(&self->here, &name);
}

void sl_borg_judge(const struct sl_borg_exclusive *self, int directory, const char *name,
	struct sl_borg_judged *judged)
{
	struct sl_failure ignored;
	struct stat st;

	memset(judged, 0, sizeof *judged);
	judged->life = SL_LIFE_UNKNOWN;
	judged->proper = sl_borg_id_read(&judged->id, name);
	judged->descriptor = sl_lock_path_open_in(directory, name, false);
	judged->gone = judged->descriptor < 0 && errno == ENOENT;
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		judged->file = (struct sl_file_id){st.st_dev, st.st_ino};
		judged->since = st.st_mtim;
	}
	if (judged->descriptor < 0 || fstat(judged->descriptor, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	judged->file = (struct sl_file_id){st.st_dev, st.st_ino};
	judged->since = st.st_mtim;
	judged->gone = st.st_nlink == 0;
	enum sl_result flocked = sl_lock_path_flock(judged->descriptor, LOCK_SH, &ignored);
	bool proof = flock_proves(self, judged->descriptor, &judged->record);
	bool ours = sl_borg_id_equal(&judged->id, &self->self.id);
	bool empty = judged->record.state == SL_RECORD_NONE;
	if (judged->proper)
		judged->life = sl_borg_life(&judged->id, &self->self);
	if (flocked != SL_OK)
		judged->life = flocked == SL_BUSY ? SL_ALIVE : judged->life;
	/* One of our own would be locked: it is that of a dead process whose pid we have now. */
	else if (ours && (proof || (empty && sl_kind_has_one_view(self->here.kind))))
		judged->life = SL_DEAD;
	/* Where borg sees a process of that number, it may have taken the record for its own. */
	else if (proof && judged->life != SL_ALIVE)
		judged->life = SL_DEAD;
}

struct visit {
	int directory;
	bool (*call)(int directory, const char *name, void *data);
	void *data;
};

static bool pass_on(const char *name, void *data)
{
	const struct visit *visit = data;
	return visit->call(visit->directory, name, visit->data);
}

/* Of lock.exclusive, or one that was to become it. It may be missing. */
static enum sl_result each_in(int repository, const char *name,
	bool (*call)(int directory, const char *name, void *data), void *data,
	struct sl_failure *failure)
{
	struct visit visit = {.call = call, .data = data};
	visit.directory = sl_lock_path_open_in(repository, name, true);
	if (visit.directory < 0) {
		if (errno == ENOENT)
			return SL_OK;
		enum sl_result result =
			about(failure, sl_lock_path_refused(repository, name, "open", failure));
		return result == SL_LOST ? SL_OK : result;
	}
	enum sl_result result = sl_directory_each(visit.directory, pass_on, &visit, failure);
	close(visit.directory);
	return result == SL_LOST ? SL_OK : result;
}

enum sl_result sl_borg_exclusive_each(const struct sl_borg_exclusive *self,
	bool (*visit)(int directory, const char *name, void *data), void *data,
	struct sl_failure *failure)
{
	return each_in(self->directory, EXCLUSIVE, visit, data, failure);
}

struct clearing {
	const struct sl_borg_exclusive *self;
	bool removed;
	bool blocked;
	struct sl_file_id blocker;
	enum sl_result result;
	struct sl_failure *failure;
};

static bool clear(int directory, const char *name, void *data)
{
	struct clearing *clearing = data;
	struct sl_borg_judged judged;

	sl_borg_judge(clearing->self, directory, name, &judged);
	if (judged.gone) {
		/* Then it is in nobody's way. */
	} else if (judged.life != SL_DEAD) {
		clearing->blocked = true;
		if (judged.life == SL_ALIVE)
			clearing->blocker = judged.file;
	} else if (unlinkat(directory, name, 0) == 0) {
		clearing->removed = true;
	} else if (errno != ENOENT) {
		clearing->result = failed(clearing->failure, SL_SYSTEM, "unlink");
	}
	if (judged.descriptor >= 0)
		close(judged.descriptor);
	return clearing->result == SL_OK;
}

enum sl_result sl_borg_exclusive_clear(struct sl_borg_exclusive *self, struct sl_failure *failure)
{
	struct clearing clearing = {.self = self, .failure = failure};

	enum sl_result result = sl_borg_exclusive_each(self, clear, &clearing, failure);
	if (result == SL_OK)
		result = clearing.result;
	self->met_dead |= clearing.removed;
	self->blocker = clearing.blocker;
	/* Of another user, who lets nobody look into it. */
	bool foreign = result == SL_UNSAFE_FOREIGN_DIRECTORY;
	return foreign || (result == SL_OK && clearing.blocked) ? SL_BUSY : result;
}

enum sl_result sl_borg_exclusive_break(const struct sl_borg_exclusive *self, const char *name,
	ino_t inode, const struct timespec *since, struct sl_failure *failure)
{
	enum sl_result result = SL_OK;
	struct stat st;

	int directory = sl_lock_path_open_in(self->directory, EXCLUSIVE, true);
	if (directory < 0) {
		if (errno == ENOENT)
			return SL_OK;
		return about(failure, sl_lock_path_refused(self->directory, EXCLUSIVE, "open", failure));
	}
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		result = errno == ENOENT ? SL_OK : failed(failure, SL_SYSTEM, "stat");
	else if (st.st_ino == inode && st.st_mtim.tv_sec == since->tv_sec &&
			 st.st_mtim.tv_nsec == since->tv_nsec &&
			 unlinkat(directory, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) != 0 &&
			 errno != ENOENT)
		result = failed(failure, SL_SYSTEM, "unlink");
	close(directory);
	/* Fails, as it must, as long as somebody is there. */
	unlinkat(self->directory, EXCLUSIVE, AT_REMOVEDIR);
	return result;
}

/* "lock.exclusive.k3j2h1.tmp" of borg, or one of ours. */
static bool is_prepared_name(const char *name)
{
	size_t length = strlen(name), start = sizeof EXCLUSIVE - 1, end = sizeof TEMPORARY - 1;
	return length > start + 1 + end && strncmp(name, EXCLUSIVE ".", start + 1) == 0 &&
		   strcmp(name + length - end, TEMPORARY) == 0;
}

static bool collect(const char *name, void *data)
{
	const struct sl_borg_exclusive *self = data;
	struct sl_failure ignored;
	struct clearing clearing = {.self = self, .failure = &ignored};

	if (!is_prepared_name(name) || strcmp(name, self->temporary) == 0)
		return true;
	each_in(self->directory, name, clear, &clearing, &ignored);
	/* An empty one of borg's may belong to one that lives, and is about to put its record in. Of
	 * ours it would start again. */
	if (clearing.removed || sl_temporary_name_is_one(name, EXCLUSIVE))
		unlinkat(self->directory, name, AT_REMOVEDIR);
	return true;
}

void sl_borg_exclusive_collect(const struct sl_borg_exclusive *self)
{
	struct sl_failure ignored;
	sl_directory_each(self->directory, collect, (void *)self, &ignored);
}

/* --- Into place --- */

/* SL_BUSY: there is a directory that is not empty. SL_LOST: prepare another one. */
static enum sl_result rename_into_place(struct sl_borg_exclusive *self, struct sl_failure *failure)
{
	struct sl_failure ignored;
	if (renameat(self->directory, self->temporary, self->directory, EXCLUSIVE) != 0) {
		int error = errno;
		bool done = error != ENOTEMPTY && error != EEXIST &&
					sl_borg_exclusive_check(self, &ignored) == SL_OK;
		errno = error;
		if (!done && (error == ENOTEMPTY || error == EEXIST))
			return SL_BUSY;
		if (!done && error == ENOENT)
			return SL_LOST;
		if (!done)
			return about(
				failure, sl_lock_path_refused(self->directory, EXCLUSIVE, "rename", failure));
	}
	return SL_OK;
}

enum sl_result sl_borg_exclusive_try(struct sl_borg_exclusive *self, struct sl_failure *failure)
{
	enum sl_result result = SL_LOST;

	self->blocker = (struct sl_file_id){0, 0};
	self->met_dead = false;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		result = self->place >= 0 ? SL_OK : prepare(self, failure);
		if (result == SL_OK)
			result = rename_into_place(self, failure);
		if (result == SL_OK) {
			close_place(self);
			return SL_OK;
		}
		if (result == SL_BUSY) {
			result = sl_borg_exclusive_clear(self, failure);
			if (result == SL_OK)
				continue;
		}
		discard(self);
		if (result != SL_LOST)
			return result;
	}
	discard(self);
	return SL_BUSY;
}
