#include "kernel_locks.h"

#include "text.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool sl_kernel_lock_parse(const char *line, struct sl_kernel_lock *lock)
{
	char mode[8];
	int pid;

	/* "1: FLOCK  ADVISORY  WRITE 4211 08:01:1234 0 EOF"; who waits for it follows, each one behind
	 * the one whom it waits for: "1: -> FLOCK  ADVISORY  WRITE 4212 08:01:1234 0 EOF". */
	const char *kind = strchr(line, ':');
	if (kind == NULL)
		return false;
	kind += 1 + strspn(kind + 1, " ");
	lock->waiting = strncmp(kind, "->", 2) == 0;
	if (lock->waiting)
		kind += 2;
	if (sscanf(kind, " FLOCK %*15s %7s %d %x:%x:%" SCNu64, mode, &pid, &lock->file.major,
			&lock->file.minor, &lock->file.inode) != 5)
		return false;
	lock->acquirer = pid > 0 ? pid : 0;
	lock->exclusive = strcmp(mode, "WRITE") == 0;
	return true;
}

bool sl_kernel_same_file(const struct sl_kernel_file *a, const struct sl_kernel_file *b)
{
	return a->major == b->major && a->minor == b->minor && a->inode == b->inode;
}

/* The device of the file system that is mounted there: proc_pid_mountinfo(5), field 3. */
static void device_of_mount(long mount, struct sl_kernel_file *file)
{
	char *line = NULL;
	size_t size = 0;
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	if (mounts == NULL)
		return;
	while (getline(&line, &size, mounts) > 0) {
		long id;
		unsigned major, minor;
		if (sscanf(line, "%ld %*d %u:%u", &id, &major, &minor) == 3 && id == mount) {
			file->major = major;
			file->minor = minor;
			break;
		}
	}
	free(line);
	fclose(mounts);
}

void sl_kernel_file_of(int descriptor, const struct sl_file_id *id, struct sl_kernel_file *file)
{
	char path[48], line[256];
	long mount = -1;

	*file = (struct sl_kernel_file){major(id->device), minor(id->device), id->inode};
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", descriptor);
	FILE *info = fopen(path, "re");
	if (info == NULL)
		return;
	while (fgets(line, sizeof line, info) != NULL) {
		sscanf(line, "mnt_id: %ld", &mount);
		sscanf(line, "ino: %" SCNu64, &file->inode); /* since Linux 5.14 */
	}
	fclose(info);
	if (mount >= 0)
		device_of_mount(mount, file);
}

/* All of /proc/locks, its lines terminated one by one. */
struct kernel_text {
	char *lines;
	const char *end;
	unsigned reads; /* that brought something */
};

static void terminate_lines(struct kernel_text *text)
{
	for (char *c = text->lines; c < text->end; c++)
		if (*c == '\n')
			*c = '\0';
}

/* False with errno. The lines are to be freed. */
static bool read_all_locks(struct kernel_text *text)
{
	size_t size = 1 << 16, used = 0;
	int fd = open("/proc/locks", O_RDONLY | O_CLOEXEC);

	*text = (struct kernel_text){.lines = malloc(size)};
	while (text->lines != NULL && fd >= 0) {
		ssize_t got = read(fd, text->lines + used, size - used - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0) {
			close(fd);
			text->lines[used] = '\0';
			text->end = text->lines + used;
			terminate_lines(text);
			return true;
		}
		if (got < 0)
			break;
		text->reads++;
		used += (size_t)got;
		if (size - used < size / 2) {
			char *larger = realloc(text->lines, size *= 2);
			if (larger == NULL)
				break;
			text->lines = larger;
		}
	}
	int error = errno;
	free(text->lines);
	if (fd >= 0)
		close(fd);
	errno = error;
	return false;
}

/* The kernel repeats an entry when the list changes between two reads. */
static bool listed(const struct sl_kernel_list *list, const struct sl_kernel_lock *lock)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct sl_kernel_lock *other = &list->locks[i];
		if (other->acquirer == lock->acquirer && other->exclusive == lock->exclusive &&
			other->waiting == lock->waiting && sl_kernel_same_file(&other->file, &lock->file))
			return true;
	}
	return false;
}

static bool add_to_list(struct sl_kernel_list *list, const struct sl_kernel_lock *lock)
{
	/* One process may wait several times, so only an entry that may be a repetition is dropped. */
	if ((!lock->waiting || !list->complete) && listed(list, lock))
		return true;
	struct sl_kernel_lock *more = realloc(list->locks, (list->count + 1) * sizeof *list->locks);
	if (more == NULL)
		return false;
	list->locks = more;
	list->locks[list->count++] = *lock;
	return true;
}

static bool is_waited_for(const struct sl_kernel_list *list, const struct sl_kernel_file *file)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->locks[i].waiting && sl_kernel_same_file(&list->locks[i].file, file))
			return true;
	return false;
}

/* Adds the entries of this kind: held or waiting, of `file`, or of any file that is waited for. */
static bool collect(const struct kernel_text *text, bool waiting, const struct sl_kernel_file *file,
	struct sl_kernel_list *list)
{
	struct sl_kernel_lock lock;

	for (const char *line = text->lines; line < text->end; line += strlen(line) + 1) {
		/* There may be very many that are merely held. */
		if (waiting && strstr(line, "->") == NULL)
			continue;
		if (!sl_kernel_lock_parse(line, &lock) || lock.waiting != waiting)
			continue;
		bool wanted = waiting;
		if (file != NULL)
			wanted = sl_kernel_same_file(&lock.file, file);
		else if (!waiting)
			wanted = is_waited_for(list, &lock.file);
		if (wanted && !add_to_list(list, &lock))
			return false;
	}
	return true;
}

enum sl_result sl_kernel_list_read(
	const struct sl_kernel_file *file, struct sl_kernel_list *list, struct sl_failure *failure)
{
	struct kernel_text text;

	*list = (struct sl_kernel_list){NULL, 0, false};
	if (!read_all_locks(&text))
		return sl_failed(failure, SL_SYSTEM, "read /proc/locks");
	/* A read of /proc/locks returns a page at most, however large the buffer is. */
	list->complete = text.reads <= 1;
	bool done = collect(&text, true, file, list);
	/* Without anybody who waits there is no file that is waited for. */
	if (done && (file != NULL || list->count > 0))
		done = collect(&text, false, file, list);
	free(text.lines);
	if (done)
		return SL_OK;
	free(list->locks);
	*list = (struct sl_kernel_list){NULL, 0, false};
	return sl_failed(failure, SL_SYSTEM, "realloc");
}

/* Looks for the lock among the "lock:" lines of one descriptor. */
static enum sl_sight descriptor_has(int directory, const char *name,
	const struct sl_kernel_file *file, pid_t acquirer, struct sl_kernel_lock *lock)
{
	char line[256];
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? SL_HAS_IT_NOT : SL_NOT_VISIBLE;
	FILE *info = fdopen(fd, "r");
	if (info == NULL) {
		close(fd);
		return SL_NOT_VISIBLE;
	}
	enum sl_sight sight = SL_HAS_IT_NOT;
	while (sight == SL_HAS_IT_NOT && fgets(line, sizeof line, info) != NULL)
		if (strncmp(line, "lock:", 5) == 0 && sl_kernel_lock_parse(line + 5, lock) &&
			(file == NULL || sl_kernel_same_file(&lock->file, file)) &&
			(acquirer == SL_ANY_ACQUIRER || lock->acquirer == acquirer))
			sight = SL_HAS_IT;
	fclose(info);
	return sight;
}

/* The same among all descriptors of a process; *number is then that one. */
static enum sl_sight process_has(pid_t pid, const struct sl_kernel_file *file, pid_t acquirer,
	struct sl_kernel_lock *lock, int *number)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/%d/fdinfo", (int)pid);
	DIR *directory = opendir(path);
	if (directory == NULL)
		return errno == ENOENT || errno == ESRCH ? SL_HAS_IT_NOT : SL_NOT_VISIBLE;

	enum sl_sight sight = SL_HAS_IT_NOT;
	struct dirent *entry;
	while (sight != SL_HAS_IT && (entry = readdir(directory)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		enum sl_sight here = descriptor_has(dirfd(directory), entry->d_name, file, acquirer, lock);
		if (here != SL_HAS_IT_NOT)
			sight = here;
		if (here == SL_HAS_IT)
			*number = (int)strtol(entry->d_name, NULL, 10);
	}
	closedir(directory);
	return sight;
}

enum sl_sight sl_kernel_process_has(
	pid_t pid, const struct sl_kernel_file *file, pid_t acquirer, struct sl_kernel_lock *lock)
{
	int number;
	return process_has(pid, file, acquirer, lock, &number);
}

void sl_kernel_path_of(pid_t pid, const struct sl_kernel_file *file, char *path, size_t size)
{
	char link[64], target[PATH_MAX];
	int number;
	struct sl_kernel_lock lock;
	ssize_t length = -1;

	if (process_has(pid, file, pid, &lock, &number) == SL_HAS_IT) {
		snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, number);
		length = readlink(link, target, sizeof target);
	}
	if (length > 0)
		sl_text_visible(path, size, target, (size_t)length);
	else
		snprintf(path, size, "a file (inode %" PRIu64 ")", file->inode);
}

bool sl_kernel_each_process(const struct sl_kernel_file *file, pid_t acquirer,
	bool (*visit)(pid_t pid, const struct sl_kernel_lock *lock, void *data), void *data)
{
	bool complete = true;
	DIR *processes = opendir("/proc");
	if (processes == NULL)
		return false;
	for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
		struct sl_kernel_lock lock;
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		enum sl_sight sight = sl_kernel_process_has(pid, file, acquirer, &lock);
		if (sight == SL_NOT_VISIBLE)
			complete = false;
		else if (sight == SL_HAS_IT && !visit(pid, &lock, data))
			break;
	}
	closedir(processes);
	return complete;
}
