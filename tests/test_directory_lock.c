/* DirectoryLock: a directory that is renamed into place. */
#include "fixture.h"

#include "clock.h"
#include "directory.h"
#include "directory_lock.h"
#include "file_lock.h"
#include "filesystem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCKS_MAX 16
#define LABEL     "nightly backup"
#define COMMAND   "borg create"

/* Users without a name. */
#define SOME_USER  54321
#define OTHER_USER 54322

#define TMPFS 0x01021994u
#define FUSE  0x65735546u
#define NFS   0x6969u

/* Later than anything here can come; a test that gets there has failed. */
#define LATE (60 * SL_SECOND)

/* More system calls than anything here makes. */
#define STEPS_MAX 200

/* Of steps by chance. */
#define ROUNDS 300

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- The locks of a test, freed when it ends, however it ends --- */

static struct sl_lock *made[LOCKS_MAX];
static unsigned made_count;
static const char *path;
static char parent[64]; /* that it is in, and nothing else */
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
	signals = 0;
	made_count = 0;
	path = path_of("lock");
	snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
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

#define lock_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static struct sl_lock *keep(struct sl_lock *lock)
{
	if (lock == NULL || made_count == LOCKS_MAX)
		abort();
	return made[made_count++] = lock;
}

static struct sl_lock *make_at(const char *where, void *context)
{
	struct sl_lock_options options = {
		.path = where, .label = LABEL, .command = COMMAND, .context = context};
	return keep(sl_directory_lock_new(&options));
}

/* Of a context of its own, as those of another process are. */
static struct sl_lock *make(void)
{
	return make_at(path, &made[made_count]);
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

static enum sl_result acquire(struct sl_lock *lock, enum sl_mode mode)
{
	return sl_lock_acquire(lock, mode, &failure);
}

static enum sl_result take(struct sl_lock *lock)
{
	return acquire(lock, SL_EXCLUSIVE);
}

static enum sl_result share(struct sl_lock *lock)
{
	return acquire(lock, SL_SHARED);
}

static enum sl_result release(struct sl_lock *lock)
{
	return sl_lock_release(lock, NULL, &failure);
}

static enum sl_result check(struct sl_lock *lock)
{
	return sl_lock_check(lock, &failure);
}

static bool break_stale(void)
{
	bool broken = false;
	struct sl_lock *lock = make();
	expect(sl_directory_lock_break_stale(lock, &broken, &failure) == SL_OK);
	drop(lock);
	return broken;
}

static enum sl_result force_break(const char *record)
{
	struct sl_lock *lock = make();
	enum sl_result result = sl_directory_lock_force_break(lock, record, &failure);
	drop(lock);
	return result;
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

static enum sl_result confirm(struct sl_lock *lock)
{
	return sl_lock_confirm(lock, &failure);
}

/* The record in a directory that has no more than this one. */
static const char *record_in(const char *directory)
{
	static char name[NAME_MAX + 1];
	expect(entry_count(directory) == 1);
	DIR *stream = opendir(directory);
	for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
		if (entry->d_name[0] != '.')
			snprintf(name, sizeof name, "%s", entry->d_name);
	closedir(stream);
	return name;
}

static const char *record(void)
{
	return record_in(path);
}

static const char *in_lock(const char *name)
{
	static char text[512];
	snprintf(text, sizeof text, "%s/%s", path, name);
	return text;
}

static const char *record_path(void)
{
	return in_lock(record());
}

/* Held alone. */
static void assert_held(struct sl_lock *lock)
{
	struct sl_record_name name;
	assert_true(sl_lock_is_held(lock));
	assert_int_equal(check(lock), SL_OK);
	assert_true(is_locked(record_path()));
	assert_true(sl_record_name_read(&name, record()));
	assert_int_equal(name.mode, sl_lock_mode(lock));
}

static void assert_not_held(struct sl_lock *lock)
{
	assert_false(sl_lock_is_held(lock));
	assert_int_equal(check(lock), SL_NOT_HELD);
}

/* There is nothing any more, and the next one gets it. */
static void assert_free(void)
{
	assert_int_equal(entry_count(parent), 0);
	struct sl_lock *next = make();
	assert_int_equal(take(next), SL_OK);
	drop(next);
	assert_int_equal(entry_count(parent), 0);
}

/* The record of somebody else, not locked. */
static const char *put(const char *directory, const struct sl_record_name *name)
{
	static char text[512];
	int length = snprintf(text, sizeof text, "%s/", directory);
	sl_record_name_write(text + length, name);
	write_file(text, "");
	return text;
}

static struct sl_record_name name_of_other(uint32_t kind)
{
	struct stat st;
	struct sl_record_name name = {.mode = SL_EXCLUSIVE, .kind = kind, .pid = 4211};
	if (stat(parent, &st) != 0 || !sl_nonce_draw(name.nonce))
		abort();
	name.device = st.st_dev;
	memcpy(name.boot_id, sl_process_self()->process.boot_id, sizeof name.boot_id);
	return name;
}

/* A lock whose owner died, as far as the kernel tells; or of whom nothing can be told. */
static const char *put_owner(uint32_t kind, enum sl_mode mode)
{
	struct sl_record_name name = name_of_other(kind);
	name.mode = mode;
	if (!exists(path) && mkdir(path, 0700) != 0)
		abort();
	return put(path, &name);
}

static const char *put_dead(void)
{
	return put_owner(TMPFS, SL_EXCLUSIVE);
}

static const char *put_unknown(void)
{
	return put_owner(FUSE, SL_EXCLUSIVE);
}

/* What crashed processes have left beside it: with a record, and without. */
static void put_debris(void)
{
	struct sl_record_name name = name_of_other(TMPFS);
	char nonce[SL_NONCE_SIZE + 1], text[512];
	for (int i = 0; i < 2; i++) {
		sl_nonce_draw(nonce);
		snprintf(text, sizeof text, "%s.%s.tmp", path, nonce);
		if (mkdir(text, 0700) != 0)
			abort();
		if (i == 0)
			put(text, &name);
	}
}

/* --- Players: other processes that stop before any of their system calls --- */

struct player {
	struct child child;
	bool holds;
	enum sl_mode mode;
};

/* Two bytes: what to do, and before which call to stop. */
#define STOPPED    'p'
#define EVERY_STEP 255

static void stop_here(void *data)
{
	(void)data;
	say(STOPPED);
	if (await() == 'd')
		raise(SIGKILL);
}

static enum sl_result play_once(struct sl_lock *lock, char what)
{
	bool broken;
	switch (what) {
	case 'x':
		return take(lock);
	case 's':
		return share(lock);
	case 'r':
		return release(lock);
	case 'c':
		return check(lock);
	default:
		return sl_directory_lock_break_stale(lock, &broken, &failure);
	}
}

static void play(void *data)
{
	(void)data;
	struct sl_lock *lock = make();
	for (;;) {
		char what = await();
		unsigned char step = (unsigned char)await();
		watch_calls();
		if (step == EVERY_STEP)
			before_every_call(CALL_ANY, stop_here, NULL);
		else if (step > 0)
			before_call(CALL_ANY, step, stop_here, NULL);
		enum sl_result result = play_once(lock, what);
		stop_watching();
		say((char)result);
	}
}

static struct player start_player(void)
{
	return (struct player){.child = start_child(play, NULL)};
}

static void note(struct player *player, char what, char answer)
{
	if (answer == STOPPED)
		return;
	if (what == 'x' || what == 's') {
		player->holds = answer == SL_OK;
		player->mode = what == 's' ? SL_SHARED : SL_EXCLUSIVE;
		assert_true(answer == SL_OK || answer == SL_BUSY);
	} else
		assert_int_equal(answer, SL_OK);
}

/* Does this, and says how it ended; or is stopped before the call `step` of it. */
static char tell_to(struct player *player, char what, unsigned step)
{
	if (what == 'r')
		player->holds = false;
	child_tell(&player->child, what);
	child_tell(&player->child, (char)step);
	char answer = child_hear(&player->child);
	note(player, what, answer);
	return answer;
}

static char do_whole(struct player *player, char what)
{
	return tell_to(player, what, 0);
}

/* To the end, or to the next step at which it is to stop. */
static char go_on(struct player *player, char what)
{
	child_tell(&player->child, 'g');
	char answer = child_hear(&player->child);
	note(player, what, answer);
	return answer;
}

static void finish(struct player *player)
{
	assert_int_equal(child_finish(&player->child), 0);
}

/* SIGKILL, where it was stopped. */
static void die(struct player *player)
{
	child_tell(&player->child, 'd');
	assert_int_equal(child_finish(&player->child), 128 + SIGKILL);
	player->holds = false;
}

/* Who believes to have it has it, and none of the others does. */
static void assert_one_owner(struct player *players, size_t count)
{
	unsigned exclusive = 0, shared = 0;
	for (size_t i = 0; i < count; i++) {
		if (!players[i].holds)
			continue;
		assert_int_equal(do_whole(&players[i], 'c'), SL_OK);
		if (players[i].mode == SL_SHARED)
			shared++;
		else
			exclusive++;
	}
	assert_true(exclusive + (shared > 0) <= 1);
}

static void release_all(struct player *players, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (players[i].holds)
			do_whole(&players[i], 'r');
}

/* --- Holding --- */

static void lock_is_a_directory_with_the_owners_record(void **state)
{
	(void)state;
	struct stat st;
	struct sl_record_name name;
	struct sl_lock *lock = make();
	assert_not_held(lock);
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		unsigned descriptors = descriptor_count();
		assert_int_equal(acquire(lock, mode), SL_OK);
		assert_held(lock);
		assert_int_equal(sl_lock_generation(lock), mode + 1);
		assert_int_equal(entry_count(parent), 1);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode, S_IFDIR | 0700);
		assert_int_equal(stat(record_path(), &st), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0600);
		assert_true(sl_record_name_read(&name, record()));
		assert_int_equal(name.pid, getpid());
		assert_int_equal(name.kind, TMPFS);
		assert_int_equal(name.device, st.st_dev);
		assert_string_equal(name.boot_id, sl_process_self()->process.boot_id);
		/* The record, and the directory that it is in. */
		assert_int_equal(descriptor_count(), descriptors + 2);
		assert_int_equal(release(lock), SL_OK);
		assert_not_held(lock);
		assert_int_equal(entry_count(parent), 0);
		assert_int_equal(descriptor_count(), descriptors);
	}
}

static void record_says_for_people_who_it_is(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	struct sl_record record;
	struct sl_record_bytes bytes;
	assert_int_equal(take(lock), SL_OK);
	int fd = open(record_path(), O_RDONLY | O_CLOEXEC);
	assert_int_equal(sl_record_read(fd, &bytes, &failure), SL_OK);
	close(fd);
	sl_record_decode(&record, bytes.bytes, bytes.length);
	assert_int_equal(record.state, SL_RECORD_HELD);
	assert_int_equal(record.owner.process.pid, getpid());
	assert_string_equal(record.owner.label, LABEL);
	assert_string_equal(record.owner.command, COMMAND);
	assert_in_range(record.owner.since.tv_sec, time(NULL) - 60, time(NULL));
}

static void no_name_is_used_twice(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	char before[NAME_MAX + 1] = "";
	for (int i = 0; i < 100; i++) {
		assert_int_equal(acquire(lock, i % 3 == 0 ? SL_SHARED : SL_EXCLUSIVE), SL_OK);
		assert_string_not_equal(record(), before);
		strcpy(before, record());
		assert_int_equal(release(lock), SL_OK);
	}
}

static void acquire_under_umasks(void *data)
{
	(void)data;
	static const mode_t masks[] = {0, 0077, 0177, 0277, 0377};
	struct sl_lock *lock = make();
	struct stat st;
	become(SOME_USER);
	for (size_t i = 0; i < COUNT(masks); i++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			umask(masks[i]);
			expect(acquire(lock, mode) == SL_OK);
			expect(stat(path, &st) == 0 && st.st_mode == (S_IFDIR | 0700));
			expect(stat(record_path(), &st) == 0 && st.st_mode == (S_IFREG | 0600));
			expect(release(lock) == SL_OK);
			expect(entry_count(parent) == 0);
		}
	/* Not even its owner can open it. */
	umask(0777);
	expect(take(lock) == SL_SYSTEM);
	expect(entry_count(parent) == 0);
	drop(lock);
}

static void umask_makes_it_neither_wider_nor_unusable(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(chmod(parent, 0777), 0);
	in_child(acquire_under_umasks, NULL);
}

static void exclusive_lock_keeps_everybody_out(void **state)
{
	(void)state;
	struct player player = start_player();
	struct sl_lock *lock = make();
	do_whole(&player, 'x');
	unsigned descriptors = descriptor_count();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(acquire(lock, mode), SL_BUSY);
		assert_not_held(lock);
		assert_false(sl_lock_blocks_itself(lock));
		assert_int_equal(descriptor_count(), descriptors);
		assert_int_equal(entry_count(parent), 1);
		assert_int_equal(entry_count(path), 1);
	}
	do_whole(&player, 'r');
	assert_int_equal(take(lock), SL_OK);
	assert_held(lock);
}

static void shared_lock_lets_in_those_who_share_only(void **state)
{
	(void)state;
	struct player players[3] = {start_player(), start_player(), start_player()};
	struct sl_lock *lock = make();
	assert_int_equal(share(lock), SL_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(do_whole(&players[i], 'x'), SL_BUSY);
		assert_int_equal(do_whole(&players[i], 's'), SL_OK);
	}
	assert_int_equal(entry_count(path), 4);
	assert_int_equal(entry_count(parent), 1);
	/* Whose directory it was makes no difference. */
	assert_int_equal(release(lock), SL_OK);
	assert_one_owner(players, 3);
	assert_int_equal(take(lock), SL_BUSY);
	assert_int_equal(share(lock), SL_OK);
	release_all(players, 3);
	assert_held(lock);
	assert_int_equal(release(lock), SL_OK);
	assert_free();
}

static void empty_directory_is_a_free_lock(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(mkdir(path, 0755), 0);
		assert_int_equal(acquire(lock, mode), SL_OK);
		assert_held(lock);
		assert_int_equal(release(lock), SL_OK);
	}
	assert_free();
}

static void directory_with_something_else_in_it_is_held(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	assert_int_equal(mkdir(path, 0755), 0);
	write_file(in_lock("README"), "keep");
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		assert_int_equal(acquire(lock, mode), SL_BUSY);
	assert_false(break_stale());
	assert_file_text(in_lock("README"), "keep");
	assert_int_equal(entry_count(path), 1);
	assert_int_equal(entry_count(parent), 1);
	remove_file((void *)in_lock("README"));
	assert_int_equal(take(lock), SL_OK);
}

static void what_a_network_file_system_leaves_there_passes(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(in_lock(".nfs00000000015a3c8b00000002"), "");
	assert_int_equal(take(lock), SL_BUSY);
	struct sl_holder_list list;
	assert_int_equal(sl_lock_holders(lock, &list, &failure), SL_OK);
	sl_holders_free(&list);
	assert_int_equal(share(lock), SL_BUSY);
	remove_file((void *)in_lock(".nfs00000000015a3c8b00000002"));
	assert_int_equal(take(lock), SL_OK);
}

static void lock_of_the_same_context_is_known_to_stand_in_the_way(void **state)
{
	(void)state;
	int context;
	struct sl_lock *held = make_at(path, &context), *lock = make_at(path, &context);
	struct sl_lock *of_other = make();
	assert_int_equal(take(held), SL_OK);
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(acquire(lock, mode), SL_BUSY);
		assert_true(sl_lock_blocks_itself(lock));
		assert_int_equal(acquire(of_other, mode), SL_BUSY);
		assert_false(sl_lock_blocks_itself(of_other));
	}
	assert_int_equal(wait_long(lock), SL_DEADLOCK);
	assert_null(sl_lock_cycle(lock));
	assert_int_equal(entry_count(parent), 1);
	assert_held(held);
	assert_int_equal(release(held), SL_OK);
	assert_int_equal(share(held), SL_OK);
	assert_int_equal(take(lock), SL_BUSY);
	assert_true(sl_lock_blocks_itself(lock));
	assert_int_equal(share(lock), SL_OK);
	assert_int_equal(entry_count(path), 2);
}

static void own_shared_lock_among_those_of_others_is_not_waited_for(void **state)
{
	(void)state;
	int context;
	struct sl_lock *held = make_at(path, &context), *lock = make_at(path, &context);
	struct player players[2] = {start_player(), start_player()};
	/* Ours is neither the first nor the last that is found. */
	do_whole(&players[0], 's');
	assert_int_equal(share(held), SL_OK);
	do_whole(&players[1], 's');
	assert_int_equal(wait_until(lock, sl_clock_now() + 50 * SL_MILLISECOND), SL_DEADLOCK);
	assert_not_held(lock);
	assert_int_equal(check(held), SL_OK);
	release_all(players, 2);
	assert_held(held);
}

static void freeing_a_held_lock_releases_it(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	assert_int_equal(take(lock), SL_OK);
	drop(lock);
	assert_free();
}

static void giving_up_what_was_taken_leaves_nothing(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(sl_lock_take(lock, mode, &failure), SL_OK);
		assert_not_held(lock);
		sl_lock_give_up(lock);
		assert_int_equal(descriptor_count(), descriptors);
		assert_free();
	}
}

static void releasing_what_is_not_held_is_harmless(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	assert_int_equal(take(other), SL_OK);
	assert_int_equal(release(lock), SL_OK);
	sl_lock_give_up(lock);
	drop(lock);
	assert_held(other);
}

/* The table in docs/directory-lock.md, in the order of the calls. */
static void uncontended_acquire_makes_these_calls_and_no_others(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	sl_process_self();
	watch_calls();
	assert_int_equal(take(lock), SL_OK);
	assert_string_equal(call_trace(), "open getrandom mkdir open fstatfs fstat open(O_CREAT) "
									  "flock(LOCK_EX) fstat pwrite rename lstat close ");
	watch_calls();
	assert_int_equal(release(lock), SL_OK);
	assert_string_equal(call_trace(), "lstat unlink rmdir flock(LOCK_UN) close close ");
	stop_watching();
}

/* --- Losing it --- */

static char moved_to[160];

static void move_directory_away(void)
{
	snprintf(moved_to, sizeof moved_to, "%s.away", path);
	assert_int_equal(rename(path, moved_to), 0);
}

static void lock_whose_record_was_removed_is_lost(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	for (int newcomer = 0; newcomer < 2; newcomer++) {
		unsigned descriptors = descriptor_count();
		assert_int_equal(take(lock), SL_OK);
		remove_file((void *)record_path());
		assert_int_equal(check(lock), SL_LOST);
		assert_true(sl_lock_is_held(lock));
		if (newcomer)
			assert_int_equal(take(other), SL_OK);
		assert_int_equal(release(lock), SL_LOST);
		assert_not_held(lock);
		if (newcomer) {
			assert_held(other);
			assert_int_equal(release(other), SL_OK);
		}
		assert_int_equal(descriptor_count(), descriptors);
		assert_free();
	}
}

static void lock_whose_directory_was_moved_away_is_lost(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	for (int newcomer = 0; newcomer < 2; newcomer++) {
		assert_int_equal(take(lock), SL_OK);
		move_directory_away();
		assert_int_equal(check(lock), SL_LOST);
		if (newcomer)
			assert_int_equal(take(other), SL_OK);
		assert_int_equal(release(lock), SL_LOST);
		if (newcomer) {
			assert_held(other);
			assert_int_equal(release(other), SL_OK);
		}
		assert_int_equal(entry_count(moved_to), 0);
		assert_int_equal(rmdir(moved_to), 0);
		assert_free();
	}
}

static void lost_lock_removes_no_file_that_has_its_records_name(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	char own[512];
	assert_int_equal(take(lock), SL_OK);
	strcpy(own, record_path());
	replace_file(own);
	assert_int_equal(check(lock), SL_LOST);
	assert_int_equal(release(lock), SL_LOST);
	assert_true(exists(own));
}

static void lock_that_cannot_be_looked_at_is_released_all_the_same(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	assert_int_equal(take(lock), SL_OK);
	watch_calls();
	refuse_call(CALL_LSTAT, 1, EACCES);
	refuse_call(CALL_LSTAT, 2, EIO);
	assert_int_equal(check(lock), SL_SYSTEM);
	assert_int_equal(failure.number, EACCES);
	assert_int_equal(release(lock), SL_SYSTEM);
	assert_int_equal(failure.number, EIO);
	assert_string_equal(failure.call, "lstat");
	stop_watching();
	assert_not_held(lock);
	assert_free();
}

/* --- What is no lock --- */

static void what_is_no_directory_is_refused_and_stays(void **state)
{
	(void)state;
	enum { FILE_THERE, EMPTY_FILE, FIFO, LINK, DANGLING, KINDS };
	static const enum sl_result expected[] = {SL_UNSAFE_NO_DIRECTORY, SL_UNSAFE_NO_DIRECTORY,
		SL_UNSAFE_NO_DIRECTORY, SL_UNSAFE_SYMLINK, SL_UNSAFE_SYMLINK};
	const char *target = path_of("target");
	struct sl_holder_list list;
	bool broken;
	for (int kind = 0; kind < KINDS; kind++) {
		struct sl_lock *lock = make();
		if (kind == FIFO)
			assert_int_equal(mkfifo(path, 0600), 0);
		else if (kind == LINK || kind == DANGLING)
			assert_int_equal(symlink(target, path), 0);
		else
			write_file(path, kind == EMPTY_FILE ? "" : "data");
		if (kind == LINK)
			assert_int_equal(mkdir(target, 0700), 0);
		unsigned descriptors = descriptor_count();
		unsigned entries = entry_count(parent);
		struct file_state before = state_of(path);
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			assert_int_equal(acquire(lock, mode), expected[kind]);
			assert_int_equal(wait_as(lock, mode, sl_clock_now() + LATE), expected[kind]);
		}
		assert_int_equal(sl_lock_holders(lock, &list, &failure), expected[kind]);
		assert_int_equal(sl_directory_lock_break_stale(lock, &broken, &failure), expected[kind]);
		assert_false(broken);
		assert_int_equal(descriptor_count(), descriptors);
		assert_int_equal(entry_count(parent), entries);
		assert_unchanged(path, &before);
		remove_file((void *)path);
		if (kind == LINK)
			assert_int_equal(rmdir(target), 0);
		drop(lock);
	}
	assert_free();
}

static void root_directory_is_no_lock(void **state)
{
	(void)state;
	struct sl_lock *lock = make_at("/", NULL);
	bool broken;
	unsigned descriptors = descriptor_count();
	assert_int_equal(take(lock), SL_UNSAFE_NO_DIRECTORY);
	assert_int_equal(share(lock), SL_UNSAFE_NO_DIRECTORY);
	assert_int_equal(wait_long(lock), SL_UNSAFE_NO_DIRECTORY);
	sl_directory_lock_break_stale(lock, &broken, &failure);
	assert_false(broken);
	assert_int_equal(descriptor_count(), descriptors);
}

static void lock_directly_in_the_root_directory_works(void **state)
{
	(void)state;
	need_root();
	struct sl_lock *lock = make_at("/sitelock-core-test.lock", NULL);
	enum sl_result result = take(lock);
	drop(lock);
	assert_false(exists("/sitelock-core-test.lock"));
	assert_int_equal(result, SL_OK);
}

static void missing_parent_is_an_error(void **state)
{
	(void)state;
	const char *missing = path_of("missing/lock");
	struct sl_lock *lock = make_at(missing, NULL);
	struct sl_holder_list list;
	bool broken;
	unsigned descriptors = descriptor_count();
	assert_int_equal(take(lock), SL_SYSTEM);
	assert_string_equal(failure.call, "open");
	assert_int_equal(failure.number, ENOENT);
	assert_int_equal(wait_long(lock), SL_SYSTEM);
	assert_int_equal(sl_directory_lock_break_stale(lock, &broken, &failure), SL_SYSTEM);
	assert_int_equal(sl_lock_holders(lock, &list, &failure), SL_OK);
	assert_int_equal(list.count, 0);
	assert_int_equal(descriptor_count(), descriptors);
}

static void name_that_leaves_no_room_for_a_temporary_one_is_an_error(void **state)
{
	(void)state;
	char where[sizeof parent + NAME_MAX + 2], base[NAME_MAX + 1];
	for (size_t length = NAME_MAX - 37; length <= NAME_MAX; length++) {
		memset(base, 'b', length);
		base[length] = '\0';
		snprintf(where, sizeof where, "%s/%s", parent, base);
		struct sl_lock *lock = make_at(where, NULL);
		unsigned descriptors = descriptor_count();
		if (length == NAME_MAX - 37) {
			assert_int_equal(take(lock), SL_OK);
			assert_int_equal(check(lock), SL_OK);
			assert_int_equal(release(lock), SL_OK);
		} else {
			assert_int_equal(take(lock), SL_SYSTEM);
			assert_int_equal(failure.number, ENAMETOOLONG);
			assert_string_equal(failure.call, "mkdir");
		}
		assert_int_equal(descriptor_count(), descriptors);
		drop(lock);
	}
	assert_int_equal(entry_count(parent), 0);
}

/* A path that the kernel takes, and to which no name of a record can be added. */
static void lock_at_the_longest_path_is_had_or_refused_and_never_lost(void **state)
{
	(void)state;
	char where[PATH_MAX], part[201], refused = 0;
	memset(part, 'd', 200);
	part[200] = '\0';
	snprintf(where, sizeof where, "%s", parent);
	while (strlen(where) + 202 < PATH_MAX) {
		snprintf(where + strlen(where), sizeof where - strlen(where), "/%s", part);
		assert_int_equal(mkdir(where, 0700), 0);
	}
	size_t length = strlen(where);
	for (size_t more = 2; length + more < PATH_MAX && more < 200; more += 10) {
		where[length] = '/';
		memset(where + length + 1, 'l', more - 1);
		where[length + more] = '\0';
		struct sl_lock *lock = make_at(where, NULL);
		enum sl_result result = take(lock);
		if (result == SL_OK) {
			assert_int_equal(check(lock), SL_OK);
			assert_int_equal(release(lock), SL_OK);
		} else {
			assert_int_equal(failure.number, ENAMETOOLONG);
			refused++;
		}
		drop(lock);
		where[length] = '\0';
		assert_int_equal(entry_count(where), 0);
	}
	assert_true(refused > 0);
}

static void acquire_as_other_user(void *mode)
{
	become(OTHER_USER);
	struct sl_lock *lock = make();
	expect(acquire(lock, *(enum sl_mode *)mode) == SL_UNSAFE_FOREIGN_DIRECTORY);
	expect(failure.owner == SOME_USER);
	expect(failure.number == EPERM);
	expect(
		wait_as(lock, *(enum sl_mode *)mode, sl_clock_now() + LATE) == SL_UNSAFE_FOREIGN_DIRECTORY);
	expect(entry_count(parent) == 1);
	drop(lock);
}

static void other_user_can_keep_the_lock_in_a_sticky_directory_but_not_get_into_ours(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(chmod(parent, 01777), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chown(path, SOME_USER, SOME_USER), 0);
	for (int held = 0; held < 2; held++) {
		if (held)
			write_file(in_lock("lock"), "");
		for (enum sl_mode mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
			in_child(acquire_as_other_user, &mode);
	}
}

static void find_it_busy_as_other_user(void *data)
{
	(void)data;
	become(OTHER_USER);
	struct sl_lock *lock = make();
	struct sl_holder_list list;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		expect(acquire(lock, mode) == SL_BUSY);
	expect(sl_lock_holders(lock, &list, &failure) == SL_OK);
	expect(list.count == 1 && list.holders[0].life == SL_LIFE_UNKNOWN);
	expect(list.holders[0].record[0] == '\0');
	sl_holders_free(&list);
	expect(entry_count(parent) == 1);
	drop(lock);
}

static void hold_as_user(void *data)
{
	(void)data;
	become(SOME_USER);
	struct sl_lock *lock = make();
	expect(take(lock) == SL_OK);
	say('h');
	await();
	drop(lock);
}

static void lock_of_another_user_where_all_may_write_is_busy(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(chmod(parent, 0777), 0);
	struct child holder = start_child(hold_as_user, NULL);
	assert_int_equal(child_hear(&holder), 'h');
	in_child(find_it_busy_as_other_user, NULL);
	child_tell(&holder, 'r');
	assert_int_equal(child_finish(&holder), 0);
	assert_free();
}

/* --- Dead owners --- */

static void lock_of_a_dead_owner_is_taken_over(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	for (unsigned his = SL_EXCLUSIVE; his <= SL_SHARED; his++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			struct player player = start_player();
			do_whole(&player, his == SL_SHARED ? 's' : 'x');
			child_kill(&player.child);
			assert_int_equal(acquire(lock, mode), SL_OK);
			assert_int_equal(check(lock), SL_OK);
			assert_int_equal(release(lock), SL_OK);
			/* Who shares lets a dead one who shared alone. */
			assert_int_equal(break_stale(), his == SL_SHARED && mode == SL_SHARED);
			assert_free();
		}
}

static void lock_of_an_unknown_owner_is_held(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	put_unknown();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		assert_int_equal(acquire(lock, mode), SL_BUSY);
	assert_false(break_stale());
	assert_int_equal(entry_count(path), 1);
	assert_int_equal(entry_count(parent), 1);
	/* Beside one who shares there is room, whatever has become of him. */
	remove_file((void *)record_path());
	put_owner(FUSE, SL_SHARED);
	assert_int_equal(share(lock), SL_OK);
	assert_int_equal(entry_count(path), 2);
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(take(lock), SL_BUSY);
}

static void left_overs_are_collected_when_the_lock_is_busy(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	put_debris();
	assert_int_equal(take(lock), SL_OK);
	/* An uncontended one does not look. */
	assert_int_equal(entry_count(parent), 3);
	assert_int_equal(take(other), SL_BUSY);
	assert_int_equal(entry_count(parent), 1);
	assert_held(lock);
}

static void break_stale_removes_the_dead_and_nobody_else(void **state)
{
	(void)state;
	struct player player = start_player();
	assert_false(break_stale());
	put_dead();
	put_debris();
	assert_true(break_stale());
	assert_free();
	put_debris();
	assert_false(break_stale());
	assert_free();
	/* Beside a live one. */
	do_whole(&player, 's');
	put_owner(TMPFS, SL_SHARED);
	put_debris();
	assert_true(break_stale());
	assert_one_owner(&player, 1);
	assert_int_equal(entry_count(path), 1);
	assert_int_equal(entry_count(parent), 1);
	do_whole(&player, 'r');
	/* And by an object that has the lock itself. */
	struct sl_lock *lock = make();
	bool broken;
	assert_int_equal(take(lock), SL_OK);
	put_debris();
	assert_int_equal(sl_directory_lock_break_stale(lock, &broken, &failure), SL_OK);
	assert_false(broken);
	assert_held(lock);
	assert_int_equal(entry_count(parent), 1);
}

static void break_that_fails_leaks_nothing(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	bool broken;
	unsigned descriptors = descriptor_count();
	for (unsigned step = 1; step < STEPS_MAX; step++) {
		put_dead();
		put_debris();
		watch_calls();
		refuse_call(CALL_ANY, step, EIO);
		enum sl_result result = sl_directory_lock_break_stale(lock, &broken, &failure);
		bool applied = rule_applied();
		stop_watching();
		assert_true(result == SL_OK || (applied && result == SL_SYSTEM && failure.number == EIO));
		assert_int_equal(descriptor_count(), descriptors);
		break_stale();
		assert_free();
		if (!applied)
			break;
	}
}

static void force_break_removes_exactly_whom_a_person_was_shown(void **state)
{
	(void)state;
	struct player owner = start_player(), newcomer = start_player();
	char shown[NAME_MAX + 1];
	do_whole(&owner, 'x');
	strcpy(shown, record());
	do_whole(&owner, 'r');
	do_whole(&newcomer, 'x');
	assert_int_equal(force_break(shown), SL_OK);
	assert_one_owner(&newcomer, 1);
	do_whole(&newcomer, 'r');
	assert_int_equal(force_break(shown), SL_OK);
	assert_free();
}

static void broken_owner_who_lives_is_told_and_takes_nothing_from_the_newcomer(void **state)
{
	(void)state;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		struct player newcomer = start_player();
		struct sl_lock *owner = make();
		assert_int_equal(take(owner), SL_OK);
		assert_int_equal(force_break(record()), SL_OK);
		assert_false(exists(path));
		assert_int_equal(do_whole(&newcomer, mode == SL_SHARED ? 's' : 'x'), SL_OK);
		assert_int_equal(check(owner), SL_LOST);
		assert_int_equal(release(owner), SL_LOST);
		assert_one_owner(&newcomer, 1);
		do_whole(&newcomer, 'r');
		assert_free();
		finish(&newcomer);
	}
}

static void what_is_called_otherwise_is_not_broken(void **state)
{
	(void)state;
	static const char *const names[] = {"", ".", "..", "README", "../precious", "/etc/passwd"};
	const char *precious = path_of("precious");
	write_file(precious, "");
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(in_lock("README"), "");
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(force_break(names[i]), SL_SYSTEM);
		assert_int_equal(failure.number, EINVAL);
	}
	assert_true(exists(precious));
	assert_true(exists(in_lock("README")));
}

static void unknown_owner_can_be_broken_by_a_person_alone(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	put_unknown();
	assert_int_equal(take(lock), SL_BUSY);
	char shown[NAME_MAX + 1];
	strcpy(shown, record());
	watch_calls();
	refuse_call(CALL_UNLINK, 1, EROFS);
	assert_int_equal(force_break(shown), SL_SYSTEM);
	stop_watching();
	assert_string_equal(failure.call, "unlink");
	assert_int_equal(failure.number, EROFS);
	assert_int_equal(force_break(shown), SL_OK);
	assert_int_equal(take(lock), SL_OK);
}

/* --- Who has it --- */

static struct sl_holder_list list_holders(void)
{
	struct sl_holder_list list;
	struct sl_lock *lock = make();
	assert_int_equal(sl_lock_holders(lock, &list, &failure), SL_OK);
	drop(lock);
	return list;
}

static size_t holder_count(void)
{
	struct sl_holder_list list = list_holders();
	size_t count = list.count;
	sl_holders_free(&list);
	return count;
}

static void holder_is_named(void **state)
{
	(void)state;
	struct player player = start_player();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		do_whole(&player, mode == SL_SHARED ? 's' : 'x');
		struct sl_holder_list list = list_holders();
		assert_int_equal(list.count, 1);
		struct sl_holder *holder = &list.holders[0];
		assert_int_equal(holder->owner.process.pid, player.child.pid);
		assert_int_equal(holder->life, SL_ALIVE);
		assert_int_equal(holder->exclusive, mode == SL_EXCLUSIVE);
		assert_false(holder->self);
		assert_false(holder->inherited);
		assert_string_equal(holder->owner.label, LABEL);
		assert_string_equal(holder->owner.command, COMMAND);
		assert_string_equal(holder->record, record());
		assert_in_range(holder->owner.since.tv_sec, time(NULL) - 60, time(NULL));
		sl_holders_free(&list);
		do_whole(&player, 'r');
		assert_int_equal(holder_count(), 0);
	}
}

static void all_who_share_are_named_and_the_dead_are_not(void **state)
{
	(void)state;
	struct player players[2] = {start_player(), start_player()};
	struct sl_lock *lock = make();
	assert_int_equal(share(lock), SL_OK);
	do_whole(&players[0], 's');
	do_whole(&players[1], 's');
	put_owner(TMPFS, SL_SHARED);
	assert_int_equal(entry_count(path), 4);
	struct sl_holder_list list = list_holders();
	assert_int_equal(list.count, 3);
	unsigned seen = 0;
	for (size_t i = 0; i < 3; i++) {
		pid_t pid = list.holders[i].owner.process.pid;
		assert_false(list.holders[i].exclusive);
		assert_int_equal(list.holders[i].self, pid == getpid());
		assert_true(is_locked(in_lock(list.holders[i].record)));
		seen |= pid == getpid() ? 1 : pid == players[0].child.pid ? 2 : 4;
	}
	assert_int_equal(seen, 7);
	sl_holders_free(&list);
	child_kill(&players[0].child);
	assert_int_equal(holder_count(), 2);
	/* It is not touched by that. */
	assert_int_equal(entry_count(path), 4);
	do_whole(&players[1], 'r');
}

static void unknown_holder_is_shown_so(void **state)
{
	(void)state;
	put_unknown();
	struct sl_holder_list list = list_holders();
	assert_int_equal(list.count, 1);
	assert_int_equal(list.holders[0].life, SL_LIFE_UNKNOWN);
	assert_int_equal(list.holders[0].owner.process.pid, 0);
	assert_string_equal(list.holders[0].record, record());
	sl_holders_free(&list);
	/* And what has no proper name. */
	write_file(in_lock("README"), "");
	assert_int_equal(holder_count(), 2);
}

static void who_asks_for_holders_is_in_nobodys_way(void **state)
{
	(void)state;
	static const enum call calls[] = {
		CALL_OPEN, CALL_FSTAT, CALL_FSTATFS, CALL_OPENDIR, CALL_READDIR, CALL_REALLOC, CALL_PREAD};
	struct player player = start_player();
	struct sl_lock *lock = make();
	struct sl_holder_list list;
	do_whole(&player, 's');
	put_unknown();
	unsigned descriptors = descriptor_count();
	for (size_t i = 0; i < COUNT(calls); i++) {
		unsigned nth = 0;
		bool applied;
		do {
			watch_calls();
			refuse_call(calls[i], ++nth, ENOMEM);
			enum sl_result result = sl_lock_holders(lock, &list, &failure);
			applied = rule_applied();
			stop_watching();
			if (result == SL_OK)
				sl_holders_free(&list);
			else
				assert_int_equal(failure.number, ENOMEM);
			assert_int_equal(descriptor_count(), descriptors);
		} while (applied);
	}
	assert_one_owner(&player, 1);
	assert_int_equal(entry_count(path), 2);
}

/* --- Two at the same time: one stops before each of its calls, and the other one comes --- */

/*
 * x and s acquire, b breaks what is stale, R and S release what was exclusive or shared. The first
 * one is stopped before its call `first`; the second one comes, and is stopped before its call
 * `second` (0: is not), until the first one has ended.
 */
struct meeting {
	char first, second;
};

static const struct meeting meetings[] = {{'x', 'x'}, {'x', 's'}, {'s', 'x'}, {'s', 's'},
	{'x', 'b'}, {'s', 'b'}, {'b', 'x'}, {'b', 's'}, {'R', 'x'}, {'R', 's'}, {'x', 'R'}, {'s', 'R'},
	{'S', 'x'}, {'S', 's'}, {'x', 'S'}, {'s', 'S'}, {'S', 'S'}, {'R', 'b'}, {'b', 'R'}, {'b', 'b'}};

static void begin(struct player *player, char what)
{
	if (what == 'R')
		assert_int_equal(do_whole(player, 'x'), SL_OK);
	else if (what == 'S')
		assert_int_equal(do_whole(player, 's'), SL_OK);
}

static char word_for(char what)
{
	return what == 'R' || what == 'S' ? 'r' : what;
}

static void assert_got_it(const struct meeting *meeting, const struct player *players)
{
	bool wants[] = {meeting->first == 'x' || meeting->first == 's',
		meeting->second == 'x' || meeting->second == 's'};
	/* Of two who want it alone one gets it, if nobody else has it. */
	if (meeting->first == 'x' && meeting->second == 'x')
		assert_true(players[0].holds || players[1].holds);
	/* And who is alone with one who collects. */
	if (meeting->first == 'b' && wants[1])
		assert_true(players[1].holds);
	if (meeting->second == 'b' && wants[0])
		assert_true(players[0].holds);
}

/* False: there are no such steps. A third one comes and goes when both are stopped. */
static bool meet(const struct meeting *meeting, struct player *players, unsigned first,
	unsigned second, char third, bool debris)
{
	char one = word_for(meeting->first), two = word_for(meeting->second);
	begin(&players[0], meeting->first);
	begin(&players[1], meeting->second);
	if (debris) {
		if (!exists(path))
			put_dead();
		put_debris();
	}
	bool stopped = tell_to(&players[0], one, first) == STOPPED;
	bool second_stopped = tell_to(&players[1], two, second) == STOPPED;
	if (third != '\0')
		do_whole(&players[2], third);
	if (stopped)
		go_on(&players[0], one);
	if (second_stopped)
		go_on(&players[1], two);
	assert_one_owner(players, 3);
	if (!debris && third == '\0')
		assert_got_it(meeting, players);
	release_all(players, 3);
	if (debris)
		break_stale();
	if (entry_count(parent) != 0)
		fail_msg("%c before %u, %c before %u: something is left", meeting->first, first,
			meeting->second, second);
	return second == 0 ? stopped : second_stopped;
}

static void at_each_step_another_one_may_come(void **state)
{
	(void)state;
	struct player players[3] = {start_player(), start_player(), start_player()};
	for (size_t i = 0; i < COUNT(meetings); i++)
		for (int debris = 0; debris < 2; debris++) {
			unsigned step = 1;
			while (meet(&meetings[i], players, step, 0, '\0', debris))
				step++;
			assert_in_range(step, 6, STEPS_MAX);
		}
	assert_free();
}

static void at_each_two_steps_of_both_they_may_meet(void **state)
{
	(void)state;
	static const char thirds[] = {'\0', 'x', 'b'};
	struct player players[3] = {start_player(), start_player(), start_player()};
	for (size_t i = 0; i < COUNT(meetings); i++)
		for (size_t third = 0; third < COUNT(thirds); third++) {
			unsigned first = 0, second;
			do {
				first++;
				second = 1;
				while (meet(&meetings[i], players, first, second, thirds[third], false))
					second++;
				assert_in_range(second, 4, STEPS_MAX);
			} while (meet(&meetings[i], players, first, 0, thirds[third], false));
		}
	assert_free();
}

/* Always the same, so that what it has found can be found again. */
static unsigned chance(unsigned below)
{
	static uint64_t seed = 20200109;
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static void assert_compatible(const struct player *players, size_t count)
{
	int inside = 0;
	for (size_t i = 0; i < count; i++)
		inside += !players[i].holds ? 0 : players[i].mode == SL_EXCLUSIVE ? 100 : 1;
	assert_true(inside <= 100);
}

/* One step of one of them. `doing` is what they are in the middle of, or NUL. */
static void step_by_chance(struct player *player, char *doing)
{
	char answer;
	if (*doing != '\0')
		answer = go_on(player, *doing);
	else {
		*doing = player->holds ? 'r' : "xxxxsssb"[chance(8)];
		answer = tell_to(player, *doing, EVERY_STEP);
	}
	if (answer != STOPPED)
		*doing = '\0';
}

static void in_whatever_order_three_make_their_steps_there_is_one_owner(void **state)
{
	(void)state;
	struct player players[3] = {start_player(), start_player(), start_player()};
	for (int round = 0; round < ROUNDS; round++) {
		char doing[3] = "";
		for (int step = 0; step < 120; step++) {
			unsigned who = chance(3);
			step_by_chance(&players[who], &doing[who]);
			assert_compatible(players, 3);
		}
		for (int i = 0; i < 3; i++)
			while (doing[i] != '\0')
				step_by_chance(&players[i], &doing[i]);
		assert_one_owner(players, 3);
		release_all(players, 3);
		assert_int_equal(entry_count(parent), 0);
	}
	assert_free();
}

/* Between two steps of one the lock is taken and given back, or its owner dies. */
static void at_each_step_somebody_may_come_and_go_or_die(void **state)
{
	(void)state;
	static const char modes[] = "xs";
	struct player players[2] = {start_player(), start_player()};
	for (int i = 0; i < 4; i++)
		for (int dies = 0; dies < 2; dies++)
			for (unsigned step = 1;; step++) {
				char one = modes[i % 2], two = modes[i / 2];
				bool stopped = tell_to(&players[0], one, step) == STOPPED;
				do_whole(&players[1], two);
				if (dies) {
					child_kill(&players[1].child);
					players[1] = start_player();
				} else if (players[1].holds)
					do_whole(&players[1], 'r');
				if (stopped)
					go_on(&players[0], one);
				/* Nobody else is there any more. */
				if (!players[0].holds)
					assert_int_equal(do_whole(&players[0], one), SL_OK);
				assert_one_owner(players, 2);
				do_whole(&players[0], 'r');
				if (dies)
					break_stale();
				assert_int_equal(entry_count(parent), 0);
				if (!stopped)
					break;
			}
	assert_free();
}

/* The empty directory that a breaker leaves, and dies: it belongs to nobody. */
static void whoever_is_killed_at_any_step_leaves_a_lock_that_others_get(void **state)
{
	(void)state;
	enum { ALONE, WITH_DEBRIS, BESIDE_ONE };
	static const struct {
		char what;
		int scene;
	} deaths[] = {{'x', ALONE}, {'R', ALONE}, {'x', WITH_DEBRIS}, {'b', WITH_DEBRIS},
		{'x', BESIDE_ONE}, {'s', BESIDE_ONE}, {'S', BESIDE_ONE}};
	struct player other = start_player();
	for (size_t i = 0; i < COUNT(deaths); i++) {
		bool stopped = true;
		for (unsigned step = 1; stopped; step++) {
			struct player player = start_player();
			if (deaths[i].scene == BESIDE_ONE)
				do_whole(&other, 's');
			begin(&player, deaths[i].what);
			if (deaths[i].scene == WITH_DEBRIS) {
				put_dead();
				put_debris();
			}
			stopped = tell_to(&player, word_for(deaths[i].what), step) == STOPPED;
			if (stopped)
				die(&player);
			else {
				release_all(&player, 1);
				finish(&player);
			}
			assert_one_owner(&other, 1);
			release_all(&other, 1);
			assert_int_equal(do_whole(&other, step % 2 == 0 ? 's' : 'x'), SL_OK);
			do_whole(&other, 'r');
			break_stale();
			assert_int_equal(entry_count(parent), 0);
		}
	}
	assert_free();
}

/* --- What the guards are for: the same without them --- */

static void mkdir_lock_step(void *name)
{
	bool made_it = mkdir(path, 0700) == 0;
	say(made_it ? 'm' : 'e');
	if (await() == 'b') { /* it is empty, so its owner died: break it */
		expect(rmdir(path) == 0 && mkdir(path, 0700) == 0);
		say('m');
		await();
	}
	write_file(in_lock(name), "");
	say('o');
	await();
}

/* The post of 2020-01-09 on the borgbackup list. */
static void control_with_mkdir_there_are_two_owners(void **state)
{
	(void)state;
	struct child a = start_child(mkdir_lock_step, "a"), b;
	assert_int_equal(child_hear(&a), 'm');
	b = start_child(mkdir_lock_step, "b");
	assert_int_equal(child_hear(&b), 'e');
	child_tell(&b, 'b');
	assert_int_equal(child_hear(&b), 'm');
	child_tell(&b, 'g');
	assert_int_equal(child_hear(&b), 'o');
	child_tell(&a, 'g');
	assert_int_equal(child_hear(&a), 'o');
	assert_int_equal(entry_count(path), 2);
}

static void what_makes_two_owners_with_mkdir_makes_one_here(void **state)
{
	(void)state;
	struct player players[2] = {start_player(), start_player()};
	for (unsigned step = 1;; step++) {
		bool stopped = tell_to(&players[0], 'x', step) == STOPPED;
		do_whole(&players[1], 'b');
		do_whole(&players[1], 'x');
		if (stopped)
			go_on(&players[0], 'x');
		assert_int_equal(players[0].holds + players[1].holds, 1);
		assert_one_owner(players, 2);
		release_all(players, 2);
		assert_int_equal(entry_count(parent), 0);
		if (!stopped)
			break;
	}
}

/* The steps of the protocol as plain calls, but for one. */
static int publish_by_hand(
	const struct sl_record_name *name, void (*meanwhile)(void), bool *published)
{
	char temporary[512];
	snprintf(temporary, sizeof temporary, "%s.%s.tmp", path, name->nonce);
	if (mkdir(temporary, 0700) != 0)
		abort();
	int fd = open(put(temporary, name), O_RDWR | O_CLOEXEC);
	if (meanwhile != NULL)
		meanwhile();
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		abort();
	*published = rename(temporary, path) == 0;
	return fd;
}

static void collect_but_the_directory(void)
{
	struct sl_lock *lock = make();
	struct sl_failure ignored;
	bool broken;
	/* A collector between its unlink and its rmdir. */
	watch_calls();
	refuse_calls_from(CALL_RMDIR, 1, EINTR);
	sl_directory_lock_break_stale(lock, &broken, &ignored);
	stop_watching();
	drop(lock);
}

static void control_without_check_links_an_empty_directory_is_published(void **state)
{
	(void)state;
	struct sl_record_name name = name_of_other(TMPFS);
	struct sl_lock *lock = make();
	bool published;
	int fd = publish_by_hand(&name, collect_but_the_directory, &published);
	assert_true(published);
	assert_int_equal(entry_count(path), 0);
	/* He believes to have it, and so does the next one. */
	assert_int_equal(take(lock), SL_OK);
	close(fd);
}

/* The only temporary directory there is. */
static const char *temporary_directory(void)
{
	static char text[512];
	DIR *stream = opendir(parent);
	text[0] = '\0';
	for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
		if (sl_temporary_name_is_one(entry->d_name, "lock"))
			snprintf(text, sizeof text, "%s/%s", parent, entry->d_name);
	closedir(stream);
	expect(text[0] != '\0');
	return text;
}

static const char *temporary_record(void)
{
	static char text[512 + NAME_MAX];
	const char *directory = temporary_directory();
	snprintf(text, sizeof text, "%s/%s", directory, record_in(directory));
	return text;
}

/* What a collector does between these steps; the directory he leaves, as if he were slow. */
static void collect_record(void *data)
{
	(void)data;
	remove_file((void *)temporary_record());
}

static void collect_directory(void *data)
{
	(void)data;
	if (rmdir(temporary_directory()) != 0)
		abort();
}

static void collect_both(void *data)
{
	char directory[512];
	strcpy(directory, temporary_directory());
	collect_record(data);
	if (rmdir(directory) != 0)
		abort();
}

static int judging;

static void judge_record(void *data)
{
	(void)data;
	judging = take_flock(temporary_record(), LOCK_SH);
}

static const struct {
	enum call call;
	unsigned nth;
	void (*act)(void *data);
} collections[] = {
	{CALL_OPEN, 2, collect_directory},                            /* after mkdir */
	{CALL_OPEN, 3, collect_directory},                            /* before the record is made */
	{CALL_FLOCK, 1, collect_record},                              /* before it is locked */
	{CALL_FLOCK, 1, collect_both}, {CALL_FLOCK, 1, judge_record}, /* it is about to be taken */
	{CALL_FSTAT, 2, collect_record},
	{CALL_RENAME, 1, collect_both}, /* no collector does so, but persons do */
};

static void what_a_collector_took_is_prepared_anew(void **state)
{
	(void)state;
	sl_process_self();
	for (size_t i = 0; i < COUNT(collections); i++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			struct sl_lock *lock = make();
			unsigned descriptors = descriptor_count();
			judging = -1;
			watch_calls();
			before_call(collections[i].call, collections[i].nth, collections[i].act, NULL);
			assert_int_equal(acquire(lock, mode), SL_OK);
			assert_int_equal(call_count(CALL_MKDIR), 2);
			stop_watching();
			if (judging >= 0)
				close(judging);
			assert_held(lock);
			assert_int_equal(entry_count(parent), 1);
			assert_int_equal(release(lock), SL_OK);
			assert_int_equal(descriptor_count(), descriptors);
			assert_free();
			drop(lock);
		}
}

static void what_others_always_take_ends_as_busy(void **state)
{
	(void)state;
	static const enum call calls[] = {CALL_OPEN, CALL_FLOCK, CALL_RENAME};
	static void (*const acts[])(void *data) = {collect_directory, collect_record, collect_both};
	struct sl_lock *lock = make();
	sl_process_self();
	for (int i = 1; i < 3; i++) {
		unsigned descriptors = descriptor_count();
		watch_calls();
		/* The flock that unlocks it finds no record any more. */
		if (calls[i] == CALL_FLOCK)
			refuse_calls_from(CALL_FLOCK, 1, EWOULDBLOCK);
		else
			before_every_call(calls[i], acts[i], NULL);
		assert_int_equal(take(lock), SL_BUSY);
		assert_int_equal(call_count(CALL_MKDIR), 1000);
		stop_watching();
		assert_not_held(lock);
		assert_int_equal(descriptor_count(), descriptors);
		assert_free();
	}
}

/* A record in the directory of an exclusive owner, without the look for him. */
static void control_without_the_scan_reader_and_writer_are_together(void **state)
{
	(void)state;
	struct sl_record_name name = name_of_other(TMPFS);
	struct player writer = start_player();
	char text[512], place[512];
	do_whole(&writer, 'x');
	name.mode = SL_SHARED;
	strcpy(text, put(parent, &name));
	snprintf(place, sizeof place, "%s", in_lock(strrchr(text, '/') + 1));
	assert_int_equal(rename(text, place), 0);
	assert_one_owner(&writer, 1);
	remove_file(place);
	do_whole(&writer, 'r');
}

/* A record whose name is used again: who judged the dead one removes the newcomer's. */
static void control_with_a_name_that_is_used_again_a_newcomer_is_removed(void **state)
{
	(void)state;
	struct sl_record_name name = name_of_other(TMPFS);
	struct sl_lock *late = make(), *lock = make();
	bool published;
	char shown[NAME_MAX + 1];
	put_owner(TMPFS, SL_EXCLUSIVE);
	strcpy(shown, record());
	assert_true(sl_record_name_read(&name, shown));
	assert_true(break_stale());
	int fd = publish_by_hand(&name, NULL, &published);
	assert_true(published);
	assert_int_equal(take(lock), SL_BUSY);
	assert_int_equal(sl_directory_lock_force_break(late, shown, &failure), SL_OK);
	assert_int_equal(take(lock), SL_OK);
	close(fd);
}

/* --- Breakers --- */

struct intruder {
	struct player *player;
	char what;
	bool done;
};

static void intrude(void *data)
{
	struct intruder *intruder = data;
	if (!intruder->done)
		do_whole(intruder->player, intruder->what);
	intruder->done = true;
}

static void of_two_breakers_one_gets_it(void **state)
{
	(void)state;
	static const enum call calls[] = {CALL_FLOCK, CALL_UNLINK, CALL_RENAME};
	for (size_t i = 0; i < COUNT(calls); i++)
		for (unsigned nth = 1; nth <= 2; nth++) {
			struct player player = start_player();
			struct intruder intruder = {&player, 'x', false};
			struct sl_lock *lock = make();
			put_dead();
			watch_calls();
			before_call(calls[i], nth, intrude, &intruder);
			enum sl_result result = take(lock);
			stop_watching();
			if (intruder.done)
				assert_int_equal((result == SL_OK) + player.holds, 1);
			if (result == SL_OK)
				assert_held(lock);
			drop(lock);
			release_all(&player, 1);
			finish(&player);
			break_stale();
			assert_free();
		}
}

/* A person breaks somebody who is just releasing, and a newcomer comes. */
static void break_in_the_middle_of_a_release_harms_no_newcomer(void **state)
{
	(void)state;
	struct player players[2] = {start_player(), start_player()};
	char shown[NAME_MAX + 1];
	for (unsigned step = 1;; step++) {
		do_whole(&players[0], 'x');
		strcpy(shown, record());
		players[0].holds = false;
		child_tell(&players[0].child, 'r');
		child_tell(&players[0].child, (char)step);
		char answer = child_hear(&players[0].child);
		assert_int_equal(force_break(shown), SL_OK);
		assert_int_equal(do_whole(&players[1], step % 2 == 0 ? 's' : 'x'), SL_OK);
		if (answer == STOPPED) {
			child_tell(&players[0].child, 'g');
			char result = child_hear(&players[0].child);
			assert_int_equal(result, step == 1 ? SL_LOST : SL_OK);
		}
		assert_one_owner(players, 2);
		do_whole(&players[1], 'r');
		assert_int_equal(entry_count(parent), 0);
		if (answer != STOPPED)
			break;
	}
}

/* --- Calls that fail --- */

static const int errors[] = {
	EINTR, EIO, ENOSPC, EMFILE, ENOMEM, EACCES, EROFS, ESTALE, ETIMEDOUT, ENOENT};

enum scene { FREE, DEAD, BESIDE, BUSY, SCENES };

/* What an acquire finds there. */
static struct sl_lock *set_scene(enum scene scene)
{
	if (scene == DEAD) {
		put_dead();
		put_debris();
	} else if (scene != FREE) {
		struct sl_lock *other = make();
		assert_int_equal(acquire(other, scene == BESIDE ? SL_SHARED : SL_EXCLUSIVE), SL_OK);
		return other;
	}
	return NULL;
}

/* "flock(LOCK_EX)" of the trace, without what is in brackets. */
static void nth_call(unsigned nth, char *name, size_t size)
{
	const char *trace = call_trace();
	while (--nth > 0 && trace != NULL)
		trace = strchr(trace, ' ') + 1;
	snprintf(name, size, "%.*s", (int)strcspn(trace, " ("), trace);
}

static void assert_failure_is(unsigned step, int number)
{
	char name[32];
	nth_call(step, name, sizeof name);
	assert_int_equal(failure.number, number);
	/* A directory is opened by two calls, and a record is opened and looked at. */
	if (strcmp(failure.call, "opendir") == 0 && strcmp(name, "open") == 0)
		return;
	if (strcmp(failure.call, "open") == 0 && strcmp(name, "fstat") == 0)
		return;
	assert_string_equal(failure.call, name);
}

static bool can_be_had(enum scene scene, enum sl_mode mode)
{
	return scene != BUSY && (scene != BESIDE || mode == SL_SHARED);
}

/* Whatever fails or is said to fail: held or not, and what is left nobody has to remove by hand. */
static bool acquire_survives(
	enum scene scene, enum sl_mode mode, unsigned step, int number, bool lost)
{
	struct sl_lock *lock = make();
	struct sl_lock *other = set_scene(scene);
	unsigned descriptors = descriptor_count();
	sl_process_self();
	watch_calls();
	(lost ? lose_answer : refuse_call)(CALL_ANY, step, number);
	enum sl_result result = acquire(lock, mode);
	bool applied = rule_applied();
	if (result == SL_SYSTEM) {
		assert_true(applied);
		assert_failure_is(step, number);
	} else if (result == SL_OK)
		assert_true(can_be_had(scene, mode));
	else
		assert_int_equal(result, SL_BUSY);
	stop_watching();
	if (!applied)
		assert_int_equal(result, can_be_had(scene, mode) ? SL_OK : SL_BUSY);
	if (result == SL_OK) {
		assert_int_equal(check(lock), SL_OK);
		assert_int_equal(release(lock), SL_OK);
	}
	assert_not_held(lock);
	assert_int_equal(descriptor_count(), descriptors);
	if (other != NULL) {
		assert_int_equal(check(other), SL_OK);
		assert_int_equal(release(other), SL_OK);
		drop(other);
	}
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(release(lock), SL_OK);
	break_stale();
	assert_free();
	drop(lock);
	return applied;
}

static void acquire_survives_the_failure_of_every_call(void **state)
{
	(void)state;
	for (enum scene scene = FREE; scene < SCENES; scene++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
			for (size_t i = 0; i < COUNT(errors); i++) {
				unsigned step = 1;
				while (acquire_survives(scene, mode, step, errors[i], false))
					step++;
				assert_in_range(step, 13, STEPS_MAX);
			}
}

/* A server has done it, and failed to say so. Calls that change nothing are refused. */
static void acquire_survives_the_loss_of_every_answer(void **state)
{
	(void)state;
	for (enum scene scene = FREE; scene < SCENES; scene++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
			for (size_t i = 0; i < COUNT(errors); i++) {
				unsigned step = 1;
				while (acquire_survives(scene, mode, step, errors[i], true))
					step++;
			}
}

/* So answer FUSE and NFS when somebody else has removed it since. */
static void what_was_removed_while_it_was_open_is_gone(void **state)
{
	(void)state;
	static const int answers[] = {ENOENT, ESTALE};
	sl_process_self();
	for (enum scene scene = FREE; scene < SCENES; scene++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
			for (size_t i = 0; i < COUNT(answers); i++) {
				bool applied = true;
				for (unsigned nth = 1; applied; nth++) {
					struct sl_lock *lock = make(), *other = set_scene(scene);
					watch_calls();
					refuse_call(CALL_FSTAT, nth, answers[i]);
					enum sl_result result = acquire(lock, mode);
					applied = rule_applied();
					stop_watching();
					assert_int_equal(result, can_be_had(scene, mode) ? SL_OK : SL_BUSY);
					drop(lock);
					if (other != NULL)
						drop(other);
					break_stale();
					assert_free();
				}
			}
}

static void rename_that_was_done_counts_though_its_answer_was_lost(void **state)
{
	(void)state;
	static const int doubts[] = {ENOENT, EIO, ESTALE, ETIMEDOUT};
	struct player other = start_player();
	for (int beside = 0; beside < 2; beside++)
		for (size_t i = 0; i < COUNT(doubts); i++) {
			struct sl_lock *lock = make();
			if (beside)
				do_whole(&other, 's');
			watch_calls();
			lose_answer(CALL_RENAME, beside ? 2 : 1, doubts[i]);
			assert_int_equal(acquire(lock, beside ? SL_SHARED : SL_EXCLUSIVE), SL_OK);
			assert_true(rule_applied());
			assert_int_equal(call_count(CALL_RENAME), beside ? 2 : 1);
			stop_watching();
			assert_int_equal(check(lock), SL_OK);
			assert_int_equal(entry_count(path), beside ? 2 : 1);
			assert_int_equal(entry_count(parent), 1);
			assert_int_equal(release(lock), SL_OK);
			if (beside)
				do_whole(&other, 'r');
			assert_free();
			drop(lock);
		}
}

static void rename_that_was_not_done_is_no_lock(void **state)
{
	(void)state;
	static const int doubts[] = {EIO, ESTALE, ETIMEDOUT};
	struct player other = start_player();
	struct sl_lock *lock = make();
	for (int held = 0; held < 2; held++)
		for (size_t i = 0; i < COUNT(doubts); i++) {
			if (held)
				do_whole(&other, 'x');
			watch_calls();
			refuse_call(CALL_RENAME, 1, doubts[i]);
			assert_int_equal(take(lock), SL_SYSTEM);
			stop_watching();
			assert_string_equal(failure.call, "rename");
			assert_int_equal(failure.number, doubts[i]);
			assert_int_equal(entry_count(parent), held);
			assert_one_owner(&other, 1);
			release_all(&other, 1);
		}
	/* ENOENT: what was prepared is no longer there. */
	watch_calls();
	refuse_call(CALL_RENAME, 1, ENOENT);
	assert_int_equal(take(lock), SL_OK);
	stop_watching();
	assert_held(lock);
	assert_int_equal(entry_count(parent), 1);
}

static bool release_survives(enum sl_mode mode, unsigned step, int number, bool lost)
{
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	assert_int_equal(acquire(lock, mode), SL_OK);
	watch_calls();
	(lost ? lose_answer : refuse_call)(CALL_ANY, step, number);
	enum sl_result result = release(lock);
	bool applied = rule_applied();
	if (step == 1 && !lost)
		assert_int_equal(result, number == ENOENT ? SL_LOST : SL_SYSTEM);
	else if (step == 2 && !lost) { /* the record is still there */
		assert_int_equal(result, SL_SYSTEM);
		assert_string_equal(failure.call, "unlink");
	} else
		assert_int_equal(result, SL_OK);
	stop_watching();
	assert_not_held(lock);
	assert_int_equal(descriptor_count(), descriptors);
	assert_int_equal(take(lock), SL_OK);
	assert_held(lock);
	drop(lock);
	assert_free();
	return applied;
}

static void release_survives_the_failure_of_every_call(void **state)
{
	(void)state;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		for (int lost = 0; lost < 2; lost++)
			for (size_t i = 0; i < COUNT(errors); i++) {
				unsigned step = 1;
				while (release_survives(mode, step, errors[i], lost))
					step++;
				assert_in_range(step, 6, 10);
			}
}

static void lock_is_not_made_without_memory(void **state)
{
	(void)state;
	struct sl_lock_options options = {.path = path, .label = LABEL, .command = COMMAND};
	static const enum call calls[] = {CALL_CALLOC, CALL_STRDUP, CALL_STRDUP, CALL_MALLOC};
	static const unsigned nth[] = {1, 1, 2, 1};
	for (size_t i = 0; i < COUNT(calls); i++) {
		watch_calls();
		refuse_call(calls[i], nth[i], ENOMEM);
		assert_null(sl_directory_lock_new(&options));
		assert_true(rule_applied());
		stop_watching();
	}
}

static void lock_is_unsupported_where_the_kernel_says_so(void **state)
{
	(void)state;
	static const int numbers[] = {ENOLCK, EOPNOTSUPP, ENOSYS};
	struct sl_lock *lock = make();
	for (size_t i = 0; i < COUNT(numbers); i++) {
		watch_calls();
		refuse_call(CALL_FLOCK, 1, numbers[i]);
		assert_int_equal(take(lock), SL_UNSUPPORTED);
		stop_watching();
		assert_string_equal(failure.call, "flock");
		assert_int_equal(failure.number, numbers[i]);
		assert_free();
	}
}

/* --- The directory that the lock is in is replaced --- */

static char old_place[96], new_place[96], place[96], place_lock[112];

/* A link in the path leads to the old place; or there is a directory, which is its own place. */
static void make_places(bool link)
{
	snprintf(old_place, sizeof old_place, "%s/old", parent);
	snprintf(new_place, sizeof new_place, "%s/new", parent);
	snprintf(place, sizeof place, "%s/place", parent);
	snprintf(place_lock, sizeof place_lock, "%s/lock", place);
	if (link && (mkdir(old_place, 0755) != 0 || mkdir(new_place, 0755) != 0))
		abort();
	if ((link ? symlink("old", place) : mkdir(place, 0755)) != 0)
		abort();
}

static void remove_places(void)
{
	char command[400];
	snprintf(command, sizeof command, "rm -rf %s %s %s", place, old_place, new_place);
	expect(system(command) == 0);
}

static void switch_link(void *data)
{
	char fresh[112];
	(void)data;
	snprintf(fresh, sizeof fresh, "%s.fresh", place);
	if (symlink("new", fresh) != 0 || rename(fresh, place) != 0)
		abort();
}

static void move_place_away(void *data)
{
	(void)data;
	if (rename(place, old_place) != 0 || mkdir(place, 0755) != 0)
		abort();
}

static void remove_place(void *data)
{
	char command[200];
	(void)data;
	snprintf(command, sizeof command, "rm -rf %s", place);
	if (system(command) != 0 || mkdir(place, 0755) != 0)
		abort();
}

static const struct {
	bool link;
	void (*act)(void *data);
} replacements[] = {{true, switch_link}, {false, move_place_away}, {false, remove_place}};

/* The step at which an acquire looks for the last time where its record is. */
static unsigned last_look(enum sl_mode mode, bool beside)
{
	char name[32] = "";
	struct sl_lock *lock = make_at(place_lock, &name), *other = make_at(place_lock, &lock);
	if (beside)
		assert_int_equal(share(other), SL_OK);
	watch_calls();
	assert_int_equal(acquire(lock, mode), SL_OK);
	unsigned steps = call_count(CALL_ANY), last = 0;
	for (unsigned step = 1; step <= steps; step++) {
		nth_call(step, name, sizeof name);
		if (strcmp(name, "lstat") == 0)
			last = step;
	}
	stop_watching();
	drop(lock);
	drop(other);
	assert_true(last > 0);
	return last;
}

/* Whether it was switched. Beside: in the old place there is one who shares. */
static bool acquire_follows(size_t which, enum sl_mode mode, bool beside, unsigned step)
{
	make_places(replacements[which].link);
	unsigned last = last_look(mode, beside);
	struct sl_lock *lock = make_at(place_lock, &step), *other = make_at(place_lock, &lock);
	unsigned descriptors = descriptor_count();
	if (beside)
		assert_int_equal(share(other), SL_OK);
	watch_calls();
	before_call(CALL_ANY, step, replacements[which].act, NULL);
	assert_int_equal(acquire(lock, mode), SL_OK);
	bool applied = rule_applied();
	stop_watching();
	/* What happens after the last look is what happens to one who has it. */
	bool seen = !applied || step <= last;
	assert_int_equal(check(lock), seen ? SL_OK : SL_LOST);
	if (applied && seen) {
		assert_int_equal(entry_count(place), 1);
		assert_int_equal(entry_count(place_lock), 1);
	}
	assert_int_equal(release(lock), seen ? SL_OK : SL_LOST);
	if (applied) {
		assert_int_equal(entry_count(place), 0);
		if (beside)
			assert_int_equal(release(other), SL_LOST);
	} else if (beside) {
		assert_int_equal(release(other), SL_OK);
	}
	if (exists(old_place)) {
		/* Of the two it is at most the directory that stays, if the path led away from it while it
		 * was held. */
		char left[112];
		snprintf(left, sizeof left, "%s/lock", old_place);
		assert_int_equal(entry_count(old_place), exists(left) ? 1 : 0);
		if (!beside && seen)
			assert_false(exists(left));
		if (exists(left))
			assert_int_equal(entry_count(left), 0);
	}
	assert_int_equal(descriptor_count(), descriptors);
	drop(lock);
	drop(other);
	remove_places();
	return applied;
}

static void acquire_ends_where_the_path_leads_though_that_changes_at_any_step(void **state)
{
	(void)state;
	sl_process_self();
	for (size_t which = 0; which < COUNT(replacements); which++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
			for (int beside = 0; beside <= (mode == SL_SHARED); beside++) {
				unsigned step = 1;
				while (acquire_follows(which, mode, beside, step))
					step++;
				assert_in_range(step, 13, STEPS_MAX);
			}
}

static void acquire_finds_who_is_where_the_path_leads_by_then(void **state)
{
	(void)state;
	char there[112];
	make_places(true);
	snprintf(there, sizeof there, "%s/lock", new_place);
	struct sl_lock *lock = make_at(place_lock, &there), *owner = make_at(there, &lock);
	assert_int_equal(take(owner), SL_OK);
	sl_process_self();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		watch_calls();
		before_call(CALL_RENAME, 1, switch_link, NULL);
		assert_int_equal(acquire(lock, mode), SL_BUSY);
		assert_true(rule_applied());
		stop_watching();
		assert_not_held(lock);
		assert_int_equal(entry_count(old_place), 0);
		assert_int_equal(entry_count(new_place), 1);
		assert_int_equal(check(owner), SL_OK);
		assert_int_equal(unlink(place), 0);
		assert_int_equal(symlink("old", place), 0);
	}
	assert_int_equal(release(owner), SL_OK);
	remove_places();
}

static void lost_lock_removes_no_empty_directory_of_others(void **state)
{
	(void)state;
	for (size_t which = 0; which < 2; which++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			char left[112];
			make_places(replacements[which].link);
			snprintf(left, sizeof left, "%s/lock", old_place);
			struct sl_lock *lock = make_at(place_lock, &left);
			assert_int_equal(acquire(lock, mode), SL_OK);
			replacements[which].act(NULL);
			assert_int_equal(mkdir(place_lock, 0750), 0);
			struct file_state before = state_of(place_lock);
			assert_int_equal(check(lock), SL_LOST);
			assert_int_equal(release(lock), SL_LOST);
			assert_true(exists(place_lock));
			assert_unchanged(place_lock, &before);
			assert_int_equal(entry_count(left), 0);
			drop(lock);
			remove_places();
		}
}

/* --- Another directory in place of the one that is prepared --- */

static char victim[96];
static const char *planted;

static void plant(void *data)
{
	static char text[512];
	(void)data;
	strcpy(text, temporary_directory());
	planted = text;
	if (rmdir(text) != 0 || rename(victim, text) != 0)
		abort();
}

static void directory_of_others_in_place_of_the_prepared_one_is_left_alone(void **state)
{
	(void)state;
	static const struct {
		mode_t mode;
		uid_t user;
	} owners[] = {{0755, 0}, {0750, 0}, {0701, 0}, {0700, SOME_USER}, {0755, SOME_USER}};
	snprintf(victim, sizeof victim, "%s/victim", parent);
	sl_process_self();
	for (size_t i = 0; i < COUNT(owners); i++) {
		if (owners[i].user != 0 && geteuid() != 0)
			continue;
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			char theirs[512 + 8];
			struct sl_lock *lock = make();
			snprintf(theirs, sizeof theirs, "%s/theirs", victim);
			assert_int_equal(mkdir(victim, 0700), 0);
			write_file(theirs, "keep");
			assert_int_equal(chmod(victim, owners[i].mode), 0);
			if (owners[i].user != 0)
				assert_int_equal(chown(victim, owners[i].user, owners[i].user), 0);
			struct file_state before = state_of(victim);
			watch_calls();
			before_call(CALL_OPEN, 2, plant, NULL);
			assert_int_equal(acquire(lock, mode), SL_OK);
			assert_true(rule_applied());
			assert_int_equal(call_count(CALL_MKDIR), 2);
			assert_int_equal(call_count(CALL_FCHMOD), 0);
			stop_watching();
			assert_held(lock);
			struct file_state after = state_of(planted);
			assert_int_equal(after.mode, before.mode);
			assert_int_equal(after.owner, before.owner);
			/* Nothing was ever in it. */
			assert_int_equal(after.modified.tv_sec, before.modified.tv_sec);
			assert_int_equal(after.modified.tv_nsec, before.modified.tv_nsec);
			assert_int_equal(entry_count(planted), 1);
			assert_int_equal(release(lock), SL_OK);
			snprintf(theirs, sizeof theirs, "%s/theirs", planted);
			assert_file_text(theirs, "keep");
			remove_file(theirs);
			assert_int_equal(rmdir(planted), 0);
			assert_free();
			drop(lock);
		}
	}
}

/* --- Where it is not local --- */

static void where_it_is_not_local_rename_is_tried_out_first(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	pretend_kind(FUSE);
	for (int i = 0; i < 2; i++) {
		watch_calls();
		assert_int_equal(take(lock), SL_OK);
		assert_int_equal(call_count(CALL_RENAME), i == 0 ? 2 : 1);
		stop_watching();
		assert_held(lock);
		assert_int_equal(release(lock), SL_OK);
		assert_int_equal(descriptor_count(), descriptors);
		assert_free();
	}
}

/* Then a directory is replaced, as by file systems that replace one that is not empty. */
static void empty_what_is_prepared(void *data)
{
	(void)data;
	char command[200];
	snprintf(command, sizeof command, "rm %s/*.tmp/s1.*", parent);
	if (system(command) != 0)
		abort();
}

static void rename_that_replaces_what_is_not_empty_is_unsupported(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	pretend_kind(FUSE);
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		watch_calls();
		before_call(CALL_RENAME, 1, empty_what_is_prepared, NULL);
		assert_int_equal(acquire(lock, mode), SL_UNSUPPORTED);
		assert_true(rule_applied());
		stop_watching();
		assert_string_equal(failure.call, "rename");
		assert_int_equal(failure.number, EOPNOTSUPP);
		assert_int_equal(descriptor_count(), descriptors);
		assert_int_equal(entry_count(parent), 0);
	}
}

/* Otherwise the file stays under another name, and the directory with it. */
static void where_it_is_not_local_the_record_is_closed_before_it_is_removed(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	pretend_kind(NFS);
	assert_int_equal(take(lock), SL_OK);
	watch_calls();
	assert_int_equal(release(lock), SL_OK);
	assert_string_equal(call_trace(), "lstat flock(LOCK_UN) close unlink rmdir close ");
	stop_watching();
	assert_free();
}

/* Between the unlock and the unlink he is dead to whoever comes. */
static void newcomer_in_the_middle_of_such_a_release_is_not_harmed(void **state)
{
	(void)state;
	static const enum call calls[] = {CALL_FLOCK, CALL_UNLINK, CALL_RMDIR};
	pretend_kind(NFS);
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct player player = start_player();
		struct intruder intruder = {&player, 'x', false};
		struct sl_lock *lock = make();
		assert_int_equal(take(lock), SL_OK);
		watch_calls();
		before_call(calls[i], 1, intrude, &intruder);
		assert_int_equal(release(lock), SL_OK);
		assert_true(rule_applied());
		stop_watching();
		assert_int_equal(player.holds, calls[i] != CALL_FLOCK);
		assert_one_owner(&player, 1);
		release_all(&player, 1);
		finish(&player);
		drop(lock);
		assert_free();
	}
}

/* As where the server has the lock on a file that nobody finds by that name. */
static void unlock_all_but(void *record)
{
	struct stat st;
	ino_t other = record != NULL ? inode_of(record) : 0;
	for (int descriptor = 3; descriptor < 1024; descriptor++)
		if (fstat(descriptor, &st) == 0 && S_ISREG(st.st_mode) && st.st_ino != other)
			flock(descriptor, LOCK_UN);
}

static void where_it_is_not_local_a_lock_that_others_would_not_see_is_none(void **state)
{
	(void)state;
	sl_process_self();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		struct sl_lock *lock = make();
		unsigned descriptors = descriptor_count();
		pretend_kind(FUSE);
		/* The server has lost its answer: with another record it can be had. */
		watch_calls();
		lose_answer(CALL_RENAME, 2, EIO); /* the first one tries out what it does */
		before_call(CALL_FLOCK, 2, unlock_all_but, NULL);
		assert_int_equal(acquire(lock, mode), SL_OK);
		assert_int_equal(call_count(CALL_RENAME), 3);
		stop_watching();
		assert_held(lock);
		assert_int_equal(release(lock), SL_OK);
		assert_free();
		/* Though it has answered: then no lock works there. */
		watch_calls();
		before_call(CALL_FLOCK, 2, unlock_all_but, NULL);
		assert_int_equal(acquire(lock, mode), SL_UNSUPPORTED);
		stop_watching();
		assert_string_equal(failure.call, "flock");
		assert_int_equal(failure.number, EOPNOTSUPP);
		assert_not_held(lock);
		assert_int_equal(descriptor_count(), descriptors);
		assert_free();
		drop(lock);
		pretend_kind(0);
	}
}

static void where_it_is_not_local_a_reader_whom_others_would_not_see_is_none(void **state)
{
	(void)state;
	pretend_kind(FUSE);
	for (int lost = 0; lost < 2; lost++) {
		struct sl_lock *other = make(), *lock = make();
		assert_int_equal(share(other), SL_OK);
		char beside[512];
		strcpy(beside, record_path());
		watch_calls();
		assert_int_equal(share(lock), SL_OK);
		/* The last one asks whether others see it. */
		unsigned flocks = call_count(CALL_FLOCK);
		stop_watching();
		assert_int_equal(release(lock), SL_OK);
		watch_calls();
		if (lost)
			lose_answer(CALL_RENAME, 2, ESTALE);
		before_call(CALL_FLOCK, flocks, unlock_all_but, beside);
		assert_int_equal(share(lock), lost ? SL_OK : SL_UNSUPPORTED);
		assert_true(rule_applied());
		stop_watching();
		if (lost)
			assert_int_equal(release(lock), SL_OK);
		assert_not_held(lock);
		assert_int_equal(entry_count(path), 1);
		assert_int_equal(release(other), SL_OK);
		drop(lock);
		drop(other);
	}
	pretend_kind(0);
	assert_free();
}

static void what_is_probed_and_then_crashes_is_collected(void **state)
{
	(void)state;
	static const char whats[] = "xs";
	for (int i = 0; i < 2; i++)
		for (unsigned step = 1;; step++) {
			pretend_kind(FUSE);
			struct player player = start_player();
			if (tell_to(&player, whats[i], step) != STOPPED) {
				do_whole(&player, 'r');
				finish(&player);
				break;
			}
			die(&player);
			struct sl_lock *lock = make();
			assert_int_equal(take(lock), SL_OK);
			drop(lock);
			break_stale();
			if (entry_count(parent) != 0)
				fail_msg("killed before call %u: something is left", step);
		}
}

/* --- Waiting --- */

static void tell_release(void *data)
{
	struct player *player = data;
	do_whole(player, 'r');
}

static void release_when_somebody_waits(void *data)
{
	enum sl_mode mode = *(enum sl_mode *)data;
	struct sl_lock *lock = make();
	expect(acquire(lock, mode) == SL_OK);
	/* Who wants to share puts his own beside it for a moment. */
	const char *own = record_path();
	say('h');
	char what = await();
	await_queue(own, 1);
	if (what == 'd')
		raise(SIGKILL);
	drop(lock);
}

static void waiter_is_woken_when_the_owner_ends_however_he_ends(void **state)
{
	(void)state;
	for (enum sl_mode his = SL_EXCLUSIVE; his <= SL_SHARED; his++)
		for (enum sl_mode mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
			for (int killed = 0; killed < 2; killed++) {
				if (his == SL_SHARED && mode == SL_SHARED)
					continue;
				struct sl_lock *lock = make();
				struct child owner = start_child(release_when_somebody_waits, &his);
				assert_int_equal(child_hear(&owner), 'h');
				child_tell(&owner, killed ? 'd' : 'r');
				watch_calls();
				assert_int_equal(wait_as(lock, mode, sl_clock_now() + LATE), SL_OK);
				/* No more tries than are needed: nothing was asked for from time to time. */
				assert_in_range(call_count(CALL_RENAME), 2, mode == SL_SHARED ? 5 : 3);
				assert_int_equal(call_count(CALL_PTHREAD_CREATE), 1);
				stop_watching();
				assert_int_equal(confirm(lock), SL_OK);
				assert_held(lock);
				assert_int_equal(child_finish(&owner), killed ? 128 + SIGKILL : 0);
				assert_int_equal(release(lock), SL_OK);
				await_threads(1);
				assert_free();
				drop(lock);
			}
}

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

static void when_it_is_time_it_waits_on_until_it_is_given_up(void **state)
{
	(void)state;
	struct player owner = start_player();
	struct sl_lock *lock = make();
	do_whole(&owner, 'x');
	unsigned descriptors = descriptor_count();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		int64_t until = sl_clock_now() + 20 * SL_MILLISECOND;
		assert_int_equal(wait_as(lock, mode, until), SL_BUSY);
		assert_true(sl_clock_now() >= until);
		await_queue(record_path(), 1);
		assert_int_equal(wait_as(lock, mode, 0), SL_BUSY);
		await_queue(record_path(), 1);
		assert_false(sl_lock_is_held(lock));
		if (mode == SL_EXCLUSIVE)
			sl_lock_give_up(lock);
		else
			assert_int_equal(sl_lock_last_try(lock, &failure), SL_BUSY);
		assert_not_held(lock);
		await_threads(1);
		await_queue(record_path(), 0);
		assert_int_equal(descriptor_count(), descriptors);
		assert_int_equal(entry_count(parent), 1);
		assert_int_equal(sl_lock_last_try(lock, &failure), SL_BUSY);
	}
	assert_one_owner(&owner, 1);
}

static void lock_granted_in_the_last_moment_is_found_by_the_last_try(void **state)
{
	(void)state;
	struct player owner = start_player();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		for (int killed = 0; killed < 2; killed++) {
			struct sl_lock *lock = make();
			do_whole(&owner, 'x');
			assert_int_equal(wait_as(lock, mode, 0), SL_BUSY);
			await_queue(record_path(), 1);
			if (killed) {
				child_kill(&owner.child);
				owner = start_player();
			} else
				do_whole(&owner, 'r');
			owner.holds = false;
			assert_int_equal(sl_lock_last_try(lock, &failure), SL_OK);
			assert_int_equal(confirm(lock), SL_OK);
			assert_held(lock);
			drop(lock);
			await_threads(1);
			assert_free();
		}
}

static void raise_signal(void *data)
{
	(void)data;
	kill(getpid(), SIGUSR1);
}

static void signal_interrupts_and_the_wait_goes_on(void **state)
{
	(void)state;
	struct player owner = start_player();
	struct sl_lock *lock = make();
	do_whole(&owner, 'x');
	for (int i = 1; i <= 3; i++) {
		watch_calls();
		before_call(CALL_PPOLL, 1, raise_signal, NULL);
		assert_int_equal(wait_long(lock), SL_INTERRUPTED);
		stop_watching();
		assert_int_equal(signals, i);
		await_queue(record_path(), 1);
	}
	do_whole(&owner, 'r');
	assert_int_equal(wait_long(lock), SL_OK);
	assert_int_equal(confirm(lock), SL_OK);
	assert_held(lock);
}

static void share_and_tell(void *data)
{
	(void)data;
	struct sl_lock *lock = make();
	expect(wait_as(lock, SL_SHARED, sl_clock_now() + LATE) == SL_OK);
	expect(confirm(lock) == SL_OK);
	say('s');
	await();
	drop(lock);
}

static void all_who_share_are_let_in_together(void **state)
{
	(void)state;
	struct child children[3];
	struct sl_lock *owner = make();
	assert_int_equal(take(owner), SL_OK);
	const char *own = record_path();
	for (int i = 0; i < 3; i++)
		children[i] = start_child(share_and_tell, NULL);
	await_queue(own, 3);
	assert_int_equal(release(owner), SL_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(child_hear(&children[i]), 's');
	assert_int_equal(entry_count(path), 3);
	assert_int_equal(take(owner), SL_BUSY);
	/* One waits for all of them, one after the other. */
	assert_int_equal(wait_shortly(owner), SL_BUSY);
	for (int i = 0; i < 3; i++) {
		child_tell(&children[i], 'r');
		assert_int_equal(child_finish(&children[i]), 0);
	}
	assert_int_equal(wait_long(owner), SL_OK);
	assert_int_equal(confirm(owner), SL_OK);
	assert_held(owner);
}

static void waiter_moves_on_when_the_record_of_a_live_owner_is_removed(void **state)
{
	(void)state;
	struct player owner = start_player();
	struct sl_lock *lock = make();
	do_whole(&owner, 'x');
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	await_queue(record_path(), 1);
	assert_int_equal(force_break(record()), SL_OK);
	assert_int_equal(wait_until(lock, sl_clock_now() + 3 * SL_SECOND), SL_OK);
	assert_int_equal(confirm(lock), SL_OK);
	assert_held(lock);
	assert_int_equal(child_finish(&owner.child), 0);
	assert_held(lock);
}

static void waiter_moves_on_when_the_directory_of_a_live_owner_is_moved_away(void **state)
{
	(void)state;
	struct player owner = start_player();
	struct sl_lock *lock = make();
	do_whole(&owner, 'x');
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	await_queue(record_path(), 1);
	move_directory_away();
	assert_int_equal(wait_until(lock, sl_clock_now() + 3 * SL_SECOND), SL_OK);
}

static void remove_temporary(void *data)
{
	collect_both(data);
}

static void waiter_whose_prepared_directory_is_gone_prepares_another(void **state)
{
	(void)state;
	struct player owner = start_player();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		struct sl_lock *lock = make();
		do_whole(&owner, 'x');
		assert_int_equal(wait_as(lock, mode, 0), SL_BUSY);
		await_queue(record_path(), 1);
		if (mode == SL_EXCLUSIVE)
			remove_temporary(NULL);
		do_whole(&owner, 'r');
		assert_int_equal(wait_as(lock, mode, sl_clock_now() + LATE), SL_OK);
		assert_int_equal(confirm(lock), SL_OK);
		assert_held(lock);
		drop(lock);
		assert_free();
	}
}

static void waiter_whose_prepared_record_was_removed_publishes_no_empty_directory(void **state)
{
	(void)state;
	struct player owner = start_player();
	struct sl_lock *lock = make();
	do_whole(&owner, 'x');
	assert_int_equal(wait_shortly(lock), SL_BUSY);
	await_queue(record_path(), 1);
	collect_record(NULL);
	do_whole(&owner, 'r');
	assert_int_equal(wait_long(lock), SL_OK);
	assert_int_equal(confirm(lock), SL_OK);
	assert_held(lock);
}

static void unknown_owner_is_asked_for_from_time_to_time(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	put_unknown();
	unsigned descriptors = descriptor_count();
	watch_calls();
	assert_int_equal(wait_until(lock, sl_clock_now() + 100 * SL_MILLISECOND), SL_BUSY);
	/* Rarer and rarer, but often enough. */
	assert_in_range(call_count(CALL_PPOLL), 3, 100);
	assert_int_equal(call_count(CALL_PTHREAD_CREATE), 0);
	watch_calls();
	before_call(CALL_PPOLL, 3, remove_file, (void *)record_path());
	assert_int_equal(wait_long(lock), SL_OK);
	stop_watching();
	assert_int_equal(confirm(lock), SL_OK);
	assert_held(lock);
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(descriptor_count(), descriptors);
	assert_free();
}

static void where_it_is_not_local_the_lock_is_asked_for_from_time_to_time(void **state)
{
	(void)state;
	for (int killed = 0; killed < 2; killed++) {
		pretend_kind(NFS);
		struct player owner = start_player();
		struct sl_lock *lock = make();
		do_whole(&owner, 'x');
		watch_calls();
		assert_int_equal(wait_until(lock, sl_clock_now() + 50 * SL_MILLISECOND), SL_BUSY);
		assert_in_range(call_count(CALL_PPOLL), 3, 100);
		assert_int_equal(call_count(CALL_PTHREAD_CREATE), 0);
		watch_calls();
		if (!killed)
			before_call(CALL_PPOLL, 2, tell_release, &owner);
		else
			child_kill(&owner.child);
		assert_int_equal(wait_long(lock), SL_OK);
		stop_watching();
		assert_int_equal(confirm(lock), SL_OK);
		assert_held(lock);
		drop(lock);
		pretend_kind(0);
		assert_free();
	}
}

static void without_a_thread_the_lock_is_asked_for_from_time_to_time(void **state)
{
	(void)state;
	struct player owner = start_player();
	struct sl_lock *lock = make();
	do_whole(&owner, 'x');
	watch_calls();
	refuse_calls_from(CALL_PTHREAD_CREATE, 1, EAGAIN);
	before_call(CALL_PPOLL, 8, tell_release, &owner);
	assert_int_equal(wait_long(lock), SL_OK);
	assert_int_equal(call_count(CALL_PTHREAD_CREATE), 1);
	stop_watching();
	assert_int_equal(confirm(lock), SL_OK);
	assert_held(lock);
}

/* The owner releases while the waiter is on its way to the queue. */
static void release_just_before_the_queue_is_not_missed(void **state)
{
	(void)state;
	static const enum call calls[] = {CALL_OPEN, CALL_FLOCK, CALL_EVENTFD, CALL_PTHREAD_CREATE,
		CALL_PPOLL, CALL_FSTAT, CALL_READDIR};
	struct player owner = start_player();
	for (size_t i = 0; i < COUNT(calls); i++)
		for (unsigned nth = 1; nth <= 8; nth++) {
			struct intruder intruder = {&owner, 'r', false};
			struct sl_lock *lock = make();
			do_whole(&owner, 'x');
			watch_calls();
			before_call(calls[i], nth, intrude, &intruder);
			enum sl_result result = wait_until(lock, sl_clock_now() + 10 * SL_MILLISECOND);
			stop_watching();
			release_all(&owner, 1);
			/* Not only when it looks around, a second later. */
			if (result == SL_BUSY)
				result = wait_until(lock, sl_clock_now() + 900 * SL_MILLISECOND);
			assert_int_equal(result, SL_OK);
			assert_int_equal(confirm(lock), SL_OK);
			assert_held(lock);
			drop(lock);
			await_threads(1);
			assert_free();
		}
}

static const int wait_errors[] = {EIO, EMFILE, EINTR, EAGAIN};

/* Step by step from the first try to the end of the wait; the owner releases when it sleeps. */
static bool wait_survives(struct player *owner, enum sl_mode mode, unsigned step, int number)
{
	struct sl_lock *lock = make();
	struct intruder intruder = {owner, 'r', false};
	unsigned descriptors = descriptor_count();
	do_whole(owner, 'x');
	watch_calls();
	refuse_call(CALL_ANY, step, number);
	before_call(CALL_PPOLL, 1, intrude, &intruder);
	before_call(CALL_PPOLL, 2, intrude, &intruder);
	enum sl_result result = wait_as(lock, mode, sl_clock_now() + 20 * SL_SECOND);
	if (result == SL_INTERRUPTED)
		result = wait_as(lock, mode, sl_clock_now() + 20 * SL_SECOND);
	bool applied = call_count(CALL_ANY) >= step;
	if (result == SL_OK)
		result = confirm(lock);
	stop_watching();
	if (result == SL_OK) {
		assert_int_equal(check(lock), SL_OK);
		assert_int_equal(release(lock), SL_OK);
	} else {
		assert_int_equal(result, SL_SYSTEM);
		assert_int_equal(failure.number, number);
	}
	assert_not_held(lock);
	await_threads(1);
	assert_int_equal(descriptor_count(), descriptors);
	release_all(owner, 1);
	assert_int_equal(take(lock), SL_OK);
	drop(lock);
	break_stale();
	assert_free();
	return applied;
}

static void wait_survives_the_failure_of_every_call(void **state)
{
	(void)state;
	struct player owner = start_player();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		for (size_t i = 0; i < COUNT(wait_errors); i++) {
			unsigned step = 1;
			while (wait_survives(&owner, mode, step, wait_errors[i]))
				step++;
			assert_in_range(step, 30, STEPS_MAX);
		}
}

static void wait_and_be_killed(void *data)
{
	(void)data;
	struct sl_lock *lock = make();
	expect(wait_shortly(lock) == SL_BUSY);
	say('w');
	await();
}

static void killed_waiter_is_collected(void **state)
{
	(void)state;
	struct player owner = start_player();
	do_whole(&owner, 'x');
	struct child waiter = start_child(wait_and_be_killed, NULL);
	assert_int_equal(child_hear(&waiter), 'w');
	assert_int_equal(entry_count(parent), 2);
	/* Not while it lives. */
	assert_false(break_stale());
	assert_int_equal(entry_count(parent), 2);
	child_kill(&waiter);
	assert_false(break_stale());
	assert_int_equal(entry_count(parent), 1);
	assert_one_owner(&owner, 1);
}

/* --- Deadlocks and sets --- */

static struct sl_lock *make_file_lock(const char *where)
{
	struct sl_lock_options options = {
		.path = where, .label = "", .command = COMMAND, .context = &made[made_count]};
	return keep(sl_file_lock_new(&options, 0600, true));
}

/* Has the file, and waits for the directory. */
static void wait_the_other_way_round(void *file)
{
	struct sl_lock *held = make_file_lock(file), *lock = make();
	expect(take(held) == SL_OK);
	say('h');
	await_queue(file, 1);
	enum sl_result result = wait_long(lock);
	expect(result == SL_OK || result == SL_DEADLOCK);
	expect(result == SL_OK || sl_lock_cycle(lock)->count == 2);
	drop(held);
	say(result == SL_OK ? 'g' : 'd');
	await();
	drop(lock);
}

/* By the one who came last, which is the one who waits for the directory; or by the other. */
static void deadlock_of_a_file_and_a_directory_is_found(void **state)
{
	(void)state;
#ifdef __SANITIZE_THREAD__
	skip(); /* it has a thread too */
#endif
	const char *file = path_of("file");
	struct sl_lock *lock = make(), *wanted = make_file_lock(file);
	assert_int_equal(take(lock), SL_OK);
	struct child child = start_child(wait_the_other_way_round, (void *)file);
	assert_int_equal(child_hear(&child), 'h');
	enum sl_result result = wait_long(wanted);
	if (result == SL_DEADLOCK)
		assert_int_equal(sl_lock_cycle(wanted)->count, 2);
	else
		assert_int_equal(result, SL_OK);
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(child_hear(&child), result == SL_OK ? 'd' : 'g');
	assert_int_equal(child_finish(&child), 0);
}

static void fill_set(struct sl_lock_set *set, struct sl_lock *one, struct sl_lock *two)
{
	set->members[0] = (struct sl_member){.kind = &sl_lock_as_member, .lock = one};
	set->members[1] = (struct sl_member){.kind = &sl_lock_as_member, .lock = two};
	set->count = 2;
	sl_lock_set_begin(set);
}

static void directory_and_file_are_had_together(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *file = make_file_lock(path_of("file"));
	struct player owner = start_player();
	struct intruder intruder = {&owner, 'r', false};
	for (int order = 0; order < 2; order++) {
		struct sl_member members[2];
		struct sl_lock_set set = {.members = members};
		fill_set(&set, order ? file : lock, order ? lock : file);
		do_whole(&owner, 'x');
		assert_int_equal(sl_lock_set_take(&set, &failure), SL_BUSY);
		/* Waiting longer than one has patience while he holds the file. */
		assert_int_equal(
			sl_lock_set_wait(&set, sl_clock_now() + 200 * SL_MILLISECOND, NULL, &failure), SL_BUSY);
		watch_calls();
		intruder.done = false;
		before_call(CALL_PPOLL, 1, intrude, &intruder);
		assert_int_equal(sl_lock_set_wait(&set, sl_clock_now() + LATE, NULL, &failure), SL_OK);
		stop_watching();
		assert_int_equal(sl_lock_set_confirm(&set, &failure), SL_OK);
		assert_held(lock);
		assert_int_equal(check(file), SL_OK);
		assert_int_equal(release(lock), SL_OK);
		assert_int_equal(release(file), SL_OK);
		await_threads(1);
	}
	assert_int_equal(entry_count(parent), 1);
}

static void set_that_is_given_up_leaves_nothing_of_the_directory(void **state)
{
	(void)state;
	struct sl_member members[2];
	struct sl_lock_set set = {.members = members};
	struct sl_lock *lock = make(), *file = make_file_lock(path_of("file"));
	struct sl_lock *other = make_file_lock(file->path);
	assert_int_equal(take(other), SL_OK);
	fill_set(&set, lock, file);
	assert_int_equal(
		sl_lock_set_wait(&set, sl_clock_now() + 20 * SL_MILLISECOND, NULL, &failure), SL_BUSY);
	sl_lock_set_give_up(&set);
	assert_not_held(lock);
	assert_int_equal(entry_count(parent), 1);
	assert_int_equal(sl_lock_set_take(&set, &failure), SL_BUSY);
	assert_int_equal(entry_count(parent), 1);
}

/* --- Fork --- */

static void find_it_not_held(void *lock)
{
	expect(!sl_lock_is_held(lock));
	expect(check(lock) == SL_NOT_HELD);
	expect(!has_descriptor_of(record_path()));
}

static void release_in_child(void *lock)
{
	expect(release(lock) == SL_OK);
	expect(!sl_lock_is_held(lock));
}

static void free_in_child(void *lock)
{
	drop(lock);
}

static void give_up_in_child(void *lock)
{
	sl_lock_give_up(lock);
}

static void last_try_in_child(void *lock)
{
	expect(sl_lock_last_try(lock, &failure) == SL_BUSY);
}

static void confirm_in_child(void *lock)
{
	expect(confirm(lock) == SL_NOT_HELD);
	expect(!sl_lock_is_held(lock));
}

static void acquire_in_child(void *lock)
{
	expect(take(lock) == SL_BUSY);
	expect(share(lock) == SL_BUSY);
	expect(!sl_lock_is_held(lock));
}

static void wait_in_child(void *lock)
{
	if (CHILD_MAY_HAVE_THREADS)
		expect(wait_shortly(lock) == SL_BUSY);
	expect(sl_lock_last_try(lock, &failure) == SL_BUSY);
}

static void break_in_child(void *lock)
{
	bool broken;
	expect(sl_directory_lock_break_stale(lock, &broken, &failure) == SL_OK);
	expect(!broken);
}

static void exit_in_child(void *lock)
{
	(void)lock;
}

static void (*const doings[])(void *lock) = {exit_in_child, release_in_child, free_in_child,
	give_up_in_child, last_try_in_child, acquire_in_child, wait_in_child, break_in_child};

static void forked_child_changes_nothing_of_a_lock_that_is_held(void **state)
{
	(void)state;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		for (size_t i = 0; i < 2 * COUNT(doings); i++) {
			/* Beside a shared one it could have it. */
			if (mode == SL_SHARED && i / 2 >= 5)
				continue;
			struct sl_lock *lock = make();
			assert_int_equal(acquire(lock, mode), SL_OK);
			if (mode == SL_EXCLUSIVE)
				in_child(find_it_not_held, lock);
			(i % 2 == 0 ? in_child : in_cloned_child)(doings[i / 2], lock);
			assert_held(lock);
			assert_int_equal(entry_count(parent), 1);
			assert_int_equal(release(lock), SL_OK);
			drop(lock);
			assert_free();
		}
}

static void forked_child_has_no_part_in_what_is_taken_and_not_confirmed(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT(doings); i++) {
		struct sl_lock *lock = make();
		assert_int_equal(sl_lock_take(lock, SL_EXCLUSIVE, &failure), SL_OK);
		(i % 2 == 0 ? in_child : in_cloned_child)(confirm_in_child, lock);
		(i % 2 == 0 ? in_child : in_cloned_child)(doings[i / 2], lock);
		assert_int_equal(confirm(lock), SL_OK);
		assert_held(lock);
		drop(lock);
		assert_free();
	}
}

static void forked_child_has_no_part_in_a_wait(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT(doings); i++) {
		struct player owner = start_player();
		struct sl_lock *lock = make();
		do_whole(&owner, 'x');
		assert_int_equal(wait_shortly(lock), SL_BUSY);
		await_queue(record_path(), 1);
		(i % 2 == 0 ? in_child : in_cloned_child)(doings[i / 2], lock);
		await_queue(record_path(), 1);
		assert_int_equal(entry_count(parent), 2);
		do_whole(&owner, 'r');
		assert_int_equal(wait_long(lock), SL_OK);
		assert_int_equal(confirm(lock), SL_OK);
		assert_held(lock);
		drop(lock);
		finish(&owner);
		assert_free();
	}
}

static void live_on(void *data)
{
	(void)data;
	say('l');
	await();
}

/* Its record's descriptor was closed by the fork; that of the directory it still has. */
static void lock_of_a_killed_parent_is_free_though_its_child_lives(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	struct child parent_process = start_child(release_when_somebody_waits, &(enum sl_mode){0});
	assert_int_equal(child_hear(&parent_process), 'h');
	child_kill(&parent_process);
	assert_int_equal(take(lock), SL_OK);
	struct child child = start_child(live_on, NULL);
	assert_int_equal(child_hear(&child), 'l');
	assert_int_equal(release(lock), SL_OK);
	assert_free();
	assert_int_equal(child_finish(&child), 0);
}

static void clone_and_wait(void *data)
{
	(void)data;
	struct child child = clone_child(live_on, NULL);
	expect(child_hear(&child) == 'l');
	say('c');
	await();
}

/* As one between fork and exec does: LOCK_UN comes before the close. */
static void child_that_has_the_descriptor_does_not_keep_a_released_lock(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	assert_int_equal(take(lock), SL_OK);
	struct child child = start_child(clone_and_wait, NULL);
	assert_int_equal(child_hear(&child), 'c');
	struct child clone = clone_child(live_on, NULL);
	assert_int_equal(child_hear(&clone), 'l');
	int fd = open(record_path(), O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), -1);
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
	close(fd);
	assert_free();
}

static void context_finds_its_locks(void **state)
{
	(void)state;
	int context;
	struct sl_lock *one = make_at(path, &context), *two = make_at(path_of("two"), &context);
	assert_null(sl_lock_next(NULL, &context));
	assert_int_equal(take(one), SL_OK);
	assert_int_equal(take(two), SL_OK);
	assert_ptr_equal(sl_lock_next(NULL, &context), two);
	assert_ptr_equal(sl_lock_next(two, &context), one);
	assert_null(sl_lock_next(one, &context));
	assert_true(sl_registry_holds_any());
	assert_int_equal(release(two), SL_OK);
	assert_ptr_equal(sl_lock_next(NULL, &context), one);
	assert_int_equal(release(one), SL_OK);
	assert_null(sl_lock_next(NULL, &context));
	assert_false(sl_registry_holds_any());
}

/* --- Many, and often --- */

struct room {
	_Atomic int inside; /* one who has it alone counts 1000, one who shares 1 */
	_Atomic int crowded;
	_Atomic int served;
};

static struct room *room;

static void visit_room(struct sl_lock *lock, enum sl_mode mode)
{
	int weight = mode == SL_EXCLUSIVE ? 1000 : 1;
	expect(wait_as(lock, mode, sl_clock_now() + LATE) == SL_OK);
	expect(confirm(lock) == SL_OK);
	int inside = room->inside += weight;
	if (inside != 1000 && inside > 999)
		room->crowded++;
	room->served++;
	sched_yield();
	room->inside -= weight;
	expect(release(lock) == SL_OK);
}

static void visit_often(void *data)
{
	(void)data;
	struct sl_lock *lock = make();
	for (int i = 0; i < 25; i++)
		visit_room(lock, (i + getpid()) % 3 == 0 ? SL_SHARED : SL_EXCLUSIVE);
	drop(lock);
}

static void open_room(void)
{
	room = mmap(NULL, sizeof *room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(room, MAP_FAILED);
}

static void many_come_and_go_and_are_never_inside_together(void **state)
{
	(void)state;
	struct child children[8];
	open_room();
	for (size_t i = 0; i < COUNT(children); i++)
		children[i] = start_child(visit_often, NULL);
	for (size_t i = 0; i < COUNT(children); i++)
		assert_int_equal(child_finish(&children[i]), 0);
	assert_int_equal(room->crowded, 0);
	assert_int_equal(room->served, 25 * COUNT(children));
	munmap(room, sizeof *room);
	assert_free();
}

static void *visit_as_thread(void *lock)
{
	for (int i = 0; i < 25; i++)
		visit_room(lock, i % 3 == 0 ? SL_SHARED : SL_EXCLUSIVE);
	return NULL;
}

static void threads_of_one_process_wait_for_each_other(void **state)
{
	(void)state;
	pthread_t threads[4];
	open_room();
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, visit_as_thread, make()), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(room->crowded, 0);
	assert_int_equal(room->served, 25 * COUNT(threads));
	munmap(room, sizeof *room);
	await_threads(1);
	assert_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lock_test(lock_is_a_directory_with_the_owners_record),
		lock_test(record_says_for_people_who_it_is),
		lock_test(no_name_is_used_twice),
		lock_test(umask_makes_it_neither_wider_nor_unusable),
		lock_test(exclusive_lock_keeps_everybody_out),
		lock_test(shared_lock_lets_in_those_who_share_only),
		lock_test(empty_directory_is_a_free_lock),
		lock_test(directory_with_something_else_in_it_is_held),
		lock_test(what_a_network_file_system_leaves_there_passes),
		lock_test(lock_of_the_same_context_is_known_to_stand_in_the_way),
		lock_test(own_shared_lock_among_those_of_others_is_not_waited_for),
		lock_test(freeing_a_held_lock_releases_it),
		lock_test(giving_up_what_was_taken_leaves_nothing),
		lock_test(releasing_what_is_not_held_is_harmless),
		lock_test(uncontended_acquire_makes_these_calls_and_no_others),
		lock_test(lock_whose_record_was_removed_is_lost),
		lock_test(lock_whose_directory_was_moved_away_is_lost),
		lock_test(lost_lock_removes_no_file_that_has_its_records_name),
		lock_test(lock_that_cannot_be_looked_at_is_released_all_the_same),
		lock_test(what_is_no_directory_is_refused_and_stays),
		lock_test(root_directory_is_no_lock),
		lock_test(lock_directly_in_the_root_directory_works),
		lock_test(missing_parent_is_an_error),
		lock_test(name_that_leaves_no_room_for_a_temporary_one_is_an_error),
		lock_test(lock_at_the_longest_path_is_had_or_refused_and_never_lost),
		lock_test(other_user_can_keep_the_lock_in_a_sticky_directory_but_not_get_into_ours),
		lock_test(lock_of_another_user_where_all_may_write_is_busy),
		lock_test(lock_of_a_dead_owner_is_taken_over),
		lock_test(lock_of_an_unknown_owner_is_held),
		lock_test(left_overs_are_collected_when_the_lock_is_busy),
		lock_test(break_stale_removes_the_dead_and_nobody_else),
		lock_test(break_that_fails_leaks_nothing),
		lock_test(force_break_removes_exactly_whom_a_person_was_shown),
		lock_test(broken_owner_who_lives_is_told_and_takes_nothing_from_the_newcomer),
		lock_test(what_is_called_otherwise_is_not_broken),
		lock_test(unknown_owner_can_be_broken_by_a_person_alone),
		lock_test(holder_is_named),
		lock_test(all_who_share_are_named_and_the_dead_are_not),
		lock_test(unknown_holder_is_shown_so),
		lock_test(who_asks_for_holders_is_in_nobodys_way),
		lock_test(at_each_step_another_one_may_come),
		lock_test(at_each_two_steps_of_both_they_may_meet),
		lock_test(in_whatever_order_three_make_their_steps_there_is_one_owner),
		lock_test(at_each_step_somebody_may_come_and_go_or_die),
		lock_test(whoever_is_killed_at_any_step_leaves_a_lock_that_others_get),
		lock_test(control_with_mkdir_there_are_two_owners),
		lock_test(what_makes_two_owners_with_mkdir_makes_one_here),
		lock_test(control_without_check_links_an_empty_directory_is_published),
		lock_test(what_a_collector_took_is_prepared_anew),
		lock_test(what_others_always_take_ends_as_busy),
		lock_test(control_without_the_scan_reader_and_writer_are_together),
		lock_test(control_with_a_name_that_is_used_again_a_newcomer_is_removed),
		lock_test(of_two_breakers_one_gets_it),
		lock_test(break_in_the_middle_of_a_release_harms_no_newcomer),
		lock_test(acquire_survives_the_failure_of_every_call),
		lock_test(acquire_survives_the_loss_of_every_answer),
		lock_test(what_was_removed_while_it_was_open_is_gone),
		lock_test(rename_that_was_done_counts_though_its_answer_was_lost),
		lock_test(rename_that_was_not_done_is_no_lock),
		lock_test(release_survives_the_failure_of_every_call),
		lock_test(lock_is_not_made_without_memory),
		lock_test(lock_is_unsupported_where_the_kernel_says_so),
		lock_test(acquire_ends_where_the_path_leads_though_that_changes_at_any_step),
		lock_test(acquire_finds_who_is_where_the_path_leads_by_then),
		lock_test(lost_lock_removes_no_empty_directory_of_others),
		lock_test(directory_of_others_in_place_of_the_prepared_one_is_left_alone),
		lock_test(where_it_is_not_local_rename_is_tried_out_first),
		lock_test(rename_that_replaces_what_is_not_empty_is_unsupported),
		lock_test(where_it_is_not_local_the_record_is_closed_before_it_is_removed),
		lock_test(newcomer_in_the_middle_of_such_a_release_is_not_harmed),
		lock_test(where_it_is_not_local_a_lock_that_others_would_not_see_is_none),
		lock_test(where_it_is_not_local_a_reader_whom_others_would_not_see_is_none),
		lock_test(what_is_probed_and_then_crashes_is_collected),
		lock_test(waiter_is_woken_when_the_owner_ends_however_he_ends),
		lock_test(free_lock_is_taken_without_waiting),
		lock_test(when_it_is_time_it_waits_on_until_it_is_given_up),
		lock_test(lock_granted_in_the_last_moment_is_found_by_the_last_try),
		lock_test(signal_interrupts_and_the_wait_goes_on),
		lock_test(all_who_share_are_let_in_together),
		lock_test(waiter_moves_on_when_the_record_of_a_live_owner_is_removed),
		lock_test(waiter_moves_on_when_the_directory_of_a_live_owner_is_moved_away),
		lock_test(waiter_whose_prepared_directory_is_gone_prepares_another),
		lock_test(waiter_whose_prepared_record_was_removed_publishes_no_empty_directory),
		lock_test(unknown_owner_is_asked_for_from_time_to_time),
		lock_test(where_it_is_not_local_the_lock_is_asked_for_from_time_to_time),
		lock_test(without_a_thread_the_lock_is_asked_for_from_time_to_time),
		lock_test(release_just_before_the_queue_is_not_missed),
		lock_test(wait_survives_the_failure_of_every_call),
		lock_test(killed_waiter_is_collected),
		lock_test(deadlock_of_a_file_and_a_directory_is_found),
		lock_test(directory_and_file_are_had_together),
		lock_test(set_that_is_given_up_leaves_nothing_of_the_directory),
		lock_test(forked_child_changes_nothing_of_a_lock_that_is_held),
		lock_test(forked_child_has_no_part_in_what_is_taken_and_not_confirmed),
		lock_test(forked_child_has_no_part_in_a_wait),
		lock_test(lock_of_a_killed_parent_is_free_though_its_child_lives),
		lock_test(child_that_has_the_descriptor_does_not_keep_a_released_lock),
		lock_test(context_finds_its_locks),
		lock_test(many_come_and_go_and_are_never_inside_together),
		lock_test(threads_of_one_process_wait_for_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
