/*
 * What the synchronized() of locks and of sets have in common.
 */
#ifndef SL_PHP_SYNCHRONIZED_H
#define SL_PHP_SYNCHRONIZED_H

#include "../core/result.h"

#include <php.h>

/* Calls $critical; what it returns goes into return_value. */
void sl_call_critical(zend_fcall_info *call, zend_fcall_info_cache *cache, zval *return_value);

/* Throws what belongs to `result`; if $critical has thrown, that goes first and ours behind it. */
void sl_throw_behind(
	zend_object *thrown, enum sl_result result, const struct sl_failure *failure, const char *path);

#endif
