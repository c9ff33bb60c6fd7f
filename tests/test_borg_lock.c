/* BorgLock: lock.exclusive and lock.roster, beside borg and instead of it. */
#include "fixture.h"

#include "borg_exclusive.h"
#include "borg_id.h"
#include "borg_lock.h"
#include "borg_roster.h"
#include "clock.h"
#include "directory.h"
#include "filesystem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONFIG     "[repository]\nversion = 1\nid = 5b37c1a5\n"
#define HOST       "web1@8796750862"
#define OTHER_HOST "db1@8796750863"
#define LABEL      "nightly backup"
#define COMMAND    "site backup"
#define LOCKS_MAX  16

/* Without a name. */
#define SOME_USER  54321
#define OTHER_USER 54322
#define SOME_GROUP 54323

#define TMPFS   0x01021994u
#define FUSE    0x65735546u
#define NFS     0x6969u
#define OVERLAY SL_KIND_OVERLAY

/* Later than anything here can come; a test that gets there has failed. */
#define LATE (3600 * SL_SECOND)

/* Higher than any pid can be (PID_MAX_LIMIT), so that nobody gets them meanwhile. */
#define GONE     INT_MAX
#define GONE_TOO (INT_MAX - 1)

/* More system calls than anything here makes. */
#define STEPS_MAX 200

/* Of steps by chance. */
#define ROUNDS 150

/* How the 2 seconds of a release are over in a few tries. */
#define HURRY 100

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- The locks of a test, freed when it ends, however it ends --- */

static struct sl_lock *made[LOCKS_MAX];
static unsigned made_count;
static const char *path;      /* of the repository */
static const char *exclusive; /* lock.exclusive in it */
static const char *roster;    /* lock.roster */
static struct sl_failure failure;

static int set_up(void **state)
{
	if (fixture_set_up(state) != 0)
		return -1;
	made_count = 0;
	path = path_of("repo");
	exclusive = path_of("repo/lock.exclusive");
	roster = path_of("repo/lock.roster");
	if (mkdir(path, 0755) != 0)
		return -1;
	write_file(path_of("repo/config"), CONFIG);
	pretend_sleep(HURRY);
	return 0;
}

static int tear_down(void **state)
{
	stop_watching();
	forget_json_allocations();
	while (made_count > 0)
		sl_lock_free(made[--made_count]);
	return fixture_tear_down(state);
}

#define lock_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static struct sl_lock *keep(struct sl_lock *lock)
{
	if (lock == NULL || made_count == LOCKS_MAX)
		abort();
	return made[made_count++] = lock;
}

static struct sl_lock *make_for(const char *where, const char *host_id, void *context)
{
	struct sl_lock_options options = {
		.path = where, .label = LABEL, .command = COMMAND, .context = context};
	return keep(sl_borg_lock_new(&options, host_id));
}

static struct sl_lock *make_in(void *context)
{
	return make_for(path, HOST, context);
}

/* Of a context of its own, as those of another request are. */
static struct sl_lock *make(void)
{
	return make_in(&made[made_count]);
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
	expect(sl_borg_lock_break_stale(lock, &broken, &failure) == SL_OK);
	drop(lock);
	return broken;
}

/* And what only borg itself may remove: an empty directory that it may be about to use. */
static void clean_up(void)
{
	char command[256];
	break_stale();
	snprintf(command, sizeof command, "rmdir %s/lock.exclusive.*.tmp 2>&-", path);
	if (system(command) < 0)
		abort();
}

static enum sl_result force_break(const char *record)
{
	struct sl_lock *lock = make();
	enum sl_result result = sl_borg_lock_force_break(lock, record, &failure);
	drop(lock);
	return result;
}

static enum sl_result wait_until(struct sl_lock *lock, enum sl_mode mode, int64_t until)
{
	struct sl_patience patience = {.until = until};
	return sl_lock_wait(lock, mode, &patience, &failure);
}

/* --- The repository --- */

static const char *in_repository(const char *name)
{
	static char text[512];
	snprintf(text, sizeof text, "%s/%s", path, name);
	return text;
}

static const char *in_exclusive(const char *name)
{
	static char text[512];
	snprintf(text, sizeof text, "%s/%s", exclusive, name);
	return text;
}

/* Beside the config. */
static unsigned lock_entries(void)
{
	return entry_count(path) - 1;
}

static void assert_entries(unsigned count)
{
	if (lock_entries() == count)
		return;
	DIR *stream = opendir(path);
	for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
		print_error("there is %s\n", entry->d_name);
	closedir(stream);
	char text[512] = "";
	int fd = open(roster, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, text, sizeof text - 1) > 0)
		print_error("the roster is %s, we are %d\n", text, getpid());
	fail_msg("there are not %u", count);
}

static const char *name_at(const char *host, int64_t pid, int64_t thread)
{
	static char names[32][SL_BORG_NAME_MAX + 1];
	static unsigned next;
	struct sl_borg_id id = {.pid = pid, .thread = thread};
	char *name = names[next++ % COUNT(names)];
	strcpy(id.host, host);
	sl_borg_id_write(name, &id);
	return name;
}

static const char *name_of(int64_t pid)
{
	return name_at(HOST, pid, 0);
}

static const char *own_name(void)
{
	return name_of(getpid());
}

static void put_record(const char *name, const char *text)
{
	if (!exists(exclusive) && mkdir(exclusive, 0700) != 0)
		abort();
	write_file(in_exclusive(name), text);
}

/* What a sitelock writes into its record, as one that saw this kind of file system. */
static const char *words_of(uint32_t kind, enum sl_record_state state)
{
	static char text[SL_RECORD_MAX + SL_RECORD_NAME_MAX + 2];
	struct sl_record_image image;
	struct sl_owner owner = {.process = sl_process_self()->process, .label = "of the dead"};
	struct sl_record_name name = {.mode = SL_EXCLUSIVE, .kind = kind, .pid = 4211};
	struct stat st;
	if (stat(path, &st) != 0 || !sl_nonce_draw(name.nonce))
		abort();
	name.device = st.st_dev;
	memcpy(name.boot_id, sl_process_self()->process.boot_id, sizeof name.boot_id);
	sl_record_encode(&image, state, &owner, NULL, 0);
	memcpy(text, image.bytes, image.size);
	sl_record_name_write(text + image.size, &name);
	return text;
}

static const char *words_of_a_sitelock(uint32_t kind)
{
	return words_of(kind, SL_RECORD_HELD);
}

static void put_roster(const char *text)
{
	write_file(roster, text);
}

/* These on the shared list. */
static void put_readers(const char *one, int64_t pid, const char *two, int64_t other_pid)
{
	char text[512];
	int length = snprintf(text, sizeof text, "{\"shared\": [[\"%s\", %" PRId64 ", 0]", one, pid);
	if (two != NULL)
		length += snprintf(text + length, sizeof text - (size_t)length,
			", [\"%s\", %" PRId64 ", 0]", two, other_pid);
	snprintf(text + length, sizeof text - (size_t)length, "]}");
	put_roster(text);
}

/* How often the process is on the list. */
static unsigned times_on(const char *list, const char *host, int64_t pid)
{
	unsigned count = 0;
	size_t i;
	json_t *entry, *root = json_load_file(roster, 0, NULL);
	json_array_foreach(json_object_get(root, list), i, entry)
	{
		count += strcmp(json_string_value(json_array_get(entry, 0)), host) == 0 &&
				 json_integer_value(json_array_get(entry, 1)) == pid;
	}
	json_decref(root);
	return count;
}

static unsigned count_on(const char *list)
{
	json_t *root = json_load_file(roster, 0, NULL);
	unsigned count = (unsigned)json_array_size(json_object_get(root, list));
	json_decref(root);
	return count;
}

static bool reads(pid_t pid)
{
	return times_on("shared", HOST, pid) == 1;
}

/* The record of a holder who has this file in lock.exclusive. */
static const char *seen_as(const char *name)
{
	static char text[SL_HOLDER_RECORD_MAX + 1];
	struct stat st;
	expect(lstat(in_exclusive(name), &st) == 0);
	snprintf(text, sizeof text, "x%ju.%jd.%ld/%s", (uintmax_t)st.st_ino,
		(intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, name);
	return text;
}

/* What only sitelocks that crashed leave, and what borgs leave for ever. */
static void put_debris(void)
{
	char nonce[SL_NONCE_SIZE + 1], text[512];
	const char *dead = name_of(GONE);
	sl_nonce_draw(nonce);
	snprintf(text, sizeof text, "%s.%s.tmp", roster, nonce);
	write_file(text, "{\"shared\": [[");
	for (int i = 0; i < 3; i++) {
		sl_nonce_draw(nonce);
		snprintf(text, sizeof text, "%s.%s.tmp", exclusive, i == 2 ? "k3j2h1_q" : nonce);
		expect(mkdir(text, 0700) == 0);
		if (i > 0) {
			snprintf(text + strlen(text), sizeof text - strlen(text), "/%s", dead);
			write_file(text, "");
		}
	}
}

/* Held, and seen so by everybody. */
static void assert_held(struct sl_lock *lock)
{
	assert_true(sl_lock_is_held(lock));
	assert_int_equal(check(lock), SL_OK);
	if (sl_lock_mode(lock) == SL_SHARED) {
		assert_true(reads(getpid()));
		return;
	}
	assert_true(is_locked(in_exclusive(own_name())));
	assert_int_equal(entry_count(exclusive), 1);
	assert_int_equal(count_on("shared"), 0);
}

static void assert_not_held(struct sl_lock *lock)
{
	assert_false(sl_lock_is_held(lock));
	assert_int_equal(check(lock), SL_NOT_HELD);
}

/* There is nothing any more, and the next one gets it. */
static void assert_free(void)
{
	assert_entries(0);
	struct sl_lock *next = make();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(acquire(next, mode), SL_OK);
		assert_held(next);
		assert_int_equal(release(next), SL_OK);
		assert_entries(0);
	}
	drop(next);
}

/* --- borg, as its locking.py does it, with a place to stop before each of its calls --- */

#define STOPPED    'p'
#define EVERY_STEP 255

/* How often borg tries to get lock.exclusive, instead of for a time. */
#define BORG_ROUNDS 3

static unsigned borg_calls, borg_stop;
static char borg_temporary[512];

static void stop_here(void *data)
{
	(void)data;
	say(STOPPED);
	if (await() == 'd')
		raise(SIGKILL);
}

/* Before a call. */
static void borg_step(void)
{
	borg_calls++;
	if (borg_stop == EVERY_STEP || borg_calls == borg_stop)
		stop_here(NULL);
}

static bool borg_finds_alive(const char *host, int64_t pid, int64_t thread)
{
	return strcmp(host, HOST) != 0 || thread != 0 || kill((pid_t)pid, 0) == 0 || errno != ESRCH;
}

static bool borg_by_me(void)
{
	borg_step();
	return exists(in_exclusive(own_name()));
}

static void borg_kill_stale_lock(void)
{
	char names[8][NAME_MAX + 1];
	unsigned count = 0;
	struct sl_borg_id id;

	borg_step();
	DIR *stream = opendir(exclusive);
	if (stream != NULL) {
		for (struct dirent *entry; (entry = readdir(stream)) != NULL && count < COUNT(names);)
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				strcpy(names[count++], entry->d_name);
		closedir(stream);
	}
	for (unsigned i = 0; i < count; i++) {
		if (!sl_borg_id_read(&id, names[i]) || borg_finds_alive(id.host, id.pid, id.thread))
			return;
		borg_step();
		if (unlink(in_exclusive(names[i])) != 0)
			return;
	}
	borg_step();
	rmdir(exclusive);
}

/* ExclusiveLock.acquire */
static bool borg_enter(void)
{
	static unsigned number;
	char record[1024];
	snprintf(
		borg_temporary, sizeof borg_temporary, "%s.b%d_%u.tmp", exclusive, (int)getpid(), number++);
	snprintf(record, sizeof record, "%s/%s", borg_temporary, own_name());
	borg_step();
	expect(mkdir(borg_temporary, 0700) == 0);
	borg_step();
	write_file(record, "");
	for (int round = 0; round < BORG_ROUNDS; round++) {
		borg_step();
		if (rename(borg_temporary, exclusive) == 0)
			return true;
		if (borg_by_me()) {
			unlink(record);
			rmdir(borg_temporary);
			return true;
		}
		borg_kill_stale_lock();
	}
	borg_step();
	unlink(record);
	borg_step();
	rmdir(borg_temporary);
	return false;
}

/* ExclusiveLock.release */
static void borg_leave(void)
{
	if (!borg_by_me())
		return;
	borg_step();
	unlink(in_exclusive(own_name()));
	borg_step();
	rmdir(exclusive);
}

/* LockRoster.load, which forgets the dead, and all of a file that is damaged. */
static json_t *borg_load(void)
{
	static const char *const keys[] = {"shared", "exclusive"};
	borg_step();
	json_t *root = json_load_file(roster, 0, NULL);
	if (root == NULL)
		root = json_object();
	for (size_t k = 0; k < COUNT(keys); k++) {
		json_t *list = json_object_get(root, keys[k]);
		for (size_t i = json_array_size(list); i-- > 0;) {
			json_t *entry = json_array_get(list, i);
			if (!borg_finds_alive(json_string_value(json_array_get(entry, 0)),
					json_integer_value(json_array_get(entry, 1)),
					json_integer_value(json_array_get(entry, 2))))
				json_array_remove(list, i);
		}
	}
	return root;
}

/* LockRoster.get: how many there are, if the lists are empty */
static size_t borg_count(const char *key)
{
	json_t *root = borg_load();
	size_t count = json_array_size(json_object_get(root, key));
	json_decref(root);
	return count;
}

/* LockRoster.modify. False: KeyError */
static bool borg_modify(const char *key, bool add)
{
	json_t *root = borg_load(), *list = json_object_get(root, key);
	if (list == NULL) {
		list = json_array();
		json_object_set_new(root, key, list);
	}
	size_t i = 0;
	while (i < json_array_size(list) &&
		   (json_integer_value(json_array_get(json_array_get(list, i), 1)) != getpid() ||
			   strcmp(json_string_value(json_array_get(json_array_get(list, i), 0)), HOST) != 0))
		i++;
	bool there = i < json_array_size(list);
	if (add && !there)
		json_array_append_new(list, json_pack("[s, i, i]", HOST, (int)getpid(), 0));
	else if (!add && there)
		json_array_remove(list, i);
	if (add || there) {
		borg_step();
		int fd = open(roster, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		borg_step();
		expect(fd >= 0 && json_dumpfd(root, fd, 0) == 0);
		close(fd);
	}
	json_decref(root);
	return add || there;
}

static void borg_remove_empty_roster(void)
{
	if (borg_count("exclusive") > 0 || borg_count("shared") > 0)
		return;
	borg_step();
	unlink(roster);
}

/* Lock.acquire, without the wait for readers */
static enum sl_result borg_acquire(enum sl_mode mode)
{
	if (!borg_enter())
		return SL_BUSY;
	if (mode == SL_SHARED) {
		borg_modify("shared", true);
		borg_leave();
		return SL_OK;
	}
	if (borg_count("shared") > 0) {
		borg_leave();
		return SL_BUSY;
	}
	borg_modify("exclusive", true);
	return SL_OK;
}

/* Lock.release. SL_LOST: it ends with an exception, and for ever if the lock is exclusive */
static enum sl_result borg_release(enum sl_mode mode)
{
	if (mode == SL_SHARED && !borg_enter())
		return SL_SYSTEM;
	bool there = borg_modify(mode == SL_SHARED ? "shared" : "exclusive", false);
	if (there || mode == SL_SHARED) {
		if (there)
			borg_remove_empty_roster();
		borg_leave();
	}
	return there ? SL_OK : SL_LOST;
}

static enum sl_result borg_check(enum sl_mode mode)
{
	if (mode == SL_EXCLUSIVE)
		return exists(in_exclusive(own_name())) ? SL_OK : SL_TAKEN_OFF;
	return reads(getpid()) ? SL_OK : SL_TAKEN_OFF;
}

static enum sl_result play_borg(char what)
{
	static enum sl_mode mode;
	static bool holds;
	enum sl_result result = SL_OK;
	if (what == 'x' || what == 's') {
		enum sl_mode wanted = what == 's' ? SL_SHARED : SL_EXCLUSIVE;
		result = borg_acquire(wanted);
		holds = result == SL_OK;
		mode = holds ? wanted : mode;
	} else if (what == 'r') {
		holds = false;
		result = borg_release(mode);
	} else if (what == 'c') {
		result = borg_check(mode);
	} else if (!holds && reads(getpid())) /* what is left: Lock.release once more */
		result = borg_release(SL_SHARED);
	return result;
}

/* --- Players: other processes that stop before any of their system calls --- */

enum party { SITELOCK, BORG };

struct player {
	struct child child;
	enum party party;
	bool holds;
	enum sl_mode mode;
};

static enum sl_result play_sitelock(struct sl_lock *lock, char what)
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
	case 'b':
		return sl_borg_lock_break_stale(lock, &broken, &failure);
	default:
		sl_borg_lock_sweep();
		return SL_OK;
	}
}

/* Two bytes: what to do, and before which call to stop. */
static void play(void *data)
{
	enum party party = *(enum party *)data;
	struct sl_lock *lock = party == SITELOCK ? make() : NULL;
	pretend_sleep(HURRY);
	for (;;) {
		char what = await();
		unsigned char step = (unsigned char)await();
		watch_calls();
		borg_calls = 0;
		borg_stop = step;
		if (step == EVERY_STEP)
			before_every_call(CALL_ANY, stop_here, NULL);
		else if (step > 0)
			before_call(CALL_ANY, step, stop_here, NULL);
		enum sl_result result = party == BORG ? play_borg(what) : play_sitelock(lock, what);
		stop_watching();
		say((char)result);
	}
}

static struct player start_player(enum party party)
{
	return (struct player){.child = start_child(play, &party), .party = party};
}

static void note(struct player *player, char what, char answer)
{
	if (answer == STOPPED)
		return;
	if (what == 'x' || what == 's') {
		player->holds = answer == SL_OK;
		player->mode = what == 's' ? SL_SHARED : SL_EXCLUSIVE;
		assert_true(answer == SL_OK || answer == SL_BUSY);
	} else if (what == 'w' || (what == 'r' && player->mode == SL_SHARED))
		/* Somebody is stopped in lock.exclusive: later. */
		assert_true(answer == SL_OK || answer == SL_SYSTEM);
	else
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

static void assert_compatible(const struct player *players, size_t count)
{
	int inside = 0;
	for (size_t i = 0; i < count; i++)
		inside += !players[i].holds ? 0 : players[i].mode == SL_EXCLUSIVE ? 100 : 1;
	assert_true(inside <= 100);
}

/* Who believes to have it has it, and none of the others does. */
static void assert_one_owner(struct player *players, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (players[i].holds)
			assert_int_equal(do_whole(&players[i], 'c'), SL_OK);
	assert_compatible(players, count);
}

/* Also what could not be given back before. */
static void release_all(struct player *players, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (players[i].holds)
			assert_int_equal(do_whole(&players[i], 'r'), SL_OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(do_whole(&players[i], 'w'), SL_OK);
}

/* --- Holding --- */

static void exclusive_lock_is_what_borg_would_leave_there(void **state)
{
	(void)state;
	struct stat st;
	struct sl_borg_id id = {.host = HOST, .pid = getpid()};
	char name[SL_BORG_NAME_MAX + 1];
	struct sl_lock *lock = make();
	assert_not_held(lock);
	unsigned descriptors = descriptor_count();
	assert_int_equal(take(lock), SL_OK);
	assert_held(lock);
	assert_int_equal(sl_lock_generation(lock), 1);
	assert_entries(2);
	assert_int_equal(stat(exclusive, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	sl_borg_id_write(name, &id);
	assert_int_equal(stat(in_exclusive(name), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(times_on("exclusive", HOST, getpid()), 1);
	assert_int_equal(count_on("exclusive"), 1);
	assert_int_equal(count_on("shared"), 0);
	/* The repository and the record. */
	assert_int_equal(descriptor_count(), descriptors + 2);
	assert_int_equal(release(lock), SL_OK);
	assert_not_held(lock);
	assert_int_equal(descriptor_count(), descriptors);
	assert_free();
}

static void shared_lock_is_an_entry_on_the_roster(void **state)
{
	(void)state;
	struct stat st;
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	assert_int_equal(chmod(in_repository("config"), 0640), 0);
	assert_int_equal(share(lock), SL_OK);
	assert_held(lock);
	assert_entries(1);
	assert_int_equal(count_on("shared"), 1);
	assert_int_equal(count_on("exclusive"), 0);
	assert_int_equal(stat(roster, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(descriptor_count(), descriptors + 1);
	assert_int_equal(release(lock), SL_OK);
	assert_not_held(lock);
	assert_int_equal(descriptor_count(), descriptors);
	assert_free();
}

static void record_says_to_another_sitelock_who_it_is(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	struct sl_record record;
	struct sl_record_bytes bytes;
	assert_int_equal(take(lock), SL_OK);
	int fd = open(in_exclusive(own_name()), O_RDONLY | O_CLOEXEC);
	assert_int_equal(sl_record_read(fd, &bytes, &failure), SL_OK);
	close(fd);
	sl_record_decode(&record, bytes.bytes, bytes.length);
	assert_int_equal(record.state, SL_RECORD_HELD);
	assert_int_equal(record.owner.process.pid, getpid());
	assert_string_equal(record.owner.label, LABEL);
	assert_string_equal(record.owner.command, COMMAND);
	assert_in_range(record.owner.since.tv_sec, time(NULL) - 60, time(NULL));
	assert_true(bytes.length > record.size);
}

static void files_belong_to_whom_the_repository_belongs(void **state)
{
	(void)state;
	struct stat st;
	need_root();
	struct sl_lock *lock = make();
	assert_int_equal(chown(path, SOME_USER, SOME_GROUP), 0);
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(acquire(lock, mode), SL_OK);
		assert_int_equal(stat(roster, &st), 0);
		assert_int_equal(st.st_uid, SOME_USER);
		assert_int_equal(st.st_gid, SOME_GROUP);
		if (mode == SL_EXCLUSIVE) {
			assert_int_equal(stat(exclusive, &st), 0);
			assert_int_equal(st.st_uid, SOME_USER);
			assert_int_equal(st.st_gid, SOME_GROUP);
			assert_int_equal(st.st_mode, S_IFDIR | 0700);
			assert_int_equal(stat(in_exclusive(own_name()), &st), 0);
			assert_int_equal(st.st_uid, SOME_USER);
			assert_int_equal(st.st_gid, SOME_GROUP);
			assert_int_equal(st.st_mode, S_IFREG | 0600);
		}
		assert_int_equal(release(lock), SL_OK);
	}
}

static void acquire_under_umasks(void *data)
{
	(void)data;
	static const mode_t masks[] = {0, 0077, 0177, 0277, 0377};
	struct stat st;
	become(SOME_USER);
	struct sl_lock *lock = make();
	for (size_t i = 0; i < COUNT(masks); i++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			umask(masks[i]);
			expect(acquire(lock, mode) == SL_OK);
			if (mode == SL_EXCLUSIVE) {
				expect(stat(exclusive, &st) == 0 && st.st_mode == (S_IFDIR | 0700));
				expect(stat(in_exclusive(own_name()), &st) == 0);
				expect(st.st_mode == (S_IFREG | 0600));
			}
			expect(stat(roster, &st) == 0 && st.st_mode == (S_IFREG | 0644));
			expect(release(lock) == SL_OK);
			expect(lock_entries() == 0);
		}
	/* Not even its owner can open it. */
	umask(0777);
	expect(take(lock) == SL_SYSTEM);
	expect(lock_entries() == 0);
	drop(lock);
}

static void umask_makes_it_neither_wider_nor_unusable(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(chown(path, SOME_USER, SOME_USER), 0);
	assert_int_equal(chmod(in_repository("config"), 0644), 0);
	in_child(acquire_under_umasks, NULL);
}

static void modes_keep_each_other_out_or_not(void **state)
{
	(void)state;
	for (enum party party = SITELOCK; party <= BORG; party++)
		for (unsigned his = SL_EXCLUSIVE; his <= SL_SHARED; his++) {
			struct player player = start_player(party);
			struct sl_lock *lock = make();
			assert_int_equal(do_whole(&player, his == SL_SHARED ? 's' : 'x'), SL_OK);
			unsigned descriptors = descriptor_count(), entries = lock_entries();
			for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
				bool both = his == SL_SHARED && mode == SL_SHARED;
				assert_int_equal(acquire(lock, mode), both ? SL_OK : SL_BUSY);
				assert_false(sl_lock_blocks_itself(lock));
				if (both) {
					assert_held(lock);
					assert_int_equal(count_on("shared"), 2);
					assert_int_equal(release(lock), SL_OK);
				}
				assert_not_held(lock);
				assert_int_equal(descriptor_count(), descriptors);
				assert_entries(entries);
			}
			assert_one_owner(&player, 1);
			release_all(&player, 1);
			/* And the other way round. */
			for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
				bool both = his == SL_SHARED && mode == SL_SHARED;
				assert_int_equal(acquire(lock, mode), SL_OK);
				assert_int_equal(
					do_whole(&player, his == SL_SHARED ? 's' : 'x'), both ? SL_OK : SL_BUSY);
				assert_held(lock);
				release_all(&player, 1);
				assert_held(lock);
				assert_int_equal(release(lock), SL_OK);
			}
			drop(lock);
			finish(&player);
			assert_free();
		}
}

static void freeing_a_held_lock_releases_it(void **state)
{
	(void)state;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		struct sl_lock *lock = make();
		assert_int_equal(acquire(lock, mode), SL_OK);
		drop(lock);
		assert_free();
	}
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
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(acquire(other, mode), SL_OK);
		assert_int_equal(release(lock), SL_OK);
		sl_lock_give_up(lock);
		assert_held(other);
		assert_int_equal(release(other), SL_OK);
		assert_int_equal(release(other), SL_OK);
	}
	assert_free();
}

static void wrong_host_id_makes_no_lock(void **state)
{
	(void)state;
	struct sl_lock_options options = {.path = path, .label = "", .command = ""};
	static const char *const ids[] = {"", "a/b"};
	for (size_t i = 0; i < COUNT(ids); i++) {
		assert_null(sl_borg_lock_new(&options, ids[i]));
		assert_int_equal(errno, EINVAL);
	}
	setenv("BORG_HOST_ID", "a/b", true);
	assert_null(sl_borg_lock_new(&options, NULL));
	assert_int_equal(errno, EINVAL);
	setenv("BORG_HOST_ID", "of the environment", true);
	struct sl_lock *lock = make_for(path, NULL, NULL);
	assert_int_equal(take(lock), SL_OK);
	unsetenv("BORG_HOST_ID");
	assert_true(exists(in_exclusive(name_at("of the environment", getpid(), 0))));
	assert_int_equal(check(lock), SL_OK);
	assert_int_equal(release(lock), SL_OK);
	assert_free();
}

static void what_is_no_repository_is_refused_and_stays(void **state)
{
	(void)state;
	static const struct {
		const char *config;
		enum sl_result result;
	} kinds[] = {{NULL, SL_NO_REPOSITORY}, {"", SL_NO_REPOSITORY},
		{"[repository]\nversion = 2\n", SL_FOREIGN_REPOSITORY}};
	struct sl_lock *lock = make();
	struct sl_holder_list list;
	bool broken;
	char config[512];
	strcpy(config, in_repository("config"));
	for (size_t i = 0; i < COUNT(kinds); i++) {
		remove_file(config);
		if (kinds[i].config != NULL)
			write_file(config, kinds[i].config);
		else
			assert_int_equal(mkdir(config, 0700), 0);
		unsigned descriptors = descriptor_count();
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			assert_int_equal(acquire(lock, mode), kinds[i].result);
			assert_int_equal(wait_until(lock, mode, sl_clock_now() + LATE), kinds[i].result);
		}
		assert_int_equal(sl_lock_holders(lock, &list, &failure), kinds[i].result);
		assert_int_equal(sl_borg_lock_break_stale(lock, &broken, &failure), kinds[i].result);
		assert_int_equal(sl_borg_lock_force_break(lock, "s5/0/h", &failure), kinds[i].result);
		assert_entries(0);
		assert_int_equal(descriptor_count(), descriptors);
		if (kinds[i].config == NULL) {
			assert_int_equal(rmdir(config), 0);
			write_file(config, "");
		}
	}
}

/* --- Locks of one process --- */

static void locks_of_one_process_are_behind_one_entry(void **state)
{
	(void)state;
	struct sl_lock *locks[4] = {make(), make(), make(), make()};
	for (int i = 0; i < 4; i++) {
		assert_int_equal(share(locks[i]), SL_OK);
		assert_int_equal(times_on("shared", HOST, getpid()), 1);
	}
	struct sl_lock *writer = make();
	for (int i = 0; i < 4; i++) {
		assert_int_equal(take(writer), SL_BUSY);
		for (int j = i; j < 4; j++)
			assert_held(locks[j]);
		assert_int_equal(release(locks[i]), SL_OK);
		assert_not_held(locks[i]);
	}
	assert_int_equal(take(writer), SL_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(share(locks[i]), SL_BUSY);
	assert_int_equal(release(writer), SL_OK);
	assert_free();
}

static void locks_of_one_process_are_counted_for_each_repository_and_host_id(void **state)
{
	(void)state;
	const char *other = path_of("other"), *link = path_of("link");
	assert_int_equal(mkdir(other, 0755), 0);
	write_file(path_of("other/config"), CONFIG);
	assert_int_equal(symlink(path, link), 0);
	struct sl_lock *lock = make(), *of_other = make_for(other, HOST, NULL);
	struct sl_lock *by_link = make_for(link, HOST, NULL), *by_id = make_for(path, "alias", NULL);
	assert_int_equal(share(lock), SL_OK);
	assert_int_equal(share(of_other), SL_OK);
	assert_int_equal(share(by_link), SL_OK);
	assert_int_equal(share(by_id), SL_OK);
	assert_int_equal(count_on("shared"), 2);
	assert_int_equal(release(of_other), SL_OK);
	assert_int_equal(entry_count(other), 1);
	assert_int_equal(release(lock), SL_OK);
	assert_int_equal(check(by_link), SL_OK);
	assert_int_equal(release(by_id), SL_OK);
	assert_int_equal(check(by_link), SL_OK);
	assert_int_equal(take(by_id), SL_BUSY);
	assert_int_equal(release(by_link), SL_OK);
	assert_entries(0);
}

static void lock_of_the_same_context_is_known_to_stand_in_the_way(void **state)
{
	(void)state;
	int context;
	struct sl_lock *held = make_in(&context), *lock = make_in(&context);
	struct sl_lock *of_other = make();
	for (unsigned his = SL_EXCLUSIVE; his <= SL_SHARED; his++) {
		assert_int_equal(acquire(held, his), SL_OK);
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			if (his == SL_SHARED && mode == SL_SHARED)
				continue;
			assert_int_equal(acquire(lock, mode), SL_BUSY);
			assert_true(sl_lock_blocks_itself(lock));
			assert_int_equal(acquire(of_other, mode), SL_BUSY);
			assert_false(sl_lock_blocks_itself(of_other));
			assert_int_equal(wait_until(lock, mode, sl_clock_now() + LATE), SL_DEADLOCK);
			assert_not_held(lock);
		}
		assert_held(held);
		assert_int_equal(release(held), SL_OK);
	}
	/* One that was had before is not in the way. */
	assert_int_equal(take(lock), SL_OK);
	assert_false(sl_lock_blocks_itself(held));
}

static void own_lock_among_those_of_others_is_not_waited_for(void **state)
{
	(void)state;
	int context;
	struct player player = start_player(BORG);
	struct sl_lock *held = make_in(&context), *lock = make_in(&context);
	do_whole(&player, 's');
	assert_int_equal(share(held), SL_OK);
	assert_int_equal(wait_until(lock, SL_EXCLUSIVE, sl_clock_now() + LATE), SL_DEADLOCK);
	assert_int_equal(release(held), SL_OK);
	assert_int_equal(wait_until(lock, SL_EXCLUSIVE, sl_clock_now() + 20 * SL_MILLISECOND), SL_BUSY);
	sl_lock_give_up(lock);
	release_all(&player, 1);
}

/* --- Waiting: borg has nothing to wait on --- */

static void release_now(void *data)
{
	struct player *player = data;
	if (player->holds)
		do_whole(player, 'r');
}

static void waiter_asks_until_it_is_free(void **state)
{
	(void)state;
	pretend_sleep(0);
	for (enum party party = SITELOCK; party <= BORG; party++)
		for (unsigned his = SL_EXCLUSIVE; his <= SL_SHARED; his++)
			for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
				if (his == SL_SHARED && mode == SL_SHARED)
					continue;
				struct player player = start_player(party);
				struct sl_lock *lock = make();
				unsigned descriptors = descriptor_count();
				do_whole(&player, his == SL_SHARED ? 's' : 'x');
				assert_int_equal(
					wait_until(lock, mode, sl_clock_now() + 30 * SL_MILLISECOND), SL_BUSY);
				/* Between two questions nothing of him is there. */
				assert_one_owner(&player, 1);
				assert_entries(his == SL_SHARED ? 1 : 2);
				assert_int_equal(sl_lock_last_try(lock, &failure), SL_BUSY);
				assert_int_equal(descriptor_count(), descriptors);

				watch_calls();
				before_call(CALL_POLL, 3, release_now, &player);
				before_call(CALL_PPOLL, 3, release_now, &player);
				assert_int_equal(wait_until(lock, mode, sl_clock_now() + LATE), SL_OK);
				stop_watching();
				assert_false(player.holds);
				assert_int_equal(sl_lock_confirm(lock, &failure), SL_OK);
				assert_held(lock);
				drop(lock);
				finish(&player);
				assert_free();
			}
}

static void waiter_takes_over_from_who_dies(void **state)
{
	(void)state;
	for (enum party party = SITELOCK; party <= BORG; party++)
		for (unsigned his = SL_EXCLUSIVE; his <= SL_SHARED; his++) {
			struct player player = start_player(party);
			struct sl_lock *lock = make();
			do_whole(&player, his == SL_SHARED ? 's' : 'x');
			assert_int_equal(
				wait_until(lock, SL_EXCLUSIVE, sl_clock_now() + 5 * SL_MILLISECOND), SL_BUSY);
			child_kill(&player.child);
			assert_int_equal(wait_until(lock, SL_EXCLUSIVE, sl_clock_now() + LATE), SL_OK);
			assert_int_equal(sl_lock_confirm(lock, &failure), SL_OK);
			assert_held(lock);
			drop(lock);
			assert_free();
		}
}

static void last_try_takes_what_has_become_free(void **state)
{
	(void)state;
	struct player player = start_player(BORG);
	struct sl_lock *lock = make();
	do_whole(&player, 'x');
	assert_int_equal(wait_until(lock, SL_SHARED, 0), SL_BUSY);
	do_whole(&player, 'r');
	assert_int_equal(sl_lock_last_try(lock, &failure), SL_OK);
	assert_int_equal(sl_lock_confirm(lock, &failure), SL_OK);
	assert_held(lock);
}

static char moved_to[64];

/* As a restored backup: the old one is kept under another name. */
static void replace_repository(void *data)
{
	(void)data;
	char config[80];
	snprintf(moved_to, sizeof moved_to, "%s.old", path);
	if (rename(path, moved_to) != 0 || mkdir(path, 0755) != 0)
		abort();
	snprintf(config, sizeof config, "%s/config", path);
	write_file(config, CONFIG);
}

static void waiter_moves_on_to_the_repository_that_has_the_path_now(void **state)
{
	(void)state;
	struct player player = start_player(BORG);
	struct sl_lock *lock = make();
	do_whole(&player, 'x');
	assert_int_equal(wait_until(lock, SL_EXCLUSIVE, 0), SL_BUSY);
	replace_repository(NULL);
	assert_int_equal(wait_until(lock, SL_EXCLUSIVE, sl_clock_now() + LATE), SL_OK);
	assert_int_equal(sl_lock_confirm(lock, &failure), SL_OK);
	assert_held(lock);
}

/* It is no longer what people and borg find under its path, but nobody else has it. */
static void lock_of_a_repository_that_was_moved_away_is_lost_and_given_back(void **state)
{
	(void)state;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		struct sl_lock *lock = make();
		assert_int_equal(acquire(lock, mode), SL_OK);
		replace_repository(NULL);
		assert_int_equal(check(lock), SL_TAKEN_OFF);
		assert_int_equal(release(lock), SL_TAKEN_OFF);
		assert_not_held(lock);
		assert_int_equal(entry_count(moved_to), 1);
		assert_entries(0);
		drop(lock);
		remove_file((void *)in_repository("config"));
		assert_int_equal(rmdir(path), 0);
		assert_int_equal(rename(moved_to, path), 0);
	}
}

/* Which call of the trace it is. */
static unsigned place_of(const char *call)
{
	unsigned place = 1;
	const char *trace = call_trace(), *found = strstr(trace, call);
	assert_non_null(found);
	for (; trace < found; trace++)
		place += *trace == ' ';
	return place;
}

/* --- What is found there --- */

enum verdict { TAKEN_OVER, BUSY_AND_STAYS };

/* An acquire of each mode meets this record. */
static void assert_verdict(const char *name, const char *text, enum verdict verdict)
{
	struct sl_lock *lock = make();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		put_record(name, text);
		ino_t inode = inode_of(in_exclusive(name));
		unsigned descriptors = descriptor_count();
		enum sl_result result = acquire(lock, mode);
		if (result != (verdict == TAKEN_OVER ? SL_OK : SL_BUSY))
			fail_msg("%s: %d", name, (int)result);
		if (verdict == TAKEN_OVER) {
			assert_held(lock);
			assert_int_equal(release(lock), SL_OK);
			put_record(name, text);
			assert_true(break_stale());
			assert_entries(0);
		} else {
			assert_not_held(lock);
			assert_false(break_stale());
			assert_int_equal(inode_of(in_exclusive(name)), inode);
			assert_entries(1);
			assert_int_equal(entry_count(exclusive), 1);
			remove_file((void *)in_exclusive(name));
			assert_int_equal(rmdir(exclusive), 0);
		}
		assert_int_equal(descriptor_count(), descriptors);
	}
	drop(lock);
}

static void wait_for_the_end(void *data)
{
	(void)data;
	await();
}

static void record_of_a_dead_process_of_this_host_is_removed(void **state)
{
	(void)state;
	assert_verdict(name_of(dead_pid()), "", TAKEN_OVER);
	/* Whatever borg or others write into it. */
	assert_verdict(name_of(dead_pid()), "something", TAKEN_OVER);
}

static void record_that_borg_would_leave_alone_stays(void **state)
{
	(void)state;
	struct child child = start_child(wait_for_the_end, NULL);
	pid_t dead = GONE;
	assert_verdict(name_of(child.pid), "", BUSY_AND_STAYS);
	assert_verdict(name_of(1), "", BUSY_AND_STAYS);
	child_kill_unreaped(&child);
	assert_verdict(name_of(child.pid), "", BUSY_AND_STAYS);
	child_kill(&child);
	assert_verdict(name_of(child.pid), "", TAKEN_OVER);
	assert_verdict(name_at(OTHER_HOST, dead, 0), "", BUSY_AND_STAYS);
	assert_verdict(name_at(HOST "0", dead, 0), "", BUSY_AND_STAYS);
	assert_verdict(name_at(HOST, dead, 1), "", BUSY_AND_STAYS);
	assert_verdict(name_at(HOST, dead + (INT64_C(1) << 32), 0), "", BUSY_AND_STAYS);
	static const char *const names[] = {"README", ".hidden", "web1@8796750862", HOST ".-5-0",
		HOST ".0-0", HOST ".02147483647-0", HOST ".+2147483647-0", HOST ".99999999999999999999-0",
		".nfs00000000015a3c8b00000002", "a-b", "-", "x."};
	for (size_t i = 0; i < COUNT(names); i++)
		assert_verdict(names[i], "", BUSY_AND_STAYS);
	char longest[NAME_MAX + 1];
	memset(longest, 'a', NAME_MAX);
	longest[NAME_MAX] = '\0';
	assert_verdict(longest, "", BUSY_AND_STAYS);
}

static void without_a_certain_host_nobody_is_dead(void **state)
{
	(void)state;
	pid_t dead = GONE;
	struct sl_borg_self self;
	assert_true(sl_borg_self(HOST, &self));
	struct sl_borg_exclusive judge = {.self = self, .here.kind = TMPFS};
	struct sl_borg_judged judged;
	put_record(name_of(dead), "");
	int directory = open(exclusive, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int certain = 0; certain < 2; certain++) {
		judge.self.certain = certain;
		sl_borg_judge(&judge, directory, name_of(dead), &judged);
		assert_int_equal(judged.life, certain ? SL_DEAD : SL_LIFE_UNKNOWN);
		close(judged.descriptor);
	}
	close(directory);
}

static void look_from_a_container(void *data)
{
	const char *dead = name_of(*(pid_t *)data);
	expect(!sl_process_sees_all());
	struct sl_lock *lock = make();
	/* Our own pid is in the name, and a thread that borg never has. */
	expect(take(lock) == SL_OK);
	DIR *stream = opendir(exclusive);
	struct sl_borg_id id = {.thread = 0};
	for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
		if (entry->d_name[0] != '.')
			expect(sl_borg_id_read(&id, entry->d_name));
	closedir(stream);
	expect(id.pid == 1 && id.thread > 0);
	expect(check(lock) == SL_OK);
	expect(release(lock) == SL_OK);
	expect(share(lock) == SL_OK);
	expect(check(lock) == SL_OK);
	expect(release(lock) == SL_OK);
	expect(lock_entries() == 0);
	/* There is no such pid here, and that says nothing. */
	put_record(dead, "");
	expect(take(lock) == SL_BUSY);
	expect(!break_stale());
	expect(exists(in_exclusive(dead)));
	remove_file((void *)in_exclusive(dead));
	put_readers(HOST, *(pid_t *)data, NULL, 0);
	expect(take(lock) == SL_BUSY);
	expect(!break_stale());
	expect(count_on("shared") == 1);
	remove_file((void *)roster);
	drop(lock);
}

static void in_a_container_no_pid_proves_a_death(void **state)
{
	(void)state;
	pid_t dead = dead_pid();
	in_own_namespaces(look_from_a_container, &dead);
}

/* Its flock would be seen, and there is none. */
static void record_of_a_sitelock_without_its_flock_is_removed_wherever_it_was(void **state)
{
	(void)state;
	pid_t dead = GONE;
	const char *const names[] = {name_of(dead), name_at(HOST, dead, 31), name_at(HOST, 1, 31),
		name_at(OTHER_HOST, dead, 31)};
	for (size_t i = 0; i < COUNT(names); i++)
		assert_verdict(names[i], words_of_a_sitelock(TMPFS), TAKEN_OVER);
	/* Control: without its words. */
	for (size_t i = 1; i < COUNT(names); i++)
		assert_verdict(names[i], "", BUSY_AND_STAYS);
	/* From where it would not be seen. */
	static const uint32_t kinds[] = {FUSE, NFS, OVERLAY, 0};
	for (size_t i = 0; i < COUNT(kinds); i++)
		assert_verdict(
			name_at(OTHER_HOST, dead, 31), words_of_a_sitelock(kinds[i]), BUSY_AND_STAYS);
	/* What is cut off, or says that it was given back, are no such words. */
	char text[SL_RECORD_MAX];
	snprintf(text, sizeof text, "%s", words_of_a_sitelock(TMPFS));
	text[strlen(text) - 1] = '\0';
	assert_verdict(names[1], text, BUSY_AND_STAYS);
	text[100] = '\0';
	assert_verdict(names[1], text, BUSY_AND_STAYS);
	assert_verdict(names[1], words_of(TMPFS, SL_RECORD_RELEASED), BUSY_AND_STAYS);
	assert_verdict(names[1], words_of(TMPFS, SL_RECORD_FAILED), BUSY_AND_STAYS);
	snprintf(text, sizeof text, "%s", words_of_a_sitelock(TMPFS));
	text[12]++;
	assert_verdict(names[1], text, BUSY_AND_STAYS);
}

static void record_that_is_locked_is_of_somebody_who_lives(void **state)
{
	(void)state;
	pid_t dead = GONE;
	const char *const names[] = {
		name_of(dead), name_at(OTHER_HOST, dead, 0), own_name(), "README", name_at(HOST, 1, 31)};
	struct sl_lock *lock = make();
	for (size_t i = 0; i < COUNT(names); i++)
		for (int words = 0; words < 2; words++) {
			put_record(names[i], words ? words_of_a_sitelock(TMPFS) : "");
			int fd = take_flock(in_exclusive(names[i]), LOCK_EX);
			for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
				assert_int_equal(acquire(lock, mode), SL_BUSY);
			assert_false(break_stale());
			assert_true(exists(in_exclusive(names[i])));
			close(fd);
			remove_file((void *)in_exclusive(names[i]));
		}
}

/* borg would take it for its own. */
static void record_under_our_own_name_is_of_a_dead_process(void **state)
{
	(void)state;
	assert_verdict(own_name(), "", TAKEN_OVER);
	assert_verdict(own_name(), words_of_a_sitelock(TMPFS), TAKEN_OVER);
	/* Where a flock may not be seen it may be of another host that is called so too. */
	pretend_kind(NFS);
	assert_verdict(own_name(), "", BUSY_AND_STAYS);
	pretend_kind(0);
}

static void release_as_the_next_of_this_pid(void *data)
{
	const bool shared = *(bool *)data;
	struct sl_lock *lock = make();
	expect(exists(shared ? roster : in_exclusive(own_name())));
	expect(take(lock) == SL_OK);
	expect(check(lock) == SL_OK);
	expect(release(lock) == SL_OK);
	expect(lock_entries() == 0);
	drop(lock);
}

static void process_that_gets_the_pid_of_a_dead_one_cleans_up_after_it(void **state)
{
	(void)state;
	need_root();
	for (enum party party = SITELOCK; party <= BORG; party++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			struct player player = start_player(party);
			bool shared = mode == SL_SHARED;
			do_whole(&player, shared ? 's' : 'x');
			child_kill(&player.child);
			struct child next =
				clone_child_as(player.child.pid, release_as_the_next_of_this_pid, &shared);
			assert_int_equal(next.pid, player.child.pid);
			assert_int_equal(child_finish(&next), 0);
			assert_free();
		}
}

static void empty_lock_exclusive_belongs_to_nobody(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(mkdir(exclusive, 0755), 0);
		assert_int_equal(acquire(lock, mode), SL_OK);
		assert_held(lock);
		assert_int_equal(release(lock), SL_OK);
		assert_entries(0);
	}
	assert_int_equal(mkdir(exclusive, 0755), 0);
	assert_false(break_stale());
	assert_free();
}

static void dead_and_living_records_are_told_apart(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	pid_t dead[2] = {GONE, GONE_TOO};
	put_record(name_of(dead[0]), "");
	put_record(name_at(OTHER_HOST, 5, 0), "");
	put_record(name_of(dead[1]), "");
	assert_int_equal(take(lock), SL_BUSY);
	assert_int_equal(entry_count(exclusive), 1);
	assert_true(exists(in_exclusive(name_at(OTHER_HOST, 5, 0))));
	remove_file((void *)in_exclusive(name_at(OTHER_HOST, 5, 0)));
	assert_int_equal(take(lock), SL_OK);
	assert_held(lock);
}

static void remove_record_of(void *name)
{
	remove_file((void *)in_exclusive(name));
}

/* Between the look into the directory and the one at the record, or in the middle of that. */
static void record_that_is_just_given_back_is_in_nobodys_way(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	const char *other = name_at(OTHER_HOST, 5, 0);
	unsigned between = 0;
	/* Who is there for good is not waited for. */
	static const char for_good[] = "{\"exclusive\": [[\"" OTHER_HOST "\", 5, 0]]}";
	sl_process_self();
	for (unsigned step = 1;; step++) {
		put_record(other, "");
		put_roster(for_good);
		watch_calls();
		before_call(CALL_ANY, step, remove_record_of, (void *)other);
		enum sl_result result = take(lock);
		bool applied = rule_applied();
		stop_watching();
		if (result == SL_BUSY) {
			/* When he was seen it was too late. */
			assert_true(between > 0);
			if (!applied)
				break;
			continue;
		}
		assert_int_equal(result, SL_OK);
		assert_int_equal(check(lock), SL_OK);
		assert_int_equal(release(lock), SL_OK);
		const char *seen = strstr(call_trace(), "readdir open");
		between += seen != NULL && step > place_of("readdir open");
	}
	assert_int_equal(between, 3);
}

/* He has lock.exclusive for as long as it takes to change the roster. */
static void who_only_passes_is_waited_for_a_moment(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	const char *other = name_at(OTHER_HOST, 5, 0);
	static const char *const rosters[] = {
		NULL, "{\"shared\": []}", "{\"more\": 1}", "{\"shared\": [["};
	pretend_sleep(1);
	for (size_t i = 0; i < COUNT(rosters); i++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			put_record(other, "");
			if (rosters[i] != NULL)
				put_roster(rosters[i]);
			watch_calls();
			assert_int_equal(acquire(lock, mode), SL_BUSY);
			/* A tenth of a second of about a millisecond. */
			assert_in_range(call_count(CALL_NANOSLEEP), 50, 200);
			watch_calls();
			before_call(CALL_NANOSLEEP, 20, remove_record_of, (void *)other);
			enum sl_result result = acquire(lock, mode);
			assert_true(rule_applied());
			assert_int_equal(call_count(CALL_NANOSLEEP), 20);
			stop_watching();
			assert_int_equal(result, i == COUNT(rosters) - 1 ? SL_ROSTER_BROKEN : SL_OK);
			assert_int_equal(release(lock), SL_OK);
			if (exists(roster))
				remove_file((void *)roster);
		}
	assert_free();
}

static void who_is_there_for_good_is_not_waited_for(void **state)
{
	(void)state;
	for (enum party party = SITELOCK; party <= BORG; party++) {
		struct player player = start_player(party);
		struct sl_lock *lock = make();
		do_whole(&player, 'x');
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			watch_calls();
			assert_int_equal(acquire(lock, mode), SL_BUSY);
			assert_int_equal(call_count(CALL_NANOSLEEP), 0);
			stop_watching();
		}
		release_all(&player, 1);
		drop(lock);
		finish(&player);
	}
}

static void dead_owner_who_cannot_be_removed_is_an_error(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		put_record(name_of(GONE), "");
		watch_calls();
		refuse_call(CALL_UNLINK, 1, EROFS);
		assert_int_equal(acquire(lock, mode), SL_SYSTEM);
		stop_watching();
		assert_string_equal(failure.call, "unlink");
		assert_int_equal(failure.number, EROFS);
		assert_entries(1);
		assert_int_equal(entry_count(exclusive), 1);
	}
	assert_true(break_stale());
	assert_free();
}

static void what_is_no_directory_is_refused_and_stays(void **state)
{
	(void)state;
	enum { FILE_THERE, FIFO, LINK, DANGLING, KINDS };
	static const enum sl_result expected[] = {
		SL_UNSAFE_NO_DIRECTORY, SL_UNSAFE_NO_DIRECTORY, SL_UNSAFE_SYMLINK, SL_UNSAFE_SYMLINK};
	const char *target = path_of("target");
	struct sl_holder_list list;
	bool broken;
	assert_int_equal(mkdir(target, 0700), 0);
	for (int kind = 0; kind < KINDS; kind++) {
		struct sl_lock *lock = make();
		if (kind == FIFO)
			assert_int_equal(mkfifo(exclusive, 0600), 0);
		else if (kind == FILE_THERE)
			write_file(exclusive, "data");
		else
			assert_int_equal(symlink(kind == LINK ? target : "nowhere", exclusive), 0);
		unsigned descriptors = descriptor_count();
		struct file_state before = state_of(exclusive);
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			assert_int_equal(acquire(lock, mode), expected[kind]);
			assert_int_equal(wait_until(lock, mode, sl_clock_now() + LATE), expected[kind]);
		}
		assert_int_equal(sl_lock_holders(lock, &list, &failure), expected[kind]);
		assert_int_equal(sl_borg_lock_break_stale(lock, &broken, &failure), expected[kind]);
		assert_int_equal(sl_borg_lock_force_break(lock, "x5.1.0/h.5-0", &failure), expected[kind]);
		assert_int_equal(descriptor_count(), descriptors);
		assert_entries(1);
		assert_unchanged(exclusive, &before);
		remove_file((void *)exclusive);
		drop(lock);
	}
	assert_int_equal(entry_count(target), 0);
	assert_free();
}

static void what_lies_in_lock_exclusive_and_is_no_file_holds_it(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	char name[512];
	unsigned descriptors = descriptor_count();
	snprintf(name, sizeof name, "%s", in_exclusive(name_of(GONE)));
	for (int kind = 0; kind < 3; kind++) {
		assert_int_equal(mkdir(exclusive, 0700), 0);
		if (kind == 0)
			assert_int_equal(mkdir(name, 0700), 0);
		else if (kind == 1)
			assert_int_equal(mkfifo(name, 0600), 0);
		else
			assert_int_equal(symlink("nowhere", name), 0);
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
			assert_int_equal(acquire(lock, mode), SL_BUSY);
		assert_false(break_stale());
		assert_true(exists(name));
		assert_int_equal(remove(name), 0);
		assert_int_equal(rmdir(exclusive), 0);
	}
	assert_int_equal(descriptor_count(), descriptors);
}

/* What is prepared is moved away, and a link is in its place. */
static void swap_for_a_link(void *target)
{
	char name[512] = "", away[520];
	DIR *stream = opendir(path);
	for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
		if (sl_temporary_name_is_one(entry->d_name, "lock.exclusive"))
			snprintf(name, sizeof name, "%s", in_repository(entry->d_name));
	closedir(stream);
	snprintf(away, sizeof away, "%s.away", name);
	if (rename(name, away) != 0 || symlink(target, name) != 0)
		abort();
}

static void nothing_is_made_behind_a_link_that_somebody_puts_there(void **state)
{
	(void)state;
	const char *precious = path_of("precious");
	char command[256];
	struct stat st;
	struct sl_lock *lock = make();
	assert_int_equal(mkdir(precious, 0700), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, SOME_USER, SOME_GROUP), 0);
	sl_process_self();
	unsigned descriptors = descriptor_count();
	watch_calls();
	assert_int_equal(take(lock), SL_OK);
	unsigned first = place_of("mkdir ") + 1, last = place_of("rename ");
	assert_true(last > first + 4);
	assert_int_equal(release(lock), SL_OK);
	for (unsigned step = first; step <= last; step++) {
		watch_calls();
		before_call(CALL_ANY, step, swap_for_a_link, (void *)precious);
		if (take(lock) == SL_OK)
			release(lock);
		assert_true(rule_applied());
		stop_watching();
		assert_int_equal(entry_count(precious), 0);
		assert_int_equal(stat(precious, &st), 0);
		assert_int_equal(st.st_uid, geteuid());
		assert_int_equal(descriptor_count(), descriptors);
		snprintf(command, sizeof command, "rm -rf %s/lock.*", path);
		assert_int_equal(system(command), 0);
	}
}

/* A directory of somebody else, which has something in it. */
static void swap_for_a_full_one(void *data)
{
	char file[1024], *name = data;
	swap_for_a_link("nowhere");
	DIR *stream = opendir(path);
	for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
		if (sl_temporary_name_is_one(entry->d_name, "lock.exclusive"))
			strcpy(name, in_repository(entry->d_name));
	closedir(stream);
	if (unlink(name) != 0 || mkdir(name, 0700) != 0)
		abort();
	snprintf(file, sizeof file, "%s/data", name);
	write_file(file, "");
}

static void directory_that_is_not_ours_is_not_given_away(void **state)
{
	(void)state;
	char name[512];
	struct stat st;
	struct sl_lock *lock = make();
	need_root();
	assert_int_equal(chown(path, SOME_USER, SOME_GROUP), 0);
	sl_process_self();
	watch_calls();
	assert_int_equal(take(lock), SL_OK);
	unsigned after = place_of("mkdir ") + 1;
	assert_int_equal(release(lock), SL_OK);
	watch_calls();
	before_call(CALL_ANY, after, swap_for_a_full_one, name);
	if (take(lock) == SL_OK)
		release(lock);
	assert_true(rule_applied());
	stop_watching();
	if (!exists(name)) /* it was renamed into place */
		strcpy(name, exclusive);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_uid, geteuid());
}

/* --- What crashed processes left beside it --- */

/* A directory that was prepared, with this record in it or none. */
static const char *put_prepared(const char *middle, const char *record, const char *text)
{
	static char names[32][512];
	static unsigned next;
	char *name = names[next++ % COUNT(names)];
	snprintf(name, sizeof *names, "%s.%s.tmp", exclusive, middle);
	if (mkdir(name, 0700) != 0)
		abort();
	if (record != NULL) {
		char file[1024];
		snprintf(file, sizeof file, "%s/%s", name, record);
		write_file(file, text);
	}
	return name;
}

static void what_the_dead_have_prepared_is_collected_and_nothing_else(void **state)
{
	(void)state;
	char nonces[3][SL_NONCE_SIZE + 1];
	pid_t dead = GONE;
	struct child live = start_child(wait_for_the_end, NULL);
	for (int i = 0; i < 3; i++)
		sl_nonce_draw(nonces[i]);
	const char *const gone[] = {
		put_prepared("k3j2h1_q", name_of(dead), ""),
		put_prepared("a", name_at(OTHER_HOST, 5, 31), words_of_a_sitelock(TMPFS)),
		put_prepared("own_pid_", own_name(), ""),
		/* Of ours one that is empty: who made it would start again. */
		put_prepared(nonces[0], NULL, NULL),
		put_prepared(nonces[1], name_of(dead), ""),
	};
	const char *const stays[] = {
		/* borg would fail if it was about to put its record in. */
		put_prepared("empty_of", NULL, NULL),
		put_prepared("waits_fo", name_of(live.pid), ""),
		put_prepared("of_other", name_at(OTHER_HOST, dead, 0), ""),
		put_prepared("thread_1", name_at(HOST, dead, 1), ""),
		put_prepared("README", "README", ""),
		put_prepared(nonces[2], name_at(OTHER_HOST, 5, 31), words_of_a_sitelock(FUSE)),
	};
	static const char *const others[] = {"lock.exclusive.tmp", "lock.exclusive.x", "lock.exclusive",
		"my.lock.exclusive.x.tmp", "lock.exclusive..tmp2"};
	for (size_t i = 1; i < COUNT(others); i++)
		if (i != 2) {
			assert_int_equal(mkdir(in_repository(others[i]), 0700), 0);
			char file[600];
			snprintf(file, sizeof file, "%s/%s", in_repository(others[i]), name_of(dead));
			write_file(file, "");
		}
	unsigned descriptors = descriptor_count();
	assert_false(break_stale());
	for (size_t i = 0; i < COUNT(gone); i++)
		if (exists(gone[i]))
			fail_msg("it stays: %s", gone[i]);
	for (size_t i = 0; i < COUNT(stays); i++)
		if (!exists(stays[i]))
			fail_msg("it is gone: %s", stays[i]);
	assert_entries(COUNT(stays) + 3);
	assert_int_equal(descriptor_count(), descriptors);
	assert_int_equal(child_finish(&live), 0);
	break_stale();
	assert_false(exists(stays[1]));
}

/* And a link that is called so is not followed. */
static void what_is_no_directory_is_not_collected(void **state)
{
	(void)state;
	const char *target = path_of("target");
	char name[512], file[600], nonce[SL_NONCE_SIZE + 1];
	sl_nonce_draw(nonce);
	snprintf(name, sizeof name, "%s.%s.tmp", exclusive, nonce);
	snprintf(file, sizeof file, "%s/%s", target, name_of(GONE));
	assert_int_equal(mkdir(target, 0700), 0);
	write_file(file, "");
	assert_int_equal(symlink(target, name), 0);
	break_stale();
	assert_true(exists(name));
	assert_true(exists(file));
	remove_file(name);
	write_file(name, "");
	break_stale();
	assert_true(exists(name));
}

static void left_overs_are_collected_when_somebody_was_found_dead(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	put_debris();
	assert_entries(4);
	/* An uncontended one does not look. */
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(release(lock), SL_OK);
	assert_entries(4);
	put_record(name_of(GONE), "");
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(release(lock), SL_OK);
	assert_entries(0);
	put_debris();
	put_readers(HOST, GONE, NULL, 0);
	assert_int_equal(take(lock), SL_OK);
	assert_int_equal(release(lock), SL_OK);
	assert_entries(0);
}

/* What is just being prepared by others stays, though its flock is not there yet. */
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

static void what_is_just_being_prepared_is_not_collected(void **state)
{
	(void)state;
	struct player player = start_player(SITELOCK);
	struct sl_lock *lock = make();
	sl_process_self();
	for (unsigned step = 1;; step++) {
		struct intruder intruder = {&player, 'b', false};
		watch_calls();
		before_call(CALL_ANY, step, intrude, &intruder);
		assert_int_equal(take(lock), SL_OK);
		bool applied = rule_applied();
		stop_watching();
		assert_held(lock);
		assert_int_equal(release(lock), SL_OK);
		assert_entries(0);
		if (!applied)
			break;
	}
}

/* --- The roster --- */

static void readers_keep_a_writer_out_as_long_as_they_may_live(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	struct child child = start_child(wait_for_the_end, NULL);
	pid_t dead = GONE;
	const struct {
		const char *host;
		int64_t pid;
		bool stays;
	} readers[] = {{HOST, child.pid, true}, {HOST, 1, true}, {OTHER_HOST, dead, true},
		{HOST, 0, true}, {HOST, -1, true}, {HOST, dead + (INT64_C(1) << 32), true},
		{"", dead, true}, {HOST, dead, false}, {HOST, getpid(), false}};
	for (size_t i = 0; i < COUNT(readers); i++) {
		put_readers(readers[i].host, readers[i].pid, NULL, 0);
		struct file_state before = state_of(roster);
		assert_int_equal(take(lock), readers[i].stays ? SL_BUSY : SL_OK);
		assert_false(sl_lock_blocks_itself(lock));
		if (!readers[i].stays) {
			assert_held(lock);
			assert_int_equal(release(lock), SL_OK);
			assert_entries(0);
			continue;
		}
		assert_unchanged(roster, &before);
		assert_false(break_stale());
		assert_unchanged(roster, &before);
		assert_entries(1);
		assert_int_equal(share(lock), SL_OK);
		assert_int_equal(count_on("shared"), 2);
		assert_int_equal(release(lock), SL_OK);
		assert_int_equal(times_on("shared", readers[i].host, readers[i].pid), 1);
		assert_int_equal(count_on("shared"), 1);
	}
	put_roster("{\"shared\": [[\"" HOST "\", 99999, 5]]}");
	assert_int_equal(take(lock), SL_BUSY);
	assert_int_equal(child_finish(&child), 0);
}

static void dead_readers_go_and_the_living_stay(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	pid_t dead = GONE;
	char text[512];
	snprintf(text, sizeof text,
		"{\"shared\": [[\"%s\", %d, 0], [\"%s\", 5, 0], [\"%s\", %d, 0], [\"%s\", 1, 0]], "
		"\"exclusive\": [[\"%s\", %d, 0], [\"%s\", 6, 0]], \"more\": 1}",
		HOST, dead, OTHER_HOST, HOST, dead, HOST, HOST, dead, OTHER_HOST);
	for (int i = 0; i < 2; i++) {
		put_roster(text);
		if (i == 0) {
			assert_int_equal(share(lock), SL_OK);
			assert_int_equal(count_on("shared"), 3);
			assert_int_equal(release(lock), SL_OK);
		} else
			assert_true(break_stale());
		assert_int_equal(count_on("shared"), 2);
		assert_int_equal(times_on("shared", OTHER_HOST, 5), 1);
		assert_int_equal(times_on("shared", HOST, 1), 1);
		assert_int_equal(count_on("exclusive"), 1);
		assert_int_equal(times_on("exclusive", OTHER_HOST, 6), 1);
	}
	assert_int_equal(take(lock), SL_BUSY);
	assert_false(break_stale());
}

/* It never decides. */
static void exclusive_list_keeps_nobody_out(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		put_roster("{\"exclusive\": [[\"" OTHER_HOST "\", 5, 0], [\"" HOST "\", 1, 0]]}");
		assert_int_equal(acquire(lock, mode), SL_OK);
		assert_held(lock);
		assert_int_equal(release(lock), SL_OK);
		assert_int_equal(count_on("exclusive"), 2);
	}
}

static void entry_of_ours_that_we_do_not_hold_is_no_reader(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	put_readers(HOST, getpid(), OTHER_HOST, 5);
	assert_int_equal(take(lock), SL_BUSY);
	assert_false(sl_lock_blocks_itself(lock));
	assert_true(break_stale());
	assert_int_equal(count_on("shared"), 1);
	/* Twice there by somebody's hand: taken off together. */
	put_readers(HOST, getpid(), HOST, getpid());
	assert_int_equal(share(lock), SL_OK);
	assert_int_equal(take(other), SL_BUSY);
	assert_int_equal(release(lock), SL_OK);
	assert_entries(0);
	put_readers(HOST, getpid(), NULL, 0);
	assert_int_equal(take(lock), SL_OK);
	assert_held(lock);
}

static void roster_that_is_broken_keeps_everybody_out_and_stays(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "[]", "{\"shared\": [[\"h\", \"5\", 0]]}", "{\"sha"};
	struct sl_lock *lock = make();
	struct sl_holder_list list;
	bool broken;
	for (size_t i = 0; i < COUNT(texts); i++) {
		put_roster(texts[i]);
		struct file_state before = state_of(roster);
		unsigned descriptors = descriptor_count();
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			assert_int_equal(acquire(lock, mode), SL_ROSTER_BROKEN);
			assert_not_held(lock);
			assert_int_equal(wait_until(lock, mode, sl_clock_now() + LATE), SL_ROSTER_BROKEN);
		}
		assert_int_equal(sl_lock_holders(lock, &list, &failure), SL_ROSTER_BROKEN);
		assert_int_equal(sl_borg_lock_break_stale(lock, &broken, &failure), SL_ROSTER_BROKEN);
		assert_int_equal(force_break("s5/0/" HOST), SL_ROSTER_BROKEN);
		assert_unchanged(roster, &before);
		assert_entries(1);
		assert_int_equal(descriptor_count(), descriptors);
		/* Who has it exclusively can give it back. */
		remove_file((void *)roster);
		assert_int_equal(take(lock), SL_OK);
		put_roster(texts[i]);
		before = state_of(roster);
		assert_int_equal(check(lock), SL_OK);
		assert_int_equal(release(lock), SL_OK);
		assert_unchanged(roster, &before);
		assert_entries(1);
	}
}

/* borg truncates it and writes it: who looks without lock.exclusive may come in between. */
static void write_whole_roster(void *data)
{
	put_roster(data);
}

static void who_looks_while_borg_writes_looks_again(void **state)
{
	(void)state;
	char text[256];
	struct sl_holder_list list;
	struct sl_lock *lock = make();
	assert_int_equal(share(lock), SL_OK);
	snprintf(text, sizeof text, "{\"shared\": [[\"%s\", %d, 0]]}", HOST, getpid());
	for (int i = 0; i < 2; i++) {
		put_roster(i == 0 ? "" : "{\"shared\": [[");
		watch_calls();
		before_call(CALL_NANOSLEEP, 3, write_whole_roster, text);
		assert_int_equal(check(lock), SL_OK);
		assert_true(rule_applied());
		put_roster("");
		watch_calls();
		before_call(CALL_NANOSLEEP, 3, write_whole_roster, text);
		assert_int_equal(sl_lock_holders(lock, &list, &failure), SL_OK);
		stop_watching();
		assert_int_equal(list.count, 1);
		sl_holders_free(&list);
	}
	put_roster("");
	assert_int_equal(check(lock), SL_ROSTER_BROKEN);
	put_roster(text);
}

/* --- Losing it --- */

static void lock_whose_record_was_removed_is_lost(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	struct player player = start_player(BORG);
	for (int newcomer = 0; newcomer < 2; newcomer++) {
		unsigned descriptors = descriptor_count();
		assert_int_equal(take(lock), SL_OK);
		/* borg break-lock */
		remove_file((void *)roster);
		remove_file((void *)in_exclusive(own_name()));
		assert_int_equal(rmdir(exclusive), 0);
		assert_int_equal(check(lock), SL_TAKEN_OFF);
		assert_true(sl_lock_is_held(lock));
		if (newcomer)
			assert_int_equal(do_whole(&player, 'x'), SL_OK);
		assert_int_equal(release(lock), SL_TAKEN_OFF);
		assert_not_held(lock);
		assert_int_equal(descriptor_count(), descriptors);
		assert_one_owner(&player, 1);
		if (newcomer)
			assert_int_equal(times_on("exclusive", HOST, player.child.pid), 1);
		release_all(&player, 1);
	}
	assert_free();
}

static void record_of_the_same_name_is_not_ours(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	char own[512];
	assert_int_equal(take(lock), SL_OK);
	snprintf(own, sizeof own, "%s", in_exclusive(own_name()));
	replace_file(own);
	ino_t inode = inode_of(own);
	assert_int_equal(check(lock), SL_TAKEN_OFF);
	struct file_state before = state_of(roster);
	assert_int_equal(release(lock), SL_TAKEN_OFF);
	assert_int_equal(inode_of(own), inode);
	assert_unchanged(roster, &before);
	/* Also when that comes after the last look. */
	for (int i = 0; i < 2; i++) {
		assert_true(break_stale());
		assert_int_equal(take(lock), SL_OK);
		watch_calls();
		before_call(CALL_FSTATAT, 2 + (unsigned)i, replace_file, own);
		release(lock);
		assert_true(rule_applied());
		stop_watching();
		assert_true(exists(own));
	}
	assert_true(break_stale());
	assert_free();
}

static void move_exclusive_away(void *data)
{
	(void)data;
	char away[512];
	snprintf(away, sizeof away, "%s.away", exclusive);
	if (rename(exclusive, away) != 0)
		abort();
	put_record(own_name(), "");
}

/* A person renames what he wants to be rid of, and the next process of our pid comes. */
static void record_is_removed_where_it_is_and_not_where_it_was(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	char away[512];
	snprintf(away, sizeof away, "%s.away", exclusive);
	for (unsigned nth = 1; nth <= 2; nth++) {
		assert_int_equal(take(lock), SL_OK);
		watch_calls();
		before_call(CALL_UNLINK, nth, move_exclusive_away, NULL);
		release(lock);
		bool applied = rule_applied();
		stop_watching();
		assert_true(applied == (nth == 1) || nth == 2);
		if (applied) {
			assert_true(exists(in_exclusive(own_name())));
			remove_file((void *)in_exclusive(own_name()));
			assert_int_equal(rmdir(exclusive), 0);
			char command[600];
			snprintf(command, sizeof command, "rm -rf %s", away);
			assert_int_equal(system(command), 0);
		}
		if (exists(roster))
			remove_file((void *)roster);
	}
}

static void reader_who_was_taken_off_is_told(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	static const char *const texts[] = {NULL, "{}", "{\"shared\": []}",
		"{\"shared\": [[\"" OTHER_HOST "\", 5, 0]]}",
		"{\"shared\": [[\"" HOST "\", 1, 0]], \"more\": 1}"};
	for (size_t i = 0; i < COUNT(texts); i++)
		for (int two = 0; two < 2; two++) {
			unsigned descriptors = descriptor_count();
			assert_int_equal(share(lock), SL_OK);
			if (two)
				assert_int_equal(share(other), SL_OK);
			if (texts[i] == NULL)
				remove_file((void *)roster);
			else
				put_roster(texts[i]);
			assert_int_equal(check(lock), SL_TAKEN_OFF);
			assert_true(sl_lock_is_held(lock));
			if (two) {
				assert_int_equal(check(other), SL_TAKEN_OFF);
				release(other);
			}
			assert_int_equal(release(lock), SL_TAKEN_OFF);
			assert_not_held(lock);
			assert_int_equal(descriptor_count(), descriptors);
			if (texts[i] == NULL)
				assert_free();
			else {
				assert_file_text(roster, texts[i]);
				remove_file((void *)roster);
			}
		}
}

static void reader_who_was_taken_off_can_be_one_again(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	assert_int_equal(share(lock), SL_OK);
	remove_file((void *)roster);
	assert_int_equal(share(other), SL_OK);
	assert_held(other);
	/* He cannot know any more. */
	assert_int_equal(check(lock), SL_OK);
	assert_int_equal(release(lock), SL_OK);
	assert_held(other);
	assert_int_equal(release(other), SL_OK);
	assert_free();
}

static void lock_that_cannot_be_looked_at_is_released_all_the_same(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	assert_int_equal(take(lock), SL_OK);
	watch_calls();
	refuse_call(CALL_FSTATAT, 1, EACCES);
	refuse_call(CALL_FSTATAT, 2, EIO);
	assert_int_equal(check(lock), SL_SYSTEM);
	assert_int_equal(failure.number, EACCES);
	assert_string_equal(failure.call, "stat");
	release(lock);
	stop_watching();
	assert_not_held(lock);
	assert_free();
	assert_int_equal(share(lock), SL_OK);
	watch_calls();
	refuse_call(CALL_OPEN, 1, EACCES);
	assert_int_equal(check(lock), SL_SYSTEM);
	assert_int_equal(failure.number, EACCES);
	stop_watching();
	assert_held(lock);
}

/* --- Other users --- */

static void hold_as_user(void *data)
{
	become(SOME_USER);
	struct sl_lock *lock = make();
	expect(acquire(lock, *(enum sl_mode *)data) == SL_OK);
	say('h');
	await();
	drop(lock);
}

static void find_it_busy_as_other_user(void *data)
{
	bool shared = *(enum sl_mode *)data == SL_SHARED;
	become(OTHER_USER);
	struct sl_lock *lock = make();
	struct sl_holder_list list;
	expect(take(lock) == SL_BUSY);
	if (!shared)
		expect(share(lock) == SL_BUSY);
	expect(sl_lock_holders(lock, &list, &failure) == SL_OK);
	expect(list.count == 1);
	if (!shared) {
		expect(list.holders[0].life == SL_LIFE_UNKNOWN);
		expect(list.holders[0].record[0] == '\0');
	}
	sl_holders_free(&list);
	expect(!break_stale());
	drop(lock);
}

static void lock_of_another_user_where_all_may_write_is_busy(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(chmod(in_repository("config"), 0666), 0);
	for (enum sl_mode mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		struct child holder = start_child(hold_as_user, &mode);
		assert_int_equal(child_hear(&holder), 'h');
		in_child(find_it_busy_as_other_user, &mode);
		assert_entries(mode == SL_SHARED ? 1 : 2);
		child_tell(&holder, 'r');
		assert_int_equal(child_finish(&holder), 0);
		assert_free();
	}
}

/* --- Who has it --- */

static struct sl_holder_list list_holders(void)
{
	struct sl_holder_list list;
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	expect(sl_lock_holders(lock, &list, &failure) == SL_OK);
	expect(descriptor_count() == descriptors);
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
	assert_int_equal(holder_count(), 0);
	for (enum party party = SITELOCK; party <= BORG; party++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			struct player player = start_player(party);
			char record[SL_HOLDER_RECORD_MAX + 1];
			const char *name = name_of(player.child.pid);
			do_whole(&player, mode == SL_SHARED ? 's' : 'x');
			struct sl_holder_list list = list_holders();
			assert_int_equal(list.count, 1);
			const struct sl_holder *holder = &list.holders[0];
			assert_int_equal(holder->owner.process.pid, player.child.pid);
			assert_int_equal(holder->life, SL_ALIVE);
			assert_int_equal(holder->exclusive, mode == SL_EXCLUSIVE);
			assert_false(holder->self);
			assert_false(holder->ancestor);
			assert_false(holder->inherited);
			assert_string_equal(holder->owner.host, sl_process_self()->host);
			assert_string_equal(holder->owner.user, sl_process_self()->user);
			assert_non_null(strstr(holder->owner.command, "test_borg_lock"));
			if (mode == SL_EXCLUSIVE) {
				assert_string_equal(holder->owner.label, party == SITELOCK ? LABEL : "");
				assert_in_range(holder->owner.since.tv_sec, time(NULL) - 60, time(NULL));
				snprintf(record, sizeof record, "%s", seen_as(name));
			} else
				snprintf(record, sizeof record, "s%d/0/" HOST, player.child.pid);
			assert_string_equal(holder->record, record);
			assert_true(sl_borg_lock_is_record(holder->record));
			sl_holders_free(&list);
			do_whole(&player, 'r');
			assert_int_equal(holder_count(), 0);
			do_whole(&player, mode == SL_SHARED ? 's' : 'x');
			child_kill(&player.child);
			assert_int_equal(holder_count(), 0);
			break_stale();
		}
}

static void we_are_among_the_holders(void **state)
{
	(void)state;
	struct player player = start_player(BORG);
	struct sl_lock *lock = make();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(acquire(lock, mode), SL_OK);
		struct sl_holder_list list = list_holders();
		assert_int_equal(list.count, 1);
		assert_true(list.holders[0].self);
		assert_int_equal(list.holders[0].exclusive, mode == SL_EXCLUSIVE);
		sl_holders_free(&list);
		assert_int_equal(release(lock), SL_OK);
	}
	assert_int_equal(share(lock), SL_OK);
	do_whole(&player, 's');
	struct sl_holder_list list = list_holders();
	assert_int_equal(list.count, 2);
	assert_int_equal(list.holders[0].self + list.holders[1].self, 1);
	sl_holders_free(&list);
	/* An entry that we do not hold is not we. */
	release_all(&player, 1);
	assert_int_equal(release(lock), SL_OK);
	put_readers(HOST, getpid(), NULL, 0);
	assert_int_equal(holder_count(), 0);
}

static void unknown_holder_is_shown_as_borg_calls_him(void **state)
{
	(void)state;
	put_record(name_at(OTHER_HOST, 5, 0), "");
	write_file(in_exclusive("README"), "");
	put_readers(OTHER_HOST, 6, HOST, GONE);
	struct sl_holder_list list = list_holders();
	assert_int_equal(list.count, 3);
	for (size_t i = 0; i < list.count; i++) {
		const struct sl_holder *holder = &list.holders[i];
		assert_int_equal(holder->life, SL_LIFE_UNKNOWN);
		assert_int_equal(holder->owner.process.pid, 0);
		assert_false(holder->self);
		if (!holder->exclusive) {
			assert_string_equal(holder->owner.host, "db1");
			assert_string_equal(holder->owner.label, OTHER_HOST ".6-0");
			assert_string_equal(holder->record, "s6/0/" OTHER_HOST);
		} else if (strcmp(holder->owner.label, "README") != 0) {
			assert_string_equal(holder->owner.host, "db1");
			assert_string_equal(holder->owner.label, OTHER_HOST ".5-0");
		}
	}
	sl_holders_free(&list);
}

static void name_of_a_holder_is_harmless_to_a_terminal(void **state)
{
	(void)state;
	put_record("\x1b[2J", "");
	put_readers("db1\\u001b[2J@5", 5, NULL, 0);
	struct sl_holder_list list = list_holders();
	assert_int_equal(list.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_null(strchr(list.holders[i].owner.label, '\x1b'));
		assert_null(strchr(list.holders[i].owner.host, '\x1b'));
	}
	sl_holders_free(&list);
}

static void who_asks_for_holders_is_in_nobodys_way(void **state)
{
	(void)state;
	static const enum call calls[] = {CALL_ANY, CALL_REALLOC, CALL_READ};
	struct player player = start_player(SITELOCK);
	struct sl_lock *lock = make();
	struct sl_holder_list list;
	pretend_sleep(HURRY);
	do_whole(&player, 'x');
	ino_t inode = inode_of(in_exclusive(name_of(player.child.pid)));
	unsigned descriptors = descriptor_count();
	for (size_t i = 0; i < COUNT(calls); i++)
		for (int reader = 0; reader < 2; reader++) {
			unsigned nth = 0;
			bool applied;
			do {
				if (reader)
					put_readers(OTHER_HOST, 5, NULL, 0);
				watch_calls();
				refuse_call(calls[i], ++nth, ENOMEM);
				enum sl_result result = sl_lock_holders(lock, &list, &failure);
				applied = rule_applied();
				stop_watching();
				if (result == SL_OK) {
					assert_in_range(list.count, 1, 2);
					sl_holders_free(&list);
				} else if (result == SL_SYSTEM)
					assert_int_equal(failure.number, ENOMEM);
				else /* that it cannot be read */
					assert_int_equal(result, SL_ROSTER_BROKEN);
				assert_int_equal(descriptor_count(), descriptors);
				assert_int_equal(inode_of(in_exclusive(name_of(player.child.pid))), inode);
			} while (applied);
		}
	assert_int_equal(do_whole(&player, 'c'), SL_OK);
	assert_entries(2);
}

/* --- What persons decide --- */

static char shown[SL_HOLDER_RECORD_MAX + 1];

/* The record of the only holder. */
static void look_at_holder(void)
{
	struct sl_holder_list list = list_holders();
	expect(list.count == 1);
	strcpy(shown, list.holders[0].record);
	sl_holders_free(&list);
}

static void force_break_removes_whom_a_person_was_shown(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	pid_t dead = GONE;
	const char *const records[] = {
		name_at(OTHER_HOST, 5, 0), name_at(HOST, dead, 31), name_of(1), "README", ".hidden"};
	for (size_t i = 0; i < COUNT(records); i++) {
		put_record(records[i], "");
		look_at_holder();
		/* It was shown, and nothing changed by that. */
		assert_int_equal(take(lock), SL_BUSY);
		assert_int_equal(force_break(shown), SL_OK);
		assert_free();
	}
	put_readers(OTHER_HOST, 5, NULL, 0);
	look_at_holder();
	assert_int_equal(take(lock), SL_BUSY);
	assert_int_equal(force_break(shown), SL_OK);
	assert_free();
}

static void force_break_leaves_all_others(void **state)
{
	(void)state;
	put_record(name_at(OTHER_HOST, 5, 0), "");
	look_at_holder();
	write_file(in_exclusive(name_at(OTHER_HOST, 6, 0)), "");
	put_readers(OTHER_HOST, 5, OTHER_HOST, 6);
	struct file_state before = state_of(roster);
	assert_int_equal(force_break(shown), SL_OK);
	assert_unchanged(roster, &before);
	assert_int_equal(entry_count(exclusive), 1);
	assert_true(exists(in_exclusive(name_at(OTHER_HOST, 6, 0))));
	remove_file((void *)in_exclusive(name_at(OTHER_HOST, 6, 0)));
	assert_int_equal(force_break("s5/0/" OTHER_HOST), SL_OK);
	assert_int_equal(count_on("shared"), 1);
	assert_int_equal(times_on("shared", OTHER_HOST, 6), 1);
	/* Once more, or somebody who is not there. */
	before = state_of(roster);
	assert_int_equal(force_break("s5/0/" OTHER_HOST), SL_OK);
	assert_int_equal(force_break("s6/1/" OTHER_HOST), SL_OK);
	assert_int_equal(force_break("s6/0/" HOST), SL_OK);
	assert_unchanged(roster, &before);
}

static void newcomer_of_the_same_name_is_not_broken(void **state)
{
	(void)state;
	for (enum party party = SITELOCK; party <= BORG; party++) {
		struct player player = start_player(party);
		do_whole(&player, 'x');
		look_at_holder();
		/* So that the inode is not used again. */
		int fd = open(in_exclusive(name_of(player.child.pid)), O_RDONLY | O_CLOEXEC);
		do_whole(&player, 'r');
		do_whole(&player, 'x');
		assert_int_equal(force_break(shown), SL_OK);
		assert_one_owner(&player, 1);
		close(fd);
		do_whole(&player, 'r');
		assert_int_equal(force_break(shown), SL_OK);
		assert_free();
	}
}

static void broken_owner_who_lives_is_told(void **state)
{
	(void)state;
	struct player player = start_player(SITELOCK);
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		struct sl_lock *lock = make();
		assert_int_equal(acquire(lock, mode), SL_OK);
		look_at_holder();
		assert_int_equal(force_break(shown), SL_OK);
		assert_int_equal(do_whole(&player, 'x'), SL_OK);
		assert_int_equal(check(lock), SL_TAKEN_OFF);
		assert_int_equal(release(lock), SL_TAKEN_OFF);
		assert_one_owner(&player, 1);
		do_whole(&player, 'r');
		drop(lock);
		/* The list that never decides. */
		break_stale();
		assert_free();
	}
}

static void what_no_person_was_shown_is_not_broken(void **state)
{
	(void)state;
	static const char *const records[] = {"", "/", "x", "s", "x/", "s/", "x5", "x5/h.5-0",
		"x/h.5-0", "x5.1/h.5-0", "x5.1.0", "x5.1.0/", "x5.1.0h.5-0", "5.1.0/h.5-0", "y5.1.0/h.5-0",
		"xx5.1.0/h.5-0", "x5.1.0/h/5-0", "x5.1.0/../config", "X5.1.0/h.5-0", "s/h", "s5/h", "s5/0",
		"s5", "s5/h/0", "S5/0/h", "5/0/h", "h.5-0", "/etc/passwd", "../lock.exclusive/h.5-0"};
	put_record("h.5-0", "");
	put_readers("h", 5, NULL, 0);
	struct file_state before = state_of(roster);
	for (size_t i = 0; i < COUNT(records); i++) {
		if (sl_borg_lock_is_record(records[i]))
			fail_msg("a record: %s", records[i]);
		assert_int_equal(force_break(records[i]), SL_SYSTEM);
		assert_int_equal(failure.number, EINVAL);
	}
	/* These can be records, and are none of these. */
	struct stat st;
	char text[SL_HOLDER_RECORD_MAX + 1];
	assert_int_equal(stat(in_exclusive("h.5-0"), &st), 0);
	const struct {
		ino_t inode;
		time_t second;
		long nanosecond;
		const char *name;
	} others[] = {{st.st_ino + 1, st.st_mtim.tv_sec, st.st_mtim.tv_nsec, "h.5-0"},
		{st.st_ino, st.st_mtim.tv_sec + 1, st.st_mtim.tv_nsec, "h.5-0"},
		{st.st_ino, st.st_mtim.tv_sec, st.st_mtim.tv_nsec + 1, "h.5-0"},
		{st.st_ino, st.st_mtim.tv_sec, st.st_mtim.tv_nsec, "h.6-0"}, {0, 0, 0, "h.5-0"}};
	for (size_t i = 0; i < COUNT(others); i++) {
		snprintf(text, sizeof text, "x%ju.%jd.%ld/%s", (uintmax_t)others[i].inode,
			(intmax_t)others[i].second, others[i].nanosecond, others[i].name);
		assert_true(sl_borg_lock_is_record(text));
		assert_int_equal(force_break(text), SL_OK);
	}
	/* What lies there always is not broken either. */
	force_break(seen_as(".."));
	force_break(seen_as("."));
	assert_true(exists(in_exclusive("h.5-0")));
	assert_true(exists(in_repository("config")));
	assert_unchanged(roster, &before);
	assert_int_equal(force_break(seen_as("h.5-0")), SL_OK);
	assert_int_equal(force_break("s5/0/h"), SL_OK);
	assert_free();
}

static void break_that_may_not_be_done_is_an_error(void **state)
{
	(void)state;
	put_record(name_at(OTHER_HOST, 5, 0), "");
	look_at_holder();
	watch_calls();
	refuse_call(CALL_UNLINK, 1, EROFS);
	assert_int_equal(force_break(shown), SL_SYSTEM);
	stop_watching();
	assert_string_equal(failure.call, "unlink");
	assert_int_equal(failure.number, EROFS);
	assert_int_equal(holder_count(), 1);
	/* A reader is broken under lock.exclusive, and that is not to be had. */
	put_readers(OTHER_HOST, 5, NULL, 0);
	pretend_sleep(HURRY);
	assert_int_equal(force_break("s5/0/" OTHER_HOST), SL_SYSTEM);
	assert_int_equal(failure.number, EBUSY);
	assert_int_equal(count_on("shared"), 1);
	assert_int_equal(force_break(shown), SL_OK);
	assert_int_equal(force_break("s5/0/" OTHER_HOST), SL_OK);
	assert_free();
}

static void break_stale_removes_the_dead_and_nobody_else(void **state)
{
	(void)state;
	for (enum party party = SITELOCK; party <= BORG; party++) {
		struct player players[2] = {start_player(party), start_player(party)};
		assert_false(break_stale());
		do_whole(&players[0], 's');
		do_whole(&players[1], 's');
		put_debris();
		assert_false(break_stale());
		assert_entries(1);
		child_kill(&players[0].child);
		put_record(name_of(GONE), "");
		put_debris();
		assert_true(break_stale());
		assert_entries(1);
		assert_int_equal(count_on("shared"), 1);
		assert_one_owner(&players[1], 1);
		assert_false(break_stale());
		do_whole(&players[1], 'r');
		do_whole(&players[1], 'x');
		assert_false(break_stale());
		assert_one_owner(&players[1], 1);
		finish(&players[1]);
		assert_true(break_stale());
		assert_free();
	}
	/* By an object that has it itself. */
	struct sl_lock *lock = make();
	bool broken;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(acquire(lock, mode), SL_OK);
		assert_int_equal(sl_borg_lock_break_stale(lock, &broken, &failure), SL_OK);
		assert_false(broken);
		assert_held(lock);
		assert_int_equal(release(lock), SL_OK);
	}
}

static void break_that_fails_leaks_nothing(void **state)
{
	(void)state;
	static const int errors[] = {EIO, EMFILE, EACCES, ENOSPC, ENOENT, EINTR};
	struct sl_lock *lock = make();
	bool broken;
	unsigned descriptors = descriptor_count();
	for (size_t i = 0; i < COUNT(errors); i++)
		for (unsigned step = 1; step < STEPS_MAX; step++) {
			put_record(name_of(GONE), "");
			put_readers(HOST, GONE, OTHER_HOST, 5);
			put_debris();
			watch_calls();
			refuse_call(CALL_ANY, step, errors[i]);
			sl_borg_lock_break_stale(lock, &broken, &failure);
			bool applied = rule_applied();
			stop_watching();
			assert_int_equal(descriptor_count(), descriptors);
			assert_int_equal(times_on("shared", OTHER_HOST, 5), 1);
			clean_up();
			assert_entries(1);
			assert_int_equal(count_on("shared"), 1);
			if (!applied) {
				assert_true(step > 40);
				break;
			}
		}
}

/* --- What could not be given back --- */

static void reader_who_cannot_leave_now_is_taken_off_later(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	const char *other = name_at(OTHER_HOST, 5, 0);
	assert_int_equal(share(lock), SL_OK);
	put_record(other, "");
	unsigned descriptors = descriptor_count();
	pretend_sleep(1);
	watch_calls();
	assert_int_equal(release(lock), SL_SYSTEM);
	/* Two seconds of 5 milliseconds. */
	assert_in_range(call_count(CALL_NANOSLEEP), 200, 400);
	stop_watching();
	assert_int_equal(failure.number, EBUSY);
	assert_not_held(lock);
	assert_int_equal(descriptor_count(), descriptors - 1);
	assert_true(reads(getpid()));
	assert_entries(2);
	/* In vain. */
	watch_calls();
	sl_borg_lock_sweep();
	assert_int_equal(call_count(CALL_NANOSLEEP), 0);
	stop_watching();
	assert_true(reads(getpid()));
	assert_int_equal(entry_count(exclusive), 1);
	/* He is no reader any more, and nobody takes him for one. */
	assert_int_equal(holder_count(), 1);
	remove_file((void *)in_exclusive(other));
	sl_borg_lock_sweep();
	assert_false(exists(roster));
	assert_int_equal(rmdir(exclusive), -1);
	/* Once is enough. */
	watch_calls();
	sl_borg_lock_sweep();
	assert_int_equal(call_count(CALL_ANY), 0);
	stop_watching();
	assert_free();
}

static void leave_in_vain(struct sl_lock *lock)
{
	const char *other = name_at(OTHER_HOST, 5, 0);
	put_record(other, "");
	pretend_sleep(HURRY);
	assert_int_equal(release(lock), SL_SYSTEM);
	pretend_sleep(0);
	remove_file((void *)in_exclusive(other));
	assert_int_equal(rmdir(exclusive), 0);
	assert_true(reads(getpid()));
}

static void reader_who_could_not_leave_can_come_again(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		assert_int_equal(share(lock), SL_OK);
		leave_in_vain(lock);
		assert_int_equal(acquire(lock, mode), SL_OK);
		assert_held(lock);
		sl_borg_lock_sweep();
		assert_held(lock);
		assert_int_equal(release(lock), SL_OK);
		sl_borg_lock_sweep();
		assert_entries(0);
	}
}

static void sweep_takes_off_what_is_left_and_no_reader(void **state)
{
	(void)state;
	const char *other_path = path_of("other");
	struct sl_lock *lock = make(), *second = make();
	assert_int_equal(mkdir(other_path, 0755), 0);
	write_file(path_of("other/config"), CONFIG);
	struct sl_lock *of_other = make_for(other_path, HOST, NULL);
	assert_int_equal(share(of_other), SL_OK);
	assert_int_equal(share(second), SL_OK);
	sl_borg_lock_sweep();
	assert_held(second);
	assert_int_equal(check(of_other), SL_OK);
	assert_int_equal(release(second), SL_OK);
	assert_int_equal(share(lock), SL_OK);
	leave_in_vain(lock);
	sl_borg_lock_sweep();
	assert_entries(0);
	assert_int_equal(check(of_other), SL_OK);
	assert_int_equal(release(of_other), SL_OK);
	assert_int_equal(entry_count(other_path), 1);
}

static void sweep_in_child(void *data)
{
	(void)data;
	watch_calls();
	sl_borg_lock_sweep();
	expect(call_count(CALL_ANY) == 0);
	stop_watching();
}

static void forked_child_sweeps_nothing_of_its_parent(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	assert_int_equal(share(lock), SL_OK);
	leave_in_vain(lock);
	in_child(sweep_in_child, NULL);
	in_cloned_child(sweep_in_child, NULL);
	assert_true(reads(getpid()));
	sl_borg_lock_sweep();
	assert_free();
}

static void sweep_passes_over_what_it_cannot_take_off(void **state)
{
	(void)state;
	char paths[3][64], config[80];
	struct sl_lock *locks[3];
	for (int i = 0; i < 3; i++) {
		snprintf(paths[i], sizeof paths[i], "%s%d", path, i);
		snprintf(config, sizeof config, "%s/config", paths[i]);
		assert_int_equal(mkdir(paths[i], 0755), 0);
		write_file(config, CONFIG);
		locks[i] = make_for(paths[i], HOST, NULL);
		assert_int_equal(share(locks[i]), SL_OK);
	}
	pretend_sleep(HURRY);
	for (int i = 0; i < 3; i++) {
		char file[128];
		snprintf(file, sizeof file, "%s/lock.exclusive", paths[i]);
		assert_int_equal(mkdir(file, 0700), 0);
		snprintf(file, sizeof file, "%s/lock.exclusive/README", paths[i]);
		write_file(file, "");
		assert_int_equal(release(locks[i]), SL_SYSTEM);
		if (i != 1)
			remove_file(file);
	}
	sl_borg_lock_sweep();
	for (int i = 0; i < 3; i++)
		assert_int_equal(entry_count(paths[i]), i == 1 ? 3 : 1);
	char file[128];
	snprintf(file, sizeof file, "%s/lock.exclusive/README", paths[1]);
	remove_file(file);
	sl_borg_lock_sweep();
	assert_int_equal(entry_count(paths[1]), 1);
}

static void reader_whose_roster_cannot_be_written_is_taken_off_later(void **state)
{
	(void)state;
	static const enum call calls[] = {CALL_MKDIR, CALL_RENAME, CALL_UNLINK};
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct sl_lock *lock = make();
		assert_int_equal(share(lock), SL_OK);
		unsigned descriptors = descriptor_count();
		watch_calls();
		refuse_call(calls[i], 1, EIO);
		assert_int_not_equal(release(lock), SL_OK);
		stop_watching();
		assert_not_held(lock);
		assert_int_equal(descriptor_count(), descriptors - 1);
		assert_true(reads(getpid()));
		assert_entries(1);
		sl_borg_lock_sweep();
		drop(lock);
		assert_free();
	}
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
	{'S', 'x'}, {'S', 's'}, {'x', 'S'}, {'s', 'S'}, {'S', 'S'}, {'R', 'b'}, {'b', 'R'}, {'b', 'b'},
	{'S', 'b'}, {'b', 'S'}};

static const enum party parties[][2] = {{SITELOCK, SITELOCK}, {SITELOCK, BORG}, {BORG, SITELOCK}};

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

static bool can_meet(const struct meeting *meeting, const enum party *who)
{
	/* Of two who begin with a lock both have a shared one. borg has no word for b. */
	return !(meeting->first == 'b' && who[0] == BORG) &&
		   !(meeting->second == 'b' && who[1] == BORG);
}

/* False: there are no such steps. */
static bool meet(const struct meeting *meeting, struct player *players, unsigned first,
	unsigned second, bool debris)
{
	char one = word_for(meeting->first), two = word_for(meeting->second);
	begin(&players[0], meeting->first);
	begin(&players[1], meeting->second);
	if (debris) {
		if (!exists(exclusive))
			put_record(name_of(GONE), "");
		put_debris();
	}
	bool stopped = tell_to(&players[0], one, first) == STOPPED;
	bool second_stopped = tell_to(&players[1], two, second) == STOPPED;
	if (stopped)
		go_on(&players[0], one);
	if (second_stopped)
		go_on(&players[1], two);
	assert_one_owner(players, 2);
	release_all(players, 2);
	if (debris || exists(exclusive))
		break_stale();
	if (lock_entries() != 0)
		fail_msg("%c before %u, %c before %u: something is left", meeting->first, first,
			meeting->second, second);
	return second == 0 ? stopped : second_stopped;
}

static void at_each_step_another_one_may_come(void **state)
{
	(void)state;
	for (size_t who = 0; who < COUNT(parties); who++) {
		struct player players[2] = {start_player(parties[who][0]), start_player(parties[who][1])};
		for (size_t i = 0; i < COUNT(meetings); i++)
			for (int debris = 0; debris < 2; debris++) {
				unsigned step = 1;
				if (!can_meet(&meetings[i], parties[who]))
					continue;
				while (meet(&meetings[i], players, step, 0, debris))
					step++;
				assert_in_range(step, 8, STEPS_MAX);
			}
		finish(&players[0]);
		finish(&players[1]);
	}
	assert_free();
}

/* Before it a sitelock that wants it has only looked at what is always there. */
static unsigned first_step(enum party party, char what)
{
	return party == SITELOCK && (what == 'x' || what == 's') ? 8 : 1;
}

/* Of those who want it, or want to be rid of it; what comes later is tried again and again. */
static void at_each_two_steps_of_both_they_may_meet(void **state)
{
	(void)state;
	const unsigned last = 50;
	for (size_t who = 0; who < COUNT(parties); who++) {
		struct player players[2] = {start_player(parties[who][0]), start_player(parties[who][1])};
		for (size_t i = 0; i < COUNT(meetings); i++) {
			char one = meetings[i].first, two = meetings[i].second;
			if (one == 'b' || two == 'b')
				continue;
			unsigned met = 0, first = first_step(parties[who][0], one);
			while (meet(&meetings[i], players, first, 0, false) && first < last) {
				unsigned second = first_step(parties[who][1], two);
				while (second < last && meet(&meetings[i], players, first, second, false)) {
					second++;
					met++;
				}
				first++;
			}
			assert_true(met > 50);
		}
		finish(&players[0]);
		finish(&players[1]);
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

/* One step of one of them. `doing` is what they are in the middle of, or NUL. */
static void step_by_chance(struct player *player, char *doing)
{
	char answer;
	if (*doing != '\0')
		answer = go_on(player, *doing);
	else {
		*doing = player->holds ? 'r' : "xxxssswb"[chance(player->party == BORG ? 7 : 8)];
		answer = tell_to(player, *doing, EVERY_STEP);
	}
	if (answer != STOPPED)
		*doing = '\0';
}

/* Where it was stopped; another one comes in its place. A borg may take the roster with it. */
static void perish_by_chance(struct player *player, char *doing)
{
	if (player->party == BORG || chance(60) > 0)
		return;
	if (*doing != '\0')
		die(player);
	else
		child_kill(&player->child);
	*player = start_player(SITELOCK);
	*doing = '\0';
}

static void step_together(enum party *who, bool perish)
{
	struct player players[3] = {start_player(who[0]), start_player(who[1]), start_player(who[2])};
	for (int round = 0; round < ROUNDS; round++) {
		char doing[3] = "";
		unsigned turn = 0;
		for (int step = 0; step < 200; step++) {
			/* Mostly the same one as before. */
			turn = chance(4) == 0 ? chance(3) : turn;
			step_by_chance(&players[turn], &doing[turn]);
			if (perish)
				perish_by_chance(&players[turn], &doing[turn]);
			assert_compatible(players, 3);
		}
		for (int i = 0; i < 3; i++)
			while (doing[i] != '\0')
				step_by_chance(&players[i], &doing[i]);
		assert_one_owner(players, 3);
		release_all(players, 3);
		release_all(players, 3);
		break_stale();
		assert_entries(0);
	}
	for (int i = 0; i < 3; i++)
		finish(&players[i]);
}

static void in_whatever_order_three_make_their_steps_there_is_one_owner(void **state)
{
	(void)state;
	for (int borgs = 0; borgs <= 2; borgs++) {
		enum party who[] = {SITELOCK, borgs > 1 ? BORG : SITELOCK, borgs > 0 ? BORG : SITELOCK};
		step_together(who, false);
	}
	assert_free();
}

static void in_whatever_order_three_make_their_steps_and_die_there_is_one_owner(void **state)
{
	(void)state;
	for (int borgs = 0; borgs <= 1; borgs++) {
		enum party who[] = {SITELOCK, SITELOCK, borgs > 0 ? BORG : SITELOCK};
		step_together(who, true);
	}
	assert_free();
}

static void whoever_is_killed_at_any_step_leaves_a_lock_that_others_get(void **state)
{
	(void)state;
	enum { ALONE, WITH_DEBRIS, BESIDE_ONE };
	static const struct {
		char what;
		int scene;
	} deaths[] = {{'x', ALONE}, {'s', ALONE}, {'R', ALONE}, {'S', ALONE}, {'x', WITH_DEBRIS},
		{'s', WITH_DEBRIS}, {'b', WITH_DEBRIS}, {'x', BESIDE_ONE}, {'s', BESIDE_ONE},
		{'S', BESIDE_ONE}};
	struct player others[2] = {start_player(SITELOCK), start_player(BORG)};
	for (size_t i = 0; i < COUNT(deaths); i++) {
		bool stopped = true;
		for (unsigned step = 1; stopped; step++) {
			struct player player = start_player(SITELOCK);
			struct player *other = &others[step % 2];
			if (deaths[i].scene == BESIDE_ONE)
				do_whole(other, 's');
			begin(&player, deaths[i].what);
			if (deaths[i].scene == WITH_DEBRIS) {
				put_record(name_of(GONE), "");
				put_readers(HOST, GONE, NULL, 0);
				put_debris();
			}
			stopped = tell_to(&player, word_for(deaths[i].what), step) == STOPPED;
			if (stopped)
				die(&player);
			else {
				release_all(&player, 1);
				finish(&player);
			}
			/* Who reads is not forgotten, and keeps writers out. */
			assert_one_owner(other, 1);
			struct sl_lock *lock = make();
			if (other->holds) {
				assert_int_equal(take(lock), SL_BUSY);
				assert_true(reads(other->child.pid));
			}
			release_all(other, 1);
			if (step % 4 < 2)
				assert_int_equal(do_whole(other, step % 8 < 4 ? 's' : 'x'), SL_OK);
			else {
				assert_int_equal(acquire(lock, step % 8 < 4 ? SL_SHARED : SL_EXCLUSIVE), SL_OK);
				assert_held(lock);
			}
			drop(lock);
			release_all(other, 1);
			clean_up();
			assert_entries(0);
		}
	}
	assert_free();
}

/* borg truncates the roster before it writes it: then only a person knows who reads. */
static void borg_that_is_killed_at_any_step_leaves_no_second_owner(void **state)
{
	(void)state;
	static const char whats[] = {'x', 's', 'R', 'S'};
	struct player reader = start_player(SITELOCK);
	unsigned broken = 0;
	for (size_t i = 0; i < COUNT(whats); i++)
		for (int beside = 0; beside < 2; beside++) {
			bool stopped = true;
			for (unsigned step = 1; stopped; step++) {
				struct player player = start_player(BORG);
				struct sl_lock *lock = make();
				if (beside && whats[i] != 'R')
					do_whole(&reader, 's');
				begin(&player, whats[i]);
				stopped = tell_to(&player, word_for(whats[i]), step) == STOPPED;
				if (stopped)
					die(&player);
				else {
					release_all(&player, 1);
					finish(&player);
				}
				enum sl_result result = take(lock);
				struct stat st;
				bool empty = stat(roster, &st) == 0 && st.st_size == 0;
				broken += empty;
				assert_int_equal(result, empty ? SL_ROSTER_BROKEN : reader.holds ? SL_BUSY : SL_OK);
				drop(lock);
				if (empty) /* the person */
					remove_file((void *)roster);
				else
					release_all(&reader, 1);
				if (reader.holds) {
					child_tell(&reader.child, 'r');
					child_tell(&reader.child, 0);
					assert_int_equal(child_hear(&reader.child), SL_TAKEN_OFF);
					reader.holds = false;
				}
				clean_up();
				assert_entries(0);
			}
		}
	assert_true(broken >= 5);
	assert_free();
}

/* --- What the guards are for: the same without them --- */

/* borg's test, "is there a file of my name", in two pid namespaces: both are pid 5 there. */
static void control_with_borgs_test_two_of_one_name_are_owners(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	assert_int_equal(take(lock), SL_OK);
	assert_true(borg_by_me());
	/* Another one is called so now, and it still answers yes; ours does not. */
	remove_file((void *)in_exclusive(own_name()));
	put_record(own_name(), "");
	assert_true(borg_by_me());
	assert_int_equal(check(lock), SL_TAKEN_OFF);
}

/* Who has judged a dead owner and is slow removes no newcomer of the same name. */
static void let_the_next_of_this_name_come(void *data)
{
	const char *name = data;
	char record[1024];
	snprintf(record, sizeof record, "%s.next/%s", exclusive, name);
	*strrchr(record, '/') = '\0';
	if (mkdir(record, 0700) != 0)
		abort();
	record[strlen(record)] = '/';
	write_file(record, "");
	/* Somebody else has removed the dead one, and it is renamed into place as by borg. */
	remove_file((void *)in_exclusive(name));
	*strrchr(record, '/') = '\0';
	if (rename(record, exclusive) != 0)
		abort();
}

static void newcomer_of_the_same_name_is_not_taken_for_the_dead_one(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	char name[NAME_MAX + 1];
	/* Of a thread, so that nobody but its flock could prove it dead. */
	snprintf(name, sizeof name, "%s", name_at(HOST, 5, 31));
	for (int breaker = 0; breaker < 2; breaker++) {
		put_record(name, words_of_a_sitelock(TMPFS));
		watch_calls();
		before_call(CALL_UNLINK, 1, let_the_next_of_this_name_come, name);
		if (breaker)
			break_stale();
		else
			assert_int_equal(take(lock), SL_BUSY);
		assert_true(rule_applied());
		stop_watching();
		assert_true(exists(in_exclusive(name)));
		remove_file((void *)in_exclusive(name));
		assert_int_equal(rmdir(exclusive), 0);
	}
	assert_free();
}

/* --- Calls that fail --- */

static const int errors[] = {
	EINTR, EIO, ENOSPC, EMFILE, ENOMEM, EACCES, EROFS, ESTALE, ETIMEDOUT, ENOENT};

enum scene { FREE, DEAD, BESIDE, BUSY, SCENES };

/* What an acquire finds there. */
static void set_scene(enum scene scene, struct player *other)
{
	if (scene == DEAD) {
		put_record(name_of(GONE), "");
		put_readers(HOST, GONE, NULL, 0);
		put_debris();
	} else if (scene != FREE)
		assert_int_equal(do_whole(other, scene == BESIDE ? 's' : 'x'), SL_OK);
}

static bool can_be_had(enum scene scene, enum sl_mode mode)
{
	return scene != BUSY && (scene != BESIDE || mode == SL_SHARED);
}

/* Is this call of the trace one of those that remove? */
static bool is_removal(unsigned step)
{
	const char *trace = call_trace();
	while (--step > 0)
		trace = strchr(trace, ' ') + 1;
	return strncmp(trace, "unlink ", 7) == 0 || strncmp(trace, "rmdir ", 6) == 0;
}

/* Whatever fails or is said to fail: held or not, and what is left nobody has to remove by hand. */
static bool acquire_survives(enum scene scene, enum sl_mode mode, struct player *other,
	enum call call, unsigned step, int number, bool lost)
{
	struct sl_lock *lock = make();
	set_scene(scene, other);
	unsigned descriptors = descriptor_count();
	sl_process_self();
	pretend_sleep(HURRY);
	watch_calls();
	(lost ? lose_answer : refuse_call)(call, step, number);
	enum sl_result result = acquire(lock, mode);
	bool applied = rule_applied();
	stop_watching();
	if (result == SL_OK && !can_be_had(scene, mode))
		fail_msg("scene %d, mode %d, call %u, error %d: %s", (int)scene, (int)mode, step, number,
			call_trace());
	if (result == SL_OK) {
		assert_int_equal(check(lock), SL_OK);
	} else if (result == SL_SYSTEM) {
		assert_true(applied);
		/* Of a repository that has gone. */
		assert_int_equal(
			failure.number, number == ESTALE && failure.number == ENOENT ? ENOENT : number);
	} else if (result == SL_NO_REPOSITORY)
		assert_int_equal(number, ENOENT);
	else if (result == SL_ROSTER_BROKEN) /* that it could not be read */
		assert_non_null(strstr(call_trace(), "read "));
	else
		assert_int_equal(result, SL_BUSY);
	if (!applied)
		assert_int_equal(result, can_be_had(scene, mode) ? SL_OK : SL_BUSY);
	/* Only what could not be removed is left, and is so to the next one. */
	bool removal = call == CALL_ANY && applied && is_removal(step);
	if (result != SL_OK && scene == FREE && !lost && !removal)
		assert_entries(0);
	if (result == SL_OK) {
		assert_int_equal(check(lock), SL_OK);
		assert_int_equal(release(lock), SL_OK);
	}
	assert_not_held(lock);
	assert_int_equal(descriptor_count(), descriptors);
	/* At the end of a request. */
	sl_borg_lock_sweep();
	pretend_sleep(0);
	assert_one_owner(other, 1);
	if (scene == BESIDE)
		assert_true(reads(other->child.pid));
	release_all(other, 1);
	/* We live on. */
	if (!lost)
		assert_false(reads(getpid()));
	struct sl_lock *next = make();
	assert_int_equal(take(next), SL_OK);
	assert_held(next);
	drop(next);
	assert_int_equal(do_whole(other, 'x'), SL_OK);
	release_all(other, 1);
	clean_up();
	assert_free();
	drop(lock);
	return applied;
}

static void acquire_survives_the_failure_of_every_call(void **state)
{
	(void)state;
	struct player other = start_player(SITELOCK);
	for (enum scene scene = FREE; scene < SCENES; scene++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
			for (size_t i = 0; i < COUNT(errors); i++) {
				unsigned step = 1;
				/* That there is no roster can be said by nothing else. */
				if (scene == BESIDE && errors[i] == ENOENT)
					continue;
				while (acquire_survives(scene, mode, &other, CALL_ANY, step, errors[i], false))
					step++;
				assert_in_range(step, 20, STEPS_MAX);
				step = 1;
				while (acquire_survives(scene, mode, &other, CALL_READ, step, errors[i], false))
					step++;
				assert_in_range(step, 2, 10);
			}
}

/* A server has done it, and failed to say so. Calls that change nothing are refused. */
static void acquire_survives_the_loss_of_every_answer(void **state)
{
	(void)state;
	static const enum call calls[] = {
		CALL_MKDIR, CALL_RENAME, CALL_UNLINK, CALL_RMDIR, CALL_FCHOWN, CALL_FDATASYNC};
	struct player other = start_player(SITELOCK);
	for (enum scene scene = FREE; scene < SCENES; scene++)
		for (size_t call = 0; call < COUNT(calls); call++)
			for (size_t i = 0; i < COUNT(errors); i++) {
				unsigned step = 1;
				while (acquire_survives(
					scene, SL_EXCLUSIVE, &other, calls[call], step, errors[i], true))
					step++;
			}
}

static void rename_that_was_done_counts_though_its_answer_was_lost(void **state)
{
	(void)state;
	static const int doubts[] = {ENOENT, EIO, ESTALE, ETIMEDOUT};
	for (size_t i = 0; i < COUNT(doubts); i++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			struct sl_lock *lock = make();
			watch_calls();
			lose_answer(CALL_RENAME, 1, doubts[i]);
			assert_int_equal(acquire(lock, mode), SL_OK);
			assert_true(rule_applied());
			stop_watching();
			assert_held(lock);
			assert_int_equal(release(lock), SL_OK);
			assert_free();
			drop(lock);
		}
}

static void rename_that_was_not_done_is_no_lock(void **state)
{
	(void)state;
	static const int doubts[] = {EIO, ESTALE, ETIMEDOUT, EBUSY, EXDEV};
	struct player other = start_player(BORG);
	struct sl_lock *lock = make();
	for (int held = 0; held < 2; held++)
		for (size_t i = 0; i < COUNT(doubts); i++) {
			if (held)
				do_whole(&other, 'x');
			unsigned entries = lock_entries();
			watch_calls();
			refuse_call(CALL_RENAME, 1, doubts[i]);
			assert_int_equal(take(lock), SL_SYSTEM);
			stop_watching();
			assert_string_equal(failure.call, "rename");
			assert_int_equal(failure.number, doubts[i]);
			assert_entries(entries);
			assert_one_owner(&other, 1);
			release_all(&other, 1);
		}
	/* ENOENT: what was prepared is no longer there. */
	watch_calls();
	refuse_call(CALL_RENAME, 1, ENOENT);
	assert_int_equal(take(lock), SL_OK);
	stop_watching();
	assert_held(lock);
	assert_entries(2);
}

static bool release_survives(
	enum sl_mode mode, struct player *other, unsigned step, int number, bool lost)
{
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	assert_int_equal(acquire(lock, mode), SL_OK);
	pretend_sleep(HURRY);
	watch_calls();
	(lost ? lose_answer : refuse_call)(CALL_ANY, step, number);
	release(lock);
	bool applied = rule_applied();
	stop_watching();
	assert_not_held(lock);
	assert_int_equal(descriptor_count(), descriptors);
	sl_borg_lock_sweep();
	pretend_sleep(0);
	if (reads(getpid()))
		fail_msg(
			"mode %d, call %u, error %d, lost %d: %s", (int)mode, step, number, lost, call_trace());
	assert_int_equal(do_whole(other, 'x'), SL_OK);
	release_all(other, 1);
	assert_int_equal(take(lock), SL_OK);
	assert_held(lock);
	drop(lock);
	break_stale();
	assert_free();
	return applied;
}

static void release_survives_the_failure_of_every_call(void **state)
{
	(void)state;
	struct player other = start_player(SITELOCK);
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		for (int lost = 0; lost < 2; lost++)
			for (size_t i = 0; i < COUNT(errors); i++) {
				unsigned step = 1;
				/* That there is no roster can be said by nothing else. */
				if (mode == SL_SHARED && errors[i] == ENOENT)
					continue;
				while (release_survives(mode, &other, step, errors[i], lost))
					step++;
				assert_in_range(step, 12, STEPS_MAX);
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

static void hold_the_record(void *data)
{
	char name[512] = "", file[1024];
	DIR *stream = opendir(path);
	for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
		if (sl_temporary_name_is_one(entry->d_name, "lock.exclusive"))
			snprintf(name, sizeof name, "%s", in_repository(entry->d_name));
	closedir(stream);
	snprintf(file, sizeof file, "%s/%s", name, own_name());
	*(int *)data = take_flock(file, LOCK_SH);
}

static void remove_what_is_prepared(void *data)
{
	char command[256];
	(void)data;
	snprintf(command, sizeof command, "rm -rf %s/lock.exclusive.*.tmp", path);
	if (system(command) != 0)
		abort();
}

/* Who collects at that moment has looked at it, or taken it away. */
static void what_a_collector_took_is_prepared_anew(void **state)
{
	(void)state;
	static const enum call calls[] = {CALL_FLOCK, CALL_RENAME};
	sl_process_self();
	for (size_t i = 0; i < COUNT(calls); i++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
			struct sl_lock *lock = make();
			int held = -1;
			unsigned descriptors = descriptor_count();
			watch_calls();
			before_call(calls[i], 1, i == 0 ? hold_the_record : remove_what_is_prepared, &held);
			assert_int_equal(acquire(lock, mode), SL_OK);
			assert_int_equal(call_count(CALL_MKDIR), 2);
			stop_watching();
			if (held >= 0)
				close(held);
			assert_held(lock);
			assert_int_equal(release(lock), SL_OK);
			assert_int_equal(descriptor_count(), descriptors);
			assert_free();
			drop(lock);
		}
}

static void what_others_always_take_ends_as_busy(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	unsigned descriptors = descriptor_count();
	static const int numbers[] = {EWOULDBLOCK, ENOENT, ENOTEMPTY};
	for (int i = 0; i < 3; i++) {
		watch_calls();
		refuse_calls_from(i == 0 ? CALL_FLOCK : CALL_RENAME, 1, numbers[i]);
		assert_int_equal(take(lock), SL_BUSY);
		assert_int_equal(call_count(i == 2 ? CALL_RENAME : CALL_MKDIR) % 100, 0);
		stop_watching();
		assert_not_held(lock);
		assert_int_equal(descriptor_count(), descriptors);
		assert_free();
	}
}

static void who_may_write_nothing_gets_nothing(void *data)
{
	(void)data;
	become(SOME_USER);
	struct sl_lock *lock = make();
	bool broken;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		expect(acquire(lock, mode) == SL_SYSTEM);
		expect(failure.number == EACCES);
		expect(strcmp(failure.call, "mkdir") == 0);
	}
	expect(sl_borg_lock_break_stale(lock, &broken, &failure) == SL_SYSTEM);
	expect(lock_entries() == 0);
	drop(lock);
}

static void repository_that_may_not_be_written_is_an_error(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(chmod(in_repository("config"), 0644), 0);
	in_child(who_may_write_nothing_gets_nothing, NULL);
}

/* --- Without memory --- */

static void lock_is_not_made_without_memory(void **state)
{
	(void)state;
	struct sl_lock_options options = {.path = path, .label = LABEL, .command = COMMAND};
	static const enum call calls[] = {CALL_CALLOC, CALL_STRDUP, CALL_STRDUP};
	static const unsigned nth[] = {1, 1, 2};
	for (size_t i = 0; i < COUNT(calls); i++) {
		watch_calls();
		refuse_call(calls[i], nth[i], ENOMEM);
		assert_null(sl_borg_lock_new(&options, HOST));
		assert_int_equal(errno, ENOMEM);
		assert_true(rule_applied());
		stop_watching();
	}
}

/*
 * The library reads beyond its buffers when it gets no memory for a string of 16 bytes (2.14), so
 * here all are shorter.
 */
#define SHORT_HOST  "h@1"
#define SHORT_OTHER "o@2"

/* Neither lock.exclusive nor the roster tells of it, and the others are still there. */
static void assert_nothing_happened(struct sl_lock *lock, struct sl_lock *reader, unsigned others)
{
	unsigned ours = sl_lock_is_held(reader);
	assert_not_held(lock);
	assert_int_equal(count_on("shared"), others + ours);
	assert_int_equal(times_on("shared", SHORT_OTHER, 5), others);
	assert_int_equal(times_on("shared", SHORT_HOST, getpid()), ours);
	assert_false(exists(exclusive));
}

static void nothing_is_had_without_memory(void **state)
{
	(void)state;
	static const enum call calls[] = {CALL_CALLOC, CALL_STRDUP, CALL_MALLOC, CALL_REALLOC};
	struct sl_lock *lock = make_for(path, SHORT_HOST, NULL);
	struct sl_lock *reader = make_for(path, SHORT_HOST, NULL);
	for (unsigned others = 0; others < 2; others++) {
		if (others)
			put_readers(SHORT_OTHER, 5, NULL, 0);
		unsigned descriptors = descriptor_count();
		/* The core's. */
		for (size_t i = 0; i < COUNT(calls); i++)
			for (unsigned nth = 1;; nth++) {
				watch_calls();
				refuse_call(calls[i], nth, ENOMEM);
				enum sl_result result = share(lock);
				bool applied = rule_applied();
				stop_watching();
				assert_int_equal(result, applied ? SL_SYSTEM : SL_OK);
				if (!applied) {
					assert_int_equal(release(lock), SL_OK);
					break;
				}
				assert_int_equal(failure.number, ENOMEM);
				assert_nothing_happened(lock, reader, others);
			}
		assert_int_equal(descriptor_count(), descriptors);
		/* Those of the JSON library, also beside a reader of ours. */
		for (unsigned beside = 0; beside < 2; beside++) {
			unsigned failed = 0;
			if (beside)
				assert_int_equal(share(reader), SL_OK);
			descriptors = descriptor_count();
			for (unsigned nth = 1; nth < 60; nth++)
				for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
					count_json_allocations(nth);
					enum sl_result result = acquire(lock, mode);
					bool applied = json_allocations() >= nth;
					forget_json_allocations();
					failed += result != SL_OK && result != SL_BUSY;
					if (result == SL_OK) {
						assert_int_equal(check(lock), SL_OK);
						assert_int_equal(release(lock), SL_OK);
						assert_true(mode == SL_SHARED || others + beside == 0);
					}
					if (!applied)
						assert_int_equal(
							result, mode == SL_SHARED || others + beside == 0 ? SL_OK : SL_BUSY);
					assert_nothing_happened(lock, reader, others);
					assert_int_equal(descriptor_count(), descriptors);
				}
			assert_true(failed > 10);
		}
		assert_int_equal(release(reader), SL_OK);
	}
}

static void release_without_memory_is_made_up_for(void **state)
{
	(void)state;
	struct player other = start_player(SITELOCK);
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		for (unsigned nth = 1; nth < 60; nth++) {
			struct sl_lock *lock = make_for(path, SHORT_HOST, NULL);
			unsigned descriptors = descriptor_count();
			put_roster("{\"more\": 1}");
			assert_int_equal(acquire(lock, mode), SL_OK);
			descriptors = descriptor_count();
			count_json_allocations(nth);
			release(lock);
			forget_json_allocations();
			assert_not_held(lock);
			assert_int_equal(descriptor_count(), descriptors - (mode == SL_SHARED ? 1 : 2));
			sl_borg_lock_sweep();
			assert_int_equal(count_on("shared"), 0);
			assert_int_equal(do_whole(&other, 'x'), SL_OK);
			release_all(&other, 1);
			assert_entries(1);
			drop(lock);
		}
}

static void holders_without_memory_are_an_error(void **state)
{
	(void)state;
	struct sl_lock *lock = make_for(path, SHORT_HOST, NULL);
	struct sl_holder_list list;
	unsigned failed = 0;
	put_record(name_at(SHORT_OTHER, 5, 0), "");
	put_readers(SHORT_OTHER, 5, SHORT_OTHER, 6);
	unsigned descriptors = descriptor_count();
	for (unsigned nth = 1; nth < 60; nth++) {
		count_json_allocations(nth);
		enum sl_result result = sl_lock_holders(lock, &list, &failure);
		forget_json_allocations();
		if (result == SL_OK) {
			assert_int_equal(list.count, 3);
			sl_holders_free(&list);
		}
		assert_true(result == SL_OK || (result == SL_SYSTEM && failure.number == ENOMEM));
		failed += result != SL_OK;
		assert_int_equal(descriptor_count(), descriptors);
	}
	assert_in_range(failed, 1, 58);
	for (unsigned nth = 1; nth <= 3; nth++) {
		watch_calls();
		refuse_call(CALL_REALLOC, nth, ENOMEM);
		assert_int_equal(sl_lock_holders(lock, &list, &failure), SL_SYSTEM);
		stop_watching();
		assert_int_equal(failure.number, ENOMEM);
		assert_int_equal(list.count, 0);
		assert_int_equal(descriptor_count(), descriptors);
	}
}

/* --- Where it is not local --- */

static void where_it_is_not_local_the_record_is_closed_before_it_is_removed(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	pretend_kind(NFS);
	assert_int_equal(take(lock), SL_OK);
	assert_held(lock);
	watch_calls();
	assert_int_equal(release(lock), SL_OK);
	assert_non_null(strstr(call_trace(), "flock(LOCK_UN) close fstatat unlink rmdir "));
	stop_watching();
	pretend_kind(0);
	/* Where it is, nobody finds it there without its flock. */
	assert_int_equal(take(lock), SL_OK);
	watch_calls();
	assert_int_equal(release(lock), SL_OK);
	assert_non_null(strstr(call_trace(), "fstatat unlink rmdir flock(LOCK_UN) close "));
	stop_watching();
	assert_free();
}

/* Between the unlock and the unlink he is dead to whoever comes. */
static void newcomer_in_the_middle_of_such_a_release_is_not_harmed(void **state)
{
	(void)state;
	for (unsigned step = 1;; step++) {
		pretend_kind(NFS);
		struct player player = start_player(SITELOCK);
		struct intruder intruder = {&player, 'x', false};
		struct sl_lock *lock = make();
		assert_int_equal(take(lock), SL_OK);
		watch_calls();
		before_call(CALL_ANY, step, intrude, &intruder);
		assert_int_equal(release(lock), SL_OK);
		bool applied = rule_applied();
		stop_watching();
		assert_one_owner(&player, 1);
		release_all(&player, 1);
		finish(&player);
		drop(lock);
		pretend_kind(0);
		assert_free();
		if (!applied)
			break;
	}
}

/* --- Fork --- */

static void find_it_not_held(void *lock)
{
	expect(!sl_lock_is_held(lock));
	expect(check(lock) == SL_NOT_HELD);
	if (exists(exclusive))
		expect(!has_descriptor_of(in_exclusive(name_of(getppid()))));
}

static void release_in_child(void *lock)
{
	expect(release(lock) == SL_OK);
	expect(!sl_lock_is_held(lock));
	sl_borg_lock_sweep();
}

static void free_in_child(void *lock)
{
	drop(lock);
}

static void give_up_in_child(void *lock)
{
	sl_lock_give_up(lock);
}

static void confirm_in_child(void *lock)
{
	expect(sl_lock_confirm(lock, &failure) == SL_NOT_HELD);
	expect(!sl_lock_is_held(lock));
}

static void acquire_in_child(void *lock)
{
	expect(take(lock) == SL_BUSY);
	expect(!sl_lock_is_held(lock));
}

static void break_in_child(void *lock)
{
	bool broken;
	expect(sl_borg_lock_break_stale(lock, &broken, &failure) == SL_OK);
	expect(!broken);
}

/* Beside its parent, and without taking him with it. */
static void share_in_child(void *lock)
{
	if (sl_lock_mode(lock) == SL_EXCLUSIVE)
		return;
	expect(share(lock) == SL_OK);
	expect(count_on("shared") == 2);
	expect(release(lock) == SL_OK);
	expect(reads(getppid()));
}

static void exit_in_child(void *lock)
{
	(void)lock;
}

static void (*const doings[])(void *lock) = {exit_in_child, release_in_child, free_in_child,
	give_up_in_child, acquire_in_child, break_in_child, share_in_child};

static void forked_child_changes_nothing_of_a_lock_that_is_held(void **state)
{
	(void)state;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		for (size_t i = 0; i < 2 * COUNT(doings); i++) {
			struct sl_lock *lock = make();
			assert_int_equal(acquire(lock, mode), SL_OK);
			in_child(find_it_not_held, lock);
			(i % 2 == 0 ? in_child : in_cloned_child)(doings[i / 2], lock);
			assert_held(lock);
			assert_entries(mode == SL_SHARED ? 1 : 2);
			assert_int_equal(release(lock), SL_OK);
			drop(lock);
			assert_free();
		}
}

static void forked_child_has_no_part_in_what_is_taken_and_not_confirmed(void **state)
{
	(void)state;
	for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
		for (size_t i = 0; i < 2 * COUNT(doings); i++) {
			struct sl_lock *lock = make();
			assert_int_equal(sl_lock_take(lock, mode, &failure), SL_OK);
			(i % 2 == 0 ? in_child : in_cloned_child)(confirm_in_child, lock);
			(i % 2 == 0 ? in_child : in_cloned_child)(doings[i / 2], lock);
			assert_int_equal(sl_lock_confirm(lock, &failure), SL_OK);
			assert_held(lock);
			drop(lock);
			assert_free();
		}
}

static void forked_child_has_no_part_in_a_wait(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT(doings); i++) {
		struct player owner = start_player(BORG);
		struct sl_lock *lock = make();
		do_whole(&owner, 'x');
		assert_int_equal(wait_until(lock, SL_EXCLUSIVE, 0), SL_BUSY);
		(i % 2 == 0 ? in_child : in_cloned_child)(doings[i / 2], lock);
		assert_entries(2);
		do_whole(&owner, 'r');
		assert_int_equal(wait_until(lock, SL_EXCLUSIVE, sl_clock_now() + LATE), SL_OK);
		assert_int_equal(sl_lock_confirm(lock, &failure), SL_OK);
		assert_held(lock);
		drop(lock);
		finish(&owner);
		assert_free();
	}
}

static void acquire_and_stay(void *data)
{
	struct sl_lock *lock = make();
	expect(acquire(lock, *(enum sl_mode *)data) == SL_OK);
	say('h');
	pid_t pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		say('c');
		await();
		_exit(0);
	}
	await();
}

static void lock_of_a_killed_parent_is_free_though_its_child_lives(void **state)
{
	(void)state;
	for (enum sl_mode his = SL_EXCLUSIVE; his <= SL_SHARED; his++) {
		struct sl_lock *lock = make();
		struct child parent = start_child(acquire_and_stay, &his);
		assert_int_equal(child_hear(&parent), 'h');
		assert_int_equal(child_hear(&parent), 'c');
		assert_int_equal(take(lock), SL_BUSY);
		child_kill(&parent);
		assert_int_equal(take(lock), SL_OK);
		assert_int_equal(release(lock), SL_OK);
		assert_free();
		drop(lock);
	}
}

static void live_on(void *data)
{
	(void)data;
	say('l');
	await();
}

/* As one between fork and exec does: LOCK_UN comes before the close. */
static void child_that_has_the_descriptor_does_not_keep_a_released_lock(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	assert_int_equal(take(lock), SL_OK);
	struct child clone = clone_child(live_on, NULL);
	assert_int_equal(child_hear(&clone), 'l');
	int fd = open(in_exclusive(own_name()), O_RDONLY | O_CLOEXEC);
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
	struct sl_lock *one = make_in(&context), *two = make_in(&context);
	assert_null(sl_lock_next(NULL, &context));
	assert_int_equal(share(one), SL_OK);
	assert_int_equal(share(two), SL_OK);
	assert_ptr_equal(sl_lock_next(NULL, &context), two);
	assert_ptr_equal(sl_lock_next(two, &context), one);
	assert_null(sl_lock_next(one, &context));
	assert_true(sl_registry_holds_any());
	assert_int_equal(release(two), SL_OK);
	assert_int_equal(release(one), SL_OK);
	assert_int_equal(take(one), SL_OK);
	assert_ptr_equal(sl_lock_next(NULL, &context), one);
	assert_null(sl_lock_next(one, &context));
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

static void be_inside(enum sl_mode mode)
{
	int weight = mode == SL_EXCLUSIVE ? 1000 : 1;
	int inside = room->inside += weight;
	if (inside != 1000 && inside > 999)
		room->crowded++;
	room->served++;
	sched_yield();
	room->inside -= weight;
}

static void visit_often(void *data)
{
	struct sl_lock *lock = make();
	pretend_sleep(0);
	for (int i = 0; i < 25; i++) {
		enum sl_mode mode = (i + getpid()) % 3 == 0 ? SL_SHARED : SL_EXCLUSIVE;
		if (*(enum party *)data == BORG) {
			while (borg_acquire(mode) != SL_OK)
				usleep(1000);
			be_inside(mode);
			enum sl_result result;
			while ((result = borg_release(mode)) == SL_SYSTEM)
				usleep(1000);
			expect(result == SL_OK);
		} else {
			expect(wait_until(lock, mode, sl_clock_now() + LATE) == SL_OK);
			expect(sl_lock_confirm(lock, &failure) == SL_OK);
			be_inside(mode);
			/* Where too many are before us we are taken off later. */
			enum sl_result result = release(lock);
			expect(result == SL_OK || (result == SL_SYSTEM && failure.number == EBUSY));
			while (reads(getpid()))
				sl_borg_lock_sweep();
		}
	}
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
	struct child children[6];
	enum party some[] = {SITELOCK, BORG};
	open_room();
	for (size_t i = 0; i < COUNT(children); i++)
		children[i] = start_child(visit_often, &some[i % 3 == 2]);
	for (size_t i = 0; i < COUNT(children); i++)
		assert_int_equal(child_finish(&children[i]), 0);
	assert_int_equal(room->crowded, 0);
	assert_int_equal(room->served, 25 * COUNT(children));
	munmap(room, sizeof *room);
	break_stale();
	assert_free();
}

/* One process, and two others. */
static void *visit_as_thread(void *data)
{
	struct sl_lock *lock = data;
	struct sl_failure ours;
	struct sl_patience patience = {.until = sl_clock_now() + LATE};
	for (int i = 0; i < 25; i++) {
		enum sl_mode mode = i % 3 == 0 ? SL_EXCLUSIVE : SL_SHARED;
		expect(sl_lock_wait(lock, mode, &patience, &ours) == SL_OK);
		expect(sl_lock_confirm(lock, &ours) == SL_OK);
		be_inside(mode);
		expect(sl_lock_check(lock, &ours) == SL_OK);
		enum sl_result result = sl_lock_release(lock, NULL, &ours);
		expect(result == SL_OK || (result == SL_SYSTEM && ours.number == EBUSY));
		sl_borg_lock_sweep();
	}
	return NULL;
}

static void threads_of_one_process_share_an_entry_and_keep_others_out(void **state)
{
	(void)state;
	pthread_t threads[4];
	struct child children[2];
	enum party some[] = {SITELOCK, BORG};
	open_room();
	for (size_t i = 0; i < COUNT(children); i++)
		children[i] = start_child(visit_often, &some[i]);
	pretend_sleep(0);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, visit_as_thread, make()), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < COUNT(children); i++)
		assert_int_equal(child_finish(&children[i]), 0);
	assert_int_equal(room->crowded, 0);
	assert_int_equal(room->served, 25 * (COUNT(threads) + COUNT(children)));
	munmap(room, sizeof *room);
	while (reads(getpid()))
		sl_borg_lock_sweep();
	await_threads(1);
	break_stale();
	assert_free();
}

/* --- Threads, descendants, other views, lost answers --- */

static void share_meanwhile(void *lock)
{
	expect(share(lock) == SL_OK);
}

static void thread_that_shares_while_another_gives_back_stays_on_the_roster(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	assert_int_equal(share(lock), SL_OK);
	watch_calls();
	before_call(CALL_MKDIR, 1, share_meanwhile, other);
	assert_int_equal(release(lock), SL_OK);
	assert_true(rule_applied());
	stop_watching();
	assert_held(other);
	struct player writer = start_player(BORG);
	assert_int_equal(do_whole(&writer, 'x'), SL_BUSY);
}

static void come_and_go_meanwhile(void *lock)
{
	expect(share(lock) == SL_OK);
	expect(release(lock) == SL_OK);
}

static void take_meanwhile(void *lock)
{
	expect(take(lock) == SL_OK);
}

static void what_another_thread_took_off_is_given_back(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	assert_int_equal(share(lock), SL_OK);
	watch_calls();
	before_call(CALL_MKDIR, 1, come_and_go_meanwhile, other);
	assert_int_equal(release(lock), SL_OK);
	assert_true(rule_applied());
	stop_watching();
	assert_free();

	/* Even if that thread stays in lock.exclusive. */
	assert_int_equal(share(lock), SL_OK);
	pretend_sleep(1);
	watch_calls();
	before_call(CALL_MKDIR, 1, take_meanwhile, other);
	assert_int_equal(release(lock), SL_OK);
	assert_true(rule_applied());
	stop_watching();
	assert_held(other);
	assert_int_equal(release(other), SL_OK);
	assert_free();
}

static void thread_that_shares_while_another_sweeps_stays_on_the_roster(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	assert_int_equal(share(lock), SL_OK);
	leave_in_vain(lock);
	watch_calls();
	before_call(CALL_MKDIR, 1, share_meanwhile, other);
	sl_borg_lock_sweep();
	assert_true(rule_applied());
	stop_watching();
	assert_held(other);
}

static int arrived[2], released[2];

static void wait_in_helper(void *data)
{
	char word;
	(void)data;
	if (write(arrived[1], "a", 1) != 1 || read(released[0], &word, 1) != 1)
		abort();
}

static void *collect_in_thread(void *lock)
{
	bool broken;
	struct sl_failure ignored;
	sl_borg_lock_break_stale(lock, &broken, &ignored);
	return NULL;
}

static pthread_t collector;

/* It has seen our record without its flock, and taken it away; the directory not yet. */
static void start_collector(void *lock)
{
	char word;
	if (pthread_create(&collector, NULL, collect_in_thread, lock) != 0 ||
		read(arrived[0], &word, 1) != 1)
		abort();
}

static void what_another_thread_collects_is_not_published(void **state)
{
	(void)state;
	struct sl_lock *lock = make(), *other = make();
	struct player player = start_player(BORG);
	assert_int_equal(pipe2(arrived, O_CLOEXEC), 0);
	assert_int_equal(pipe2(released, O_CLOEXEC), 0);
	watch_calls();
	before_call(CALL_FLOCK, 1, start_collector, other);
	around_calls_of_helper(CALL_RMDIR, wait_in_helper, NULL, NULL);
	enum sl_result result = take(lock);
	assert_int_equal(write(released[1], "rrrrrrrr", 8), 8);
	pthread_join(collector, NULL);
	stop_watching();
	enum sl_result checked = check(lock), of_other = do_whole(&player, 'x');
	print_message("had: %d, still: %d, borg: %d\n", (int)result, (int)checked, (int)of_other);
	close(arrived[0]), close(arrived[1]), close(released[0]), close(released[1]);
	assert_int_equal(result, SL_OK);
	assert_int_equal(checked, SL_OK);
	assert_int_equal(of_other, SL_BUSY);
}

static void take_by_borgs_test(void *data)
{
	(void)data;
	expect(borg_acquire(SL_EXCLUSIVE) == SL_OK);
	say('h');
	await();
	expect(borg_check(SL_EXCLUSIVE) == SL_OK);
}

/* A sitelock is killed, a borg gets its pid, and finds the lock "by me". */
static void borg_that_has_taken_over_by_its_pid_is_alive(void **state)
{
	(void)state;
	need_root();
	struct player player = start_player(SITELOCK);
	struct sl_lock *lock = make();
	do_whole(&player, 'x');
	child_kill(&player.child);
	struct child borg = clone_child_as(player.child.pid, take_by_borgs_test, NULL);
	assert_int_equal(child_hear(&borg), 'h');
	assert_int_equal(take(lock), SL_BUSY);
	assert_false(break_stale());
	assert_int_equal(child_finish(&borg), 0);
}

/* Seen through an overlay our own flock does not show below it. */
static void own_record_that_was_made_from_another_view_is_not_removed(void **state)
{
	(void)state;
	assert_verdict(own_name(), words_of_a_sitelock(OVERLAY), BUSY_AND_STAYS);
}

#ifdef UNFIXED
static void sweep_beside_failures(void *data)
{
	const enum call call = *(enum call *)data;
	struct sl_lock *lock = make();
	expect(share(lock) == SL_OK);
	leave_in_vain(lock);
	alarm(20);
	watch_calls();
	refuse_calls_from(call, 1, EIO);
	sl_borg_lock_sweep();
	stop_watching();
	sl_borg_lock_sweep();
	expect(!reads(getpid()));
	sl_borg_lock_sweep();
	drop(lock);
	break_stale();
	expect(lock_entries() == 0);
}

static void sweep_ends_whatever_fails(void **state)
{
	(void)state;
	for (enum call call = CALL_OPEN; call < CALL_MALLOC; call++) {
		struct child child = start_child(sweep_beside_failures, &call);
		if (child_finish(&child) != 0)
			fail_msg("%s", call_name(call));
	}
}

/* A sitelock was killed, and a borg that is called so, and has its pid, found the lock "by me". */
static void record_whose_pid_lives_is_not_removed_whatever_its_host_is_called(void **state)
{
	(void)state;
	struct child child = start_child(wait_for_the_end, NULL);
	assert_verdict(name_at(OTHER_HOST, child.pid, 0), words_of_a_sitelock(TMPFS), BUSY_AND_STAYS);
	assert_verdict(name_at(OTHER_HOST, GONE, 0), words_of_a_sitelock(TMPFS), TAKEN_OVER);
	assert_int_equal(child_finish(&child), 0);
}
#endif

static void sweep_within_seconds(void *data)
{
	struct sl_lock *lock = make();
	(void)data;
	expect(share(lock) == SL_OK);
	leave_in_vain(lock);
	replace_repository(NULL);
	alarm(10);
	sl_borg_lock_sweep();
	drop(lock);
}

static void sweep_ends_though_the_repository_was_replaced(void **state)
{
	(void)state;
	in_child(sweep_within_seconds, NULL);
}

static void take_beside_the_dead(void *data)
{
	(void)data;
	struct sl_lock *lock = make();
	expect(take(lock) == SL_OK);
	drop(lock);
}

static void become_the_next_of_this_pid(void *data)
{
	pid_t parent = *(pid_t *)data;
	say('c');
	expect(await() == 'g');
	struct child child = clone_child_as(parent, take_beside_the_dead, NULL);
	expect(child_finish(&child) == 0);
	say('d');
}

static void share_and_fork(void *data)
{
	pid_t pid = getpid();
	struct sl_lock *lock = make();
	(void)data;
	expect(share(lock) == SL_OK);
	struct child child = start_child(become_the_next_of_this_pid, &pid);
	expect(child_hear(&child) == 'c');
	say_bytes(&child, sizeof child);
	await();
}

/* Its descendants have the list of what it held. */
static void descendant_that_gets_the_pid_of_a_dead_reader_is_none(void **state)
{
	(void)state;
	struct child heir;
	char path_to[64], word;
	need_root();
	struct child parent = start_child(share_and_fork, NULL);
	child_hear_bytes(&parent, &heir, sizeof heir);
	snprintf(path_to, sizeof path_to, "/proc/%d/fd/%d", parent.pid, heir.to);
	int to = open(path_to, O_WRONLY | O_CLOEXEC);
	snprintf(path_to, sizeof path_to, "/proc/%d/fd/%d", parent.pid, heir.from);
	int from = open(path_to, O_RDONLY | O_CLOEXEC);
	child_kill(&parent);
	assert_int_equal(write(to, "g", 1), 1);
	ssize_t got = read(from, &word, 1);
	close(to);
	close(from);
	assert_int_equal(got, 1);
	assert_int_equal(word, 'd');
}

static void *share_in_thread(void *lock)
{
	struct sl_failure ignored;
	sl_lock_acquire(lock, SL_SHARED, &ignored);
	return NULL;
}

static void end_request_in_time(void *data)
{
	(void)data;
	alarm(5);
	sl_borg_lock_sweep(); /* as at the end of each request */
}

static void child_that_is_forked_while_another_thread_shares_does_not_hang(void **state)
{
	(void)state;
	pthread_t thread;
	char word;
	struct sl_lock *lock = make();
	assert_int_equal(pipe2(arrived, O_CLOEXEC), 0);
	assert_int_equal(pipe2(released, O_CLOEXEC), 0);
	watch_calls();
	around_calls_of_helper(CALL_CALLOC, wait_in_helper, NULL, NULL);
	assert_int_equal(pthread_create(&thread, NULL, share_in_thread, lock), 0);
	assert_int_equal(read(arrived[0], &word, 1), 1);
	struct child child = start_child(end_request_in_time, NULL);
	int code = child_finish(&child);
	assert_int_equal(write(released[1], "r", 1), 1);
	pthread_join(thread, NULL);
	stop_watching();
	close(arrived[0]), close(arrived[1]), close(released[0]), close(released[1]);
	await_threads(1);
	assert_int_equal(code, 0);
}

static void what_is_shown_can_be_broken(void **state)
{
	(void)state;
	char name[512];
	snprintf(name, sizeof name, "%s", in_exclusive("h.5-0"));
	for (int kind = 0; kind < 3; kind++) {
		assert_int_equal(mkdir(exclusive, 0700), 0);
		if (kind == 0)
			assert_int_equal(mkdir(name, 0700), 0);
		else if (kind == 1)
			assert_int_equal(mkfifo(name, 0600), 0);
		else
			assert_int_equal(symlink("nowhere", name), 0);
		look_at_holder();
		/* Or else there is nothing that a person may break. */
		bool broken = shown[0] != '\0' && force_break(shown) == SL_OK;
		assert_int_equal(exists(name), !broken);
		if (exists(name))
			remove(name);
		rmdir(exclusive);
	}
}

static void break_that_cannot_be_told_is_an_error(void **state)
{
	(void)state;
	put_record("h.5-0", "");
	look_at_holder();
	watch_calls();
	refuse_call(CALL_FSTATAT, 1, EIO);
	enum sl_result result = force_break(shown);
	stop_watching();
	assert_true(exists(in_exclusive("h.5-0")));
	assert_int_equal(result, SL_SYSTEM);
}

static void acquire_whose_last_answer_was_lost_is_made_up_for(void **state)
{
	(void)state;
	struct player other = start_player(BORG);
	struct sl_lock *lock = make();
	watch_calls();
	lose_answer(CALL_RENAME, 2, EIO);
	enum sl_result result = share(lock);
	assert_true(rule_applied());
	stop_watching();
	if (result == SL_OK)
		assert_int_equal(release(lock), SL_OK);
	sl_borg_lock_sweep();
	assert_false(reads(getpid()));
	assert_int_equal(do_whole(&other, 'x'), SL_OK);
}

static void borg_gets_what_could_not_be_given_back(void **state)
{
	(void)state;
	struct player other = start_player(BORG);
	struct sl_lock *lock = make();
	static const struct {
		enum call call;
		int number;
	} failures[] = {{CALL_UNLINK, EIO}, {CALL_OPEN, EMFILE}, {CALL_FSTATAT, EIO}};
	unsigned missed = 0;
	for (size_t i = 0; i < COUNT(failures); i++)
		for (unsigned mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++)
			for (unsigned nth = 1; nth < 12; nth++) {
				assert_int_equal(acquire(lock, mode), SL_OK);
				watch_calls();
				refuse_call(failures[i].call, nth, failures[i].number);
				release(lock);
				stop_watching();
				sl_borg_lock_sweep();
				if (do_whole(&other, 'x') == SL_OK)
					release_all(&other, 1);
				else {
					missed++;
					print_message("mode %d, %s %u: borg is kept out\n", (int)mode,
						call_name(failures[i].call), nth);
				}
				break_stale();
			}
	assert_int_equal(missed, 0);
}

static void release_tells_what_it_could_not_remove(void **state)
{
	(void)state;
	struct sl_lock *lock = make();
	bool told = false;
	for (unsigned nth = 1; nth < 5; nth++) {
		assert_int_equal(take(lock), SL_OK);
		watch_calls();
		refuse_call(CALL_UNLINK, nth, EIO);
		enum sl_result result = release(lock);
		stop_watching();
		assert_not_held(lock);
		if (exists(exclusive)) {
			told = true;
			assert_int_equal(result, SL_SYSTEM);
			assert_int_equal(failure.number, EIO);
			assert_string_equal(failure.within, "lock.exclusive");
		} else
			assert_int_equal(result, SL_OK);
		sl_borg_lock_sweep();
		break_stale();
		assert_free();
	}
	assert_true(told);
}

static void environment_that_becomes_wrong_makes_no_nameless_record(void **state)
{
	(void)state;
	unsetenv("BORG_HOST_ID");
	struct sl_lock *lock = make_for(path, NULL, NULL);
	setenv("BORG_HOST_ID", "a/b", true);
	enum sl_result result = take(lock);
	unsetenv("BORG_HOST_ID");
	char name[64];
	snprintf(name, sizeof name, ".%d-0", getpid());
	assert_false(exists(in_exclusive(name)));
	assert_true(result == SL_OK || result == SL_SYSTEM);
}

static void look_where_it_may_not(void *data)
{
	become(SOME_USER);
	struct sl_lock *lock = make_for(data, HOST, NULL);
	char above[64];
	snprintf(above, sizeof above, "%s", (char *)data);
	*strrchr(above, '/') = '\0';
	expect(share(lock) == SL_OK);
	expect(chmod(above, 0) == 0);
	enum sl_result result = check(lock);
	expect(chmod(above, 0700) == 0);
	drop(lock);
	expect(result == SL_SYSTEM);
	expect(failure.number == EACCES);
}

static void repository_that_cannot_be_looked_at_is_not_lost(void **state)
{
	(void)state;
	need_root();
	const char *above = path_of("above"), *there = path_of("above/repo");
	assert_int_equal(mkdir(above, 0700), 0);
	assert_int_equal(mkdir(there, 0700), 0);
	write_file(path_of("above/repo/config"), CONFIG);
	assert_int_equal(chown(above, SOME_USER, SOME_USER), 0);
	assert_int_equal(chown(there, SOME_USER, SOME_USER), 0);
	assert_int_equal(chown(path_of("above/repo/config"), SOME_USER, SOME_USER), 0);
	in_child(look_where_it_may_not, (void *)there);
}

static void host_id_that_json_cannot_hold_is_refused(void **state)
{
	(void)state;
	struct sl_lock_options options = {.path = path, .label = "", .command = ""};
	struct sl_lock *lock = sl_borg_lock_new(&options, "h\xff");
	if (lock == NULL)
		return;
	enum sl_result result = sl_lock_acquire(lock, SL_SHARED, &failure);
	sl_lock_free(lock);
	fail_msg("result %d, %s: %s", (int)result, failure.call, strerror(failure.number));
}

static void be_another_first_one(void *data)
{
	struct sl_lock *lock = make(), *of_child = make();
	int status;
	(void)data;
	expect(getpid() == 1);
	expect(unshare(CLONE_NEWPID) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		expect(getpid() == 1);
		/* The parent shares only now. */
		usleep(300000);
		_exit(take(of_child) == SL_BUSY ? 0 : 1);
	}
	expect(share(lock) == SL_OK);
	expect(waitpid(pid, &status, 0) == pid);
	expect(status == 0);
	expect(check(lock) == SL_OK);
}

/* Both are pid 1, each in its own namespace. */
static void child_of_the_same_pid_is_another_process(void **state)
{
	(void)state;
	in_own_namespaces(be_another_first_one, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lock_test(exclusive_lock_is_what_borg_would_leave_there),
		lock_test(shared_lock_is_an_entry_on_the_roster),
		lock_test(record_says_to_another_sitelock_who_it_is),
		lock_test(files_belong_to_whom_the_repository_belongs),
		lock_test(umask_makes_it_neither_wider_nor_unusable),
		lock_test(modes_keep_each_other_out_or_not),
		lock_test(freeing_a_held_lock_releases_it),
		lock_test(giving_up_what_was_taken_leaves_nothing),
		lock_test(releasing_what_is_not_held_is_harmless),
		lock_test(wrong_host_id_makes_no_lock),
		lock_test(what_is_no_repository_is_refused_and_stays),
		lock_test(locks_of_one_process_are_behind_one_entry),
		lock_test(locks_of_one_process_are_counted_for_each_repository_and_host_id),
		lock_test(lock_of_the_same_context_is_known_to_stand_in_the_way),
		lock_test(own_lock_among_those_of_others_is_not_waited_for),
		lock_test(waiter_asks_until_it_is_free),
		lock_test(waiter_takes_over_from_who_dies),
		lock_test(last_try_takes_what_has_become_free),
		lock_test(waiter_moves_on_to_the_repository_that_has_the_path_now),
		lock_test(lock_of_a_repository_that_was_moved_away_is_lost_and_given_back),
		lock_test(record_of_a_dead_process_of_this_host_is_removed),
		lock_test(record_that_borg_would_leave_alone_stays),
		lock_test(without_a_certain_host_nobody_is_dead),
		lock_test(in_a_container_no_pid_proves_a_death),
		lock_test(record_of_a_sitelock_without_its_flock_is_removed_wherever_it_was),
		lock_test(record_that_is_locked_is_of_somebody_who_lives),
		lock_test(record_under_our_own_name_is_of_a_dead_process),
		lock_test(process_that_gets_the_pid_of_a_dead_one_cleans_up_after_it),
		lock_test(empty_lock_exclusive_belongs_to_nobody),
		lock_test(dead_and_living_records_are_told_apart),
		lock_test(record_that_is_just_given_back_is_in_nobodys_way),
		lock_test(who_only_passes_is_waited_for_a_moment),
		lock_test(who_is_there_for_good_is_not_waited_for),
		lock_test(dead_owner_who_cannot_be_removed_is_an_error),
		lock_test(what_is_no_directory_is_refused_and_stays),
		lock_test(what_lies_in_lock_exclusive_and_is_no_file_holds_it),
		lock_test(nothing_is_made_behind_a_link_that_somebody_puts_there),
		lock_test(directory_that_is_not_ours_is_not_given_away),
		lock_test(what_the_dead_have_prepared_is_collected_and_nothing_else),
		lock_test(what_is_no_directory_is_not_collected),
		lock_test(left_overs_are_collected_when_somebody_was_found_dead),
		lock_test(what_is_just_being_prepared_is_not_collected),
		lock_test(readers_keep_a_writer_out_as_long_as_they_may_live),
		lock_test(dead_readers_go_and_the_living_stay),
		lock_test(exclusive_list_keeps_nobody_out),
		lock_test(entry_of_ours_that_we_do_not_hold_is_no_reader),
		lock_test(roster_that_is_broken_keeps_everybody_out_and_stays),
		lock_test(who_looks_while_borg_writes_looks_again),
		lock_test(lock_whose_record_was_removed_is_lost),
		lock_test(record_of_the_same_name_is_not_ours),
		lock_test(record_is_removed_where_it_is_and_not_where_it_was),
		lock_test(reader_who_was_taken_off_is_told),
		lock_test(reader_who_was_taken_off_can_be_one_again),
		lock_test(lock_that_cannot_be_looked_at_is_released_all_the_same),
		lock_test(lock_of_another_user_where_all_may_write_is_busy),
		lock_test(holder_is_named),
		lock_test(we_are_among_the_holders),
		lock_test(unknown_holder_is_shown_as_borg_calls_him),
		lock_test(name_of_a_holder_is_harmless_to_a_terminal),
		lock_test(who_asks_for_holders_is_in_nobodys_way),
		lock_test(force_break_removes_whom_a_person_was_shown),
		lock_test(force_break_leaves_all_others),
		lock_test(newcomer_of_the_same_name_is_not_broken),
		lock_test(broken_owner_who_lives_is_told),
		lock_test(what_no_person_was_shown_is_not_broken),
		lock_test(break_that_may_not_be_done_is_an_error),
		lock_test(break_stale_removes_the_dead_and_nobody_else),
		lock_test(break_that_fails_leaks_nothing),
		lock_test(reader_who_cannot_leave_now_is_taken_off_later),
		lock_test(reader_who_could_not_leave_can_come_again),
		lock_test(sweep_takes_off_what_is_left_and_no_reader),
		lock_test(forked_child_sweeps_nothing_of_its_parent),
		lock_test(sweep_passes_over_what_it_cannot_take_off),
		lock_test(reader_whose_roster_cannot_be_written_is_taken_off_later),
		lock_test(at_each_step_another_one_may_come),
		lock_test(at_each_two_steps_of_both_they_may_meet),
		lock_test(in_whatever_order_three_make_their_steps_there_is_one_owner),
		lock_test(in_whatever_order_three_make_their_steps_and_die_there_is_one_owner),
		lock_test(whoever_is_killed_at_any_step_leaves_a_lock_that_others_get),
		lock_test(borg_that_is_killed_at_any_step_leaves_no_second_owner),
		lock_test(control_with_borgs_test_two_of_one_name_are_owners),
		lock_test(newcomer_of_the_same_name_is_not_taken_for_the_dead_one),
		lock_test(acquire_survives_the_failure_of_every_call),
		lock_test(acquire_survives_the_loss_of_every_answer),
		lock_test(rename_that_was_done_counts_though_its_answer_was_lost),
		lock_test(rename_that_was_not_done_is_no_lock),
		lock_test(release_survives_the_failure_of_every_call),
		lock_test(lock_is_unsupported_where_the_kernel_says_so),
		lock_test(what_a_collector_took_is_prepared_anew),
		lock_test(what_others_always_take_ends_as_busy),
		lock_test(repository_that_may_not_be_written_is_an_error),
		lock_test(lock_is_not_made_without_memory),
		lock_test(nothing_is_had_without_memory),
		lock_test(release_without_memory_is_made_up_for),
		lock_test(holders_without_memory_are_an_error),
		lock_test(where_it_is_not_local_the_record_is_closed_before_it_is_removed),
		lock_test(newcomer_in_the_middle_of_such_a_release_is_not_harmed),
		lock_test(forked_child_changes_nothing_of_a_lock_that_is_held),
		lock_test(forked_child_has_no_part_in_what_is_taken_and_not_confirmed),
		lock_test(forked_child_has_no_part_in_a_wait),
		lock_test(lock_of_a_killed_parent_is_free_though_its_child_lives),
		lock_test(child_that_has_the_descriptor_does_not_keep_a_released_lock),
		lock_test(context_finds_its_locks),
		lock_test(many_come_and_go_and_are_never_inside_together),
		lock_test(threads_of_one_process_share_an_entry_and_keep_others_out),
		lock_test(thread_that_shares_while_another_gives_back_stays_on_the_roster),
		lock_test(what_another_thread_took_off_is_given_back),
		lock_test(thread_that_shares_while_another_sweeps_stays_on_the_roster),
		lock_test(what_another_thread_collects_is_not_published),
		lock_test(borg_that_has_taken_over_by_its_pid_is_alive),
		lock_test(own_record_that_was_made_from_another_view_is_not_removed),
		lock_test(sweep_ends_though_the_repository_was_replaced),
		lock_test(descendant_that_gets_the_pid_of_a_dead_reader_is_none),
		lock_test(child_that_is_forked_while_another_thread_shares_does_not_hang),
		lock_test(what_is_shown_can_be_broken),
		lock_test(break_that_cannot_be_told_is_an_error),
		lock_test(acquire_whose_last_answer_was_lost_is_made_up_for),
		lock_test(borg_gets_what_could_not_be_given_back),
		lock_test(release_tells_what_it_could_not_remove),
		lock_test(environment_that_becomes_wrong_makes_no_nameless_record),
		lock_test(repository_that_cannot_be_looked_at_is_not_lost),
		lock_test(host_id_that_json_cannot_hold_is_refused),
		lock_test(child_of_the_same_pid_is_another_process),
#ifdef UNFIXED
		lock_test(sweep_ends_whatever_fails),
		lock_test(record_whose_pid_lives_is_not_removed_whatever_its_host_is_called),
#endif
	};
	if (!sl_process_sees_all()) {
		print_message("borg knows processes by their pids, and here they mean something else\n");
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
