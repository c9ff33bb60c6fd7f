#include "fixture.h"

#include "clock.h"
#include "file_lock.h"
#include "lock_set.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMBERS 4

/* As lock_set.c has it. */
#define PATIENCE_FIRST (50 * SL_MILLISECOND)
#define PATIENCE_LAST  (2 * SL_SECOND)

/* Later than anything here can come; a test that gets there has failed. */
#define LATE (60 * SL_SECOND)

static struct sl_failure failure;

/* --- Locks that answer as they are told: the way of the set itself --- */

struct step {
	char call[4]; /* "w1": wait of lock 1; take, wait, last_try, confirm, give_up, release */
	enum sl_result answer;
	bool holding;     /* expected of a wait */
	int64_t patience; /* with `holding`: what it is drawn from */
	bool is_over;     /* the patience ends meanwhile */
};

#define END                                                                                        \
	{                                                                                              \
		.call = ""                                                                                 \
	}

static const struct step *next_step;
static struct sl_lock_set set;
static struct sl_member members[MEMBERS];
static int64_t last_call; /* when */
static bool is_held[MEMBERS];

static const struct step *play(char call, const void *lock)
{
	char wanted[4] = {call, (char)('0' + *(const int *)lock), '\0', '\0'};
	assert_string_equal(wanted, next_step->call);
	return next_step++;
}

static enum sl_result answer(const struct step *step, const void *lock)
{
	if (step->answer == SL_OK)
		is_held[*(const int *)lock] = true;
	last_call = sl_clock_now();
	return step->answer;
}

static enum sl_result scripted_take(void *lock, enum sl_mode mode, struct sl_failure *unused)
{
	(void)unused;
	assert_int_equal(mode, members[*(int *)lock].mode);
	assert_false(is_held[*(int *)lock]);
	return answer(play('t', lock), lock);
}

static bool never(void)
{
	return false;
}

static int64_t deadline;

static enum sl_result scripted_wait(
	void *lock, enum sl_mode mode, const struct sl_patience *patience, struct sl_failure *unused)
{
	(void)unused;
	const struct step *step = play('w', lock);
	assert_int_equal(mode, members[*(int *)lock].mode);
	assert_ptr_equal(patience->interrupted, never);
	assert_int_equal(patience->holding, step->holding);
	if (step->patience > 0) {
		assert_true(patience->until >= last_call + step->patience / 2);
		assert_true(patience->until < sl_clock_now() + step->patience);
	} else if (!step->holding)
		assert_true(patience->until == deadline);
	if (step->is_over)
		set.patience_end = 0;
	return answer(step, lock);
}

static enum sl_result scripted_last_try(void *lock, struct sl_failure *unused)
{
	(void)unused;
	return answer(play('l', lock), lock);
}

static enum sl_result scripted_confirm(void *lock, struct sl_failure *unused)
{
	(void)unused;
	const struct step *step = play('c', lock);
	assert_true(is_held[*(int *)lock]);
	is_held[*(int *)lock] = step->answer == SL_OK;
	return step->answer;
}

static void scripted_give_up(void *lock)
{
	play('g', lock);
	is_held[*(int *)lock] = false;
}

static void scripted_release(void *lock)
{
	play('r', lock);
	assert_true(is_held[*(int *)lock]);
	is_held[*(int *)lock] = false;
}

static const struct sl_member_kind scripted = {
	.take = scripted_take,
	.wait = scripted_wait,
	.last_try = scripted_last_try,
	.confirm = scripted_confirm,
	.give_up = scripted_give_up,
	.release = scripted_release,
};

static void begin(size_t count, const struct step *steps)
{
	static int numbers[MEMBERS] = {0, 1, 2, 3};
	memset(&set, 0, sizeof set);
	set.members = members;
	set.count = count;
	for (size_t i = 0; i < count; i++) {
		members[i] = (struct sl_member){
			.kind = &scripted, .lock = &numbers[i], .mode = i % 2 == 0 ? SL_EXCLUSIVE : SL_SHARED};
		is_held[i] = false;
	}
	next_step = steps;
	deadline = sl_clock_now() + LATE;
	sl_lock_set_begin(&set);
}

static void follow(const struct step *steps)
{
	next_step = steps;
}

static enum sl_result take(void)
{
	return sl_lock_set_take(&set, &failure);
}

static enum sl_result wait_for_all(void)
{
	return sl_lock_set_wait(&set, deadline, never, &failure);
}

/* The steps are all done, and those of the set are taken as this says, "101". */
static void assert_done(const char *taken)
{
	assert_string_equal(next_step->call, "");
	for (size_t i = 0; i < set.count; i++) {
		assert_int_equal(is_held[i], taken[i] == '1');
		assert_int_equal(members[i].ours, taken[i] == '1');
	}
}

static const struct step all_three[] = {{.call = "t0"}, {.call = "t1"}, {.call = "t2"}, END};

static void all_are_taken_in_their_order_and_then_confirmed(void **state)
{
	(void)state;
	static const struct step confirms[] = {{.call = "c0"}, {.call = "c1"}, {.call = "c2"}, END};
	begin(3, all_three);
	assert_int_equal(take(), SL_OK);
	assert_done("111");
	follow(confirms);
	assert_int_equal(sl_lock_set_confirm(&set, &failure), SL_OK);
	assert_done("111");
}

static void if_one_cannot_be_taken_none_is(void **state)
{
	(void)state;
	static const enum sl_result answers[] = {SL_BUSY, SL_UNSAFE_OWNER, SL_SYSTEM, SL_THROWN};
	for (int i = 0; i < 4; i++) {
		const struct step steps[] = {{.call = "t0"}, {.call = "t1"},
			{.call = "t2", .answer = answers[i]}, {.call = "g1"}, {.call = "g0"}, END};
		begin(4, steps);
		assert_int_equal(take(), answers[i]);
		assert_done("0000");
		assert_int_equal(set.busy, 2);
	}
}

static void what_was_held_before_is_let_alone(void **state)
{
	(void)state;
	static const struct step steps[] = {
		{.call = "t0"}, {.call = "t2", .answer = SL_BUSY}, {.call = "g0"}, END};
	static const struct step waits[] = {{.call = "w2"}, {.call = "t0"}, END};
	static const struct step confirms[] = {
		{.call = "c0"}, {.call = "c2", .answer = SL_SYSTEM}, {.call = "r0"}, END};
	begin(3, steps);
	members[1].has_it = true;
	assert_int_equal(take(), SL_BUSY);
	assert_done("000");
	follow(waits);
	assert_int_equal(wait_for_all(), SL_OK);
	assert_done("101");
	follow(confirms);
	assert_int_equal(sl_lock_set_confirm(&set, &failure), SL_SYSTEM);
	assert_done("000");
	assert_true(members[1].has_it);
	assert_false(members[0].has_it || members[2].has_it);
}

static bool still_held[MEMBERS];

static bool scripted_has(void *lock)
{
	return still_held[*(int *)lock];
}

static void what_was_held_before_and_was_given_back_meanwhile_is_taken(void **state)
{
	(void)state;
	static const struct step steps[] = {{.call = "t1", .answer = SL_BUSY}, END};
	static const struct step first[] = {{.call = "w1", .answer = SL_INTERRUPTED}, END};
	static const struct step then[] = {{.call = "w1"}, {.call = "t0"}, END};
	struct sl_member_kind losing = scripted;
	losing.has = scripted_has;
	begin(2, steps);
	members[0].kind = &losing;
	members[0].has_it = still_held[0] = true;
	assert_int_equal(take(), SL_BUSY);
	follow(first);
	assert_int_equal(wait_for_all(), SL_INTERRUPTED);
	still_held[0] = false;
	follow(then);
	assert_int_equal(wait_for_all(), SL_OK);
	assert_done("11");
}

static void busy_one_is_waited_for_with_empty_hands_and_then_the_others(void **state)
{
	(void)state;
	static const struct step steps[] = {
		{.call = "t0"}, {.call = "t1", .answer = SL_BUSY}, {.call = "g0"}, END};
	static const struct step waits[] = {{.call = "w1"}, {.call = "t0"},
		{.call = "t2", .answer = SL_BUSY},
		{.call = "w2", .holding = true, .patience = PATIENCE_FIRST}, END};
	begin(3, steps);
	assert_int_equal(take(), SL_BUSY);
	assert_done("000");
	follow(waits);
	assert_int_equal(wait_for_all(), SL_OK);
	assert_done("111");
}

/*
 * With its patience at an end the set gives back all it holds, the latest first, and waits for the
 * busy one with empty hands; out of order the patience is the first one again, and is not doubled.
 */
static void patience_grows_with_each_time_that_it_was_not_enough(void **state)
{
	(void)state;
	static const struct step steps[] = {
		{.call = "w0"},
		{.call = "t1", .answer = SL_BUSY},
		{"w1", SL_BUSY, true, PATIENCE_FIRST, true},
		{.call = "l1", .answer = SL_BUSY},
		{.call = "g0"},
		{.call = "w1"},
		{.call = "t0", .answer = SL_BUSY},
		{"w0", SL_BUSY, true, PATIENCE_FIRST, true},
		{.call = "l0", .answer = SL_BUSY},
		{.call = "g1"},
		{.call = "w0"},
		{.call = "t1"},
		{.call = "t2", .answer = SL_BUSY},
		{"w2", SL_BUSY, true, 2 * PATIENCE_FIRST, true},
		{.call = "l2", .answer = SL_BUSY},
		{.call = "g1"},
		{.call = "g0"},
		{.call = "w2"},
		{.call = "t0"},
		{.call = "t1", .answer = SL_BUSY},
		{"w1", SL_BUSY, true, PATIENCE_FIRST, true},
		{.call = "l1", .answer = SL_BUSY},
		{.call = "g2"},
		{.call = "g0"},
		{.call = "w1"},
		{.call = "t0"},
		{.call = "t2", .answer = SL_BUSY},
		/* In the last moment it is there. */
		{"w2", SL_BUSY, true, 4 * PATIENCE_FIRST, true},
		{.call = "l2"},
		END,
	};
	begin(3, steps);
	assert_int_equal(wait_for_all(), SL_OK);
	assert_done("111");
}

static void patience_has_an_end(void **state)
{
	(void)state;
	static const struct step steps[] = {
		{.call = "w0"},
		{.call = "t1", .answer = SL_BUSY},
		{"w1", SL_BUSY, true, PATIENCE_LAST * 3 / 4, true},
		{.call = "l1", .answer = SL_BUSY},
		{.call = "g0"},
		{.call = "w1", .answer = SL_INTERRUPTED},
		END,
	};
	begin(2, steps);
	set.patience = PATIENCE_LAST * 3 / 4;
	assert_int_equal(wait_for_all(), SL_INTERRUPTED);
	assert_done("00");
	assert_true(set.patience == PATIENCE_LAST);
	/* The next acquire begins anew. */
	sl_lock_set_begin(&set);
	assert_true(set.patience == PATIENCE_FIRST);
}

static void interrupted_set_goes_on_where_it_was(void **state)
{
	(void)state;
	static const struct step first[] = {{.call = "w0"}, {.call = "t1", .answer = SL_BUSY},
		{"w1", SL_INTERRUPTED, true, PATIENCE_FIRST, false}, END};
	static const struct step second[] = {{"w1", SL_INTERRUPTED, true, 0, false}, END};
	static const struct step third[] = {{"w1", SL_OK, true, 0, false}, {.call = "t2"}, END};
	begin(3, first);
	assert_int_equal(wait_for_all(), SL_INTERRUPTED);
	assert_done("100");
	int64_t patience_end = set.patience_end;
	follow(second);
	assert_int_equal(wait_for_all(), SL_INTERRUPTED);
	assert_true(set.patience_end == patience_end);
	follow(third);
	assert_int_equal(wait_for_all(), SL_OK);
	assert_done("111");
}

static void when_it_is_time_the_last_try_is_for_all(void **state)
{
	(void)state;
	static const struct step waits[] = {
		{.call = "w0"}, {.call = "t1", .answer = SL_BUSY}, {"w1", SL_BUSY, true, 0, false}, END};
	static const struct step all[] = {{.call = "l1"}, {.call = "t2"}, END};
	static const struct step not_that[] = {{.call = "l1", .answer = SL_BUSY}, {.call = "g0"}, END};
	static const struct step not_the_other[] = {
		{.call = "l1"}, {.call = "t2", .answer = SL_BUSY}, {.call = "g1"}, {.call = "g0"}, END};
	static const struct step fails[] = {{.call = "l1", .answer = SL_SYSTEM}, {.call = "g0"}, END};
	static const struct {
		const struct step *steps;
		enum sl_result result;
		const char *taken;
	} ends[] = {{all, SL_OK, "111"}, {not_that, SL_BUSY, "000"}, {not_the_other, SL_BUSY, "000"},
		{fails, SL_SYSTEM, "000"}};
	for (int i = 0; i < 4; i++) {
		begin(3, waits);
		deadline = sl_clock_now();
		/* The first wait is the only one without anything in its hands. */
		assert_int_equal(wait_for_all(), SL_BUSY);
		assert_done("100");
		follow(ends[i].steps);
		assert_int_equal(sl_lock_set_last_try(&set, &failure), ends[i].result);
		assert_done(ends[i].taken);
	}
}

static void wait_that_fails_gives_back_all(void **state)
{
	(void)state;
	static const enum sl_result answers[] = {SL_DEADLOCK, SL_UNSAFE_SYMLINK, SL_SYSTEM, SL_THROWN};
	for (int i = 0; i < 4; i++) {
		const struct step in_wait[] = {{.call = "w0"}, {.call = "t1"},
			{.call = "t2", .answer = SL_BUSY},
			{.call = "w2", .answer = answers[i], .holding = true}, {.call = "g1"}, {.call = "g0"},
			END};
		begin(3, in_wait);
		assert_int_equal(wait_for_all(), answers[i]);
		assert_done("000");
		assert_int_equal(set.busy, 2);
		const struct step in_take[] = {
			{.call = "w0"}, {.call = "t1", .answer = answers[i]}, {.call = "g0"}, END};
		begin(3, in_take);
		assert_int_equal(wait_for_all(), answers[i]);
		assert_done("000");
		assert_int_equal(set.busy, 1);
		const struct step in_last_try[] = {{.call = "w0"}, {.call = "t1", .answer = SL_BUSY},
			{"w1", SL_BUSY, true, 0, true}, {.call = "l1", .answer = answers[i]}, {.call = "g0"},
			END};
		begin(3, in_last_try);
		assert_int_equal(wait_for_all(), answers[i]);
		assert_done("000");
	}
}

static void giving_up_ends_the_wait_and_gives_back_the_latest_first(void **state)
{
	(void)state;
	static const struct step waits[] = {{.call = "w0"}, {.call = "t1"},
		{.call = "t2", .answer = SL_BUSY}, {"w2", SL_INTERRUPTED, true, 0, false}, END};
	static const struct step ends[] = {{.call = "g2"}, {.call = "g1"}, {.call = "g0"}, END};
	static const struct step taken[] = {{.call = "g2"}, {.call = "g1"}, {.call = "g0"}, END};
	begin(3, waits);
	assert_int_equal(wait_for_all(), SL_INTERRUPTED);
	follow(ends);
	sl_lock_set_give_up(&set);
	assert_done("000");
	begin(3, all_three);
	assert_int_equal(take(), SL_OK);
	follow(taken);
	sl_lock_set_give_up(&set);
	assert_done("000");
}

static void if_one_cannot_be_confirmed_none_is_held(void **state)
{
	(void)state;
	static const struct step takes[] = {
		{.call = "t0"}, {.call = "t1"}, {.call = "t2"}, {.call = "t3"}, END};
	static const struct step confirms[] = {{.call = "c0"}, {.call = "c1"},
		{.call = "c2", .answer = SL_SYSTEM}, {.call = "r1"}, {.call = "r0"}, {.call = "g3"}, END};
	begin(4, takes);
	assert_int_equal(take(), SL_OK);
	follow(confirms);
	assert_int_equal(sl_lock_set_confirm(&set, &failure), SL_SYSTEM);
	assert_done("0000");
	assert_int_equal(set.busy, 2);
}

static void forked_child_begins_with_empty_hands(void **state)
{
	(void)state;
	static const struct step waits[] = {{.call = "w0"}, {.call = "t1", .answer = SL_BUSY},
		{"w1", SL_INTERRUPTED, true, 0, false}, END};
	static const struct step child[] = {{.call = "w0"}, {.call = "t1"}, {.call = "t2"}, END};
	static const struct step parent[] = {{"w1", SL_OK, true, 0, false}, {.call = "t2"}, END};
	int status;
	begin(3, waits);
	assert_int_equal(wait_for_all(), SL_INTERRUPTED);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		memset(is_held, 0, sizeof is_held);
		follow(child);
		enum sl_result result = wait_for_all();
		assert_done("111");
		_exit(result == SL_OK && set.pid == getpid() ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	follow(parent);
	assert_int_equal(wait_for_all(), SL_OK);
	assert_done("111");
}

/* --- Sets of files --- */

static const char *paths[3];
static struct sl_lock *locks[3];
static int context;

static int set_up(void **state)
{
	static const char *const names[] = {"a", "b", "c"};
	if (fixture_set_up(state) != 0)
		return -1;
	for (int i = 0; i < 3; i++) {
		paths[i] = path_of(names[i]);
		write_file(paths[i], "");
		locks[i] = NULL;
	}
	return 0;
}

static void free_locks(void)
{
	for (int i = 0; i < 3; i++) {
		sl_lock_free(locks[i]);
		locks[i] = NULL;
	}
}

static int tear_down(void **state)
{
	stop_watching();
	free_locks();
	await_threads(1);
	return fixture_tear_down(state);
}

#define set_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static struct sl_lock *make(const char *path)
{
	struct sl_lock_options options = {
		.path = path, .label = "", .command = "test", .context = &context};
	struct sl_lock *lock = sl_file_lock_new(&options, 0600, true);
	if (lock == NULL)
		abort();
	return lock;
}

/* Of these files, in this order. */
static void make_set(const char *names)
{
	memset(&set, 0, sizeof set);
	set.members = members;
	set.count = strlen(names);
	for (size_t i = 0; i < set.count; i++) {
		locks[i] = make(paths[names[i] - 'a']);
		members[i] = (struct sl_member){.kind = &sl_lock_as_member, .lock = locks[i]};
	}
	sl_lock_set_begin(&set);
}

static enum sl_result wait_long(void)
{
	return sl_lock_set_wait(&set, sl_clock_now() + LATE, NULL, &failure);
}

/* As many as there are in the set. */
static void assert_all_held(void)
{
	for (size_t i = 0; i < set.count; i++) {
		assert_true(sl_lock_is_held(locks[i]));
		assert_int_equal(sl_lock_check(locks[i], &failure), SL_OK);
	}
}

/* And nobody else has reason to think that something had been left undone. */
static void assert_all_free(void)
{
	for (size_t i = 0; i < set.count; i++)
		if (locks[i] != NULL)
			assert_false(sl_lock_is_held(locks[i]));
	for (int i = 0; i < 3; i++) {
		struct sl_lock *lock = make(paths[i]);
		assert_int_equal(sl_lock_acquire(lock, SL_EXCLUSIVE, &failure), SL_OK);
		assert_null(sl_file_lock_abandoned(lock));
		sl_lock_free(lock);
	}
}

static void set_of_files_is_held_when_it_is_confirmed(void **state)
{
	(void)state;
	make_set("abc");
	assert_int_equal(sl_lock_set_take(&set, &failure), SL_OK);
	for (int i = 0; i < 3; i++) {
		assert_true(is_locked(paths[i]));
		assert_false(sl_lock_is_held(locks[i]));
		assert_file_text(paths[i], "");
	}
	assert_int_equal(sl_lock_set_confirm(&set, &failure), SL_OK);
	assert_all_held();
	free_locks();
	assert_all_free();
}

static void full_disk_in_the_middle_of_confirming_undoes_all(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth <= 3; nth++) {
		make_set("abc");
		assert_int_equal(sl_lock_set_take(&set, &failure), SL_OK);
		watch_calls();
		refuse_call(CALL_PWRITE, nth, ENOSPC);
		assert_int_equal(sl_lock_set_confirm(&set, &failure), SL_SYSTEM);
		assert_true(rule_applied());
		stop_watching();
		assert_int_equal(failure.number, ENOSPC);
		assert_int_equal(set.busy, nth - 1);
		for (int i = 0; i < 3; i++)
			assert_false(has_descriptor_of(paths[i]));
		assert_all_free();
		free_locks();
	}
}

static void set_with_the_same_file_twice_can_never_be_had(void **state)
{
	(void)state;
	make_set("aba");
	assert_int_equal(sl_lock_set_take(&set, &failure), SL_BUSY);
	assert_int_equal(set.busy, 2);
	assert_int_equal(wait_long(), SL_DEADLOCK);
	assert_null(sl_lock_cycle(locks[set.busy]));
	assert_all_free();
}

static void await_free(const char *path)
{
	while (is_locked(path))
		usleep(1000);
}

static void await_locked(const char *path)
{
	while (!is_locked(path))
		usleep(1000);
}

static void wait_for_set(void *names)
{
	make_set(names);
	enum sl_result result = sl_lock_set_take(&set, &failure);
	expect(result == SL_OK || result == SL_BUSY);
	if (result == SL_BUSY)
		expect(wait_long() == SL_OK);
	expect(sl_lock_set_confirm(&set, &failure) == SL_OK);
	say('g');
	await();
	free_locks();
}

static void unlock(int fd)
{
	assert_int_equal(flock(fd, LOCK_UN), 0);
	close(fd);
}

/* While others have b it takes a, and lets go of it again: whoever wants a alone can have it. */
static void set_that_waits_too_long_gives_back_what_it_holds(void **state)
{
	(void)state;
	int a = take_flock(paths[0], LOCK_EX), b = take_flock(paths[1], LOCK_EX);
	struct child child = start_child(wait_for_set, "ab");
	await_queue(paths[0], 1);
	unlock(a);
	await_queue(paths[1], 1);
	await_free(paths[0]);
	/* Now it waits for b alone, and takes a only when it has that. */
	await_queue(paths[1], 1);
	a = take_flock(paths[0], LOCK_EX);
	unlock(b);
	await_queue(paths[0], 1);
	assert_false(child_has_spoken(&child));
	unlock(a);
	assert_int_equal(child_hear(&child), 'g');
	assert_true(is_locked(paths[0]) && is_locked(paths[1]));
	child_tell(&child, 'r');
	assert_int_equal(child_finish(&child), 0);
	assert_all_free();
}

static void set_that_is_killed_while_it_collects_leaves_no_trace(void **state)
{
	(void)state;
	int a = take_flock(paths[0], LOCK_EX), b = take_flock(paths[1], LOCK_EX);
	struct child child = start_child(wait_for_set, "ab");
	await_queue(paths[0], 1);
	unlock(a);
	await_locked(paths[0]);
	await_queue(paths[1], 1);
	assert_file_text(paths[0], "");
	child_kill(&child);
	unlock(b);
	set.count = 0;
	assert_all_free();
}

static void hold_one_and_wait_for_the_other(void *data)
{
	struct sl_patience patience = {.until = SL_FOREVER};
	(void)data;
	locks[0] = make(paths[0]);
	locks[1] = make(paths[1]);
	expect(sl_lock_acquire(locks[0], SL_EXCLUSIVE, &failure) == SL_OK);
	sl_lock_wait(locks[1], SL_EXCLUSIVE, &patience, &failure);
}

static void control_who_collects_locks_that_are_held_leaves_them_abandoned(void **state)
{
	(void)state;
	int b = take_flock(paths[1], LOCK_EX);
	struct child child = start_child(hold_one_and_wait_for_the_other, NULL);
	await_queue(paths[1], 1);
	child_kill(&child);
	unlock(b);
	locks[0] = make(paths[0]);
	assert_int_equal(sl_lock_acquire(locks[0], SL_EXCLUSIVE, &failure), SL_OK);
	assert_non_null(sl_file_lock_abandoned(locks[0]));
}

static void go_on_in_child(void *data)
{
	struct sl_lock_set *mine = data;
	for (size_t i = 0; i < mine->count; i++)
		expect(!sl_lock_is_held(locks[i]));
	if (CHILD_MAY_HAVE_THREADS)
		expect(sl_lock_set_wait(mine, 0, NULL, &failure) == SL_BUSY);
	expect(sl_lock_set_last_try(mine, &failure) == SL_BUSY);
	free_locks();
}

static void give_up_in_child(void *data)
{
	sl_lock_set_give_up(data);
	expect(!has_descriptor_of(paths[0]));
	free_locks();
}

static void hold_plainly(void *path)
{
	int fd = take_flock(path, LOCK_EX);
	say('h');
	await();
	close(fd);
}

static void forked_child_has_no_part_in_the_set_of_its_parent(void **state)
{
	(void)state;
	static void (*const doings[])(void *data) = {go_on_in_child, give_up_in_child};
	for (int i = 0; i < 4; i++) {
		struct child holder = start_child(hold_plainly, (void *)paths[1]);
		assert_int_equal(child_hear(&holder), 'h');
		make_set("ab");
		/* It holds a, and waits for b. */
		assert_int_equal(sl_lock_set_wait(&set, 0, NULL, &failure), SL_BUSY);
		assert_true(is_locked(paths[0]));
		await_queue(paths[1], 1);
		(i % 2 == 0 ? in_child : in_cloned_child)(doings[i / 2], &set);
		assert_true(is_locked(paths[0]));
		await_queue(paths[1], 1);
		assert_int_equal(child_finish(&holder), 0);
		assert_int_equal(wait_long(), SL_OK);
		assert_int_equal(sl_lock_set_confirm(&set, &failure), SL_OK);
		assert_all_held();
		free_locks();
		assert_all_free();
	}
}

/* --- Under load --- */

struct score {
	_Atomic bool stop;
	_Atomic int inside[3]; /* who has it */
	_Atomic int crowded;
	_Atomic int told; /* of a deadlock */
	_Atomic int visits[8];
};

static struct score *score;
static int player;

static void open_score(void)
{
	score = mmap(NULL, sizeof *score, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(score, MAP_FAILED);
}

static void enter(char name)
{
	if (++score->inside[name - 'a'] != 1)
		score->crowded++;
}

static void leave(char name)
{
	score->inside[name - 'a']--;
}

static void collect_again_and_again(void *data)
{
	const char *names = data;
	make_set(names);
	while (!score->stop) {
		sl_lock_set_begin(&set);
		enum sl_result result = wait_long();
		if (result == SL_DEADLOCK)
			score->told++;
		expect(result == SL_OK);
		expect(sl_lock_set_confirm(&set, &failure) == SL_OK);
		for (const char *name = names; *name != '\0'; name++)
			enter(*name);
		score->visits[player]++;
		for (const char *name = names; *name != '\0'; name++)
			leave(*name);
		for (size_t i = 0; i < set.count; i++) {
			expect(sl_lock_release(locks[i], NULL, &failure) == SL_OK);
			members[i].has_it = false;
		}
	}
	free_locks();
	say('d');
}

/* One by one, and each is held while it waits for the next one: for as long as it takes. */
static void take_one_by_one(void *data)
{
	const char *names = data;
	struct sl_patience patience = {.until = SL_FOREVER};
	make_set(names);
	while (!score->stop) {
		for (size_t i = 0; i < set.count; i++) {
			enum sl_result result = sl_lock_wait(locks[i], SL_EXCLUSIVE, &patience, &failure);
			if (result == SL_DEADLOCK)
				score->told++;
			expect(result == SL_OK);
			expect(sl_lock_confirm(locks[i], &failure) == SL_OK);
			enter(names[i]);
		}
		score->visits[player]++;
		for (size_t i = set.count; i-- > 0;) {
			leave(names[i]);
			expect(sl_lock_release(locks[i], NULL, &failure) == SL_OK);
		}
	}
	free_locks();
	say('d');
}

/* A single lock, for ten milliseconds each time. */
static void hold_again_and_again(void *data)
{
	const char *name = data;
	struct sl_patience patience = {.until = SL_FOREVER};
	locks[0] = make(paths[*name - 'a']);
	while (!score->stop) {
		expect(sl_lock_wait(locks[0], SL_EXCLUSIVE, &patience, &failure) == SL_OK);
		expect(sl_lock_confirm(locks[0], &failure) == SL_OK);
		enter(*name);
		usleep(10000);
		leave(*name);
		score->visits[player]++;
		expect(sl_lock_release(locks[0], NULL, &failure) == SL_OK);
	}
	free_locks();
	say('d');
}

struct role {
	void (*body)(void *names);
	const char *names;
};

/* For so many seconds, or longer, until each one had its turn so many times. */
static void assert_all_get_on(const struct role *roles, int count, int seconds, int turns)
{
	struct child children[8];
	open_score();
	int64_t start = sl_clock_now();
	for (player = 0; player < count; player++)
		children[player] = start_child(roles[player].body, (void *)roles[player].names);
	for (int i = 0; i < count; i++)
		while (score->visits[i] < turns || sl_clock_now() < start + seconds * SL_SECOND) {
			if (sl_clock_now() > start + LATE)
				fail_msg("number %d does not get on: %d turns", i, score->visits[i]);
			usleep(10000);
		}
	for (int i = 0; i < count; i++)
		print_message("%s%s: %d turns", i == 0 ? "" : ", ", roles[i].names, score->visits[i]);
	print_message(" in %d ms\n", (int)((sl_clock_now() - start) / SL_MILLISECOND));
	score->stop = true;
	for (int i = 0; i < count; i++) {
		assert_int_equal(child_hear(&children[i]), 'd');
		assert_int_equal(child_finish(&children[i]), 0);
	}
	assert_int_equal(score->crowded, 0);
	assert_int_equal(score->told, 0);
	munmap(score, sizeof *score);
	set.count = 0;
	assert_all_free();
}

static void sets_in_opposite_order_and_others_who_hold_and_wait_all_get_on(void **state)
{
	(void)state;
	static const struct role roles[] = {{collect_again_and_again, "ab"},
		{collect_again_and_again, "ba"}, {take_one_by_one, "ba"}, {take_one_by_one, "ba"}};
	assert_all_get_on(roles, 4, 2, 3);
}

static void sets_in_a_circle_all_get_on(void **state)
{
	(void)state;
	static const struct role roles[] = {{collect_again_and_again, "ab"},
		{collect_again_and_again, "bc"}, {collect_again_and_again, "ca"}};
	assert_all_get_on(roles, 3, 2, 3);
}

static void set_does_not_starve_among_those_who_want_one_lock_each(void **state)
{
	(void)state;
	static const struct role roles[] = {{collect_again_and_again, "ab"},
		{hold_again_and_again, "a"}, {hold_again_and_again, "a"}, {hold_again_and_again, "b"},
		{hold_again_and_again, "b"}};
	assert_all_get_on(roles, 5, 5, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_taken_in_their_order_and_then_confirmed),
		cmocka_unit_test(if_one_cannot_be_taken_none_is),
		cmocka_unit_test(what_was_held_before_is_let_alone),
		cmocka_unit_test(what_was_held_before_and_was_given_back_meanwhile_is_taken),
		cmocka_unit_test(busy_one_is_waited_for_with_empty_hands_and_then_the_others),
		cmocka_unit_test(patience_grows_with_each_time_that_it_was_not_enough),
		cmocka_unit_test(patience_has_an_end),
		cmocka_unit_test(interrupted_set_goes_on_where_it_was),
		cmocka_unit_test(when_it_is_time_the_last_try_is_for_all),
		cmocka_unit_test(wait_that_fails_gives_back_all),
		cmocka_unit_test(giving_up_ends_the_wait_and_gives_back_the_latest_first),
		cmocka_unit_test(if_one_cannot_be_confirmed_none_is_held),
		cmocka_unit_test(forked_child_begins_with_empty_hands),
		set_test(set_of_files_is_held_when_it_is_confirmed),
		set_test(full_disk_in_the_middle_of_confirming_undoes_all),
		set_test(set_with_the_same_file_twice_can_never_be_had),
		set_test(set_that_waits_too_long_gives_back_what_it_holds),
		set_test(set_that_is_killed_while_it_collects_leaves_no_trace),
		set_test(control_who_collects_locks_that_are_held_leaves_them_abandoned),
		set_test(forked_child_has_no_part_in_the_set_of_its_parent),
		set_test(sets_in_opposite_order_and_others_who_hold_and_wait_all_get_on),
		set_test(sets_in_a_circle_all_get_on),
		set_test(set_does_not_starve_among_those_who_want_one_lock_each),
	};
	return cmocka_run_group_tests_name("core: lock_set", tests, NULL, NULL);
}
