/*
 * The extension as PHP sees it, and what its files share.
 *
 * src/php holds no locking logic. It reads arguments, resolves paths, turns results of src/core
 * into exceptions, and gives locks back when objects and requests end.
 */
#ifndef PHP_SITELOCK_H
#define PHP_SITELOCK_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <php.h>

#include "../core/record.h"
#include "compat.h"

/* The version number; package.xml takes it from here. */
#define PHP_SITELOCK_VERSION "0.5.0"

extern zend_module_entry sitelock_module_entry;
#define phpext_sitelock_ptr &sitelock_module_entry

ZEND_BEGIN_MODULE_GLOBALS(sitelock)
char command[SL_COMMAND_MAX + 1]; /* what this request is doing; "" until it is asked for */
char fatal[SL_END_MAX + 1];       /* the first fatal error of this request; "": none */
char end[SL_END_MAX + 1];         /* why the request ended badly; "": it has not */
ZEND_END_MODULE_GLOBALS(sitelock)

ZEND_EXTERN_MODULE_GLOBALS(sitelock)
#define SITELOCK_G(v) ZEND_MODULE_GLOBALS_ACCESSOR(sitelock, v)

#if defined(ZTS) && defined(COMPILE_DL_SITELOCK)
ZEND_TSRMLS_CACHE_EXTERN()
#endif

extern zend_class_entry *sl_lock_ce;
extern zend_class_entry *sl_holder_ce;
extern zend_class_entry *sl_lock_set_ce;

#endif
