#include "php_sitelock.h"
#include "../core/directory_lock.h"

#include "lock_object.h"

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
	if (sl_construct(object, path, false, label, 2, &options))
		sl_constructed_with(object, sl_directory_lock_new(&options));
}

ZEND_METHOD(Sitelock_DirectoryLock, breakStale)
{
	sl_break_stale(INTERNAL_FUNCTION_PARAM_PASSTHRU, sl_directory_lock_break_stale);
}

ZEND_METHOD(Sitelock_DirectoryLock, forceBreak)
{
	sl_force_break(INTERNAL_FUNCTION_PARAM_PASSTHRU, sl_directory_lock_is_record,
		sl_directory_lock_force_break);
}
