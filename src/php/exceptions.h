/*
 * The exception classes, and the words for what the core answers.
 */
#ifndef SL_PHP_EXCEPTIONS_H
#define SL_PHP_EXCEPTIONS_H

#include "../core/lock.h"
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

/* For what acquiring a lock answered. Returns SL_OK, SL_BUSY, or SL_THROWN. */
enum sl_result sl_throw_unless_busy(enum sl_result result, const struct sl_failure *failure,
	const struct sl_lock *lock, const char *path);

/*
 * BusyException; `holders` is an array of Holder, `waiting` others wait already. An array without
 * any (they left meanwhile, or are out of sight) gets one who is unknown.
 */
void sl_throw_busy(const char *path, zval *holders, size_t waiting);

/* DeadlockException; NULL: this request has it through another object. */
void sl_throw_deadlock(const char *path, const struct sl_cycle *cycle);

#endif
