#include "fixture.h"

#include "process.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A user without a name. */
#define SOME_USER 54321

static struct sl_process self_process(void)
{
	return sl_process_self()->process;
}

static void tell_who_it_is(void *data)
{
	(void)data;
	struct sl_process process = self_process();
	say_bytes(&process, sizeof process);
	await();
}

static struct sl_process hear_who_it_is(struct child *child)
{
	struct sl_process process;
	child_hear_bytes(child, &process, sizeof process);
	return process;
}

static void end_at_once(void *data)
{
	(void)data;
}

/* --- Self --- */

static void self_is_fully_known(void **state)
{
	(void)state;
	const struct sl_self *self = sl_process_self();
	char host[256];
	assert_int_equal(gethostname(host, sizeof host), 0);
	assert_int_equal(self->process.pid, getpid());
	assert_true(self->process.start > 0);
	assert_true(self->process.pid_namespace > 0);
	assert_int_equal(strlen(self->process.boot_id), SL_BOOT_ID_MAX);
	assert_int_equal(strncmp(host, self->host, SL_HOST_MAX), 0);
	assert_int_equal(self->uid, geteuid());
	assert_true(self->user[0] != '\0');
	assert_ptr_equal(sl_process_self(), self);
}

static void be_another_process(void *data)
{
	const struct sl_process *parent = data;
	struct sl_process process = self_process();
	expect(process.pid == getpid());
	expect(process.pid != parent->pid);
	expect(process.start >= parent->start);
	expect(process.pid_namespace == parent->pid_namespace);
	expect(strcmp(process.boot_id, parent->boot_id) == 0);
	expect(sl_process_life(&process, true) == SL_ALIVE);
}

static void self_of_a_forked_child_is_the_child(void **state)
{
	(void)state;
	struct sl_process parent = self_process();
	in_child(be_another_process, &parent);
}

static void self_of_a_cloned_child_is_the_child(void **state)
{
	(void)state;
	struct sl_process parent = self_process();
	in_cloned_child(be_another_process, &parent);
}

static void fork_as_first_of_a_namespace(void *data)
{
	(void)data;
	int status;
	struct sl_process before = self_process();
	expect(before.pid == 1);
	expect(unshare(CLONE_NEWPID) == 0);
	pid_t pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		expect(getpid() == before.pid);
		expect(self_process().pid_namespace != before.pid_namespace);
		_exit(0);
	}
	expect(waitpid(pid, &status, 0) == pid);
	expect(WIFEXITED(status));
	_exit(WEXITSTATUS(status));
}

/* The first process of a container that gives its child a namespace has the same pid as that. */
static void self_of_a_child_with_the_same_pid_in_its_own_namespace_is_the_child(void **state)
{
	(void)state;
	need_root();
	in_own_namespaces(fork_as_first_of_a_namespace, NULL);
}

static void change_user(void *data)
{
	(void)data;
	char wanted[32];
	expect(strcmp(sl_process_self()->user, "root") == 0);
	expect(seteuid(SOME_USER) == 0);
	snprintf(wanted, sizeof wanted, "uid %d", SOME_USER);
	expect(sl_process_self()->uid == SOME_USER);
	expect(strcmp(sl_process_self()->user, wanted) == 0);
	expect(seteuid(0) == 0);
	expect(strcmp(sl_process_self()->user, "root") == 0);
}

static void self_follows_a_change_of_user(void **state)
{
	(void)state;
	need_root();
	in_child(change_user, NULL);
}

static void lose_proc(void *data)
{
	struct sl_process *known = data;
	expect(umount2("/proc", MNT_DETACH) == 0);
	expect(mount("none", "/proc", "tmpfs", MS_RDONLY, NULL) == 0);
	struct sl_process process = self_process();
	expect(process.pid == getpid());
	expect(process.start == 0);
	expect(process.pid_namespace == 0);
	expect(process.boot_id[0] == '\0');
	expect(sl_process_life(&process, true) == SL_LIFE_UNKNOWN);
	expect(sl_process_life(known, true) == SL_LIFE_UNKNOWN);
	expect(!sl_process_sees_all());
	expect(!sl_process_is_ancestor(1));
}

static void nothing_is_claimed_without_proc(void **state)
{
	(void)state;
	need_root();
	struct sl_process known = self_process();
	in_own_namespaces(lose_proc, &known);
}

static void see_only_a_namespace(void *data)
{
	(void)data;
	expect(!sl_process_sees_all());
}

static void process_of_an_inner_namespace_does_not_see_all(void **state)
{
	(void)state;
	need_root();
	in_own_namespaces(see_only_a_namespace, NULL);
}

/* --- Life --- */

static void self_is_alive(void **state)
{
	(void)state;
	struct sl_process process = self_process();
	assert_int_equal(sl_process_life(&process, true), SL_ALIVE);
	assert_int_equal(sl_process_life(&process, false), SL_ALIVE);
}

static void child_is_alive_then_a_dead_zombie_then_dead(void **state)
{
	(void)state;
	struct child child = start_child(tell_who_it_is, NULL);
	struct sl_process process = hear_who_it_is(&child);
	assert_int_equal(sl_process_life(&process, false), SL_ALIVE);
	child_kill_unreaped(&child);
	assert_int_equal(kill(child.pid, 0), 0);
	assert_int_equal(sl_process_life(&process, false), SL_DEAD);
	child_kill(&child);
	assert_int_equal(sl_process_life(&process, false), SL_DEAD);
}

static void *live_on(void *data)
{
	(void)data;
	pause();
	return NULL;
}

/* Its first thread ends, the other one goes on. */
static void leave_a_thread_behind(void *data)
{
	pthread_t thread;
	(void)data;
	struct sl_process process = self_process();
	expect(pthread_create(&thread, NULL, live_on, NULL) == 0);
	say_bytes(&process, sizeof process);
	pthread_exit(NULL);
}

static bool is_called_zombie(pid_t pid)
{
	char path[32], line[256];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof line, file));
	fclose(file);
	return strstr(line, ") Z ") != NULL;
}

static void zombie_with_a_living_thread_is_alive(void **state)
{
	(void)state;
	struct child child = start_child(leave_a_thread_behind, NULL);
	struct sl_process process = hear_who_it_is(&child);
	while (!is_called_zombie(child.pid))
		usleep(1000);
	assert_int_equal(sl_process_life(&process, false), SL_ALIVE);
	child_kill_unreaped(&child);
	assert_int_equal(sl_process_life(&process, false), SL_DEAD);
	child_kill(&child);
}

static void another_start_time_means_dead_though_the_pid_lives(void **state)
{
	(void)state;
	struct sl_process process = self_process();
	process.start--;
	assert_int_equal(sl_process_life(&process, true), SL_DEAD);
	process.start += 2;
	assert_int_equal(sl_process_life(&process, true), SL_DEAD);
}

static void another_boot_means_dead_on_a_local_file_system_only(void **state)
{
	(void)state;
	struct sl_process process = self_process();
	process.boot_id[0] = process.boot_id[0] == '0' ? '1' : '0';
	assert_int_equal(sl_process_life(&process, true), SL_DEAD);
	assert_int_equal(sl_process_life(&process, false), SL_LIFE_UNKNOWN);
}

static void another_pid_namespace_means_unknown(void **state)
{
	(void)state;
	struct sl_process process = self_process();
	process.pid_namespace++;
	assert_int_equal(sl_process_life(&process, true), SL_LIFE_UNKNOWN);
	assert_int_equal(sl_process_life(&process, false), SL_LIFE_UNKNOWN);
}

static void process_that_is_half_known_has_an_unknown_life(void **state)
{
	(void)state;
	const struct sl_process self = self_process();
	struct sl_process process = self;
	process.start = 0;
	assert_int_equal(sl_process_life(&process, true), SL_LIFE_UNKNOWN);
	process = self;
	process.boot_id[0] = '\0';
	assert_int_equal(sl_process_life(&process, true), SL_LIFE_UNKNOWN);
	process = self;
	process.pid = 0;
	assert_int_equal(sl_process_life(&process, true), SL_LIFE_UNKNOWN);
	process.pid = -1;
	assert_int_equal(sl_process_life(&process, true), SL_LIFE_UNKNOWN);
	process = (struct sl_process){0};
	assert_int_equal(sl_process_life(&process, true), SL_LIFE_UNKNOWN);
}

static void look_where_others_are_hidden(void *data)
{
	(void)data;
	struct sl_process first = self_process();
	expect(umount2("/proc", MNT_DETACH) == 0);
	expect(mount("proc", "/proc", "proc", 0, "hidepid=2") == 0);
	pid_t pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		become(SOME_USER);
		expect(access("/proc/1/stat", F_OK) != 0);
		expect(sl_process_life(&first, true) == SL_LIFE_UNKNOWN);
		first.pid = getpid() + 1;
		expect(sl_process_life(&first, true) == SL_DEAD);
		_exit(0);
	}
	int status;
	expect(waitpid(pid, &status, 0) == pid);
	_exit(WEXITSTATUS(status));
}

static void process_that_proc_hides_is_not_called_dead(void **state)
{
	(void)state;
	need_root();
	in_own_namespaces(look_where_others_are_hidden, NULL);
}

/* --- Names that look like the line around them --- */

static void take_name(void *data)
{
	expect(prctl(PR_SET_NAME, data) == 0);
	tell_who_it_is(NULL);
}

static void assert_name_does_not_confuse(const char *name)
{
	struct child child = start_child(take_name, (void *)name);
	struct sl_process process = hear_who_it_is(&child);
	assert_true(process.start >= self_process().start);
	assert_int_equal(sl_process_life(&process, true), SL_ALIVE);
	process.start++;
	assert_int_equal(sl_process_life(&process, true), SL_DEAD);
	assert_int_equal(child_finish(&child), 0);
}

static void names_with_parentheses_and_blanks_do_not_confuse(void **state)
{
	(void)state;
	assert_name_does_not_confuse(") (");
	assert_name_does_not_confuse("a) Z 1 1 1 1 1");
	assert_name_does_not_confuse("))))))))))))))");
	assert_name_does_not_confuse("(");
	assert_name_does_not_confuse("line\nbreak) Z");
}

/* --- Ancestors --- */

static void look_for_ancestors(void *data)
{
	const pid_t *sibling = data;
	expect(sl_process_is_ancestor(getppid()));
	expect(!sl_process_is_ancestor(getpid()));
	expect(!sl_process_is_ancestor(*sibling));
	expect(!sl_process_is_ancestor(0));
	expect(!sl_process_is_ancestor(-1));

	pid_t grandparent = getppid();
	pid_t pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		expect(sl_process_is_ancestor(grandparent));
		_exit(0);
	}
	int status;
	expect(waitpid(pid, &status, 0) == pid);
	expect(!sl_process_is_ancestor(pid));
	_exit(WEXITSTATUS(status));
}

static void ancestors_are_parents_and_theirs_and_nobody_else(void **state)
{
	(void)state;
	struct child sibling = start_child(tell_who_it_is, NULL);
	in_child(look_for_ancestors, &sibling.pid);
	assert_false(sl_process_is_ancestor(sibling.pid));
}

/* --- Command and user --- */

/* Runs cat with this argument, which waits for us; returns when it does. */
static void run_cat(void *data)
{
	expect(dup2(*(int *)data, STDIN_FILENO) == STDIN_FILENO);
	execl("/bin/cat", "cat", "-", "\x1b[2J two  words \xc2\x9b", "", (char *)NULL);
	_exit(1);
}

static void command_is_one_visible_line(void **state)
{
	(void)state;
	char command[160], small[8];
	int input[2];
	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	struct child child = start_child(run_cat, &input[0]);
	/* exec closes its end of the pipe. */
	assert_int_equal(child_hear(&child), '\0');

	sl_process_command(child.pid, command, sizeof command);
	assert_string_equal(command, "cat - \\x1b[2J two  words \\xc2\\x9b");
	sl_process_command(child.pid, small, sizeof small);
	assert_string_equal(small, "cat - ");

	child_kill_unreaped(&child);
	sl_process_command(child.pid, command, sizeof command);
	assert_string_equal(command, "");
	child_kill(&child);
	sl_process_command(child.pid, command, sizeof command);
	assert_string_equal(command, "");
	close(input[0]);
	close(input[1]);
}

static void user_of_a_process_is_its_owner(void **state)
{
	(void)state;
	char user[SL_USER_MAX + 1];
	sl_process_user(getpid(), user, sizeof user);
	assert_string_equal(user, sl_process_self()->user);
	struct child child = start_child(end_at_once, NULL);
	pid_t pid = child.pid;
	assert_int_equal(child_finish(&child), 0);
	sl_process_user(pid, user, sizeof user);
	assert_string_equal(user, "");
}

static void drop_root(void *data)
{
	(void)data;
	become(SOME_USER);
	say('d');
	await();
}

/* As PHP-FPM does it: no exec follows, and most of what /proc shows of it belongs to root. */
static void user_of_a_process_that_dropped_root_is_the_new_one(void **state)
{
	(void)state;
	need_root();
	char user[SL_USER_MAX + 1], wanted[32];
	struct child child = start_child(drop_root, NULL);
	assert_int_equal(child_hear(&child), 'd');
	sl_process_user(child.pid, user, sizeof user);
	snprintf(wanted, sizeof wanted, "uid %d", SOME_USER);
	assert_string_equal(user, wanted);
}

/* --- The thread that sleeps --- */

#define SLEEPER "sitelock-wait"

/* How many threads a child has, and how they are called. */
struct crew {
	const char *first;
	const char *others[3];
};

static void *sleep_as(void *name)
{
	char word = 'n';
	expect(prctl(PR_SET_NAME, name) == 0);
	say_bytes(&word, 1);
	for (;;)
		pause();
	return NULL;
}

static void run_crew(void *data)
{
	const struct crew *crew = data;
	if (crew->first != NULL)
		expect(prctl(PR_SET_NAME, crew->first) == 0);
	for (int i = 0; i < 3 && crew->others[i] != NULL; i++) {
		pthread_t thread;
		expect(pthread_create(&thread, NULL, sleep_as, (void *)crew->others[i]) == 0);
	}
	say('r');
	await();
}

static struct child start_crew(const struct crew *crew)
{
	struct child child = start_child(run_crew, (void *)crew);
	for (int i = 0; i < 3 && crew->others[i] != NULL; i++)
		child_hear(&child);
	child_hear(&child);
	await_sleep(child.pid);
	return child;
}

static bool finds_sleeper(const struct crew *crew, bool *first, bool *named)
{
	struct sl_thread thread;
	struct child child = start_crew(crew);
	bool found = sl_process_sleeper(child.pid, SLEEPER, &thread, named);
	*first = thread.tid == child.pid;
	child_kill(&child);
	return found;
}

static void only_thread_of_a_process_is_the_one_that_sleeps(void **state)
{
	(void)state;
	bool first, named;
	assert_true(finds_sleeper(&(struct crew){NULL, {NULL}}, &first, &named));
	assert_true(first);
	assert_false(named);
}

static void of_two_threads_the_one_with_the_name_sleeps(void **state)
{
	(void)state;
	bool first, named;
	assert_true(finds_sleeper(&(struct crew){NULL, {SLEEPER}}, &first, &named));
	assert_false(first);
	assert_true(named);
}

static void of_other_threads_it_cannot_be_told_which_one_sleeps(void **state)
{
	(void)state;
	bool first, named;
	static const struct crew crews[] = {
		{NULL, {"worker"}},
		{NULL, {SLEEPER, "worker"}},
		{NULL, {SLEEPER, SLEEPER}},
		{SLEEPER, {SLEEPER}},
		{NULL, {"sitelock-try"}},
	};
	for (size_t i = 0; i < sizeof crews / sizeof *crews; i++) {
		assert_false(finds_sleeper(&crews[i], &first, &named));
		assert_false(named);
	}
	struct sl_thread thread;
	assert_false(sl_process_sleeper(0, SLEEPER, &thread, &named));
}

/* The kernel cuts names, and a program may be called as it likes. */
static void beginning_of_the_name_is_another_name(void **state)
{
	(void)state;
	bool first, named;
	static const struct crew with_worker[] = {
		{"sitelock", {"worker"}}, {NULL, {"sitelock"}}, {NULL, {"s"}}, {NULL, {"sitelock-waiter"}}};
	for (size_t i = 0; i < sizeof with_worker / sizeof *with_worker; i++)
		assert_false(finds_sleeper(&with_worker[i], &first, &named));
	assert_true(finds_sleeper(&(struct crew){"sitelock", {SLEEPER}}, &first, &named));
	assert_true(named);
	assert_false(first);
}

static void run_once_per_word(void *data)
{
	(void)data;
	say('r');
	while (await() != 'e')
		say('d');
}

static void sleeper_that_runs_has_given_up_the_processor_once_more(void **state)
{
	(void)state;
	bool named;
	struct sl_thread before, again, after;
	struct child child = start_child(run_once_per_word, NULL);
	assert_int_equal(child_hear(&child), 'r');
	await_sleep(child.pid);
	assert_true(sl_process_sleeper(child.pid, SLEEPER, &before, &named));
	assert_true(sl_process_sleeper(child.pid, SLEEPER, &again, &named));
	assert_int_equal(before.tid, child.pid);
	assert_int_equal(again.tid, child.pid);
	assert_true(before.start == again.start && before.start > 0);
	assert_true(before.switches == again.switches);
	child_tell(&child, 'g');
	assert_int_equal(child_hear(&child), 'd');
	await_sleep(child.pid);
	assert_true(sl_process_sleeper(child.pid, SLEEPER, &after, &named));
	assert_true(after.switches > before.switches);
	assert_true(after.start == before.start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(self_is_fully_known),
		fixture_test(self_of_a_forked_child_is_the_child),
		fixture_test(self_of_a_cloned_child_is_the_child),
		fixture_test(self_of_a_child_with_the_same_pid_in_its_own_namespace_is_the_child),
		fixture_test(self_follows_a_change_of_user),
		fixture_test(nothing_is_claimed_without_proc),
		fixture_test(process_of_an_inner_namespace_does_not_see_all),
		fixture_test(self_is_alive),
		fixture_test(child_is_alive_then_a_dead_zombie_then_dead),
		fixture_test(zombie_with_a_living_thread_is_alive),
		fixture_test(another_start_time_means_dead_though_the_pid_lives),
		fixture_test(another_boot_means_dead_on_a_local_file_system_only),
		fixture_test(another_pid_namespace_means_unknown),
		fixture_test(process_that_is_half_known_has_an_unknown_life),
		fixture_test(process_that_proc_hides_is_not_called_dead),
		fixture_test(names_with_parentheses_and_blanks_do_not_confuse),
		fixture_test(ancestors_are_parents_and_theirs_and_nobody_else),
		fixture_test(command_is_one_visible_line),
		fixture_test(user_of_a_process_is_its_owner),
		fixture_test(user_of_a_process_that_dropped_root_is_the_new_one),
		fixture_test(only_thread_of_a_process_is_the_one_that_sleeps),
		fixture_test(of_two_threads_the_one_with_the_name_sleeps),
		fixture_test(of_other_threads_it_cannot_be_told_which_one_sleeps),
		fixture_test(beginning_of_the_name_is_another_name),
		fixture_test(sleeper_that_runs_has_given_up_the_processor_once_more),
	};
	return cmocka_run_group_tests_name("core: process", tests, NULL, NULL);
}
