/*
 * A Lock that somebody wrote in PHP, seen from here: its methods are called, what they throw is
 * left as the exception that it is.
 */
#ifndef SL_PHP_FOREIGN_LOCK_H
#define SL_PHP_FOREIGN_LOCK_H

#include "../core/lock_set.h"

#include <php.h>
#include <stdbool.h>

/* Makes it a member of a set that will ask for it in this mode. False, and an exception. */
bool sl_foreign_lock_member(struct sl_member *member, zend_object *object, enum sl_mode mode);

/* release(), also while an exception is on its way; what release() throws then is dropped. */
void sl_foreign_lock_release(zend_object *object);

/* These are asked of any Lock. NULL or false, and an exception, if it has no proper answer. */
zend_string *sl_ask_path(zend_object *object);
bool sl_ask_is_acquired(zend_object *object, bool *acquired);
/* Only what is a Holder. */
bool sl_ask_holders(zend_object *object, zval *holders);

#endif
