#include "php_sitelock.h"
#include "foreign_lock.h"

#include "../core/clock.h"
#include "../core/queue.h"

/* It is asked this often at least, so that signals and $onWait are served. */
#define SLICE (SL_SECOND / 4)

/* A lock that does not wait as long as it was told to is not asked more often than this. */
#define PAUSE (20 * SL_MILLISECOND)

/* Calls a method. False: it threw. */
static bool call_method(zend_object *object, const char *name, zval *argument, zval *answer)
{
	zval callee, method;

	ZVAL_OBJ(&callee, object);
	ZVAL_STRING(&method, name);
	ZVAL_UNDEF(answer);
	bool called = call_user_function(NULL, &callee, &method, answer, argument != NULL ? 1 : 0,
					  argument) == SUCCESS;
	zval_ptr_dtor(&method);
	if (called && EG(exception) == NULL)
		return true;
	zval_ptr_dtor(answer);
	ZVAL_UNDEF(answer);
	return false;
}

static bool ask(zend_object *object, const char *name, bool *yes)
{
	zval answer;
	if (!call_method(object, name, NULL, &answer))
		return false;
	*yes = zend_is_true(&answer);
	zval_ptr_dtor(&answer);
	return true;
}

static enum sl_result acquire(void *lock, enum sl_mode mode, double timeout)
{
	zval argument, answer;

	ZVAL_DOUBLE(&argument, timeout);
	if (!call_method(lock, mode == SL_SHARED ? "acquireShared" : "acquire", &argument, &answer))
		return SL_THROWN;
	bool acquired = zend_is_true(&answer);
	zval_ptr_dtor(&answer);
	return acquired ? SL_OK : SL_BUSY;
}

static enum sl_result foreign_take(void *lock, enum sl_mode mode, struct sl_failure *failure)
{
	return acquire(lock, mode, 0.0);
}

static enum sl_result foreign_wait(
	void *lock, enum sl_mode mode, const struct sl_patience *patience, struct sl_failure *failure)
{
	int64_t start = sl_clock_now();
	int64_t until = sl_clock_earlier(patience->until, start + SLICE);
	double seconds = until > start ? (double)(until - start) / (double)SL_SECOND : 0.0;

	enum sl_result result = acquire(lock, mode, seconds);
	if (result != SL_BUSY)
		return result;
	struct sl_queue nowhere = SL_QUEUE_NONE;
	int64_t pause = sl_clock_earlier(until, sl_clock_now() + PAUSE);
	return sl_queue_sleep(&nowhere, pause, patience->interrupted) == SL_WOKEN_BY_SIGNAL
			   ? SL_INTERRUPTED
			   : SL_BUSY;
}

static enum sl_result foreign_last_try(void *lock, struct sl_failure *failure)
{
	return SL_BUSY;
}

static enum sl_result foreign_confirm(void *lock, struct sl_failure *failure)
{
	return SL_OK;
}

static void foreign_release(void *lock)
{
	sl_foreign_lock_release(lock);
}

static const struct sl_member_kind foreign_kind = {
	.take = foreign_take,
	.wait = foreign_wait,
	.last_try = foreign_last_try,
	.confirm = foreign_confirm,
	.give_up = foreign_release,
	.release = foreign_release,
};

bool sl_foreign_lock_member(struct sl_member *member, zend_object *object, enum sl_mode mode)
{
	*member =
		(struct sl_member){.kind = &foreign_kind, .lock = object, .object = object, .mode = mode};
	return sl_ask_is_acquired(object, &member->has_it);
}

void sl_foreign_lock_release(zend_object *object)
{
	zval ignored;
	zend_object *thrown = EG(exception);

	/* After a fatal error no code of the script may run but shutdown functions. */
	if (CG(unclean_shutdown))
		return;
	EG(exception) = NULL;
	if (call_method(object, "release", NULL, &ignored))
		zval_ptr_dtor(&ignored);
	if (thrown != NULL) {
		zend_clear_exception();
		EG(exception) = thrown;
	}
}

zend_string *sl_ask_path(zend_object *object)
{
	zval path;
	if (!call_method(object, "getPath", NULL, &path))
		return NULL;
	if (Z_TYPE(path) == IS_STRING)
		return Z_STR(path);
	zval_ptr_dtor(&path);
	zend_type_error("%s::getPath() must return a string", ZSTR_VAL(object->ce->name));
	return NULL;
}

bool sl_ask_is_acquired(zend_object *object, bool *acquired)
{
	return ask(object, "isAcquired", acquired);
}

bool sl_ask_holders(zend_object *object, zval *holders)
{
	zval answer, *holder;

	if (!call_method(object, "getHolders", NULL, &answer))
		return false;
	array_init(holders);
	if (Z_TYPE(answer) == IS_ARRAY) {
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL(answer), holder)
		{
			ZVAL_DEREF(holder);
			if (Z_TYPE_P(holder) == IS_OBJECT && Z_OBJCE_P(holder) == sl_holder_ce) {
				Z_ADDREF_P(holder);
				add_next_index_zval(holders, holder);
			}
		}
		ZEND_HASH_FOREACH_END();
	}
	zval_ptr_dtor(&answer);
	return true;
}
