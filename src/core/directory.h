/*
 * The directory that is a lock: what is in it, and who of those is dead.
 *
 * It holds one record for each owner, a file that its owner keeps locked with flock(2). What is
 * needed to judge an owner is in the *name* of the record, because after a power cut its content
 * may be gone:
 *
 *     s1.x.1021994.1b.f5a6acec-05fa-40df-8fc9-279984ae6064.4211.77b0…
 *        │ │       │  boot id                              pid  nonce, 128 random bits
 *        │ │       device of the directory
 *        │ kind of the file system (statfs(2)), both hexadecimal
 *        x exclusive, s shared
 *
 * Its content is a record as lock files have it (record.h), for people.
 *
 * No name is ever used again, so who removes a record by its name removes that owner's record, or
 * none. That is what makes it safe to judge first and to remove later.
 */
#ifndef SL_DIRECTORY_H
#define SL_DIRECTORY_H

#include "lock_path.h"
#include "lock_set.h"
#include "process.h"
#include "result.h"

#include <stdbool.h>
#include <stdint.h>

#define SL_NONCE_SIZE      32 /* hexadecimal digits */
#define SL_RECORD_NAME_MAX 159

struct sl_record_name {
	enum sl_mode mode;
	uint32_t kind;
	uint64_t device;
	char boot_id[SL_BOOT_ID_MAX + 1];
	pid_t pid;
	char nonce[SL_NONCE_SIZE + 1];
};

/* False: no random bits could be had; errno. */
bool sl_nonce_draw(char nonce[SL_NONCE_SIZE + 1]);

void sl_record_name_write(char text[SL_RECORD_NAME_MAX + 1], const struct sl_record_name *name);
bool sl_record_name_read(struct sl_record_name *name, const char *text);

/* For people: the path of a record becomes that of its lock; any other path stays. */
void sl_record_path_shorten(char *path);

/*
 * "L.<nonce>.tmp": in which the directory for the lock path L is prepared. `base` is L's last part.
 * False: it would be too long for any file system.
 */
bool sl_temporary_name_write(char *text, size_t size, const char *base, const char *nonce);
bool sl_temporary_name_is_one(const char *text, const char *base);

/* From where one looks at a record. */
struct sl_viewpoint {
	uint32_t kind;
	uint64_t device; /* of the directory, st_dev */
	mode_t mode;     /* and its permissions */
	uid_t user;      /* and whose it is */
	char boot_id[SL_BOOT_ID_MAX + 1];
};

/* The answer about what was removed while it was open, on FUSE and NFS. */
bool sl_is_gone(int error);

/* SL_LOST: the directory is there no longer. SL_SYSTEM. */
enum sl_result sl_viewpoint_of(int directory, const struct sl_self *self, struct sl_viewpoint *here,
	struct sl_failure *failure);

enum sl_verdict {
	SL_OWNER_ALIVE,
	SL_OWNER_DEAD,
	SL_OWNER_UNKNOWN, /* counts as alive */
	SL_OWNER_GONE,    /* it has just been removed */
	SL_NO_OWNER,      /* what a network file system leaves there for a while */
};

/* Would a flock of this owner be seen from here, if he lived? Only then one that is granted says
 * that he is dead. */
bool sl_shares_flocks_with(const struct sl_viewpoint *here, const struct sl_record_name *owner);

/* One entry of the directory, and what was found out about it. */
struct sl_judged {
	enum sl_verdict verdict;
	bool proper; /* it is called as a record is, and `name` says how */
	struct sl_record_name name;
	struct sl_failure
		failure; /* UNKNOWN because of this, which says nothing about the owner; or 0 */
	struct sl_file_id file;
	/*
	 * The record, which the caller closes; -1 if it cannot be opened. DEAD: it is ours as long as
	 * this is open, for it has our LOCK_SH. ALIVE: a flock with LOCK_SH waits for its end.
	 */
	int descriptor;
};

/*
 * Is the owner of this record dead? The only place that decides so.
 *
 * A flock that is refused proves that he lives. One that is granted proves that he is dead only if
 * his flock would have been seen from here: on the same kind of file system, and where one
 * directory can be reached in two ways, by the same device and in the same boot. Otherwise it is
 * unknown, and that counts as alive. So a flock that lies makes somebody wait for ever, but never
 * makes two owners.
 *
 * Shared flocks only: two who judge at the same time do not see each other.
 */
void sl_judge(
	int directory, const char *name, const struct sl_viewpoint *here, struct sl_judged *judged);

/*
 * Calls `visit` for each entry, until it returns false. SL_LOST: the directory is there no longer.
 * SL_SYSTEM: not all could be read.
 */
enum sl_result sl_directory_each(int directory, bool (*visit)(const char *name, void *data),
	void *data, struct sl_failure *failure);

/* Removes the records of dead owners: *removed, if there were any. */
enum sl_result sl_directory_clear(
	int directory, const struct sl_self *self, bool *removed, struct sl_failure *failure);

/*
 * Removes what crashed processes have left in `parent` of directories that they prepared for the
 * lock path `base`; all but the one called `ours`. What it may not read or remove it leaves.
 */
void sl_directory_collect(
	int parent, const char *base, const char *ours, const struct sl_self *self);

#endif
