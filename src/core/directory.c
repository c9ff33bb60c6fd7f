#include "directory.h"

#include "filesystem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY ".tmp"

bool sl_nonce_draw(char nonce[SL_NONCE_SIZE + 1])
{
	unsigned char bits[SL_NONCE_SIZE / 2];
	ssize_t got;
	do {
		got = getrandom(bits, sizeof bits, 0);
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof bits)
		return false;
	for (size_t i = 0; i < sizeof bits; i++) {
		nonce[2 * i] = "0123456789abcdef"[bits[i] >> 4];
		nonce[2 * i + 1] = "0123456789abcdef"[bits[i] & 15];
	}
	nonce[SL_NONCE_SIZE] = '\0';
	return true;
}

static bool is_nonce(const char *text, size_t length)
{
	return length == SL_NONCE_SIZE && strspn(text, "0123456789abcdef") >= length;
}

void sl_record_name_write(char text[SL_RECORD_NAME_MAX + 1], const struct sl_record_name *name)
{
	snprintf(text, SL_RECORD_NAME_MAX + 1, "s1.%c.%" PRIx32 ".%" PRIx64 ".%s.%d.%s",
		name->mode == SL_EXCLUSIVE ? 'x' : 's', name->kind, name->device,
		name->boot_id[0] != '\0' ? name->boot_id : "-", (int)name->pid, name->nonce);
}

bool sl_record_name_read(struct sl_record_name *name, const char *text)
{
	char mode, boot_id[SL_BOOT_ID_MAX + 1], again[SL_RECORD_NAME_MAX + 1];
	int pid;

	memset(name, 0, sizeof *name);
	if (sscanf(text, "s1.%c.%" SCNx32 ".%" SCNx64 ".%36[0-9a-f-].%d.%32[0-9a-f]", &mode,
			&name->kind, &name->device, boot_id, &pid, name->nonce) != 6)
		return false;
	name->mode = mode == 's' ? SL_SHARED : SL_EXCLUSIVE;
	name->pid = pid;
	if (strcmp(boot_id, "-") != 0)
		memcpy(name->boot_id, boot_id, sizeof boot_id);
	/* What is written otherwise than we would is not ours. */
	sl_record_name_write(again, name);
	return pid > 0 && strlen(name->nonce) == SL_NONCE_SIZE && strcmp(again, text) == 0;
}

void sl_record_path_shorten(char *path)
{
	struct sl_record_name name;
	char *slash = strrchr(path, '/');
	if (slash != NULL && sl_record_name_read(&name, slash + 1))
		*slash = '\0';
}

bool sl_temporary_name_write(char *text, size_t size, const char *base, const char *nonce)
{
	int length = snprintf(text, size, "%s.%s" TEMPORARY, base, nonce);
	return length > 0 && (size_t)length < size;
}

bool sl_temporary_name_is_one(const char *text, const char *base)
{
	size_t length = strlen(base);
	return strncmp(text, base, length) == 0 && text[length] == '.' &&
		   is_nonce(text + length + 1, strcspn(text + length + 1, ".")) &&
		   strcmp(text + length + 1 + SL_NONCE_SIZE, TEMPORARY) == 0;
}

bool sl_is_gone(int error)
{
	return error == ENOENT || error == ESTALE;
}

enum sl_result sl_viewpoint_of(int directory, const struct sl_self *self, struct sl_viewpoint *here,
	struct sl_failure *failure)
{
	struct stat st;
	*here = (struct sl_viewpoint){.kind = sl_filesystem_kind(directory)};
	if (here->kind == 0)
		return sl_failed(failure, sl_is_gone(errno) ? SL_LOST : SL_SYSTEM, "fstatfs");
	if (fstat(directory, &st) != 0)
		return sl_failed(failure, sl_is_gone(errno) ? SL_LOST : SL_SYSTEM, "fstat");
	here->device = (uint64_t)st.st_dev;
	here->mode = st.st_mode & 0777;
	here->user = st.st_uid;
	memcpy(here->boot_id, self->process.boot_id, sizeof here->boot_id);
	return SL_OK;
}

bool sl_shares_flocks_with(const struct sl_viewpoint *here, const struct sl_record_name *owner)
{
	if (here->kind == 0 || here->kind != owner->kind)
		return false;
	/* The device is not asked here: it changes with each mount. */
	if (sl_kind_has_one_view(here->kind))
		return true;
	bool known = here->boot_id[0] != '\0' && owner->boot_id[0] != '\0';
	bool same_boot = known && strcmp(here->boot_id, owner->boot_id) == 0;
	bool same_device = here->device != 0 && here->device == owner->device;
	/* Of another boot of this machine nobody lives. */
	if (here->kind == SL_KIND_OVERLAY)
		return (known && !same_boot) || same_device;
	return same_boot && same_device;
}

/* What is there instead of a file that is still open (NFS, FUSE). */
static bool passes_by_itself(const char *name)
{
	return strncmp(name, ".nfs", 4) == 0 || strncmp(name, ".fuse_hidden", 12) == 0;
}

static enum sl_verdict verdict_on_flock(
	const struct sl_judged *judged, const struct sl_viewpoint *here)
{
	struct sl_failure ignored;
	enum sl_result result = sl_lock_path_flock(judged->descriptor, LOCK_SH, &ignored);
	if (result != SL_OK)
		return result == SL_BUSY ? SL_OWNER_ALIVE : SL_OWNER_UNKNOWN;
	return sl_shares_flocks_with(here, &judged->name) ? SL_OWNER_DEAD : SL_OWNER_UNKNOWN;
}

/* It cannot be opened because of what it is or whose it is; all else is wrong with us, or the disk.
 */
static bool is_about_the_file(int error)
{
	return error == EACCES || error == EPERM || error == ELOOP || error == ENXIO ||
		   error == ENODEV || error == EISDIR;
}

void sl_judge(
	int directory, const char *name, const struct sl_viewpoint *here, struct sl_judged *judged)
{
	struct stat st;

	*judged = (struct sl_judged){.verdict = SL_OWNER_UNKNOWN, .descriptor = -1};
	judged->proper = sl_record_name_read(&judged->name, name);
	if (!judged->proper) {
		if (passes_by_itself(name))
			judged->verdict = SL_NO_OWNER;
		return;
	}
	judged->descriptor = sl_lock_path_open_in(directory, name, false);
	if (judged->descriptor < 0) {
		if (errno == ENOENT)
			judged->verdict = SL_OWNER_GONE;
		else if (!is_about_the_file(errno))
			sl_failed(&judged->failure, SL_SYSTEM, "open");
		return;
	}
	if (fstat(judged->descriptor, &st) != 0) {
		if (sl_is_gone(errno))
			judged->verdict = SL_OWNER_GONE;
		else
			sl_failed(&judged->failure, SL_SYSTEM, "fstat");
		return;
	}
	if (!S_ISREG(st.st_mode))
		return;
	judged->file = (struct sl_file_id){st.st_dev, st.st_ino};
	judged->verdict = st.st_nlink == 0 ? SL_OWNER_GONE : verdict_on_flock(judged, here);
}

enum sl_result sl_directory_each(int directory, bool (*visit)(const char *name, void *data),
	void *data, struct sl_failure *failure)
{
	/* Not a duplicate: that would share the position with whoever reads it too. */
	int descriptor = sl_lock_path_open_in(directory, ".", true);
	DIR *stream = descriptor >= 0 ? fdopendir(descriptor) : NULL;
	if (stream == NULL) {
		enum sl_result result =
			sl_failed(failure, sl_is_gone(errno) ? SL_LOST : SL_SYSTEM, "opendir");
		if (descriptor >= 0)
			close(descriptor);
		return result;
	}
	struct dirent *entry;
	enum sl_result result = SL_OK;
	while (errno = 0, (entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			!visit(entry->d_name, data))
			break;
	}
	if (entry == NULL && errno != 0)
		result = sl_failed(failure, SL_SYSTEM, "readdir");
	closedir(stream);
	return result;
}

/* --- What crashed processes left --- */

struct clearing {
	int directory;
	struct sl_viewpoint here;
	bool removed;
	enum sl_result result;
	struct sl_failure *failure;
};

static bool remove_if_dead(const char *name, void *data)
{
	struct clearing *clearing = data;
	struct sl_judged judged;

	sl_judge(clearing->directory, name, &clearing->here, &judged);
	/* It is still locked by us. Who has just made it, and not locked it yet, will see it gone. */
	if (judged.verdict == SL_OWNER_DEAD) {
		if (unlinkat(clearing->directory, name, 0) == 0)
			clearing->removed = true;
		else if (errno != ENOENT)
			clearing->result = sl_failed(clearing->failure, SL_SYSTEM, "unlink");
	}
	if (judged.descriptor >= 0)
		close(judged.descriptor);
	return clearing->result == SL_OK;
}

enum sl_result sl_directory_clear(
	int directory, const struct sl_self *self, bool *removed, struct sl_failure *failure)
{
	struct clearing clearing = {.directory = directory, .failure = failure};

	enum sl_result result = sl_viewpoint_of(directory, self, &clearing.here, failure);
	if (result == SL_OK)
		result = sl_directory_each(directory, remove_if_dead, &clearing, failure);
	*removed = clearing.removed;
	return result == SL_OK ? clearing.result : result;
}

struct collection {
	int parent;
	const char *base;
	const char *ours;
	const struct sl_self *self;
};

static bool collect_directory(const char *name, void *data)
{
	const struct collection *collection = data;
	struct sl_failure ignored;
	bool removed;

	if (!sl_temporary_name_is_one(name, collection->base) || strcmp(name, collection->ours) == 0)
		return true;
	int directory = sl_lock_path_open_in(collection->parent, name, true);
	if (directory < 0)
		return true;
	sl_directory_clear(directory, collection->self, &removed, &ignored);
	close(directory);
	/* Only if it is empty. Its owner may be about to put something in: he will start again. */
	unlinkat(collection->parent, name, AT_REMOVEDIR);
	return true;
}

void sl_directory_collect(
	int parent, const char *base, const char *ours, const struct sl_self *self)
{
	struct sl_failure ignored;
	struct collection collection = {parent, base, ours, self};
	sl_directory_each(parent, collect_directory, &collection, &ignored);
}
