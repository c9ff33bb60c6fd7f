#include "php_sitelock.h"
#include "../core/borg_lock.h"

#include "exceptions.h"
#include "lock_object.h"

ZEND_METHOD(Sitelock_BorgLock, __construct)
{
	zend_string *repository, *host_id = NULL, *label = NULL;
	struct sl_lock_options options;

	SL_PARSE_PARAMETERS_START(1, 3)
		Z_PARAM_STR(repository)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR_OR_NULL(host_id)
		Z_PARAM_STR(label)
	ZEND_PARSE_PARAMETERS_END();

	zend_object *object = Z_OBJ_P(ZEND_THIS);
	if (host_id != NULL && CHECK_NULL_PATH(ZSTR_VAL(host_id), ZSTR_LEN(host_id))) {
		sl_argument_error(2, "hostId", "must not contain any null bytes");
		return;
	}
	if (!sl_construct(object, repository, true, label, 3, &options))
		return;
	struct sl_lock *lock = sl_borg_lock_new(&options, host_id != NULL ? ZSTR_VAL(host_id) : NULL);
	if (lock == NULL && errno == EINVAL)
		sl_value_error("%s", host_id != NULL ? "a host id has 1 to 200 bytes of UTF-8, and no slash"
											 : "BORG_HOST_ID in the environment must have 1 to 200 "
											   "bytes of UTF-8, and no slash");
	else
		sl_constructed_with(object, lock);
}

ZEND_METHOD(Sitelock_BorgLock, breakStale)
{
	sl_break_stale(INTERNAL_FUNCTION_PARAM_PASSTHRU, sl_borg_lock_break_stale);
}

ZEND_METHOD(Sitelock_BorgLock, forceBreak)
{
	sl_force_break(
		INTERNAL_FUNCTION_PARAM_PASSTHRU, sl_borg_lock_is_record, sl_borg_lock_force_break);
}
