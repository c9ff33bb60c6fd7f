#include "fixture.h"

#include "registry.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <jansson.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATHS_MAX    32
#define PATH_SIZE    128
#define CHILDREN_MAX 256
#define RULES_MAX    16
#define TRACE_SIZE   4096

/* Milliseconds that something is waited for which cannot fail to come. */
#define PATIENCE 20000

/* Exit codes of a child; the sanitizers end it with 99. */
#define EXIT_UNEXPECTED 90
#define EXIT_FORBIDDEN  91

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=1:exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1";
}

/* Threads of a child that a process with threads has forked are no mistake. */
const char *__tsan_default_options(void)
{
	return "exitcode=99:die_after_fork=0:halt_on_error=1";
}

static char directory[32];
static char paths[PATHS_MAX][PATH_SIZE];
static unsigned path_count;
static unsigned descriptors_before;

static struct child children[CHILDREN_MAX];
static unsigned child_count;

/* In a child: its ends of the pipes to the test. */
static int hears = -1, speaks = -1;

/* --- Set up and tear down --- */

int fixture_set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	/* Orphans of a killed child become ours, so that they can be reaped. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || sl_registry_start() != 0)
		return -1;
	memcpy(directory, "/dev/shm/sitelock-core-XXXXXX", sizeof "/dev/shm/sitelock-core-XXXXXX");
	if (mkdtemp(directory) == NULL || chmod(directory, 0755) != 0)
		return -1;
	path_count = 0;
	child_count = 0;
	descriptors_before = descriptor_count();
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static void hang_up(struct child *child)
{
	if (child->to >= 0)
		close(child->to);
	if (child->from >= 0)
		close(child->from);
	child->to = child->from = -1;
}

int fixture_tear_down(void **state)
{
	(void)state;
	stop_watching();
	pretend_kind(0);
	pretend_sleep(0);
	umask(022);
	for (unsigned i = 0; i < child_count; i++) {
		hang_up(&children[i]);
		if (children[i].pid > 0)
			kill(children[i].pid, SIGKILL);
	}
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	unsigned descriptors = descriptor_count();
	if (nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
		return -1;
	assert_int_equal(descriptors, descriptors_before);
	return 0;
}

void need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("only root can set this up\n");
	skip();
}

/* --- Files --- */

const char *path_of(const char *name)
{
	assert_true(path_count < PATHS_MAX);
	char *path = paths[path_count++];
	snprintf(path, PATH_SIZE, "%s/%s", directory, name);
	return path;
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* The first bytes of a regular file, terminated; nothing of what we may not read. */
static void read_text(const char *path, char *text, size_t size)
{
	struct stat st;
	ssize_t length = 0;
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		assert_true(fd >= 0);
		length = read(fd, text, size - 1);
		assert_true(length >= 0);
		close(fd);
	}
	text[length] = '\0';
}

void assert_file_text(const char *path, const char *text)
{
	char found[4096];
	read_text(path, found, sizeof found);
	assert_string_equal(found, text);
}

bool exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

ino_t inode_of(const char *path)
{
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	return st.st_ino;
}

void remove_file(void *path)
{
	if (unlink(path) != 0)
		abort();
}

void replace_file(void *path)
{
	char other[PATH_SIZE + 8];
	snprintf(other, sizeof other, "%s.new", (const char *)path);
	int fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || rename(other, path) != 0)
		abort();
	close(fd);
}

struct file_state state_of(const char *path)
{
	struct file_state state;
	struct stat st;
	memset(&state, 0, sizeof state);
	assert_int_equal(lstat(path, &st), 0);
	read_text(path, state.text, sizeof state.text);
	state.mode = st.st_mode;
	state.owner = st.st_uid;
	state.links = st.st_nlink;
	state.size = st.st_size;
	state.modified = st.st_mtim;
	state.changed = st.st_ctim;
	return state;
}

void assert_unchanged(const char *path, const struct file_state *before)
{
	struct file_state now = state_of(path);
	assert_memory_equal(&now, before, sizeof now);
}

int take_flock(const char *path, int operation)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || flock(fd, operation | LOCK_NB) != 0)
		abort();
	return fd;
}

bool is_locked(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	bool locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
	if (locked && errno != EWOULDBLOCK)
		abort();
	close(fd);
	return locked;
}

/* Visits the descriptors of this process, but for the one that reads their directory. */
static unsigned count_descriptors(
	bool (*counts)(int descriptor, const void *data), const void *data)
{
	unsigned count = 0;
	DIR *list = opendir("/proc/self/fd");
	if (list == NULL)
		abort();
	for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
		int descriptor = atoi(entry->d_name);
		if (entry->d_name[0] != '.' && descriptor != dirfd(list) && counts(descriptor, data))
			count++;
	}
	closedir(list);
	return count;
}

static bool any_descriptor(int descriptor, const void *data)
{
	(void)descriptor, (void)data;
	return true;
}

static bool is_of_file(int descriptor, const void *data)
{
	const struct stat *file = data;
	struct stat st;
	return fstat(descriptor, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

unsigned entry_count(const char *directory)
{
	unsigned count = 0;
	DIR *stream = opendir(directory);
	if (stream == NULL)
		abort();
	for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(stream);
	return count;
}

static unsigned allocations, refused_allocation;

static void *allocate_for_json(size_t size)
{
	if (++allocations == refused_allocation) {
		errno = ENOMEM;
		return NULL;
	}
	return malloc(size);
}

void count_json_allocations(unsigned nth)
{
	allocations = 0;
	refused_allocation = nth;
	json_set_alloc_funcs(allocate_for_json, free);
}

unsigned json_allocations(void)
{
	return allocations;
}

void forget_json_allocations(void)
{
	json_set_alloc_funcs(malloc, free);
}

unsigned descriptor_count(void)
{
	return count_descriptors(any_descriptor, NULL);
}

bool has_descriptor_of(const char *path)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		abort();
	return count_descriptors(is_of_file, &st) > 0;
}

/* --- Other processes --- */

static struct child *remembered(const struct child *child)
{
	for (unsigned i = 0; i < child_count; i++)
		if (children[i].pid == child->pid)
			return &children[i];
	fail_msg("no child of this test");
	return NULL;
}

/* In the place of one that has finished, if there is any. */
static void remember(const struct child *child)
{
	unsigned i = 0;
	while (i < child_count && (children[i].pid > 0 || children[i].to >= 0))
		i++;
	assert_true(i < CHILDREN_MAX);
	children[i] = *child;
	if (i == child_count)
		child_count++;
}

static pid_t raw_clone(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static pid_t pid_wanted;

/* Only who may do anything may choose a pid. */
static pid_t raw_clone_as_wanted(void)
{
	struct clone_args arguments = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&pid_wanted,
		.set_tid_size = 1,
	};
	return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static struct child start(pid_t (*fork_way)(void), void (*body)(void *data), void *data)
{
	int down[2], up[2];
	assert_int_equal(pipe2(down, O_CLOEXEC), 0);
	assert_int_equal(pipe2(up, O_CLOEXEC), 0);
	fflush(NULL);
	pid_t pid = fork_way();
	expect(pid >= 0);
	if (pid == 0) {
		/* Held by a sibling, the pipe of another child would never end. */
		for (unsigned i = 0; i < child_count; i++)
			hang_up(&children[i]);
		child_count = 0;
		close(down[1]);
		close(up[0]);
		hears = down[0];
		speaks = up[1];
		body(data);
		/* At _exit ThreadSanitizer looks for threads that nobody has joined, and counts those that
		 * the parent is still to join. */
		syscall(SYS_exit_group, 0);
	}
	close(down[0]);
	close(up[1]);
	struct child child = {pid, down[1], up[0]};
	remember(&child);
	return child;
}

struct child start_child(void (*body)(void *data), void *data)
{
	return start(fork, body, data);
}

struct child clone_child(void (*body)(void *data), void *data)
{
	return start(raw_clone, body, data);
}

struct child clone_child_as(pid_t pid, void (*body)(void *data), void *data)
{
	pid_wanted = pid;
	return start(raw_clone_as_wanted, body, data);
}

void child_tell(struct child *child, char word)
{
	assert_int_equal(write(child->to, &word, 1), 1);
}

/* All the bytes; false if the other end hung up. */
static bool read_all(int fd, void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = read(fd, (char *)bytes + done, size - done);
		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		if (got > 0)
			done += (size_t)got;
	}
	return true;
}

char child_hear(struct child *child)
{
	char word;
	return read_all(child->from, &word, 1) ? word : '\0';
}

void child_hear_bytes(struct child *child, void *bytes, size_t size)
{
	assert_true(read_all(child->from, bytes, size));
}

bool child_has_spoken(struct child *child)
{
	struct pollfd wait = {child->from, POLLIN, 0};
	return poll(&wait, 1, 0) == 1 && (wait.revents & POLLIN) != 0;
}

void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) != pid)
		assert_int_equal(errno, EINTR);
}

static void end_at_once(void *data)
{
	(void)data;
}

pid_t dead_pid(void)
{
	struct child child = start_child(end_at_once, NULL);
	expect(child_finish(&child) == 0);
	return child.pid;
}

void child_kill_unreaped(struct child *child)
{
	siginfo_t info;
	assert_int_equal(kill(child->pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT), 0);
}

void child_kill(struct child *child)
{
	child_kill_unreaped(child);
	reap(child->pid);
	remembered(child)->pid = -1;
}

int child_finish(struct child *child)
{
	int status;
	struct child *known = remembered(child);
	hang_up(known);
	child->to = child->from = -1;
	while (waitpid(child->pid, &status, 0) != child->pid)
		assert_int_equal(errno, EINTR);
	known->pid = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void in_child(void (*body)(void *data), void *data)
{
	struct child child = start_child(body, data);
	assert_int_equal(child_finish(&child), 0);
}

void in_cloned_child(void (*body)(void *data), void *data)
{
	struct child child = clone_child(body, data);
	assert_int_equal(child_finish(&child), 0);
}

struct task {
	void (*body)(void *data);
	void *data;
};

static void leave_for(int namespaces)
{
	if (unshare(CLONE_NEWNS | namespaces) != 0 ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		_exit(EXIT_FORBIDDEN);
}

static void enter_host(void *data)
{
	const struct task *task = data;
	leave_for(CLONE_NEWUTS | CLONE_NEWNET);
	task->body(task->data);
}

static void enter_namespaces(void *data)
{
	const struct task *task = data;
	int status;

	leave_for(CLONE_NEWPID);
	pid_t pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		if (mount("proc", "/proc", "proc", 0, NULL) != 0)
			_exit(EXIT_FORBIDDEN);
		task->body(task->data);
		_exit(0);
	}
	expect(waitpid(pid, &status, 0) == pid);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_UNEXPECTED);
}

static void in_namespaces(void (*enter)(void *data), struct task task)
{
	struct child child = start_child(enter, &task);
	int code = child_finish(&child);
	if (code == EXIT_FORBIDDEN) {
		print_message("namespaces are forbidden here\n");
		skip();
	}
	assert_int_equal(code, 0);
}

void in_own_namespaces(void (*body)(void *data), void *data)
{
	in_namespaces(enter_namespaces, (struct task){body, data});
}

void in_own_host(void (*body)(void *data), void *data)
{
	in_namespaces(enter_host, (struct task){body, data});
}

void say(char word)
{
	say_bytes(&word, 1);
}

void say_bytes(const void *bytes, size_t size)
{
	expect(write(speaks, bytes, size) == (ssize_t)size);
}

char await(void)
{
	char word;
	if (!read_all(hears, &word, 1))
		_exit(0);
	return word;
}

void expect_at(bool condition, const char *text, const char *file, int line)
{
	if (condition)
		return;
	if (speaks < 0)
		_assert_true(0, text, file, line);
	fprintf(stderr, "%s:%d: in a child: %s\n", file, line, text);
	_exit(EXIT_UNEXPECTED);
}

void become(uid_t user)
{
	expect(setgroups(0, NULL) == 0);
	expect(setresgid(user, user, user) == 0);
	expect(setresuid(user, user, user) == 0);
}

bool sleeps(const char *stat)
{
	char line[512];
	int fd = open(stat, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t length = read(fd, line, sizeof line - 1);
	close(fd);
	line[length > 0 ? length : 0] = '\0';
	const char *name_end = strrchr(line, ')');
	return name_end != NULL && strncmp(name_end, ") S", 3) == 0;
}

void await_sleep(pid_t pid)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	for (int i = 0; i < PATIENCE; i++) {
		if (sleeps(path))
			return;
		usleep(1000);
	}
	expect(!"it sleeps");
}

/* --- Waiting --- */

static bool is_among(pid_t pid, const pid_t *pids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

size_t queue_for(const char *path, pid_t *pids, size_t size)
{
	char name[64], line[256];
	struct stat st;
	size_t count = 0;
	FILE *list = fopen("/proc/locks", "re");
	if (list == NULL || lstat(path, &st) != 0)
		abort();
	snprintf(name, sizeof name, " %02x:%02x:%lu ", major(st.st_dev), minor(st.st_dev),
		(unsigned long)st.st_ino);
	while (fgets(line, sizeof line, list) != NULL) {
		const char *entry = strstr(line, "-> FLOCK");
		int pid;
		/* A list that needs several reads may repeat an entry. */
		if (entry != NULL && strstr(entry, name) != NULL &&
			sscanf(entry, "-> FLOCK %*s %*s %d", &pid) == 1 && !is_among(pid, pids, count) &&
			count < size)
			pids[count++] = pid;
	}
	fclose(list);
	return count;
}

void await_queue(const char *path, size_t count)
{
	pid_t pids[CHILDREN_MAX];
	for (int i = 0; i < PATIENCE; i++) {
		if (queue_for(path, pids, CHILDREN_MAX) == count)
			return;
		usleep(1000);
	}
	expect(!"so many wait");
}

#ifdef __SANITIZE_THREAD__
/* ThreadSanitizer has a thread too, which is called as the program. */
static bool is_of_sanitizer(pid_t tid)
{
	char path[64], name[16] = "";
	snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t length = read(fd, name, sizeof name - 1);
		name[length > 0 ? length : 0] = '\0';
		close(fd);
	}
	return tid != getpid() && strncmp(name, "sitelock-", 9) != 0;
}
#else
static bool is_of_sanitizer(pid_t tid)
{
	(void)tid;
	return false;
}
#endif

static unsigned count_threads(pid_t *other)
{
	unsigned count = 0;
	DIR *tasks = opendir("/proc/self/task");
	if (tasks == NULL)
		abort();
	*other = 0;
	for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
		pid_t tid = atoi(entry->d_name);
		if (tid == 0 || is_of_sanitizer(tid))
			continue;
		if (tid != getpid())
			*other = tid;
		count++;
	}
	closedir(tasks);
	return count;
}

unsigned thread_count(void)
{
	pid_t other;
	return count_threads(&other);
}

pid_t other_thread(void)
{
	pid_t other;
	count_threads(&other);
	return other;
}

void await_threads(unsigned count)
{
	for (int i = 0; i < PATIENCE; i++) {
		if (thread_count() == count)
			return;
		usleep(1000);
	}
	expect(!"so many threads");
}

/* --- Calls of the core --- */

struct rule {
	enum call call;
	bool helper; /* for the other threads; they are not counted */
	unsigned first, last;
	int number; /* errno; 0: the call is let through */
	bool done;  /* and has its effect though it is refused */
	size_t limit;
	void (*before)(void *data);
	void (*after)(void *data);
	void *data;
};

static struct rule rules[RULES_MAX];
static unsigned rule_count;
static unsigned counts[CALL_KINDS];
static char trace[TRACE_SIZE];
static _Atomic bool watching;
static pthread_t watcher;
static bool applied;
static bool in_action;
static uint32_t pretended_kind;
static unsigned sleep_factor;
static int64_t slept; /* nanoseconds that the core believes to have slept */

static const char *const call_names[] = {
	[CALL_OPEN] = "open",
	[CALL_FLOCK] = "flock",
	[CALL_FSTAT] = "fstat",
	[CALL_LSTAT] = "lstat",
	[CALL_PREAD] = "pread",
	[CALL_PWRITE] = "pwrite",
	[CALL_FCHMOD] = "fchmod",
	[CALL_UNLINK] = "unlink",
	[CALL_MKDIR] = "mkdir",
	[CALL_RENAME] = "rename",
	[CALL_RMDIR] = "rmdir",
	[CALL_FSTATAT] = "fstatat",
	[CALL_FSTATFS] = "fstatfs",
	[CALL_GETRANDOM] = "getrandom",
	[CALL_OPENDIR] = "opendir",
	[CALL_READDIR] = "readdir",
	[CALL_FCNTL] = "fcntl",
	[CALL_CLOSE] = "close",
	[CALL_EVENTFD] = "eventfd",
	[CALL_GETRLIMIT] = "getrlimit",
	[CALL_POLL] = "poll",
	[CALL_PPOLL] = "ppoll",
	[CALL_PRCTL] = "prctl",
	[CALL_PTHREAD_CREATE] = "pthread_create",
	[CALL_FCHOWN] = "fchown",
	[CALL_FDATASYNC] = "fdatasync",
	[CALL_MALLOC] = "malloc",
	[CALL_CALLOC] = "calloc",
	[CALL_REALLOC] = "realloc",
	[CALL_STRDUP] = "strdup",
	[CALL_READ] = "read",
	[CALL_NANOSLEEP] = "nanosleep",
	[CALL_ANY] = "any",
};

const char *call_name(enum call call)
{
	return call_names[call];
}

void watch_calls(void)
{
	rule_count = 0;
	memset(counts, 0, sizeof counts);
	trace[0] = '\0';
	applied = false;
	watcher = pthread_self();
	watching = true;
}

void stop_watching(void)
{
	watching = false;
}

static void add_rule(struct rule rule)
{
	if (!watching)
		watch_calls();
	assert_true(rule_count < RULES_MAX);
	rules[rule_count++] = rule;
}

void refuse_call(enum call call, unsigned nth, int number)
{
	add_rule((struct rule){.call = call, .first = nth, .last = nth, .number = number});
}

void refuse_calls_from(enum call call, unsigned nth, int number)
{
	add_rule((struct rule){.call = call, .first = nth, .last = UINT32_MAX, .number = number});
}

void before_call(enum call call, unsigned nth, void (*action)(void *data), void *data)
{
	add_rule(
		(struct rule){.call = call, .first = nth, .last = nth, .before = action, .data = data});
}

void before_every_call(enum call call, void (*action)(void *data), void *data)
{
	add_rule((struct rule){
		.call = call, .first = 1, .last = UINT32_MAX, .before = action, .data = data});
}

void after_call(enum call call, unsigned nth, void (*action)(void *data), void *data)
{
	add_rule((struct rule){.call = call, .first = nth, .last = nth, .after = action, .data = data});
}

void refuse_calls_of_helper(enum call call, int number)
{
	add_rule((struct rule){.call = call, .helper = true, .number = number});
}

void around_calls_of_helper(
	enum call call, void (*before)(void *data), void (*after)(void *data), void *data)
{
	add_rule((struct rule){
		.call = call, .helper = true, .before = before, .after = after, .data = data});
}

void lose_answer(enum call call, unsigned nth, int number)
{
	add_rule(
		(struct rule){.call = call, .first = nth, .last = nth, .number = number, .done = true});
}

void shorten_write(unsigned nth, size_t bytes)
{
	/* The limit is kept one higher, so that 0 means none. */
	add_rule((struct rule){.call = CALL_PWRITE, .first = nth, .last = nth, .limit = bytes + 1});
}

unsigned call_count(enum call call)
{
	return counts[call];
}

bool rule_applied(void)
{
	return applied;
}

const char *call_trace(void)
{
	return trace;
}

static void act(void (*action)(void *data), void *data)
{
	int number = errno;
	in_action = true;
	action(data);
	in_action = false;
	errno = number;
}

/*
 * A thread of the core may be cancelled at any instruction where it calls flock, also in the middle
 * of what ThreadSanitizer does there, which would never let go of its own locks.
 */
#define CANCELLABLE __attribute__((no_sanitize("thread")))

/* A thread of the core: nothing is changed here. */
CANCELLABLE static const struct rule *arrive_in_helper(enum call call)
{
	for (unsigned i = 0; i < rule_count; i++) {
		const struct rule *rule = &rules[i];
		if (!rule->helper || rule->call != call)
			continue;
		if (rule->before != NULL)
			rule->before(rule->data);
		return rule;
	}
	return NULL;
}

CANCELLABLE static bool is_ruled_by(enum call call, const struct rule *rule)
{
	bool any = rule->call == CALL_ANY && call < CALL_MALLOC;
	return (any || rule->call == call) && counts[rule->call] >= rule->first &&
		   counts[rule->call] <= rule->last;
}

/* Counts a call of the core; the rule for it, or NULL. */
CANCELLABLE static const struct rule *arrive(enum call call, const char *detail)
{
	if (!watching)
		return NULL;
	if (!pthread_equal(pthread_self(), watcher))
		return arrive_in_helper(call);
	if (in_action)
		return NULL;
	counts[call]++;
	if (call < CALL_MALLOC) {
		counts[CALL_ANY]++;
		size_t used = strlen(trace);
		snprintf(trace + used, sizeof trace - used, "%s%s ", call_names[call], detail);
	}
	for (unsigned i = 0; i < rule_count; i++) {
		const struct rule *rule = &rules[i];
		if (rule->helper || !is_ruled_by(call, rule))
			continue;
		applied = true;
		if (rule->before != NULL)
			act(rule->before, rule->data);
		return rule;
	}
	return NULL;
}

CANCELLABLE static bool refuses(const struct rule *rule)
{
	if (rule == NULL || rule->number == 0 || rule->done)
		return false;
	errno = rule->number;
	return true;
}

CANCELLABLE static void depart(const struct rule *rule)
{
	if (rule == NULL || rule->after == NULL)
		return;
	if (rule->helper)
		rule->after(rule->data);
	else
		act(rule->after, rule->data);
}

/* What a call of the core has answered, as its rule wants it. */
static int answered(const struct rule *rule, int answer)
{
	depart(rule);
	if (rule == NULL || rule->number == 0)
		return answer;
	errno = rule->number;
	return -1;
}

void pretend_kind(uint32_t kind)
{
	pretended_kind = kind;
}

void pretend_sleep(unsigned factor)
{
	sleep_factor = factor;
	slept = 0;
}

int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
int __wrap_flock(int descriptor, int operation);
int __wrap_fstat(int descriptor, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
ssize_t __wrap_pread(int descriptor, void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite(int descriptor, const void *bytes, size_t size, off_t offset);
int __wrap_fchmod(int descriptor, mode_t mode);
int __wrap_unlink(const char *path);
int __wrap_unlinkat(int directory, const char *path, int flags);
int __wrap_rmdir(const char *path);
int __wrap_mkdirat(int directory, const char *path, mode_t mode);
int __wrap_renameat(int from, const char *old, int to, const char *path);
int __wrap_fstatat(int directory, const char *path, struct stat *st, int flags);
int __wrap_fstatfs(int descriptor, struct statfs *fs);
ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags);
DIR *__wrap_fdopendir(int descriptor);
struct dirent *__wrap_readdir(DIR *stream);
int __wrap_fcntl(int descriptor, int command, ...);
int __wrap_close(int descriptor);
int __wrap_eventfd(unsigned value, int flags);
int __wrap_getrlimit(int resource, struct rlimit *limit);
int __wrap_poll(struct pollfd *descriptors, nfds_t count, int milliseconds);
int __wrap_ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout,
	const sigset_t *signals);
int __wrap_prctl(int option, ...);
int __wrap_eventfd_write(int descriptor, eventfd_t value);
int __wrap_pthread_setcanceltype(int type, int *before);
int __wrap_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *data), void *data);
int __wrap_fchown(int descriptor, uid_t user, gid_t group);
int __wrap_fdatasync(int descriptor);
ssize_t __wrap_read(int descriptor, void *bytes, size_t size);
int __wrap_nanosleep(const struct timespec *request, struct timespec *rest);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *string);
char *__wrap_strndup(const char *string, size_t size);

int __wrap_open(const char *path, int flags, ...)
{
	va_list rest;
	va_start(rest, flags);
	mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
	va_end(rest);

	return __wrap_openat(AT_FDCWD, path, flags, mode);
}

/* To the kernel both are one. */
int __wrap_openat(int directory, const char *path, int flags, ...)
{
	va_list rest;
	va_start(rest, flags);
	mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
	va_end(rest);

	const struct rule *rule = arrive(CALL_OPEN, (flags & O_CREAT) != 0 ? "(O_CREAT)" : "");
	if (refuses(rule))
		return -1;
	int answer = openat(directory, path, flags, mode);
	depart(rule);
	return answer;
}

CANCELLABLE int __wrap_flock(int descriptor, int operation)
{
	const char *detail = (operation & LOCK_UN) != 0   ? "(LOCK_UN)"
						 : (operation & LOCK_SH) != 0 ? "(LOCK_SH)"
													  : "(LOCK_EX)";
	const struct rule *rule = arrive(CALL_FLOCK, detail);
	if (refuses(rule))
		return -1;
	int answer = flock(descriptor, operation);
	depart(rule);
	return answer;
}

int __wrap_fstat(int descriptor, struct stat *st)
{
	const struct rule *rule = arrive(CALL_FSTAT, "");
	if (refuses(rule))
		return -1;
	int answer = fstat(descriptor, st);
	depart(rule);
	return answer;
}

int __wrap_lstat(const char *path, struct stat *st)
{
	const struct rule *rule = arrive(CALL_LSTAT, "");
	if (refuses(rule))
		return -1;
	int answer = lstat(path, st);
	depart(rule);
	return answer;
}

ssize_t __wrap_pread(int descriptor, void *bytes, size_t size, off_t offset)
{
	const struct rule *rule = arrive(CALL_PREAD, "");
	if (refuses(rule))
		return -1;
	ssize_t answer = pread(descriptor, bytes, size, offset);
	depart(rule);
	return answer;
}

ssize_t __wrap_pwrite(int descriptor, const void *bytes, size_t size, off_t offset)
{
	const struct rule *rule = arrive(CALL_PWRITE, "");
	if (refuses(rule))
		return -1;
	if (rule != NULL && rule->limit > 0 && size > rule->limit - 1)
		size = rule->limit - 1;
	ssize_t answer = pwrite(descriptor, bytes, size, offset);
	depart(rule);
	return answer;
}

int __wrap_fchmod(int descriptor, mode_t mode)
{
	const struct rule *rule = arrive(CALL_FCHMOD, "");
	if (refuses(rule))
		return -1;
	int answer = fchmod(descriptor, mode);
	depart(rule);
	return answer;
}

int __wrap_unlink(const char *path)
{
	const struct rule *rule = arrive(CALL_UNLINK, "");
	if (refuses(rule))
		return -1;
	int answer = unlink(path);
	depart(rule);
	return answer;
}

int __wrap_unlinkat(int directory, const char *path, int flags)
{
	const struct rule *rule = arrive((flags & AT_REMOVEDIR) != 0 ? CALL_RMDIR : CALL_UNLINK, "");
	return refuses(rule) ? -1 : answered(rule, unlinkat(directory, path, flags));
}

int __wrap_rmdir(const char *path)
{
	const struct rule *rule = arrive(CALL_RMDIR, "");
	return refuses(rule) ? -1 : answered(rule, rmdir(path));
}

int __wrap_mkdirat(int directory, const char *path, mode_t mode)
{
	const struct rule *rule = arrive(CALL_MKDIR, "");
	return refuses(rule) ? -1 : answered(rule, mkdirat(directory, path, mode));
}

int __wrap_renameat(int from, const char *old, int to, const char *path)
{
	const struct rule *rule = arrive(CALL_RENAME, "");
	return refuses(rule) ? -1 : answered(rule, renameat(from, old, to, path));
}

int __wrap_fstatat(int directory, const char *path, struct stat *st, int flags)
{
	const struct rule *rule = arrive(CALL_FSTATAT, "");
	return refuses(rule) ? -1 : answered(rule, fstatat(directory, path, st, flags));
}

int __wrap_fstatfs(int descriptor, struct statfs *fs)
{
	const struct rule *rule = arrive(CALL_FSTATFS, "");
	if (refuses(rule))
		return -1;
	int answer = fstatfs(descriptor, fs);
	if (pretended_kind != 0)
		fs->f_type = pretended_kind;
	return answered(rule, answer);
}

ssize_t __wrap_getrandom(void *bytes, size_t size, unsigned flags)
{
	return refuses(arrive(CALL_GETRANDOM, "")) ? -1 : getrandom(bytes, size, flags);
}

DIR *__wrap_fdopendir(int descriptor)
{
	return refuses(arrive(CALL_OPENDIR, "")) ? NULL : fdopendir(descriptor);
}

struct dirent *__wrap_readdir(DIR *stream)
{
	return refuses(arrive(CALL_READDIR, "")) ? NULL : readdir(stream);
}

int __wrap_fcntl(int descriptor, int command, ...)
{
	va_list rest;
	va_start(rest, command);
	long argument = va_arg(rest, long);
	va_end(rest);

	const struct rule *rule = arrive(CALL_FCNTL, "");
	if (refuses(rule))
		return -1;
	int answer = fcntl(descriptor, command, argument);
	depart(rule);
	return answer;
}

/* A close that fails has closed all the same (close(2)). */
int __wrap_close(int descriptor)
{
	const struct rule *rule = arrive(CALL_CLOSE, "");
	int answer = close(descriptor);
	if (refuses(rule))
		return -1;
	depart(rule);
	return answer;
}

int __wrap_eventfd(unsigned value, int flags)
{
	return refuses(arrive(CALL_EVENTFD, "")) ? -1 : eventfd(value, flags);
}

int __wrap_getrlimit(int resource, struct rlimit *limit)
{
	return refuses(arrive(CALL_GETRLIMIT, "")) ? -1 : getrlimit(resource, limit);
}

int __wrap_poll(struct pollfd *descriptors, nfds_t count, int milliseconds)
{
	return refuses(arrive(CALL_POLL, "")) ? -1 : poll(descriptors, count, milliseconds);
}

int __wrap_ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout,
	const sigset_t *signals)
{
	const struct rule *rule = arrive(CALL_PPOLL, "");
	if (refuses(rule))
		return -1;
	int answer = ppoll(descriptors, count, timeout, signals);
	depart(rule);
	return answer;
}

int __wrap_prctl(int option, ...)
{
	va_list rest;
	va_start(rest, option);
	unsigned long argument = va_arg(rest, unsigned long);
	va_end(rest);
	return refuses(arrive(CALL_PRCTL, "")) ? -1 : prctl(option, argument, 0, 0, 0);
}

/* These two are wrapped only to get past ThreadSanitizer, see CANCELLABLE. */
CANCELLABLE int __wrap_eventfd_write(int descriptor, eventfd_t value)
{
	return syscall(SYS_write, descriptor, &value, sizeof value) == sizeof value ? 0 : -1;
}

static int (*set_cancel_type)(int type, int *before);

CANCELLABLE int __wrap_pthread_setcanceltype(int type, int *before)
{
	return set_cancel_type(type, before);
}

static void find_cancel_type(void)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	if (libc == NULL)
		abort();
	*(void **)&set_cancel_type = dlsym(libc, "pthread_setcanceltype");
	dlclose(libc);
}

/* It answers with the error itself. */
int __wrap_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *data), void *data)
{
	const struct rule *rule = arrive(CALL_PTHREAD_CREATE, "");
	if (set_cancel_type == NULL)
		find_cancel_type();
	if (refuses(rule))
		return errno;
	int answer = pthread_create(thread, attributes, body, data);
	depart(rule);
	return answer;
}

int __wrap_fchown(int descriptor, uid_t user, gid_t group)
{
	const struct rule *rule = arrive(CALL_FCHOWN, "");
	return refuses(rule) ? -1 : answered(rule, fchown(descriptor, user, group));
}

int __wrap_fdatasync(int descriptor)
{
	const struct rule *rule = arrive(CALL_FDATASYNC, "");
	return refuses(rule) ? -1 : answered(rule, fdatasync(descriptor));
}

ssize_t __wrap_read(int descriptor, void *bytes, size_t size)
{
	const struct rule *rule = arrive(CALL_READ, "");
	if (refuses(rule))
		return -1;
	ssize_t answer = read(descriptor, bytes, size);
	depart(rule);
	return answer;
}

int __wrap_nanosleep(const struct timespec *request, struct timespec *rest)
{
	const struct rule *rule = arrive(CALL_NANOSLEEP, "");
	if (sleep_factor > 0)
		slept += (request->tv_sec * INT64_C(1000000000) + request->tv_nsec) * sleep_factor;
	else
		nanosleep(request, rest);
	depart(rule);
	return 0;
}

CANCELLABLE int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int answer = clock_gettime(clock, now);
	if (sleep_factor > 0 && clock == CLOCK_MONOTONIC) {
		int64_t time = now->tv_sec * INT64_C(1000000000) + now->tv_nsec + slept;
		*now = (struct timespec){time / 1000000000, time % 1000000000};
	}
	return answer;
}

void *__wrap_malloc(size_t size)
{
	return refuses(arrive(CALL_MALLOC, "")) ? NULL : malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return refuses(arrive(CALL_CALLOC, "")) ? NULL : calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
	return refuses(arrive(CALL_REALLOC, "")) ? NULL : realloc(block, size);
}

char *__wrap_strdup(const char *string)
{
	return refuses(arrive(CALL_STRDUP, "")) ? NULL : strdup(string);
}

char *__wrap_strndup(const char *string, size_t size)
{
	return refuses(arrive(CALL_STRDUP, "")) ? NULL : strndup(string, size);
}
