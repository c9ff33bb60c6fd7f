/*
 * The module: how PHP loads it, what it registers, and what happens when a request ends.
 */
#include "php_sitelock.h"

#include "../core/registry.h"
#include "exceptions.h"
#include "holder.h"
#include "lock_object.h"
#include "lock_set.h"
#include "request.h"

#include <ext/standard/info.h>

zend_class_entry *sl_lock_ce;
zend_class_entry *sl_holder_ce;
zend_class_entry *sl_lock_set_ce;

ZEND_DECLARE_MODULE_GLOBALS(sitelock)

ZEND_FUNCTION(Sitelock_held)
{
	zval locks;
	SL_PARSE_PARAMETERS_NONE();

	/* The registry has the newest first. */
	array_init(return_value);
	array_init(&locks);
	struct sl_lock *lock = NULL;
	while ((lock = sl_lock_next(lock, sl_request_context())) != NULL) {
		zend_object *object = sl_lock_object(lock);
		/* What has been destructed may be freed the next moment, whoever refers to it. */
		if (object == NULL || !sl_lock_is_held(lock) ||
			(OBJ_FLAGS(object) & IS_OBJ_DESTRUCTOR_CALLED) != 0)
			continue;
		zval value;
		GC_ADDREF(object);
		ZVAL_OBJ(&value, object);
		add_next_index_zval(&locks, &value);
	}
	zval *value;
	ZEND_HASH_REVERSE_FOREACH_VAL(Z_ARRVAL(locks), value)
	{
		Z_ADDREF_P(value);
		add_next_index_zval(return_value, value);
	}
	ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&locks);
}

/* Needs the names of the functions above. */
#include SL_ARGINFO

static PHP_MINIT_FUNCTION(sitelock)
{
	int error = sl_registry_start();
	if (error != 0) {
		php_error_docref(NULL, E_CORE_WARNING, "pthread_atfork: %s", strerror(error));
		return FAILURE;
	}
	(void)type;
	(void)module_number;
	sl_request_watch_errors();
	sl_lock_ce = register_class_Sitelock_Lock();
	sl_start_lock_classes();
	sl_register_lock_class(register_class_Sitelock_FileLock(sl_lock_ce));
	sl_register_lock_class(register_class_Sitelock_DirectoryLock(sl_lock_ce));
	sl_register_lock_class(register_class_Sitelock_BorgLock(sl_lock_ce));
	sl_register_lock_set(register_class_Sitelock_LockSet());
	sl_register_holder(register_class_Sitelock_Holder());
	sl_lock_exception_ce = register_class_Sitelock_LockException(spl_ce_RuntimeException);
	sl_busy_exception_ce = register_class_Sitelock_BusyException(sl_lock_exception_ce);
	sl_deadlock_exception_ce = register_class_Sitelock_DeadlockException(sl_lock_exception_ce);
	sl_lost_lock_exception_ce = register_class_Sitelock_LostLockException(sl_lock_exception_ce);
	sl_unsafe_path_exception_ce = register_class_Sitelock_UnsafePathException(sl_lock_exception_ce);
	sl_unsupported_exception_ce =
		register_class_Sitelock_UnsupportedException(sl_lock_exception_ce);
	sl_system_exception_ce = register_class_Sitelock_SystemException(sl_lock_exception_ce);
	return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(sitelock)
{
	(void)type;
	(void)module_number;
	sl_request_unwatch_errors();
	return SUCCESS;
}

static PHP_RSHUTDOWN_FUNCTION(sitelock)
{
	(void)type;
	(void)module_number;
	sl_request_judge();
	return SUCCESS;
}

/* After every RSHUTDOWN: session handlers, for instance, still run scripts in theirs. */
static ZEND_MODULE_POST_ZEND_DEACTIVATE_D(sitelock)
{
	sl_request_end();
	return SUCCESS;
}

static PHP_GINIT_FUNCTION(sitelock)
{
#if defined(ZTS) && defined(COMPILE_DL_SITELOCK)
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
	memset(sitelock_globals, 0, sizeof *sitelock_globals);
}

static PHP_MINFO_FUNCTION(sitelock)
{
	(void)zend_module;
	php_info_print_table_start();
	php_info_print_table_row(2, "sitelock", "enabled");
	php_info_print_table_row(2, "version", PHP_SITELOCK_VERSION);
	php_info_print_table_end();
}

zend_module_entry sitelock_module_entry = {
	STANDARD_MODULE_HEADER,
	"sitelock",
	ext_functions,
	PHP_MINIT(sitelock),
	PHP_MSHUTDOWN(sitelock),
	NULL,
	PHP_RSHUTDOWN(sitelock),
	PHP_MINFO(sitelock),
	PHP_SITELOCK_VERSION,
	PHP_MODULE_GLOBALS(sitelock),
	PHP_GINIT(sitelock),
	NULL,
	ZEND_MODULE_POST_ZEND_DEACTIVATE_N(sitelock),
	STANDARD_MODULE_PROPERTIES_EX,
};

#ifdef COMPILE_DL_SITELOCK
#ifdef ZTS
ZEND_TSRMLS_CACHE_DEFINE()
#endif
ZEND_GET_MODULE(sitelock)
#endif
