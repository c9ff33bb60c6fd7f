#include "php_sitelock.h"
#include "../core/file_lock.h"

#include "exceptions.h"
#include "holder.h"
#include "path.h"
#include "request.h"

struct file_lock_object {
	struct sl_file_lock *lock; /* NULL until it is constructed */
	zend_string *path;
	zend_object std;
};

static zend_object_handlers file_lock_handlers;

static struct file_lock_object *from_object(zend_object *object)
{
	return (struct file_lock_object *)((char *)object - XtOffsetOf(struct file_lock_object, std));
}

static zend_object *create_object(zend_class_entry *ce)
{
	struct file_lock_object *self = zend_object_alloc(sizeof *self, ce);
	zend_object_std_init(&self->std, ce);
	object_properties_init(&self->std, ce);
	self->std.handlers = &file_lock_handlers;
	return &self->std;
}

/*
 * Having a destructor, though it does nothing, makes the garbage collector look whether anybody
 * still refers to the lock after destructors have run: held() may have handed it out.
 */
static void destroy_object(zend_object *object)
{
	zend_objects_destroy_object(object);
}

static void free_object(zend_object *object)
{
	struct file_lock_object *self = from_object(object);
	if (self->lock != NULL)
		sl_request_drop(self->lock);
	if (self->path != NULL)
		zend_string_release(self->path);
	zend_object_std_dtor(object);
}

/* This object, or NULL and an exception if its constructor did not succeed. */
static struct file_lock_object *constructed(zval *this)
{
	struct file_lock_object *self = from_object(Z_OBJ_P(this));
	if (self->lock == NULL) {
		zend_throw_exception(spl_ce_LogicException, "this FileLock was never constructed", 0);
		return NULL;
	}
	return self;
}

ZEND_METHOD(Sitelock_FileLock, __construct)
{
	struct file_lock_object *self = from_object(Z_OBJ_P(ZEND_THIS));
	zend_string *path, *label = NULL;
	zend_long permissions = 0600;
	sl_bool_argument record = 1;

	SL_PARSE_PARAMETERS_START(1, 4)
		Z_PARAM_STR(path)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(label)
		Z_PARAM_LONG(permissions)
		Z_PARAM_BOOL(record)
	ZEND_PARSE_PARAMETERS_END();

	if (self->lock != NULL) {
		zend_throw_exception(spl_ce_LogicException, "this FileLock is constructed already", 0);
		return;
	}
	if (label != NULL && CHECK_NULL_PATH(ZSTR_VAL(label), ZSTR_LEN(label))) {
		sl_argument_error(2, "label", "must not contain any null bytes");
		return;
	}
	if ((permissions & ~0777) != 0 || (permissions & 0600) != 0600) {
		sl_argument_error(
			3, "permissions", "must be between 0600 and 0777, readable and writable by the owner");
		return;
	}
	path = sl_path_resolve(path);
	if (path == NULL)
		return;
	if (!sl_path_is_allowed(path)) {
		zend_string_release(path);
		return;
	}
	self->path = path;
	self->lock = sl_file_lock_new(&(struct sl_file_lock_options){
		.path = ZSTR_VAL(path),
		.label = label != NULL ? ZSTR_VAL(label) : "",
		.command = sl_request_command(),
		.permissions = (mode_t)permissions,
		.record = record,
		.context = sl_request_context(),
		.object = &self->std,
	});
	if (self->lock == NULL)
		sl_throw_errno(ENOMEM, "malloc", ZSTR_VAL(path));
}

/* One try. SL_OK: held. SL_BUSY: not held. Anything else: not held, and an exception is thrown. */
static enum sl_result try_acquire(struct file_lock_object *self, enum sl_mode mode)
{
	struct sl_failure failure;

	if (sl_file_lock_is_held(self->lock)) {
		if (sl_file_lock_mode(self->lock) == mode)
			return SL_OK;
		/* flock(2) converts a lock by giving it up first, and may then not get it back. */
		zend_throw_exception_ex(spl_ce_LogicException, 0,
			"%s is held %s by this object: release it before you acquire it %s",
			ZSTR_VAL(self->path), mode == SL_SHARED ? "exclusively" : "shared",
			mode == SL_SHARED ? "shared" : "exclusively");
		return SL_NOT_HELD;
	}
	if (!sl_path_is_allowed(self->path))
		return SL_SYSTEM;
	enum sl_result result = sl_file_lock_acquire(self->lock, mode, &failure);
	if (result != SL_OK && result != SL_BUSY)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
	return result;
}

static void acquire_method(INTERNAL_FUNCTION_PARAMETERS, enum sl_mode mode)
{
	SL_PARSE_PARAMETERS_NONE();
	struct file_lock_object *self = constructed(ZEND_THIS);
	if (self != NULL)
		RETURN_BOOL(try_acquire(self, mode) == SL_OK);
}

ZEND_METHOD(Sitelock_FileLock, acquire)
{
	acquire_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, SL_EXCLUSIVE);
}

ZEND_METHOD(Sitelock_FileLock, acquireShared)
{
	acquire_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, SL_SHARED);
}

ZEND_METHOD(Sitelock_FileLock, release)
{
	struct sl_failure failure;
	SL_PARSE_PARAMETERS_NONE();
	struct file_lock_object *self = constructed(ZEND_THIS);
	if (self == NULL)
		return;
	enum sl_result result = sl_file_lock_release(self->lock, NULL, &failure);
	if (result != SL_OK)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
}

ZEND_METHOD(Sitelock_FileLock, isAcquired)
{
	struct sl_failure ignored;
	SL_PARSE_PARAMETERS_NONE();
	struct file_lock_object *self = constructed(ZEND_THIS);
	if (self != NULL)
		RETURN_BOOL(sl_file_lock_check(self->lock, &ignored) == SL_OK);
}

ZEND_METHOD(Sitelock_FileLock, getPath)
{
	SL_PARSE_PARAMETERS_NONE();
	struct file_lock_object *self = constructed(ZEND_THIS);
	if (self != NULL)
		RETURN_STR_COPY(self->path);
}

/* Fills `value` with the holders. False: an exception is thrown instead. */
static bool read_holders(struct file_lock_object *self, zval *value)
{
	struct sl_holder_list list;
	struct sl_failure failure;

	if (!sl_path_is_allowed(self->path))
		return false;
	enum sl_result result = sl_file_lock_holders(self->lock, &list, &failure);
	if (result != SL_OK) {
		sl_throw(result, &failure, ZSTR_VAL(self->path));
		return false;
	}
	sl_holder_list(value, &list);
	sl_holders_free(&list);
	return true;
}

ZEND_METHOD(Sitelock_FileLock, getHolders)
{
	SL_PARSE_PARAMETERS_NONE();
	struct file_lock_object *self = constructed(ZEND_THIS);
	if (self != NULL)
		read_holders(self, return_value);
}

ZEND_METHOD(Sitelock_FileLock, getAbandonedBy)
{
	SL_PARSE_PARAMETERS_NONE();
	struct file_lock_object *self = constructed(ZEND_THIS);
	if (self != NULL)
		sl_holder_list_abandoned(return_value, sl_file_lock_abandoned(self->lock));
}

static void throw_not_exclusive(struct file_lock_object *self, const char *method)
{
	zend_throw_exception_ex(spl_ce_LogicException, 0,
		"%s() needs %s to be held exclusively by this object", method, ZSTR_VAL(self->path));
}

ZEND_METHOD(Sitelock_FileLock, markConsistent)
{
	struct sl_failure failure;
	SL_PARSE_PARAMETERS_NONE();
	struct file_lock_object *self = constructed(ZEND_THIS);
	if (self == NULL)
		return;
	enum sl_result result = sl_file_lock_mark_consistent(self->lock, &failure);
	if (result == SL_NOT_HELD && !sl_file_lock_has_record(self->lock))
		zend_throw_exception_ex(spl_ce_LogicException, 0,
			"%s was constructed with record: false, so there is nothing to mark",
			ZSTR_VAL(self->path));
	else if (result == SL_NOT_HELD)
		throw_not_exclusive(self, "markConsistent");
	else if (result != SL_OK)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
}

ZEND_METHOD(Sitelock_FileLock, setInheritable)
{
	struct sl_failure failure;
	sl_bool_argument on;

	SL_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_BOOL(on)
	ZEND_PARSE_PARAMETERS_END();

	struct file_lock_object *self = constructed(ZEND_THIS);
	if (self == NULL)
		return;
	enum sl_result result = sl_file_lock_set_inheritable(self->lock, on, &failure);
	if (result != SL_OK)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
}

ZEND_METHOD(Sitelock_FileLock, remove)
{
	struct sl_failure failure;
	bool removed;
	SL_PARSE_PARAMETERS_NONE();
	struct file_lock_object *self = constructed(ZEND_THIS);
	if (self == NULL)
		return;
	enum sl_result result = sl_file_lock_remove(self->lock, &removed, &failure);
	if (result == SL_NOT_HELD)
		throw_not_exclusive(self, "remove");
	else if (result != SL_OK)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
	RETURN_BOOL(removed);
}

static void throw_busy(struct file_lock_object *self)
{
	zval holders;

	if (sl_file_lock_blocks_itself(self->lock, SL_EXCLUSIVE)) {
		zend_throw_exception_ex(sl_deadlock_exception_ce, 0,
			"%s is held by this very request through another object: it would never become free",
			ZSTR_VAL(self->path));
		return;
	}
	if (!read_holders(self, &holders)) {
		/* Who it is cannot be told, and that it is busy is what the caller must hear. */
		zend_clear_exception();
		sl_holder_list_unknown(&holders);
	} else if (zend_hash_num_elements(Z_ARRVAL(holders)) == 0) {
		/* Gone meanwhile, or out of sight in another pid namespace. */
		zval_ptr_dtor(&holders);
		sl_holder_list_unknown(&holders);
	}
	sl_throw_busy(ZSTR_VAL(self->path), &holders);
	zval_ptr_dtor(&holders);
}

/* Gives back what synchronized() acquired, after the callable returned or threw. */
static void end_synchronized(struct file_lock_object *self)
{
	struct sl_failure failure;
	zend_object *thrown = EG(exception);

	if (thrown != NULL && !sl_request_outlives(thrown))
		return;
	enum sl_result result = sl_request_give_back(self->lock, thrown, &failure);
	if (result == SL_OK || (thrown != NULL && sl_is_graceful_exit(thrown)))
		return;
	/* Its own exception goes first, ours behind it. */
	EG(exception) = NULL;
	sl_throw(result, &failure, ZSTR_VAL(self->path));
	if (thrown != NULL) {
		zend_object *ours = EG(exception);
		EG(exception) = thrown;
		zend_exception_set_previous(thrown, ours);
	}
}

ZEND_METHOD(Sitelock_FileLock, synchronized)
{
	zend_fcall_info call;
	zend_fcall_info_cache cache;

	SL_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_FUNC(call, cache)
	ZEND_PARSE_PARAMETERS_END();

	struct file_lock_object *self = constructed(ZEND_THIS);
	if (self == NULL)
		return;
	bool nested = sl_file_lock_is_held(self->lock);
	enum sl_result result = try_acquire(self, SL_EXCLUSIVE);
	if (result == SL_BUSY)
		throw_busy(self);
	if (result != SL_OK)
		return;

	unsigned generation = sl_file_lock_generation(self->lock);
	call.retval = return_value;
	zend_call_function(&call, &cache);
	/* The callable may return by reference. */
	if (Z_ISREF_P(return_value))
		zend_unwrap_reference(return_value);
	/* The callable may have released the lock itself, and even acquired it anew. */
	if (!nested && sl_file_lock_is_held(self->lock) &&
		sl_file_lock_generation(self->lock) == generation)
		end_synchronized(self);
}

void sl_register_file_lock(zend_class_entry *ce)
{
	sl_file_lock_ce = ce;
	ce->create_object = create_object;
	sl_forbid_serialization(ce);
	sl_forbid_dynamic_properties(ce);
	memcpy(&file_lock_handlers, zend_get_std_object_handlers(), sizeof file_lock_handlers);
	file_lock_handlers.offset = XtOffsetOf(struct file_lock_object, std);
	file_lock_handlers.dtor_obj = destroy_object;
	file_lock_handlers.free_obj = free_object;
	file_lock_handlers.clone_obj = NULL;
	sl_forbid_comparison(&file_lock_handlers);
}
