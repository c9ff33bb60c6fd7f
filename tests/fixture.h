/*
 * What the tests share: a directory of their own, other processes that are told by pipes what to do
 * and when, and calls of the core that are refused or interrupted on command.
 *
 * Processes and files are made sure to be gone when a test ends, and so is every descriptor: a test
 * that leaks one fails, whatever else it checks.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <sys/types.h>

#define fixture_test(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* Skips the test if we are not root, with the reason. */
void need_root(void);

/* --- Files --- */

/* The path of a file in the test's directory, which is empty at first. Valid until the test ends.
 */
const char *path_of(const char *name);

void write_file(const char *path, const char *text);
void assert_file_text(const char *path, const char *text);
bool exists(const char *path);
ino_t inode_of(const char *path);

/* Removes the file and puts another one in its place; for before_call() and its like. */
void replace_file(void *path);
void remove_file(void *path);

/* What nobody may change about a file that is refused. */
struct file_state {
	char text[64];
	mode_t mode;
	uid_t owner;
	nlink_t links;
	off_t size;
	struct timespec modified;
	struct timespec changed;
};
struct file_state state_of(const char *path);
void assert_unchanged(const char *path, const struct file_state *before);

/* flock(2) as any other program does it: a descriptor that holds the lock. */
int take_flock(const char *path, int operation);

/* Asks the kernel through a descriptor of its own, which could not tell of a lock on an orphan. */
bool is_locked(const char *path);

unsigned descriptor_count(void);

/* What is in a directory. */
unsigned entry_count(const char *directory);

/* Counts what jansson allocates, which is not linked against our malloc, and refuses the nth one
 * (0: none). */
void count_json_allocations(unsigned nth);
unsigned json_allocations(void);
/* Lets it have what it wants; also at the end of a test. */
void forget_json_allocations(void);
/* Whether this process has a descriptor of the file that the path names. */
bool has_descriptor_of(const char *path);

/* --- Other processes --- */

struct child {
	pid_t pid;
	int to;   /* what we tell it */
	int from; /* what it says */
};

/* fork(2), and the child runs `body` and ends. */
struct child start_child(void (*body)(void *data), void *data);
/* The same by a raw clone(2): no atfork handler runs, as with vfork(2) or posix_spawn(3). */
struct child clone_child(void (*body)(void *data), void *data);

void child_tell(struct child *child, char word);
/* The next word that it says, 0 when it has ended. */
char child_hear(struct child *child);
void child_hear_bytes(struct child *child, void *bytes, size_t size);
/* Whether it has said something that was not heard yet. */
bool child_has_spoken(struct child *child);
/* SIGKILL; a zombie until it is reaped. */
void child_kill_unreaped(struct child *child);
/* SIGKILL, and reaped. */
void child_kill(struct child *child);
/* Hangs up, waits and returns its exit code, or 128 and the signal that ended it. */
int child_finish(struct child *child);
void reap(pid_t pid);
/* Of a process that is no more. */
pid_t dead_pid(void);

/* The same with the pid of a process that is dead and reaped; only root may choose one. */
struct child clone_child_as(pid_t pid, void (*body)(void *data), void *data);

/* The whole of it: `body` runs in a child, and all its expectations were met. */
void in_child(void (*body)(void *data), void *data);
void in_cloned_child(void (*body)(void *data), void *data);
/* As pid 1 of a pid namespace of its own, with a /proc of its own; skips where that is forbidden.
 */
void in_own_namespaces(void (*body)(void *data), void *data);
/* With mounts, a host name and a network of its own, which has no address; skips likewise. */
void in_own_host(void (*body)(void *data), void *data);

/* In the child. A word that never comes ends it. */
void say(char word);
void say_bytes(const void *bytes, size_t size);
char await(void);
/* Ends the child, or in ours the test, when the condition is false: assert_* work in ours only. */
#define expect(condition) expect_at((condition), #condition, __FILE__, __LINE__)
void expect_at(bool condition, const char *text, const char *file, int line);
/* ThreadSanitizer has no threads in a child of a process that had some. */
#ifdef __SANITIZE_THREAD__
#define CHILD_MAY_HAVE_THREADS false
#else
#define CHILD_MAY_HAVE_THREADS true
#endif
/* Becomes this user for good, with none of root's rights. */
void become(uid_t user);

/* Whether a task sleeps in the kernel: it waits for something. `stat` is its stat file in /proc. */
bool sleeps(const char *stat);
/* Does not return before the only thread, or the first, of this process sleeps. */
void await_sleep(pid_t pid);

/* --- Waiting --- */

/*
 * Who waits in flock(2) for this file, in the order in which they will be served; how many. The
 * list of /proc/locks is read here in another way than in the core.
 */
size_t queue_for(const char *path, pid_t *pids, size_t size);
/* Does not return before so many wait there; gives up in the end. */
void await_queue(const char *path, size_t count);

/* Threads of this process, and the one that is not the first (0: there is none). */
unsigned thread_count(void);
pid_t other_thread(void);
/* The same after a thread was joined: /proc may show it a moment longer. */
void await_threads(unsigned count);

/* --- Calls of the core --- */

enum call {
	CALL_OPEN,
	CALL_FLOCK,
	CALL_FSTAT,
	CALL_LSTAT,
	CALL_PREAD,
	CALL_PWRITE,
	CALL_FCHMOD,
	CALL_UNLINK,
	CALL_MKDIR,
	CALL_RENAME,
	CALL_RMDIR,
	CALL_FSTATAT,
	CALL_FSTATFS,
	CALL_GETRANDOM,
	CALL_OPENDIR,
	CALL_READDIR,
	CALL_FCNTL,
	CALL_CLOSE,
	CALL_EVENTFD,
	CALL_GETRLIMIT,
	CALL_POLL,
	CALL_PPOLL,
	CALL_PRCTL,
	CALL_PTHREAD_CREATE,
	CALL_FCHOWN,
	CALL_FDATASYNC,
	CALL_MALLOC,
	CALL_CALLOC,
	CALL_REALLOC,
	CALL_STRDUP,
	CALL_READ,
	CALL_NANOSLEEP,
	CALL_ANY, /* of those before malloc: the steps that other processes can see */
	CALL_KINDS,
};

const char *call_name(enum call call);

/*
 * Rules. The first one, or watch_calls(), starts the counting; `nth` is 1 for the next call of its
 * kind. Calls that an action makes through the core are neither counted nor ruled, and those of
 * other threads only by the rules for helpers.
 */
void watch_calls(void);
void refuse_call(enum call call, unsigned nth, int number);
void refuse_calls_from(enum call call, unsigned nth, int number);
void before_call(enum call call, unsigned nth, void (*action)(void *data), void *data);
void before_every_call(enum call call, void (*action)(void *data), void *data);
void after_call(enum call call, unsigned nth, void (*action)(void *data), void *data);
/* Of all other threads: each call, or what happens before and after it, there. */
void refuse_calls_of_helper(enum call call, int number);
void around_calls_of_helper(
	enum call call, void (*before)(void *data), void (*after)(void *data), void *data);
/* It is done, and this is what it answers; of calls that change a directory only. */
void lose_answer(enum call call, unsigned nth, int number);
/* The nth pwrite takes no more than this. */
void shorten_write(unsigned nth, size_t bytes);

/* Forgets the rules; what was counted can still be asked for. */
void stop_watching(void);
unsigned call_count(enum call call);
/* Whether any rule came into force. */
bool rule_applied(void);

/* What statfs(2) says to the core of every file system, until the test ends; 0: the truth. */
void pretend_kind(uint32_t kind);

/* The core does not sleep, and believes that so many times as much time has passed, until the test
 * ends; 0: the truth. */
void pretend_sleep(unsigned factor);

/* The calls in their order, "open flock(LOCK_EX) fstat "; memory is left out. */
const char *call_trace(void);

#endif
