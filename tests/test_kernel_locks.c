#include "fixture.h"

#include "kernel_locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* How often the kernel's list is read while others change it and entries are passed over. */
#define LIST_ROUNDS 1000

/* A line of /proc/locks takes some 50 bytes, and one read of it brings 4096 at most. */
#define FEW  10
#define MANY 120

#define SOME_USER 54321

/* --- Lines --- */

static void assert_line(const char *line, pid_t acquirer, bool exclusive, unsigned major,
	unsigned minor, uint64_t inode)
{
	struct sl_kernel_lock lock;
	memset(&lock, 0xff, sizeof lock);
	assert_true(sl_kernel_lock_parse(line, &lock));
	assert_int_equal(lock.acquirer, acquirer);
	assert_int_equal(lock.exclusive, exclusive);
	assert_int_equal(lock.file.major, major);
	assert_int_equal(lock.file.minor, minor);
	assert_true(lock.file.inode == inode);
}

static void assert_no_lock(const char *line)
{
	struct sl_kernel_lock lock;
	assert_false(sl_kernel_lock_parse(line, &lock));
}

static void held_flock_lines_are_understood(void **state)
{
	(void)state;
	assert_line("1: FLOCK  ADVISORY  WRITE 4211 08:01:1234 0 EOF", 4211, true, 8, 1, 1234);
	assert_line("17: FLOCK  ADVISORY  READ  4211 00:1a:99 0 EOF\n", 4211, false, 0, 26, 99);
	assert_line(
		"1234567890123: FLOCK  ADVISORY  WRITE 4194304 103:fffff:18446744073709551615 0 EOF",
		4194304, true, 0x103, 0xfffff, UINT64_MAX);
}

static void line_of_fdinfo_is_understood(void **state)
{
	(void)state;
	assert_line("\t1: FLOCK  ADVISORY  WRITE 4211 08:01:1234 0 EOF\n", 4211, true, 8, 1, 1234);
}

static void acquirer_out_of_sight_is_nobody(void **state)
{
	(void)state;
	assert_line("1: FLOCK  ADVISORY  WRITE 0 08:01:1234 0 EOF", 0, true, 8, 1, 1234);
	assert_line("1: FLOCK  ADVISORY  WRITE -1 08:01:1234 0 EOF", 0, true, 8, 1, 1234);
}

/* Who waits behind another who waits is shown further to the right. */
static void lines_of_those_who_wait_are_told_from_those_who_hold(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"1: -> FLOCK  ADVISORY  WRITE 4211 08:01:1234 0 EOF",
		"1:  -> FLOCK  ADVISORY  WRITE 4211 08:01:1234 0 EOF\n",
		"12345:          -> FLOCK  ADVISORY  WRITE 4211 08:01:1234 0 EOF",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct sl_kernel_lock lock;
		assert_line(lines[i], 4211, true, 8, 1, 1234);
		assert_true(sl_kernel_lock_parse(lines[i], &lock));
		assert_true(lock.waiting);
	}
	struct sl_kernel_lock lock;
	assert_true(sl_kernel_lock_parse("1: FLOCK  ADVISORY  READ  4211 08:01:1234 0 EOF", &lock));
	assert_false(lock.waiting);
	assert_true(sl_kernel_lock_parse("1: -> FLOCK  ADVISORY  READ  0 08:01:1234 0 EOF", &lock));
	assert_true(lock.waiting);
	assert_false(lock.exclusive);
	assert_int_equal(lock.acquirer, 0);
}

static void other_kinds_of_locks_are_passed_over(void **state)
{
	(void)state;
	assert_no_lock("1: -> POSIX  ADVISORY  WRITE 4211 08:01:1234 0 EOF");
	assert_no_lock("1:  -> LEASE  BREAKER   WRITE 4211 08:01:1234 0 EOF");
	assert_no_lock("1: POSIX  ADVISORY  WRITE 4211 08:01:1234 0 EOF");
	assert_no_lock("1: POSIX  ADVISORY  READ  4211 08:01:1234 128 128");
	assert_no_lock("1: OFDLCK ADVISORY  WRITE -1 08:01:1234 0 EOF");
	assert_no_lock("1: LEASE  ACTIVE    WRITE 4211 08:01:1234 0 EOF");
	assert_no_lock("1: DELEG  ACTIVE    READ  4211 08:01:1234 0 EOF");
}

static void garbage_is_no_lock(void **state)
{
	(void)state;
	static const char line[] = "1: FLOCK  ADVISORY  WRITE 4211 08:01:1234 0 EOF";
	char part[sizeof line];
	assert_no_lock("");
	assert_no_lock("\n");
	assert_no_lock("FLOCK");
	assert_no_lock("1: ->");
	assert_no_lock("1: -> FLOCK");
	assert_no_lock("1: FLOCK  ADVISORY  WRITE pid 08:01:1234 0 EOF");
	assert_no_lock("1: FLOCK  ADVISORY  WRITE 4211 <none>:0 0 EOF");
	assert_no_lock("1: flock  advisory  write 4211 08:01:1234 0 eof");
	/* Cut anywhere before its inode. */
	for (size_t length = 0; length <= strlen("1: FLOCK  ADVISORY  WRITE 4211 08:01:"); length++) {
		memcpy(part, line, length);
		part[length] = '\0';
		assert_no_lock(part);
	}
}

/* --- The list --- */

static struct sl_kernel_file kernel_file_of(const char *path)
{
	struct sl_kernel_file file;
	struct sl_file_id id;
	struct sl_failure failure;
	int descriptor;
	if (sl_lock_path_look(path, &descriptor, &id, &failure) != SL_OK || descriptor < 0)
		abort();
	sl_kernel_file_of(descriptor, &id, &file);
	close(descriptor);
	return file;
}

static struct sl_kernel_list list_of(const char *path)
{
	struct sl_kernel_list list = {NULL, 99, true};
	struct sl_failure failure;
	struct sl_kernel_file file = kernel_file_of(path);
	if (sl_kernel_list_read(&file, &list, &failure) != SL_OK)
		abort();
	return list;
}

/* The list with so many entries, or what there is in the end. */
static struct sl_kernel_list list_of_so_many(const char *path, size_t count)
{
	struct sl_kernel_list list = list_of(path);
	for (int round = 1; round < LIST_ROUNDS && list.count != count && !list.complete; round++) {
		free(list.locks);
		list = list_of(path);
	}
	return list;
}

/* Who holds locks on it, and how: nobody for none. */
static void assert_listed(const char *path, size_t count, pid_t acquirer, bool exclusive)
{
	struct sl_kernel_list list = list_of_so_many(path, count);
	struct sl_kernel_lock first = {0};
	if (list.count > 0)
		first = list.locks[0];
	free(list.locks);
	assert_int_equal(list.count, count);
	if (count == 0)
		return;
	assert_int_equal(first.acquirer, acquirer);
	assert_int_equal(first.exclusive, exclusive);
}

static void own_lock_is_listed_as_long_as_it_is_held(void **state)
{
	(void)state;
	const char *path = path_of("lock"), *other = path_of("other");
	write_file(path, "");
	write_file(other, "");
	assert_listed(path, 0, 0, false);
	int fd = take_flock(path, LOCK_EX);
	assert_listed(path, 1, getpid(), true);
	assert_listed(other, 0, 0, false);
	assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
	assert_listed(path, 1, getpid(), false);
	close(fd);
	assert_listed(path, 0, 0, false);
}

static void share(void *path)
{
	int fd = take_flock(path, LOCK_SH);
	say('s');
	await();
	close(fd);
}

static void each_process_that_shares_is_listed_once(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child children[3];
	write_file(path, "");
	for (int i = 0; i < 3; i++) {
		children[i] = start_child(share, (void *)path);
		assert_int_equal(child_hear(&children[i]), 's');
	}
	/* Two descriptors of one process are one holder. */
	int first = take_flock(path, LOCK_SH), second = take_flock(path, LOCK_SH);
	struct sl_kernel_list list = list_of_so_many(path, 4);
	pid_t sum = 0;
	for (size_t i = 0; i < list.count; i++) {
		assert_false(list.locks[i].exclusive);
		sum += list.locks[i].acquirer;
	}
	free(list.locks);
	assert_int_equal(list.count, 4);
	assert_int_equal(sum, getpid() + children[0].pid + children[1].pid + children[2].pid);
	close(first);
	close(second);
}

static void wait_for_lock(void *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	expect(flock(fd, LOCK_EX) == 0);
	say('g');
	await();
}

static void wait_for_lock_shared(void *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	expect(flock(fd, LOCK_SH) == 0);
	say('g');
	await();
}

static void assert_entry(const struct sl_kernel_lock *lock, bool waiting, pid_t pid, bool exclusive)
{
	assert_int_equal(lock->waiting, waiting);
	assert_int_equal(lock->acquirer, pid);
	assert_int_equal(lock->exclusive, exclusive);
}

static void those_who_wait_are_listed_in_their_order_and_then_those_who_hold(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child waiters[4];
	write_file(path, "");
	int fd = take_flock(path, LOCK_SH);
	for (int i = 0; i < 4; i++) {
		waiters[i] = start_child(i == 2 ? wait_for_lock_shared : wait_for_lock, (void *)path);
		/* Who wants to share gets it at once, whoever waits. */
		if (i == 2)
			assert_int_equal(child_hear(&waiters[i]), 'g');
		else
			await_queue(path, i == 3 ? 3 : (size_t)i + 1);
	}
	struct sl_kernel_list list = list_of_so_many(path, 5);
	assert_int_equal(list.count, 5);
	assert_entry(&list.locks[0], true, waiters[0].pid, true);
	assert_entry(&list.locks[1], true, waiters[1].pid, true);
	assert_entry(&list.locks[2], true, waiters[3].pid, true);
	assert_true(list.locks[3].acquirer + list.locks[4].acquirer == getpid() + waiters[2].pid);
	for (int i = 3; i < 5; i++)
		assert_entry(&list.locks[i], false, list.locks[i].acquirer, false);
	free(list.locks);

	/* The next one in the list is the next one to get it. */
	child_kill(&waiters[2]);
	/* Those who wait have inherited the descriptor: closing ours would free nothing. */
	assert_int_equal(flock(fd, LOCK_UN), 0);
	assert_int_equal(child_hear(&waiters[0]), 'g');
	assert_false(child_has_spoken(&waiters[1]) || child_has_spoken(&waiters[3]));
	child_kill(&waiters[0]);
	assert_int_equal(child_hear(&waiters[1]), 'g');
	assert_false(child_has_spoken(&waiters[3]));
	close(fd);
}

static size_t entries_of(const struct sl_kernel_list *list, const struct sl_kernel_file *file)
{
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++)
		count += sl_kernel_same_file(&list->locks[i].file, file);
	return count;
}

static bool waiters_come_first(const struct sl_kernel_list *list)
{
	size_t i = 0;
	while (i < list->count && list->locks[i].waiting)
		i++;
	while (i < list->count && !list->locks[i].waiting)
		i++;
	return i == list->count;
}

static void list_of_all_shows_the_files_that_somebody_waits_for(void **state)
{
	(void)state;
	const char *wanted = path_of("wanted"), *also = path_of("also"), *quiet = path_of("quiet");
	const char *const paths[] = {wanted, also, quiet};
	struct sl_kernel_list list;
	struct sl_failure failure;
	int descriptors[3];
	for (int i = 0; i < 3; i++) {
		write_file(paths[i], "");
		descriptors[i] = take_flock(paths[i], LOCK_EX);
	}
	for (int i = 0; i < 3; i++) {
		start_child(wait_for_lock, (void *)(i == 2 ? also : wanted));
		await_queue(i == 2 ? also : wanted, i == 1 ? 2 : 1);
	}
	struct sl_kernel_file files[] = {
		kernel_file_of(wanted), kernel_file_of(also), kernel_file_of(quiet)};
	for (int round = 0; round < LIST_ROUNDS; round++) {
		assert_int_equal(sl_kernel_list_read(NULL, &list, &failure), SL_OK);
		assert_true(waiters_come_first(&list));
		assert_int_equal(entries_of(&list, &files[2]), 0);
		if (list.complete || round == LIST_ROUNDS - 1) {
			assert_int_equal(entries_of(&list, &files[0]), 3);
			assert_int_equal(entries_of(&list, &files[1]), 2);
		}
		free(list.locks);
	}
	for (int i = 0; i < 3; i++)
		close(descriptors[i]);
}

static void see_nobody_wait(void *path)
{
	struct sl_kernel_list list = {NULL, 99, false};
	struct sl_failure failure;
	int fd = take_flock(path, LOCK_EX);
	expect(sl_kernel_list_read(NULL, &list, &failure) == SL_OK);
	expect(list.count == 0);
	free(list.locks);
	close(fd);
}

static void list_of_all_is_empty_where_nobody_waits(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	need_root();
	write_file(path, "");
	in_own_namespaces(see_nobody_wait, (void *)path);
}

static void waiter_is_no_holder(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_kernel_lock lock;
	write_file(path, "");
	struct child waiter = start_child(wait_for_lock, (void *)path);
	assert_int_equal(child_hear(&waiter), 'g');
	struct child second = start_child(wait_for_lock, (void *)path);
	await_queue(path, 1);
	struct sl_kernel_file file = kernel_file_of(path);
	assert_int_equal(sl_kernel_process_has(waiter.pid, &file, SL_ANY_ACQUIRER, &lock), SL_HAS_IT);
	assert_int_equal(
		sl_kernel_process_has(second.pid, &file, SL_ANY_ACQUIRER, &lock), SL_HAS_IT_NOT);
	child_kill(&waiter);
}

static void lock_of_another_kind_is_not_listed(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	write_file(path, "");
	int posix = open(path, O_RDWR | O_CLOEXEC), description = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(fcntl(posix, F_SETLK, &whole), 0);
	assert_listed(path, 0, 0, false);
	/* Closing any descriptor of the file drops the first kind. */
	close(posix);
	assert_int_equal(fcntl(description, F_OFD_SETLK, &whole), 0);
	assert_listed(path, 0, 0, false);
	close(description);
}

/* In a namespace of its own, where nobody else's locks are listed. */
static void take_few_then_many(void *data)
{
	char path[128];
	struct sl_kernel_list list;
	int fd = -1;
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof path, "%s/%d", (const char *)data, i);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		expect(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
		if (i + 1 != FEW)
			continue;
		list = list_of(path);
		expect(list.complete && list.count == 1);
		free(list.locks);
	}
	/* The first and the last of them, far apart in the list. */
	list = list_of_so_many(path, 1);
	expect(!list.complete && list.count == 1);
	free(list.locks);
	snprintf(path, sizeof path, "%s/0", (const char *)data);
	list = list_of_so_many(path, 1);
	expect(!list.complete && list.count == 1);
	free(list.locks);
}

static void list_is_complete_only_if_one_read_brings_it(void **state)
{
	(void)state;
	need_root();
	const char *directory = path_of("directory");
	assert_int_equal(mkdir(directory, 0700), 0);
	in_own_namespaces(take_few_then_many, (void *)directory);
}

/* In a namespace of its own as well: there our lock is surely listed, and the list is short. */
static void read_list_with_faults(void *path)
{
	int fd = take_flock(path, LOCK_EX);
	struct sl_kernel_file file = kernel_file_of(path);
	static const struct {
		enum call call;
		int number;
		const char *name;
	} faults[] = {
		{CALL_OPEN, ENOENT, "read /proc/locks"},
		{CALL_OPEN, EMFILE, "read /proc/locks"},
		{CALL_MALLOC, ENOMEM, "read /proc/locks"},
		{CALL_REALLOC, ENOMEM, "realloc"},
	};
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct sl_failure failure = {0};
		struct sl_kernel_list list;
		watch_calls();
		refuse_call(faults[i].call, 1, faults[i].number);
		unsigned descriptors = descriptor_count();
		expect(sl_kernel_list_read(&file, &list, &failure) == SL_SYSTEM);
		expect(rule_applied());
		stop_watching();
		expect(strcmp(failure.call, faults[i].name) == 0);
		expect(failure.number == faults[i].number);
		expect(descriptor_count() == descriptors);
	}
	close(fd);
}

static void list_without_proc_or_memory_is_an_error(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	write_file(path, "");
	in_own_namespaces(read_list_with_faults, (void *)path);
}

/* --- Files as the kernel names them --- */

static void file_is_named_as_stat_does_where_that_is_all_there_is(void **state)
{
	(void)state;
	struct sl_kernel_file file;
	const struct sl_file_id id = {makedev(8, 17), 4711};
	sl_kernel_file_of(-1, &id, &file);
	assert_int_equal(file.major, 8);
	assert_int_equal(file.minor, 17);
	assert_int_equal(file.inode, 4711);
}

/* What stat(2) says is wrong on btrfs: the mount of the descriptor has the last word. */
static void file_is_named_by_its_mount_and_not_by_stat(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_kernel_file file;
	struct stat st;
	write_file(path, "");
	int fd = take_flock(path, LOCK_EX);
	assert_int_equal(fstat(fd, &st), 0);
	const struct sl_file_id wrong = {makedev(8, 17), 4711};
	sl_kernel_file_of(fd, &wrong, &file);
	assert_int_equal(file.major, major(st.st_dev));
	assert_int_equal(file.minor, minor(st.st_dev));
	assert_true(file.inode == st.st_ino);
	close(fd);
}

/* --- Processes --- */

static enum sl_sight sight_of(pid_t pid, const char *path, pid_t acquirer)
{
	struct sl_kernel_lock lock = {0};
	struct sl_kernel_file file = kernel_file_of(path);
	return sl_kernel_process_has(pid, &file, acquirer, &lock);
}

static void lock_of_a_process_is_told_as_the_kernel_shows_it(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct sl_kernel_lock lock = {0};
	write_file(path, "");
	const struct sl_kernel_file file = kernel_file_of(path);
	static const int operations[] = {LOCK_EX, LOCK_SH};
	for (int i = 0; i < 2; i++) {
		int fd = take_flock(path, operations[i]);
		assert_int_equal(sl_kernel_process_has(getpid(), &file, SL_ANY_ACQUIRER, &lock), SL_HAS_IT);
		assert_int_equal(lock.acquirer, getpid());
		assert_int_equal(lock.exclusive, operations[i] == LOCK_EX);
		assert_true(lock.file.inode == file.inode);
		close(fd);
	}
}

static void process_is_seen_to_have_its_lock_and_no_other(void **state)
{
	(void)state;
	const char *path = path_of("lock"), *other = path_of("other");
	write_file(path, "");
	write_file(other, "");
	struct child child = start_child(share, (void *)path);
	assert_int_equal(child_hear(&child), 's');
	assert_int_equal(sight_of(child.pid, path, child.pid), SL_HAS_IT);
	assert_int_equal(sight_of(child.pid, path, SL_ANY_ACQUIRER), SL_HAS_IT);
	assert_int_equal(sight_of(child.pid, path, getpid()), SL_HAS_IT_NOT);
	assert_int_equal(sight_of(child.pid, other, SL_ANY_ACQUIRER), SL_HAS_IT_NOT);
	assert_int_equal(sight_of(getpid(), path, SL_ANY_ACQUIRER), SL_HAS_IT_NOT);
	child_kill_unreaped(&child);
	assert_int_equal(sight_of(child.pid, path, SL_ANY_ACQUIRER), SL_HAS_IT_NOT);
	child_kill(&child);
	assert_int_equal(sight_of(child.pid, path, SL_ANY_ACQUIRER), SL_HAS_IT_NOT);
	assert_int_equal(sight_of(0, path, SL_ANY_ACQUIRER), SL_HAS_IT_NOT);
}

static void wait_with_what_was_inherited(void *data)
{
	(void)data;
	say('i');
	await();
}

static void heir_has_the_lock_that_its_parent_took(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	write_file(path, "");
	int fd = take_flock(path, LOCK_EX);
	struct child heir = start_child(wait_with_what_was_inherited, NULL);
	assert_int_equal(child_hear(&heir), 'i');
	close(fd);
	assert_int_equal(sight_of(heir.pid, path, getpid()), SL_HAS_IT);
	assert_int_equal(sight_of(heir.pid, path, heir.pid), SL_HAS_IT_NOT);
	assert_int_equal(sight_of(getpid(), path, getpid()), SL_HAS_IT_NOT);
	assert_listed(path, 1, getpid(), true);
}

struct visits {
	unsigned count;
	unsigned wanted;
	pid_t sum;
};

static bool visit(pid_t pid, const struct sl_kernel_lock *lock, void *data)
{
	struct visits *visits = data;
	visits->sum += lock->acquirer == pid ? pid : 0;
	return ++visits->count < visits->wanted;
}

static void each_process_that_has_the_lock_is_visited_until_it_is_enough(void **state)
{
	(void)state;
	const char *path = path_of("lock");
	struct child children[3];
	pid_t sum = 0;
	write_file(path, "");
	struct sl_kernel_file file = kernel_file_of(path);
	for (int i = 0; i < 3; i++) {
		children[i] = start_child(share, (void *)path);
		assert_int_equal(child_hear(&children[i]), 's');
		sum += children[i].pid;
	}
	struct visits visits = {.wanted = 99};
	sl_kernel_each_process(&file, SL_ANY_ACQUIRER, visit, &visits);
	assert_int_equal(visits.count, 3);
	assert_int_equal(visits.sum, sum);
	visits = (struct visits){.wanted = 99};
	sl_kernel_each_process(&file, children[1].pid, visit, &visits);
	assert_int_equal(visits.count, 1);
	assert_int_equal(visits.sum, children[1].pid);
	visits = (struct visits){.wanted = 2};
	sl_kernel_each_process(&file, SL_ANY_ACQUIRER, visit, &visits);
	assert_int_equal(visits.count, 2);
}

struct stranger {
	pid_t pid;
	const char *path;
};

static void look_at_root(void *data)
{
	const struct stranger *stranger = data;
	struct visits visits = {.wanted = 99};
	struct sl_kernel_file file = kernel_file_of(stranger->path);
	become(SOME_USER);
	expect(sight_of(stranger->pid, stranger->path, SL_ANY_ACQUIRER) == SL_NOT_VISIBLE);
	expect(!sl_kernel_each_process(&file, SL_ANY_ACQUIRER, visit, &visits));
	expect(visits.count == 0);
}

static void process_of_another_user_is_not_visible(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	write_file(path, "");
	struct child holder = start_child(share, (void *)path);
	assert_int_equal(child_hear(&holder), 's');
	struct stranger stranger = {holder.pid, path};
	in_child(look_at_root, &stranger);
}

static void lose_proc(void *path)
{
	struct sl_kernel_list list;
	struct sl_failure failure;
	struct visits visits = {.wanted = 99};
	struct stat st;
	expect(stat(path, &st) == 0);
	int fd = take_flock(path, LOCK_EX);
	expect(umount2("/proc", MNT_DETACH) == 0);
	expect(mount("none", "/proc", "tmpfs", MS_RDONLY, NULL) == 0);
	struct sl_kernel_file file = kernel_file_of(path);
	expect(file.inode == st.st_ino && file.major == major(st.st_dev));
	expect(sl_kernel_list_read(&file, &list, &failure) == SL_SYSTEM);
	expect(failure.number == ENOENT);
	expect(sl_kernel_process_has(getpid(), &file, SL_ANY_ACQUIRER, &(struct sl_kernel_lock){0}) ==
		   SL_HAS_IT_NOT);
	expect(sl_kernel_each_process(&file, SL_ANY_ACQUIRER, visit, &visits) && visits.count == 0);
	close(fd);
}

static void nothing_is_seen_without_proc(void **state)
{
	(void)state;
	need_root();
	const char *path = path_of("lock");
	write_file(path, "");
	in_own_namespaces(lose_proc, (void *)path);
}

/* --- The path of a locked file --- */

static void locked_file_has_the_path_by_which_its_process_opened_it(void **state)
{
	(void)state;
	char text[160], wanted[160], small[12];
	const char *path = path_of("lo\x1b\x63k");
	write_file(path, "");
	struct sl_kernel_file file = kernel_file_of(path);
	int fd = take_flock(path, LOCK_EX);
	sl_kernel_path_of(getpid(), &file, text, sizeof text);
	snprintf(wanted, sizeof wanted, "%.*slo\\x1bck", (int)(strrchr(path, '/') - path + 1), path);
	assert_string_equal(text, wanted);
	sl_kernel_path_of(getpid(), &file, small, sizeof small);
	assert_true(strlen(small) < sizeof small && strncmp(small, wanted, strlen(small)) == 0);
	close(fd);
}

static void look_from_another_user(void *data)
{
	const struct sl_kernel_file *file = data;
	char text[160], wanted[160];
	snprintf(wanted, sizeof wanted, "a file (inode %llu)", (unsigned long long)file->inode);
	become(SOME_USER);
	sl_kernel_path_of(getppid(), file, text, sizeof text);
	expect(strcmp(text, wanted) == 0);
}

static void locked_file_that_cannot_be_seen_is_called_by_its_inode(void **state)
{
	(void)state;
	char text[160], wanted[160];
	const char *path = path_of("lock");
	write_file(path, "");
	struct sl_kernel_file file = kernel_file_of(path);
	snprintf(wanted, sizeof wanted, "a file (inode %llu)", (unsigned long long)file.inode);
	sl_kernel_path_of(getpid(), &file, text, sizeof text);
	assert_string_equal(text, wanted);
	need_root();
	int fd = take_flock(path, LOCK_EX);
	in_child(look_from_another_user, &file);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_flock_lines_are_understood),
		cmocka_unit_test(line_of_fdinfo_is_understood),
		cmocka_unit_test(acquirer_out_of_sight_is_nobody),
		cmocka_unit_test(lines_of_those_who_wait_are_told_from_those_who_hold),
		cmocka_unit_test(other_kinds_of_locks_are_passed_over),
		cmocka_unit_test(garbage_is_no_lock),
		fixture_test(own_lock_is_listed_as_long_as_it_is_held),
		fixture_test(each_process_that_shares_is_listed_once),
		fixture_test(those_who_wait_are_listed_in_their_order_and_then_those_who_hold),
		fixture_test(list_of_all_shows_the_files_that_somebody_waits_for),
		fixture_test(list_of_all_is_empty_where_nobody_waits),
		fixture_test(waiter_is_no_holder),
		fixture_test(lock_of_another_kind_is_not_listed),
		fixture_test(list_is_complete_only_if_one_read_brings_it),
		fixture_test(list_without_proc_or_memory_is_an_error),
		fixture_test(file_is_named_as_stat_does_where_that_is_all_there_is),
		fixture_test(file_is_named_by_its_mount_and_not_by_stat),
		fixture_test(lock_of_a_process_is_told_as_the_kernel_shows_it),
		fixture_test(process_is_seen_to_have_its_lock_and_no_other),
		fixture_test(heir_has_the_lock_that_its_parent_took),
		fixture_test(each_process_that_has_the_lock_is_visited_until_it_is_enough),
		fixture_test(process_of_another_user_is_not_visible),
		fixture_test(nothing_is_seen_without_proc),
		fixture_test(locked_file_has_the_path_by_which_its_process_opened_it),
		fixture_test(locked_file_that_cannot_be_seen_is_called_by_its_inode),
	};
	return cmocka_run_group_tests_name("core: kernel_locks", tests, NULL, NULL);
}
