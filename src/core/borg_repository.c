#include "borg_repository.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* borg's own is less than 1 KiB. */
#define CONFIG_MAX 65536

/* The value of `key` in this line "key = value", or NULL. */
static const char *value_of(const char *line, const char *key)
{
	size_t length = strlen(key);
	if (strncasecmp(line, key, length) != 0)
		return NULL;
	line += length + strspn(line + length, " \t");
	return *line == '=' || *line == ':' ? line + 1 : NULL;
}

/* "[repository]" and in that section "version = 1". 0: there is none. */
static long version_in(char *config)
{
	bool inside = false;
	char *rest;

	for (char *line = strtok_r(config, "\r\n", &rest); line != NULL;
		 line = strtok_r(NULL, "\r\n", &rest)) {
		const char *version = value_of(line, "version");
		if (line[0] == '[')
			inside = strncmp(line, "[repository]", strlen("[repository]")) == 0;
		else if (inside && version != NULL)
			return strtol(version, NULL, 10);
	}
	return 0;
}

static enum sl_result read_config(int descriptor, struct sl_failure *failure)
{
	char config[CONFIG_MAX];
	size_t length = 0;
	ssize_t got;

	while (length < sizeof config - 1) {
		got = read(descriptor, config + length, sizeof config - 1 - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return sl_failed(failure, SL_SYSTEM, "read");
		if (got == 0)
			break;
		length += (size_t)got;
	}
	config[length] = '\0';
	switch (version_in(config)) {
	case 1:
		return SL_OK;
	case 0:
		return sl_failed(failure, SL_NO_REPOSITORY, "read");
	default:
		return sl_failed(failure, SL_FOREIGN_REPOSITORY, "read");
	}
}

static enum sl_result recognise(int directory, mode_t *mode, struct sl_failure *failure)
{
	struct stat st;
	enum sl_result result;

	int config = sl_lock_path_open_in(directory, "config", false);
	if (config < 0)
		return sl_failed(failure,
			errno == ENOENT || errno == ELOOP || errno == ENXIO ? SL_NO_REPOSITORY : SL_SYSTEM,
			"open");
	if (fstat(config, &st) != 0)
		result = sl_failed(failure, SL_SYSTEM, "fstat");
	else if (S_ISDIR(st.st_mode)) /* borg 2 keeps objects there */
		result = sl_failed(failure,
			faccessat(config, "version", F_OK, 0) == 0 ? SL_FOREIGN_REPOSITORY : SL_NO_REPOSITORY,
			"open");
	else if (!S_ISREG(st.st_mode))
		result = sl_failed(failure, SL_NO_REPOSITORY, "open");
	else {
		*mode = st.st_mode & 0666;
		result = read_config(config, failure);
	}
	close(config);
	return result;
}

enum sl_result sl_borg_repository_open(const char *path, struct sl_registry_entry *entry,
	struct sl_borg_repository *repository, struct sl_failure *failure)
{
	struct stat st;

	if (sl_lock_path_open_directory(path, entry) < 0)
		return sl_failed(failure, errno == ENOTDIR ? SL_NO_REPOSITORY : SL_SYSTEM, "open");
	mode_t mode = 0;
	enum sl_result result = fstat(entry->descriptor, &st) == 0
								? recognise(entry->descriptor, &mode, failure)
								: sl_failed(failure, SL_SYSTEM, "fstat");
	if (result != SL_OK) {
		sl_registry_close(entry);
		return result;
	}
	*repository = (struct sl_borg_repository){{st.st_dev, st.st_ino}, st.st_uid, st.st_gid, mode};
	return SL_OK;
}

void sl_borg_give(int descriptor, uid_t user, gid_t group)
{
	if (fchown(descriptor, user, group) != 0 && fchown(descriptor, (uid_t)-1, group) != 0)
		return;
}
