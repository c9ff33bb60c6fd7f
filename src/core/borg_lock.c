#include "borg_lock.h"

#include "borg_exclusive.h"
#include "borg_id.h"
#include "borg_repository.h"
#include "borg_roster.h"
#include "clock.h"
#include "holders.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How seldom to ask at most. */
#define POLL_LAST (250 * SL_MILLISECOND)

/* Who changes the roster has lock.exclusive for a moment. So long even a single try waits. */
#define PASSING_PATIENCE (100 * SL_MILLISECOND)
#define PASSING_INTERVAL SL_MILLISECOND

/* And so long who must get in to give back what he has. */
#define LEAVE_PATIENCE (2 * SL_SECOND)
#define LEAVE_INTERVAL (5 * SL_MILLISECOND)

/* borg writes the roster in place, so a reader without the lock may see half of it. */
#define ROSTER_ROUNDS 20

struct borg_lock {
	struct sl_lock lock; /* must be first; its entry is the directory of the repository */
	char *host_id;       /* as it was when this was made; NULL: as borg calls this host */

	/* From a try on. */
	struct sl_borg_exclusive exclusive;
	struct presence *presence; /* held shared: the entry on the roster that we are behind */
};

/* This process on the roster of a repository. */
struct presence {
	struct presence *next;
	struct sl_file_id repository;
	struct sl_borg_id id;
	unsigned locks; /* behind it; 0: it should have been taken off */
	char *path;
	char *host_id;
};

static struct presence *presences;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static const struct sl_lock_kind borg_lock_kind;

static void free_presence(struct presence *presence)
{
	free(presence->path);
	free(presence->host_id);
	free(presence);
}

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&mutex);
}

/* What the parent holds is not the child's, and some descendant may get the parent's pid. */
static void after_fork_in_child(void)
{
	while (presences != NULL) {
		struct presence *presence = presences;
		presences = presence->next;
		free_presence(presence);
	}
	pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* For the registry: of no request. */
static char nobody;

static struct borg_lock *of(const struct sl_lock *lock)
{
	return (struct borg_lock *)lock;
}

static const struct sl_borg_id *own_id(const struct borg_lock *self)
{
	return &self->exclusive.self.id;
}

struct sl_lock *sl_borg_lock_new(const struct sl_lock_options *options, const char *host_id)
{
	struct sl_borg_self self;
	struct borg_lock *lock = calloc(1, sizeof *lock);

	if (lock == NULL)
		return NULL;
	if (!sl_borg_self(host_id, &self)) {
		free(lock);
		errno = EINVAL;
		return NULL;
	}
	lock->exclusive.record.descriptor = lock->exclusive.place = -1;
	if (sl_lock_init(&lock->lock, &borg_lock_kind, options)) {
		lock->host_id = self.given ? strdup(self.id.host) : NULL;
		if (!self.given || lock->host_id != NULL)
			return &lock->lock;
	}
	free(lock->lock.path);
	free(lock);
	errno = ENOMEM;
	return NULL;
}

static void free_lock(struct sl_lock *lock)
{
	free(of(lock)->host_id);
	free(lock);
}

/* --- How many locks are behind our entry on the roster --- */

static struct presence **find_presence(const struct borg_lock *self)
{
	struct presence **place = &presences;
	while (
		*place != NULL && !(sl_same_file(&(*place)->repository, &self->exclusive.repository.id) &&
							  sl_borg_id_equal(&(*place)->id, own_id(self))))
		place = &(*place)->next;
	return place;
}

static struct presence *new_presence(const struct borg_lock *self)
{
	struct presence *presence = calloc(1, sizeof *presence);
	if (presence == NULL)
		return NULL;
	presence->repository = self->exclusive.repository.id;
	presence->id = *own_id(self);
	presence->path = strdup(self->lock.path);
	presence->host_id = strdup(presence->id.host);
	if (presence->path != NULL && presence->host_id != NULL)
		return presence;
	free_presence(presence);
	return NULL;
}

static bool count_us(struct borg_lock *self)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, watch_forks);
	struct presence *fresh = new_presence(self);
	pthread_mutex_lock(&mutex);
	struct presence **place = find_presence(self);
	if (*place == NULL) {
		*place = fresh;
		fresh = NULL;
	}
	self->presence = *place;
	if (self->presence != NULL)
		self->presence->locks++;
	pthread_mutex_unlock(&mutex);
	if (fresh != NULL)
		free_presence(fresh);
	return self->presence != NULL;
}

/* How many are behind it without us. */
static unsigned count_us_out(struct borg_lock *self)
{
	pthread_mutex_lock(&mutex);
	unsigned left = --self->presence->locks;
	pthread_mutex_unlock(&mutex);
	self->presence = NULL;
	return left;
}

static unsigned locks_behind_us(const struct borg_lock *self)
{
	pthread_mutex_lock(&mutex);
	const struct presence *presence = *find_presence(self);
	unsigned locks = presence != NULL ? presence->locks : 0;
	pthread_mutex_unlock(&mutex);
	return locks;
}

/* Has nobody taken our entry off, and does no lock need it? */
static bool is_left_over(const struct borg_lock *self)
{
	pthread_mutex_lock(&mutex);
	const struct presence *presence = *find_presence(self);
	bool left_over = presence != NULL && presence->locks == 0;
	pthread_mutex_unlock(&mutex);
	return left_over;
}

/* Does this process read the repository, under whatever name? */
static bool reads_it(const struct borg_lock *self)
{
	bool found = false;
	pthread_mutex_lock(&mutex);
	for (const struct presence *presence = presences; presence != NULL && !found;
		 presence = presence->next)
		found = presence->locks > 0 && presence->id.pid == getpid() &&
				sl_same_file(&presence->repository, &self->exclusive.repository.id);
	pthread_mutex_unlock(&mutex);
	return found;
}

/* We are not on the roster any more; unless another thread has just come. */
static void forget_presence(const struct borg_lock *self)
{
	pthread_mutex_lock(&mutex);
	struct presence **place = find_presence(self), *presence = *place;
	if (presence != NULL && presence->locks == 0) {
		*place = presence->next;
		free_presence(presence);
	}
	pthread_mutex_unlock(&mutex);
}

/* Gives lock.exclusive back. What cannot be removed now looks alive as long as we do: a sweep will.
 */
static enum sl_result leave_exclusive(struct borg_lock *self, struct sl_failure *failure)
{
	enum sl_result result = sl_borg_exclusive_leave(&self->exclusive, failure);
	if (result != SL_OK && self->presence == NULL && count_us(self))
		count_us_out(self);
	return result;
}

static void leave_exclusive_quietly(struct borg_lock *self)
{
	struct sl_failure ignored;
	leave_exclusive(self, &ignored);
}

/* --- The roster, while lock.exclusive is ours --- */

static bool is_dead(const struct borg_lock *self, enum sl_mode mode, const struct sl_borg_id *id)
{
	/* Whoever had our pid before us, and what this process could not take back. */
	if (sl_borg_id_equal(id, own_id(self)))
		return mode == SL_EXCLUSIVE || locks_behind_us(self) == 0;
	return sl_borg_life(id, &self->exclusive.self) == SL_DEAD;
}

static bool drop_dead(const struct borg_lock *self, struct sl_borg_roster *roster)
{
	bool dropped = false;
	for (int mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		for (size_t i = sl_borg_roster_count(roster, (enum sl_mode)mode); i-- > 0;) {
			struct sl_borg_id id;
			sl_borg_roster_get(roster, (enum sl_mode)mode, i, &id);
			if (is_dead(self, (enum sl_mode)mode, &id)) {
				sl_borg_roster_remove_at(roster, (enum sl_mode)mode, i);
				dropped = true;
			}
		}
	return dropped;
}

/* Not in step with others who do the same. */
static void sleep_about(int64_t interval)
{
	int64_t time = interval / 2 + sl_clock_now() % interval;
	nanosleep(&(struct timespec){.tv_nsec = (long)time}, NULL);
}

static enum sl_result read_roster(
	const struct borg_lock *self, struct sl_borg_roster *roster, struct sl_failure *failure)
{
	return sl_borg_roster_read(self->exclusive.directory, roster, failure);
}

static enum sl_result write_roster(
	const struct borg_lock *self, const struct sl_borg_roster *roster, struct sl_failure *failure)
{
	return sl_borg_roster_write(
		self->exclusive.directory, roster, &self->exclusive.repository, failure);
}

static enum sl_result add_us(const struct borg_lock *self, struct sl_borg_roster *roster,
	enum sl_mode mode, struct sl_failure *failure)
{
	if (sl_borg_roster_add(roster, mode, own_id(self)))
		return write_roster(self, roster, failure);
	errno = ENOMEM;
	return sl_failed(failure, SL_SYSTEM, "malloc");
}

/* Nobody may read: then we are alone, and stay in lock.exclusive. */
static enum sl_result add_exclusive(
	struct borg_lock *self, struct sl_borg_roster *roster, struct sl_failure *failure)
{
	if (sl_borg_roster_count(roster, SL_SHARED) == 0) {
		self->lock.file = self->exclusive.file;
		enum sl_result result = add_us(self, roster, SL_EXCLUSIVE, failure);
		/* Another thread may just be about to take off the entry that was dropped as dead. */
		if (result == SL_OK)
			forget_presence(self);
		return result;
	}
	/* Readers of this process are known by the repository. */
	if (reads_it(self))
		self->lock.blocker = self->exclusive.repository.id;
	return SL_BUSY;
}

/* SL_LOST: we were not on it. */
static enum sl_result remove_us(
	struct borg_lock *self, enum sl_mode mode, struct sl_failure *failure)
{
	struct sl_borg_roster roster;
	enum sl_result result = read_roster(self, &roster, failure);
	if (result != SL_OK)
		return result;
	bool was_on_it = sl_borg_roster_remove(&roster, mode, own_id(self));
	drop_dead(self, &roster);
	if (was_on_it)
		result = write_roster(self, &roster, failure);
	sl_borg_roster_free(&roster);
	return result == SL_OK && !was_on_it ? SL_LOST : result;
}

static bool is_taken_off(struct borg_lock *self)
{
	struct sl_failure ignored;
	enum sl_result result = remove_us(self, SL_SHARED, &ignored);
	return result == SL_OK || result == SL_LOST;
}

static enum sl_result add_shared(
	struct borg_lock *self, struct sl_borg_roster *roster, struct sl_failure *failure)
{
	self->lock.file = self->exclusive.repository.id;
	if (!count_us(self)) {
		errno = ENOMEM;
		return sl_failed(failure, SL_SYSTEM, "malloc");
	}
	enum sl_result result = add_us(self, roster, SL_SHARED, failure);
	/* It may be there all the same. If we cannot take it off now, a sweep will. */
	if (result != SL_OK && count_us_out(self) == 0 && is_taken_off(self))
		forget_presence(self);
	return result;
}

/*
 * Whoever is in lock.exclusive for good is on the exclusive list. Who is not only passes, and will
 * be gone in a moment.
 */
static bool is_passing(const struct borg_lock *self)
{
	struct sl_borg_roster roster;
	struct sl_failure ignored;

	if (sl_borg_roster_read(self->exclusive.directory, &roster, &ignored) != SL_OK)
		return true;
	bool passing = sl_borg_roster_count(&roster, SL_EXCLUSIVE) == 0;
	sl_borg_roster_free(&roster);
	return passing;
}

/* One try, with a little patience for those who only pass. */
static enum sl_result enter(struct borg_lock *self, struct sl_failure *failure)
{
	int64_t deadline = sl_clock_now() + PASSING_PATIENCE;
	for (;;) {
		enum sl_result result = sl_borg_exclusive_try(&self->exclusive, failure);
		if (result != SL_BUSY || sl_clock_now() >= deadline || !is_passing(self))
			return result;
		sleep_about(PASSING_INTERVAL);
	}
}

static enum sl_result take(struct borg_lock *self, struct sl_failure *failure)
{
	struct sl_borg_roster roster;

	enum sl_result result = enter(self, failure);
	self->lock.blocker = self->exclusive.blocker;
	if (result != SL_OK)
		return result;
	result = read_roster(self, &roster, failure);
	if (result == SL_OK) {
		if (drop_dead(self, &roster) || self->exclusive.met_dead) {
			sl_borg_roster_collect(self->exclusive.directory);
			sl_borg_exclusive_collect(&self->exclusive);
		}
		result = self->lock.mode == SL_SHARED ? add_shared(self, &roster, failure)
											  : add_exclusive(self, &roster, failure);
		sl_borg_roster_free(&roster);
	}
	if (result != SL_OK || self->lock.mode == SL_SHARED)
		leave_exclusive_quietly(self);
	return result;
}

/* lock.exclusive is had for moments only as long as there are readers. */
static enum sl_result enter_patiently(
	struct borg_lock *self, int64_t patience, struct sl_failure *failure)
{
	int64_t deadline = sl_clock_now() + patience;
	for (;;) {
		enum sl_result result = sl_borg_exclusive_try(&self->exclusive, failure);
		if (result != SL_BUSY)
			return result;
		if (sl_clock_now() >= deadline)
			break;
		sleep_about(LEAVE_INTERVAL);
	}
	errno = EBUSY;
	sl_failed(failure, SL_SYSTEM, "rename");
	failure->within = SL_BORG_EXCLUSIVE;
	return SL_SYSTEM;
}

static enum sl_result take_us_off(
	struct borg_lock *self, int64_t patience, struct sl_failure *failure)
{
	enum sl_result result = enter_patiently(self, patience, failure);
	/* Another thread may share the entry again by now, or may have taken it off. */
	if (!is_left_over(self))
		result = SL_OK;
	else if (result == SL_OK)
		result = remove_us(self, SL_SHARED, failure);
	if (result == SL_LOST)
		result = SL_OK;
	if (result == SL_OK)
		forget_presence(self);
	leave_exclusive_quietly(self);
	return result;
}

/* --- The lock --- */

static void close_lock(struct sl_lock *lock)
{
	struct borg_lock *self = of(lock);
	lock->stage = SL_IDLE;
	sl_borg_exclusive_close(&self->exclusive);
	if (lock->entry.linked || lock->entry.descriptor >= 0)
		sl_registry_close(&lock->entry);
	self->presence = NULL;
}

static enum sl_result give_back(struct borg_lock *self, struct sl_failure *failure)
{
	struct sl_failure ignored;

	if (self->presence != NULL)
		return count_us_out(self) == 0 ? take_us_off(self, LEAVE_PATIENCE, failure) : SL_OK;
	/* That list is for people: what stays on it keeps nobody out. */
	if (sl_borg_exclusive_check(&self->exclusive, failure) == SL_OK)
		remove_us(self, SL_EXCLUSIVE, &ignored);
	return leave_exclusive(self, failure);
}

static void undo(struct sl_lock *lock)
{
	struct sl_failure ignored;
	if (lock->stage == SL_TAKEN)
		give_back(of(lock), &ignored);
	close_lock(lock);
}

static enum sl_result open_repository(const struct borg_lock *self, struct sl_registry_entry *entry,
	struct sl_borg_exclusive *exclusive, struct sl_failure *failure)
{
	const struct sl_self *process = sl_process_self();

	enum sl_result result =
		sl_borg_repository_open(self->lock.path, entry, &exclusive->repository, failure);
	if (result != SL_OK)
		return result;
	exclusive->directory = entry->descriptor;
	exclusive->record =
		(struct sl_registry_entry){.context = &nobody, .descriptor = -1, .pending = true};
	exclusive->place = -1;
	exclusive->temporary[0] = '\0';
	errno = EINVAL; /* BORG_HOST_ID has become nonsense */
	result = sl_borg_self(self->host_id, &exclusive->self)
				 ? sl_viewpoint_of(entry->descriptor, process, &exclusive->here, failure)
				 : sl_failed(failure, SL_SYSTEM, "getenv");
	if (result == SL_OK) {
		sl_lock_describe_owner(&self->lock, process, &exclusive->owner);
		return SL_OK;
	}
	sl_registry_close(entry);
	if (result == SL_LOST)
		errno = ENOENT;
	return result == SL_LOST ? sl_failed(failure, SL_SYSTEM, "open") : result;
}

static enum sl_result try_once(struct sl_lock *lock, struct sl_failure *failure)
{
	struct borg_lock *self = of(lock);

	clock_gettime(CLOCK_REALTIME, &lock->since);
	enum sl_result result = open_repository(self, &lock->entry, &self->exclusive, failure);
	if (result != SL_OK)
		return result;
	result = take(self, failure);
	if (result != SL_OK && result != SL_BUSY)
		close_lock(lock);
	return result == SL_LOST ? SL_BUSY : result;
}

/* The repository may have been replaced meanwhile. */
static enum sl_result try_again(struct sl_lock *lock, struct sl_failure *failure)
{
	sl_registry_close(&lock->entry);
	lock->blocker = (struct sl_file_id){0, 0};
	return try_once(lock, failure);
}

static enum sl_result look(struct sl_lock *lock, struct sl_failure *failure)
{
	(void)lock;
	(void)failure;
	return SL_OK;
}

static enum sl_result confirm(
	struct sl_lock *lock, const struct sl_self *process, struct sl_failure *failure)
{
	(void)lock;
	(void)process;
	(void)failure;
	return SL_OK;
}

/* Without lock.exclusive. SL_ROSTER_BROKEN: it stays so, it is not just being written. */
static enum sl_result peek_roster(
	int repository, struct sl_borg_roster *roster, struct sl_failure *failure)
{
	enum sl_result result = SL_OK;
	for (int round = 0; round < ROSTER_ROUNDS; round++) {
		result = sl_borg_roster_read(repository, roster, failure);
		if (result != SL_ROSTER_BROKEN)
			break;
		nanosleep(&(struct timespec){.tv_nsec = SL_MILLISECOND}, NULL);
	}
	return result;
}

/* Does the path still lead to the repository that was locked? SL_OK, SL_TAKEN_OFF, SL_SYSTEM. */
static enum sl_result check_place(const struct borg_lock *self, struct sl_failure *failure)
{
	struct stat st;
	if (stat(self->lock.path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? SL_TAKEN_OFF
												   : sl_failed(failure, SL_SYSTEM, "stat");
	return sl_same_file(&(struct sl_file_id){st.st_dev, st.st_ino}, &self->exclusive.repository.id)
			   ? SL_OK
			   : SL_TAKEN_OFF;
}

/* SL_TAKEN_OFF: not any more. */
static enum sl_result look_for_us(const struct borg_lock *self, struct sl_failure *failure)
{
	struct sl_borg_roster roster;

	if (self->lock.mode == SL_EXCLUSIVE) {
		enum sl_result result = sl_borg_exclusive_check(&self->exclusive, failure);
		return result == SL_LOST ? SL_TAKEN_OFF : result;
	}
	enum sl_result result = peek_roster(self->exclusive.directory, &roster, failure);
	if (result != SL_OK)
		return result;
	bool on_it = sl_borg_roster_has(&roster, SL_SHARED, own_id(self));
	sl_borg_roster_free(&roster);
	return on_it ? SL_OK : SL_TAKEN_OFF;
}

static enum sl_result check(const struct sl_lock *lock, struct sl_failure *failure)
{
	enum sl_result result = check_place(of(lock), failure);
	return result == SL_OK ? look_for_us(of(lock), failure) : result;
}

/* What was taken off cannot be given back. */
static void forget(struct borg_lock *self)
{
	if (self->presence != NULL && count_us_out(self) == 0)
		forget_presence(self);
}

static enum sl_result release(struct sl_lock *lock, const char *end, struct sl_failure *failure)
{
	(void)end;
	struct borg_lock *self = of(lock);
	struct sl_failure ignored;
	bool in_place = check_place(self, &ignored) != SL_TAKEN_OFF;
	enum sl_result result = look_for_us(self, failure);

	/* Of a repository that was moved away we are still the owner. */
	if (result != SL_TAKEN_OFF)
		result = give_back(self, failure);
	forget(self);
	leave_exclusive_quietly(self);
	close_lock(lock);
	return result == SL_OK && !in_place ? SL_TAKEN_OFF : result;
}

/* --- Who is there? --- */

/*
 * An idle lock on the same repository, on the stack of who calls: to look, and to change what is
 * not its own to change as an owner. SL_OK: the repository is open until leave().
 */
static enum sl_result visit(
	const char *path, const char *host_id, struct borg_lock *visitor, struct sl_failure *failure)
{
	*visitor = (struct borg_lock){
		.lock = {.kind = &borg_lock_kind, .path = (char *)path},
		.host_id = (char *)host_id,
	};
	visitor->lock.entry = (struct sl_registry_entry){.context = &nobody, .descriptor = -1};
	visitor->lock.entry.pending = true;
	return open_repository(visitor, &visitor->lock.entry, &visitor->exclusive, failure);
}

static void leave(struct borg_lock *visitor)
{
	leave_exclusive_quietly(visitor);
	close_lock(&visitor->lock);
}

struct survey {
	const struct borg_lock *visitor;
	struct sl_holder_list *list;
	bool out_of_memory;
};

/* What is known of a process by the name that borg gives it. */
static void describe(const struct survey *survey, struct sl_holder *holder, enum sl_life life,
	const struct sl_borg_id *id)
{
	const struct sl_borg_self *self = &survey->visitor->exclusive.self;
	struct sl_owner *owner = &holder->owner;

	holder->life = life;
	/* A pid means something only on this host, and outside of containers. */
	bool visible = self->sees_all && id->thread == 0;
	if (life == SL_ALIVE && strcmp(id->host, self->id.host) == 0 &&
		(visible || sl_borg_id_equal(id, &self->id))) {
		sl_holder_set_process(holder, (pid_t)id->pid);
		return;
	}
	sl_text_visible(owner->host, sizeof owner->host, id->host, strcspn(id->host, "@"));
	if (owner->label[0] == '\0') {
		char name[SL_BORG_NAME_MAX + 1];
		sl_borg_id_write(name, id);
		sl_text_visible(owner->label, sizeof owner->label, name, strlen(name));
	}
}

static void add(struct survey *survey, const struct sl_holder *holder)
{
	survey->out_of_memory |= !sl_holders_append(survey->list, holder);
}

static bool add_record(int directory, const char *name, void *data)
{
	struct survey *survey = data;
	struct sl_borg_judged judged;
	struct sl_holder holder = {.exclusive = true, .life = SL_LIFE_UNKNOWN};

	sl_borg_judge(&survey->visitor->exclusive, directory, name, &judged);
	if (judged.descriptor >= 0)
		close(judged.descriptor);
	if (judged.gone || judged.life == SL_DEAD)
		return true;
	if (judged.record.state == SL_RECORD_HELD)
		memcpy(holder.owner.label, judged.record.owner.label, sizeof holder.owner.label);
	if (judged.proper)
		describe(survey, &holder, judged.life, &judged.id);
	else
		sl_text_visible(holder.owner.label, sizeof holder.owner.label, name, strlen(name));
	holder.owner.since = judged.since;
	snprintf(holder.record, sizeof holder.record, "x%ju.%jd.%ld/%s", (uintmax_t)judged.file.inode,
		(intmax_t)judged.since.tv_sec, judged.since.tv_nsec, name);
	add(survey, &holder);
	return !survey->out_of_memory;
}

static void add_reader(struct survey *survey, const struct sl_borg_id *id)
{
	const struct borg_lock *visitor = survey->visitor;
	struct sl_holder holder = {.exclusive = false};

	if (is_dead(visitor, SL_SHARED, id))
		return;
	describe(survey, &holder, sl_borg_life(id, &visitor->exclusive.self), id);
	snprintf(holder.record, sizeof holder.record, "s%" PRId64 "/%" PRId64 "/%s", id->pid,
		id->thread, id->host);
	add(survey, &holder);
}

static enum sl_result add_readers(struct survey *survey, struct sl_failure *failure)
{
	struct sl_borg_roster roster;
	enum sl_result result = peek_roster(survey->visitor->exclusive.directory, &roster, failure);
	if (result == SL_SYSTEM && failure->number == EACCES) /* who they are is not for our eyes */
		return sl_holders_add_unknown(survey->list, failure);
	if (result != SL_OK)
		return result;
	for (size_t i = 0; i < sl_borg_roster_count(&roster, SL_SHARED); i++) {
		struct sl_borg_id id;
		sl_borg_roster_get(&roster, SL_SHARED, i, &id);
		add_reader(survey, &id);
	}
	sl_borg_roster_free(&roster);
	return SL_OK;
}

static enum sl_result holders(
	const struct sl_lock *lock, struct sl_holder_list *list, struct sl_failure *failure)
{
	struct borg_lock visitor;

	*list = (struct sl_holder_list){NULL, 0};
	enum sl_result result = visit(lock->path, of(lock)->host_id, &visitor, failure);
	if (result != SL_OK)
		return result;
	struct survey survey = {.visitor = &visitor, .list = list};
	result = sl_borg_exclusive_each(&visitor.exclusive, add_record, &survey, failure);
	if (result == SL_UNSAFE_FOREIGN_DIRECTORY) /* whose owner may have it */
		result = sl_holders_add_unknown(list, failure);
	if (result == SL_OK)
		result = add_readers(&survey, failure);
	if (result == SL_OK && survey.out_of_memory) {
		errno = ENOMEM;
		result = sl_failed(failure, SL_SYSTEM, "realloc");
	}
	if (result != SL_OK)
		sl_holders_free(list);
	leave(&visitor);
	return result;
}

/* --- What persons decide --- */

/* While lock.exclusive is ours. */
static enum sl_result clear_roster(
	const struct borg_lock *visitor, bool *cleared, struct sl_failure *failure)
{
	struct sl_borg_roster roster;
	enum sl_result result = read_roster(visitor, &roster, failure);
	if (result != SL_OK)
		return result;
	if (drop_dead(visitor, &roster)) {
		result = write_roster(visitor, &roster, failure);
		*cleared |= result == SL_OK;
	}
	sl_borg_roster_free(&roster);
	sl_borg_roster_collect(visitor->exclusive.directory);
	return result;
}

enum sl_result sl_borg_lock_break_stale(
	struct sl_lock *lock, bool *broken, struct sl_failure *failure)
{
	struct borg_lock visitor;

	*broken = false;
	enum sl_result result = visit(lock->path, of(lock)->host_id, &visitor, failure);
	if (result != SL_OK)
		return result;
	sl_borg_exclusive_collect(&visitor.exclusive);
	result = sl_borg_exclusive_try(&visitor.exclusive, failure);
	*broken = visitor.exclusive.met_dead;
	if (result == SL_OK)
		result = clear_roster(&visitor, broken, failure);
	leave(&visitor);
	/* Somebody is at work there, and takes the dead off himself. */
	return result == SL_BUSY ? SL_OK : result;
}

/* What a person was shown. */
struct seen {
	bool reader;
	struct sl_borg_id id; /* of a reader, as it is on the roster, whatever borg would say to it */
	const char *name;     /* of a record in lock.exclusive, its inode, and since when it is there */
	ino_t inode;
	struct timespec since;
};

/* "x1234.1795300000.250317000/web1@8796750862.4211-0" and "s4211/0/web1@8796750862" */
static bool read_record(const char *record, struct seen *seen)
{
	uintmax_t inode;
	intmax_t second;
	int at = 0;

	memset(seen, 0, sizeof *seen);
	seen->reader = record[0] == 's';
	if (seen->reader) {
		if (sscanf(record, "s%" SCNd64 "/%" SCNd64 "/%n", &seen->id.pid, &seen->id.thread, &at) !=
				2 ||
			at == 0)
			return false;
		snprintf(seen->id.host, sizeof seen->id.host, "%s", record + at);
		return true;
	}
	if (sscanf(record, "x%ju.%jd.%ld/%n", &inode, &second, &seen->since.tv_nsec, &at) != 3 ||
		at == 0 || record[at] == '\0')
		return false;
	seen->inode = (ino_t)inode;
	seen->since.tv_sec = (time_t)second;
	seen->name = record + at;
	return strchr(seen->name, '/') == NULL;
}

bool sl_borg_lock_is_record(const char *record)
{
	struct seen seen;
	return read_record(record, &seen);
}

static enum sl_result break_reader(
	struct borg_lock *visitor, const struct sl_borg_id *id, struct sl_failure *failure)
{
	struct sl_borg_roster roster;

	enum sl_result result = peek_roster(visitor->exclusive.directory, &roster, failure);
	if (result != SL_OK)
		return result;
	bool there = sl_borg_roster_has(&roster, SL_SHARED, id);
	sl_borg_roster_free(&roster);
	if (!there)
		return SL_OK;
	result = enter_patiently(visitor, LEAVE_PATIENCE, failure);
	if (result == SL_OK)
		result = read_roster(visitor, &roster, failure);
	if (result != SL_OK)
		return result;
	if (sl_borg_roster_remove(&roster, SL_SHARED, id))
		result = write_roster(visitor, &roster, failure);
	sl_borg_roster_free(&roster);
	return result;
}

enum sl_result sl_borg_lock_force_break(
	struct sl_lock *lock, const char *record, struct sl_failure *failure)
{
	struct borg_lock visitor;
	struct seen seen;

	if (!read_record(record, &seen)) {
		errno = EINVAL;
		return sl_failed(failure, SL_SYSTEM, "unlink");
	}
	enum sl_result result = visit(lock->path, of(lock)->host_id, &visitor, failure);
	if (result != SL_OK)
		return result;
	if (seen.reader)
		result = break_reader(&visitor, &seen.id, failure);
	else
		result = sl_borg_exclusive_break(
			&visitor.exclusive, seen.name, seen.inode, &seen.since, failure);
	leave(&visitor);
	return result;
}

/* --- Processes that live on --- */

/* One that this process could not take off its roster; the next one after `seen` of them. */
static bool find_left_over(unsigned seen, char path[PATH_MAX], char host_id[SL_BORG_HOST_MAX + 2],
	struct sl_file_id *repository)
{
	bool is_found = false;
	pthread_mutex_lock(&mutex);
	for (const struct presence *presence = presences; presence != NULL && !is_found;
		 presence = presence->next) {
		if (presence->locks > 0 || presence->id.pid != getpid() || seen-- > 0)
			continue;
		is_found = true;
		snprintf(path, PATH_MAX, "%s", presence->path);
		snprintf(host_id, SL_BORG_HOST_MAX + 2, "%s", presence->id.host);
		*repository = presence->repository;
	}
	pthread_mutex_unlock(&mutex);
	return is_found;
}

/* False: it stays on the roster. */
static bool sweep(const char *path, const char *host_id, const struct sl_file_id *repository)
{
	struct borg_lock visitor;
	struct sl_failure failure;

	enum sl_result result = visit(path, host_id, &visitor, &failure);
	bool there = result == SL_OK && sl_same_file(&visitor.exclusive.repository.id, repository);
	if (result == SL_SYSTEM && failure.number != ENOENT && failure.number != ENOTDIR)
		return false;
	if (there)
		result = take_us_off(&visitor, 0, &failure);
	else {
		/* It is not there any more, and where it is now nobody knows. */
		struct borg_lock gone = {.exclusive.repository.id = *repository};
		sl_borg_self(host_id, &gone.exclusive.self);
		forget_presence(&gone);
	}
	if (result == SL_OK || there)
		leave(&visitor);
	return !there || result == SL_OK;
}

void sl_borg_lock_sweep(void)
{
	char path[PATH_MAX], host_id[SL_BORG_HOST_MAX + 2];
	struct sl_file_id repository;
	unsigned left = 0;
	while (find_left_over(left, path, host_id, &repository))
		if (!sweep(path, host_id, &repository))
			left++;
}

static const struct sl_lock_kind borg_lock_kind = {
	.try = try_once,
	.try_again = try_again,
	.look = look,
	.confirm = confirm,
	.undo = undo,
	.close = close_lock,
	.release = release,
	.check = check,
	.holders = holders,
	.free = free_lock,
	.poll_last = POLL_LAST,
};
