/*
 * Who has a lock now? The kernel is asked first, the record second, and the lock is never touched:
 * a probing flock would make somebody else's try fail.
 *
 * A holder is named only when the kernel proves it: the process has a descriptor that shows the
 * lock in its fdinfo, or, where that is not for our eyes, it is the very process (pid, start time,
 * boot, namespace) that the record names. Otherwise the holder is unknown: pid 0.
 */
#ifndef SL_HOLDERS_H
#define SL_HOLDERS_H

#include "directory.h"
#include "record.h"
#include "result.h"

#include <stdbool.h>
#include <stddef.h>

/* The name of a record and what it is known by. */
#define SL_HOLDER_RECORD_MAX 320

struct sl_holder {
	struct sl_owner owner; /* what is known of it; process.pid 0: unknown */
	enum sl_life life;     /* ALIVE where the kernel proves it, LIFE_UNKNOWN otherwise */
	bool exclusive;
	bool self;      /* this process */
	bool ancestor;  /* a process from which we descend */
	bool inherited; /* who took the lock no longer has it, this process still does */
	pid_t acquirer; /* inherited: who took it; 0: out of sight */
	char acquirer_command[SL_COMMAND_MAX + 1]; /* and its command, "" if the record lacks it */
	char record[SL_HOLDER_RECORD_MAX + 1];     /* what keeps the lock, if that is a file; else "" */
};

struct sl_holder_list {
	struct sl_holder *holders;
	size_t count;
};

/*
 * Fills the list with everybody who holds the lock at `path`, us included; empty if it is free or
 * there is no such file. SL_UNSAFE_SYMLINK, SL_UNSAFE_TYPE or SL_SYSTEM (no /proc, no memory)
 * otherwise. A filled list is freed by sl_holders_free(); that is always safe.
 */
enum sl_result sl_holders_list(
	const char *path, struct sl_holder_list *list, struct sl_failure *failure);
void sl_holders_free(struct sl_holder_list *list);

/*
 * How many wait for the lock at `path` in the kernel's queue; with `until_us` only those whom it
 * will serve before this process, which waits for it `earlier` times already on behalf of others.
 * False: not all of them would be shown here, or nothing is.
 */
bool sl_holders_waiting(const char *path, bool until_us, size_t earlier, size_t *count);

/*
 * The same for the directory lock at `path`: all owners but the dead. That can be told by a flock
 * of ours, because here it is in nobody's way (sl_judge).
 */
enum sl_result sl_holders_list_directory(
	const char *path, struct sl_holder_list *list, struct sl_failure *failure);

/* For those who find holders in another way. False: out of memory. */
bool sl_holders_append(struct sl_holder_list *list, const struct sl_holder *holder);
/* What can be seen of a process that lives and holds it. */
void sl_holder_set_process(struct sl_holder *holder, pid_t pid);

/* Makes an empty list say that somebody has the lock, and nothing else of him. */
enum sl_result sl_holders_add_unknown(struct sl_holder_list *list, struct sl_failure *failure);

#endif
