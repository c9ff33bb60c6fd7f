#include "kernel_locks.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool sl_kernel_lock_parse(const char *line, struct sl_kernel_lock *lock)
{
	char mode[8];
	int pid;

	/* "1: FLOCK  ADVISORY  WRITE 4211 08:01:1234 0 EOF"; a waiting one has "->" before FLOCK. */
	if (sscanf(line, "%*d: FLOCK %*15s %7s %d %x:%x:%" SCNu64, mode, &pid, &lock->file.major,
			&lock->file.minor, &lock->file.inode) != 5)
		return false;
	lock->acquirer = pid > 0 ? pid : 0;
	lock->exclusive = strcmp(mode, "WRITE") == 0;
	return true;
}

static bool same_file(const struct sl_kernel_file *a, const struct sl_kernel_file *b)
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

/* All of /proc/locks, terminated. *reads counts the reads that brought something. */
static char *read_all_locks(unsigned *reads)
{
	size_t size = 1 << 16, used = 0;
	char *text = malloc(size);
	int fd = open("/proc/locks", O_RDONLY | O_CLOEXEC);

	*reads = 0;
	while (text != NULL && fd >= 0) {
		ssize_t got = read(fd, text + used, size - used - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0) {
			close(fd);
			text[used] = '\0';
			return text;
		}
		if (got < 0)
			break;
		++*reads;
		used += (size_t)got;
		if (size - used < size / 2) {
			char *larger = realloc(text, size *= 2);
			if (larger == NULL)
				break;
			text = larger;
		}
	}
	int error = errno;
	free(text);
	if (fd >= 0)
		close(fd);
	errno = error;
	return NULL;
}

/* The kernel repeats an entry when the list changes between two reads. */
static bool listed(const struct sl_kernel_list *list, const struct sl_kernel_lock *lock)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->locks[i].acquirer == lock->acquirer &&
			list->locks[i].exclusive == lock->exclusive)
			return true;
	return false;
}

enum sl_result sl_kernel_list_read(
	const struct sl_kernel_file *file, struct sl_kernel_list *list, struct sl_failure *failure)
{
	unsigned reads;
	char *text = read_all_locks(&reads), *rest = text;

	*list = (struct sl_kernel_list){NULL, 0, false};
	if (text == NULL)
		return sl_failed(failure, SL_SYSTEM, "read /proc/locks");
	/* A read of /proc/locks returns a page at most, however large the buffer is. */
	list->complete = reads <= 1;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		struct sl_kernel_lock lock;
		if (!sl_kernel_lock_parse(line, &lock) || !same_file(&lock.file, file) ||
			listed(list, &lock))
			continue;
		struct sl_kernel_lock *more = realloc(list->locks, (list->count + 1) * sizeof *list->locks);
		if (more == NULL) {
			free(text);
			free(list->locks);
			return sl_failed(failure, SL_SYSTEM, "realloc");
		}
		list->locks = more;
		list->locks[list->count++] = lock;
	}
	free(text);
	return SL_OK;
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
			same_file(&lock->file, file) &&
			(acquirer == SL_ANY_ACQUIRER || lock->acquirer == acquirer))
			sight = SL_HAS_IT;
	fclose(info);
	return sight;
}

enum sl_sight sl_kernel_process_has(
	pid_t pid, const struct sl_kernel_file *file, pid_t acquirer, struct sl_kernel_lock *lock)
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
	}
	closedir(directory);
	return sight;
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
