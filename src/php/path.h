/*
 * The path that a script gives: made absolute, and held against open_basedir.
 */
#ifndef SL_PHP_PATH_H
#define SL_PHP_PATH_H

#include <php.h>
#include <stdbool.h>

/* The absolute path, or NULL and an exception is thrown. `path` is argument 1 of the caller. */
zend_string *sl_path_resolve(zend_string *path);

/* Does open_basedir allow it now? If not, an exception is thrown. */
bool sl_path_is_allowed(zend_string *path);

#endif
