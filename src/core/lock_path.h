/*
 * The only place that opens a lock path, and the only one that says whether the path still names
 * what was opened.
 *
 * The path may lie where others can write. Nothing about it is asked beforehand: it is opened in a
 * way that neither follows a link nor blocks nor changes anything, and what was opened is judged
 * through the descriptor.
 */
#ifndef SL_LOCK_PATH_H
#define SL_LOCK_PATH_H

#include "registry.h"
#include "result.h"

#include <stdbool.h>
#include <sys/types.h>

/* Which file it is, whatever name it has. */
struct sl_file_id {
	dev_t device;
	ino_t inode;
};

static inline bool sl_same_file(const struct sl_file_id *a, const struct sl_file_id *b)
{
	return a->device == b->device && a->inode == b->inode;
}

/*
 * Opens the lock file read-write and close-on-exec, creates it with exactly `permissions` if it is
 * missing, and links `entry`. With `exclusive` false a file that may only be read will do: flock(2)
 * grants LOCK_SH on it.
 *
 * Without group and other bits in `permissions` the file must belong to us or to root; with them
 * the caller shares on purpose, and any owner will do.
 *
 * SL_OK: entry->descriptor is open, *id is filled in. Otherwise nothing is open and nothing
 * changed: one of SL_UNSAFE_*, SL_SYSTEM, or SL_BUSY when others kept replacing the file.
 */
enum sl_result sl_lock_path_open(const char *path, bool exclusive, mode_t permissions,
	struct sl_registry_entry *entry, struct sl_file_id *id, struct sl_failure *failure);

/* SL_OK: the path names this file. SL_LOST: another one, or none. SL_SYSTEM: cannot be told. */
enum sl_result sl_lock_path_names(
	const char *path, const struct sl_file_id *id, struct sl_failure *failure);

/*
 * The same of a file that was just locked, and nothing was written to it yet. SL_UNSAFE_LINKS: it
 * has a second name. Somebody may have taken its name away for the moment in which it was opened
 * and judged; while the path names it, its link count counts that name.
 */
enum sl_result sl_lock_path_names_alone(
	const char *path, const struct sl_file_id *id, struct sl_failure *failure);

/*
 * Looks at a lock file without any right to it and without any effect on it: an O_PATH descriptor
 * that the caller closes. *descriptor is -1 if there is no such file.
 */
enum sl_result sl_lock_path_look(
	const char *path, int *descriptor, struct sl_file_id *id, struct sl_failure *failure);

/*
 * Opens a directory that locks lie in, links `entry`. Links in the path are followed: what it is,
 * the caller finds out by its descriptor. -1 with errno.
 */
int sl_lock_path_open_directory(const char *path, struct sl_registry_entry *entry);

/* --- A lock that is a directory (directory.h): calls relative to a directory that is open --- */

/* The directory that has the last part of an absolute path: `parent` is the rest. -1 with errno. */
int sl_lock_path_open_parent(const char *parent);

/* What is there, to be read: never a link, and nothing that would block. -1 with errno. */
int sl_lock_path_open_in(int directory, const char *name, bool as_directory);

/*
 * Why the lock directory `name` could not be opened or replaced by `call`, with this errno:
 * SL_UNSAFE_SYMLINK, SL_UNSAFE_NO_DIRECTORY, SL_UNSAFE_FOREIGN_DIRECTORY, SL_SYSTEM. SL_LOST:
 * what was in the way has vanished meanwhile.
 */
enum sl_result sl_lock_path_refused(
	int directory, const char *name, const char *call, struct sl_failure *failure);

/* A new file, read-write, linked with `entry`. -1 with errno. */
int sl_lock_path_create_in(struct sl_registry_entry *entry, int directory, const char *name);

/* One try with LOCK_NB: SL_OK, SL_BUSY, SL_UNSUPPORTED, SL_SYSTEM. */
enum sl_result sl_lock_path_flock(int descriptor, int operation, struct sl_failure *failure);

/* A descriptor to read what was looked at, that file and not the path once more; -1 with errno. */
int sl_lock_path_read_looked_at(int descriptor);

#endif
