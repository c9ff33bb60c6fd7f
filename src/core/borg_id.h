/*
 * How borg 1 calls a process, and when it holds one for dead.
 *
 * A process is "HOST.PID-THREAD", the thread in hexadecimal: as the name of a file in
 * lock.exclusive, and in three parts in lock.roster. HOST is $BORG_HOST_ID, or the fully qualified
 * name of the host, "@", and the MAC address of an interface in decimal.
 *
 * borg holds a process for dead when its HOST is its own, THREAD is 0, and there is no such PID.
 * What has another HOST or a THREAD it leaves to people. So a HOST that wrongly counts as another
 * one costs a person's time, and one that wrongly counts as ours costs a repository.
 */
#ifndef SL_BORG_ID_H
#define SL_BORG_ID_H

#include "process.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define SL_BORG_HOST_MAX 200      /* leaves room for pid and thread in a file name */
#define SL_BORG_NAME_MAX NAME_MAX /* of a file in lock.exclusive */

struct sl_borg_id {
	char host[SL_BORG_HOST_MAX + 2]; /* one that is too long stays so when it is cut off */
	int64_t pid;
	int64_t thread;
};

/* This process. */
struct sl_borg_self {
	struct sl_borg_id id;
	/* No other host can be called so. Without a MAC address borg takes a random number, another one
	 * in each process. */
	bool certain;
	bool given;    /* somebody has set it, and not the network */
	bool sees_all; /* a pid means the same to us and to everybody on this host */
};

/* `host_id` NULL: as borg finds it, which may ask the name server, once in the life of a process.
 * False: it is empty, too long, or has a slash in it. */
bool sl_borg_self(const char *host_id, struct sl_borg_self *self);

bool sl_borg_id_equal(const struct sl_borg_id *a, const struct sl_borg_id *b);

/* Reading is as borg reads; false: no name of a process. */
void sl_borg_id_write(char name[SL_BORG_NAME_MAX + 1], const struct sl_borg_id *id);
bool sl_borg_id_read(struct sl_borg_id *id, const char *name);

/* borg's rule, and where that is no proof, SL_LIFE_UNKNOWN. */
enum sl_life sl_borg_life(const struct sl_borg_id *id, const struct sl_borg_self *self);

#endif
