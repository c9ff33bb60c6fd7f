#include "lock_path.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * O_NOFOLLOW: a symbolic link is refused, dangling or not (CVE-2020-8831, CVE-2025-68146).
 * O_NONBLOCK: a FIFO does not hang us; on a regular file it means nothing.
 * O_NOCTTY:   a terminal does not become ours.
 * O_CLOEXEC:  at birth, so that no exec of another thread slips in between.
 */
#define OPEN_FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/*
 * How often a file may vanish under us before we say that others are busy with it. Each round means
 * that another process created or removed the file meanwhile.
 */
#define OPEN_ROUNDS 1000

static enum sl_result open_failed(const char *path, struct sl_failure *failure)
{
	switch (errno) {
	case ELOOP: {
		/* O_NOFOLLOW says ELOOP, but so does a loop among the parent directories: then lstat says
		 * it too. What lstat finds in the end does not matter, it may have been swapped meanwhile.
		 */
		struct stat st;
		bool parents = lstat(path, &st) != 0 && errno == ELOOP;
		errno = ELOOP;
		return sl_failed(failure, parents ? SL_SYSTEM : SL_UNSAFE_SYMLINK, "open");
	}
	case EISDIR: /* a directory */
	case ENXIO:  /* a socket, or a device without a driver */
	case ENODEV:
		return sl_failed(failure, SL_UNSAFE_TYPE, "open");
	default:
		return sl_failed(failure, SL_SYSTEM, "open");
	}
}

/*
 * Opens what is there, or else creates it; *created tells which. Two calls instead of one
 * O_CREAT: in a sticky directory fs.protected_regular refuses O_CREAT on a file of another user,
 * and only who created the file may set its permissions.
 */
static enum sl_result open_or_create(const char *path, bool exclusive, mode_t permissions,
	struct sl_registry_entry *entry, bool *created, struct sl_failure *failure)
{
	for (int round = 0; round < OPEN_ROUNDS; round++) {
		*created = false;
		/* O_RDWR also where we only read: NFS grants LOCK_EX on nothing else (flock(2)). */
		if (sl_registry_open(entry, AT_FDCWD, path, O_RDWR | OPEN_FLAGS, 0) >= 0)
			return SL_OK;
		/* EPERM: an immutable or append-only file (chattr(1)). */
		if (!exclusive && (errno == EACCES || errno == EROFS || errno == EPERM)) {
			if (sl_registry_open(entry, AT_FDCWD, path, O_RDONLY | OPEN_FLAGS, 0) >= 0)
				return SL_OK;
		}
		if (errno != ENOENT)
			return open_failed(path, failure);

		*created = true;
		if (sl_registry_open(
				entry, AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | OPEN_FLAGS, permissions) >= 0)
			return SL_OK;
		/* EEXIST: somebody was faster, or a dangling link is there; the open above tells. */
		if (errno != EEXIST)
			return open_failed(path, failure);
	}
	return SL_BUSY;
}

/* What was opened, is it a lock file? SL_BUSY: it was removed since, open again. */
static enum sl_result judge(const struct stat *st, mode_t permissions, struct sl_failure *failure)
{
	/* Opening was allowed, using it as a lock is not. */
	*failure = (struct sl_failure){.call = "open", .number = EPERM, .owner = st->st_uid};
	if (!S_ISREG(st->st_mode))
		return SL_UNSAFE_TYPE;
	if (st->st_nlink == 0)
		return SL_BUSY;
	if (st->st_nlink > 1)
		return SL_UNSAFE_LINKS;
	/* geteuid is asked each time: a script may drop its privileges between two locks. */
	if ((permissions & 077) == 0 && st->st_uid != 0 && st->st_uid != geteuid())
		return SL_UNSAFE_OWNER;
	return SL_OK;
}

enum sl_result sl_lock_path_open(const char *path, bool exclusive, mode_t permissions,
	struct sl_registry_entry *entry, struct sl_file_id *id, struct sl_failure *failure)
{
	enum sl_result result = SL_BUSY;

	for (int round = 0; round < OPEN_ROUNDS && result == SL_BUSY; round++) {
		bool created;
		result = open_or_create(path, exclusive, permissions, entry, &created, failure);
		if (result != SL_OK)
			return result;

		struct stat st;
		/* By descriptor, not by name (CVE-2011-4029), and only on a file that we made. */
		if (created && fchmod(entry->descriptor, permissions) != 0)
			result = sl_failed(failure, SL_SYSTEM, "fchmod");
		/* What did we open? Asked of the descriptor, so nobody can swap it under the answer. */
		else if (fstat(entry->descriptor, &st) != 0)
			result = sl_failed(failure, SL_SYSTEM, "fstat");
		else
			result = judge(&st, permissions, failure);

		if (result == SL_OK)
			*id = (struct sl_file_id){st.st_dev, st.st_ino};
		else
			sl_registry_close(entry);
	}
	return result;
}

static enum sl_result names(
	const char *path, const struct sl_file_id *id, struct stat *st, struct sl_failure *failure)
{
	if (lstat(path, st) != 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return SL_LOST;
		return sl_failed(failure, SL_SYSTEM, "lstat");
	}
	return sl_same_file(&(struct sl_file_id){st->st_dev, st->st_ino}, id) ? SL_OK : SL_LOST;
}

enum sl_result sl_lock_path_names(
	const char *path, const struct sl_file_id *id, struct sl_failure *failure)
{
	struct stat st;
	return names(path, id, &st, failure);
}

enum sl_result sl_lock_path_names_alone(
	const char *path, const struct sl_file_id *id, struct sl_failure *failure)
{
	struct stat st;
	enum sl_result result = names(path, id, &st, failure);
	if (result != SL_OK || st.st_nlink == 1)
		return result;
	errno = EPERM;
	return sl_failed(failure, SL_UNSAFE_LINKS, "lstat");
}

enum sl_result sl_lock_path_look(
	const char *path, int *descriptor, struct sl_file_id *id, struct sl_failure *failure)
{
	struct stat st;

	/* O_PATH opens nothing: no driver is woken, no writer of a FIFO finds a reader. */
	*descriptor = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (*descriptor < 0)
		return errno == ENOENT ? SL_OK : sl_failed(failure, SL_SYSTEM, "open");

	enum sl_result result = SL_OK;
	if (fstat(*descriptor, &st) != 0)
		result = sl_failed(failure, SL_SYSTEM, "fstat");
	else if (S_ISLNK(st.st_mode))
		result = sl_failed(failure, SL_UNSAFE_SYMLINK, "fstat");
	else if (!S_ISREG(st.st_mode))
		result = sl_failed(failure, SL_UNSAFE_TYPE, "fstat");
	if (result != SL_OK) {
		close(*descriptor);
		*descriptor = -1;
		return result;
	}
	*id = (struct sl_file_id){st.st_dev, st.st_ino};
	return SL_OK;
}

int sl_lock_path_read_looked_at(int descriptor)
{
	char path[32];
	/* It is a regular file: no effect on a device or a FIFO to be afraid of. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

int sl_lock_path_open_directory(const char *path, struct sl_registry_entry *entry)
{
	return sl_registry_open(entry, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

int sl_lock_path_open_parent(const char *parent)
{
	return sl_above_standard_descriptors(open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

int sl_lock_path_open_in(int directory, const char *name, bool as_directory)
{
	int flags = O_RDONLY | OPEN_FLAGS | (as_directory ? O_DIRECTORY : 0);
	return sl_above_standard_descriptors(openat(directory, name, flags));
}

enum sl_result sl_lock_path_refused(
	int directory, const char *name, const char *call, struct sl_failure *failure)
{
	struct stat st;
	int error = errno;
	bool seen = fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	bool vanished = !seen && errno == ENOENT;

	errno = error;
	if (seen && S_ISLNK(st.st_mode))
		return sl_failed(failure, SL_UNSAFE_SYMLINK, call);
	if (seen && !S_ISDIR(st.st_mode))
		return sl_failed(failure, SL_UNSAFE_NO_DIRECTORY, call);
	/* It was no directory a moment ago. */
	if ((seen || vanished) && error == ENOTDIR)
		return SL_LOST;
	if (seen && (error == EPERM || error == EACCES) && st.st_uid != geteuid()) {
		failure->owner = st.st_uid;
		return sl_failed(failure, SL_UNSAFE_FOREIGN_DIRECTORY, call);
	}
	return sl_failed(failure, SL_SYSTEM, call);
}

int sl_lock_path_create_in(struct sl_registry_entry *entry, int directory, const char *name)
{
	return sl_registry_open(entry, directory, name, O_RDWR | O_CREAT | O_EXCL | OPEN_FLAGS, 0600);
}

/* LOCK_NB sleeps on network file systems, so EINTR can come; it says nothing about the lock. */
enum sl_result sl_lock_path_flock(int descriptor, int operation, struct sl_failure *failure)
{
	int answer;
	do {
		answer = flock(descriptor, operation | LOCK_NB);
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
