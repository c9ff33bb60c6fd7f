#include "php_sitelock.h"
#include "../core/directory_lock.h"

#include "exceptions.h"
#include "holder.h"
#include "lock_object.h"
#include "path.h"

ZEND_METHOD(Sitelock_DirectoryLock, __construct)
{
	zend_string *path, *label = NULL;
	struct sl_lock_options options;

	SL_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(path)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(label)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (sl_construct(object, path, label, &options))
		sl_constructed_with(object, sl_directory_lock_new(&options));
}

ZEND_METHOD(Sitelock_DirectoryLock, breakStale)
{
	struct sl_failure failure;
	bool broken;
	SL_PARSE_PARAMETERS_NONE();
	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self == NULL || !sl_path_is_allowed(self->path))
		return;
	enum sl_result result = sl_directory_lock_break_stale(self->lock, &broken, &failure);
	if (result != SL_OK)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
	RETURN_BOOL(broken);
}

ZEND_METHOD(Sitelock_DirectoryLock, forceBreak)
{
	struct sl_failure failure;
	zval *seen;
	int count;

	SL_PARSE_PARAMETERS_START(0, -1)
		Z_PARAM_VARIADIC('*', seen, count)
	ZEND_PARSE_PARAMETERS_END();

	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self == NULL || !sl_path_is_allowed(self->path))
		return;
	/* All are looked at before anything is broken. */
	for (int i = 0; i < count; i++) {
		if (Z_TYPE(seen[i]) != IS_OBJECT || Z_OBJCE(seen[i]) != sl_holder_ce) {
			sl_argument_type_error(i + 1, "seen", "must be of type Sitelock\\Holder");
			return;
		}
		if (sl_holder_record(Z_OBJ(seen[i]))[0] == '\0') {
			sl_value_error("%s",
				"this Holder names no record of a DirectoryLock, so there is nothing "
				"of him to break");
			return;
		}
	}
	for (int i = 0; i < count; i++) {
		enum sl_result result =
			sl_directory_lock_force_break(self->lock, sl_holder_record(Z_OBJ(seen[i])), &failure);
		if (result != SL_OK) {
			sl_throw(result, &failure, ZSTR_VAL(self->path));
			return;
		}
	}
}
