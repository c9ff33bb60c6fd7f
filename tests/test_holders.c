#include "fixture.h"

#include "file_lock.h"
#include "holders.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LABEL     "nightly backup"
#define COMMAND   "ee site backup example.com"
#define SOME_USER 54321

/* --- What the tests say in one word --- */

/* The last answer; freed when a test ends, however it ends. */
static struct sl_holder_list list;
static struct sl_lock *own_lock;

static int set_up(void **state)
{
	list = (struct sl_holder_list){NULL, 0};
	own_lock = NULL;
	return fixture_set_up(state);
}

static int tear_down(void **state)
{
	stop_watching();
	sl_holders_free(&list);
	sl_lock_free(own_lock);
	return fixture_tear_down(state);
}

#define holders_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static enum sl_result ask(const char *path)
{
	struct sl_failure failure;
	sl_holders_free(&list);
	return sl_holders_list(path, &list, &failure);
}

/* The only holder of the lock. */
static const struct sl_holder *only_holder(const char *path)
{
	assert_int_equal(ask(path), SL_OK);
	assert_int_equal(list.count, 1);
	return &list.holders[0];
}

static const struct sl_holder *holder_of_pid(pid_t pid)
{
	for (size_t i = 0; i < list.count; i++)
		if (list.holders[i].owner.process.pid == pid)
			return &list.holders[i];
	fail_msg("pid %d is not among the holders", (int)pid);
	return NULL;
}

static void assert_nobody(const char *path)
{
	assert_int_equal(ask(path), SL_OK);
	assert_int_equal(list.count, 0);
	assert_null(list.holders);
}

/* Named by the kernel, and nothing of what a record says is told of it. */
static void assert_only_proved(const struct sl_holder *holder, pid_t pid)
{
	assert_int_equal(holder->owner.process.pid, pid);
	assert_int_equal(holder->life, SL_ALIVE);
	assert_string_equal(holder->owner.label, "");
	assert_string_not_equal(holder->owner.command, COMMAND);
	assert_int_equal(holder->owner.since.tv_sec, 0);
	assert_false(holder->inherited);
}

static struct sl_lock *make(const char *path)
{
	struct sl_lock *lock = sl_file_lock_new(
		&(struct sl_lock_options){.path = path, .label = LABEL, .command = COMMAND}, 0644, true);
	if (lock == NULL)
		abort();
	return lock;
}

static enum sl_result acquire(struct sl_lock *lock, enum sl_mode mode)
{
	struct sl_failure failure;
	return sl_lock_acquire(lock, mode, &failure);
}

static void hold_lock(void *path)
{
	expect(acquire(make(path), SL_EXCLUSIVE) == SL_OK);
	say('h');
	await();
}

static void hold_lock_shared(void *path)
{
	expect(acquire(make(path), SL_SHARED) == SL_OK);
	say('h');
	await();
}

/* As flock(1) does. */
static void hold_plainly(void *path)
{
	take_flock(path, LOCK_EX);
	say('h');
	await();
}

static struct child start_holder(void (*hold)(void *path), const char *path)
{
	struct child child = start_child(hold, (void *)path);
	assert_int_equal(child_hear(&child), 'h');
	return child;
}

/* A record that says `held` by this process, whoever has the lock. */
static void write_record(const char *path, const struct sl_process *process)
{
	struct sl_record_image image;
	struct sl_owner owner = {.process = *process, .since = {1795263401, 0}, .label = LABEL};
	strcpy(owner.command, COMMAND);
	sl_record_encode(&image, SL_RECORD_HELD, &owner, NULL, 0);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, image.bytes, image.size) != (ssize_t)image.size)
		abort();
	close(fd);
}

static void wait_for_end(void *data)
{
	(void)data;
	struct sl_process process = sl_process_self()->process;
	say_bytes(&process, sizeof process);
	await();
}

/* A child that has nothing to do with any lock, and who it is. */
static struct child start_bystander(struct sl_process *process)
{
	struct child child = start_child(wait_for_end, NULL);
	child_hear_bytes(&child, process, sizeof *process);
	return child;
}

/* --- Nobody --- */

static void missing_file_has_no_holders_and_is_not_created(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	assert_nobody(path);
	assert_false(exists(path));
}

static void free_lock_has_no_holders(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child child = start_holder(hold_lock, path);
	child_kill(&child);
	/* The record still says `held`. */
	assert_nobody(path);
	own_lock = make(path);
	assert_int_equal(acquire(own_lock, SL_EXCLUSIVE), SL_OK);
	struct sl_failure failure;
	assert_int_equal(sl_lock_release(own_lock, NULL, &failure), SL_OK);
	assert_nobody(path);
	write_file(path, "4211\n");
	assert_nobody(path);
	write_file(path, "");
	assert_nobody(path);
}

static void freed_list_may_be_freed_again(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	start_holder(hold_lock, path);
	assert_int_equal(ask(path), SL_OK);
	sl_holders_free(&list);
	sl_holders_free(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.holders);
}

/* --- Those who are there --- */

static void own_process_is_named_as_itself(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	own_lock = make(path);
	assert_int_equal(acquire(own_lock, SL_EXCLUSIVE), SL_OK);
	const struct sl_holder *holder = only_holder(path);
	assert_true(holder->self);
	assert_false(holder->ancestor);
	assert_false(holder->inherited);
	assert_true(holder->exclusive);
	assert_int_equal(holder->life, SL_ALIVE);
	assert_int_equal(holder->owner.process.pid, getpid());
	assert_string_equal(holder->owner.label, LABEL);
}

static void holder_is_named_as_its_record_says(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child child = start_holder(hold_lock, path);
	const struct sl_holder *holder = only_holder(path);
	const struct sl_self *self = sl_process_self();
	assert_int_equal(holder->owner.process.pid, child.pid);
	assert_int_equal(holder->life, SL_ALIVE);
	assert_true(holder->exclusive);
	assert_false(holder->self);
	assert_false(holder->ancestor);
	assert_false(holder->inherited);
	assert_string_equal(holder->owner.label, LABEL);
	assert_string_equal(holder->owner.command, COMMAND);
	assert_string_equal(holder->owner.host, self->host);
	assert_string_equal(holder->owner.user, self->user);
	assert_true(holder->owner.since.tv_sec > 0);
	assert_true(holder->owner.process.start > 0);
}

static void find_ancestor(void *path)
{
	struct sl_failure failure;
	struct sl_holder_list found;
	expect(sl_holders_list(path, &found, &failure) == SL_OK);
	expect(found.count == 1);
	expect(found.holders[0].owner.process.pid == getppid());
	expect(found.holders[0].ancestor && !found.holders[0].self);
	sl_holders_free(&found);
}

static void lock_of_the_parent_is_that_of_an_ancestor(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	own_lock = make(path);
	assert_int_equal(acquire(own_lock, SL_EXCLUSIVE), SL_OK);
	in_child(find_ancestor, (void *)path);
}

static void holder_without_a_record_is_named_by_the_kernel(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	struct child child = start_holder(hold_plainly, path);
	const struct sl_holder *holder = only_holder(path);
	assert_only_proved(holder, child.pid);
	assert_true(holder->exclusive);
	assert_string_equal(holder->owner.user, sl_process_self()->user);
	assert_true(strstr(holder->owner.command, "test_holders") != NULL);
}

static void text_that_others_left_is_shown_as_label(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "example.com \x1b[2J(PID: 1)\nmore");
	struct child child = start_holder(hold_plainly, path);
	const struct sl_holder *holder = only_holder(path);
	assert_int_equal(holder->owner.process.pid, child.pid);
	assert_string_equal(holder->owner.label, "example.com \\x1b[2J(PID: 1)");
}

static void record_of_a_former_owner_is_not_told_of_the_present_one(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child dead = start_holder(hold_lock, path);
	child_kill(&dead);
	struct child child = start_holder(hold_plainly, path);
	assert_only_proved(only_holder(path), child.pid);
}

static void each_of_several_who_share_is_named(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child children[3];
	for (int i = 0; i < 3; i++)
		children[i] = start_holder(hold_lock_shared, path);
	own_lock = make(path);
	assert_int_equal(acquire(own_lock, SL_SHARED), SL_OK);
	assert_int_equal(ask(path), SL_OK);
	assert_int_equal(list.count, 4);
	for (int i = 0; i < 3; i++)
		assert_only_proved(holder_of_pid(children[i].pid), children[i].pid);
	assert_true(holder_of_pid(getpid())->self);
	for (int i = 0; i < 4; i++)
		assert_false(list.holders[i].exclusive);
}

static void record_of_a_dead_owner_is_not_told_of_those_who_share(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child dead = start_holder(hold_lock, path);
	child_kill(&dead);
	struct child child = start_holder(hold_lock_shared, path);
	assert_only_proved(only_holder(path), child.pid);
}

/* It was exclusive and could not write that it ended; now it shares. */
static void record_of_an_earlier_lock_is_not_told_of_one_that_shares(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_record(path, &sl_process_self()->process);
	int fd = take_flock(path, LOCK_SH);
	assert_only_proved(only_holder(path), getpid());
	close(fd);
}

/* --- Pids that were reused --- */

static void live_stranger_with_the_pid_of_a_dead_owner_is_never_named(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_process process;
	start_bystander(&process);
	process.start++;
	write_record(path, &process);
	assert_nobody(path);

	struct child holder = start_holder(hold_plainly, path);
	assert_only_proved(only_holder(path), holder.pid);
}

static void stranger_with_the_pid_of_the_holder_gets_no_words_of_the_record(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	struct child holder = start_holder(hold_plainly, path);
	/* The holder itself has the number of the owner who wrote the record. */
	struct sl_process process = sl_process_self()->process;
	process.pid = holder.pid;
	process.start = 1;
	write_record(path, &process);
	assert_only_proved(only_holder(path), holder.pid);
}

static void record_of_a_live_process_that_has_no_lock_is_not_believed(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_process process;
	start_bystander(&process);
	write_record(path, &process);
	assert_nobody(path);
	struct child holder = start_holder(hold_plainly, path);
	assert_only_proved(only_holder(path), holder.pid);
}

static void record_of_another_boot_or_namespace_is_not_told_of_the_holder(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_process process = sl_process_self()->process, other = process;
	int fd;
	other.boot_id[0] = other.boot_id[0] == 'a' ? 'b' : 'a';
	write_record(path, &other);
	fd = take_flock(path, LOCK_EX);
	assert_only_proved(only_holder(path), getpid());
	close(fd);
	other = process;
	other.pid_namespace++;
	write_record(path, &other);
	fd = take_flock(path, LOCK_EX);
	assert_only_proved(only_holder(path), getpid());
	close(fd);
}

/* --- Heirs --- */

/* Takes an inheritable lock, and leaves a child behind that says its pid and then waits. */
static void hold_with_an_heir(void *path)
{
	struct sl_failure failure;
	struct sl_lock *lock = make(path);
	expect(sl_lock_set_inheritable(lock, true, &failure) == SL_OK);
	expect(acquire(lock, SL_EXCLUSIVE) == SL_OK);
	pid_t pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		pid = getpid();
		say_bytes(&pid, sizeof pid);
		await();
		_exit(0);
	}
	/* It is the heir that hears what the test has to say. */
	pause();
}

static void assert_heir(const struct sl_holder *holder, pid_t heir, pid_t acquirer)
{
	assert_int_equal(holder->owner.process.pid, heir);
	assert_int_equal(holder->life, SL_ALIVE);
	assert_true(holder->exclusive);
	assert_true(holder->inherited);
	assert_int_equal(holder->acquirer, acquirer);
	assert_string_equal(holder->acquirer_command, COMMAND);
	assert_string_equal(holder->owner.label, LABEL);
	assert_true(holder->owner.since.tv_sec > 0);
}

static void heir_of_a_dead_owner_is_named_and_so_is_the_owner(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	pid_t heir;
	struct child owner = start_child(hold_with_an_heir, (void *)path);
	child_hear_bytes(&owner, &heir, sizeof heir);

	const struct sl_holder *holder = only_holder(path);
	assert_int_equal(holder->owner.process.pid, owner.pid);
	assert_false(holder->inherited);
	child_kill_unreaped(&owner);
	assert_heir(only_holder(path), heir, owner.pid);
	child_kill(&owner);
	assert_heir(only_holder(path), heir, owner.pid);
	child_tell(&owner, 'e');
	reap(heir);
	assert_nobody(path);
}

static void become_heir(void *data)
{
	(void)data;
	say('i');
	await();
}

static void heir_of_a_lock_without_record_is_named_by_the_kernel(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	int fd = take_flock(path, LOCK_EX);
	struct child heir = start_child(become_heir, NULL);
	assert_int_equal(child_hear(&heir), 'i');
	close(fd);
	const struct sl_holder *holder = only_holder(path);
	assert_int_equal(holder->owner.process.pid, heir.pid);
	assert_true(holder->inherited);
	assert_int_equal(holder->acquirer, getpid());
	assert_string_equal(holder->acquirer_command, "");
	assert_false(holder->self);
}

/* --- Out of sight --- */

struct view {
	const char *path;
	pid_t pid;
};

static struct sl_holder only_holder_in_child(const char *path)
{
	struct sl_holder_list found;
	struct sl_failure failure;
	expect(sl_holders_list(path, &found, &failure) == SL_OK);
	expect(found.count == 1);
	struct sl_holder holder = found.holders[0];
	sl_holders_free(&found);
	return holder;
}

static void look_at_recorded_holder_of_another_user(void *data)
{
	const struct view *view = data;
	become(SOME_USER);
	struct sl_holder holder = only_holder_in_child(view->path);
	expect(holder.owner.process.pid == view->pid);
	expect(holder.exclusive && holder.life == SL_ALIVE);
	expect(strcmp(holder.owner.label, LABEL) == 0);
}

static void holder_whose_descriptors_are_unreadable_is_named_if_the_record_is_its_own(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	struct child child = start_holder(hold_lock, path);
	struct view view = {path, child.pid};
	in_child(look_at_recorded_holder_of_another_user, &view);
}

static void look_at_unknown_holder_of_another_user(void *data)
{
	const struct view *view = data;
	become(SOME_USER);
	struct sl_holder holder = only_holder_in_child(view->path);
	expect(holder.owner.process.pid == 0);
	expect(holder.exclusive && holder.life == SL_LIFE_UNKNOWN);
	expect(!holder.self && !holder.ancestor);
	expect(holder.owner.command[0] == '\0');
	expect(strcmp(holder.owner.label, LABEL) != 0);
}

static void holder_whose_descriptors_are_unreadable_is_unknown_otherwise(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	struct sl_process bystander;
	write_file(path, "");
	assert_int_equal(chmod(path, 0644), 0);
	struct child holder = start_holder(hold_plainly, path);
	struct view view = {path, holder.pid};
	in_child(look_at_unknown_holder_of_another_user, &view);

	/* Nor does the record of somebody else help, be he alive, nor one of the same pid. */
	start_bystander(&bystander);
	write_record(path, &bystander);
	in_child(look_at_unknown_holder_of_another_user, &view);
	bystander.pid = holder.pid;
	bystander.start = 1;
	write_record(path, &bystander);
	in_child(look_at_unknown_holder_of_another_user, &view);
	/* Nor one that may not be read. */
	assert_int_equal(chmod(path, 0600), 0);
	in_child(look_at_unknown_holder_of_another_user, &view);
}

static void look_at_heir_of_another_user(void *data)
{
	const struct view *view = data;
	become(SOME_USER);
	struct sl_holder holder = only_holder_in_child(view->path);
	expect(holder.owner.process.pid == 0);
	expect(holder.inherited && holder.exclusive);
}

static void heir_whose_descriptors_are_unreadable_is_unknown(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	pid_t heir;
	struct child owner = start_child(hold_with_an_heir, (void *)path);
	child_hear_bytes(&owner, &heir, sizeof heir);
	child_kill(&owner);
	struct view view = {path, heir};
	in_child(look_at_heir_of_another_user, &view);
	child_tell(&owner, 'e');
	reap(heir);
}

static void look_from_a_namespace(void *data)
{
	const struct view *view = data;
	struct sl_holder holder = only_holder_in_child(view->path);
	/* Its pid means somebody else here. */
	expect(holder.owner.process.pid == 0);
	expect(holder.life == SL_LIFE_UNKNOWN);
	expect(strcmp(holder.owner.label, LABEL) == 0);
	expect(strcmp(holder.owner.command, COMMAND) == 0);
}

static void holder_outside_of_our_namespace_is_told_by_its_record_without_a_pid(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	struct child child = start_holder(hold_lock, path);
	struct view view = {path, child.pid};
	in_own_namespaces(look_from_a_namespace, &view);
}

static void leave_an_heir_and_look(void *path)
{
	struct sl_failure failure;
	int heir_pipe[2], status;
	pid_t heir = 0;
	expect(pipe2(heir_pipe, O_CLOEXEC) == 0);
	pid_t owner = fork();
	expect(owner >= 0);
	if (owner == 0) {
		struct sl_lock *lock = make(path);
		expect(sl_lock_set_inheritable(lock, true, &failure) == SL_OK);
		expect(acquire(lock, SL_EXCLUSIVE) == SL_OK);
		heir = fork();
		expect(heir >= 0);
		if (heir == 0)
			pause();
		expect(write(heir_pipe[1], &heir, sizeof heir) == sizeof heir);
		_exit(0);
	}
	expect(read(heir_pipe[0], &heir, sizeof heir) == sizeof heir);
	expect(waitpid(owner, &status, 0) == owner);
	struct sl_holder holder = only_holder_in_child(path);
	expect(holder.owner.process.pid == heir);
	expect(holder.inherited && holder.exclusive);
	expect(holder.acquirer == owner);
	expect(strcmp(holder.acquirer_command, COMMAND) == 0);
	expect(strcmp(holder.owner.label, LABEL) == 0);
}

/* There the kernel's list does not show the lock of a dead acquirer at all. */
static void heir_in_a_namespace_is_named_and_so_is_the_owner(void **state)
{
	(void)state;
	need_root();
	in_own_namespaces(leave_an_heir_and_look, (void *)path_of("lock"));
}

/* --- Nothing is touched --- */

static void asking_changes_nothing_and_hinders_nobody(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "text");
	const struct file_state before = state_of(path);
	watch_calls();
	assert_nobody(path);
	assert_int_equal(call_count(CALL_FLOCK), 0);
	assert_int_equal(call_count(CALL_PWRITE), 0);
	stop_watching();
	struct child child = start_holder(hold_plainly, path);
	only_holder(path);
	child_kill(&child);
	assert_unchanged(path, &before);
	assert_false(is_locked(path));
}

static void what_is_no_lock_file_is_refused(void **state)
{
	(void)state;
	const char *directory = path_of("directory"), *link = path_of("link");
	const char *dangling = path_of("dangling"), *missing = path_of("missing");
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(symlink(directory, link), 0);
	assert_int_equal(symlink(missing, dangling), 0);
	assert_int_equal(ask(directory), SL_UNSAFE_TYPE);
	assert_int_equal(ask(link), SL_UNSAFE_SYMLINK);
	assert_int_equal(ask(dangling), SL_UNSAFE_SYMLINK);
	assert_false(exists(missing));
	assert_null(list.holders);
}

static void write_into_fifo(void *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	expect(fd >= 0);
	say('o');
	await();
}

static void wait_until_it_sleeps(const struct child *child)
{
	char stat[32];
	snprintf(stat, sizeof stat, "/proc/%d/stat", (int)child->pid);
	while (!sleeps(stat))
		;
}

static void fifo_is_refused_and_its_blocked_writer_not_woken(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	assert_int_equal(mkfifo(path, 0600), 0);
	struct child writer = start_child(write_into_fifo, (void *)path);
	wait_until_it_sleeps(&writer);
	assert_int_equal(ask(path), SL_UNSAFE_TYPE);
	/* Had it been woken, it would run, and say so before it sleeps again. */
	wait_until_it_sleeps(&writer);
	assert_false(child_has_spoken(&writer));

	/* Control: this is how it is woken. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(child_hear(&writer), 'o');
	close(fd);
}

/* --- Calls that fail --- */

static void assert_call_may_fail(const char *path, enum call call, unsigned nth, int number)
{
	struct sl_failure failure = {0};
	sl_holders_free(&list);
	watch_calls();
	refuse_call(call, nth, number);
	unsigned descriptors = descriptor_count();
	enum sl_result result = sl_holders_list(path, &list, &failure);
	assert_true(rule_applied());
	stop_watching();
	assert_int_equal(result, SL_SYSTEM);
	assert_int_equal(failure.number, number);
	assert_int_equal(list.count, 0);
	assert_null(list.holders);
	assert_int_equal(descriptor_count(), descriptors);
}

static void call_that_fails_is_told_and_leaves_nothing_open(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	start_holder(hold_plainly, path);
	assert_call_may_fail(path, CALL_OPEN, 1, EMFILE);
	assert_call_may_fail(path, CALL_OPEN, 1, EACCES);
	assert_call_may_fail(path, CALL_FSTAT, 1, EIO);
	/* The second open is that of the record, the third that of the kernel's list. */
	assert_call_may_fail(path, CALL_OPEN, 3, EMFILE);
	assert_call_may_fail(path, CALL_MALLOC, 1, ENOMEM);
	assert_call_may_fail(path, CALL_REALLOC, 1, ENOMEM);
	assert_call_may_fail(path, CALL_REALLOC, 2, ENOMEM);
}

static void record_that_cannot_be_read_costs_the_words_and_not_the_holder(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child child = start_holder(hold_lock, path);
	watch_calls();
	refuse_call(CALL_OPEN, 2, EACCES);
	assert_only_proved(only_holder(path), child.pid);
	assert_true(rule_applied());
	watch_calls();
	refuse_calls_from(CALL_PREAD, 1, EIO);
	assert_only_proved(only_holder(path), child.pid);
	assert_true(rule_applied());
}

struct torn {
	const char *path;
	char bytes[SL_RECORD_STEP];
};

static void tear_record(void *data)
{
	const struct torn *torn = data;
	int fd = open(torn->path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, "torn", 4, 100) != 4)
		abort();
	close(fd);
}

static void mend_record(void *data)
{
	const struct torn *torn = data;
	int fd = open(torn->path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, torn->bytes, sizeof torn->bytes, 0) != sizeof torn->bytes)
		abort();
	close(fd);
}

static void record_seen_in_the_middle_of_a_write_is_read_again(void **state)
{
	(void)state;
	struct torn torn = {.path = path_of("lock")};
	struct child child = start_holder(hold_lock, torn.path);
	int fd = open(torn.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, torn.bytes, sizeof torn.bytes, 0), sizeof torn.bytes);
	close(fd);
	before_call(CALL_PREAD, 1, tear_record, &torn);
	before_call(CALL_PREAD, 3, mend_record, &torn);
	const struct sl_holder *holder = only_holder(torn.path);
	assert_int_equal(call_count(CALL_PREAD), 3);
	assert_int_equal(holder->owner.process.pid, child.pid);
	assert_string_equal(holder->owner.label, LABEL);
}

static void kill_holder(void *child)
{
	child_kill(child);
}

/* The list is read, and before it is explained the holder is gone. */
static void look_while_it_is_given_back(void *path)
{
	struct sl_holder_list found;
	struct sl_failure failure;
	struct child child = start_child(hold_plainly, path);
	expect(child_hear(&child) == 'h');
	before_call(CALL_REALLOC, 1, kill_holder, &child);
	expect(sl_holders_list(path, &found, &failure) == SL_OK);
	expect(rule_applied());
	expect(found.count == 0);
}

static void lock_given_back_while_we_look_is_held_by_nobody(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	write_file(path, "");
	in_own_namespaces(look_while_it_is_given_back, (void *)path);
}

static void look_as_a_user_while_it_is_given_back(void *path)
{
	become(SOME_USER);
	look_while_it_is_given_back(path);
}

/* Who may not look into every process must not take that for a proof that one of them has it. */
static void lock_given_back_while_a_user_without_rights_looks_is_held_by_nobody(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	write_file(path, "");
	assert_int_equal(chmod(path, 0666), 0);
	in_child(look_as_a_user_while_it_is_given_back, (void *)path);
}

/* --- Who waits --- */

static void wait_plainly(void *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	expect(flock(fd, LOCK_EX) == 0);
	say('g');
	await();
}

static void count_those_ahead(void *path)
{
	size_t count = 99;
	bool seen = await() == 'u' && sl_holders_waiting(path, true, 0, &count);
	say_bytes(&seen, sizeof seen);
	say_bytes(&count, sizeof count);
	await();
}

static void *wait_in_thread(void *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	expect(flock(fd, LOCK_EX) == 0);
	return NULL;
}

static void wait_and_count_those_ahead(void *path)
{
	pthread_t thread;
	expect(pthread_create(&thread, NULL, wait_in_thread, path) == 0);
	count_those_ahead(path);
}

static void those_who_wait_are_counted_all_or_up_to_us(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	size_t count = 99;
	bool seen;
	if (!sl_process_sees_all())
		skip();
	assert_true(sl_holders_waiting(path, false, 0, &count));
	assert_int_equal(count, 0);
	write_file(path, "");
	int fd = take_flock(path, LOCK_EX);
	assert_true(sl_holders_waiting(path, false, 0, &count));
	assert_int_equal(count, 0);

	start_child(wait_plainly, (void *)path);
	await_queue(path, 1);
	struct child middle = start_child(wait_and_count_those_ahead, (void *)path);
	await_queue(path, 2);
	start_child(wait_plainly, (void *)path);
	await_queue(path, 3);
	assert_true(sl_holders_waiting(path, false, 0, &count));
	assert_int_equal(count, 3);
	/* We do not wait: whoever does is ahead of us. */
	assert_true(sl_holders_waiting(path, true, 0, &count));
	assert_int_equal(count, 3);
	child_tell(&middle, 'u');
	child_hear_bytes(&middle, &seen, sizeof seen);
	child_hear_bytes(&middle, &count, sizeof count);
	assert_true(seen);
	assert_int_equal(count, 1);
	close(fd);
}

static void count_in_namespace(void *path)
{
	size_t count = 99;
	expect(!sl_holders_waiting(path, false, 0, &count));
	expect(count == 0);
}

static void those_who_wait_are_not_counted_where_not_all_are_seen(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	write_file(path, "");
	in_own_namespaces(count_in_namespace, (void *)path);
	const char *link_path = path_of("link");
	size_t count = 99;
	assert_int_equal(symlink(path, link_path), 0);
	assert_false(sl_holders_waiting(link_path, false, 0, &count));
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		holders_test(missing_file_has_no_holders_and_is_not_created),
		holders_test(free_lock_has_no_holders),
		holders_test(freed_list_may_be_freed_again),
		holders_test(own_process_is_named_as_itself),
		holders_test(holder_is_named_as_its_record_says),
		holders_test(lock_of_the_parent_is_that_of_an_ancestor),
		holders_test(holder_without_a_record_is_named_by_the_kernel),
		holders_test(text_that_others_left_is_shown_as_label),
		holders_test(record_of_a_former_owner_is_not_told_of_the_present_one),
		holders_test(each_of_several_who_share_is_named),
		holders_test(record_of_a_dead_owner_is_not_told_of_those_who_share),
		holders_test(record_of_an_earlier_lock_is_not_told_of_one_that_shares),
		holders_test(live_stranger_with_the_pid_of_a_dead_owner_is_never_named),
		holders_test(stranger_with_the_pid_of_the_holder_gets_no_words_of_the_record),
		holders_test(record_of_a_live_process_that_has_no_lock_is_not_believed),
		holders_test(record_of_another_boot_or_namespace_is_not_told_of_the_holder),
		holders_test(heir_of_a_dead_owner_is_named_and_so_is_the_owner),
		holders_test(heir_of_a_lock_without_record_is_named_by_the_kernel),
		holders_test(holder_whose_descriptors_are_unreadable_is_named_if_the_record_is_its_own),
		holders_test(holder_whose_descriptors_are_unreadable_is_unknown_otherwise),
		holders_test(heir_whose_descriptors_are_unreadable_is_unknown),
		holders_test(holder_outside_of_our_namespace_is_told_by_its_record_without_a_pid),
		holders_test(heir_in_a_namespace_is_named_and_so_is_the_owner),
		holders_test(asking_changes_nothing_and_hinders_nobody),
		holders_test(what_is_no_lock_file_is_refused),
		holders_test(fifo_is_refused_and_its_blocked_writer_not_woken),
		holders_test(call_that_fails_is_told_and_leaves_nothing_open),
		holders_test(record_that_cannot_be_read_costs_the_words_and_not_the_holder),
		holders_test(record_seen_in_the_middle_of_a_write_is_read_again),
		holders_test(lock_given_back_while_we_look_is_held_by_nobody),
		holders_test(lock_given_back_while_a_user_without_rights_looks_is_held_by_nobody),
		holders_test(those_who_wait_are_counted_all_or_up_to_us),
		holders_test(those_who_wait_are_not_counted_where_not_all_are_seen),
	};
	return cmocka_run_group_tests_name("core: holders", tests, NULL, NULL);
}
