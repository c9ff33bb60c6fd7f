#include "registry.h"

#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

/* Newest first: a request gives its locks back in the reverse order of taking them. */
static struct sl_registry_entry *newest;

/*
 * Guards the list. It is also held across openat(2) itself: a fork by another thread between open
 * and linking would give the child a descriptor that nobody knows of, and with it the lock.
 */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&mutex);
}

static void after_fork_in_child(void)
{
	for (struct sl_registry_entry *entry = newest; entry != NULL; entry = entry->next) {
		entry->inherited = true;
		if ((!entry->inheritable || entry->pending) && entry->descriptor >= 0) {
			close(entry->descriptor);
			entry->descriptor = -1;
		}
	}
	sl_process_forget_self();
	pthread_mutex_unlock(&mutex);
}

int sl_registry_start(void)
{
	static bool started;
	int error = 0;

	pthread_mutex_lock(&mutex);
	if (!started) {
		error = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
		started = error == 0;
	}
	pthread_mutex_unlock(&mutex);
	return error;
}

int sl_above_standard_descriptors(int descriptor)
{
	if (descriptor < 0 || descriptor > STDERR_FILENO)
		return descriptor;
	int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int error = errno;
	close(descriptor);
	errno = error;
	return moved;
}

static void link_entry(struct sl_registry_entry *entry)
{
	entry->linked = true;
	entry->previous = NULL;
	entry->next = newest;
	if (newest != NULL)
		newest->previous = entry;
	newest = entry;
}

static void unlink_entry(struct sl_registry_entry *entry)
{
	if (!entry->linked)
		return;
	if (entry->previous != NULL)
		entry->previous->next = entry->next;
	else
		newest = entry->next;
	if (entry->next != NULL)
		entry->next->previous = entry->previous;
	entry->linked = false;
}

int sl_registry_open(
	struct sl_registry_entry *entry, int directory, const char *path, int flags, mode_t mode)
{
	pthread_mutex_lock(&mutex);
	int descriptor;
	do {
		descriptor = openat(directory, path, flags, mode);
	} while (descriptor < 0 && errno == EINTR);
	descriptor = sl_above_standard_descriptors(descriptor);
	if (descriptor >= 0) {
		entry->descriptor = descriptor;
		entry->inherited = false;
		link_entry(entry);
	}
	pthread_mutex_unlock(&mutex);
	return descriptor;
}

void sl_registry_close(struct sl_registry_entry *entry)
{
	pthread_mutex_lock(&mutex);
	unlink_entry(entry);
	int descriptor = entry->descriptor;
	entry->descriptor = -1;
	if (descriptor >= 0)
		close(descriptor);
	pthread_mutex_unlock(&mutex);
}

void sl_registry_renew(struct sl_registry_entry *entry)
{
	pthread_mutex_lock(&mutex);
	unlink_entry(entry);
	link_entry(entry);
	pthread_mutex_unlock(&mutex);
}

bool sl_registry_holds_any(void)
{
	bool found = false;
	pthread_mutex_lock(&mutex);
	for (struct sl_registry_entry *entry = newest; entry != NULL && !found; entry = entry->next)
		found = !entry->pending && !entry->inherited;
	pthread_mutex_unlock(&mutex);
	return found;
}

struct sl_registry_entry *sl_registry_next(const struct sl_registry_entry *after, void *context)
{
	pthread_mutex_lock(&mutex);
	struct sl_registry_entry *entry = after == NULL ? newest : after->next;
	while (entry != NULL && entry->context != context)
		entry = entry->next;
	pthread_mutex_unlock(&mutex);
	return entry;
}
