#include "borg_roster.h"

#include "borg_repository.h"
#include "directory.h"
#include "lock_path.h"
#include "record.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROSTER         "lock.roster"
#define TEMPORARY      ".tmp"
#define SIZE_MAX_BYTES (16 * 1024 * 1024)

static const char *key(enum sl_mode mode)
{
	return mode == SL_SHARED ? "shared" : "exclusive";
}

static json_t *list_of(const struct sl_borg_roster *roster, enum sl_mode mode)
{
	return json_object_get(roster->root, key(mode));
}

static bool read_entry(const json_t *entry, struct sl_borg_id *id)
{
	const json_t *host = json_array_get(entry, 0), *pid = json_array_get(entry, 1),
				 *thread = json_array_get(entry, 2);

	if (!json_is_array(entry) || json_array_size(entry) != 3 || !json_is_string(host) ||
		!json_is_integer(pid) || !json_is_integer(thread))
		return false;
	memset(id, 0, sizeof *id);
	snprintf(id->host, sizeof id->host, "%s", json_string_value(host));
	id->pid = json_integer_value(pid);
	id->thread = json_integer_value(thread);
	return true;
}

/* Everything that we or borg would stumble over. */
static bool is_roster(const json_t *root)
{
	struct sl_borg_id id;

	if (!json_is_object(root))
		return false;
	for (int mode = SL_EXCLUSIVE; mode <= SL_SHARED; mode++) {
		const json_t *list = json_object_get(root, key((enum sl_mode)mode));
		if (list != NULL && !json_is_array(list))
			return false;
		for (size_t i = 0; i < json_array_size(list); i++)
			if (!read_entry(json_array_get(list, i), &id))
				return false;
	}
	return true;
}

static enum sl_result failed(struct sl_failure *failure, enum sl_result result, const char *call)
{
	sl_failed(failure, result, call);
	failure->within = ROSTER;
	return result;
}

/* The whole file, or as much as there is of it by now. NULL and errno. */
static char *read_all(int descriptor, size_t size, size_t *length)
{
	char *text = malloc(size + 1);
	ssize_t got = 1;

	for (*length = 0; text != NULL && *length < size && got != 0;) {
		got = read(descriptor, text + *length, size - *length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(text);
			return NULL;
		}
		*length += (size_t)got;
	}
	return text;
}

/* NULL: no memory, ENOMEM, or no roster, EBADMSG. */
static json_t *decode(const char *text, size_t length)
{
	json_error_t error;
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);

	if (root == NULL && json_error_code(&error) != json_error_out_of_memory) {
		errno = EBADMSG;
		return NULL;
	}
	/* Where jansson gets no memory it may lose a byte of a name, and say nothing: so look twice. */
	json_t *again = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	bool same = root != NULL && again != NULL && json_equal(root, again);
	json_decref(again);
	errno = same ? EBADMSG : ENOMEM;
	if (same && is_roster(root))
		return root;
	json_decref(root);
	return NULL;
}

static enum sl_result parse(
	int descriptor, struct sl_borg_roster *roster, struct sl_failure *failure)
{
	struct stat st;
	size_t length;

	if (fstat(descriptor, &st) != 0)
		return failed(failure, SL_SYSTEM, "fstat");
	errno = EBADMSG;
	if (!S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_BYTES)
		return failed(failure, SL_ROSTER_BROKEN, "read");
	roster->exists = true;
	roster->file = (struct sl_borg_repository){
		.user = st.st_uid, .group = st.st_gid, .mode = st.st_mode & 0777};
	char *text = read_all(descriptor, (size_t)st.st_size, &length);
	if (text == NULL)
		return failed(failure, SL_SYSTEM, "read");
	roster->root = decode(text, length);
	int error = errno;
	free(text);
	errno = error;
	if (roster->root != NULL)
		return SL_OK;
	return failed(failure, errno == ENOMEM ? SL_SYSTEM : SL_ROSTER_BROKEN, "read");
}

enum sl_result sl_borg_roster_read(
	int repository, struct sl_borg_roster *roster, struct sl_failure *failure)
{
	*roster = (struct sl_borg_roster){.root = NULL};
	int descriptor = sl_lock_path_open_in(repository, ROSTER, false);
	if (descriptor >= 0) {
		enum sl_result result = parse(descriptor, roster, failure);
		close(descriptor);
		return result;
	}
	if (errno != ENOENT)
		return failed(failure, errno == ELOOP ? SL_ROSTER_BROKEN : SL_SYSTEM, "open");
	roster->root = json_object();
	if (roster->root != NULL)
		return SL_OK;
	errno = ENOMEM;
	return failed(failure, SL_SYSTEM, "malloc");
}

void sl_borg_roster_free(struct sl_borg_roster *roster)
{
	json_decref(roster->root);
	roster->root = NULL;
}

size_t sl_borg_roster_count(const struct sl_borg_roster *roster, enum sl_mode mode)
{
	return json_array_size(list_of(roster, mode));
}

void sl_borg_roster_get(
	const struct sl_borg_roster *roster, enum sl_mode mode, size_t index, struct sl_borg_id *id)
{
	read_entry(json_array_get(list_of(roster, mode), index), id);
}

/* Its place in the list, or the length of that. */
static size_t find(
	const struct sl_borg_roster *roster, enum sl_mode mode, const struct sl_borg_id *id)
{
	size_t count = sl_borg_roster_count(roster, mode), i;
	for (i = 0; i < count; i++) {
		struct sl_borg_id other;
		sl_borg_roster_get(roster, mode, i, &other);
		if (sl_borg_id_equal(id, &other))
			break;
	}
	return i;
}

bool sl_borg_roster_has(
	const struct sl_borg_roster *roster, enum sl_mode mode, const struct sl_borg_id *id)
{
	return find(roster, mode, id) < sl_borg_roster_count(roster, mode);
}

bool sl_borg_roster_add(
	struct sl_borg_roster *roster, enum sl_mode mode, const struct sl_borg_id *id)
{
	if (sl_borg_roster_has(roster, mode, id))
		return true;
	if (list_of(roster, mode) == NULL &&
		json_object_set_new(roster->root, key(mode), json_array()) != 0)
		return false;
	return json_array_append_new(list_of(roster, mode),
			   json_pack("[s, I, I]", id->host, (json_int_t)id->pid, (json_int_t)id->thread)) == 0;
}

void sl_borg_roster_remove_at(struct sl_borg_roster *roster, enum sl_mode mode, size_t index)
{
	json_array_remove(list_of(roster, mode), index);
}

bool sl_borg_roster_remove(
	struct sl_borg_roster *roster, enum sl_mode mode, const struct sl_borg_id *id)
{
	return json_array_remove(list_of(roster, mode), find(roster, mode, id)) == 0;
}

static bool says_nothing(const struct sl_borg_roster *roster)
{
	const char *name;
	json_t *value;

	json_object_foreach(roster->root, name, value)
	{
		bool is_list = strcmp(name, key(SL_SHARED)) == 0 || strcmp(name, key(SL_EXCLUSIVE)) == 0;
		if (!is_list || json_array_size(value) > 0)
			return false;
	}
	return true;
}

/* In one piece: json_dumpfd() writes many, and does not see each of them fail. */
static enum sl_result write_text(
	int descriptor, const struct sl_borg_roster *roster, struct sl_failure *failure)
{
	enum sl_result result = SL_SYSTEM;
	char *text = json_dumps(roster->root, JSON_ENSURE_ASCII);
	json_t *again = text != NULL ? decode(text, strlen(text)) : NULL;

	if (again != NULL && json_equal(roster->root, again))
		result = sl_record_write(descriptor, text, strlen(text), NULL, failure);
	else
		*failure = (struct sl_failure){.call = "malloc", .number = ENOMEM};
	failure->within = ROSTER;
	json_decref(again);
	free(text);
	return result;
}

/* A new file under its temporary name, complete. */
static enum sl_result write_temporary(int directory, const char *name,
	const struct sl_borg_roster *roster, const struct sl_borg_repository *repository,
	struct sl_failure *failure)
{
	struct sl_registry_entry file = {.descriptor = -1, .context = &file, .pending = true};
	enum sl_result result = SL_OK;

	if (sl_lock_path_create_in(&file, directory, name) < 0)
		return failed(failure, SL_SYSTEM, "open");
	const struct sl_borg_repository *like = roster->exists ? &roster->file : repository;
	sl_borg_give(file.descriptor, like->user, like->group);
	if (fchmod(file.descriptor, like->mode) != 0)
		result = failed(failure, SL_SYSTEM, "fchmod");
	if (result == SL_OK)
		result = write_text(file.descriptor, roster, failure);
	/* A power cut must not leave an empty file under the name of a full one. */
	if (result == SL_OK && fdatasync(file.descriptor) != 0)
		result = failed(failure, SL_SYSTEM, "fdatasync");
	sl_registry_close(&file);
	return result;
}

enum sl_result sl_borg_roster_write(int directory, const struct sl_borg_roster *roster,
	const struct sl_borg_repository *repository, struct sl_failure *failure)
{
	char nonce[SL_NONCE_SIZE + 1], name[sizeof ROSTER + sizeof nonce + sizeof TEMPORARY];

	if (says_nothing(roster)) {
		if (unlinkat(directory, ROSTER, 0) == 0 || errno == ENOENT)
			return SL_OK;
		return failed(failure, SL_SYSTEM, "unlink");
	}
	if (!sl_nonce_draw(nonce))
		return failed(failure, SL_SYSTEM, "getrandom");
	sl_temporary_name_write(name, sizeof name, ROSTER, nonce);
	enum sl_result result = write_temporary(directory, name, roster, repository, failure);
	if (result == SL_OK && renameat(directory, name, directory, ROSTER) != 0)
		result = failed(failure, SL_SYSTEM, "rename");
	if (result != SL_OK)
		unlinkat(directory, name, 0);
	return result;
}

static bool collect(const char *name, void *data)
{
	if (sl_temporary_name_is_one(name, ROSTER))
		unlinkat(*(const int *)data, name, 0);
	return true;
}

void sl_borg_roster_collect(int repository)
{
	struct sl_failure ignored;
	sl_directory_each(repository, collect, &repository, &ignored);
}
