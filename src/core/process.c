#include "process.h"

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Inode of the first pid namespace, the same on every kernel since 3.8 (PROC_PID_INIT_INO). */
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCu

/* Longest chain of parents that we follow; a loop is impossible but for pid reuse meanwhile. */
#define ANCESTORS_MAX 1000

/* The whole of a small file of /proc, terminated; its length, or -1. */
static ssize_t read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t length;
	do {
		length = read(fd, buffer, size - 1);
	} while (length < 0 && errno == EINTR);
	close(fd);
	if (length >= 0)
		buffer[length] = '\0';
	return length;
}

struct stat_line {
	char state;
	uint64_t parent;
	uint64_t threads;
	uint64_t start;
};

/* /proc/PID/stat. False: no such process (ESRCH, ENOENT), or not for our eyes; errno tells. */
static bool read_stat(const char *path, struct stat_line *line)
{
	char buffer[1024];
	if (read_file(path, buffer, sizeof buffer) < 0)
		return false;
	errno = EINVAL;
	/* Field 2 is the name in parentheses, and the name may hold parentheses and blanks. */
	const char *cursor = strrchr(buffer, ')');
	if (cursor == NULL || cursor[1] != ' ' || cursor[2] == '\0')
		return false;
	line->state = cursor[2];
	cursor += 3;
	for (int field = 4; field <= 22; field++) {
		uint64_t value;
		if (*cursor++ != ' ')
			return false;
		if (*cursor == '-')
			cursor++;
		if (!sl_text_read_number(&cursor, &value))
			return false;
		if (field == 4)
			line->parent = value;
		else if (field == 20)
			line->threads = value;
		else if (field == 22)
			line->start = value;
	}
	return true;
}

static bool read_stat_of(pid_t pid, struct stat_line *line)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	return read_stat(path, line);
}

void sl_process_user_name(uid_t uid, char *user, size_t size)
{
	char buffer[4096];
	struct passwd entry, *found = NULL;
	if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL)
		sl_text_visible(user, size, found->pw_name, strlen(found->pw_name));
	else
		snprintf(user, size, "uid %u", (unsigned)uid);
}

static _Thread_local struct sl_self self;

static void look_at_self(pid_t pid)
{
	struct utsname system;
	struct stat st;
	struct stat_line line;

	memset(&self, 0, sizeof self);
	self.process.pid = pid;
	if (read_stat("/proc/self/stat", &line))
		self.process.start = line.start;
	if (stat("/proc/self/ns/pid", &st) == 0)
		self.process.pid_namespace = st.st_ino;
	if (read_file("/proc/sys/kernel/random/boot_id", self.process.boot_id,
			sizeof self.process.boot_id) != SL_BOOT_ID_MAX)
		self.process.boot_id[0] = '\0';
	if (uname(&system) == 0)
		sl_text_visible(self.host, sizeof self.host, system.nodename, strlen(system.nodename));
	self.uid = geteuid();
	sl_process_user_name(self.uid, self.user, sizeof self.user);
}

static unsigned forks;

unsigned sl_process_forks(void)
{
	return forks;
}

void sl_process_forget_self(void)
{
	forks++;
	self.process.pid = 0;
}

const struct sl_self *sl_process_self(void)
{
	/* Two cheap calls instead of trust: a raw clone(2) tells no atfork handler, and a script may
	 * change its user. */
	pid_t pid = getpid();
	if (self.process.pid != pid) {
		look_at_self(pid);
	} else if (self.uid != geteuid()) {
		self.uid = geteuid();
		sl_process_user_name(self.uid, self.user, sizeof self.user);
	}
	return &self;
}

bool sl_process_is_gone(pid_t pid)
{
	return kill(pid, 0) != 0 && errno == ESRCH;
}

/* Its parent has not asked yet how it ended. While a thread of it lives, so does the process. */
static bool is_zombie(const struct stat_line *line)
{
	return (line->state == 'Z' || line->state == 'X') && line->threads <= 1;
}

enum sl_life sl_process_life(const struct sl_process *process, bool local)
{
	const struct sl_process *own = &sl_process_self()->process;
	struct stat_line line;

	if (process->start == 0 || process->pid <= 0 || process->boot_id[0] == '\0' ||
		own->boot_id[0] == '\0' || own->pid_namespace == 0)
		return SL_LIFE_UNKNOWN;
	if (strcmp(process->boot_id, own->boot_id) != 0)
		return local ? SL_DEAD : SL_LIFE_UNKNOWN;
	if (process->pid_namespace != own->pid_namespace)
		return SL_LIFE_UNKNOWN;
	if (!read_stat_of(process->pid, &line)) {
		/* With hidepid the process of another user looks as if it were gone: ask kill(2) too. */
		if ((errno == ENOENT || errno == ESRCH) && sl_process_is_gone(process->pid))
			return SL_DEAD;
		return SL_LIFE_UNKNOWN;
	}
	if (line.start != process->start || is_zombie(&line))
		return SL_DEAD;
	return SL_ALIVE;
}

bool sl_process_sees_all(void)
{
	return sl_process_self()->process.pid_namespace == INITIAL_PID_NAMESPACE;
}

bool sl_process_is_ancestor(pid_t pid)
{
	struct stat_line line;

	if (!read_stat("/proc/self/stat", &line))
		return false;
	for (int i = 0; i < ANCESTORS_MAX && line.parent != 0; i++) {
		if ((pid_t)line.parent == pid)
			return true;
		if (!read_stat_of((pid_t)line.parent, &line))
			return false;
	}
	return false;
}

/* "key:	123" in the text of /proc/PID/status. */
static bool read_status_number(const char *text, const char *key, uint64_t *value)
{
	const char *found = strstr(text, key);
	if (found == NULL)
		return false;
	found += strlen(key);
	found += strspn(found, ":\t ");
	return sl_text_read_number(&found, value);
}

static bool look_at_thread(pid_t pid, pid_t tid, struct sl_thread *thread)
{
	char path[64], status[4096];
	struct stat_line line;
	uint64_t involuntary;

	thread->tid = tid;
	snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)tid);
	if (!read_stat(path, &line))
		return false;
	thread->start = line.start;
	snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)pid, (int)tid);
	if (read_file(path, status, sizeof status) < 0 ||
		!read_status_number(status, "\nvoluntary_ctxt_switches", &thread->switches) ||
		!read_status_number(status, "\nnonvoluntary_ctxt_switches", &involuntary))
		return false;
	thread->switches += involuntary;
	return true;
}

static bool thread_is_called(pid_t pid, pid_t tid, const char *name)
{
	char path[64], comm[32];
	snprintf(path, sizeof path, "/proc/%d/task/%d/comm", (int)pid, (int)tid);
	ssize_t length = read_file(path, comm, sizeof comm);
	return length == (ssize_t)strlen(name) + 1 && memcmp(comm, name, strlen(name)) == 0;
}

bool sl_process_sleeper(pid_t pid, const char *name, struct sl_thread *thread, bool *named)
{
	char path[32];
	pid_t sleeper = 0;
	unsigned threads = 0, called = 0;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *tasks = opendir(path);
	if (tasks == NULL)
		return false;
	for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (tid == 0)
			continue;
		bool is_called = thread_is_called(pid, tid, name);
		if (is_called || threads == 0)
			sleeper = tid;
		threads++;
		called += is_called;
	}
	closedir(tasks);
	*named = threads == 2 && called == 1;
	return (threads == 1 || *named) && look_at_thread(pid, sleeper, thread);
}

void sl_process_command(pid_t pid, char *command, size_t size)
{
	char path[32], buffer[4096];

	command[0] = '\0';
	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
	ssize_t length = read_file(path, buffer, sizeof buffer);
	while (length > 0 && buffer[length - 1] == '\0')
		length--;
	if (length <= 0)
		return;
	for (ssize_t i = 0; i < length; i++)
		if (buffer[i] == '\0')
			buffer[i] = ' ';
	sl_text_visible(command, size, buffer, (size_t)length);
}

void sl_process_user(pid_t pid, char *user, size_t size)
{
	char path[32];
	struct stat st;

	user[0] = '\0';
	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	if (stat(path, &st) == 0)
		sl_process_user_name(st.st_uid, user, size);
}
