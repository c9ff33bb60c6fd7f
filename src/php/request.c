#include "php_sitelock.h"
#include "request.h"

#include <SAPI.h>
#include <unistd.h>
#include <zend_smart_str.h>

void *sl_request_context(void)
{
	return ZEND_MODULE_GLOBALS_BULK(sitelock);
}

static zend_string *describe_request(void)
{
	const sapi_request_info *request = &SG(request_info);
	smart_str text = {0};

	const char *address =
		request->request_uri != NULL ? request->request_uri : request->path_translated;

	if (request->request_method != NULL && address != NULL) {
		smart_str_appends(&text, request->request_method);
		smart_str_appendc(&text, ' ');
		smart_str_appends(&text, address);
	} else if (request->path_translated != NULL && request->argc > 0) {
		for (int i = 0; i < request->argc; i++) {
			if (i > 0)
				smart_str_appendc(&text, ' ');
			smart_str_appends(&text, request->argv[i]);
		}
	} else { /* php -r and the like */
		char command[SL_COMMAND_MAX + 1];
		sl_process_command(getpid(), command, sizeof command);
		smart_str_appends(&text, command);
	}
	smart_str_0(&text);
	return text.s != NULL ? text.s : ZSTR_EMPTY_ALLOC();
}

const char *sl_request_command(void)
{
	if (SITELOCK_G(command) == NULL)
		SITELOCK_G(command) = describe_request();
	return ZSTR_VAL(SITELOCK_G(command));
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* What the fatal error that ended the request says; PHP has only its message. */
static void describe_fatal_error(char *end, size_t size)
{
	static const char uncaught[] = "Uncaught ";
	const char *message = sl_last_error_message();

	if (starts_with(message, "Allowed memory size"))
		snprintf(end, size, "memory limit");
	else if (starts_with(message, "Maximum execution time"))
		snprintf(end, size, "time limit");
	else if (starts_with(message, uncaught)) {
		/* "Uncaught Foo: message in …", or "Uncaught Foo in …" when it has none. */
		const char *class = message + sizeof uncaught - 1;
		snprintf(end, size, "uncaught %.*s", (int)strcspn(class, ": "), class);
	} else
		snprintf(end, size, "fatal error");
}

/* How the request ends. True: in good order. Otherwise `end` says why. */
static bool ends_well(char *end, size_t size)
{
	const int fatal =
		E_ERROR | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR | E_PARSE;

	/* The error first: a shutdown function may have called exit(0) after it. */
	if (PG(last_error_message) != NULL && (PG(last_error_type) & fatal) != 0) {
		describe_fatal_error(end, size);
		return false;
	}
	if (EG(exit_status) == 0)
		return true;
	snprintf(end, size, "exit status %d", (int)EG(exit_status));
	return false;
}

enum sl_result sl_request_release_failed(
	struct sl_file_lock *lock, zend_object *exception, struct sl_failure *failure)
{
	char end[SL_END_MAX + 1];
	snprintf(end, sizeof end, "exception %s", ZSTR_VAL(exception->ce->name));
	return sl_file_lock_release(lock, end, failure);
}

void sl_request_drop(struct sl_file_lock *lock)
{
	struct sl_failure ignored;
	zend_object *exception = EG(exception);

	if (sl_file_lock_is_held(lock)) {
		/* No code is running: PHP is taking globals apart. An unset() in a shutdown function or a
		 * destructor, on the other hand, is meant. */
		bool dismantling =
			(EG(flags) & EG_FLAGS_IN_SHUTDOWN) != 0 && EG(current_execute_data) == NULL;
		if (dismantling || (exception != NULL && sl_is_exit(exception))) {
			sl_file_lock_set_object(lock, NULL);
			return;
		}
		if (exception != NULL && !sl_is_graceful_exit(exception))
			sl_request_release_failed(lock, exception, &ignored);
	}
	sl_file_lock_free(lock);
}

void sl_request_end(void)
{
	char end[SL_END_MAX + 1];
	struct sl_failure ignored;
	const char *reason = ends_well(end, sizeof end) ? NULL : end;

	for (struct sl_file_lock *lock = sl_file_lock_next(NULL, sl_request_context()), *next;
		 lock != NULL; lock = next) {
		next = sl_file_lock_next(lock, sl_request_context());
		/* In a forked child none is held: what is left there goes with its object. */
		if (sl_file_lock_is_held(lock))
			sl_file_lock_release(lock, reason, &ignored);
		if (sl_file_lock_object(lock) == NULL)
			sl_file_lock_free(lock);
	}
	if (SITELOCK_G(command) != NULL) {
		zend_string_release(SITELOCK_G(command));
		SITELOCK_G(command) = NULL;
	}
}
