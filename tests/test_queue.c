#include "fixture.h"

#include "clock.h"
#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGNALS     1000
#define ROUNDS      2000
#define QUEUE_USER  54421
#define SIGNAL_USER 54422

/* Later than anything here can come; a test that gets there has failed. */
#define LATE (60 * SL_SECOND)

/* --- The queue of a test, left when it ends, however it ends --- */

static const char *path;
static int holder;     /* a descriptor that has the lock at first */
static int descriptor; /* the one that queues up */
static struct sl_queue queue;
static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void handle(int number, int flags)
{
	struct sigaction action = {.sa_handler = count_signal, .sa_flags = flags};
	sigaction(number, &action, NULL);
}

static int set_up(void **state)
{
	if (fixture_set_up(state) != 0)
		return -1;
	path = path_of("lock");
	write_file(path, "");
	holder = take_flock(path, LOCK_EX);
	descriptor = open(path, O_RDWR | O_CLOEXEC);
	queue = SL_QUEUE_NONE;
	signals = 0;
	handle(SIGUSR1, SA_RESTART);
	return 0;
}

static int tear_down(void **state)
{
	stop_watching();
	sl_queue_leave(&queue);
	await_threads(1);
	close(descriptor);
	close(holder);
	signal(SIGUSR1, SIG_DFL);
	return fixture_tear_down(state);
}

#define queue_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void enter(void)
{
	if (!sl_queue_enter(&queue, descriptor, LOCK_EX, SL_QUEUE_PATIENT))
		abort();
}

static void enter_and_wait(void)
{
	enter();
	await_queue(path, 1);
}

static void unlock_holder(void *data)
{
	(void)data;
	if (flock(holder, LOCK_UN) != 0)
		abort();
}

static enum sl_wakeup sleep_until(int64_t until)
{
	return sl_queue_sleep(&queue, until, NULL);
}

static enum sl_wakeup sleep_long(void)
{
	return sleep_until(sl_clock_now() + LATE);
}

/* The word that flock has in the end. */
static bool lock_is_ours(void)
{
	return flock(descriptor, LOCK_EX | LOCK_NB) == 0;
}

/* A child that lets go of the holder's lock, or sends a signal, as soon as we sleep. */
static void unlock_when_it_sleeps(void *data)
{
	await_sleep(getppid());
	unlock_holder(data);
}

static void signal_when_it_sleeps(void *data)
{
	(void)data;
	await_sleep(getppid());
	kill(getppid(), SIGUSR1);
}

/* --- Clock --- */

static void deadline_is_never_before_its_time_nor_overflows(void **state)
{
	(void)state;
	assert_true(sl_clock_after(7, 0) == 7);
	assert_true(sl_clock_after(7, 1e-9) == 8);
	assert_true(sl_clock_after(7, 1e-10) == 8);
	assert_true(sl_clock_after(0, 0.1) >= SL_SECOND / 10);
	assert_true(sl_clock_after(0, 1.5) == 3 * SL_SECOND / 2);
	assert_true(sl_clock_after(5, 1e300) == SL_FOREVER);
	assert_true(sl_clock_after(5, (double)INFINITY) == SL_FOREVER);
	assert_true(sl_clock_after(SL_FOREVER - 10, 1e-7) == SL_FOREVER);
	int64_t now = sl_clock_now();
	for (double seconds = 1e9; seconds < 1e11; seconds *= 1.0001)
		assert_true(sl_clock_after(now, seconds) > now);
	assert_true(sl_clock_earlier(3, 4) == 3 && sl_clock_earlier(4, 3) == 3);
	assert_true(sl_clock_now() >= now);
}

/* --- What wakes --- */

static void lock_that_is_given_back_wakes_and_is_ours(void **state)
{
	(void)state;
	enter_and_wait();
	start_child(unlock_when_it_sleeps, NULL);
	assert_int_equal(sleep_long(), SL_WOKEN_BY_LOCK);
	sl_queue_leave(&queue);
	assert_true(lock_is_ours());
	assert_true(is_locked(path));
}

static void free_lock_wakes_at_once(void **state)
{
	(void)state;
	unlock_holder(NULL);
	enter();
	assert_int_equal(sleep_long(), SL_WOKEN_BY_LOCK);
	sl_queue_leave(&queue);
	assert_true(lock_is_ours());
}

static void who_wants_to_share_waits_for_who_does_not(void **state)
{
	(void)state;
	assert_true(sl_queue_enter(&queue, descriptor, LOCK_SH, SL_QUEUE_PATIENT));
	await_queue(path, 1);
	assert_int_equal(flock(holder, LOCK_SH), 0);
	assert_int_equal(sleep_long(), SL_WOKEN_BY_LOCK);
	sl_queue_leave(&queue);
	assert_int_equal(flock(descriptor, LOCK_SH | LOCK_NB), 0);
	assert_false(lock_is_ours());
}

/* Whoever sleeps has to ask flock, and so learns what is wrong. */
static void flock_that_fails_wakes(void **state)
{
	(void)state;
	refuse_calls_of_helper(CALL_FLOCK, ENOLCK);
	enter();
	assert_int_equal(sleep_long(), SL_WOKEN_BY_LOCK);
	sl_queue_leave(&queue);
	assert_false(lock_is_ours());
}

static void signal_wakes_at_once_though_its_handler_restarts(void **state)
{
	(void)state;
	static const int flags[] = {SA_RESTART, 0};
	enter_and_wait();
	for (int i = 0; i < 2; i++) {
		handle(SIGUSR1, flags[i]);
		start_child(signal_when_it_sleeps, NULL);
		assert_int_equal(sleep_long(), SL_WOKEN_BY_SIGNAL);
		assert_int_equal(signals, i + 1);
	}
	unlock_holder(NULL);
	assert_int_equal(sleep_long(), SL_WOKEN_BY_LOCK);
}

static void signal_without_handler_wakes_nobody(void **state)
{
	(void)state;
	enter_and_wait();
	signal(SIGUSR1, SIG_IGN);
	start_child(signal_when_it_sleeps, NULL);
	assert_int_equal(sleep_until(sl_clock_now() + SL_SECOND / 4), SL_WOKEN_BY_CLOCK);
}

static void clock_wakes_in_time_in_the_queue_or_not(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		int64_t until = sl_clock_now() + 30 * SL_MILLISECOND;
		assert_int_equal(sleep_until(until), SL_WOKEN_BY_CLOCK);
		int64_t over = sl_clock_now() - until;
		assert_true(over >= 0);
		assert_true(over < 5 * SL_SECOND);
		assert_int_equal(sleep_until(until), SL_WOKEN_BY_CLOCK);
		assert_int_equal(sleep_until(0), SL_WOKEN_BY_CLOCK);
		if (i == 0)
			enter_and_wait();
	}
}

static void sleep_without_end_is_possible(void **state)
{
	(void)state;
	enter_and_wait();
	start_child(unlock_when_it_sleeps, NULL);
	assert_int_equal(sleep_until(SL_FOREVER), SL_WOKEN_BY_LOCK);
}

/* --- Signals are not slept over --- */

static void raise_signal(void *data)
{
	(void)data;
	kill(getpid(), SIGUSR1);
}

static void signal_just_before_the_sleep_ends_it(void **state)
{
	(void)state;
	enter_and_wait();
	before_call(CALL_PPOLL, 1, raise_signal, NULL);
	assert_int_equal(sleep_long(), SL_WOKEN_BY_SIGNAL);
	assert_true(rule_applied());
	assert_int_equal(signals, 1);
}

/* The same with the calls that everybody uses: the handler has run, and then the sleep begins. */
static void control_signal_before_a_plain_poll_is_slept_over(void **state)
{
	(void)state;
	struct pollfd event = {.fd = -1};
	raise_signal(NULL);
	assert_int_equal(signals, 1);
	assert_int_equal(poll(&event, 1, 200), 0);
}

static bool asked_with_signals_blocked;

static bool signal_comes_when_asked(void)
{
	sigset_t mask;
	raise_signal(NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	asked_with_signals_blocked = signals == 0;
	for (int number = 1; number <= SIGRTMAX; number++)
		if (number != SIGKILL && number != SIGSTOP && (number < 32 || number >= SIGRTMIN) &&
			sigismember(&mask, number) != 1)
			asked_with_signals_blocked = false;
	return false;
}

static bool is_interrupted(void)
{
	return true;
}

static void who_is_interrupted_is_asked_with_all_signals_blocked(void **state)
{
	(void)state;
	enter_and_wait();
	assert_int_equal(
		sl_queue_sleep(&queue, sl_clock_now() + LATE, signal_comes_when_asked), SL_WOKEN_BY_SIGNAL);
	assert_true(asked_with_signals_blocked);
	assert_int_equal(signals, 1);
	watch_calls();
	assert_int_equal(
		sl_queue_sleep(&queue, sl_clock_now() + LATE, is_interrupted), SL_WOKEN_BY_SIGNAL);
	assert_int_equal(call_count(CALL_PPOLL), 0);
}

struct signal_state {
	sigset_t mask;
	struct sigaction actions[65];
};

static void get_signal_state(struct signal_state *signal_state)
{
	memset(signal_state, 0, sizeof *signal_state);
	pthread_sigmask(SIG_SETMASK, NULL, &signal_state->mask);
	for (int number = 1; number <= 64; number++)
		sigaction(number, NULL, &signal_state->actions[number]);
}

static void signals_are_as_before(void **state)
{
	(void)state;
	struct signal_state before, after;
	sigset_t some, old;
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGRTMIN + 3);
	pthread_sigmask(SIG_SETMASK, &some, &old);
	get_signal_state(&before);
	enter_and_wait();
	sleep_until(0);
	before_call(CALL_PPOLL, 1, raise_signal, NULL);
	assert_int_equal(sleep_long(), SL_WOKEN_BY_SIGNAL);
	stop_watching();
	sl_queue_leave(&queue);
	refuse_call(CALL_PTHREAD_CREATE, 1, EAGAIN);
	assert_false(sl_queue_enter(&queue, descriptor, LOCK_EX, SL_QUEUE_PATIENT));
	get_signal_state(&after);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	assert_memory_equal(&before.mask, &after.mask, sizeof before.mask);
	for (int number = 1; number <= 64; number++) {
		assert_ptr_equal(before.actions[number].sa_handler, after.actions[number].sa_handler);
		assert_int_equal(before.actions[number].sa_flags, after.actions[number].sa_flags);
	}
}

/* --- The thread --- */

static unsigned long long blocked_signals_of(pid_t tid)
{
	char name[64], line[256];
	unsigned long long mask = 0;
	snprintf(name, sizeof name, "/proc/self/task/%d/status", (int)tid);
	FILE *status = fopen(name, "re");
	assert_non_null(status);
	while (fgets(line, sizeof line, status) != NULL)
		sscanf(line, "SigBlk: %llx", &mask);
	fclose(status);
	return mask;
}

static void thread_serves_no_signal_and_has_its_name(void **state)
{
	(void)state;
	static const char *const names[] = {SL_QUEUE_PATIENT, SL_QUEUE_IMPATIENT};
	for (int i = 0; i < 2; i++) {
		char comm[64], text[64];
		assert_true(strlen(names[i]) <= 15);
		assert_true(sl_queue_enter(&queue, descriptor, LOCK_EX, names[i]));
		await_queue(path, 1);
		pid_t tid = other_thread();
		assert_true(tid != 0 && tid == atomic_load(&queue.tid));
		assert_int_equal(thread_count(), 2);
		/* All but SIGKILL, SIGSTOP and the two of glibc. */
		assert_true((blocked_signals_of(tid) | 1ull << 8 | 1ull << 18 | 3ull << 31) == ~0ull);
		snprintf(comm, sizeof comm, "/proc/self/task/%d/comm", (int)tid);
		snprintf(text, sizeof text, "%s\n", names[i]);
		assert_file_text(comm, text);
		sl_queue_leave(&queue);
	}
}

static void assert_gone(unsigned descriptors)
{
	assert_false(sl_queue_is_entered(&queue));
	await_threads(1);
	assert_int_equal(descriptor_count(), descriptors);
}

static void nothing_is_left_whatever_came_of_it(void **state)
{
	(void)state;
	unsigned descriptors = descriptor_count();
	sl_queue_leave(&queue);
	assert_gone(descriptors);

	enter_and_wait(); /* waiting */
	assert_true(sl_queue_is_entered(&queue));
	sl_queue_leave(&queue);
	assert_gone(descriptors);
	await_queue(path, 0);
	assert_false(lock_is_ours());
	sl_queue_leave(&queue);
	assert_gone(descriptors);

	enter_and_wait(); /* after a signal, and when it is time */
	before_call(CALL_PPOLL, 1, raise_signal, NULL);
	sleep_long();
	stop_watching();
	sleep_until(0);
	sl_queue_leave(&queue);
	assert_gone(descriptors);
	await_queue(path, 0);

	enter_and_wait(); /* granted */
	unlock_holder(NULL);
	sleep_long();
	sl_queue_leave(&queue);
	assert_gone(descriptors);
	assert_true(is_locked(path));
}

static void leave_what_is_passed(void *data)
{
	(void)data;
	sl_queue_leave(&queue);
	expect(is_locked(path));
}

static void thread_ends_by_itself_when_the_queue_is_passed(void **state)
{
	(void)state;
	unsigned descriptors = descriptor_count();
	for (int i = 0; i < 100; i++) {
		enter();
		unlock_holder(NULL);
		assert_int_equal(sleep_long(), SL_WOKEN_BY_LOCK);
		assert_true(lock_is_ours());
		sl_queue_pass(&queue);
		if (i == 0) {
			in_child(leave_what_is_passed, NULL);
			assert_gone(descriptors);
		}
		sl_queue_leave(&queue);
		assert_gone(descriptors);
		assert_true(is_locked(path));
		flock(descriptor, LOCK_UN);
		flock(holder, LOCK_EX);
	}
}

static void thread_can_be_ended_at_any_moment(void **state)
{
	(void)state;
	unsigned descriptors = descriptor_count();
	for (int i = 0; i < ROUNDS; i++) {
		enter();
		if (i % 4 == 1)
			sched_yield();
		for (volatile int spin = 0; spin < i % 100 * 100; spin++)
			;
		if (i % 4 == 2)
			sleep_until(sl_clock_now() + i * 50);
		sl_queue_leave(&queue);
		if (lock_is_ours())
			fail_msg("got what another one holds");
	}
	assert_gone(descriptors);
	await_queue(path, 0);
}

/* The thread got the lock before it was ended: that is for flock to say, and it does. */
static void lock_granted_in_the_moment_of_leaving_is_found_by_flock(void **state)
{
	(void)state;
	unsigned granted = 0;
	for (int i = 0; i < ROUNDS; i++) {
		if (flock(holder, LOCK_EX | LOCK_NB) != 0)
			fail_msg("somebody has it still");
		enter();
		for (volatile int spin = 0; spin < i % 100 * 100; spin++)
			;
		unlock_holder(NULL);
		sl_queue_leave(&queue);
		bool locked = is_locked(path);
		granted += locked;
		if (!lock_is_ours())
			fail_msg("nobody else has it");
		flock(descriptor, LOCK_UN);
	}
	assert_in_range(granted, 0, ROUNDS);
	print_message("granted in the last moment: %u of %d\n", granted, ROUNDS);
}

static void wait_until_granted(void *data)
{
	(void)data;
	if (!is_locked(path))
		abort();
}

/* The same, forced: it has the lock, and has not told us yet. */
static void thread_that_has_the_lock_and_has_not_said_so_is_ended_too(void **state)
{
	(void)state;
	unlock_holder(NULL);
	around_calls_of_helper(CALL_FLOCK, NULL, wait_until_granted, NULL);
	enter();
	while (!is_locked(path))
		sched_yield();
	sl_queue_leave(&queue);
	stop_watching();
	assert_true(lock_is_ours());
}

static void change_user_while_waiting(void *data)
{
	(void)data;
	enter_and_wait();
	for (int i = 0; i < 10; i++) {
		/* glibc sends a signal to each thread. */
		expect(setresuid(-1, i % 2 == 0 ? QUEUE_USER : 0, -1) == 0);
		await_queue(path, 1);
	}
	expect(sleep_until(0) == SL_WOKEN_BY_CLOCK);
	unlock_holder(NULL);
	expect(sleep_long() == SL_WOKEN_BY_LOCK);
	sl_queue_leave(&queue);
	expect(lock_is_ours());
}

static void change_of_user_ends_no_wait(void **state)
{
	(void)state;
	need_root();
	in_child(change_user_while_waiting, NULL);
}

/* --- The place in the queue --- */

static void wait_plainly(void *data)
{
	(void)data;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	expect(flock(fd, LOCK_EX) == 0);
	say('g');
	await();
}

static void send_signals(void *data)
{
	(void)data;
	for (int i = 0; i < SIGNALS; i++) {
		kill(getppid(), SIGUSR1);
		await();
	}
}

static sig_atomic_t seen;

static bool signal_came(void)
{
	return signals > seen;
}

static void place_in_the_queue_is_kept_while_signals_come(void **state)
{
	(void)state;
	pid_t order[8];
	enter_and_wait();
	struct child next = start_child(wait_plainly, NULL);
	await_queue(path, 2);
	struct child sender = start_child(send_signals, NULL);
	for (seen = 0; seen < SIGNALS; seen++) {
		enum sl_wakeup wakeup = sl_queue_sleep(&queue, sl_clock_now() + LATE, signal_came);
		assert_int_equal(wakeup, SL_WOKEN_BY_SIGNAL);
		assert_int_equal(signals, seen + 1);
		child_tell(&sender, 'm');
	}
	assert_int_equal(queue_for(path, order, 8), 2);
	assert_int_equal(order[0], getpid());
	assert_int_equal(order[1], next.pid);
	unlock_holder(NULL);
	assert_int_equal(sleep_long(), SL_WOKEN_BY_LOCK);
	sl_queue_leave(&queue);
	assert_true(lock_is_ours());
	assert_false(child_has_spoken(&next));
	flock(descriptor, LOCK_UN);
	assert_int_equal(child_hear(&next), 'g');
}

/* As everybody does it who wants to serve signals. */
static void wait_interruptibly(void *data)
{
	(void)data;
	handle(SIGUSR1, 0);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	say('r');
	while (flock(fd, LOCK_EX) != 0) {
		expect(errno == EINTR);
		say('i');
		await();
	}
}

static void control_who_is_interrupted_in_flock_loses_its_place(void **state)
{
	(void)state;
	pid_t order[8];
	struct child first = start_child(wait_interruptibly, NULL);
	assert_int_equal(child_hear(&first), 'r');
	await_queue(path, 1);
	struct child second = start_child(wait_plainly, NULL);
	await_queue(path, 2);
	assert_int_equal(queue_for(path, order, 8), 2);
	assert_int_equal(order[0], first.pid);
	kill(first.pid, SIGUSR1);
	assert_int_equal(child_hear(&first), 'i');
	await_queue(path, 1);
	child_tell(&first, 'a');
	await_queue(path, 2);
	assert_int_equal(queue_for(path, order, 8), 2);
	assert_int_equal(order[0], second.pid);
	assert_int_equal(order[1], first.pid);
}

/* --- No place to be had --- */

static void expect_no_place(void)
{
	unsigned descriptors = descriptor_count();
	expect(!sl_queue_enter(&queue, descriptor, LOCK_EX, SL_QUEUE_PATIENT));
	expect(!sl_queue_is_entered(&queue));
	expect(thread_count() == 1);
	expect(descriptor_count() == descriptors);
	/* One can sleep all the same. */
	expect(sleep_until(sl_clock_now() + SL_MILLISECOND) == SL_WOKEN_BY_CLOCK);
	sl_queue_leave(&queue);
	expect(descriptor_count() == descriptors);
}

static void limit(int resource, rlim_t value)
{
	struct rlimit now;
	expect(getrlimit(resource, &now) == 0);
	now.rlim_cur = value;
	expect(setrlimit(resource, &now) == 0);
}

static void enter_without_threads(void *data)
{
	(void)data;
	become(QUEUE_USER);
	limit(RLIMIT_NPROC, 1);
	expect_no_place();
}

static void enter_without_descriptors(void *data)
{
	(void)data;
	struct rlimit before;
	expect(getrlimit(RLIMIT_NOFILE, &before) == 0);
	int lowest = dup(descriptor);
	close(lowest);
	limit(RLIMIT_NOFILE, (rlim_t)lowest);
	expect(!sl_queue_enter(&queue, descriptor, LOCK_EX, SL_QUEUE_PATIENT));
	limit(RLIMIT_NOFILE, before.rlim_cur);
	expect(!sl_queue_is_entered(&queue) && thread_count() == 1);
}

static void enter_without_signals(void *data)
{
	(void)data;
	limit(RLIMIT_SIGPENDING, 0);
	expect_no_place();
}

static void without_a_thread_there_is_no_place(void **state)
{
	(void)state;
	refuse_call(CALL_PTHREAD_CREATE, 1, EAGAIN);
	expect_no_place();
	assert_true(rule_applied());
	stop_watching();
	need_root();
	in_child(enter_without_threads, NULL);
}

static void without_a_descriptor_there_is_no_place(void **state)
{
	(void)state;
	refuse_call(CALL_EVENTFD, 1, EMFILE);
	expect_no_place();
	assert_true(rule_applied());
	stop_watching();
	in_child(enter_without_descriptors, NULL);
}

static void without_a_signal_to_be_had_there_is_no_place(void **state)
{
	(void)state;
	in_child(enter_without_signals, NULL);
}

/* Without the answer it is tried. */
static void place_is_tried_for_where_no_limit_can_be_told(void **state)
{
	(void)state;
	refuse_call(CALL_GETRLIMIT, 1, EPERM);
	enter_and_wait();
	assert_true(rule_applied());
}

static void enter_without_standard_descriptors(void *data)
{
	(void)data;
	int errors = dup(STDERR_FILENO);
	for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++)
		close(number);
	bool entered = sl_queue_enter(&queue, descriptor, LOCK_EX, SL_QUEUE_PATIENT);
	bool closed = true;
	for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++)
		closed = closed && fcntl(number, F_GETFD) == -1;
	dup2(errors, STDERR_FILENO);
	expect(entered && closed && queue.event > STDERR_FILENO);
	expect(fcntl(queue.event, F_GETFD) == FD_CLOEXEC);
	unlock_holder(NULL);
	expect(sleep_long() == SL_WOKEN_BY_LOCK);
	sl_queue_leave(&queue);
}

static void event_never_takes_the_place_of_a_closed_standard_descriptor(void **state)
{
	(void)state;
	in_child(enter_without_standard_descriptors, NULL);
}

/* --- Leaving while no signal can be queued --- */

static sigset_t filler;

static void fill_signal_queue(void)
{
	sigemptyset(&filler);
	sigaddset(&filler, SIGRTMIN + 5);
	pthread_sigmask(SIG_BLOCK, &filler, NULL);
	become(SIGNAL_USER);
	limit(RLIMIT_SIGPENDING, 1);
	expect(sigqueue(getpid(), SIGRTMIN + 5, (union sigval){0}) == 0);
	expect(sigqueue(getpid(), SIGRTMIN + 5, (union sigval){0}) == -1 && errno == EAGAIN);
}

static void take_pending_signal(void *data)
{
	(void)data;
	siginfo_t info;
	struct timespec none = {0, 0};
	expect(sigtimedwait(&filler, &info, &none) == SIGRTMIN + 5);
}

static void leave_until_a_signal_can_be_queued(void *data)
{
	(void)data;
	enter_and_wait();
	fill_signal_queue();
	before_call(CALL_POLL, 20, take_pending_signal, NULL);
	sl_queue_leave(&queue);
	expect(rule_applied());
	expect(call_count(CALL_POLL) >= 20);
	stop_watching();
	await_threads(1);
	await_queue(path, 0);
	expect(!lock_is_ours());
}

static void leave_until_the_lock_is_free(void *data)
{
	enter_and_wait();
	fill_signal_queue();
	before_call(CALL_POLL, 20, unlock_holder, data);
	sl_queue_leave(&queue);
	expect(rule_applied());
	stop_watching();
	await_threads(1);
	expect(lock_is_ours());
}

static void leaving_with_a_full_signal_queue_ends_when_it_is_no_longer_full(void **state)
{
	(void)state;
	need_root();
	in_child(leave_until_a_signal_can_be_queued, NULL);
}

static void leaving_with_a_full_signal_queue_ends_when_the_lock_is_free(void **state)
{
	(void)state;
	need_root();
	in_child(leave_until_the_lock_is_free, NULL);
}

/* --- Fork --- */

static void leave_in_child(void *data)
{
	unsigned descriptors = descriptor_count();
	(void)data;
	expect(!sl_queue_is_entered(&queue));
	expect(fcntl(queue.event, F_GETFD) != -1);
	sl_queue_leave(&queue);
	expect(queue.event == -1);
	expect(descriptor_count() == descriptors - 1);
	sl_queue_leave(&queue);
	expect(descriptor_count() == descriptors - 1);
}

static void queue_up_in_child(void *data)
{
	sl_queue_leave(&queue);
	close(descriptor);
	descriptor = open(path, O_RDWR | O_CLOEXEC);
	enter();
	await_queue(path, 2);
	expect(sleep_until(0) == SL_WOKEN_BY_CLOCK);
	sl_queue_leave(&queue);
	expect(!lock_is_ours());
	(void)data;
}

static void forked_child_has_no_part_in_the_wait(void **state)
{
	(void)state;
	enter_and_wait();
	in_child(leave_in_child, NULL);
	in_cloned_child(leave_in_child, NULL);
	if (CHILD_MAY_HAVE_THREADS)
		in_child(queue_up_in_child, NULL);
	await_queue(path, 1);
	assert_true(sl_queue_is_entered(&queue));
	assert_int_equal(sleep_until(0), SL_WOKEN_BY_CLOCK);
	unlock_holder(NULL);
	assert_int_equal(sleep_long(), SL_WOKEN_BY_LOCK);
	sl_queue_leave(&queue);
	assert_true(lock_is_ours());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadline_is_never_before_its_time_nor_overflows),
		queue_test(lock_that_is_given_back_wakes_and_is_ours),
		queue_test(free_lock_wakes_at_once),
		queue_test(who_wants_to_share_waits_for_who_does_not),
		queue_test(flock_that_fails_wakes),
		queue_test(signal_wakes_at_once_though_its_handler_restarts),
		queue_test(signal_without_handler_wakes_nobody),
		queue_test(clock_wakes_in_time_in_the_queue_or_not),
		queue_test(sleep_without_end_is_possible),
		queue_test(signal_just_before_the_sleep_ends_it),
		queue_test(control_signal_before_a_plain_poll_is_slept_over),
		queue_test(who_is_interrupted_is_asked_with_all_signals_blocked),
		queue_test(signals_are_as_before),
		queue_test(thread_serves_no_signal_and_has_its_name),
		queue_test(nothing_is_left_whatever_came_of_it),
		queue_test(thread_ends_by_itself_when_the_queue_is_passed),
		queue_test(thread_can_be_ended_at_any_moment),
		queue_test(lock_granted_in_the_moment_of_leaving_is_found_by_flock),
		queue_test(thread_that_has_the_lock_and_has_not_said_so_is_ended_too),
		queue_test(change_of_user_ends_no_wait),
		queue_test(place_in_the_queue_is_kept_while_signals_come),
		queue_test(control_who_is_interrupted_in_flock_loses_its_place),
		queue_test(without_a_thread_there_is_no_place),
		queue_test(without_a_descriptor_there_is_no_place),
		queue_test(without_a_signal_to_be_had_there_is_no_place),
		queue_test(place_is_tried_for_where_no_limit_can_be_told),
		queue_test(event_never_takes_the_place_of_a_closed_standard_descriptor),
		queue_test(leaving_with_a_full_signal_queue_ends_when_it_is_no_longer_full),
		queue_test(leaving_with_a_full_signal_queue_ends_when_the_lock_is_free),
		queue_test(forked_child_has_no_part_in_the_wait),
	};
	return cmocka_run_group_tests_name("core: queue", tests, NULL, NULL);
}
