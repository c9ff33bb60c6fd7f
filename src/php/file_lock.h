/*
 * Class FileLock, for LockSet and for waiting.
 */
#ifndef SL_PHP_FILE_LOCK_H
#define SL_PHP_FILE_LOCK_H

#include "../core/file_lock.h"

#include <php.h>

void sl_register_file_lock(zend_class_entry *ce);

/*
 * Makes a FileLock a member of a set that will ask for it in this mode. False, and an exception, if
 * it is held in the other mode, waits already, was never constructed, or may not be used.
 */
bool sl_file_lock_member(struct sl_member *member, zend_object *object, enum sl_mode mode);

/* Its lock; NULL if it was never constructed. */
struct sl_file_lock *sl_file_lock_of(zend_object *object);

/* While it waits nobody else may ask for the lock through this object. */
void sl_file_lock_set_acquiring(zend_object *object, bool acquiring);

/* What its last try found: BusyException, or DeadlockException if this request has it itself. */
void sl_file_lock_throw_busy(zend_object *object);

#endif
