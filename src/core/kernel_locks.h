/*
 * What the kernel shows of flock(2) locks: /proc/locks and /proc/PID/fdinfo (proc(5)).
 */
#ifndef SL_KERNEL_LOCKS_H
#define SL_KERNEL_LOCKS_H

#include "lock_path.h"
#include "result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A file as the kernel prints it in its list of locks. On btrfs this is not what stat(2) says. */
struct sl_kernel_file {
	unsigned major;
	unsigned minor;
	uint64_t inode;
};

/* One line of it: a lock of the flock kind that is held, or that somebody waits for. */
struct sl_kernel_lock {
	pid_t acquirer; /* who called flock; 0: out of sight. It may be dead, or no longer have it */
	bool exclusive;
	bool waiting; /* is not held: the acquirer sleeps in flock */
	struct sl_kernel_file file;
};

bool sl_kernel_same_file(const struct sl_kernel_file *a, const struct sl_kernel_file *b);

/* Reads one line of /proc/locks, or of fdinfo behind "lock:". False: it is of another kind. */
bool sl_kernel_lock_parse(const char *line, struct sl_kernel_lock *lock);

/* How the kernel names the file of this descriptor, from its mount; `id` where that is not shown.
 */
void sl_kernel_file_of(int descriptor, const struct sl_file_id *id, struct sl_kernel_file *file);

/* First those who wait, in the order in which they will be served; then those who hold. */
struct sl_kernel_list {
	struct sl_kernel_lock *locks;
	size_t count;
	bool complete; /* /proc/locks came in one read: nothing can have been passed over */
};

/*
 * What there is on one file; with NULL, on every file that somebody waits for. The list is to be
 * freed by the caller. SL_SYSTEM without /proc or memory.
 */
enum sl_result sl_kernel_list_read(
	const struct sl_kernel_file *file, struct sl_kernel_list *list, struct sl_failure *failure);

enum sl_sight {
	SL_HAS_IT,
	SL_HAS_IT_NOT,
	SL_NOT_VISIBLE, /* the descriptors of this process are not for our eyes */
};

#define SL_ANY_ACQUIRER (-1)

/*
 * Does this process have a descriptor that holds a lock on the file (NULL: on any), taken by
 * `acquirer`? Then *lock is that lock.
 */
enum sl_sight sl_kernel_process_has(
	pid_t pid, const struct sl_kernel_file *file, pid_t acquirer, struct sl_kernel_lock *lock);

/* For people: the path of the file that this process has locked, as far as it can be seen. */
void sl_kernel_path_of(pid_t pid, const struct sl_kernel_file *file, char *path, size_t size);

/*
 * Calls `visit` for each process of this namespace that has such a descriptor, until it returns
 * false. Returns false itself if some process could not be looked into.
 */
bool sl_kernel_each_process(const struct sl_kernel_file *file, pid_t acquirer,
	bool (*visit)(pid_t pid, const struct sl_kernel_lock *lock, void *data), void *data);

#endif
