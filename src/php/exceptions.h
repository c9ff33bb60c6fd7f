/*
 * The exception classes, and the words for what the core answers.
 */
#ifndef SL_PHP_EXCEPTIONS_H
#define SL_PHP_EXCEPTIONS_H

#include "../core/result.h"

#include <php.h>

extern zend_class_entry *sl_lock_exception_ce;
extern zend_class_entry *sl_busy_exception_ce;
extern zend_class_entry *sl_deadlock_exception_ce;
extern zend_class_entry *sl_lost_lock_exception_ce;
extern zend_class_entry *sl_unsafe_path_exception_ce;
extern zend_class_entry *sl_unsupported_exception_ce;
extern zend_class_entry *sl_system_exception_ce;

/* Throws what belongs to a result that is neither SL_OK nor SL_BUSY nor SL_NOT_HELD. */
void sl_throw(enum sl_result result, const struct sl_failure *failure, const char *path);

/* SystemException for a call of our own. */
void sl_throw_errno(int number, const char *call, const char *path);

/* BusyException; `holders` is an array of Holder. */
void sl_throw_busy(const char *path, zval *holders);

#endif
