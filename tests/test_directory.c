/* The directory that is a lock: its names, who of its owners is dead, what is left behind. */
#include "fixture.h"

#include "directory.h"
#include "filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT       "f5a6acec-05fa-40df-8fc9-279984ae6064"
#define OTHER_BOOT "00000000-1111-2222-3333-444444444444"
#define NONCE      "6c93d2a72066b06a819f07b5e7a354b9"

#define TMPFS   0x01021994u
#define EXT4    0xEF53u
#define BTRFS   0x9123683Eu
#define FUSE    0x65735546u
#define NFS     0x6969u
#define CIFS    0xFF534D42u
#define OVERLAY SL_KIND_OVERLAY

/* A user without a name. */
#define SOME_USER 54321

static struct sl_failure failure;
static const char *lock_path; /* a directory, which plays the lock */
static int directory;

static int set_up(void **state)
{
	if (fixture_set_up(state) != 0)
		return -1;
	lock_path = path_of("lock");
	if (mkdir(lock_path, 0700) != 0)
		return -1;
	directory = open(lock_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

static int tear_down(void **state)
{
	stop_watching();
	close(directory);
	return fixture_tear_down(state);
}

#define directory_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* --- Records of others --- */

static struct sl_viewpoint here_and_now(void)
{
	struct sl_viewpoint here;
	sl_viewpoint_of(directory, sl_process_self(), &here, &failure);
	return here;
}

static struct sl_record_name name_of(uint32_t kind, uint64_t device, const char *boot_id)
{
	struct sl_record_name name = {
		.mode = SL_EXCLUSIVE, .kind = kind, .device = device, .pid = 4211};
	snprintf(name.boot_id, sizeof name.boot_id, "%s", boot_id);
	if (!sl_nonce_draw(name.nonce))
		abort();
	return name;
}

/* As this process would name its own. */
static struct sl_record_name own_name(void)
{
	struct sl_viewpoint here = here_and_now();
	return name_of(here.kind, here.device, here.boot_id);
}

/* A record in this directory: its name. Unlocked, as one of the dead. */
static const char *put_in(int parent, const struct sl_record_name *name)
{
	static char text[SL_RECORD_NAME_MAX + 1];
	sl_record_name_write(text, name);
	int fd = openat(parent, text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		abort();
	close(fd);
	return text;
}

static const char *put_dead(void)
{
	struct sl_record_name name = own_name();
	return put_in(directory, &name);
}

static int lock_in(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDWR | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		abort();
	return fd;
}

static bool is_in(int parent, const char *name)
{
	return faccessat(parent, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The verdict, and nothing is left open. */
static enum sl_verdict judge_from(const char *name, const struct sl_viewpoint *here)
{
	struct sl_judged judged;
	sl_judge(directory, name, here, &judged);
	if (judged.descriptor >= 0)
		close(judged.descriptor);
	return judged.verdict;
}

static enum sl_verdict judge(const char *name)
{
	struct sl_viewpoint here = here_and_now();
	return judge_from(name, &here);
}

/* --- Names --- */

static void assert_read_back(const struct sl_record_name *name, const char *text)
{
	char written[SL_RECORD_NAME_MAX + 1];
	struct sl_record_name read;
	sl_record_name_write(written, name);
	assert_string_equal(written, text);
	assert_true(sl_record_name_read(&read, text));
	assert_int_equal(read.mode, name->mode);
	assert_int_equal(read.kind, name->kind);
	assert_int_equal(read.device, name->device);
	assert_string_equal(read.boot_id, name->boot_id);
	assert_int_equal(read.pid, name->pid);
	assert_string_equal(read.nonce, name->nonce);
}

static void name_of_a_record_says_what_is_needed_to_judge(void **state)
{
	(void)state;
	struct sl_record_name name = {SL_EXCLUSIVE, TMPFS, 0x1b, BOOT, 8261, NONCE};
	assert_read_back(&name, "s1.x.1021994.1b." BOOT ".8261." NONCE);
	name.mode = SL_SHARED;
	assert_read_back(&name, "s1.s.1021994.1b." BOOT ".8261." NONCE);
	name = (struct sl_record_name){SL_EXCLUSIVE, 0, 0, "", 1, NONCE};
	assert_read_back(&name, "s1.x.0.0.-.1." NONCE);
	/* The longest. */
	name = (struct sl_record_name){SL_SHARED, UINT32_MAX, UINT64_MAX, BOOT, INT_MAX, NONCE};
	assert_read_back(&name, "s1.s.ffffffff.ffffffffffffffff." BOOT ".2147483647." NONCE);
}

static void what_is_called_otherwise_is_no_record(void **state)
{
	(void)state;
	static const char *const names[] = {"", ".", "..", "s1", "s1.x", "lock", "README",
		"s2.x.1021994.1b." BOOT ".8261." NONCE, "s1.y.1021994.1b." BOOT ".8261." NONCE,
		"S1.x.1021994.1b." BOOT ".8261." NONCE, "s1.X.1021994.1b." BOOT ".8261." NONCE,
		" s1.x.1021994.1b." BOOT ".8261." NONCE, "s1.x. 1021994.1b." BOOT ".8261." NONCE,
		"s1.x.01021994.1b." BOOT ".8261." NONCE, "s1.x.0x1021994.1b." BOOT ".8261." NONCE,
		"s1.x.1021994.1B." BOOT ".8261." NONCE, "s1.x.-1.1b." BOOT ".8261." NONCE,
		"s1.x.101021994.1b." BOOT ".8261." NONCE, /* kind and 2^32 more */
		"s1.x.1021994.1ffffffffffffffff." BOOT ".8261." NONCE, "s1.x.1021994.." BOOT ".8261." NONCE,
		"s1.x.1021994.1b..8261." NONCE, "s1.x.1021994.1b." BOOT "0.8261." NONCE,
		"s1.x.1021994.1b." BOOT ".0." NONCE, "s1.x.1021994.1b." BOOT ".-1." NONCE,
		"s1.x.1021994.1b." BOOT ".+1." NONCE, "s1.x.1021994.1b." BOOT ".08261." NONCE,
		"s1.x.1021994.1b." BOOT ".4294975557." NONCE, /* pid and 2^32 more */
		"s1.x.1021994.1b." BOOT ".8261.6c93d2a72066b06a819f07b5e7a354b",
		"s1.x.1021994.1b." BOOT ".8261." NONCE "0", "s1.x.1021994.1b." BOOT ".8261." NONCE ".",
		"s1.x.1021994.1b." BOOT ".8261." NONCE "\n",
		"s1.x.1021994.1b." BOOT ".8261.6C93D2A72066B06A819F07B5E7A354B9",
		"s1.x.1021994.1b." BOOT ".8261./c93d2a72066b06a819f07b5e7a354b9",
		"./s1.x.1021994.1b." BOOT ".8261." NONCE, "../lock/s1.x.1021994.1b." BOOT ".8261." NONCE};
	struct sl_record_name name;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (sl_record_name_read(&name, names[i]))
			fail_msg("it is: %s", names[i]);
		assert_int_equal(judge(names[i]), SL_OWNER_UNKNOWN);
	}
	char longest[NAME_MAX + 1];
	memset(longest, 'a', NAME_MAX);
	longest[NAME_MAX] = '\0';
	assert_false(sl_record_name_read(&name, longest));
}

static void path_of_a_record_is_shown_as_that_of_its_lock(void **state)
{
	(void)state;
	struct sl_record_name name = own_name();
	char path[SL_RECORD_NAME_MAX + 32], text[SL_RECORD_NAME_MAX + 1];
	sl_record_name_write(text, &name);
	snprintf(path, sizeof path, "/var/lock/site/%s", text);
	sl_record_path_shorten(path);
	assert_string_equal(path, "/var/lock/site");
	static const char *const others[] = {"/var/lock/site", "site", "", "/"};
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s", others[i]);
		sl_record_path_shorten(path);
		assert_string_equal(path, others[i]);
	}
}

static void nonce_is_never_the_same(void **state)
{
	(void)state;
	char first[SL_NONCE_SIZE + 1], second[SL_NONCE_SIZE + 1];
	assert_true(sl_nonce_draw(first));
	assert_true(sl_nonce_draw(second));
	assert_string_not_equal(first, second);
	assert_int_equal(strspn(first, "0123456789abcdef"), SL_NONCE_SIZE);
	assert_int_equal(strlen(first), SL_NONCE_SIZE);
	refuse_call(CALL_GETRANDOM, 1, EINTR);
	assert_true(sl_nonce_draw(second));
	assert_int_equal(call_count(CALL_GETRANDOM), 2);
	watch_calls();
	refuse_call(CALL_GETRANDOM, 1, ENOSYS);
	assert_false(sl_nonce_draw(second));
	assert_int_equal(errno, ENOSYS);
}

static void name_of_a_temporary_directory_is_known_again(void **state)
{
	(void)state;
	char text[NAME_MAX + 1], base[NAME_MAX + 1];
	assert_true(sl_temporary_name_write(text, sizeof text, "L", NONCE));
	assert_string_equal(text, "L." NONCE ".tmp");
	assert_true(sl_temporary_name_is_one(text, "L"));
	assert_true(sl_temporary_name_is_one("a.b." NONCE ".tmp", "a.b"));
	static const char *const others[] = {"L", "L.", "L.tmp", "L..tmp", "L." NONCE, "L." NONCE ".",
		"L." NONCE ".tm", "L." NONCE ".tmp2", "L." NONCE "0.tmp", "L.x" NONCE ".tmp",
		"L.6C93d2a72066b06a819f07b5e7a354b9.tmp", "L.6c93d2a72066b06a819f07b5e7a354b.tmp",
		"M." NONCE ".tmp", "L.M." NONCE ".tmp", "xL." NONCE ".tmp", "L-" NONCE ".tmp"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (sl_temporary_name_is_one(others[i], "L"))
			fail_msg("it is: %s", others[i]);
	/* 37 bytes more than the base. */
	memset(base, 'b', NAME_MAX);
	base[NAME_MAX - 37] = '\0';
	assert_true(sl_temporary_name_write(text, sizeof text, base, NONCE));
	assert_int_equal(strlen(text), NAME_MAX);
	base[NAME_MAX - 37] = 'b';
	base[NAME_MAX - 36] = '\0';
	assert_false(sl_temporary_name_write(text, sizeof text, base, NONCE));
}

/* --- Dead, alive, unknown --- */

static void owner_is_alive_as_long_as_he_keeps_his_record_locked(void **state)
{
	(void)state;
	const char *name = put_dead();
	int fd = lock_in(directory, name);
	assert_int_equal(judge(name), SL_OWNER_ALIVE);
	flock(fd, LOCK_UN);
	assert_int_equal(judge(name), SL_OWNER_DEAD);
	close(fd);
	assert_int_equal(unlinkat(directory, name, 0), 0);
	assert_int_equal(judge(name), SL_OWNER_GONE);
}

static void judge_says_whom_he_has_judged(void **state)
{
	(void)state;
	struct sl_viewpoint here = here_and_now();
	struct sl_record_name name = own_name();
	struct sl_judged judged;
	struct stat st;
	name.mode = SL_SHARED;
	const char *text = put_in(directory, &name);
	assert_int_equal(fstatat(directory, text, &st, 0), 0);
	sl_judge(directory, text, &here, &judged);
	assert_true(judged.proper);
	assert_int_equal(judged.name.mode, SL_SHARED);
	assert_string_equal(judged.name.nonce, name.nonce);
	assert_int_equal(judged.file.inode, st.st_ino);
	assert_int_equal(judged.file.device, st.st_dev);
	close(judged.descriptor);
}

/* Whoever wants to make the dead owner's record his own has to wait; who judges has not. */
static void dead_owners_record_belongs_to_who_judges(void **state)
{
	(void)state;
	struct sl_viewpoint here = here_and_now();
	struct sl_judged one, two;
	const char *name = put_dead();
	sl_judge(directory, name, &here, &one);
	sl_judge(directory, name, &here, &two);
	assert_int_equal(one.verdict, SL_OWNER_DEAD);
	assert_int_equal(two.verdict, SL_OWNER_DEAD);
	int fd = openat(directory, name, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	close(one.descriptor);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	close(two.descriptor);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
}

enum device { SAME_DEVICE, OTHER_DEVICE, OWNERS_DEVICE_UNKNOWN, OUR_DEVICE_UNKNOWN, DEVICES };
enum boot { SAME_BOOT, ANOTHER_BOOT, OWNERS_BOOT_UNKNOWN, OUR_BOOT_UNKNOWN, BOTH_UNKNOWN, BOOTS };

/* Written down once more, in another way than in the core. */
static bool proves_death(uint32_t kind, enum device device, enum boot boot)
{
	switch (kind) {
	case EXT4:
	case BTRFS:
	case TMPFS:
		return true;
	case OVERLAY:
		return boot == ANOTHER_BOOT || device == SAME_DEVICE;
	case FUSE:
	case NFS:
	case CIFS:
		return boot == SAME_BOOT && device == SAME_DEVICE;
	default:
		return false;
	}
}

static void flock_proves_a_death_only_where_one_of_the_owner_would_be_seen(void **state)
{
	(void)state;
	static const uint32_t kinds[] = {EXT4, BTRFS, TMPFS, OVERLAY, FUSE, NFS, CIFS, 0};
	const size_t count = sizeof kinds / sizeof *kinds;
	unsigned dead = 0;
	for (size_t ours = 0; ours < count; ours++)
		for (size_t his = 0; his < count; his++)
			for (int device = 0; device < DEVICES; device++)
				for (int boot = 0; boot < BOOTS; boot++) {
					bool unknown = boot == OWNERS_BOOT_UNKNOWN || boot == BOTH_UNKNOWN;
					struct sl_record_name name = name_of(kinds[his],
						device == OWNERS_DEVICE_UNKNOWN ? 0
						: device == OTHER_DEVICE        ? 0x2b
														: 0x1b,
						unknown                ? ""
						: boot == ANOTHER_BOOT ? OTHER_BOOT
											   : BOOT);
					struct sl_viewpoint here = {.kind = kinds[ours],
						.device = device == OUR_DEVICE_UNKNOWN ? 0 : 0x1b,
						.boot_id = BOOT};
					if (boot == OUR_BOOT_UNKNOWN || boot == BOTH_UNKNOWN)
						here.boot_id[0] = '\0';
					bool proof = ours == his && proves_death(kinds[ours], device, boot);
					const char *text = put_in(directory, &name);
					assert_int_equal(
						judge_from(text, &here), proof ? SL_OWNER_DEAD : SL_OWNER_UNKNOWN);
					/* One that is refused always proves that he lives. */
					int fd = lock_in(directory, text);
					assert_int_equal(judge_from(text, &here), SL_OWNER_ALIVE);
					close(fd);
					assert_int_equal(unlinkat(directory, text, 0), 0);
					dead += proof;
				}
	assert_int_equal(dead, 3 * DEVICES * BOOTS + (DEVICES + BOOTS - 1) + 3);
}

static void kinds_with_one_view_are_the_local_ones_but_overlay(void **state)
{
	(void)state;
	static const uint32_t local[] = {
		EXT4, BTRFS, TMPFS, 0x58465342, 0xF2F52010, 0x2FC12FC1, 0xCA451A4E, OVERLAY};
	static const uint32_t others[] = {FUSE, NFS, CIFS, 0, 0x01021997 /* 9p */};
	for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
		assert_true(sl_kind_is_local(local[i]));
		assert_int_equal(sl_kind_has_one_view(local[i]), local[i] != OVERLAY);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		assert_false(sl_kind_is_local(others[i]));
		assert_false(sl_kind_has_one_view(others[i]));
	}
}

static void viewpoint_is_of_this_directory(void **state)
{
	(void)state;
	struct stat st;
	struct sl_viewpoint here = here_and_now();
	assert_int_equal(fstat(directory, &st), 0);
	assert_int_equal(here.kind, TMPFS);
	assert_int_equal(here.device, st.st_dev);
	assert_string_equal(here.boot_id, sl_process_self()->process.boot_id);
	pretend_kind(CIFS);
	assert_int_equal(here_and_now().kind, CIFS);
	/* What cannot be told proves nothing. */
	refuse_call(CALL_FSTATFS, 1, EIO);
	refuse_call(CALL_FSTAT, 1, EIO);
	here = here_and_now();
	assert_int_equal(here.kind, 0);
	assert_int_equal(here.device, 0);
}

static void what_is_no_file_is_nobodys_death(void **state)
{
	(void)state;
	struct sl_record_name names[4];
	char texts[4][SL_RECORD_NAME_MAX + 1];
	unsigned descriptors = descriptor_count();
	for (int i = 0; i < 4; i++) {
		names[i] = own_name();
		sl_record_name_write(texts[i], &names[i]);
	}
	assert_int_equal(mkfifoat(directory, texts[0], 0600), 0);
	assert_int_equal(mkdirat(directory, texts[1], 0700), 0);
	assert_int_equal(symlinkat("/etc/passwd", directory, texts[2]), 0);
	assert_int_equal(symlinkat("nowhere", directory, texts[3]), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(judge(texts[i]), SL_OWNER_UNKNOWN);
	assert_int_equal(descriptor_count(), descriptors);
}

static void what_a_network_file_system_leaves_there_is_no_owner(void **state)
{
	(void)state;
	assert_int_equal(judge(".nfs00000000015a3c8b00000002"), SL_NO_OWNER);
	assert_int_equal(judge(".fuse_hidden000001b500000001"), SL_NO_OWNER);
	assert_int_equal(judge(".hidden"), SL_OWNER_UNKNOWN);
	assert_int_equal(judge("nfs1"), SL_OWNER_UNKNOWN);
}

static void judge_who_cannot_look_declares_nobody_dead(void **state)
{
	(void)state;
	static const int errors[] = {EIO, EMFILE, EACCES, ENOLCK, EINTR};
	static const enum call calls[] = {CALL_OPEN, CALL_FSTAT, CALL_FLOCK};
	const char *name = put_dead();
	struct sl_viewpoint here = here_and_now();
	unsigned descriptors = descriptor_count();
	for (int call = 0; call < 3; call++)
		for (int i = 0; i < 5; i++) {
			watch_calls();
			refuse_call(calls[call], 1, errors[i]);
			struct sl_judged judged;
			sl_judge(directory, name, &here, &judged);
			assert_true(rule_applied());
			stop_watching();
			bool repeated = calls[call] == CALL_FLOCK && errors[i] == EINTR;
			/* What is wrong with us or the disk says nothing of him. */
			bool ours =
				calls[call] != CALL_FLOCK && (calls[call] != CALL_OPEN || errors[i] != EACCES);
			assert_int_equal(judged.verdict, repeated ? SL_OWNER_DEAD : SL_OWNER_UNKNOWN);
			assert_int_equal(judged.failure.number, ours ? errors[i] : 0);
			if (ours)
				assert_string_equal(
					judged.failure.call, calls[call] == CALL_OPEN ? "open" : "fstat");
			if (judged.descriptor >= 0)
				close(judged.descriptor);
			assert_int_equal(descriptor_count(), descriptors);
		}
}

static void remove_record_in_directory(void *name)
{
	if (unlinkat(directory, name, 0) != 0)
		abort();
}

static void record_that_was_removed_after_it_was_opened_is_gone(void **state)
{
	(void)state;
	char *name = (char *)put_dead();
	before_call(CALL_FSTAT, 2, remove_record_in_directory, name);
	assert_int_equal(judge(name), SL_OWNER_GONE);
	assert_true(rule_applied());
}

/* --- Reading a directory --- */

struct listing {
	unsigned count, limit;
	bool dots;
};

static bool list(const char *name, void *data)
{
	struct listing *listing = data;
	listing->count++;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		listing->dots = true;
	return listing->count != listing->limit;
}

static void all_that_is_in_a_directory_is_visited_or_until_it_is_enough(void **state)
{
	(void)state;
	struct listing listing = {0};
	char name[16];
	assert_int_equal(sl_directory_each(directory, list, &listing, &failure), SL_OK);
	assert_int_equal(listing.count, 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, ".%d", i);
		close(openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	/* Twice: the second one does not begin where the first one ended. */
	for (int i = 0; i < 2; i++) {
		listing.count = 0;
		assert_int_equal(sl_directory_each(directory, list, &listing, &failure), SL_OK);
		assert_int_equal(listing.count, 1000);
	}
	assert_false(listing.dots);
	listing = (struct listing){.limit = 7};
	assert_int_equal(sl_directory_each(directory, list, &listing, &failure), SL_OK);
	assert_int_equal(listing.count, 7);
}

static void directory_that_cannot_be_read_to_its_end_is_an_error(void **state)
{
	(void)state;
	static const enum call calls[] = {CALL_OPEN, CALL_OPENDIR, CALL_READDIR};
	static const int errors[] = {EMFILE, ENOMEM, EIO};
	struct listing listing = {0};
	unsigned descriptors = descriptor_count();
	put_dead();
	for (int i = 0; i < 3; i++) {
		watch_calls();
		refuse_call(calls[i], 1, errors[i]);
		assert_int_equal(sl_directory_each(directory, list, &listing, &failure), SL_SYSTEM);
		stop_watching();
		assert_string_equal(failure.call, calls[i] == CALL_READDIR ? "readdir" : "opendir");
		assert_int_equal(failure.number, errors[i]);
		assert_int_equal(descriptor_count(), descriptors);
	}
}

/* --- What crashed processes left --- */

static bool clear(void)
{
	bool removed;
	assert_int_equal(sl_directory_clear(directory, sl_process_self(), &removed, &failure), SL_OK);
	return removed;
}

static void dead_owners_are_removed_and_nothing_else(void **state)
{
	(void)state;
	struct sl_record_name names[] = {own_name(), own_name(), own_name(), own_name()};
	char texts[4][SL_RECORD_NAME_MAX + 1];
	names[1].mode = SL_SHARED;
	names[2].kind = FUSE;
	for (int i = 0; i < 4; i++)
		strcpy(texts[i], put_in(directory, &names[i]));
	int fd = lock_in(directory, texts[3]);
	close(openat(directory, "README", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(mkdirat(directory, "folder", 0700), 0);
	unsigned descriptors = descriptor_count();
	assert_true(clear());
	assert_false(is_in(directory, texts[0]));
	assert_false(is_in(directory, texts[1]));
	assert_true(is_in(directory, texts[2]));
	assert_true(is_in(directory, texts[3]));
	assert_true(is_in(directory, "README"));
	assert_true(is_in(directory, "folder"));
	assert_false(clear());
	assert_int_equal(descriptor_count(), descriptors);
	close(fd);
	assert_true(clear());
	assert_false(is_in(directory, texts[3]));
}

/* Who has just made it and would lock it now finds it locked. */
static void try_to_lock(void *name)
{
	int fd = openat(directory, name, O_RDWR | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		abort();
	close(fd);
}

static void dead_owner_is_removed_while_we_have_his_flock(void **state)
{
	(void)state;
	char *name = (char *)put_dead();
	before_call(CALL_UNLINK, 1, try_to_lock, name);
	assert_true(clear());
	assert_true(rule_applied());
	assert_false(is_in(directory, name));
}

static void dead_owner_whom_another_one_removes_meanwhile_is_no_error(void **state)
{
	(void)state;
	before_call(CALL_UNLINK, 1, remove_record_in_directory, (char *)put_dead());
	assert_false(clear());
	assert_true(rule_applied());
}

static void dead_owner_who_cannot_be_removed_is_an_error(void **state)
{
	(void)state;
	bool removed;
	unsigned descriptors = descriptor_count();
	put_dead();
	refuse_call(CALL_UNLINK, 1, EROFS);
	assert_int_equal(
		sl_directory_clear(directory, sl_process_self(), &removed, &failure), SL_SYSTEM);
	stop_watching();
	assert_false(removed);
	assert_string_equal(failure.call, "unlink");
	assert_int_equal(failure.number, EROFS);
	assert_int_equal(descriptor_count(), descriptors);
}

/* In `directory`, which is the parent here. */
static int make_temporary(const char *base, char text[NAME_MAX + 1])
{
	char nonce[SL_NONCE_SIZE + 1];
	if (!sl_nonce_draw(nonce) || !sl_temporary_name_write(text, NAME_MAX + 1, base, nonce) ||
		mkdirat(directory, text, 0700) != 0)
		abort();
	int temporary = openat(directory, text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (temporary < 0)
		abort();
	return temporary;
}

static void collect(const char *ours)
{
	sl_directory_collect(directory, "L", ours, sl_process_self());
}

static void what_crashed_processes_left_beside_the_lock_is_collected(void **state)
{
	(void)state;
	enum { EMPTY, DEAD, LIVE, OURS, UNKNOWN, ALIEN, OF_ANOTHER, KINDS };
	char names[KINDS][NAME_MAX + 1], link[NAME_MAX + 1];
	int parts[KINDS];
	for (int i = 0; i < KINDS; i++)
		parts[i] = make_temporary(i == OF_ANOTHER ? "M" : "L", names[i]);
	struct sl_record_name name = own_name();
	put_in(parts[DEAD], &name);
	int fd = lock_in(parts[LIVE], put_in(parts[LIVE], &name));
	put_in(parts[OURS], &name);
	put_in(parts[OF_ANOTHER], &name);
	name.kind = NFS;
	put_in(parts[UNKNOWN], &name);
	close(openat(parts[ALIEN], "data", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	for (int i = 0; i < KINDS; i++)
		close(parts[i]);
	/* Called as one of ours, but none. */
	assert_true(sl_temporary_name_write(link, sizeof link, "L", NONCE));
	assert_int_equal(symlinkat(names[OURS], directory, link), 0);
	assert_int_equal(mkdirat(directory, "L", 0700), 0);
	unsigned descriptors = descriptor_count();
	collect(names[OURS]);
	assert_int_equal(descriptor_count(), descriptors);
	for (int i = 0; i < KINDS; i++)
		assert_int_equal(is_in(directory, names[i]), i != EMPTY && i != DEAD);
	assert_true(is_in(directory, link));
	assert_true(is_in(directory, "L"));
	close(fd);
	collect("");
	assert_false(is_in(directory, names[LIVE]));
	assert_false(is_in(directory, names[OURS]));
	assert_true(is_in(directory, names[UNKNOWN]));
	assert_true(is_in(directory, names[ALIEN]));
	assert_true(is_in(directory, names[OF_ANOTHER]));
}

static void collect_as_another_user(void *data)
{
	(void)data;
	become(SOME_USER);
	collect("");
}

static void what_may_not_be_collected_stays(void **state)
{
	(void)state;
	char name[NAME_MAX + 1];
	need_root();
	struct sl_record_name record = own_name();
	int temporary = make_temporary("L", name);
	const char *text = put_in(temporary, &record);
	assert_int_equal(fchmod(directory, 01777), 0);
	in_child(collect_as_another_user, NULL);
	assert_true(is_in(temporary, text));
	close(temporary);
}

/* The next acquire tells: the collection itself has nobody to tell. */
static void collection_survives_the_failure_of_every_call(void **state)
{
	(void)state;
	static const int errors[] = {EIO, EMFILE, EINTR, ENOMEM};
	char name[NAME_MAX + 1];
	unsigned descriptors = descriptor_count();
	for (int i = 0; i < 4; i++) {
		unsigned nth = 0;
		do {
			struct sl_record_name record = own_name();
			int temporary = make_temporary("L", name);
			put_in(temporary, &record);
			close(temporary);
			watch_calls();
			refuse_call(CALL_ANY, ++nth, errors[i]);
			collect("");
			stop_watching();
			assert_int_equal(descriptor_count(), descriptors);
			if (!rule_applied())
				assert_false(is_in(directory, name));
			collect("");
			assert_false(is_in(directory, name));
		} while (rule_applied());
		assert_true(nth > 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(name_of_a_record_says_what_is_needed_to_judge),
		directory_test(what_is_called_otherwise_is_no_record),
		directory_test(path_of_a_record_is_shown_as_that_of_its_lock),
		fixture_test(nonce_is_never_the_same),
		fixture_test(name_of_a_temporary_directory_is_known_again),
		directory_test(owner_is_alive_as_long_as_he_keeps_his_record_locked),
		directory_test(judge_says_whom_he_has_judged),
		directory_test(dead_owners_record_belongs_to_who_judges),
		directory_test(flock_proves_a_death_only_where_one_of_the_owner_would_be_seen),
		fixture_test(kinds_with_one_view_are_the_local_ones_but_overlay),
		directory_test(viewpoint_is_of_this_directory),
		directory_test(what_is_no_file_is_nobodys_death),
		directory_test(what_a_network_file_system_leaves_there_is_no_owner),
		directory_test(judge_who_cannot_look_declares_nobody_dead),
		directory_test(record_that_was_removed_after_it_was_opened_is_gone),
		directory_test(all_that_is_in_a_directory_is_visited_or_until_it_is_enough),
		directory_test(directory_that_cannot_be_read_to_its_end_is_an_error),
		directory_test(dead_owners_are_removed_and_nothing_else),
		directory_test(dead_owner_is_removed_while_we_have_his_flock),
		directory_test(dead_owner_whom_another_one_removes_meanwhile_is_no_error),
		directory_test(dead_owner_who_cannot_be_removed_is_an_error),
		directory_test(what_crashed_processes_left_beside_the_lock_is_collected),
		directory_test(what_may_not_be_collected_stays),
		directory_test(collection_survives_the_failure_of_every_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
