/*
 * The path that a script gives: made absolute, and held against open_basedir.
 */
#ifndef SL_PHP_PATH_H
#define SL_PHP_PATH_H

#include <php.h>
#include <stdbool.h>

/* The absolute path, or NULL and an exception is thrown. `path` is argument 1 of the caller.
 * With `is_directory` it may be written as that of a directory is: "repo/", ".". */
zend_string *sl_path_resolve(zend_string *path, bool is_directory);

/* Does open_basedir allow it now? If not, an exception is thrown. */
bool sl_path_is_allowed(zend_string *path);

#endif
