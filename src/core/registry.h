/*
 * Every lock descriptor of this process, in one list: what a fork has to close in the child, and
 * what a request that ends has to give back.
 *
 * Life of an entry: its owner fills in `context`, calls sl_registry_open() for each file it tries,
 * and sl_registry_close() when it is done with the descriptor. In between the entry is linked.
 *
 * Why a child must not keep the descriptor: flock belongs to the open file description, which fork
 * shares. A child that lives on would keep the lock of a parent that was killed. So a
 * pthread_atfork(3) handler closes them in the child, except those marked `inheritable`. Closing is
 * harmless there: only LOCK_UN, or the last close, frees the lock.
 */
#ifndef SL_REGISTRY_H
#define SL_REGISTRY_H

#include <stdbool.h>
#include <sys/types.h>

struct sl_registry_entry {
	struct sl_registry_entry *previous;
	struct sl_registry_entry *next;
	void *context;    /* belongs to the application: which request or thread holds it */
	int descriptor;   /* -1: none; the entry is then not linked, or we are a forked child */
	bool linked;      /* the entry is in the list */
	bool inheritable; /* children keep the descriptor */
	bool pending;     /* but not yet: the lock is not held, though it may be granted any moment */
	bool inherited;   /* we are such a child: the descriptor is here, the lock is the parent's */
};

/* Once per process, before the first entry. 0, or the error of pthread_atfork(3). */
int sl_registry_start(void);

/*
 * The descriptor, or a copy of it (close-on-exec) in its place that is none of 0 to 2. Where a
 * program was started with its standard descriptors closed, the kernel gives those out, and what
 * PHP then prints would go into the file. -1 with errno if there is none, or was none.
 */
int sl_above_standard_descriptors(int descriptor);

/*
 * openat(2), above the descriptors 0 to 2, and the entry is linked with the descriptor before any
 * fork can happen in between. Returns the descriptor, or -1 with errno. The entry must have none
 * yet.
 */
int sl_registry_open(
	struct sl_registry_entry *entry, int directory, const char *path, int flags, mode_t mode);

/* Closes the descriptor, if there is one, and unlinks the entry. Frees no lock that others share.
 */
void sl_registry_close(struct sl_registry_entry *entry);

/* Its descriptor has only now become what it was opened for: the entry is the newest one again. */
void sl_registry_renew(struct sl_registry_entry *entry);

/* Does this process hold any lock of ours? */
bool sl_registry_holds_any(void);

/* Newest entry of this context that is older than `after` (NULL: the newest of all), or NULL. */
struct sl_registry_entry *sl_registry_next(const struct sl_registry_entry *after, void *context);

#endif
