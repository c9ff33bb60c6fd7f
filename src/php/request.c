#include "php_sitelock.h"
#include "request.h"

#include "../core/borg_lock.h"
#include "../core/text.h"

#include <SAPI.h>
#include <unistd.h>
#include <zend_smart_str.h>

void *sl_request_context(void)
{
	return ZEND_MODULE_GLOBALS_BULK(sitelock);
}

static void describe_request(char *command, size_t size)
{
	const sapi_request_info *request = &SG(request_info);
	const char *address =
		request->request_uri != NULL ? request->request_uri : request->path_translated;
	smart_str text = {0};

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
	}
	if (text.s != NULL)
		sl_text_visible(command, size, ZSTR_VAL(text.s), ZSTR_LEN(text.s));
	else /* a script from standard input */
		sl_process_command(getpid(), command, size);
	smart_str_free(&text);
}

const char *sl_request_command(void)
{
	if (SITELOCK_G(command)[0] == '\0')
		describe_request(SITELOCK_G(command), sizeof SITELOCK_G(command));
	return SITELOCK_G(command);
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static void describe_fatal_error(const char *message, char *end, size_t size)
{
	static const char uncaught[] = "Uncaught ";

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

static sl_error_callback next_error_callback;

/* Called for errors that no handler of the script has taken. */
static void note_error(int type, const char *message)
{
	const int fatal =
		E_ERROR | E_CORE_ERROR | E_COMPILE_ERROR | E_PARSE | E_USER_ERROR | E_RECOVERABLE_ERROR;
	if ((type & fatal) != 0 && SITELOCK_G(fatal)[0] == '\0')
		describe_fatal_error(message, SITELOCK_G(fatal), sizeof SITELOCK_G(fatal));
}

SL_ERROR_CALLBACK(note_error, next_error_callback)

void sl_request_watch_errors(void)
{
	next_error_callback = zend_error_cb;
	zend_error_cb = observe_error;
}

void sl_request_unwatch_errors(void)
{
	if (zend_error_cb == observe_error)
		zend_error_cb = next_error_callback;
}

/* How the request ends, as far as it has come: "" in good order. */
static void judge(char *end, size_t size)
{
	end[0] = '\0';
	/* The error first: a shutdown function may have called exit(0) after it. */
	if (SITELOCK_G(fatal)[0] != '\0')
		snprintf(end, size, "%s", SITELOCK_G(fatal));
	else if (EG(exit_status) != 0)
		snprintf(end, size, "exit status %d", (int)EG(exit_status));
	else if ((PG(connection_status) & PHP_CONNECTION_ABORTED) != 0 && !PG(ignore_user_abort))
		snprintf(end, size, "connection aborted");
}

static bool is_shutting_down(void)
{
	return (EG(flags) & EG_FLAGS_IN_SHUTDOWN) != 0;
}

bool sl_request_outlives(zend_object *thrown)
{
	return thrown == NULL ||
		   (!sl_is_exit(thrown) && !(sl_is_graceful_exit(thrown) && is_shutting_down()));
}

enum sl_result sl_request_give_back(
	struct sl_lock *lock, zend_object *thrown, struct sl_failure *failure)
{
	char end[SL_END_MAX + 1] = "";

	if (thrown != NULL && !sl_is_graceful_exit(thrown))
		snprintf(end, sizeof end, "exception %s", ZSTR_VAL(thrown->ce->name));
	else if (is_shutting_down())
		judge(end, sizeof end);
	return sl_lock_release(lock, end[0] != '\0' ? end : NULL, failure);
}

bool sl_request_gives_back(void)
{
	/* No code is running: PHP is taking globals apart. An unset() in a shutdown function or a
	 * destructor, on the other hand, gives the lock back. */
	bool dismantling = is_shutting_down() && EG(current_execute_data) == NULL;
	return !dismantling && sl_request_outlives(EG(exception));
}

void sl_request_drop(struct sl_lock *lock)
{
	struct sl_failure ignored;

	if (sl_lock_is_held(lock)) {
		if (!sl_request_gives_back()) {
			sl_lock_set_object(lock, NULL);
			return;
		}
		sl_request_give_back(lock, EG(exception), &ignored);
	}
	sl_lock_free(lock);
}

void sl_request_judge(void)
{
	judge(SITELOCK_G(end), sizeof SITELOCK_G(end));
}

void sl_request_end(void)
{
	struct sl_failure ignored;
	const char *end = SITELOCK_G(end)[0] != '\0' ? SITELOCK_G(end) : NULL;

	for (struct sl_lock *lock = sl_lock_next(NULL, sl_request_context()), *next; lock != NULL;
		 lock = next) {
		next = sl_lock_next(lock, sl_request_context());
		/* Its object is gone with all the others. In a forked child this only closes. */
		sl_lock_release(lock, end, &ignored);
		sl_lock_free(lock);
	}
	sl_borg_lock_sweep();
	memset(ZEND_MODULE_GLOBALS_BULK(sitelock), 0, sizeof *ZEND_MODULE_GLOBALS_BULK(sitelock));
}
