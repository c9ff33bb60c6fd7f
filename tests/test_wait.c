/* Waiting for a FileLock: take, wait, last_try, confirm and give_up of file_lock.h. */
#include "fixture.h"

#include "clock.h"
#include "file_lock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCKS_MAX 16
#define WAITERS   200
#define STORM     500

/* More opens than one try makes of a file that is never there. */
#define TOGGLES 2000

/* The race of the grant and the deadline. */
#ifdef __SANITIZE_THREAD__
#define RACE_ROUNDS 10000
#else
#define RACE_ROUNDS 100000
#endif

/* Later than anything here can come; a test that gets there has failed. */
#define LATE (60 * SL_SECOND)

/* --- The locks of a test, freed when it ends, however it ends --- */

static struct sl_lock *made[LOCKS_MAX];
static unsigned made_count;
static const char *path;
static struct sl_failure failure;
static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static int set_up(void **state)
{
	if (fixture_set_up(state) != 0)
		return -1;
	struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	made_count = 0;
	signals = 0;
	path = path_of("lock");
	return 0;
}

static int tear_down(void **state)
{
	stop_watching();
	while (made_count > 0)
		sl_lock_free(made[--made_count]);
	await_threads(1);
	return fixture_tear_down(state);
}

#define wait_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static struct sl_lock *make_with(bool record, void *context)
{
	struct sl_lock_options options = {
		.path = path, .label = "", .command = "test", .context = context};
	struct sl_lock *lock = sl_file_lock_new(&options, 0600, record);
	if (lock == NULL || made_count == LOCKS_MAX)
		abort();
	made[made_count++] = lock;
	return lock;
}

/* Of a context of its own, as those of another process are. */
static struct sl_lock *make(void)
{
	return make_with(true, &made[made_count]);
}

static void drop(struct sl_lock *lock)
{
	unsigned i = 0;
	while (made[i] != lock)
		i++;
	made[i] = made[--made_count];
	sl_lock_free(lock);
}

/* --- What the tests say in one word --- */

static enum sl_result take(struct sl_lock *lock)
{
	return sl_lock_take(lock, SL_EXCLUSIVE, &failure);
}

static enum sl_result acquire(struct sl_lock *lock)
{
	return sl_lock_acquire(lock, SL_EXCLUSIVE, &failure);
}

static enum sl_result wait_as(struct sl_lock *lock, enum sl_mode mode, int64_t until)
{
	struct sl_patience patience = {.until = until};
	return sl_lock_wait(lock, mode, &patience, &failure);
}

static enum sl_result wait_until(struct sl_lock *lock, int64_t until)
{
	return wait_as(lock, SL_EXCLUSIVE, until);
}

static enum sl_result wait_long(struct sl_lock *lock)
{
	return wait_until(lock, sl_clock_now() + LATE);
}

/* A single look; who is in the queue stays there. */
static enum sl_result wait_shortly(struct sl_lock *lock)
{
	return wait_until(lock, 0);
}

static enum sl_result last_try(struct sl_lock *lock)
{
	return sl_lock_last_try(lock, &failure);
}

static enum sl_result confirm(struct sl_lock *lock)
{
	return sl_lock_confirm(lock, &failure);
}

static enum sl_result release(struct sl_lock *lock)
{
	return sl_lock_release(lock, NULL, &failure);
}

static void set_inheritable(struct sl_lock *lock, bool on)
{
	if (sl_lock_set_inheritable(lock, on, &failure) != SL_OK)
		abort();
}

static enum sl_record_state record_state(void)
{
	struct sl_record record;
	struct sl_record_bytes bytes;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(sl_record_read(fd, &bytes, &failure), SL_OK);
	close(fd);
	sl_record_decode(&record, bytes.bytes, bytes.length);
	return record.state;
}

static void assert_held(struct sl_lock *lock)
{
	assert_true(sl_lock_is_held(lock));
	assert_int_equal(sl_lock_check(lock, &failure), SL_OK);
	assert_true(is_locked(path));
}

/* Neither held nor wanted, and free for the next one; `others` descriptors of it are not its. */
static void assert_nothing_left(struct sl_lock *lock, unsigned descriptors)
{
	pid_t pids[4];
	assert_false(sl_lock_is_held(lock));
	assert_int_equal(sl_lock_check(lock, &failure), SL_NOT_HELD);
	await_threads(1);
	assert_int_equal(descriptor_count(), descriptors);
	if (exists(path))
		assert_int_equal(queue_for(path, pids, 4), 0);
}

/* A descriptor that has the lock; who waits for it waits for another descriptor. */
static int hold(void)
{
	write_file(path, "");
	return take_flock(path, LOCK_EX);
}

static void unlock(void *descriptor)
{
	if (flock(*(int *)descriptor, LOCK_UN) != 0)
		abort();
}

static void raise_signal(void *data)
{
	(void)data;
	kill(getpid(), SIGUSR1);
}

static void unlock_when_it_sleeps(void *descriptor)
{
	await_sleep(getppid());
	unlock(descriptor);
}

/* A child that has the lock, and ends or lets go of it as it is told. */
static void hold_in_child(void *data)
{
	(void)data;
	struct sl_lock *lock = make();
	expect(acquire(lock) == SL_OK);
	say('h');
	await();
	drop(lock);
}

static struct child start_holder(void)
{
	struct child child = start_child(hold_in_child, NULL);
	assert_int_equal(child_hear(&child), 'h');
	return child;
}

/* --- Two steps --- */

static void lock_that_is_taken_is_not_held_before_it_is_confirmed(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	write_file(path, "text of others");
	sl_process_self();
	watch_calls();
	assert_int_equal(take(lock), SL_OK);
	/* No record is read or written. */
	assert_string_equal(call_trace(), "open fstat flock(LOCK_EX) lstat ");
	stop_watching();
	assert_false(sl_lock_is_held(lock));
	assert_int_equal(sl_lock_check(lock, &failure), SL_NOT_HELD);
	assert_int_equal(sl_lock_generation(lock), 0);
	assert_int_equal(acquire(other), SL_BUSY);
	assert_file_text(path, "text of others");
	watch_calls();
	assert_int_equal(confirm(lock), SL_OK);
	assert_string_equal(call_trace(), "pread pwrite ");
	stop_watching();
	assert_held(lock);
	assert_int_equal(sl_lock_generation(lock), 1);
	assert_int_equal(record_state(), SL_RECORD_HELD);
}

static void lock_that_is_given_up_was_never_held(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	write_file(path, "text of others");
	struct file_state before = state_of(path);
	assert_int_equal(take(lock), SL_OK);
	sl_lock_give_up(lock);
	assert_nothing_left(lock, descriptors);
	assert_unchanged(path, &before);
	assert_false(is_locked(path));
	/* release and free do the same with it. */
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(release(lock), SL_OK);
	assert_nothing_left(lock, descriptors);
	assert_int_equal(take(lock), SL_OK);
	drop(lock);
	assert_false(is_locked(path));
	assert_unchanged(path, &before);
}

static void take_and_die(void *data)
{
	(void)data;
	struct sl_lock *lock = make();
	expect(take(lock) == SL_OK);
	say('t');
	await();
}

static void who_dies_before_it_confirms_has_abandoned_nothing(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	struct child child = start_child(take_and_die, NULL);
	assert_int_equal(child_hear(&child), 't');
	assert_true(is_locked(path));
	child_kill(&child);
	assert_int_equal(acquire(lock), SL_OK);
	assert_null(sl_file_lock_abandoned(lock));
}

static void confirm_that_fails_has_given_the_lock_back(void **state)
{
	(void)state;
	static const enum call calls[] = {CALL_PREAD, CALL_PWRITE, CALL_FCNTL};
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	for (int i = 0; i < 3; i++) {
		set_inheritable(lock, calls[i] == CALL_FCNTL);
		assert_int_equal(take(lock), SL_OK);
		watch_calls();
		refuse_call(calls[i], 1, EIO);
		assert_int_equal(confirm(lock), SL_SYSTEM);
		assert_true(rule_applied());
		stop_watching();
		assert_string_equal(failure.call, call_name(calls[i]));
		assert_nothing_left(lock, descriptors);
		assert_false(is_locked(path));
	}
}

/* --- How a wait ends --- */

static void free_lock_is_taken_without_waiting(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	watch_calls();
	assert_int_equal(wait_shortly(lock), SL_OK);
	assert_int_equal(call_count(CALL_PTHREAD_CREATE), 0);
	stop_watching();
	assert_false(sl_lock_is_held(lock));
	assert_int_equal(confirm(lock), SL_OK);
	assert_held(lock);
}

static void waiter_gets_the_lock_when_it_is_given_back(void **state)
{
	(void)state;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		struct sl_lock *lock = make();
		int fd = hold();
		start_child(unlock_when_it_sleeps, &fd);
		assert_int_equal(wait_as(lock, mode, sl_clock_now() + LATE), SL_OK);
		assert_int_equal(sl_lock_mode(lock), mode);
		assert_int_equal(confirm(lock), SL_OK);
		assert_held(lock);
		assert_int_equal(release(lock), SL_OK);
		await_threads(1);
		close(fd);
	}
}

static void when_it_is_time_the_place_is_kept_until_it_is_given_up(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	int fd = hold();
	unsigned descriptors = descriptor_count();
	int64_t until = sl_clock_now() + 20 * SL_MILLISECOND;
	assert_int_equal(wait_until(lock, until), SL_BUSY);
	assert_true(sl_clock_now() >= until);
	await_queue(path, 1);
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	await_queue(path, 1);
	assert_false(sl_lock_is_held(lock));
	sl_lock_give_up(lock);
	assert_nothing_left(lock, descriptors);
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	assert_int_equal(last_try(lock), SL_BUSY);
	assert_nothing_left(lock, descriptors);
	assert_int_equal(last_try(lock), SL_BUSY);
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	assert_int_equal(release(lock), SL_OK);
	assert_nothing_left(lock, descriptors);
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	drop(lock);
	await_threads(1);
	assert_int_equal(descriptor_count(), descriptors);
	close(fd);
}

static void lock_granted_in_the_last_moment_is_found_by_the_last_try(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	int fd = hold();
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	await_queue(path, 1);
	unlock(&fd);
	assert_int_equal(last_try(lock), SL_OK);
	assert_int_equal(confirm(lock), SL_OK);
	assert_held(lock);
	close(fd);
}

static void lock_granted_unnoticed_is_free_after_giving_up(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	int fd = hold();
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	await_queue(path, 1);
	unlock(&fd);
	while (!is_locked(path))
		sched_yield();
	sl_lock_give_up(lock);
	assert_false(is_locked(path));
	close(fd);
	assert_nothing_left(lock, descriptor_count());
}

static void giving_up_leaves_a_held_lock_alone(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	sl_lock_give_up(lock);
	assert_int_equal(acquire(lock), SL_OK);
	sl_lock_give_up(lock);
	assert_held(lock);
}

static void signal_interrupts_and_keeps_the_place(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	int fd = hold();
	for (int i = 1; i <= 3; i++) {
		watch_calls();
		before_call(CALL_PPOLL, 1, raise_signal, NULL);
		assert_int_equal(wait_long(lock), SL_INTERRUPTED);
		stop_watching();
		assert_int_equal(signals, i);
		await_queue(path, 1);
	}
	unlock(&fd);
	assert_int_equal(wait_long(lock), SL_OK);
	assert_int_equal(confirm(lock), SL_OK);
	close(fd);
}

static bool always(void)
{
	return true;
}

static void who_is_interrupted_does_not_sleep(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	struct sl_patience patience = {.until = SL_FOREVER, .interrupted = always};
	int fd = hold();
	for (int i = 0; i < 3; i++)
		assert_int_equal(sl_lock_wait(lock, SL_EXCLUSIVE, &patience, &failure), SL_INTERRUPTED);
	await_queue(path, 1);
	close(fd);
}

static void lock_of_a_killed_holder_is_granted_and_called_abandoned(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	struct child holder = start_holder();
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	await_queue(path, 1);
	child_kill(&holder);
	assert_int_equal(wait_long(lock), SL_OK);
	assert_int_equal(confirm(lock), SL_OK);
	assert_held(lock);
	assert_non_null(sl_file_lock_abandoned(lock));
	assert_int_equal(sl_file_lock_abandoned(lock)->owners[0].process.pid, holder.pid);
}

static void lock_of_the_same_context_is_not_waited_for(void **state)
{
	(void)state;
	int context;
	struct sl_lock *held = make_with(true, &context), *lock = make_with(true, &context);
	unsigned descriptors = descriptor_count();
	assert_int_equal(take(held), SL_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(wait_long(lock), SL_DEADLOCK);
		assert_null(sl_lock_cycle(lock));
		assert_nothing_left(lock, descriptors + 1);
		if (i == 0)
			assert_int_equal(confirm(held), SL_OK);
	}
	assert_held(held);
}

static void what_is_no_lock_file_is_not_waited_for(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(wait_long(lock), SL_UNSAFE_SYMLINK);
	assert_nothing_left(lock, descriptors);
	remove_file((void *)path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(wait_long(lock), SL_UNSAFE_TYPE);
	assert_nothing_left(lock, descriptors);
}

static void wait_and_tell(void *data)
{
	(void)data;
	size_t ahead = 99;
	struct sl_lock *lock = make();
	bool seen = sl_lock_waiters_ahead(lock, &ahead);
	expect(!seen || ahead == (size_t)(await() - '0'));
	expect(wait_shortly(lock) == SL_BUSY);
	await_queue(path, (size_t)(await() - '0'));
	expect(sl_lock_waiters_ahead(lock, &ahead) == seen);
	expect(!seen || ahead == (size_t)(await() - '0'));
	say('w');
	await();
	drop(lock);
}

static void who_waits_knows_how_many_came_before(void **state)
{
	(void)state;
	int fd = hold();
	struct child children[3];
	if (!sl_process_sees_all())
		skip();
	for (int i = 0; i < 3; i++) {
		children[i] = start_child(wait_and_tell, NULL);
		child_tell(&children[i], (char)('0' + i));
		child_tell(&children[i], (char)('1' + i));
		child_tell(&children[i], (char)('0' + i));
		assert_int_equal(child_hear(&children[i]), 'w');
	}
	close(fd);
}

/* --- The file changes meanwhile --- */

static void wait_plainly(void *data)
{
	(void)data;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	expect(flock(fd, LOCK_EX) == 0);
	say('g');
	await();
}

/* The plain waiter is the control: it stays on a file that nobody else will ever lock. */
static void waiter_moves_to_the_file_that_has_taken_the_place(void **state)
{
	(void)state;
	static void (*const away[])(void *path) = {replace_file, remove_file};
	for (int i = 0; i < 2; i++) {
		struct sl_lock *lock = make();
		struct child holder = start_holder();
		struct child plain = start_child(wait_plainly, NULL);
		await_queue(path, 1);
		assert_int_equal(wait_shortly(lock), SL_BUSY);
		await_queue(path, 2);
		away[i]((void *)path);
		assert_int_equal(wait_until(lock, sl_clock_now() + 20 * SL_SECOND), SL_OK);
		assert_int_equal(confirm(lock), SL_OK);
		assert_held(lock);
		assert_false(child_has_spoken(&plain));
		assert_int_equal(child_finish(&holder), 0);
		assert_int_equal(child_hear(&plain), 'g');
		child_kill(&plain);
		assert_held(lock);
		drop(lock);
	}
}

static void lock_granted_on_a_file_that_was_replaced_is_not_taken(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	int fd = hold();
	unsigned descriptors = descriptor_count();
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	replace_file((void *)path);
	int other = take_flock(path, LOCK_EX);
	unlock(&fd);
	assert_int_equal(wait_until(lock, sl_clock_now() + SL_SECOND / 4), SL_BUSY);
	await_queue(path, 1);
	replace_file((void *)path);
	close(other);
	assert_int_equal(last_try(lock), SL_BUSY);
	assert_nothing_left(lock, descriptors);
	assert_false(is_locked(path));
	close(fd);
}

static void file_that_becomes_a_link_ends_the_wait(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	int fd = hold();
	unsigned descriptors = descriptor_count();
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	remove_file((void *)path);
	assert_int_equal(symlink("/dev/null", path), 0);
	unlock(&fd);
	assert_int_equal(wait_long(lock), SL_UNSAFE_SYMLINK);
	assert_nothing_left(lock, descriptors);
	close(fd);
}

static char hidden[160];
static unsigned toggles;

/* Gone at each look, and there at each attempt to make it: always the same file. */
static void hide_and_show(void *data)
{
	(void)data;
	if (toggles == TOGGLES)
		return;
	bool show = toggles++ % 2 == 1;
	if (rename(show ? hidden : path, show ? path : hidden) != 0)
		abort();
}

static void file_that_could_never_be_opened_is_opened_later(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	snprintf(hidden, sizeof hidden, "%s.hidden", path);
	toggles = 0;
	/* It has known this file before; on ext4 another one may have its number. */
	assert_int_equal(take(lock), SL_OK);
	sl_lock_give_up(lock);
	before_every_call(CALL_OPEN, hide_and_show, NULL);
	assert_int_equal(wait_long(lock), SL_OK);
	assert_int_equal(toggles, TOGGLES);
	stop_watching();
	assert_int_equal(confirm(lock), SL_OK);
	assert_held(lock);
}

/* --- Without a place in the queue --- */

static void without_a_thread_the_lock_is_asked_for_from_time_to_time(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	int fd = hold();
	unsigned descriptors = descriptor_count();
	refuse_calls_from(CALL_PTHREAD_CREATE, 1, EAGAIN);
	assert_int_equal(wait_until(lock, sl_clock_now() + 100 * SL_MILLISECOND), SL_BUSY);
	/* Rarer and rarer, but often enough. */
	assert_in_range(call_count(CALL_PPOLL), 3, 100);
	assert_int_equal(last_try(lock), SL_BUSY);
	assert_nothing_left(lock, descriptors);

	watch_calls();
	refuse_calls_from(CALL_PTHREAD_CREATE, 1, EAGAIN);
	before_call(CALL_PPOLL, 10, unlock, &fd);
	assert_int_equal(wait_long(lock), SL_OK);
	assert_int_equal(call_count(CALL_PTHREAD_CREATE), 1);
	stop_watching();
	assert_int_equal(confirm(lock), SL_OK);
	assert_held(lock);
	close(fd);
}

static void unlock_when_somebody_queues(void *descriptor)
{
	await_queue(path, 1);
	unlock(descriptor);
}

static void as_soon_as_there_is_a_thread_the_place_is_taken(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	int fd = hold();
	start_child(unlock_when_somebody_queues, &fd);
	refuse_call(CALL_PTHREAD_CREATE, 1, EAGAIN);
	assert_int_equal(wait_long(lock), SL_OK);
	assert_int_equal(call_count(CALL_PTHREAD_CREATE), 2);
	close(fd);
}

/* --- Calls that fail --- */

static const enum call failing[] = {CALL_OPEN, CALL_FLOCK, CALL_FSTAT, CALL_LSTAT, CALL_PREAD,
	CALL_PWRITE, CALL_FCNTL, CALL_CLOSE, CALL_EVENTFD, CALL_GETRLIMIT, CALL_PPOLL, CALL_POLL,
	CALL_PTHREAD_CREATE, CALL_MALLOC, CALL_CALLOC, CALL_REALLOC};
static const int errors[] = {EIO, ENOMEM, EMFILE, EAGAIN, EINTR};

static bool fails_acquire(enum call call)
{
	return call == CALL_OPEN || call == CALL_FLOCK || call == CALL_FSTAT || call == CALL_LSTAT ||
		   call == CALL_PREAD || call == CALL_PWRITE || call == CALL_FCNTL;
}

/* Waits, while the lock is given back once it sleeps; to the end. */
static enum sl_result wait_and_confirm(struct sl_lock *lock)
{
	enum sl_result result = wait_until(lock, sl_clock_now() + 20 * SL_SECOND);
	if (result == SL_BUSY || result == SL_INTERRUPTED)
		result = last_try(lock);
	return result == SL_OK ? confirm(lock) : result;
}

static void assert_wait_survives(enum call call, unsigned nth, int number)
{
	struct sl_lock *lock = make(), *next = make();
	int fd = take_flock(path, LOCK_EX);
	unsigned descriptors = descriptor_count();
	set_inheritable(lock, true);
	watch_calls();
	/* The rule that refuses comes first. */
	refuse_call(call, nth, number);
	before_call(CALL_PPOLL, call == CALL_PPOLL && nth == 1 ? 2 : 1, unlock, &fd);
	enum sl_result result = wait_and_confirm(lock);
	stop_watching();
	if (result == SL_OK) {
		assert_held(lock);
		assert_int_equal(record_state(), SL_RECORD_HELD);
		assert_int_equal(release(lock), SL_OK);
	} else if (result != SL_BUSY) {
		assert_true(fails_acquire(call));
		assert_int_equal(result, SL_SYSTEM);
		assert_string_equal(failure.call, call_name(call));
		assert_int_equal(failure.number, number);
	} else
		assert_int_equal(call, CALL_PPOLL);
	assert_nothing_left(lock, descriptors);
	flock(fd, LOCK_UN);
	/* The next one gets it. */
	assert_int_equal(acquire(next), SL_OK);
	assert_null(sl_file_lock_abandoned(next));
	drop(next);
	drop(lock);
	close(fd);
}

static void wait_survives_the_failure_of_every_call(void **state)
{
	(void)state;
	write_file(path, "");
	for (size_t call = 0; call < sizeof failing / sizeof *failing; call++)
		for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
			for (unsigned nth = 1; nth <= 4; nth++)
				assert_wait_survives(failing[call], nth, errors[i]);
}

static void thread_whose_flock_fails_costs_the_place_and_not_the_lock(void **state)
{
	(void)state;
	static const int numbers[] = {ENOLCK, ENOMEM, EBADF};
	for (int i = 0; i < 3; i++) {
		struct sl_lock *lock = make();
		int fd = hold();
		watch_calls();
		refuse_calls_of_helper(CALL_FLOCK, numbers[i]);
		refuse_calls_of_helper(CALL_PRCTL, EINVAL);
		assert_int_equal(wait_until(lock, sl_clock_now() + 20 * SL_MILLISECOND), SL_BUSY);
		unlock(&fd);
		assert_int_equal(wait_long(lock), SL_OK);
		stop_watching();
		assert_int_equal(confirm(lock), SL_OK);
		assert_held(lock);
		drop(lock);
		close(fd);
	}
}

static void wait_ends_where_the_path_cannot_be_looked_at_any_more(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	int fd = hold();
	unsigned descriptors = descriptor_count();
	refuse_call(CALL_LSTAT, 1, EACCES);
	/* Nobody gives it back: the look of each second finds out. */
	assert_int_equal(wait_long(lock), SL_SYSTEM);
	stop_watching();
	assert_string_equal(failure.call, "lstat");
	assert_int_equal(failure.number, EACCES);
	assert_nothing_left(lock, descriptors);
	close(fd);
}

/* --- Fork --- */

struct family {
	struct sl_lock *lock;
};

static void give_up_in_child(void *data)
{
	struct family *family = data;
	sl_lock_give_up(family->lock);
	expect(!has_descriptor_of(path));
}

static void free_in_child(void *data)
{
	struct family *family = data;
	drop(family->lock);
	expect(!has_descriptor_of(path));
}

static void last_try_in_child(void *data)
{
	struct family *family = data;
	expect(last_try(family->lock) == SL_BUSY);
	expect(!sl_lock_is_held(family->lock));
	expect(!has_descriptor_of(path));
}

static void wait_in_child(void *data)
{
	struct family *family = data;
	if (CHILD_MAY_HAVE_THREADS)
		expect(wait_shortly(family->lock) == SL_BUSY);
	expect(last_try(family->lock) == SL_BUSY);
	expect(!has_descriptor_of(path));
}

static void exit_in_child(void *data)
{
	(void)data;
}

static void confirm_in_child(void *data)
{
	struct family *family = data;
	expect(confirm(family->lock) != SL_OK);
	expect(!sl_lock_is_held(family->lock));
}

static void (*const doings[])(void *data) = {
	exit_in_child, give_up_in_child, free_in_child, last_try_in_child, wait_in_child};

static void child_that_is_forked_meanwhile_has_no_part_in_the_wait(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof doings / sizeof *doings; i++) {
		/* Not ours: a child would inherit the descriptor. */
		struct child holder = start_holder();
		struct family family = {make()};
		set_inheritable(family.lock, i % 3 == 0);
		assert_int_equal(wait_shortly(family.lock), SL_BUSY);
		await_queue(path, 1);
		(i % 2 == 0 ? in_child : in_cloned_child)(doings[i / 2], &family);
		await_queue(path, 1);
		assert_int_equal(child_finish(&holder), 0);
		assert_int_equal(wait_long(family.lock), SL_OK);
		assert_int_equal(confirm(family.lock), SL_OK);
		assert_held(family.lock);
		drop(family.lock);
	}
}

static void child_that_is_forked_before_the_lock_is_confirmed_has_no_part_in_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof doings / sizeof *doings; i++) {
		struct family family = {make()};
		set_inheritable(family.lock, i % 3 == 0);
		assert_int_equal(take(family.lock), SL_OK);
		(i % 2 == 0 ? in_child : in_cloned_child)(doings[i / 2], &family);
		assert_true(is_locked(path));
		assert_int_equal(confirm(family.lock), SL_OK);
		assert_held(family.lock);
		drop(family.lock);
	}
}

static void child_cannot_confirm_what_its_parent_has_taken(void **state)
{
	(void)state;
	struct family family = {make()};
	assert_int_equal(take(family.lock), SL_OK);
	in_child(confirm_in_child, &family);
	assert_true(is_locked(path));
	assert_int_equal(confirm(family.lock), SL_OK);
	assert_held(family.lock);
}

static void cloned_child_cannot_confirm_what_its_parent_has_taken(void **state)
{
	(void)state;
	struct family family = {make()};
	assert_int_equal(take(family.lock), SL_OK);
	write_file(path, "");
	in_cloned_child(confirm_in_child, &family);
	assert_file_text(path, "");
	assert_true(is_locked(path));
	assert_int_equal(confirm(family.lock), SL_OK);
	assert_held(family.lock);
}

static void have_no_descriptor(void *data)
{
	(void)data;
	expect(!has_descriptor_of(path));
}

static void have_descriptor(void *data)
{
	(void)data;
	expect(has_descriptor_of(path));
}

static void child_has_the_descriptor_of_an_inheritable_lock_only_when_it_is_held(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	int fd = hold();
	set_inheritable(lock, true);
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	/* Ours would be found too. */
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		close(fd);
		_exit(has_descriptor_of(path) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	assert_int_equal(wait_long(lock), SL_OK);
	in_child(have_no_descriptor, NULL);
	assert_int_equal(confirm(lock), SL_OK);
	in_child(have_descriptor, NULL);
}

/* --- Many, and often --- */

struct room {
	_Atomic int inside;
	_Atomic int crowded;
	_Atomic int served;
	int order[WAITERS];
};

static struct room *room;
static int number;

static void open_room(void)
{
	room = mmap(NULL, sizeof *room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(room, MAP_FAILED);
}

static void visit_room(void *data)
{
	(void)data;
	struct sl_lock *lock = make();
	expect(wait_long(lock) == SL_OK);
	expect(confirm(lock) == SL_OK);
	if (++room->inside != 1)
		room->crowded++;
	room->order[room->served++] = number;
	sched_yield();
	room->inside--;
	expect(release(lock) == SL_OK);
	drop(lock);
	say('d');
}

static void many_waiters_are_served_one_by_one_in_the_order_of_their_coming(void **state)
{
	(void)state;
	static struct child children[WAITERS];
	int fd = hold();
	open_room();
	for (number = 0; number < WAITERS; number++) {
		children[number] = start_child(visit_room, NULL);
		await_queue(path, (size_t)number + 1);
	}
	unlock(&fd);
	close(fd);
	for (int i = 0; i < WAITERS; i++)
		assert_int_equal(child_hear(&children[i]), 'd');
	assert_int_equal(room->crowded, 0);
	assert_int_equal(room->served, WAITERS);
	for (int i = 0; i < WAITERS; i++)
		assert_int_equal(room->order[i], i);
	munmap(room, sizeof *room);
}

static void signals_that_come_all_the_time_cost_neither_the_place_nor_the_lock(void **state)
{
	(void)state;
	static const struct itimerval every = {{0, 1000}, {0, 1000}}, never;
	struct sl_lock *lock = make();
	pid_t order[4];
	int fd = hold();
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	await_queue(path, 1);
	struct child next = start_child(wait_plainly, NULL);
	await_queue(path, 2);
	setitimer(ITIMER_REAL, &every, NULL);
	while (signals < STORM) {
		enum sl_result result = wait_long(lock);
		assert_int_equal(result, SL_INTERRUPTED);
	}
	assert_int_equal(queue_for(path, order, 4), 2);
	assert_int_equal(order[0], getpid());
	unlock(&fd);
	enum sl_result result;
	do {
		result = wait_long(lock);
	} while (result == SL_INTERRUPTED);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_int_equal(result, SL_OK);
	assert_int_equal(confirm(lock), SL_OK);
	assert_false(child_has_spoken(&next));
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(child_hear(&next), 'g');
	close(fd);
}

/* Takes the lock, is told to go on, and lets go of it after a moment that is never the same. */
static void hold_for_moments(void *data)
{
	(void)data;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	unsigned seed = 4211;
	for (;;) {
		/* Nobody may have it or queue for it now. */
		expect(flock(fd, LOCK_EX | LOCK_NB) == 0);
		say('h');
		await();
		int64_t until = sl_clock_now() + rand_r(&seed) % 150 * 1000;
		while (sl_clock_now() < until)
			;
		expect(flock(fd, LOCK_UN) == 0);
		say('u');
		await();
	}
}

static void grant_and_deadline_at_once_leave_no_doubt_who_has_the_lock(void **state)
{
	(void)state;
	unsigned granted = 0, late = 0, found = 0, round = 0;
	unsigned seed = 1147;
	struct sl_lock *lock = make_with(false, NULL);
	write_file(path, "");
	struct child holder = start_child(hold_for_moments, NULL);
	for (; round < RACE_ROUNDS; round++) {
		if (child_hear(&holder) != 'h')
			fail_msg("not free in round %u", round);
		child_tell(&holder, 'g');
		int64_t until = sl_clock_now() + rand_r(&seed) % 250 * 1000;
		enum sl_result result = wait_until(lock, until);
		bool in_time = result == SL_OK;
		if (result == SL_BUSY)
			result = last_try(lock);
		if (result == SL_OK) {
			if (confirm(lock) != SL_OK || !is_locked(path))
				fail_msg("not held in round %u", round);
			in_time ? granted++ : found++;
		} else {
			assert_int_equal(result, SL_BUSY);
			assert_false(sl_lock_is_held(lock));
			late++;
		}
		if (child_hear(&holder) != 'u')
			fail_msg("not unlocked in round %u", round);
		/* Who has it has it still, and who has it not does not get it any more. */
		if (is_locked(path) != (result == SL_OK))
			fail_msg("in round %u it is %s", round, result == SL_OK ? "free" : "locked");
		release(lock);
		child_tell(&holder, 'n');
	}
	print_message(
		"%u rounds: %u granted, %u in the last moment, %u too late\n", round, granted, found, late);
	assert_true(granted > 0 && late > 0);
	assert_nothing_left(lock, descriptor_count());
}

/* --- Threads, as a PHP with threads has them: each its own lock and its own wait --- */

#define USERS 8
#define TURNS 100

struct user {
	pthread_t thread;
	struct sl_lock *lock;
	int64_t patience;
	unsigned got;
	unsigned missed;
	unsigned failed;
};

static atomic_int inside;
static atomic_int clashes;

static void *use_in_turns(void *data)
{
	struct user *user = data;
	struct sl_failure ignored;
	for (unsigned i = 0; i < TURNS; i++) {
		struct sl_patience patience = {.until = sl_clock_now() + user->patience};
		enum sl_result result = sl_lock_wait(user->lock, SL_EXCLUSIVE, &patience, &ignored);
		if (result == SL_BUSY)
			result = sl_lock_last_try(user->lock, &ignored);
		if (result == SL_OK)
			result = sl_lock_confirm(user->lock, &ignored);
		if (result == SL_OK) {
			user->got++;
			if (atomic_fetch_add(&inside, 1) != 0)
				atomic_fetch_add(&clashes, 1);
			poll(NULL, 0, 1);
			atomic_fetch_sub(&inside, 1);
			result = sl_lock_release(user->lock, NULL, &ignored);
		} else if (result == SL_BUSY) {
			user->missed++;
			result = SL_OK;
		}
		user->failed += result != SL_OK;
	}
	return NULL;
}

static void threads_of_one_process_wait_for_each_other(void **state)
{
	(void)state;
	struct user users[USERS] = {0};
	unsigned missed = 0;
	atomic_store(&clashes, 0);
	for (unsigned i = 0; i < USERS; i++) {
		users[i].lock = make();
		/* Every other one has less patience than it takes. */
		users[i].patience = i % 2 == 0 ? LATE : 2 * SL_MILLISECOND;
	}
	for (unsigned i = 0; i < USERS; i++)
		assert_int_equal(pthread_create(&users[i].thread, NULL, use_in_turns, &users[i]), 0);
	for (unsigned i = 0; i < USERS; i++)
		pthread_join(users[i].thread, NULL);
	for (unsigned i = 0; i < USERS; i++) {
		assert_int_equal(users[i].failed, 0);
		assert_int_equal(users[i].got + users[i].missed, TURNS);
		if (i % 2 == 0)
			assert_int_equal(users[i].missed, 0);
		missed += users[i].missed;
	}
	assert_true(missed > 0);
	assert_int_equal(atomic_load(&clashes), 0);
	assert_false(is_locked(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		wait_test(lock_that_is_taken_is_not_held_before_it_is_confirmed),
		wait_test(lock_that_is_given_up_was_never_held),
		wait_test(who_dies_before_it_confirms_has_abandoned_nothing),
		wait_test(confirm_that_fails_has_given_the_lock_back),
		wait_test(free_lock_is_taken_without_waiting),
		wait_test(waiter_gets_the_lock_when_it_is_given_back),
		wait_test(when_it_is_time_the_place_is_kept_until_it_is_given_up),
		wait_test(lock_granted_in_the_last_moment_is_found_by_the_last_try),
		wait_test(lock_granted_unnoticed_is_free_after_giving_up),
		wait_test(giving_up_leaves_a_held_lock_alone),
		wait_test(signal_interrupts_and_keeps_the_place),
		wait_test(who_is_interrupted_does_not_sleep),
		wait_test(lock_of_a_killed_holder_is_granted_and_called_abandoned),
		wait_test(lock_of_the_same_context_is_not_waited_for),
		wait_test(what_is_no_lock_file_is_not_waited_for),
		wait_test(who_waits_knows_how_many_came_before),
		wait_test(waiter_moves_to_the_file_that_has_taken_the_place),
		wait_test(lock_granted_on_a_file_that_was_replaced_is_not_taken),
		wait_test(file_that_becomes_a_link_ends_the_wait),
		wait_test(file_that_could_never_be_opened_is_opened_later),
		wait_test(without_a_thread_the_lock_is_asked_for_from_time_to_time),
		wait_test(as_soon_as_there_is_a_thread_the_place_is_taken),
		wait_test(wait_survives_the_failure_of_every_call),
		wait_test(thread_whose_flock_fails_costs_the_place_and_not_the_lock),
		wait_test(wait_ends_where_the_path_cannot_be_looked_at_any_more),
		wait_test(child_that_is_forked_meanwhile_has_no_part_in_the_wait),
		wait_test(child_that_is_forked_before_the_lock_is_confirmed_has_no_part_in_it),
		wait_test(child_cannot_confirm_what_its_parent_has_taken),
		wait_test(cloned_child_cannot_confirm_what_its_parent_has_taken),
		wait_test(child_has_the_descriptor_of_an_inheritable_lock_only_when_it_is_held),
		wait_test(many_waiters_are_served_one_by_one_in_the_order_of_their_coming),
		wait_test(signals_that_come_all_the_time_cost_neither_the_place_nor_the_lock),
		wait_test(grant_and_deadline_at_once_leave_no_doubt_who_has_the_lock),
		wait_test(threads_of_one_process_wait_for_each_other),
	};
	return cmocka_run_group_tests_name("core: waiting", tests, NULL, NULL);
}
