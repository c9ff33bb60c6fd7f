/*
 * Class Holder: what the core knows of an owner, as a PHP value.
 */
#ifndef SL_PHP_HOLDER_H
#define SL_PHP_HOLDER_H

#include "../core/holders.h"

#include <php.h>
#include <zend_smart_str.h>

/* Fills `value` with a list of Holder objects. */
void sl_holder_list(zval *value, const struct sl_holder_list *list);
void sl_holder_list_abandoned(zval *value, const struct sl_abandoned *abandoned);

/* Fills `value` with one Holder of whom nothing is known. */
void sl_holder_list_unknown(zval *value);

/* Of the owner of a DirectoryLock: what his record is called. Otherwise "". */
const char *sl_holder_record(zend_object *holder);

/* It has left something that keeps the lock, and whether it lives cannot be known. */
bool sl_holder_is_doubtful(zend_object *holder);

/* Appends the sentence of __toString(). */
void sl_holder_describe(zend_object *holder, smart_str *sentence);

void sl_register_holder(zend_class_entry *ce);

#endif
