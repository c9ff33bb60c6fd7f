#include "fixture.h"

#include "process.h"

#include <fcntl.h>
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
	};
	return cmocka_run_group_tests_name("core: process", tests, NULL, NULL);
}
