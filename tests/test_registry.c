#include "fixture.h"

#include "registry.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENTRIES       5
#define THREADS       3
#define FORKS         300
#define DESCRIPTORS   64
#define NO_DESCRIPTOR ((struct sl_registry_entry){.descriptor = -1})

/* The entries of a test; closed when it ends, however it ends. */
static struct sl_registry_entry entries[ENTRIES];

static int set_up(void **state)
{
	for (int i = 0; i < ENTRIES; i++)
		entries[i] = NO_DESCRIPTOR;
	return fixture_set_up(state);
}

static int tear_down(void **state)
{
	for (int i = 0; i < ENTRIES; i++)
		sl_registry_close(&entries[i]);
	return fixture_tear_down(state);
}

#define registry_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static int open_entry(struct sl_registry_entry *entry, const char *path)
{
	return sl_registry_open(entry, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static void have_it(void *data);

/* A child of a process with threads may do little: this allocates nothing. */
static bool has_lock_descriptor(const struct stat *file)
{
	struct stat st;
	for (int descriptor = 0; descriptor < DESCRIPTORS; descriptor++)
		if (fstat(descriptor, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino)
			return true;
	return false;
}

static struct stat stat_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st;
}

/* --- The list --- */

static void entries_come_newest_first(void **state)
{
	(void)state;
	int context;
	for (int i = 0; i < ENTRIES; i++) {
		entries[i].context = &context;
		assert_true(open_entry(&entries[i], path_of("lock")) >= 0);
		assert_ptr_equal(sl_registry_next(NULL, &context), &entries[i]);
	}
	for (int i = ENTRIES - 1; i > 0; i--)
		assert_ptr_equal(sl_registry_next(&entries[i], &context), &entries[i - 1]);
	assert_null(sl_registry_next(&entries[0], &context));

	/* From the middle, the newest and the oldest end. */
	static const int order[] = {2, 4, 0, 3, 1};
	unsigned left = ENTRIES;
	for (int i = 0; i < ENTRIES; i++) {
		sl_registry_close(&entries[order[i]]);
		left--;
		unsigned found = 0;
		struct sl_registry_entry *entry = NULL;
		while ((entry = sl_registry_next(entry, &context)) != NULL) {
			assert_true(entry->linked && entry->descriptor >= 0);
			found++;
		}
		assert_int_equal(found, left);
	}
}

static void contexts_see_only_their_own_entries(void **state)
{
	(void)state;
	int contexts[2], stranger;
	for (int i = 0; i < ENTRIES; i++) {
		entries[i].context = &contexts[i % 2];
		assert_true(open_entry(&entries[i], path_of("lock")) >= 0);
	}
	assert_ptr_equal(sl_registry_next(NULL, &contexts[0]), &entries[4]);
	assert_ptr_equal(sl_registry_next(&entries[4], &contexts[0]), &entries[2]);
	assert_ptr_equal(sl_registry_next(&entries[2], &contexts[0]), &entries[0]);
	assert_null(sl_registry_next(&entries[0], &contexts[0]));
	assert_ptr_equal(sl_registry_next(NULL, &contexts[1]), &entries[3]);
	assert_ptr_equal(sl_registry_next(&entries[3], &contexts[1]), &entries[1]);
	assert_null(sl_registry_next(&entries[1], &contexts[1]));
	assert_null(sl_registry_next(NULL, &stranger));
}

static void closing_twice_or_what_was_never_open_is_safe(void **state)
{
	(void)state;
	int context;
	struct sl_registry_entry *entry = &entries[0];
	entry->context = &context;
	sl_registry_close(entry);
	assert_true(open_entry(entry, path_of("lock")) >= 0);
	sl_registry_close(entry);
	assert_int_equal(entry->descriptor, -1);
	assert_false(entry->linked);

	/* Its number may belong to somebody else by now. */
	int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sl_registry_close(entry);
	assert_int_equal(fcntl(other, F_GETFD), FD_CLOEXEC);
	close(other);
}

static void failed_open_links_nothing(void **state)
{
	(void)state;
	int context;
	struct sl_registry_entry *entry = &entries[0];
	entry->context = &context;
	assert_int_equal(
		sl_registry_open(entry, AT_FDCWD, path_of("missing"), O_RDWR | O_CLOEXEC, 0), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(entry->descriptor, -1);
	assert_false(entry->linked);
	assert_null(sl_registry_next(NULL, &context));
}

static void interrupted_open_is_repeated(void **state)
{
	(void)state;
	struct sl_registry_entry *entry = &entries[0];
	refuse_call(CALL_OPEN, 1, EINTR);
	assert_true(open_entry(entry, path_of("lock")) >= 0);
	assert_int_equal(call_count(CALL_OPEN), 2);
}

static void open_without_standard_descriptors(void *path)
{
	struct sl_registry_entry *entry = &entries[0];
	expect(close(STDIN_FILENO) == 0 && close(STDOUT_FILENO) == 0);
	expect(open_entry(entry, path) > STDERR_FILENO);
	expect(entry->descriptor > STDERR_FILENO);
	expect(fcntl(entry->descriptor, F_GETFD) == FD_CLOEXEC);
	expect(fcntl(STDIN_FILENO, F_GETFD) == -1 && fcntl(STDOUT_FILENO, F_GETFD) == -1);
	sl_registry_close(entry);

	refuse_call(CALL_FCNTL, 1, EMFILE);
	expect(open_entry(entry, path) == -1 && errno == EMFILE);
	expect(entry->descriptor == -1 && !entry->linked);
	expect(fcntl(STDIN_FILENO, F_GETFD) == -1);
}

/* What the program prints would go into the lock file. */
static void lock_never_takes_the_place_of_a_closed_standard_descriptor(void **state)
{
	(void)state;
	in_child(open_without_standard_descriptors, (void *)path_of("lock"));
}

static void starting_again_does_not_close_twice(void **state)
{
	(void)state;
	assert_int_equal(sl_registry_start(), 0);
	assert_int_equal(sl_registry_start(), 0);
}

/* --- Fork --- */

struct pair {
	struct sl_registry_entry *kept, *closed;
	const char *kept_path, *closed_path;
};

static void look_at_pair(void *data)
{
	struct pair *pair = data;
	expect(has_descriptor_of(pair->kept_path));
	expect(!has_descriptor_of(pair->closed_path));
	expect(pair->closed->descriptor == -1);
	expect(pair->kept->descriptor >= 0);
	expect(pair->kept->inherited && pair->closed->inherited);
	/* The child finds what it inherited, and may close it or take a new one. */
	expect(sl_registry_next(NULL, pair) == pair->kept);
	expect(sl_registry_next(pair->kept, pair) == pair->closed);
	sl_registry_close(pair->closed);
	sl_registry_close(pair->kept);
	expect(!has_descriptor_of(pair->kept_path));
	expect(open_entry(pair->closed, pair->closed_path) >= 0);
	expect(!pair->closed->inherited);
	expect(sl_registry_next(NULL, pair) == pair->closed);
}

static void child_has_only_the_inheritable_descriptors(void **state)
{
	(void)state;
	struct pair pair = {&entries[0], &entries[1], path_of("kept"), path_of("closed")};
	pair.kept->context = pair.closed->context = &pair;
	pair.kept->inheritable = true;
	assert_true(open_entry(pair.closed, pair.closed_path) >= 0);
	assert_true(open_entry(pair.kept, pair.kept_path) >= 0);
	in_child(look_at_pair, &pair);

	/* And the parent has all it had. */
	assert_false(pair.kept->inherited || pair.closed->inherited);
	assert_true(has_descriptor_of(pair.kept_path));
	assert_true(has_descriptor_of(pair.closed_path));
}

static void have_it_not(void *path)
{
	expect(!has_descriptor_of(path));
	expect(entries[0].descriptor == -1 && entries[0].inherited && entries[0].linked);
}

/* Its lock may be granted at any moment, and nobody in the child would know. */
static void child_has_no_descriptor_that_is_still_waiting_for_its_lock(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	entries[0].inheritable = entries[0].pending = true;
	assert_true(open_entry(&entries[0], path) >= 0);
	in_child(have_it_not, (void *)path);
	assert_true(has_descriptor_of(path));
	entries[0].pending = false;
	in_child(have_it, (void *)path);
	entries[0].inheritable = false;
	in_child(have_it_not, (void *)path);
}

static void have_it(void *data)
{
	expect(has_descriptor_of(data));
}

static void control_a_descriptor_outside_the_registry_stays_open_in_a_child(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	in_child(have_it, (void *)path);
	close(fd);
}

/* --- Fork by another thread --- */

static atomic_bool ending;

/* Opens and closes the lock for as long as others fork. */
static void *open_and_close(void *path)
{
	struct sl_registry_entry entry = NO_DESCRIPTOR;
	entry.context = &entry;
	while (!ending) {
		if (sl_registry_open(&entry, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) < 0 ||
			sl_registry_next(NULL, &entry) != &entry)
			return "lost its entry";
		sl_registry_close(&entry);
	}
	return NULL;
}

static void children_forked_amid_opening_and_closing_have_no_descriptor(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	pthread_t threads[THREADS];
	write_file(path, "");
	const struct stat file = stat_of(path);

	ending = false;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, (void *)path), 0);
	int leaked = 0;
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(has_lock_descriptor(&file) ? 1 : 0);
		int status;
		if (waitpid(pid, &status, 0) != pid || status != 0)
			leaked++;
	}
	ending = true;
	for (int i = 0; i < THREADS; i++) {
		void *complaint;
		assert_int_equal(pthread_join(threads[i], &complaint), 0);
		assert_null(complaint);
	}
	assert_int_equal(leaked, 0);
}

/*
 * The worst moment for a fork: the lock is open, and the list does not know it yet. One thread is
 * stopped there, until another one has forked or waits to be let to.
 */
struct moment {
	pid_t (*fork_way)(void);
	struct stat file;
	int begin[2]; /* to the forking thread */
	_Atomic pid_t thread;
	atomic_bool forked;
	bool leaked;
};

static pid_t clone_without_handlers(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void *fork_when_told(void *data)
{
	struct moment *moment = data;
	char word;
	int status = -1;
	moment->thread = (pid_t)syscall(SYS_gettid);
	if (read(moment->begin[0], &word, 1) != 1)
		return NULL;
	pid_t pid = moment->fork_way();
	if (pid == 0)
		_exit(has_lock_descriptor(&moment->file) ? 1 : 0);
	if (pid > 0 && waitpid(pid, &status, 0) == pid)
		moment->leaked = status != 0;
	moment->forked = true;
	return NULL;
}

static void let_another_thread_fork(void *data)
{
	struct moment *moment = data;
	char path[64], word = 'f';
	snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)moment->thread);
	if (write(moment->begin[1], &word, 1) != 1)
		return;
	while (!moment->forked && !sleeps(path))
		sched_yield();
}

static bool fork_between_open_and_link_leaks(pid_t (*fork_way)(void))
{
	const char *path = path_of("lock");
	struct moment moment = {.fork_way = fork_way};
	pthread_t thread;

	write_file(path, "");
	moment.file = stat_of(path);
	assert_int_equal(pipe2(moment.begin, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&thread, NULL, fork_when_told, &moment), 0);
	while (moment.thread == 0)
		sched_yield();
	after_call(CALL_OPEN, 1, let_another_thread_fork, &moment);
	assert_true(sl_registry_open(&entries[0], AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) >= 0);
	stop_watching();
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(moment.forked);
	close(moment.begin[0]);
	close(moment.begin[1]);
	return moment.leaked;
}

static void fork_between_open_and_link_waits(void **state)
{
	(void)state;
	assert_false(fork_between_open_and_link_leaks(fork));
}

static void control_a_clone_that_skips_the_handlers_has_the_descriptor(void **state)
{
	(void)state;
	assert_true(fork_between_open_and_link_leaks(clone_without_handlers));
}

/* --- Above the standard descriptors --- */

static void move_descriptors(void *data)
{
	(void)data;
	expect(sl_above_standard_descriptors(-1) == -1);
	int high = open("/dev/null", O_RDONLY | O_CLOEXEC);
	expect(high > STDERR_FILENO && sl_above_standard_descriptors(high) == high);
	for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++) {
		int errors = dup(STDERR_FILENO);
		close(number);
		expect(open("/dev/null", O_RDONLY) == number);
		int moved = sl_above_standard_descriptors(number);
		bool closed = fcntl(number, F_GETFD) == -1 && errno == EBADF;
		expect(dup2(errors, number) == number);
		expect(moved > STDERR_FILENO && fcntl(moved, F_GETFD) == FD_CLOEXEC && closed);
		close(moved);

		close(number);
		expect(open("/dev/null", O_RDONLY) == number);
		watch_calls();
		refuse_call(CALL_FCNTL, 1, EMFILE);
		moved = sl_above_standard_descriptors(number);
		int error = errno;
		stop_watching();
		closed = fcntl(number, F_GETFD) == -1 && errno == EBADF;
		expect(dup2(errors, number) == number);
		expect(moved == -1 && error == EMFILE && closed);
		close(errors);
	}
	close(high);
}

static void descriptor_is_moved_above_the_standard_ones_or_closed(void **state)
{
	(void)state;
	in_child(move_descriptors, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		registry_test(entries_come_newest_first),
		registry_test(contexts_see_only_their_own_entries),
		registry_test(closing_twice_or_what_was_never_open_is_safe),
		registry_test(failed_open_links_nothing),
		registry_test(interrupted_open_is_repeated),
		registry_test(lock_never_takes_the_place_of_a_closed_standard_descriptor),
		registry_test(starting_again_does_not_close_twice),
		registry_test(child_has_only_the_inheritable_descriptors),
		registry_test(child_has_no_descriptor_that_is_still_waiting_for_its_lock),
		registry_test(control_a_descriptor_outside_the_registry_stays_open_in_a_child),
		registry_test(children_forked_amid_opening_and_closing_have_no_descriptor),
		registry_test(fork_between_open_and_link_waits),
		registry_test(control_a_clone_that_skips_the_handlers_has_the_descriptor),
		registry_test(descriptor_is_moved_above_the_standard_ones_or_closed),
	};
	return cmocka_run_group_tests_name("core: registry", tests, NULL, NULL);
}
