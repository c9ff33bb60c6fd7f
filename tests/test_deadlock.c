#include "fixture.h"

#include "clock.h"
#include "deadlock.h"
#include "file_lock.h"
#include "queue.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Later than anything here can come; a test that gets there has failed. */
#define LATE (60 * SL_SECOND)

/* Looks that a cycle is left to the one who came last, as deadlock.c has it. */
#define PATIENCE 3

#define FILES      12
#define OTHER_USER 54431

/* --- The files and locks of a test --- */

static const char *paths[FILES];
static struct sl_lock *held, *wanted;
static int plain; /* a descriptor that has paths[0], held by no object */
static struct sl_failure failure;

static int set_up(void **state)
{
	char name[16];
	if (fixture_set_up(state) != 0)
		return -1;
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "file%d", i);
		paths[i] = path_of(name);
		write_file(paths[i], "");
		if (chmod(paths[i], 0666) != 0)
			return -1;
	}
	held = wanted = NULL;
	plain = -1;
	return 0;
}

static int tear_down(void **state)
{
	stop_watching();
	sl_lock_free(wanted);
	sl_lock_free(held);
	if (plain >= 0)
		close(plain);
	await_threads(1);
	return fixture_tear_down(state);
}

#define deadlock_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static struct sl_lock *make(int file)
{
	struct sl_lock_options options = {.path = paths[file], .label = "", .command = "test"};
	struct sl_lock *lock = sl_file_lock_new(&options, 0666, true);
	if (lock == NULL)
		abort();
	return lock;
}

static enum sl_result wait_until(struct sl_lock *lock, int64_t until)
{
	struct sl_patience patience = {.until = until};
	return sl_lock_wait(lock, SL_EXCLUSIVE, &patience, &failure);
}

/* --- The others: each has one file, and waits for another --- */

struct part {
	int has;
	int wants; /* -1: waits for nothing */
	void (*wait)(const struct part *part);
	enum { ALONE, WITH_THREAD, WITH_CHILD } company;
};

static void ignore_signal(int number)
{
	(void)number;
}

static void *stay(void *data)
{
	for (;;)
		pause();
	return data;
}

/* As flock(1) does. A signal only wakes it. */
static void wait_plainly(const struct part *part)
{
	int fd = open(paths[part->wants], O_RDWR | O_CLOEXEC);
	expect(flock(fd, LOCK_EX) == 0);
	say('g');
	await();
}

/* Says how it ended, and gives back what it has if that was a deadlock. */
static void wait_with_thread(const struct part *part)
{
	struct sl_lock *lock = make(part->wants);
	enum sl_result result = wait_until(lock, sl_clock_now() + LATE);
	expect(result == SL_OK || result == SL_DEADLOCK);
	if (result == SL_OK)
		expect(sl_lock_confirm(lock, &failure) == SL_OK);
	sl_lock_free(held);
	held = NULL;
	say(result == SL_OK ? 'g' : 'd');
	await();
	sl_lock_free(lock);
}

/* It would look itself, which changes what is seen of it: here it only has the place. */
static void wait_in_queue(const struct part *part)
{
	struct sl_lock *lock = make(part->wants);
	expect(wait_until(lock, 0) == SL_BUSY);
	await();
	sl_lock_free(lock);
}

static void wait_while_holding(const struct part *part)
{
	struct sl_lock *lock = make(part->wants);
	struct sl_patience patience = {.until = 0, .holding = true};
	expect(sl_lock_wait(lock, SL_EXCLUSIVE, &patience, &failure) == SL_BUSY);
	await();
	sl_lock_free(lock);
}

/* Its script runs; the thread waits all the same. */
static void wait_awake(const struct part *part)
{
	struct sl_lock *lock = make(part->wants);
	expect(wait_until(lock, 0) == SL_BUSY);
	sl_lock_as_member.set_awake(lock, true);
	await();
	sl_lock_free(lock);
}

static void play(void *data)
{
	const struct part *part = data;
	pthread_t thread;
	struct sigaction action = {.sa_handler = ignore_signal, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &action, NULL);
	held = make(part->has);
	if (part->company == WITH_CHILD)
		expect(sl_lock_set_inheritable(held, true, &failure) == SL_OK);
	expect(sl_lock_acquire(held, SL_EXCLUSIVE, &failure) == SL_OK);
	if (part->company == WITH_CHILD && fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		stay(NULL);
	}
	if (part->company == WITH_THREAD)
		expect(pthread_create(&thread, NULL, stay, NULL) == 0);
	say('h');
	await();
	if (part->wants >= 0)
		part->wait(part);
	else
		await();
}

static struct child start_part(const struct part *part)
{
	struct child child = start_child(play, (void *)part);
	assert_int_equal(child_hear(&child), 'h');
	return child;
}

static bool waits_for(int file, pid_t pid)
{
	pid_t pids[16];
	size_t count = queue_for(paths[file], pids, 16);
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* Every thread of a process sleeps, so none of them is about to be counted as running. */
static void await_quiet(pid_t pid)
{
	char path[64];
	struct sl_thread before, after;
	bool named;
	for (int i = 0; i < 1000; i++) {
		bool found = sl_process_sleeper(pid, SL_QUEUE_PATIENT, &before, &named);
		usleep(5000);
		snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)before.tid);
		if (!found || (sl_process_sleeper(pid, SL_QUEUE_PATIENT, &after, &named) && sleeps(path) &&
						  before.switches == after.switches))
			return;
	}
	fail_msg("it never sleeps");
}

static void let_wait(struct child *child, const struct part *part)
{
	child_tell(child, 'w');
	while (!waits_for(part->wants, child->pid))
		usleep(1000);
	await_quiet(child->pid);
}

/* --- We: have paths[0], and wait for paths[1] --- */

static void hold_first(void)
{
	held = make(0);
	if (sl_lock_acquire(held, SL_EXCLUSIVE, &failure) != SL_OK)
		abort();
}

static void wait_for_second(void)
{
	wanted = make(1);
	if (wait_until(wanted, 0) != SL_BUSY)
		abort();
	while (!waits_for(1, getpid()))
		usleep(1000);
	await_quiet(getpid());
}

static struct sl_kernel_file file_of(int file)
{
	struct sl_kernel_file kernel;
	struct sl_file_id id;
	int descriptor;
	if (sl_lock_path_look(paths[file], &descriptor, &id, &failure) != SL_OK)
		abort();
	sl_kernel_file_of(descriptor, &id, &kernel);
	close(descriptor);
	return kernel;
}

/* One look, without the second between two of them. */
static bool look(struct sl_suspicion *suspicion)
{
	struct sl_kernel_file file = file_of(1);
	suspicion->next_look = 0;
	return sl_deadlock_look(suspicion, &file);
}

#define LOOKS 8

/* The look that proves it; 0: none does. */
static int proving_look(struct sl_suspicion *suspicion)
{
	*suspicion = (struct sl_suspicion){.seen = 0};
	for (int i = 1; i <= LOOKS; i++)
		if (look(suspicion))
			return i;
	return 0;
}

static void assert_member(const struct sl_cycle *cycle, size_t i, pid_t pid, int wants)
{
	struct sl_kernel_file file = file_of(wants);
	assert_int_equal(cycle->members[i].pid, pid);
	assert_true(sl_kernel_same_file(&cycle->members[i].file, &file));
}

/* --- Proven --- */

static void cycle_of_two_is_proven_by_the_second_look(void **state)
{
	(void)state;
	static const struct part part = {1, 0, wait_plainly, ALONE};
	struct sl_suspicion suspicion = {.seen = 0};
	struct child other = start_part(&part);
	hold_first();
	let_wait(&other, &part);
	wait_for_second();
	assert_false(look(&suspicion));
	assert_int_equal(suspicion.seen, 1);
	assert_true(look(&suspicion));
	assert_int_equal(suspicion.cycle.count, 2);
	assert_member(&suspicion.cycle, 0, getpid(), 1);
	assert_member(&suspicion.cycle, 1, other.pid, 0);
	assert_true(suspicion.cycle.members[0].told);
	assert_false(suspicion.cycle.members[1].told);
	assert_int_equal(suspicion.cycle.members[0].thread.tid, other_thread());
	assert_int_equal(suspicion.cycle.members[1].thread.tid, other.pid);
}

static void two_looks_are_a_second_apart_or_more(void **state)
{
	(void)state;
	static const struct part part = {1, 0, wait_plainly, ALONE};
	struct sl_suspicion suspicion = {.seen = 0};
	struct sl_kernel_file file = file_of(1);
	struct child other = start_part(&part);
	hold_first();
	let_wait(&other, &part);
	wait_for_second();
	int64_t start = sl_clock_now();
	assert_true(sl_deadlock_is_due(&suspicion));
	assert_false(sl_deadlock_look(&suspicion, &file));
	assert_false(sl_deadlock_is_due(&suspicion));
	while (!sl_deadlock_is_due(&suspicion))
		usleep(10000);
	assert_true(sl_clock_now() - start >= SL_SECOND);
	assert_true(sl_deadlock_look(&suspicion, &file));
}

static void who_has_no_lock_need_not_look(void **state)
{
	(void)state;
	struct sl_suspicion suspicion = {.seen = 0};
	assert_false(sl_deadlock_is_due(&suspicion));
	wanted = make(0);
	plain = take_flock(paths[0], LOCK_EX);
	assert_int_equal(wait_until(wanted, 0), SL_BUSY);
	assert_true(sl_deadlock_is_due(&suspicion)); /* by a descriptor of its own */
	close(plain);
	plain = -1;
	/* It has what it waited for, or gives it up. */
	sl_lock_give_up(wanted);
	assert_false(sl_deadlock_is_due(&suspicion));
	hold_first();
	assert_true(sl_deadlock_is_due(&suspicion));
	suspicion.next_look = sl_clock_now() + LATE;
	assert_false(sl_deadlock_is_due(&suspicion));
}

static void cycle_of_three_is_proven(void **state)
{
	(void)state;
	static const struct part parts[] = {{1, 2, wait_plainly, ALONE}, {2, 0, wait_in_queue, ALONE}};
	struct sl_suspicion suspicion;
	struct child second = start_part(&parts[0]), third = start_part(&parts[1]);
	hold_first();
	let_wait(&second, &parts[0]);
	let_wait(&third, &parts[1]);
	wait_for_second();
	assert_int_equal(proving_look(&suspicion), 2);
	assert_int_equal(suspicion.cycle.count, 3);
	assert_member(&suspicion.cycle, 0, getpid(), 1);
	assert_member(&suspicion.cycle, 1, second.pid, 2);
	assert_member(&suspicion.cycle, 2, third.pid, 0);
	assert_false(suspicion.cycle.members[1].told);
	assert_true(suspicion.cycle.members[2].told);
}

static void cycle_is_found_behind_ways_that_lead_nowhere(void **state)
{
	(void)state;
	/* Others hold what the second one has too, and wait for us or for nobody. */
	static const struct part parts[] = {
		{2, 3, wait_plainly, ALONE}, {3, -1, NULL, ALONE}, {1, 0, wait_plainly, ALONE}};
	static const struct part bystander = {4, 0, wait_plainly, ALONE};
	struct sl_suspicion suspicion;
	struct child children[3];
	for (int i = 0; i < 3; i++)
		children[i] = start_part(&parts[i]);
	struct child other = start_part(&bystander);
	hold_first();
	let_wait(&other, &bystander);
	let_wait(&children[0], &parts[0]);
	let_wait(&children[2], &parts[2]);
	wait_for_second();
	assert_int_equal(proving_look(&suspicion), 2);
	assert_int_equal(suspicion.cycle.count, 2);
	assert_member(&suspicion.cycle, 1, children[2].pid, 0);
}

static void who_waits_for_what_it_locked_itself_is_a_cycle_of_one(void **state)
{
	(void)state;
	struct sl_suspicion suspicion;
	plain = take_flock(paths[1], LOCK_EX);
	wait_for_second();
	assert_int_equal(proving_look(&suspicion), 2);
	assert_int_equal(suspicion.cycle.count, 1);
	assert_member(&suspicion.cycle, 0, getpid(), 1);
}

/* Of all who can say so, the one who came last does at once, and the others later. */
static void who_came_last_is_the_first_to_say_so(void **state)
{
	(void)state;
	static const struct part part = {1, 0, wait_in_queue, ALONE};
	struct sl_suspicion suspicion;
	for (int last = 0; last < 2; last++) {
		struct child other = start_part(&part);
		hold_first();
		if (last == 1)
			let_wait(&other, &part);
		wait_for_second();
		if (last == 0)
			let_wait(&other, &part);
		assert_int_equal(proving_look(&suspicion), last == 1 ? 2 : 2 + PATIENCE);
		assert_true(suspicion.cycle.members[1].told);
		sl_lock_free(wanted);
		sl_lock_free(held);
		held = wanted = NULL;
		await_threads(1);
		child_kill(&other);
	}
}

/* --- Not proven --- */

static int looks_at(const struct part *part)
{
	struct sl_suspicion suspicion;
	struct child other = start_part(part);
	hold_first();
	let_wait(&other, part);
	wait_for_second();
	int proof = proving_look(&suspicion);
	sl_lock_free(wanted);
	sl_lock_free(held);
	held = wanted = NULL;
	await_threads(1);
	return proof;
}

/* Any of its threads might give the lock back. */
static void process_with_other_threads_is_no_part_of_a_cycle(void **state)
{
	(void)state;
	assert_int_equal(looks_at(&(struct part){1, 0, wait_plainly, WITH_THREAD}), 0);
}

static void process_with_other_threads_that_waits_as_we_do_is_none_either(void **state)
{
	(void)state;
	assert_int_equal(looks_at(&(struct part){1, 0, wait_in_queue, WITH_THREAD}), 0);
}

static void control_the_same_process_alone_is_part_of_it(void **state)
{
	(void)state;
	assert_int_equal(looks_at(&(struct part){1, 0, wait_plainly, ALONE}), 2);
}

static void who_soon_gives_up_is_no_part_of_a_cycle(void **state)
{
	(void)state;
	assert_int_equal(looks_at(&(struct part){1, 0, wait_while_holding, ALONE}), 0);
}

static void who_is_awake_is_no_part_of_a_cycle(void **state)
{
	(void)state;
	assert_int_equal(looks_at(&(struct part){1, 0, wait_awake, ALONE}), 0);
}

static void control_asleep_it_is_part_of_it(void **state)
{
	(void)state;
	assert_int_equal(looks_at(&(struct part){1, 0, wait_in_queue, ALONE}), 2);
}

static void lock_that_is_shared_with_a_child_is_no_part_of_a_cycle(void **state)
{
	(void)state;
	assert_int_equal(looks_at(&(struct part){1, 0, wait_plainly, WITH_CHILD}), 0);
}

static void own_thread_beside_ours_ends_the_proof(void **state)
{
	(void)state;
	static const struct part part = {1, 0, wait_plainly, ALONE};
	struct sl_suspicion suspicion;
	pthread_t thread;
	struct child other = start_part(&part);
	hold_first();
	let_wait(&other, &part);
	assert_int_equal(pthread_create(&thread, NULL, stay, NULL), 0);
	wanted = make(1);
	assert_int_equal(wait_until(wanted, 0), SL_BUSY);
	while (!waits_for(1, getpid()))
		usleep(1000);
	assert_int_equal(proving_look(&suspicion), 0);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
}

static void wake(struct child *child)
{
	struct sl_thread before, after;
	bool named;
	if (!sl_process_sleeper(child->pid, SL_QUEUE_PATIENT, &before, &named))
		abort();
	kill(child->pid, SIGUSR1);
	do {
		if (!sl_process_sleeper(child->pid, SL_QUEUE_PATIENT, &after, &named))
			abort();
	} while (after.switches == before.switches);
	await_quiet(child->pid);
	while (!waits_for(0, child->pid))
		usleep(1000);
}

static void who_has_run_between_two_looks_is_looked_at_twice_more(void **state)
{
	(void)state;
	static const struct part part = {1, 0, wait_plainly, ALONE};
	struct sl_suspicion suspicion = {.seen = 0};
	struct child other = start_part(&part);
	hold_first();
	let_wait(&other, &part);
	wait_for_second();
	for (int i = 0; i < 3; i++) {
		assert_false(look(&suspicion));
		assert_int_equal(suspicion.seen, 1);
		wake(&other);
	}
	assert_false(look(&suspicion));
	assert_true(look(&suspicion));
}

static void cycle_that_is_gone_is_forgotten(void **state)
{
	(void)state;
	static const struct part part = {1, 0, wait_plainly, ALONE};
	struct sl_suspicion suspicion = {.seen = 0};
	struct child other = start_part(&part);
	hold_first();
	let_wait(&other, &part);
	wait_for_second();
	assert_false(look(&suspicion));
	child_kill(&other);
	assert_false(look(&suspicion));
	assert_int_equal(suspicion.seen, 0);
}

static void nobody_who_waits_for_us_is_no_cycle(void **state)
{
	(void)state;
	static const struct part part = {1, 2, wait_plainly, ALONE}, last = {2, -1, NULL, ALONE};
	struct sl_suspicion suspicion;
	struct child other = start_part(&part);
	start_part(&last);
	hold_first();
	let_wait(&other, &part);
	wait_for_second();
	assert_int_equal(proving_look(&suspicion), 0);
	assert_int_equal(suspicion.seen, 0);
}

/* A chain from us over so many others; the last one waits for us, or for nobody. */
static int looks_at_chain(int others, bool closed)
{
	static struct part parts[FILES], bystander;
	struct child children[FILES];
	struct sl_suspicion suspicion;
	for (int i = 0; i < others; i++) {
		bool is_last = i == others - 1;
		parts[i] = (struct part){i + 1, is_last ? (closed ? 0 : -1) : i + 2, wait_plainly, ALONE};
		children[i] = start_part(&parts[i]);
	}
	bystander = (struct part){FILES - 1, 0, wait_plainly, ALONE};
	struct child other = start_part(&bystander);
	hold_first();
	let_wait(&other, &bystander);
	for (int i = 0; i < others; i++)
		if (parts[i].wants >= 0)
			let_wait(&children[i], &parts[i]);
	wait_for_second();
	int proof = proving_look(&suspicion);
	sl_lock_free(wanted);
	sl_lock_free(held);
	held = wanted = NULL;
	await_threads(1);
	for (int i = 0; i < others; i++)
		child_kill(&children[i]);
	child_kill(&other);
	return proof;
}

static void long_chain_is_no_cycle(void **state)
{
	(void)state;
	assert_int_equal(looks_at_chain(10, false), 0);
	assert_int_equal(looks_at_chain(3, false), 0);
}

static void cycles_are_found_up_to_the_longest_that_is_looked_for(void **state)
{
	(void)state;
	assert_int_equal(looks_at_chain(SL_CYCLE_MAX - 1, true), 2);
	assert_int_equal(looks_at_chain(SL_CYCLE_MAX, true), 0);
}

static void look_as_a_user(void *data)
{
	(void)data;
	struct sl_suspicion suspicion;
	hold_first();
	say('h');
	await();
	become(OTHER_USER);
	wait_for_second();
	expect(proving_look(&suspicion) == 0);
	say('n');
}

/* What the processes of others have is not for the eyes of a user. */
static void cycle_that_cannot_be_seen_is_not_claimed(void **state)
{
	(void)state;
	static const struct part part = {1, 0, wait_plainly, ALONE};
	need_root();
	struct child other = start_part(&part);
	struct child user = start_child(look_as_a_user, NULL);
	assert_int_equal(child_hear(&user), 'h');
	let_wait(&other, &part);
	child_tell(&user, 'w');
	assert_int_equal(child_hear(&user), 'n');
}

/* --- From end to end --- */

/* Each of them has one file and waits for the next one's. Exactly one is told; all others get it.
 */
static void assert_one_is_told(int members)
{
	static struct part parts[FILES];
	struct child children[FILES];
	for (int i = 0; i < members; i++) {
		parts[i] = (struct part){i, (i + 1) % members, wait_with_thread, ALONE};
		children[i] = start_part(&parts[i]);
	}
	for (int i = 0; i < members; i++) {
		child_tell(&children[i], 'w');
		while (!waits_for(parts[i].wants, children[i].pid))
			usleep(1000);
		/* Clocks of the kernel tick a hundred times per second. */
		usleep(30000);
	}
	/* The one who came last; then each one before it gets what the next one gives back. */
	assert_int_equal(child_hear(&children[members - 1]), 'd');
	for (int i = members - 2; i >= 0; i--) {
		assert_int_equal(child_hear(&children[i]), 'g');
		assert_int_equal(child_finish(&children[i]), 0);
	}
}

static void of_two_who_wait_for_each_other_the_last_one_is_told(void **state)
{
	(void)state;
	assert_one_is_told(2);
}

static void of_three_who_wait_for_each_other_the_last_one_is_told(void **state)
{
	(void)state;
	assert_one_is_told(3);
}

static void who_waits_for_a_plain_flock_that_waits_for_us_is_told(void **state)
{
	(void)state;
	static const struct part part = {1, 0, wait_plainly, ALONE};
	struct child other = start_part(&part);
	hold_first();
	let_wait(&other, &part);
	wanted = make(1);
	assert_int_equal(wait_until(wanted, sl_clock_now() + LATE), SL_DEADLOCK);
	const struct sl_cycle *cycle = sl_lock_cycle(wanted);
	assert_non_null(cycle);
	assert_int_equal(cycle->count, 2);
	assert_member(cycle, 1, other.pid, 0);
	/* It no longer waits; the other one gets it when we give it back. */
	await_threads(1);
	assert_false(has_descriptor_of(paths[1]));
	assert_false(child_has_spoken(&other));
	assert_int_equal(sl_lock_release(held, NULL, &failure), SL_OK);
	assert_int_equal(child_hear(&other), 'g');
}

static void who_waits_for_its_own_descriptor_is_told(void **state)
{
	(void)state;
	plain = take_flock(paths[1], LOCK_EX);
	wanted = make(1);
	assert_int_equal(wait_until(wanted, sl_clock_now() + LATE), SL_DEADLOCK);
	assert_non_null(sl_lock_cycle(wanted));
	assert_int_equal(sl_lock_cycle(wanted)->count, 1);
}

/* It holds something only for a while, so it breaks the cycle itself. */
static void who_waits_while_it_holds_is_not_told(void **state)
{
	(void)state;
	struct sl_patience patience = {
		.until = sl_clock_now() + 3 * SL_SECOND + SL_SECOND / 2, .holding = true};
	plain = take_flock(paths[1], LOCK_EX);
	wanted = make(1);
	assert_int_equal(sl_lock_wait(wanted, SL_EXCLUSIVE, &patience, &failure), SL_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		deadlock_test(cycle_of_two_is_proven_by_the_second_look),
		deadlock_test(two_looks_are_a_second_apart_or_more),
		deadlock_test(who_has_no_lock_need_not_look),
		deadlock_test(cycle_of_three_is_proven),
		deadlock_test(cycle_is_found_behind_ways_that_lead_nowhere),
		deadlock_test(who_waits_for_what_it_locked_itself_is_a_cycle_of_one),
		deadlock_test(who_came_last_is_the_first_to_say_so),
		deadlock_test(process_with_other_threads_is_no_part_of_a_cycle),
		deadlock_test(process_with_other_threads_that_waits_as_we_do_is_none_either),
		deadlock_test(control_the_same_process_alone_is_part_of_it),
		deadlock_test(who_soon_gives_up_is_no_part_of_a_cycle),
		deadlock_test(who_is_awake_is_no_part_of_a_cycle),
		deadlock_test(control_asleep_it_is_part_of_it),
		deadlock_test(lock_that_is_shared_with_a_child_is_no_part_of_a_cycle),
		deadlock_test(own_thread_beside_ours_ends_the_proof),
		deadlock_test(who_has_run_between_two_looks_is_looked_at_twice_more),
		deadlock_test(cycle_that_is_gone_is_forgotten),
		deadlock_test(nobody_who_waits_for_us_is_no_cycle),
		deadlock_test(long_chain_is_no_cycle),
		deadlock_test(cycles_are_found_up_to_the_longest_that_is_looked_for),
		deadlock_test(cycle_that_cannot_be_seen_is_not_claimed),
		deadlock_test(of_two_who_wait_for_each_other_the_last_one_is_told),
		deadlock_test(of_three_who_wait_for_each_other_the_last_one_is_told),
		deadlock_test(who_waits_for_a_plain_flock_that_waits_for_us_is_told),
		deadlock_test(who_waits_for_its_own_descriptor_is_told),
		deadlock_test(who_waits_while_it_holds_is_not_told),
	};
	return cmocka_run_group_tests_name("core: deadlock", tests, NULL, NULL);
}
