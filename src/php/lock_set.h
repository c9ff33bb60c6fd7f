/*
 * Class LockSet.
 */
#ifndef SL_PHP_LOCK_SET_H
#define SL_PHP_LOCK_SET_H

#include <php.h>

void sl_register_lock_set(zend_class_entry *ce);

#endif
