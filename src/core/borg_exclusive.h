/*
 * lock.exclusive: the directory that borg 1 renames into place when it wants a repository for
 * itself alone, or wants to change the roster.
 *
 * We do the same, and in addition keep our record in it locked with flock(2), and write into it who
 * we are. borg does not look at either. Another sitelock does: it knows us for alive where a pid
 * says nothing, and for dead where borg would never dare to say so.
 *
 * Records are called by pid, so a name comes again. Nothing here trusts a name alone: what is ours
 * is known by its inode.
 */
#ifndef SL_BORG_EXCLUSIVE_H
#define SL_BORG_EXCLUSIVE_H

#include "borg_id.h"
#include "borg_repository.h"
#include "directory.h"
#include "record.h"
#include "registry.h"
#include "result.h"

#include <limits.h>
#include <stdbool.h>

#define SL_BORG_EXCLUSIVE "lock.exclusive"

struct sl_borg_exclusive {
	/* Set by who uses it. */
	int directory; /* the repository */
	struct sl_borg_repository repository;
	struct sl_borg_self self;
	struct sl_viewpoint here;
	struct sl_owner owner; /* what our record says */

	/* Ours. */
	struct sl_registry_entry record; /* open while we have it, or prepare it */
	struct sl_file_id file;          /* of the record */
	int place;                       /* the directory that is prepared; -1: none */
	char temporary[NAME_MAX + 1];    /* what that is called until it is in its place; "" */
	/* What try() found: */
	bool met_dead;             /* somebody has crashed, and may have left more */
	struct sl_file_id blocker; /* the record of who has it, if he lives; inode 0 */
};

/* One try. SL_OK: ours. SL_BUSY. SL_LOST: there is no such repository any more. Others: failed. */
enum sl_result sl_borg_exclusive_try(
	struct sl_borg_exclusive *exclusive, struct sl_failure *failure);

/* Still ours? SL_OK, SL_LOST, SL_SYSTEM. */
enum sl_result sl_borg_exclusive_check(
	const struct sl_borg_exclusive *exclusive, struct sl_failure *failure);

/* Gives it back; safe if we do not have it. SL_SYSTEM: our record is still there, though not
 * locked. */
enum sl_result sl_borg_exclusive_leave(
	struct sl_borg_exclusive *exclusive, struct sl_failure *failure);

/* Closes what is open and changes nothing: for a forked child. */
void sl_borg_exclusive_close(struct sl_borg_exclusive *exclusive);

/* A record in lock.exclusive, and what was found out about it. */
struct sl_borg_judged {
	enum sl_life life;
	bool gone;   /* it was removed meanwhile */
	bool proper; /* it is called as borg calls a process */
	struct sl_borg_id id;
	struct sl_file_id file;  /* inode 0: it cannot be looked at */
	struct timespec since;   /* of the file */
	struct sl_record record; /* what a sitelock wrote into it */
	int descriptor;          /* which the caller closes; -1 */
};

/* The only place that decides whether an owner of lock.exclusive is dead. */
void sl_borg_judge(const struct sl_borg_exclusive *exclusive, int directory, const char *name,
	struct sl_borg_judged *judged);

/*
 * Calls `visit` for each record; the directory may be missing. SL_UNSAFE_FOREIGN_DIRECTORY: we may
 * not look into it. Or another SL_UNSAFE_*, SL_SYSTEM.
 */
enum sl_result sl_borg_exclusive_each(const struct sl_borg_exclusive *exclusive,
	bool (*visit)(int directory, const char *name, void *data), void *data,
	struct sl_failure *failure);

/* Removes dead owners. SL_OK: nobody has it. SL_BUSY: somebody has. */
enum sl_result sl_borg_exclusive_clear(
	struct sl_borg_exclusive *exclusive, struct sl_failure *failure);

/* Removes this record, if it is still that file. An inode comes again, and so it is known by its
 * time, too. */
enum sl_result sl_borg_exclusive_break(const struct sl_borg_exclusive *exclusive, const char *name,
	ino_t inode, const struct timespec *since, struct sl_failure *failure);

/* Removes what dead processes had only prepared, also borg's, which it never does. */
void sl_borg_exclusive_collect(const struct sl_borg_exclusive *exclusive);

#endif
