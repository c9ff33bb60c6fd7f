/*
 * Is this directory a repository of borg 1? BorgLock puts nothing into any other.
 */
#ifndef SL_BORG_REPOSITORY_H
#define SL_BORG_REPOSITORY_H

#include "lock_path.h"
#include "registry.h"
#include "result.h"

#include <sys/types.h>

/* And whose is what is made in it? */
struct sl_borg_repository {
	struct sl_file_id id;
	uid_t user;
	gid_t group;
	mode_t mode; /* of files that borg makes: by its --umask it lets in a group, or does not */
};

/*
 * Opens the directory and links `entry`. SL_OK: it is one. Otherwise nothing is open: SL_SYSTEM,
 * SL_NO_REPOSITORY, or SL_FOREIGN_REPOSITORY for one of borg 2.
 */
enum sl_result sl_borg_repository_open(const char *path, struct sl_registry_entry *entry,
	struct sl_borg_repository *repository, struct sl_failure *failure);

/* What belongs to root alone would keep borg's user out. Who is not root gives what he may. */
void sl_borg_give(int descriptor, uid_t user, gid_t group);

#endif
