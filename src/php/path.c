#include "php_sitelock.h"
#include "path.h"

#include "exceptions.h"

#include <errno.h>

/* "phar://…", "file://…": what PHP's own file functions would give to a stream wrapper. */
static bool names_a_stream(const char *path)
{
	const char *c = path;
	while ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
		   *c == '+' || *c == '-' || *c == '.')
		c++;
	return c > path && strncmp(c, "://", 3) == 0;
}

/* "/srv/." is a directory, and one that is there. */
static bool ends_in_dots(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

zend_string *sl_path_resolve(zend_string *path, bool is_directory)
{
	char absolute[MAXPATHLEN];
	const char *name = is_directory ? "repository" : "path";

	(void)name; /* PHP 8 knows it */
	if (ZSTR_LEN(path) == 0) {
		sl_argument_error(1, name, "must not be empty");
		return NULL;
	}
	if (CHECK_NULL_PATH(ZSTR_VAL(path), ZSTR_LEN(path))) {
		sl_argument_error(1, name, "must not contain any null bytes");
		return NULL;
	}
	if (names_a_stream(ZSTR_VAL(path))) {
		sl_argument_error(1, name, "must be a plain path: a stream cannot be locked");
		return NULL;
	}
	if (!is_directory && ZSTR_VAL(path)[ZSTR_LEN(path) - 1] == '/') {
		sl_argument_error(1, name, "must not end in a slash");
		return NULL;
	}
	if (!is_directory && ends_in_dots(ZSTR_VAL(path))) {
		sl_argument_error(1, name, "must not end in \".\" or \"..\"");
		return NULL;
	}
	/* Asked first: without a working directory expand_filepath() would open the path to see if it
	 * is there, and block on a FIFO. */
	if (ZSTR_VAL(path)[0] != '/' && VCWD_GETCWD(absolute, sizeof absolute) == NULL) {
		sl_throw_errno(errno, "getcwd", ZSTR_VAL(path));
		return NULL;
	}
	/* CWD_EXPAND, because the default follows symbolic links, and then none would be refused. On
	 * ZTS the working directory is PHP's own. */
	if (expand_filepath_with_mode(ZSTR_VAL(path), absolute, NULL, 0, CWD_EXPAND) == NULL) {
		sl_throw_errno(ENAMETOOLONG, "expand_filepath", ZSTR_VAL(path));
		return NULL;
	}
	size_t length = strlen(absolute);
	while (length > 1 && absolute[length - 1] == '/')
		length--;
	return zend_string_init(absolute, length, 0);
}

bool sl_path_is_allowed(zend_string *path)
{
	if (PG(open_basedir) == NULL || *PG(open_basedir) == '\0' ||
		php_check_open_basedir_ex(ZSTR_VAL(path), 0) == 0)
		return true;
	zend_throw_exception_ex(sl_unsafe_path_exception_ce, EPERM, "%s is outside open_basedir (%s)",
		ZSTR_VAL(path), PG(open_basedir));
	return false;
}
