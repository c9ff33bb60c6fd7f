#include "php_sitelock.h"
#include "../core/file_lock.h"

#include "exceptions.h"
#include "holder.h"
#include "lock_object.h"

ZEND_METHOD(Sitelock_FileLock, __construct)
{
	zend_string *path, *label = NULL;
	zend_long permissions = 0600;
	sl_bool_argument record = 1;
	struct sl_lock_options options;

	SL_PARSE_PARAMETERS_START(1, 4)
		Z_PARAM_STR(path)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(label)
		Z_PARAM_LONG(permissions)
		Z_PARAM_BOOL(record)
	ZEND_PARSE_PARAMETERS_END();

	if ((permissions & ~0777) != 0 || (permissions & 0600) != 0600) {
		sl_argument_error(
			3, "permissions", "must be between 0600 and 0777, readable and writable by the owner");
		return;
	}
	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (sl_construct(object, path, false, label, 2, &options))
		sl_constructed_with(object, sl_file_lock_new(&options, (mode_t)permissions, record));
}

ZEND_METHOD(Sitelock_FileLock, getAbandonedBy)
{
	SL_PARSE_PARAMETERS_NONE();
	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self != NULL)
		sl_holder_list_abandoned(return_value, sl_file_lock_abandoned(self->lock));
}

static void throw_not_exclusive(struct sl_lock_object *self, const char *method)
{
	zend_throw_exception_ex(spl_ce_LogicException, 0,
		"%s() needs %s to be held exclusively by this object", method, ZSTR_VAL(self->path));
}

ZEND_METHOD(Sitelock_FileLock, markConsistent)
{
	struct sl_failure failure;
	SL_PARSE_PARAMETERS_NONE();
	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self == NULL)
		return;
	enum sl_result result = sl_file_lock_mark_consistent(self->lock, &failure);
	if (result == SL_NOT_HELD && !sl_file_lock_has_record(self->lock))
		zend_throw_exception_ex(spl_ce_LogicException, 0,
			"%s was constructed with record: false, so there is nothing to mark",
			ZSTR_VAL(self->path));
	else if (result == SL_NOT_HELD)
		throw_not_exclusive(self, "markConsistent");
	else if (result != SL_OK)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
}

ZEND_METHOD(Sitelock_FileLock, remove)
{
	struct sl_failure failure;
	bool removed;
	SL_PARSE_PARAMETERS_NONE();
	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self == NULL)
		return;
	enum sl_result result = sl_file_lock_remove(self->lock, &removed, &failure);
	if (result == SL_NOT_HELD)
		throw_not_exclusive(self, "remove");
	else if (result != SL_OK)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
	RETURN_BOOL(removed);
}
