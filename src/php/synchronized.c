#include "php_sitelock.h"
#include "synchronized.h"

#include "exceptions.h"

void sl_call_critical(zend_fcall_info *call, zend_fcall_info_cache *cache, zval *return_value)
{
	call->retval = return_value;
	zend_call_function(call, cache);
	/* The callable may return by reference. */
	if (Z_ISREF_P(return_value))
		zend_unwrap_reference(return_value);
}

void sl_throw_behind(
	zend_object *thrown, enum sl_result result, const struct sl_failure *failure, const char *path)
{
	if (thrown != NULL && sl_is_graceful_exit(thrown))
		return;
	EG(exception) = NULL;
	sl_throw(result, failure, path);
	if (thrown != NULL) {
		zend_object *ours = EG(exception);
		EG(exception) = thrown;
		zend_exception_set_previous(thrown, ours);
	}
}
