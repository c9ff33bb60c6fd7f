/*
 * Which process is meant, and is it still there? The only place that decides whether an owner is
 * alive or dead.
 *
 * A pid alone never counts: it is reused, and it means another process in another pid namespace. A
 * process is known by pid, start time (proc_pid_stat(5), field 22), boot id and pid namespace.
 */
#ifndef SL_PROCESS_H
#define SL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SL_HOST_MAX    64 /* HOST_NAME_MAX */
#define SL_USER_MAX    32 /* longest name that useradd(8) takes */
#define SL_BOOT_ID_MAX 36 /* a UUID, random(4) */

struct sl_process {
	pid_t pid;
	uint64_t start;                   /* clock ticks after boot; 0: unknown */
	uint64_t pid_namespace;           /* inode of /proc/PID/ns/pid; 0: unknown */
	char boot_id[SL_BOOT_ID_MAX + 1]; /* "": unknown */
};

/* This process and what it runs on, as its records say it. */
struct sl_self {
	struct sl_process process;
	char host[SL_HOST_MAX + 1];
	uid_t uid; /* effective, and the name that belongs to it */
	char user[SL_USER_MAX + 1];
};

enum sl_life {
	SL_ALIVE,
	SL_DEAD,
	SL_LIFE_UNKNOWN, /* another host or pid namespace, or no /proc */
};

/* Remembered per thread and asked again after a fork or a change of user. */
const struct sl_self *sl_process_self(void);

/* How many times a child has been forked on the way to this process: it is another one, whatever
 * its pid. */
unsigned sl_process_forks(void);

/* In a forked child: it may even have its parent's pid, in a pid namespace of its own. */
void sl_process_forget_self(void);

/*
 * Does this very process still run, not merely one of the same number? `local`: its record lies on
 * a file system of this machine alone, so another boot id is an earlier boot and not another host.
 */
enum sl_life sl_process_life(const struct sl_process *process, bool local);

/* There is no process of this number that we could see. Signal 0 delivers nothing (kill(2)). */
bool sl_process_is_gone(pid_t pid);

/* True where /proc shows every process of the machine (the initial pid namespace). */
bool sl_process_sees_all(void);

/* A process of our namespace from which we descend. */
bool sl_process_is_ancestor(pid_t pid);

/* A thread, and whether it has run since we looked at it last. */
struct sl_thread {
	pid_t tid;
	uint64_t start; /* clock ticks after boot */
	uint64_t
		switches; /* how often it has given up a processor; unchanged: it has slept all along */
};

/*
 * The thread of a process that must be the one which sleeps, because there is no other; or, of two,
 * the one that is called `name`, and then *named is set. False: it cannot be told.
 */
bool sl_process_sleeper(pid_t pid, const char *name, struct sl_thread *thread, bool *named);

/* The name of a user, or "uid 1000" where there is none. */
void sl_process_user_name(uid_t uid, char *user, size_t size);

/* Its command line and user, as far as /proc tells; "" otherwise. Control characters are visible.
 */
void sl_process_command(pid_t pid, char *command, size_t size);
void sl_process_user(pid_t pid, char *user, size_t size);

#endif
