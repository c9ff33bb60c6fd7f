#include "holders.h"

#include "filesystem.h"
#include "kernel_locks.h"
#include "lock_path.h"
#include "text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A record is read again when a writer was seen in the middle of it. */
#define READ_ROUNDS 100

/*
 * How often the kernel's list is read again when it contradicts itself: a lock was given back
 * between two looks, or /proc/locks needed several reads and may have passed an entry over.
 */
#define LIST_ROUNDS 5

/* One look at a lock file. */
struct scene {
	struct sl_kernel_file file;
	struct sl_record record;
	bool local; /* no other host can hold it */
	struct sl_holder_list *list;
	bool out_of_memory;
};

/* The record in the file, or SL_RECORD_NONE: whoever may not read it still learns who holds it. */
static void read_record(int fd, struct sl_record *record)
{
	struct sl_record_bytes bytes;
	struct sl_failure ignored;

	memset(record, 0, sizeof *record);
	for (int round = 0; round < READ_ROUNDS && record->state == SL_RECORD_NONE; round++) {
		if (sl_record_read(fd, &bytes, &ignored) != SL_OK || bytes.length == 0)
			break;
		sl_record_decode(record, bytes.bytes, bytes.length);
	}
}

/* The record speaks of this acquirer, and that process is still the same one. */
static bool record_names(const struct scene *scene, pid_t pid)
{
	return scene->record.state == SL_RECORD_HELD && scene->record.owner.process.pid == pid &&
		   sl_process_life(&scene->record.owner.process, scene->local) == SL_ALIVE;
}

bool sl_holders_append(struct sl_holder_list *list, const struct sl_holder *holder)
{
	struct sl_holder *more = realloc(list->holders, (list->count + 1) * sizeof *more);
	if (more == NULL)
		return false;
	list->holders = more;
	list->holders[list->count++] = *holder;
	return true;
}

static enum sl_result out_of_memory(struct sl_failure *failure)
{
	errno = ENOMEM;
	return sl_failed(failure, SL_SYSTEM, "realloc");
}

static struct sl_holder *add_holder(struct scene *scene, bool exclusive)
{
	struct sl_holder holder = {.exclusive = exclusive, .life = SL_LIFE_UNKNOWN};
	if (!sl_holders_append(scene->list, &holder)) {
		scene->out_of_memory = true;
		return NULL;
	}
	return &scene->list->holders[scene->list->count - 1];
}

void sl_holder_set_process(struct sl_holder *holder, pid_t pid)
{
	struct sl_owner *owner = &holder->owner;
	const struct sl_self *self = sl_process_self();
	holder->life = SL_ALIVE;
	holder->self = pid == self->process.pid;
	holder->ancestor = sl_process_is_ancestor(pid);
	owner->process.pid = pid;
	memcpy(owner->host, self->host, sizeof owner->host);
	sl_process_user(pid, owner->user, sizeof owner->user);
	sl_process_command(pid, owner->command, sizeof owner->command);
}

/* A process that the kernel proves to have the lock. */
static struct sl_holder *add_process(struct scene *scene, pid_t pid, bool exclusive)
{
	struct sl_holder *holder = add_holder(scene, exclusive);
	if (holder == NULL)
		return NULL;
	sl_holder_set_process(holder, pid);
	return holder;
}

/* Somebody has the lock, and that is all that can be told; `lock` is NULL if not even that is. */
static void add_unknown(struct scene *scene, const struct sl_kernel_lock *lock, bool inherited)
{
	struct sl_holder *holder = add_holder(scene, lock == NULL || lock->exclusive);
	if (holder == NULL)
		return;
	holder->inherited = inherited;
	if (scene->record.state == SL_RECORD_NONE)
		memcpy(holder->owner.label, scene->record.alien, sizeof holder->owner.label);
}

static void add_acquirer(struct scene *scene, const struct sl_kernel_lock *lock)
{
	bool named = lock->exclusive && record_names(scene, lock->acquirer);
	struct sl_holder *holder = add_process(scene, lock->acquirer, lock->exclusive);
	if (holder == NULL)
		return;
	if (named) {
		/* Whoever may write the file may write anything into it: who it is says the kernel, the
		 * record says what for. */
		holder->owner.process = scene->record.owner.process;
		holder->owner.since = scene->record.owner.since;
		memcpy(holder->owner.label, scene->record.owner.label, sizeof holder->owner.label);
		memcpy(holder->owner.command, scene->record.owner.command, sizeof holder->owner.command);
		if (holder->owner.user[0] == '\0') /* /proc is mounted with hidepid */
			memcpy(holder->owner.user, scene->record.owner.user, sizeof holder->owner.user);
	} else if (scene->record.state == SL_RECORD_NONE && lock->exclusive)
		memcpy(holder->owner.label, scene->record.alien, sizeof holder->owner.label);
}

/* A process that still has a lock whose acquirer has it no longer. */
static bool add_heir(pid_t pid, const struct sl_kernel_lock *lock, void *data)
{
	struct scene *scene = data;
	/* It gave the lock back and has taken it again while we looked. */
	if (pid == lock->acquirer) {
		add_acquirer(scene, lock);
		return !scene->out_of_memory;
	}
	const struct sl_owner *taker = &scene->record.owner;
	struct sl_holder *holder = add_process(scene, pid, lock->exclusive);
	if (holder == NULL)
		return false;
	holder->inherited = true;
	holder->acquirer = lock->acquirer;
	/* In another namespace the kernel shows a dead acquirer as 0: then the record's word counts. */
	if (lock->exclusive && scene->record.state == SL_RECORD_HELD &&
		(lock->acquirer == 0 || lock->acquirer == taker->process.pid)) {
		holder->acquirer = taker->process.pid;
		holder->owner.since = taker->since;
		memcpy(holder->owner.label, taker->label, sizeof holder->owner.label);
		memcpy(holder->acquirer_command, taker->command, sizeof holder->acquirer_command);
	}
	return true;
}

/* Names who holds this lock. False: nobody whom we may look at has it; it may be gone meanwhile. */
static bool explain(struct scene *scene, const struct sl_kernel_lock *lock)
{
	struct sl_kernel_lock seen;

	switch (sl_kernel_process_has(lock->acquirer, &scene->file, lock->acquirer, &seen)) {
	case SL_HAS_IT:
		add_acquirer(scene, lock);
		return true;
	case SL_NOT_VISIBLE:
		/* The kernel says pid N took it. If N is who wrote the record, N has it. Otherwise N may
		 * be a stranger who got the number of a dead acquirer. */
		if (lock->exclusive && record_names(scene, lock->acquirer))
			add_acquirer(scene, lock);
		else
			add_unknown(scene, lock, false);
		return true;
	case SL_HAS_IT_NOT:
		break;
	}
	size_t before = scene->list->count;
	sl_kernel_each_process(&scene->file, lock->acquirer, add_heir, scene);
	return scene->list->count > before;
}

/*
 * An owner who cannot be looked at from here: what he wrote can be told, but not a pid that means
 * somebody else here.
 */
static void add_recorded(struct scene *scene)
{
	add_unknown(scene, NULL, false);
	if (scene->out_of_memory || scene->record.state == SL_RECORD_NONE)
		return;
	struct sl_holder *holder = &scene->list->holders[scene->list->count - 1];
	holder->owner = scene->record.owner;
	holder->owner.process.pid = 0;
}

/*
 * The kernel's list is empty, but in a pid namespace of its own or on a network file system it does
 * not show everything: locks of dead acquirers, of processes outside, of other hosts.
 */
static void look_beyond_list(struct scene *scene)
{
	bool complete = true;
	const struct sl_record *record = &scene->record;

	if (!sl_process_sees_all())
		complete = sl_kernel_each_process(&scene->file, SL_ANY_ACQUIRER, add_heir, scene);
	else if (scene->local)
		return;
	if (scene->list->count > 0 || record->state != SL_RECORD_HELD)
		return;
	switch (sl_process_life(&record->owner.process, scene->local)) {
	case SL_ALIVE: /* of our namespace, so the list would show its lock */
		return;
	case SL_DEAD:
		if (!complete)
			add_unknown(scene, NULL, false);
		return;
	case SL_LIFE_UNKNOWN:
		/* Held or left behind, it cannot be known. */
		add_recorded(scene);
		return;
	}
}

static enum sl_result scan(struct scene *scene, struct sl_failure *failure)
{
	const struct sl_process *owner = &scene->record.owner.process;
	struct sl_kernel_lock lock;

	/* The recorded owner shows the lock: certain, and cheaper than the list of all locks. */
	if (record_names(scene, owner->pid) &&
		sl_kernel_process_has(owner->pid, &scene->file, owner->pid, &lock) == SL_HAS_IT &&
		lock.exclusive) {
		add_acquirer(scene, &lock);
		return SL_OK;
	}
	for (int round = 1; round <= LIST_ROUNDS; round++) {
		struct sl_kernel_list kernel;
		enum sl_result result = sl_kernel_list_read(&scene->file, &kernel, failure);
		if (result != SL_OK)
			return result;
		bool consistent = true, held = false;
		scene->list->count = 0;
		for (size_t i = 0; i < kernel.count; i++) {
			if (kernel.locks[i].waiting)
				continue;
			held = true;
			if (explain(scene, &kernel.locks[i]))
				continue;
			consistent = false;
			/* Still listed: somebody has it whom we may not look at. */
			if (round == LIST_ROUNDS)
				add_unknown(scene, &kernel.locks[i], sl_process_is_gone(kernel.locks[i].acquirer));
		}
		free(kernel.locks);
		if (consistent && (held || kernel.complete))
			break;
	}
	if (scene->list->count == 0)
		look_beyond_list(scene);
	return SL_OK;
}

enum sl_result sl_holders_list(
	const char *path, struct sl_holder_list *list, struct sl_failure *failure)
{
	int descriptor;
	struct sl_file_id id;
	struct scene scene = {.list = list};

	*list = (struct sl_holder_list){NULL, 0};
	enum sl_result result = sl_lock_path_look(path, &descriptor, &id, failure);
	if (result != SL_OK || descriptor < 0)
		return result;

	sl_kernel_file_of(descriptor, &id, &scene.file);
	scene.local = sl_filesystem_is_local(descriptor);
	int fd = sl_lock_path_read_looked_at(descriptor);
	if (fd >= 0) {
		read_record(fd, &scene.record);
		close(fd);
	}
	result = scan(&scene, failure);
	close(descriptor);
	if (result == SL_OK && scene.out_of_memory)
		result = out_of_memory(failure);
	if (result != SL_OK)
		sl_holders_free(list);
	return result;
}

/* --- Directory locks --- */

struct survey {
	int directory;
	struct sl_viewpoint here;
	struct sl_holder_list *list;
	enum sl_result result;
	struct sl_failure *failure;
};

/* Those who have this record: its owner, or who inherited it. */
static enum sl_result look_at_record(const struct sl_judged *judged,
	const struct sl_viewpoint *here, struct sl_holder_list *list, struct sl_failure *failure)
{
	struct scene scene = {.list = list, .local = sl_kind_is_local(here->kind)};
	enum sl_result result = SL_OK;

	if (judged->descriptor >= 0) {
		read_record(judged->descriptor, &scene.record);
		sl_kernel_file_of(judged->descriptor, &judged->file, &scene.file);
	}
	if (judged->verdict == SL_OWNER_ALIVE)
		result = scan(&scene, failure);
	else
		add_recorded(&scene);
	return result == SL_OK && scene.out_of_memory ? out_of_memory(failure) : result;
}

/* Whose the file is, when nothing else is known. */
static void name_user(int directory, const char *name, struct sl_owner *owner)
{
	struct stat st;
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		sl_process_user_name(st.st_uid, owner->user, sizeof owner->user);
}

static bool visit_record(const char *name, void *data)
{
	struct survey *survey = data;
	struct sl_judged judged;
	struct sl_holder_list owners = {NULL, 0};

	sl_judge(survey->directory, name, &survey->here, &judged);
	if (judged.verdict != SL_OWNER_DEAD && judged.verdict != SL_OWNER_GONE)
		survey->result = look_at_record(&judged, &survey->here, &owners, survey->failure);
	for (size_t i = 0; i < owners.count && survey->result == SL_OK; i++) {
		struct sl_holder *owner = &owners.holders[i];
		owner->exclusive = !judged.proper || judged.name.mode == SL_EXCLUSIVE;
		snprintf(owner->record, sizeof owner->record, "%s", name);
		if (!judged.proper) /* something that does not belong there; a person has to look */
			sl_text_visible(owner->owner.label, sizeof owner->owner.label, name, strlen(name));
		if (owner->owner.user[0] == '\0')
			name_user(survey->directory, name, &owner->owner);
		if (!sl_holders_append(survey->list, owner))
			survey->result = out_of_memory(survey->failure);
	}
	sl_holders_free(&owners);
	if (judged.descriptor >= 0)
		close(judged.descriptor);
	return survey->result == SL_OK;
}

enum sl_result sl_holders_list_directory(
	const char *path, struct sl_holder_list *list, struct sl_failure *failure)
{
	struct survey survey = {.list = list, .result = SL_OK, .failure = failure};

	*list = (struct sl_holder_list){NULL, 0};
	survey.directory = sl_lock_path_open_in(AT_FDCWD, path, true);
	if (survey.directory < 0) {
		if (errno == ENOENT)
			return SL_OK;
		enum sl_result result = sl_lock_path_refused(AT_FDCWD, path, "open", failure);
		if (result == SL_UNSAFE_FOREIGN_DIRECTORY) /* whose owner may have it */
			return sl_holders_add_unknown(list, failure);
		return result == SL_LOST ? SL_OK : result;
	}
	enum sl_result result =
		sl_viewpoint_of(survey.directory, sl_process_self(), &survey.here, failure);
	if (result == SL_OK)
		result = sl_directory_each(survey.directory, visit_record, &survey, failure);
	if (result == SL_OK || result == SL_LOST)
		result = survey.result;
	close(survey.directory);
	if (result != SL_OK)
		sl_holders_free(list);
	return result;
}

/* One reading of the list. */
static bool count_waiting(
	const struct sl_kernel_file *file, bool until_us, size_t earlier, size_t *count, bool *complete)
{
	struct sl_kernel_list kernel;
	struct sl_failure ignored;

	if (sl_kernel_list_read(file, &kernel, &ignored) != SL_OK)
		return false;
	*count = 0;
	*complete = kernel.complete;
	for (size_t i = 0; i < kernel.count && kernel.locks[i].waiting; i++) {
		if (until_us && kernel.locks[i].acquirer == getpid() && earlier-- == 0)
			break;
		++*count;
	}
	free(kernel.locks);
	return true;
}

bool sl_holders_waiting(const char *path, bool until_us, size_t earlier, size_t *count)
{
	int descriptor;
	struct sl_file_id id;
	struct sl_kernel_file file;
	struct sl_failure ignored;

	*count = 0;
	if (!sl_process_sees_all() || sl_lock_path_look(path, &descriptor, &id, &ignored) != SL_OK)
		return false;
	if (descriptor < 0)
		return true;
	bool local = sl_filesystem_is_local(descriptor);
	sl_kernel_file_of(descriptor, &id, &file);
	close(descriptor);
	if (!local)
		return false;
	/* A list that came in several reads may have passed somebody over: two have to agree. */
	bool complete = false;
	size_t before = SIZE_MAX;
	for (int round = 0; round < LIST_ROUNDS && !complete && *count != before; round++) {
		before = round == 0 ? SIZE_MAX : *count;
		if (!count_waiting(&file, until_us, earlier, count, &complete))
			return false;
	}
	return true;
}

void sl_holders_free(struct sl_holder_list *list)
{
	free(list->holders);
	*list = (struct sl_holder_list){NULL, 0};
}

enum sl_result sl_holders_add_unknown(struct sl_holder_list *list, struct sl_failure *failure)
{
	struct scene scene = {.list = list};
	add_unknown(&scene, NULL, false);
	return scene.out_of_memory ? out_of_memory(failure) : SL_OK;
}
