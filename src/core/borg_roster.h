/*
 * lock.roster: who uses a borg repository now, as JSON.
 *
 *     {"shared": [["web1@8796750862", 4211, 0]], "exclusive": []}
 *
 * The shared list decides: as long as somebody is on it, nobody may write. The exclusive list is
 * for people. Whoever changes the file holds lock.exclusive meanwhile.
 *
 * It is replaced by renaming a new one into place, with the mode and owner of the old one: whenever
 * a process dies, all readers are still on it. What else is in it survives. A file that borg could
 * not have written is left as it is, because readers may be forgotten otherwise.
 */
#ifndef SL_BORG_ROSTER_H
#define SL_BORG_ROSTER_H

#include "borg_id.h"
#include "borg_repository.h"
#include "lock_set.h"
#include "result.h"

#include <jansson.h>
#include <stdbool.h>

struct sl_borg_roster {
	json_t *root;
	bool exists;
	struct sl_borg_repository file; /* whose it is, and its mode, if it exists */
};

/* SL_OK: read, or empty because there is none. SL_ROSTER_BROKEN, SL_SYSTEM: nothing to be freed. */
enum sl_result sl_borg_roster_read(
	int repository, struct sl_borg_roster *roster, struct sl_failure *failure);
void sl_borg_roster_free(struct sl_borg_roster *roster);

/* How many are on the list, and the one at this place. */
size_t sl_borg_roster_count(const struct sl_borg_roster *roster, enum sl_mode mode);
void sl_borg_roster_get(
	const struct sl_borg_roster *roster, enum sl_mode mode, size_t index, struct sl_borg_id *id);
bool sl_borg_roster_has(
	const struct sl_borg_roster *roster, enum sl_mode mode, const struct sl_borg_id *id);

/* Each is there once. False: out of memory. */
bool sl_borg_roster_add(
	struct sl_borg_roster *roster, enum sl_mode mode, const struct sl_borg_id *id);
void sl_borg_roster_remove_at(struct sl_borg_roster *roster, enum sl_mode mode, size_t index);
/* False: it was not there. */
bool sl_borg_roster_remove(
	struct sl_borg_roster *roster, enum sl_mode mode, const struct sl_borg_id *id);

/*
 * Puts it into place. A new file has user, group and mode of the repository's. If nobody is on it,
 * and nothing else in it, there is no file afterwards. SL_SYSTEM: the file is as it was.
 */
enum sl_result sl_borg_roster_write(int directory, const struct sl_borg_roster *roster,
	const struct sl_borg_repository *repository, struct sl_failure *failure);

/* Removes what a crash has left of a file that was not yet in place. Only under lock.exclusive. */
void sl_borg_roster_collect(int repository);

#endif
