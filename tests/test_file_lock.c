#include "fixture.h"

#include "file_lock.h"
#include "lock_path.h"

#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LABEL   "nightly backup"
#define COMMAND "ee site backup example.com"

/* --- The locks of a test, freed when it ends, however it ends --- */

#define LOCKS_MAX 64

static struct sl_lock *made[LOCKS_MAX];
static unsigned made_count;

static int set_up(void **state)
{
	made_count = 0;
	return fixture_set_up(state);
}

static int tear_down(void **state)
{
	stop_watching();
	while (made_count > 0)
		sl_lock_free(made[--made_count]);
	return fixture_tear_down(state);
}

#define lock_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static struct sl_lock *make_kind(const struct sl_lock_options *options, bool record)
{
	struct sl_lock *lock = sl_file_lock_new(options, 0600, record);
	if (lock == NULL || made_count == LOCKS_MAX)
		abort();
	made[made_count++] = lock;
	return lock;
}

static struct sl_lock *make_with(const struct sl_lock_options *options)
{
	return make_kind(options, true);
}

/* Frees it before the test ends. */
static void drop(struct sl_lock *lock)
{
	unsigned i = 0;
	while (i < made_count && made[i] != lock)
		i++;
	if (i == made_count)
		abort();
	made[i] = made[--made_count];
	sl_lock_free(lock);
}

/* --- What the tests say in one word --- */

static struct sl_lock_options options_for(const char *path)
{
	return (struct sl_lock_options){.path = path, .label = LABEL, .command = COMMAND};
}

static struct sl_lock *make(const char *path)
{
	struct sl_lock_options options = options_for(path);
	return make_with(&options);
}

static struct sl_lock *make_without_record(const char *path)
{
	struct sl_lock_options options = options_for(path);
	return make_kind(&options, false);
}

static enum sl_result acquire(struct sl_lock *lock, enum sl_mode mode)
{
	struct sl_failure failure;
	return sl_lock_acquire(lock, mode, &failure);
}

static enum sl_result take(struct sl_lock *lock)
{
	return acquire(lock, SL_EXCLUSIVE);
}

static enum sl_result release(struct sl_lock *lock)
{
	struct sl_failure failure;
	return sl_lock_release(lock, NULL, &failure);
}

static enum sl_result give_up(struct sl_lock *lock, const char *end)
{
	struct sl_failure failure;
	return sl_lock_release(lock, end, &failure);
}

static enum sl_result check(struct sl_lock *lock)
{
	struct sl_failure failure;
	return sl_lock_check(lock, &failure);
}

static enum sl_result removes(struct sl_lock *lock)
{
	struct sl_failure failure;
	bool removed;
	return sl_file_lock_remove(lock, &removed, &failure);
}

static enum sl_result mark_consistent(struct sl_lock *lock)
{
	struct sl_failure failure;
	return sl_file_lock_mark_consistent(lock, &failure);
}

static void set_inheritable(struct sl_lock *lock, bool on)
{
	struct sl_failure failure;
	if (sl_lock_set_inheritable(lock, on, &failure) != SL_OK)
		abort();
}

/* Held, and on the file that everybody else finds there. */
static void assert_held(struct sl_lock *lock, const char *path)
{
	assert_true(sl_lock_is_held(lock));
	assert_int_equal(check(lock), SL_OK);
	assert_true(is_locked(path));
}

static void assert_not_held(struct sl_lock *lock)
{
	assert_false(sl_lock_is_held(lock));
	assert_int_equal(check(lock), SL_NOT_HELD);
}

static struct sl_record record_of(const char *path)
{
	struct sl_record record;
	struct sl_failure failure;
	struct sl_record_bytes bytes;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(sl_record_read(fd, &bytes, &failure), SL_OK);
	close(fd);
	sl_record_decode(&record, bytes.bytes, bytes.length);
	return record;
}

/* Those whom it found abandoned, and it did. */
static const struct sl_abandoned *abandoned_of(const struct sl_lock *lock)
{
	const struct sl_abandoned *abandoned = sl_file_lock_abandoned(lock);
	assert_non_null(abandoned);
	return abandoned;
}

/* How many owners the next one finds abandoned; it leaves all as it was. */
static unsigned abandoned_at(const char *path)
{
	struct sl_lock *lock = make_without_record(path);
	assert_int_equal(take(lock), SL_OK);
	const struct sl_abandoned *abandoned = sl_file_lock_abandoned(lock);
	unsigned total = abandoned == NULL ? 0 : abandoned->total;
	drop(lock);
	return total;
}

/* A child that has the lock, and waits for a word to let go of it. */
static void hold_lock(void *path)
{
	struct sl_lock *lock = make(path);
	expect(take(lock) == SL_OK);
	say('h');
	await();
	drop(lock);
}

static void hold_lock_shared(void *path)
{
	struct sl_lock *lock = make(path);
	expect(acquire(lock, SL_SHARED) == SL_OK);
	say('h');
	await();
	drop(lock);
}

static struct child start_holder(void (*hold)(void *path), const char *path)
{
	struct child child = start_child(hold, (void *)path);
	assert_int_equal(child_hear(&child), 'h');
	return child;
}

/* Somebody takes the lock and is killed; his pid. */
static pid_t die_holding(const char *path)
{
	struct child child = start_holder(hold_lock, path);
	child_kill(&child);
	return child.pid;
}

/* --- Holding --- */

static void lock_is_held_from_acquire_to_release(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	assert_not_held(lock);
	assert_false(exists(path));
	assert_int_equal(take(lock), SL_OK);
	assert_held(lock, path);
	assert_int_equal(sl_lock_mode(lock), SL_EXCLUSIVE);
	assert_int_equal(release(lock), SL_OK);
	assert_not_held(lock);
	assert_false(is_locked(path));
	assert_true(exists(path));
}

static void lock_can_be_taken_again_and_again(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	for (unsigned i = 1; i <= 100; i++) {
		assert_int_equal(acquire(lock, i % 3 == 0 ? SL_SHARED : SL_EXCLUSIVE), SL_OK);
		assert_null(sl_file_lock_abandoned(lock));
		assert_int_equal(sl_lock_generation(lock), i);
		assert_int_equal(release(lock), SL_OK);
	}
}

static void releasing_or_removing_what_is_not_held_is_harmless(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path), *other = make(path);
	assert_int_equal(take(other), SL_OK);
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(give_up(lock, "failed"), SL_OK);
	assert_int_equal(removes(lock), SL_NOT_HELD);
	assert_int_equal(mark_consistent(lock), SL_NOT_HELD);
	drop(lock);
	sl_lock_free(NULL);
	assert_held(other, path);
}

static void freeing_a_held_lock_releases_it_in_good_order(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	drop(lock);
	assert_false(is_locked(path));
	assert_int_equal(record_of(path).state, SL_RECORD_RELEASED);
}

static void exclusive_lock_keeps_everybody_out(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child holder = start_holder(hold_lock, path);
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_BUSY);
	assert_int_equal(acquire(lock, SL_SHARED), SL_BUSY);
	assert_not_held(lock);
	assert_int_equal(sl_lock_generation(lock), 0);
	assert_false(has_descriptor_of(path));
	child_tell(&holder, 'r');
	assert_int_equal(child_finish(&holder), 0);
	assert_int_equal(take(lock), SL_OK);
}

static void shared_lock_lets_in_those_who_share_only(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child holder = start_holder(hold_lock_shared, path);
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_BUSY);
	assert_int_equal(acquire(lock, SL_SHARED), SL_OK);
	assert_int_equal(sl_lock_mode(lock), SL_SHARED);
	assert_held(lock, path);
	child_kill(&holder);
	assert_held(lock, path);
	drop(lock);
	assert_false(is_locked(path));
}

static void lock_of_another_program_is_respected_and_seen(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	write_file(path, "example.com (PID: 4211)");
	int fd = take_flock(path, LOCK_EX);
	assert_int_equal(take(lock), SL_BUSY);
	assert_file_text(path, "example.com (PID: 4211)");
	close(fd);
	assert_int_equal(take(lock), SL_OK);
	assert_null(sl_file_lock_abandoned(lock));
}

static void context_finds_its_held_locks_newest_first(void **state)
{
	(void)state;
	static const char *const names[] = {"first", "second", "third"};
	int context, object, other;
	struct sl_lock *locks[3];
	for (int i = 0; i < 3; i++) {
		struct sl_lock_options options = options_for(path_of(names[i]));
		options.context = i == 1 ? (void *)&other : &context;
		options.object = &object;
		locks[i] = make_with(&options);
		assert_ptr_equal(sl_lock_object(locks[i]), &object);
	}
	assert_null(sl_lock_next(NULL, &context));
	for (int i = 0; i < 3; i++)
		assert_int_equal(take(locks[i]), SL_OK);
	assert_ptr_equal(sl_lock_next(NULL, &context), locks[2]);
	assert_ptr_equal(sl_lock_next(locks[2], &context), locks[0]);
	assert_null(sl_lock_next(locks[0], &context));
	assert_ptr_equal(sl_lock_next(NULL, &other), locks[1]);
	assert_int_equal(release(locks[2]), SL_OK);
	assert_ptr_equal(sl_lock_next(NULL, &context), locks[0]);
	sl_lock_set_object(locks[0], NULL);
	assert_null(sl_lock_object(locks[0]));
}

static void lock_of_the_same_context_is_known_to_stand_in_the_way(void **state)
{
	(void)state;
	int mine, theirs;
	const char *path = path_of("lock");
	struct sl_lock_options options = options_for(path);
	options.context = &mine;
	struct sl_lock *held = make_with(&options), *wanted = make_with(&options);
	options.context = &theirs;
	struct sl_lock *stranger = make_with(&options);
	options = options_for(path_of("other"));
	options.context = &mine;
	struct sl_lock *elsewhere = make_with(&options);

	/* It is asked about the last try, and what that found busy. */
	assert_false(sl_lock_blocks_itself(wanted));
	assert_int_equal(take(held), SL_OK);
	assert_false(sl_lock_blocks_itself(wanted));
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(acquire(wanted, mode), SL_BUSY);
		assert_true(sl_lock_blocks_itself(wanted));
		assert_int_equal(acquire(stranger, mode), SL_BUSY);
		assert_false(sl_lock_blocks_itself(stranger));
	}
	assert_false(sl_lock_blocks_itself(held));
	assert_int_equal(take(elsewhere), SL_OK);
	assert_false(sl_lock_blocks_itself(elsewhere));
	assert_int_equal(release(held), SL_OK);
	assert_false(sl_lock_blocks_itself(wanted));
	assert_int_equal(acquire(held, SL_SHARED), SL_OK);
	assert_int_equal(take(wanted), SL_BUSY);
	assert_true(sl_lock_blocks_itself(wanted));
	/* Another one that shares is in the way of who wants it alone, and this one is not. */
	struct child other = start_holder(hold_lock_shared, path);
	assert_int_equal(release(held), SL_OK);
	assert_int_equal(take(wanted), SL_BUSY);
	assert_false(sl_lock_blocks_itself(wanted));
	child_kill(&other);
}

static void lock_that_is_merely_taken_stands_in_the_way_too(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_failure failure;
	struct sl_lock *taken = make(path), *wanted = make(path);
	assert_int_equal(sl_lock_take(taken, SL_EXCLUSIVE, &failure), SL_OK);
	assert_int_equal(take(wanted), SL_BUSY);
	assert_true(sl_lock_blocks_itself(wanted));
	sl_lock_give_up(taken);
	assert_false(sl_lock_blocks_itself(wanted));
}

/* The file that it holds is not in the way of one that has taken its place. */
static void lock_on_a_file_that_was_replaced_does_not_stand_in_the_way(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *held = make(path), *wanted = make(path);
	assert_int_equal(take(held), SL_OK);
	replace_file((void *)path);
	int other = take_flock(path, LOCK_EX);
	assert_int_equal(take(wanted), SL_BUSY);
	assert_false(sl_lock_blocks_itself(wanted));
	close(other);
}

/* --- The file is removed or replaced --- */

static void file_removed_before_flock_is_not_locked_as_an_orphan(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	write_file(path, "");
	before_call(CALL_FLOCK, 1, remove_file, (void *)path);
	assert_int_equal(take(lock), SL_OK);
	assert_true(rule_applied());
	stop_watching();
	assert_held(lock, path);
}

static void link_victim(void *path)
{
	char victim[PATH_MAX];
	snprintf(victim, sizeof victim, "%s.victim", (const char *)path);
	if (link(victim, path) != 0)
		fail_msg("link: %s", strerror(errno));
}

/* It has one name only in the moment in which it is judged. */
static void victim_that_loses_its_second_name_for_a_moment_is_refused(void **state)
{
	(void)state;
	const char *path = path_of("lock"), *victim = path_of("lock.victim");
	struct sl_lock *lock = make(path);
	write_file(victim, "precious");
	link_victim((void *)path);
	watch_calls();
	before_call(CALL_FSTAT, 1, remove_file, (void *)path);
	before_call(CALL_FLOCK, 1, link_victim, (void *)path);
	assert_int_equal(take(lock), SL_UNSAFE_LINKS);
	assert_true(rule_applied());
	stop_watching();
	assert_false(sl_lock_is_held(lock));
	assert_file_text(victim, "precious");
	assert_false(is_locked(victim));
}

static void file_replaced_before_flock_is_not_locked_as_an_orphan(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		write_file(path, "");
		watch_calls();
		before_call(CALL_FLOCK, 1, replace_file, (void *)path);
		assert_int_equal(acquire(lock, mode), SL_OK);
		assert_true(rule_applied());
		stop_watching();
		assert_held(lock, path);
		assert_int_equal(release(lock), SL_OK);
	}
}

static void file_replaced_after_flock_is_not_locked_as_an_orphan(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	write_file(path, "");
	after_call(CALL_FLOCK, 1, replace_file, (void *)path);
	assert_int_equal(take(lock), SL_OK);
	assert_true(rule_applied());
	stop_watching();
	assert_held(lock, path);
}

/* What everybody else does. */
static void control_without_the_compare_the_lock_is_on_an_orphan(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct stat st;
	write_file(path, "");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	replace_file((void *)path);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_not_equal(st.st_ino, inode_of(path));
	assert_int_equal(st.st_nlink, 0);
	/* And the next one gets "the lock" as well. */
	assert_false(is_locked(path));
	close(fd);
}

static void remove_through_its_lock(void *lock)
{
	if (removes(lock) != SL_OK)
		abort();
}

/* A waiter opened the file, its holder removes it and is gone: there is nothing left to wait for.
 */
static void file_removed_by_its_holder_before_flock_is_made_anew(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *holder = make(path), *lock = make(path);
	assert_int_equal(take(holder), SL_OK);
	before_call(CALL_FLOCK, 1, remove_through_its_lock, holder);
	assert_int_equal(take(lock), SL_OK);
	assert_true(rule_applied());
	stop_watching();
	assert_held(lock, path);
	assert_not_held(holder);
}

static void file_replaced_at_every_try_ends_as_busy(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	before_every_call(CALL_FLOCK, replace_file, (void *)path);
	assert_int_equal(take(lock), SL_BUSY);
	assert_in_range(call_count(CALL_FLOCK), 2, 10000);
	stop_watching();
	assert_not_held(lock);
	assert_false(is_locked(path));
	assert_false(has_descriptor_of(path));
}

static void lock_whose_file_is_removed_or_replaced_is_lost(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	static void (*const away[])(void *path) = {remove_file, replace_file};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(take(lock), SL_OK);
		away[i]((void *)path);
		assert_int_equal(check(lock), SL_LOST);
		assert_true(sl_lock_is_held(lock));
		assert_int_equal(release(lock), SL_LOST);
		assert_not_held(lock);
	}
	assert_file_text(path, "");
}

static void lost_lock_removes_no_file_of_others(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	replace_file((void *)path);
	assert_int_equal(removes(lock), SL_LOST);
	assert_true(exists(path));
	assert_not_held(lock);
}

static void remove_takes_the_file_away_and_releases(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	watch_calls();
	assert_int_equal(removes(lock), SL_OK);
	/* Still locked when the name goes. */
	assert_string_equal(call_trace(), "lstat unlink flock(LOCK_UN) close ");
	assert_false(exists(path));
	assert_not_held(lock);
}

static void shared_lock_removes_nothing(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	assert_int_equal(acquire(lock, SL_SHARED), SL_OK);
	assert_int_equal(removes(lock), SL_NOT_HELD);
	assert_held(lock, path);
}

static void lock_whose_file_cannot_be_removed_stays_held(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_failure failure;
	struct sl_lock *lock = make(path);
	bool removed = true;
	static const enum call calls[] = {CALL_LSTAT, CALL_UNLINK};
	assert_int_equal(take(lock), SL_OK);
	for (int i = 0; i < 2; i++) {
		watch_calls();
		refuse_call(calls[i], 1, EACCES);
		assert_int_equal(sl_file_lock_remove(lock, &removed, &failure), SL_SYSTEM);
		stop_watching();
		assert_string_equal(failure.call, call_name(calls[i]));
		assert_int_equal(failure.number, EACCES);
		assert_held(lock, path);
	}
}

static void file_that_tells_of_a_dead_owner_is_released_and_not_removed(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_failure failure;
	bool removed = true;
	die_holding(path);
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(sl_file_lock_remove(lock, &removed, &failure), SL_OK);
	assert_false(removed);
	assert_not_held(lock);
	assert_false(is_locked(path));
	assert_int_equal(abandoned_at(path), 1);
}

/* Shared memory of all who want the lock: how many are inside. */
struct room {
	const char *path;
	_Atomic int inside;
	_Atomic int crowded;
};

static void come_and_go(void *data)
{
	struct room *room = data;
	struct sl_lock *lock = make(room->path);
	await();
	for (int visit = 0; visit < 300;) {
		enum sl_result result = take(lock);
		expect(result == SL_OK || result == SL_BUSY);
		if (result == SL_BUSY) {
			sched_yield();
			continue;
		}
		if (++room->inside != 1)
			room->crowded++;
		sched_yield();
		room->inside--;
		result = ++visit % 3 == 0 ? release(lock) : removes(lock);
		expect(result == SL_OK);
	}
	drop(lock);
	say('d');
}

static void two_are_never_inside_though_all_remove_the_file(void **state)
{
	(void)state;
	struct child children[4];
	struct room *room =
		mmap(NULL, sizeof *room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(room, MAP_FAILED);
	room->path = path_of("lock");
	for (int i = 0; i < 4; i++)
		children[i] = start_child(come_and_go, room);
	for (int i = 0; i < 4; i++)
		child_tell(&children[i], 'g');
	for (int i = 0; i < 4; i++)
		assert_int_equal(child_hear(&children[i]), 'd');
	assert_int_equal(room->crowded, 0);
	munmap(room, sizeof *room);
}

/* --- The record and the abandoned --- */

static void record_says_who_holds_and_then_that_it_was_released(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	const struct sl_self *self = sl_process_self();
	assert_int_equal(take(lock), SL_OK);
	struct sl_record record = record_of(path);
	assert_int_equal(record.state, SL_RECORD_HELD);
	assert_int_equal(record.owner.process.pid, getpid());
	assert_true(record.owner.process.start == self->process.start);
	assert_true(record.owner.process.pid_namespace == self->process.pid_namespace);
	assert_string_equal(record.owner.process.boot_id, self->process.boot_id);
	assert_string_equal(record.owner.host, self->host);
	assert_string_equal(record.owner.user, self->user);
	assert_string_equal(record.owner.label, LABEL);
	assert_string_equal(record.owner.command, COMMAND);
	assert_string_equal(record.owner.end, "");
	assert_true(record.owner.since.tv_sec > 0);
	assert_int_equal(record.owner.until.tv_sec, 0);
	assert_int_equal(record.abandoned.total, 0);
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(record_of(path).state, SL_RECORD_RELEASED);
}

static void shared_holders_and_locks_without_record_write_nothing(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *shared = make(path), *silent = make_without_record(path);
	write_file(path, "not ours");
	watch_calls();
	assert_int_equal(acquire(shared, SL_SHARED), SL_OK);
	assert_int_equal(mark_consistent(shared), SL_NOT_HELD);
	assert_int_equal(give_up(shared, "failed"), SL_OK);
	assert_int_equal(take(silent), SL_OK);
	assert_int_equal(mark_consistent(silent), SL_NOT_HELD);
	assert_int_equal(give_up(silent, "failed"), SL_OK);
	assert_int_equal(call_count(CALL_PWRITE), 0);
	assert_file_text(path, "not ours");
}

static void killed_owner_is_reported_to_the_next(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	pid_t dead = die_holding(path);
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	const struct sl_abandoned *abandoned = abandoned_of(lock);
	assert_int_equal(abandoned->total, 1);
	assert_int_equal(abandoned->count, 1);
	assert_int_equal(abandoned->owners[0].process.pid, dead);
	assert_string_equal(abandoned->owners[0].label, LABEL);
	assert_string_equal(abandoned->owners[0].command, COMMAND);
	assert_string_equal(abandoned->owners[0].end, SL_END_KILLED);
	assert_true(abandoned->owners[0].until.tv_sec >= abandoned->owners[0].since.tv_sec);
}

static void killed_owner_is_reported_to_shared_holders_and_without_record_too(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	pid_t dead = die_holding(path);
	struct sl_lock *locks[] = {make(path), make(path), make_without_record(path)};
	for (int i = 0; i < 2; i++)
		assert_int_equal(acquire(locks[i], SL_SHARED), SL_OK);
	assert_int_equal(acquire(locks[2], SL_SHARED), SL_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(abandoned_of(locks[i])->owners[0].process.pid, dead);
		drop(locks[i]);
	}
	assert_int_equal(abandoned_at(path), 1);
}

static void killed_shared_holder_is_nobodys_business(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child holder = start_holder(hold_lock_shared, path);
	child_kill(&holder);
	assert_int_equal(abandoned_at(path), 0);
}

static void abandonment_stays_until_it_is_marked_consistent(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	die_holding(path);
	struct sl_lock *lock = make(path);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(take(lock), SL_OK);
		assert_int_equal(abandoned_of(lock)->total, 1);
		assert_int_equal(release(lock), SL_OK);
	}
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(mark_consistent(lock), SL_OK);
	assert_null(sl_file_lock_abandoned(lock));
	assert_int_equal(record_of(path).abandoned.total, 0);
	assert_int_equal(mark_consistent(lock), SL_OK);
	assert_held(lock, path);
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(abandoned_at(path), 0);
}

static void abandonment_is_kept_by_those_who_die_or_fail_after_it(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	pid_t dead[6];
	for (unsigned i = 0; i < 6; i++)
		dead[i] = die_holding(path);
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(give_up(lock, "out of \x1b memory"), SL_OK);
	struct sl_record record = record_of(path);
	assert_int_equal(record.state, SL_RECORD_FAILED);
	assert_string_equal(record.owner.end, "out of \\x1b memory");
	assert_true(record.owner.until.tv_sec > 0);

	assert_int_equal(take(lock), SL_OK);
	const struct sl_abandoned *abandoned = abandoned_of(lock);
	assert_int_equal(abandoned->total, 7);
	assert_int_equal(abandoned->count, SL_ABANDONED_MAX);
	assert_int_equal(abandoned->owners[0].process.pid, dead[0]);
	assert_int_equal(abandoned->owners[1].process.pid, dead[4]);
	assert_int_equal(abandoned->owners[2].process.pid, dead[5]);
	assert_int_equal(abandoned->owners[3].process.pid, getpid());
	assert_string_equal(abandoned->owners[3].end, "out of \\x1b memory");
}

static void owner_who_marked_consistent_and_died_is_abandoned_alone(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	die_holding(path);
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(mark_consistent(lock), SL_OK);
	assert_int_equal(give_up(lock, "failed"), SL_OK);
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(abandoned_of(lock)->total, 1);
	assert_int_equal(abandoned_of(lock)->owners[0].process.pid, getpid());
}

/* On ext4 a file that changes its size costs about fifty times more to write. */
static void record_in_the_file_never_shrinks(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	for (int i = 0; i < SL_ABANDONED_MAX; i++)
		die_holding(path);
	const size_t size = record_of(path).size;
	assert_true(size > SL_RECORD_STEP);
	struct sl_lock *lock = make(path);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(take(lock), SL_OK);
		assert_int_equal(mark_consistent(lock), SL_OK);
		assert_true(record_of(path).size >= size);
		assert_int_equal(release(lock), SL_OK);
		assert_true(record_of(path).size >= size);
		assert_true(state_of(path).size == (off_t)record_of(path).size);
	}
}

/* --- Writes that fail --- */

static void assert_acquire_fails_on_full_disk(const char *path)
{
	struct sl_failure failure = {0};
	struct sl_lock *lock = make(path);
	refuse_call(CALL_PWRITE, 1, ENOSPC);
	assert_int_equal(sl_lock_acquire(lock, SL_EXCLUSIVE, &failure), SL_SYSTEM);
	stop_watching();
	assert_string_equal(failure.call, "pwrite");
	assert_int_equal(failure.number, ENOSPC);
	assert_not_held(lock);
	assert_null(sl_file_lock_abandoned(lock));
	assert_false(is_locked(path));
	assert_false(has_descriptor_of(path));
	drop(lock);
}

static void acquire_on_a_full_disk_fails_and_leaves_the_lock_free(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	assert_acquire_fails_on_full_disk(path);
	assert_int_equal(abandoned_at(path), 0);
}

static void acquire_on_a_full_disk_keeps_an_earlier_abandonment(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	die_holding(path);
	assert_acquire_fails_on_full_disk(path);
	assert_int_equal(abandoned_at(path), 1);
}

/* The disk is full in the middle of the record: a record that grew, or a limit on file sizes. */
static void acquire_whose_write_breaks_off_keeps_an_earlier_abandonment(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	die_holding(path);
	struct sl_lock *lock = make(path);
	shorten_write(1, 100);
	refuse_call(CALL_PWRITE, 2, ENOSPC);
	assert_int_equal(take(lock), SL_SYSTEM);
	stop_watching();
	drop(lock);
	assert_false(is_locked(path));
	assert_true(abandoned_at(path) >= 1);
}

static void release_whose_write_fails_unlocks_and_warns_the_next(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	static const char *const ends[] = {NULL, "failed"};
	for (int i = 0; i < 2; i++) {
		struct sl_lock *lock = make(path);
		assert_int_equal(take(lock), SL_OK);
		watch_calls();
		refuse_calls_from(CALL_PWRITE, 1, ENOSPC);
		assert_int_equal(give_up(lock, ends[i]), SL_OK);
		assert_true(rule_applied());
		stop_watching();
		assert_not_held(lock);
		assert_false(is_locked(path));
		assert_int_equal(take(lock), SL_OK);
		assert_int_equal(abandoned_of(lock)->owners[0].process.pid, getpid());
		assert_int_equal(mark_consistent(lock), SL_OK);
		drop(lock);
	}
}

static void release_whose_write_breaks_off_warns_the_next(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	shorten_write(1, 100);
	refuse_call(CALL_PWRITE, 2, ENOSPC);
	assert_int_equal(give_up(lock, "failed"), SL_OK);
	assert_true(call_count(CALL_PWRITE) == 3); /* the third puts back what the first overwrote */
	stop_watching();
	assert_false(is_locked(path));
	assert_true(abandoned_at(path) >= 1);
}

static void release_that_breaks_off_keeps_an_earlier_abandonment(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	die_holding(path);
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	shorten_write(1, 20);
	refuse_call(CALL_PWRITE, 2, ENOSPC);
	assert_int_equal(release(lock), SL_OK);
	assert_true(rule_applied());
	stop_watching();
	assert_false(is_locked(path));
	assert_true(abandoned_at(path) >= 1);
}

static void mark_consistent_whose_write_breaks_off_keeps_the_abandonment(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	die_holding(path);
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	shorten_write(1, 100);
	refuse_call(CALL_PWRITE, 2, ENOSPC);
	assert_int_equal(mark_consistent(lock), SL_SYSTEM);
	stop_watching();
	assert_int_equal(record_of(path).abandoned.total, 1);
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(abandoned_at(path), 1);
}

static void mark_consistent_that_fails_keeps_the_abandonment(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_failure failure;
	die_holding(path);
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	refuse_call(CALL_PWRITE, 1, ENOSPC);
	assert_int_equal(sl_file_lock_mark_consistent(lock, &failure), SL_SYSTEM);
	stop_watching();
	assert_string_equal(failure.call, "pwrite");
	assert_int_equal(failure.number, ENOSPC);
	assert_held(lock, path);
	assert_int_equal(abandoned_of(lock)->total, 1);
	assert_int_equal(record_of(path).abandoned.total, 1);
}

static void abandonment_outlives_the_release_after_a_failed_mark_consistent(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	die_holding(path);
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	refuse_call(CALL_PWRITE, 1, ENOSPC);
	assert_int_equal(mark_consistent(lock), SL_SYSTEM);
	stop_watching();
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(record_of(path).state, SL_RECORD_RELEASED);
	assert_int_equal(abandoned_at(path), 1);
}

/* --- Calls that fail --- */

static void lock_is_unsupported_where_the_kernel_says_so(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	static const int numbers[] = {ENOLCK, EOPNOTSUPP, ENOSYS};
	struct sl_failure failure;
	struct sl_lock *lock = make(path);
	for (size_t i = 0; i < 2 * sizeof numbers / sizeof *numbers; i++) {
		watch_calls();
		refuse_call(CALL_FLOCK, 1, numbers[i / 2]);
		enum sl_result result =
			sl_lock_acquire(lock, i % 2 == 0 ? SL_EXCLUSIVE : SL_SHARED, &failure);
		stop_watching();
		assert_int_equal(result, SL_UNSUPPORTED);
		assert_string_equal(failure.call, "flock");
		assert_int_equal(failure.number, numbers[i / 2]);
		assert_not_held(lock);
		assert_false(has_descriptor_of(path));
	}
}

static const int errors[] = {EIO, ENOMEM, EACCES, EMFILE, ENOSPC, EINTR};
static const enum call calls[] = {CALL_OPEN, CALL_FLOCK, CALL_FSTAT, CALL_LSTAT, CALL_PREAD,
	CALL_PWRITE, CALL_FCHMOD, CALL_MALLOC};

/* What an acquire finds there. */
enum scene { MISSING, RELEASED, ABANDONED, SCENES };

static void set_scene(enum scene scene, const char *path)
{
	if (exists(path))
		remove_file((void *)path);
	if (scene == MISSING)
		return;
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(give_up(lock, scene == ABANDONED ? "failed" : NULL), SL_OK);
	drop(lock);
}

static bool is_repeated_when_interrupted(enum call call)
{
	return call == CALL_OPEN || call == CALL_FLOCK || call == CALL_PREAD || call == CALL_PWRITE;
}

/* Whatever failed: it is held or it is not, and what it says of itself is what others find. */
static void assert_acquire_survives(
	const char *path, enum scene scene, enum sl_mode mode, enum call call, int number)
{
	struct sl_failure failure = {0};
	struct sl_lock *lock = make(path);
	unsigned descriptors = descriptor_count();
	unsigned nth = 0;
	do {
		set_scene(scene, path);
		watch_calls();
		refuse_call(call, ++nth, number);
		enum sl_result result = sl_lock_acquire(lock, mode, &failure);
		stop_watching();
		if (result == SL_OK) {
			assert_held(lock, path);
			if (rule_applied())
				assert_true(number == EINTR || (mode == SL_SHARED && call == CALL_OPEN));
			assert_int_equal(release(lock), SL_OK);
		} else {
			assert_true(rule_applied());
			assert_int_equal(result, SL_SYSTEM);
			assert_string_equal(failure.call, call_name(call));
			assert_int_equal(failure.number, number);
			assert_false(number == EINTR && is_repeated_when_interrupted(call));
		}
		assert_not_held(lock);
		assert_int_equal(descriptor_count(), descriptors);
		if (exists(path)) {
			assert_false(is_locked(path));
			assert_int_equal(abandoned_at(path), scene == ABANDONED ? 1 : 0);
		}
	} while (rule_applied());
	drop(lock);
}

static void acquire_survives_the_failure_of_every_call(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	sl_process_self();
	for (unsigned scene = MISSING; scene < SCENES; scene++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
			for (size_t call = 0; call < sizeof calls / sizeof *calls; call++)
				for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
					assert_acquire_survives(path, scene, mode, calls[call], errors[i]);
}

static void assert_release_survives(
	const char *path, enum scene scene, const char *end, enum call call, int number)
{
	struct sl_failure failure = {0};
	struct sl_lock *lock = make(path);
	unsigned descriptors = descriptor_count();
	unsigned nth = 0;
	do {
		set_scene(scene, path);
		assert_int_equal(take(lock), SL_OK);
		watch_calls();
		refuse_call(call, ++nth, number);
		enum sl_result result = sl_lock_release(lock, end, &failure);
		stop_watching();
		if (result != SL_OK) {
			assert_int_equal(result, SL_SYSTEM);
			assert_int_equal(call, CALL_LSTAT);
			assert_string_equal(failure.call, "lstat");
			assert_int_equal(failure.number, number);
		}
		assert_not_held(lock);
		assert_false(is_locked(path));
		assert_int_equal(descriptor_count(), descriptors);
		unsigned wanted = scene == ABANDONED ? 1 : 0;
		if (end != NULL || (call == CALL_PWRITE && number != EINTR && rule_applied()))
			wanted++;
		assert_int_equal(abandoned_at(path), wanted);
	} while (rule_applied());
	drop(lock);
}

static void release_survives_the_failure_of_every_call(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	static const char *const ends[] = {NULL, "failed"};
	sl_process_self();
	for (unsigned scene = MISSING; scene < SCENES; scene++)
		for (unsigned end = 0; end < 2; end++)
			for (size_t call = 0; call < sizeof calls / sizeof *calls; call++)
				for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
					assert_release_survives(path, scene, ends[end], calls[call], errors[i]);
}

static void lock_is_not_made_without_memory(void **state)
{
	(void)state;
	struct sl_lock_options options = options_for(path_of("lock"));
	refuse_call(CALL_CALLOC, 1, ENOMEM);
	assert_null(sl_file_lock_new(&options, 0600, true));
	watch_calls();
	refuse_call(CALL_STRDUP, 1, ENOMEM);
	assert_null(sl_file_lock_new(&options, 0600, true));
	assert_true(rule_applied());
}

static void acquire_without_memory_for_the_abandoned_fails_and_keeps_them(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_failure failure;
	die_holding(path);
	struct sl_lock *lock = make(path);
	refuse_call(CALL_MALLOC, 1, ENOMEM);
	assert_int_equal(sl_lock_acquire(lock, SL_EXCLUSIVE, &failure), SL_SYSTEM);
	assert_true(rule_applied());
	stop_watching();
	assert_string_equal(failure.call, "malloc");
	assert_int_equal(failure.number, ENOMEM);
	assert_not_held(lock);
	assert_false(is_locked(path));
	assert_int_equal(abandoned_at(path), 1);
}

static void inheritable_lock_that_cannot_be_made_so_is_not_held(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_failure failure;
	struct sl_lock *lock = make(path);
	set_inheritable(lock, true);
	refuse_call(CALL_FCNTL, 1, EIO);
	assert_int_equal(sl_lock_acquire(lock, SL_EXCLUSIVE, &failure), SL_SYSTEM);
	stop_watching();
	assert_string_equal(failure.call, "fcntl");
	assert_not_held(lock);
	assert_false(is_locked(path));
	assert_false(has_descriptor_of(path));
}

static void acquire_that_fails_after_the_record_leaves_no_false_warning(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	set_inheritable(lock, true);
	refuse_call(CALL_FCNTL, 1, EIO);
	assert_int_equal(take(lock), SL_SYSTEM);
	stop_watching();
	assert_int_equal(abandoned_at(path), 0);
}

/* --- The order of calls --- */

static void acquire_compares_before_it_reads_and_writes(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	sl_process_self();
	watch_calls();
	assert_int_equal(take(lock), SL_OK);
	assert_string_equal(
		call_trace(), "open open(O_CREAT) fchmod fstat flock(LOCK_EX) lstat pread pwrite ");
	assert_int_equal(release(lock), SL_OK);
	watch_calls();
	assert_int_equal(acquire(lock, SL_SHARED), SL_OK);
	assert_string_equal(call_trace(), "open fstat flock(LOCK_SH) lstat pread ");
}

static void release_writes_before_it_unlocks_and_unlocks_before_it_closes(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	static const char *const ends[] = {NULL, "failed"};
	static const char *const traces[] = {
		"lstat pwrite flock(LOCK_UN) close ", "lstat pread pwrite flock(LOCK_UN) close "};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(take(lock), SL_OK);
		watch_calls();
		assert_int_equal(give_up(lock, ends[i]), SL_OK);
		assert_string_equal(call_trace(), traces[i]);
		stop_watching();
	}
}

static void find_released(void *path)
{
	if (!is_locked(path) || record_of(path).state != SL_RECORD_RELEASED)
		abort();
}

static void nobody_can_find_the_lock_free_and_the_record_held(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	before_call(CALL_FLOCK, 1, find_released, (void *)path);
	assert_int_equal(release(lock), SL_OK);
	assert_true(rule_applied());
}

/* --- Fork --- */

struct family {
	const char *path;
	struct sl_lock *lock;
};

static void find_it_not_held(void *data)
{
	struct family *family = data;
	expect(!sl_lock_is_held(family->lock));
	expect(check(family->lock) == SL_NOT_HELD);
	expect(removes(family->lock) == SL_NOT_HELD);
	expect(mark_consistent(family->lock) == SL_NOT_HELD);
	expect(exists(family->path));
}

static void release_in_child(void *data)
{
	struct family *family = data;
	expect(release(family->lock) == SL_OK);
	expect(!has_descriptor_of(family->path));
}

static void fail_in_child(void *data)
{
	struct family *family = data;
	expect(give_up(family->lock, "the child failed") == SL_OK);
}

static void free_in_child(void *data)
{
	struct family *family = data;
	drop(family->lock);
	expect(!has_descriptor_of(family->path));
}

static void acquire_in_child(void *data)
{
	struct family *family = data;
	expect(take(family->lock) == SL_BUSY);
	expect(acquire(family->lock, SL_SHARED) == SL_BUSY);
	expect(!sl_lock_is_held(family->lock));
}

static void exit_in_child(void *data)
{
	(void)data;
}

/* Whatever the child does, by whatever way it was started: the parent's lock is untouched. */
static void assert_lock_outlives(void (*body)(void *family))
{
	const char *path = path_of("lock");
	for (int way = 0; way < 4; way++) {
		struct family family = {path, make(path)};
		set_inheritable(family.lock, way / 2 == 1);
		assert_int_equal(take(family.lock), SL_OK);
		(way % 2 == 0 ? in_child : in_cloned_child)(body, &family);
		assert_held(family.lock, path);
		assert_int_equal(record_of(path).state, SL_RECORD_HELD);
		assert_int_equal(release(family.lock), SL_OK);
		assert_int_equal(abandoned_at(path), 0);
		drop(family.lock);
	}
}

static void child_finds_the_lock_not_held(void **state)
{
	(void)state;
	assert_lock_outlives(find_it_not_held);
}

static void fork_child_exit_keeps_parent_lock(void **state)
{
	(void)state;
	assert_lock_outlives(exit_in_child);
}

static void fork_child_release_keeps_parent_lock(void **state)
{
	(void)state;
	assert_lock_outlives(release_in_child);
	assert_lock_outlives(fail_in_child);
}

static void fork_child_free_keeps_parent_lock(void **state)
{
	(void)state;
	assert_lock_outlives(free_in_child);
}

static void fork_child_acquire_keeps_parent_lock(void **state)
{
	(void)state;
	assert_lock_outlives(acquire_in_child);
}

static void unlock_plain_descriptor(void *fd)
{
	expect(flock(*(int *)fd, LOCK_UN) == 0);
}

static void control_unlocking_a_plain_descriptor_in_a_child_frees_the_parents_lock(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	int fd = take_flock(path, LOCK_EX);
	assert_true(is_locked(path));
	in_child(unlock_plain_descriptor, &fd);
	assert_false(is_locked(path));
	close(fd);
}

static void release_as_first_of_a_namespace(void *data)
{
	struct family *family = data;
	int status;
	family->lock = make(family->path);
	set_inheritable(family->lock, true);
	expect(take(family->lock) == SL_OK);
	expect(unshare(CLONE_NEWPID) == 0);
	pid_t pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		expect(release(family->lock) == SL_OK);
		_exit(0);
	}
	expect(waitpid(pid, &status, 0) == pid && status == 0);
	expect(is_locked(family->path));
	drop(family->lock);
}

/* pid 1 of a container gives its child a namespace, where that is pid 1 as well. */
static void child_with_the_same_pid_in_its_own_namespace_keeps_parent_lock(void **state)
{
	(void)state;
	need_root();
	struct family family = {path_of("lock"), NULL};
	in_own_namespaces(release_as_first_of_a_namespace, &family);
}

static void have_no_descriptor(void *data)
{
	struct family *family = data;
	expect(!has_descriptor_of(family->path));
}

static void have_descriptor(void *data)
{
	struct family *family = data;
	expect(has_descriptor_of(family->path));
}

static void child_has_the_descriptor_only_if_inheritable(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct family family = {path, make(path)};
	assert_int_equal(take(family.lock), SL_OK);
	in_child(have_no_descriptor, &family);
	set_inheritable(family.lock, true);
	in_child(have_descriptor, &family);
	set_inheritable(family.lock, false);
	in_child(have_no_descriptor, &family);
}

/* Runs a program that says whether it has a descriptor that leads to the file. */
static void exec_and_look(void *path)
{
	execl("/bin/sh", "sh", "-c",
		"for fd in /proc/self/fd/*; do [ \"$fd\" -ef \"$1\" ] && exit 7; done; exit 0", "sh",
		(char *)path, (char *)NULL);
	_exit(1);
}

static int exit_code_of_program(const char *path)
{
	struct child child = clone_child(exec_and_look, (void *)path);
	return child_finish(&child);
}

static void program_has_the_descriptor_only_if_inheritable(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(exit_code_of_program(path), 0);
	set_inheritable(lock, true);
	assert_int_equal(exit_code_of_program(path), 7);
	set_inheritable(lock, false);
	assert_int_equal(exit_code_of_program(path), 0);
	assert_int_equal(release(lock), SL_OK);

	/* Said before it is acquired, it counts for every acquire to come. */
	set_inheritable(lock, true);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(take(lock), SL_OK);
		assert_int_equal(exit_code_of_program(path), 7);
		assert_int_equal(release(lock), SL_OK);
	}
}

static void inheritable_that_cannot_be_set_stays_as_it_was(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_failure failure;
	struct family family = {path, make(path)};
	assert_int_equal(take(family.lock), SL_OK);
	refuse_call(CALL_FCNTL, 1, EIO);
	assert_int_equal(sl_lock_set_inheritable(family.lock, true, &failure), SL_SYSTEM);
	stop_watching();
	assert_string_equal(failure.call, "fcntl");
	assert_int_equal(failure.number, EIO);
	in_child(have_no_descriptor, &family);
}

/* Takes the lock, and leaves a child behind that says its pid and then waits. */
static void hold_with_a_child(const char *path, bool inheritable)
{
	struct sl_lock *lock = make(path);
	set_inheritable(lock, inheritable);
	expect(take(lock) == SL_OK);
	pid_t pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		pid = getpid();
		say_bytes(&pid, sizeof pid);
		await();
		_exit(0);
	}
	/* It is the child that hears what the test has to say. */
	pause();
}

static void hold_with_a_child_that_inherits(void *path)
{
	hold_with_a_child(path, true);
}

static void hold_with_a_child_that_does_not(void *path)
{
	hold_with_a_child(path, false);
}

static void lock_of_a_killed_parent_is_free_though_its_child_lives(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	pid_t grandchild;
	struct child parent = start_child(hold_with_a_child_that_does_not, (void *)path);
	child_hear_bytes(&parent, &grandchild, sizeof grandchild);
	assert_true(is_locked(path));
	child_kill(&parent);
	assert_int_equal(waitpid(grandchild, NULL, WNOHANG), 0);
	assert_false(is_locked(path));
	assert_int_equal(abandoned_at(path), 1);
	child_tell(&parent, 'e');
	reap(grandchild);
}

static void inheritable_lock_of_a_killed_parent_is_held_as_long_as_its_child_lives(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	pid_t grandchild;
	struct child parent = start_child(hold_with_a_child_that_inherits, (void *)path);
	child_hear_bytes(&parent, &grandchild, sizeof grandchild);
	child_kill(&parent);
	assert_true(is_locked(path));
	child_tell(&parent, 'e');
	reap(grandchild);
	assert_false(is_locked(path));
	assert_int_equal(abandoned_at(path), 1);
}

/* Between fork and exec a child has every descriptor, close-on-exec or not. */
static void wait_before_exec(void *path)
{
	expect(has_descriptor_of(path));
	say('b');
	await();
}

static void child_between_fork_and_exec_does_not_keep_a_released_lock(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	struct child child = clone_child(wait_before_exec, (void *)path);
	assert_int_equal(child_hear(&child), 'b');
	assert_int_equal(release(lock), SL_OK);
	assert_false(is_locked(path));
	assert_int_equal(child_finish(&child), 0);
}

static void child_between_fork_and_exec_does_not_keep_a_removed_lock(void **state)
{
	(void)state;
	const char *path = path_of("lock"), *link_path = path_of("link");
	struct sl_lock *lock = make(path);
	assert_int_equal(take(lock), SL_OK);
	struct child child = clone_child(wait_before_exec, (void *)path);
	assert_int_equal(child_hear(&child), 'b');
	assert_int_equal(link(path, link_path), 0);
	assert_int_equal(removes(lock), SL_OK);
	assert_false(is_locked(link_path));
	assert_int_equal(child_finish(&child), 0);
}

static void clone_and_wait(void *data)
{
	struct family *family = data;
	struct child child = clone_child(wait_before_exec, (void *)family->path);
	if (child_hear(&child) != 'b')
		abort();
}

/* An acquire that fails once it has the lock gives it back as thoroughly as a release. */
static void child_between_fork_and_exec_does_not_keep_a_lock_whose_acquire_failed(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	static const enum call failing[] = {CALL_PREAD, CALL_PWRITE, CALL_LSTAT};
	struct family family = {path, make(path)};
	for (int i = 0; i < 3; i++) {
		watch_calls();
		after_call(CALL_FLOCK, 1, clone_and_wait, &family);
		refuse_call(failing[i], 1, EIO);
		assert_int_equal(take(family.lock), SL_SYSTEM);
		stop_watching();
		if (is_locked(path))
			fail_msg("still locked after a failed %s", call_name(failing[i]));
	}
}

static void control_closing_without_unlocking_leaves_the_lock_to_that_child(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	int fd = take_flock(path, LOCK_EX);
	struct child child = clone_child(wait_before_exec, (void *)path);
	assert_int_equal(child_hear(&child), 'b');
	close(fd);
	assert_true(is_locked(path));
	assert_int_equal(child_finish(&child), 0);
	assert_false(is_locked(path));
}

static void acquire_another_file_in_child(void *data)
{
	struct family *family = data;
	struct sl_lock *other = make(family->path);
	expect(take(other) == SL_OK);
	struct sl_record record = record_of(family->path);
	expect(record.owner.process.pid == getpid());
	expect(release(other) == SL_OK);
	drop(other);
}

static void child_can_have_locks_of_its_own(void **state)
{
	(void)state;
	struct sl_lock *lock = make(path_of("lock"));
	struct family family = {path_of("other"), NULL};
	assert_int_equal(take(lock), SL_OK);
	in_child(acquire_another_file_in_child, &family);
	in_cloned_child(acquire_another_file_in_child, &family);
}

static void take_over(void *data)
{
	struct family *family = data;
	await();
	expect(take(family->lock) == SL_OK);
	expect(record_of(family->path).owner.process.pid == getpid());
	say('t');
	await();
	expect(release(family->lock) == SL_OK);
}

static void child_can_acquire_with_the_parents_lock_object_once_it_is_free(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct family family = {path, make(path)};
	assert_int_equal(take(family.lock), SL_OK);
	struct child child = start_child(take_over, &family);
	assert_int_equal(release(family.lock), SL_OK);
	child_tell(&child, 't');
	assert_int_equal(child_hear(&child), 't');
	assert_int_equal(take(family.lock), SL_BUSY);
	child_tell(&child, 'r');
	assert_int_equal(child_finish(&child), 0);
	assert_int_equal(abandoned_at(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lock_test(lock_is_held_from_acquire_to_release),
		lock_test(lock_can_be_taken_again_and_again),
		lock_test(releasing_or_removing_what_is_not_held_is_harmless),
		lock_test(freeing_a_held_lock_releases_it_in_good_order),
		lock_test(exclusive_lock_keeps_everybody_out),
		lock_test(shared_lock_lets_in_those_who_share_only),
		lock_test(lock_of_another_program_is_respected_and_seen),
		lock_test(context_finds_its_held_locks_newest_first),
		lock_test(lock_of_the_same_context_is_known_to_stand_in_the_way),
		lock_test(lock_that_is_merely_taken_stands_in_the_way_too),
		lock_test(lock_on_a_file_that_was_replaced_does_not_stand_in_the_way),
		lock_test(file_removed_before_flock_is_not_locked_as_an_orphan),
		lock_test(victim_that_loses_its_second_name_for_a_moment_is_refused),
		lock_test(file_replaced_before_flock_is_not_locked_as_an_orphan),
		lock_test(file_replaced_after_flock_is_not_locked_as_an_orphan),
		lock_test(control_without_the_compare_the_lock_is_on_an_orphan),
		lock_test(file_removed_by_its_holder_before_flock_is_made_anew),
		lock_test(file_replaced_at_every_try_ends_as_busy),
		lock_test(lock_whose_file_is_removed_or_replaced_is_lost),
		lock_test(lost_lock_removes_no_file_of_others),
		lock_test(remove_takes_the_file_away_and_releases),
		lock_test(shared_lock_removes_nothing),
		lock_test(lock_whose_file_cannot_be_removed_stays_held),
		lock_test(file_that_tells_of_a_dead_owner_is_released_and_not_removed),
		lock_test(two_are_never_inside_though_all_remove_the_file),
		lock_test(record_says_who_holds_and_then_that_it_was_released),
		lock_test(shared_holders_and_locks_without_record_write_nothing),
		lock_test(killed_owner_is_reported_to_the_next),
		lock_test(killed_owner_is_reported_to_shared_holders_and_without_record_too),
		lock_test(killed_shared_holder_is_nobodys_business),
		lock_test(abandonment_stays_until_it_is_marked_consistent),
		lock_test(abandonment_is_kept_by_those_who_die_or_fail_after_it),
		lock_test(owner_who_marked_consistent_and_died_is_abandoned_alone),
		lock_test(record_in_the_file_never_shrinks),
		lock_test(acquire_on_a_full_disk_fails_and_leaves_the_lock_free),
		lock_test(acquire_on_a_full_disk_keeps_an_earlier_abandonment),
		lock_test(acquire_whose_write_breaks_off_keeps_an_earlier_abandonment),
		lock_test(release_whose_write_fails_unlocks_and_warns_the_next),
		lock_test(release_whose_write_breaks_off_warns_the_next),
		lock_test(release_that_breaks_off_keeps_an_earlier_abandonment),
		lock_test(mark_consistent_whose_write_breaks_off_keeps_the_abandonment),
		lock_test(mark_consistent_that_fails_keeps_the_abandonment),
		lock_test(abandonment_outlives_the_release_after_a_failed_mark_consistent),
		lock_test(lock_is_unsupported_where_the_kernel_says_so),
		lock_test(acquire_survives_the_failure_of_every_call),
		lock_test(release_survives_the_failure_of_every_call),
		lock_test(lock_is_not_made_without_memory),
		lock_test(acquire_without_memory_for_the_abandoned_fails_and_keeps_them),
		lock_test(inheritable_lock_that_cannot_be_made_so_is_not_held),
		lock_test(acquire_that_fails_after_the_record_leaves_no_false_warning),
		lock_test(acquire_compares_before_it_reads_and_writes),
		lock_test(release_writes_before_it_unlocks_and_unlocks_before_it_closes),
		lock_test(nobody_can_find_the_lock_free_and_the_record_held),
		lock_test(child_finds_the_lock_not_held),
		lock_test(fork_child_exit_keeps_parent_lock),
		lock_test(fork_child_release_keeps_parent_lock),
		lock_test(fork_child_free_keeps_parent_lock),
		lock_test(fork_child_acquire_keeps_parent_lock),
		lock_test(control_unlocking_a_plain_descriptor_in_a_child_frees_the_parents_lock),
		lock_test(child_with_the_same_pid_in_its_own_namespace_keeps_parent_lock),
		lock_test(child_has_the_descriptor_only_if_inheritable),
		lock_test(program_has_the_descriptor_only_if_inheritable),
		lock_test(inheritable_that_cannot_be_set_stays_as_it_was),
		lock_test(lock_of_a_killed_parent_is_free_though_its_child_lives),
		lock_test(inheritable_lock_of_a_killed_parent_is_held_as_long_as_its_child_lives),
		lock_test(child_between_fork_and_exec_does_not_keep_a_released_lock),
		lock_test(child_between_fork_and_exec_does_not_keep_a_removed_lock),
		lock_test(child_between_fork_and_exec_does_not_keep_a_lock_whose_acquire_failed),
		lock_test(control_closing_without_unlocking_leaves_the_lock_to_that_child),
		lock_test(child_can_have_locks_of_its_own),
		lock_test(child_can_acquire_with_the_parents_lock_object_once_it_is_free),
	};
	return cmocka_run_group_tests_name("core: file_lock", tests, NULL, NULL);
}
