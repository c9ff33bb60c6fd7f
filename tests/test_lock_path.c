#include "fixture.h"

#include "lock_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define PRIVATE 0600
#define FOR_ALL 0666

/* Users without a name. */
#define SOME_USER  54321
#define OTHER_USER 54322

/* The one entry of these tests; closed when a test ends, however it ends. */
static struct sl_registry_entry entry;

static int set_up(void **state)
{
	entry = (struct sl_registry_entry){.descriptor = -1};
	return fixture_set_up(state);
}

static int tear_down(void **state)
{
	sl_registry_close(&entry);
	return fixture_tear_down(state);
}

#define path_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* How one attempt to open a lock path went. */
struct attempt {
	enum sl_result result;
	struct sl_failure failure;
	struct sl_file_id id;
};

static struct attempt try_open_as(const char *path, bool exclusive, mode_t permissions)
{
	struct attempt attempt = {0};
	attempt.result =
		sl_lock_path_open(path, exclusive, permissions, &entry, &attempt.id, &attempt.failure);
	return attempt;
}

static struct attempt try_open(const char *path)
{
	return try_open_as(path, true, PRIVATE);
}

/* It is open as promised, and it is what the path names; closes it. */
static void assert_opened(const struct attempt *attempt, const char *path, int access_mode)
{
	struct stat st;
	assert_int_equal(attempt->result, SL_OK);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(attempt->id.inode, st.st_ino);
	assert_int_equal(attempt->id.device, st.st_dev);
	assert_int_equal(fcntl(entry.descriptor, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(entry.descriptor, F_GETFL) & O_ACCMODE, access_mode);
	assert_true(entry.linked);
	sl_registry_close(&entry);
}

static void assert_nothing_open(void)
{
	assert_int_equal(entry.descriptor, -1);
	assert_false(entry.linked);
}

static void assert_refused(const struct attempt *attempt, enum sl_result result)
{
	assert_int_equal(attempt->result, result);
	assert_nothing_open();
	assert_string_equal(attempt->failure.call, "open");
}

static void assert_failed(const struct attempt *attempt, const char *call, int number)
{
	assert_int_equal(attempt->result, SL_SYSTEM);
	assert_nothing_open();
	assert_string_equal(attempt->failure.call, call);
	assert_int_equal(attempt->failure.number, number);
}

/* The same refusal in both modes, with both kinds of permissions, and the file is left alone. */
static void assert_always_refused(const char *path, enum sl_result result)
{
	const struct file_state before = state_of(path);
	for (int kind = 0; kind < 4; kind++) {
		struct attempt attempt =
			try_open_as(path, kind % 2 == 0, kind / 2 == 0 ? PRIVATE : FOR_ALL);
		assert_refused(&attempt, result);
		assert_unchanged(path, &before);
	}
}

static mode_t mode_of(const char *path)
{
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* --- What is refused --- */

static void symlink_is_refused_and_its_target_untouched(void **state)
{
	(void)state;
	const char *victim = path_of("victim"), *path = path_of("lock");
	write_file(victim, "precious");
	assert_int_equal(symlink(victim, path), 0);
	const struct file_state before = state_of(victim);
	assert_always_refused(path, SL_UNSAFE_SYMLINK);
	assert_unchanged(victim, &before);
}

static void dangling_symlink_is_refused_and_its_target_not_created(void **state)
{
	(void)state;
	const char *victim = path_of("victim"), *path = path_of("lock");
	assert_int_equal(symlink(victim, path), 0);
	assert_always_refused(path, SL_UNSAFE_SYMLINK);
	assert_false(exists(victim));
}

static void symlink_to_itself_is_refused_as_a_symlink(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	assert_int_equal(symlink(path, path), 0);
	assert_always_refused(path, SL_UNSAFE_SYMLINK);
}

static void symlink_that_is_gone_when_it_is_asked_about_is_refused_all_the_same(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	assert_int_equal(symlink(path_of("victim"), path), 0);
	before_call(CALL_LSTAT, 1, remove_file, (void *)path);
	struct attempt attempt = try_open(path);
	assert_true(rule_applied());
	assert_refused(&attempt, SL_UNSAFE_SYMLINK);
}

static void loop_among_the_parents_is_an_error_of_the_system(void **state)
{
	(void)state;
	const char *parent = path_of("loop"), *path = path_of("loop/lock");
	assert_int_equal(symlink(parent, parent), 0);
	struct attempt attempt = try_open(path);
	assert_failed(&attempt, "open", ELOOP);
}

static void symlink_among_the_parents_is_followed(void **state)
{
	(void)state;
	const char *directory = path_of("directory"), *link = path_of("link");
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(symlink(directory, link), 0);
	struct attempt attempt = try_open(path_of("link/lock"));
	assert_opened(&attempt, path_of("directory/lock"), O_RDWR);
}

static void missing_directory_is_an_error_of_the_system(void **state)
{
	(void)state;
	const char *file = path_of("file");
	struct attempt attempt = try_open(path_of("missing/lock"));
	assert_failed(&attempt, "open", ENOENT);
	write_file(file, "");
	attempt = try_open(path_of("file/lock"));
	assert_failed(&attempt, "open", ENOTDIR);
}

static void fifo_is_refused_without_blocking(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_always_refused(path, SL_UNSAFE_TYPE);
}

static void socket_is_refused(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_always_refused(path, SL_UNSAFE_TYPE);
	close(fd);
}

static void device_is_refused(void **state)
{
	(void)state;
	need_root();
	/* The null device, and one that has no driver. */
	const char *null = path_of("null"), *nothing = path_of("nothing");
	if (mknod(null, S_IFCHR | 0600, makedev(1, 3)) != 0) {
		print_message("device nodes are forbidden here\n");
		skip();
	}
	assert_int_equal(mknod(nothing, S_IFCHR | 0600, makedev(60, 255)), 0);
	/* /dev/shm may be mounted nodev, and then the node cannot be opened at all. */
	struct attempt attempt = try_open(null);
	if (attempt.result == SL_SYSTEM && attempt.failure.number == EACCES)
		skip();
	assert_always_refused(null, SL_UNSAFE_TYPE);
	assert_always_refused(nothing, SL_UNSAFE_TYPE);
}

static void directory_is_refused(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_always_refused(path, SL_UNSAFE_TYPE);
}

static void hard_link_is_refused(void **state)
{
	(void)state;
	const char *victim = path_of("victim"), *path = path_of("lock");
	write_file(victim, "precious");
	assert_int_equal(link(victim, path), 0);
	assert_always_refused(path, SL_UNSAFE_LINKS);
	remove_file((void *)path);
	struct attempt attempt = try_open(victim);
	assert_opened(&attempt, victim, O_RDWR);
}

static void file_of_another_user_is_refused_in_private_and_its_owner_named(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	write_file(path, "theirs");
	assert_int_equal(chown(path, SOME_USER, SOME_USER), 0);
	const struct file_state before = state_of(path);
	static const mode_t private[] = {0600, 0400, 0700, 04600};
	for (size_t i = 0; i < sizeof private / sizeof *private; i++) {
		struct attempt attempt = try_open_as(path, i % 2 == 0, private[i]);
		assert_refused(&attempt, SL_UNSAFE_OWNER);
		assert_int_equal(attempt.failure.owner, SOME_USER);
		assert_unchanged(path, &before);
	}
}

static void file_of_another_user_is_accepted_when_shared_on_purpose(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	write_file(path, "theirs");
	assert_int_equal(chown(path, SOME_USER, SOME_USER), 0);
	const struct file_state before = state_of(path);
	static const mode_t public[] = {0666, 0660, 0604, 0640, 0610};
	for (size_t i = 0; i < sizeof public / sizeof *public; i++) {
		struct attempt attempt = try_open_as(path, true, public[i]);
		assert_opened(&attempt, path, O_RDWR);
		assert_unchanged(path, &before);
	}
}

static void open_files_as_another_user(void *data)
{
	char *const *paths = data;
	become(SOME_USER);
	struct attempt attempt = try_open(paths[0]);
	expect(attempt.result == SL_OK);
	sl_registry_close(&entry);
	attempt = try_open(paths[1]);
	expect(attempt.result == SL_OK);
	sl_registry_close(&entry);
	attempt = try_open(paths[2]);
	expect(attempt.result == SL_UNSAFE_OWNER && attempt.failure.owner == OTHER_USER);
}

static void private_file_may_be_ours_or_that_of_root_and_nobody_elses(void **state)
{
	(void)state;
	need_root();
	const char *paths[] = {path_of("root"), path_of("ours"), path_of("theirs")};
	static const uid_t owners[] = {0, SOME_USER, OTHER_USER};
	for (int i = 0; i < 3; i++) {
		write_file(paths[i], "");
		assert_int_equal(chmod(paths[i], FOR_ALL), 0);
		assert_int_equal(chown(paths[i], owners[i], owners[i]), 0);
	}
	in_child(open_files_as_another_user, paths);
}

/* --- Creating --- */

static void missing_file_is_created_with_exactly_the_permissions_under_any_umask(void **state)
{
	(void)state;
	static const mode_t umasks[] = {0, 022, 077, 0777};
	static const mode_t permissions[] = {0600, 0640, 0660, 0666};
	const char *path = path_of("lock");
	for (size_t i = 0; i < 16; i++) {
		umask(umasks[i / 4]);
		struct attempt attempt = try_open_as(path, i % 2 == 0, permissions[i % 4]);
		umask(022);
		assert_opened(&attempt, path, O_RDWR);
		assert_int_equal(mode_of(path), permissions[i % 4]);
		assert_file_text(path, "");
		remove_file((void *)path);
	}
}

static void existing_file_keeps_content_permissions_and_times(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "what the last owner wrote");
	assert_int_equal(chmod(path, 0644), 0);
	const struct file_state before = state_of(path);
	struct attempt attempt = try_open(path);
	assert_opened(&attempt, path, O_RDWR);
	attempt = try_open_as(path, false, FOR_ALL);
	assert_opened(&attempt, path, O_RDWR);
	assert_unchanged(path, &before);
}

static void existing_file_is_opened_by_one_call_without_creating(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	watch_calls();
	struct attempt attempt = try_open(path);
	assert_string_equal(call_trace(), "open fstat ");
	assert_opened(&attempt, path, O_RDWR);
}

/* --- Reading will do --- */

static void open_what_may_only_be_read(void *data)
{
	become(SOME_USER);
	struct attempt attempt = try_open_as(data, true, FOR_ALL);
	expect(attempt.result == SL_SYSTEM);
	expect(strcmp(attempt.failure.call, "open") == 0 && attempt.failure.number == EACCES);
	expect(entry.descriptor == -1);
	attempt = try_open_as(data, false, FOR_ALL);
	expect(attempt.result == SL_OK);
	expect((fcntl(entry.descriptor, F_GETFL) & O_ACCMODE) == O_RDONLY);
	expect(fcntl(entry.descriptor, F_GETFD) == FD_CLOEXEC);
}

static void file_that_may_only_be_read_serves_for_sharing_only(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	write_file(path, "");
	assert_int_equal(chmod(path, 0444), 0);
	in_child(open_what_may_only_be_read, (void *)path);
}

static void open_on_a_read_only_file_system(void *data)
{
	char *const *paths = data;
	expect(mount(paths[0], paths[0], NULL, MS_BIND, NULL) == 0);
	expect(mount(NULL, paths[0], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0);
	struct attempt attempt = try_open(paths[1]);
	expect(attempt.result == SL_SYSTEM && attempt.failure.number == EROFS);
	attempt = try_open_as(paths[1], false, PRIVATE);
	expect(attempt.result == SL_OK);
	sl_registry_close(&entry);
	attempt = try_open_as(paths[2], false, PRIVATE);
	expect(attempt.result == SL_SYSTEM && attempt.failure.number == EROFS);
}

static void read_only_file_system_serves_for_sharing_only(void **state)
{
	(void)state;
	need_root();
	const char *paths[] = {
		path_of("directory"), path_of("directory/lock"), path_of("directory/new")};
	assert_int_equal(mkdir(paths[0], 0700), 0);
	write_file(paths[1], "");
	in_own_namespaces(open_on_a_read_only_file_system, paths);
}

static void kinds_that_may_only_be_read_are_refused_all_the_same(void **state)
{
	(void)state;
	const char *path = path_of("lock"), *victim = path_of("victim");
	assert_int_equal(mkfifo(path, 0600), 0);
	refuse_call(CALL_OPEN, 1, EACCES);
	struct attempt attempt = try_open_as(path, false, PRIVATE);
	assert_refused(&attempt, SL_UNSAFE_TYPE);

	write_file(victim, "precious");
	remove_file((void *)path);
	assert_int_equal(link(victim, path), 0);
	watch_calls();
	refuse_call(CALL_OPEN, 1, EROFS);
	attempt = try_open_as(path, false, PRIVATE);
	assert_refused(&attempt, SL_UNSAFE_LINKS);
}

/* --- Races --- */

static void create_readable_file(void *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, 0644) != 0 || write(fd, "theirs", 6) != 6)
		abort();
	close(fd);
}

static void file_created_by_another_meanwhile_is_used_and_left_as_it_is(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	before_call(CALL_OPEN, 2, create_readable_file, (void *)path);
	struct attempt attempt = try_open(path);
	assert_true(rule_applied());
	assert_int_equal(call_count(CALL_FCHMOD), 0);
	assert_opened(&attempt, path, O_RDWR);
	assert_file_text(path, "theirs");
	assert_int_equal(mode_of(path), 0644);
}

static void file_created_and_removed_by_others_meanwhile_is_created_again(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	before_call(CALL_OPEN, 2, create_readable_file, (void *)path);
	before_call(CALL_OPEN, 3, remove_file, (void *)path);
	struct attempt attempt = try_open(path);
	assert_int_equal(call_count(CALL_OPEN), 4);
	assert_int_equal(call_count(CALL_FCHMOD), 1);
	assert_opened(&attempt, path, O_RDWR);
	assert_int_equal(mode_of(path), PRIVATE);
}

static void place_symlink(void *paths)
{
	if (symlink(((char **)paths)[0], ((char **)paths)[1]) != 0)
		abort();
}

static void symlink_placed_meanwhile_is_refused_and_its_target_not_created(void **state)
{
	(void)state;
	const char *paths[] = {path_of("victim"), path_of("lock")};
	before_call(CALL_OPEN, 2, place_symlink, paths);
	struct attempt attempt = try_open(paths[1]);
	assert_true(rule_applied());
	assert_refused(&attempt, SL_UNSAFE_SYMLINK);
	assert_false(exists(paths[0]));
}

static void swap_for_symlink(void *paths)
{
	remove_file(((char **)paths)[1]);
	place_symlink(paths);
}

/* What was opened is judged, not what lies there later: the descriptor is that of the old file. */
static void symlink_swapped_in_after_the_open_does_not_reach_its_target(void **state)
{
	(void)state;
	const char *paths[] = {path_of("victim"), path_of("lock")};
	write_file(paths[0], "precious");
	write_file(paths[1], "");
	const struct file_state before = state_of(paths[0]);
	after_call(CALL_OPEN, 1, swap_for_symlink, paths);
	struct attempt attempt = try_open(paths[1]);
	/* The old file has no name any more, so it is opened again, and there is the link. */
	assert_refused(&attempt, SL_UNSAFE_SYMLINK);
	assert_unchanged(paths[0], &before);
}

static void new_file_swapped_for_a_symlink_gets_the_permissions_and_not_the_target(void **state)
{
	(void)state;
	const char *paths[] = {path_of("victim"), path_of("lock")};
	write_file(paths[0], "precious");
	const struct file_state before = state_of(paths[0]);
	before_call(CALL_FCHMOD, 1, swap_for_symlink, paths);
	struct attempt attempt = try_open_as(paths[1], true, FOR_ALL);
	assert_true(rule_applied());
	assert_refused(&attempt, SL_UNSAFE_SYMLINK);
	assert_unchanged(paths[0], &before);
}

static void file_removed_after_the_open_is_opened_again(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "old");
	after_call(CALL_OPEN, 1, remove_file, (void *)path);
	struct attempt attempt = try_open(path);
	assert_true(rule_applied());
	assert_opened(&attempt, path, O_RDWR);
	assert_file_text(path, "");
}

static void file_replaced_after_the_open_is_opened_again(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "old");
	after_call(CALL_OPEN, 1, replace_file, (void *)path);
	struct attempt attempt = try_open(path);
	assert_true(rule_applied());
	assert_opened(&attempt, path, O_RDWR);
}

static void file_replaced_again_and_again_ends_as_busy(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	before_every_call(CALL_FSTAT, replace_file, (void *)path);
	struct attempt attempt = try_open(path);
	assert_int_equal(attempt.result, SL_BUSY);
	assert_nothing_open();
	assert_in_range(call_count(CALL_OPEN), 2, 10000);
}

/* There whenever we create it, gone whenever we open it. */
static void appear_and_vanish(void *path)
{
	if (exists(path))
		remove_file(path);
	else
		create_readable_file(path);
}

static void file_that_vanishes_before_every_open_ends_as_busy(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	before_every_call(CALL_OPEN, appear_and_vanish, (void *)path);
	struct attempt attempt = try_open(path);
	assert_int_equal(attempt.result, SL_BUSY);
	assert_nothing_open();
	assert_in_range(call_count(CALL_OPEN), 2, 10000);
}

/* --- Calls that fail --- */

static const int errors[] = {EIO, ENOMEM, EACCES, EMFILE, ENOSPC, EPERM, ENAMETOOLONG};

static void assert_call_may_fail(const char *path, enum call call, unsigned nth)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		watch_calls();
		refuse_call(call, nth, errors[i]);
		unsigned descriptors = descriptor_count();
		struct attempt attempt = try_open(path);
		assert_true(rule_applied());
		stop_watching();
		assert_failed(&attempt, call_name(call), errors[i]);
		assert_int_equal(descriptor_count(), descriptors);
	}
}

static void each_call_on_an_existing_file_that_fails_is_told_and_leaves_nothing_open(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	const struct file_state before = state_of(path);
	assert_call_may_fail(path, CALL_OPEN, 1);
	assert_call_may_fail(path, CALL_FSTAT, 1);
	assert_unchanged(path, &before);
}

static void each_call_on_a_new_file_that_fails_is_told_and_leaves_nothing_open(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	assert_call_may_fail(path, CALL_OPEN, 1);
	assert_call_may_fail(path, CALL_OPEN, 2);
	assert_false(exists(path));
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		watch_calls();
		refuse_call(CALL_FCHMOD, 1, errors[i]);
		struct attempt attempt = try_open(path);
		assert_failed(&attempt, "fchmod", errors[i]);
		remove_file((void *)path);
	}
}

static void both_ways_to_open_for_sharing_that_fail_tell_the_second_error(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	refuse_call(CALL_OPEN, 1, EACCES);
	refuse_call(CALL_OPEN, 2, EMFILE);
	struct attempt attempt = try_open_as(path, false, PRIVATE);
	assert_failed(&attempt, "open", EMFILE);
	assert_int_equal(call_count(CALL_OPEN), 2);
}

static void interrupted_open_is_repeated(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	refuse_call(CALL_OPEN, 1, EINTR);
	refuse_call(CALL_OPEN, 3, EINTR);
	struct attempt attempt = try_open(path);
	assert_int_equal(call_count(CALL_OPEN), 4);
	assert_opened(&attempt, path, O_RDWR);
}

/* --- What the path names --- */

static enum sl_result names(const char *path, const struct sl_file_id *id)
{
	struct sl_failure failure;
	return sl_lock_path_names(path, id, &failure);
}

static void path_names_its_file_until_it_is_moved_removed_or_replaced(void **state)
{
	(void)state;
	const char *path = path_of("directory/lock"), *other = path_of("directory/other");
	const char *directory = path_of("directory"), *moved = path_of("moved");
	assert_int_equal(mkdir(directory, 0700), 0);
	struct attempt attempt = try_open(path);
	assert_int_equal(attempt.result, SL_OK);
	assert_int_equal(names(path, &attempt.id), SL_OK);

	assert_int_equal(rename(path, other), 0);
	assert_int_equal(names(path, &attempt.id), SL_LOST);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(names(path, &attempt.id), SL_LOST);
	remove_file((void *)path);
	write_file(path, "");
	assert_int_equal(names(path, &attempt.id), SL_LOST);
	assert_int_equal(rename(other, path), 0);
	assert_int_equal(names(path, &attempt.id), SL_OK);

	assert_int_equal(rename(directory, moved), 0);
	assert_int_equal(names(path, &attempt.id), SL_LOST);
	write_file(directory, "");
	assert_int_equal(names(path, &attempt.id), SL_LOST);
}

static void path_that_cannot_be_asked_is_neither_ours_nor_lost(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_failure failure;
	struct attempt attempt = try_open(path);
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		watch_calls();
		refuse_call(CALL_LSTAT, 1, errors[i]);
		assert_int_equal(sl_lock_path_names(path, &attempt.id, &failure), SL_SYSTEM);
		assert_string_equal(failure.call, "lstat");
		assert_int_equal(failure.number, errors[i]);
	}
}

/* --- Looking --- */

struct look {
	enum sl_result result;
	int descriptor;
	struct sl_file_id id;
	struct sl_failure failure;
};

static struct look look_at(const char *path)
{
	struct look look = {.descriptor = -2};
	look.result = sl_lock_path_look(path, &look.descriptor, &look.id, &look.failure);
	return look;
}

static void assert_not_looked_at(const char *path, enum sl_result result)
{
	struct look look = look_at(path);
	assert_int_equal(look.result, result);
	assert_int_equal(look.descriptor, -1);
}

static void look_finds_a_file_and_changes_nothing(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "text");
	assert_int_equal(chmod(path, 0), 0);
	const struct file_state before = state_of(path);
	struct look look = look_at(path);
	assert_int_equal(look.result, SL_OK);
	assert_int_equal(look.id.inode, inode_of(path));
	assert_int_equal(fcntl(look.descriptor, F_GETFL) & O_PATH, O_PATH);
	assert_int_equal(fcntl(look.descriptor, F_GETFD), FD_CLOEXEC);
	close(look.descriptor);
	assert_unchanged(path, &before);
}

static void look_at_nothing_is_no_error_and_creates_nothing(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	assert_not_looked_at(path, SL_OK);
	assert_false(exists(path));
}

static void look_refuses_what_is_no_lock_file(void **state)
{
	(void)state;
	const char *directory = path_of("directory"), *link = path_of("link");
	const char *dangling = path_of("dangling"), *fifo = path_of("fifo");
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(symlink(directory, link), 0);
	assert_int_equal(symlink(path_of("missing"), dangling), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_not_looked_at(directory, SL_UNSAFE_TYPE);
	assert_not_looked_at(link, SL_UNSAFE_SYMLINK);
	assert_not_looked_at(dangling, SL_UNSAFE_SYMLINK);
	assert_not_looked_at(fifo, SL_UNSAFE_TYPE);
}

static void what_was_looked_at_is_read_though_the_path_names_another_file_by_now(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	char text[16] = "";
	write_file(path, "old");
	struct look look = look_at(path);
	assert_int_equal(look.result, SL_OK);
	replace_file((void *)path);
	int fd = sl_lock_path_read_looked_at(look.descriptor);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof text), 3);
	assert_string_equal(text, "old");
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(fd);
	close(look.descriptor);
}

static void look_that_fails_is_told_and_leaves_nothing_open(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	static const enum call calls[] = {CALL_OPEN, CALL_FSTAT};
	write_file(path, "");
	for (size_t i = 0; i < 2 * sizeof errors / sizeof *errors; i++) {
		watch_calls();
		refuse_call(calls[i % 2], 1, errors[i / 2]);
		struct look look = look_at(path);
		assert_int_equal(look.result, SL_SYSTEM);
		assert_int_equal(look.descriptor, -1);
		assert_string_equal(look.failure.call, call_name(calls[i % 2]));
		assert_int_equal(look.failure.number, errors[i / 2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		path_test(symlink_is_refused_and_its_target_untouched),
		path_test(dangling_symlink_is_refused_and_its_target_not_created),
		path_test(symlink_to_itself_is_refused_as_a_symlink),
		path_test(symlink_that_is_gone_when_it_is_asked_about_is_refused_all_the_same),
		path_test(loop_among_the_parents_is_an_error_of_the_system),
		path_test(symlink_among_the_parents_is_followed),
		path_test(missing_directory_is_an_error_of_the_system),
		path_test(fifo_is_refused_without_blocking),
		path_test(socket_is_refused),
		path_test(device_is_refused),
		path_test(directory_is_refused),
		path_test(hard_link_is_refused),
		path_test(file_of_another_user_is_refused_in_private_and_its_owner_named),
		path_test(file_of_another_user_is_accepted_when_shared_on_purpose),
		path_test(private_file_may_be_ours_or_that_of_root_and_nobody_elses),
		path_test(missing_file_is_created_with_exactly_the_permissions_under_any_umask),
		path_test(existing_file_keeps_content_permissions_and_times),
		path_test(existing_file_is_opened_by_one_call_without_creating),
		path_test(file_that_may_only_be_read_serves_for_sharing_only),
		path_test(read_only_file_system_serves_for_sharing_only),
		path_test(kinds_that_may_only_be_read_are_refused_all_the_same),
		path_test(file_created_by_another_meanwhile_is_used_and_left_as_it_is),
		path_test(file_created_and_removed_by_others_meanwhile_is_created_again),
		path_test(symlink_placed_meanwhile_is_refused_and_its_target_not_created),
		path_test(symlink_swapped_in_after_the_open_does_not_reach_its_target),
		path_test(new_file_swapped_for_a_symlink_gets_the_permissions_and_not_the_target),
		path_test(file_removed_after_the_open_is_opened_again),
		path_test(file_replaced_after_the_open_is_opened_again),
		path_test(file_replaced_again_and_again_ends_as_busy),
		path_test(file_that_vanishes_before_every_open_ends_as_busy),
		path_test(each_call_on_an_existing_file_that_fails_is_told_and_leaves_nothing_open),
		path_test(each_call_on_a_new_file_that_fails_is_told_and_leaves_nothing_open),
		path_test(both_ways_to_open_for_sharing_that_fail_tell_the_second_error),
		path_test(interrupted_open_is_repeated),
		path_test(path_names_its_file_until_it_is_moved_removed_or_replaced),
		path_test(path_that_cannot_be_asked_is_neither_ours_nor_lost),
		path_test(look_finds_a_file_and_changes_nothing),
		path_test(look_at_nothing_is_no_error_and_creates_nothing),
		path_test(look_refuses_what_is_no_lock_file),
		path_test(what_was_looked_at_is_read_though_the_path_names_another_file_by_now),
		path_test(look_that_fails_is_told_and_leaves_nothing_open),
	};
	return cmocka_run_group_tests_name("core: lock_path", tests, NULL, NULL);
}
