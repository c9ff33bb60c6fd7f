#include "php_sitelock.h"
#include "exceptions.h"

#include "../core/directory.h"
#include "holder.h"

#include <string.h>
#include <zend_smart_str.h>

zend_class_entry *sl_lock_exception_ce;
zend_class_entry *sl_busy_exception_ce;
zend_class_entry *sl_deadlock_exception_ce;
zend_class_entry *sl_lost_lock_exception_ce;
zend_class_entry *sl_unsafe_path_exception_ce;
zend_class_entry *sl_unsupported_exception_ce;
zend_class_entry *sl_system_exception_ce;

/* How many holders a message names; the exception has them all. */
#define NAMED_HOLDERS 3

void sl_throw_errno(int number, const char *call, const char *path)
{
	zend_throw_exception_ex(
		sl_system_exception_ce, number, "%s(%s): %s", call, path, strerror(number));
}

static void throw_foreign_owner(uid_t owner, const char *path)
{
	char name[SL_USER_MAX + 1];
	sl_process_user_name(owner, name, sizeof name);
	zend_throw_exception_ex(sl_unsafe_path_exception_ce, EPERM,
		"%s belongs to %s, and a private lock file must be ours or root's; to share it on purpose, "
		"give $permissions with group or other bits",
		path, name);
}

static void throw_about(enum sl_result result, const struct sl_failure *failure, const char *path)
{
	char name[SL_USER_MAX + 1];

	switch (result) {
	case SL_UNSAFE_SYMLINK:
		zend_throw_exception_ex(sl_unsafe_path_exception_ce, ELOOP,
			"%s is a symbolic link; a lock is never taken through one", path);
		return;
	case SL_UNSAFE_TYPE:
		zend_throw_exception_ex(sl_unsafe_path_exception_ce, EPERM,
			"%s is not a regular file, so it cannot be a lock", path);
		return;
	case SL_UNSAFE_LINKS:
		zend_throw_exception_ex(sl_unsafe_path_exception_ce, EPERM,
			"%s has a second hard link, so it may be somebody's data; a lock has one name", path);
		return;
	case SL_UNSAFE_OWNER:
		throw_foreign_owner(failure->owner, path);
		return;
	case SL_UNSAFE_NO_DIRECTORY:
		zend_throw_exception_ex(sl_unsafe_path_exception_ce, ENOTDIR,
			"%s is not a directory, so it cannot be a directory lock", path);
		return;
	case SL_UNSAFE_FOREIGN_DIRECTORY:
		sl_process_user_name(failure->owner, name, sizeof name);
		zend_throw_exception_ex(sl_unsafe_path_exception_ce, EPERM,
			"%s belongs to %s, and nobody else may replace it here", path, name);
		return;
	case SL_NO_REPOSITORY:
		zend_throw_exception_ex(sl_unsafe_path_exception_ce, ENOENT,
			"%s is not a borg repository: it has no file \"config\" with a section [repository]",
			path);
		return;
	case SL_FOREIGN_REPOSITORY:
		zend_throw_exception_ex(sl_unsupported_exception_ce, EOPNOTSUPP,
			"%s is a repository of another borg than 1, which does not look at these locks", path);
		return;
	case SL_ROSTER_BROKEN:
		zend_throw_exception_ex(sl_system_exception_ce, EBADMSG,
			"%s is damaged, so it cannot be known who reads the repository; if no borg "
			"works there, remove that file",
			path);
		return;
	case SL_UNSUPPORTED:
		zend_throw_exception_ex(sl_unsupported_exception_ce, failure->number,
			"%s(%s): %s; this file system cannot lock, put the lock on another one", failure->call,
			path, strerror(failure->number));
		return;
	case SL_LOST:
		zend_throw_exception_ex(sl_lost_lock_exception_ce, 0,
			"%s was removed or replaced while it was locked; others may have had the lock too",
			path);
		return;
	case SL_TAKEN_OFF:
		zend_throw_exception_ex(sl_lost_lock_exception_ce, 0,
			"the lock of %s was broken while it was held; others may have worked there too", path);
		return;
	case SL_NOT_HELD:
		zend_throw_exception_ex(sl_lost_lock_exception_ce, 0,
			"%s was given back by other code while it was acquired", path);
		return;
	default:
		sl_throw_errno(failure->number, failure->call, path);
		return;
	}
}

void sl_throw(enum sl_result result, const struct sl_failure *failure, const char *path)
{
	char entry[MAXPATHLEN + NAME_MAX];

	/* Only what the kernel said, or what is where the lock should be, is about an entry. */
	if (result < SL_UNSAFE_SYMLINK || failure->within == NULL) {
		throw_about(result, failure, path);
		return;
	}
	snprintf(entry, sizeof entry, "%s/%s", path, failure->within);
	throw_about(result, failure, entry);
}

void sl_throw_busy(const char *path, zval *holders, size_t waiting)
{
	smart_str message = {0};

	if (zend_hash_num_elements(Z_ARRVAL_P(holders)) == 0) {
		zval_ptr_dtor(holders);
		sl_holder_list_unknown(holders);
	}
	bool will_end = true;
	uint32_t named = 0, count = zend_hash_num_elements(Z_ARRVAL_P(holders));
	zval *holder;

	smart_str_appends(&message, path);
	smart_str_appends(&message, " is locked by ");
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(holders), holder)
	{
		will_end &= !sl_holder_is_doubtful(Z_OBJ_P(holder));
		if (named == NAMED_HOLDERS)
			continue;
		if (named++ > 0)
			smart_str_appends(&message, " and by ");
		sl_holder_describe(Z_OBJ_P(holder), &message);
	}
	ZEND_HASH_FOREACH_END();
	if (count > named) {
		smart_str_appends(&message, " and by ");
		smart_str_append_unsigned(&message, count - named);
		smart_str_appends(&message, " more");
	}
	smart_str_appends(&message, will_end
									? "; it becomes free when that ends"
									: "; whether that still works there, a person has to find out");
	if (waiting > 0) {
		smart_str_appends(&message, ", and ");
		smart_str_append_unsigned(&message, waiting);
		smart_str_appends(&message, waiting == 1 ? " other waits" : " others wait");
		smart_str_appends(&message, " for that already");
	}
	smart_str_0(&message);

	zend_object *exception = zend_throw_exception(sl_busy_exception_ce, ZSTR_VAL(message.s), 0);
	sl_update_property(sl_busy_exception_ce, exception, "holders", holders);
	smart_str_free(&message);
}

static void append_process(smart_str *message, pid_t pid)
{
	char command[SL_COMMAND_MAX + 1];

	smart_str_appends(message, "pid ");
	smart_str_append_long(message, pid);
	sl_process_command(pid, command, sizeof command);
	if (command[0] != '\0') {
		smart_str_appends(message, " (\"");
		smart_str_appends(message, command);
		smart_str_appends(message, "\")");
	}
}

/* "deadlock: this process waits for A, held by pid 12 ("…"), which waits for B, held by us" */
static void append_cycle(smart_str *message, const struct sl_cycle *cycle)
{
	char path[MAXPATHLEN];

	smart_str_appends(message, "deadlock: this process");
	for (size_t i = 0; i < cycle->count; i++) {
		pid_t holder = cycle->members[(i + 1) % cycle->count].pid;
		sl_kernel_path_of(holder, &cycle->members[i].file, path, sizeof path);
		sl_record_path_shorten(path);
		smart_str_appends(message, i == 0 ? " waits for " : ", which waits for ");
		smart_str_appends(message, path);
		smart_str_appends(message, ", held by ");
		if (i + 1 == cycle->count)
			smart_str_appends(message, "this process itself");
		else
			append_process(message, holder);
	}
	smart_str_appends(message, "; give back what you hold and try again");
}

void sl_throw_deadlock(const char *path, const struct sl_cycle *cycle)
{
	smart_str message = {0};

	if (cycle != NULL) {
		append_cycle(&message, cycle);
	} else {
		smart_str_appends(&message, path);
		smart_str_appends(&message,
			" is held by this very request through another object: it would never become free");
	}
	smart_str_0(&message);
	zend_throw_exception(sl_deadlock_exception_ce, ZSTR_VAL(message.s), 0);
	smart_str_free(&message);
}

enum sl_result sl_throw_unless_busy(enum sl_result result, const struct sl_failure *failure,
	const struct sl_lock *lock, const char *path)
{
	if (result == SL_OK || result == SL_BUSY || result == SL_THROWN)
		return result;
	if (result == SL_DEADLOCK)
		sl_throw_deadlock(path, sl_lock_cycle(lock));
	else
		sl_throw(result, failure, path);
	return SL_THROWN;
}

ZEND_METHOD(Sitelock_BusyException, getHolders)
{
	zval rv;
	SL_PARSE_PARAMETERS_NONE();
	zval *holders = sl_read_property(sl_busy_exception_ce, Z_OBJ_P(ZEND_THIS), "holders", &rv);
	ZVAL_DEREF(holders);
	/* A script may make one by itself. */
	if (Z_TYPE_P(holders) != IS_ARRAY)
		RETURN_EMPTY_ARRAY();
	RETURN_ZVAL(holders, 1, 0);
}
