#include "php_sitelock.h"
#include "lock_set.h"

#include "../core/clock.h"
#include "../core/file_lock.h"
#include "../core/lock_set.h"
#include "../core/queue.h"
#include "exceptions.h"
#include "file_lock.h"
#include "foreign_lock.h"
#include "holder.h"
#include "request.h"
#include "synchronized.h"
#include "waiting.h"

/* What the set knows of a lock besides what the core wants to know. */
struct element {
	zend_object *object; /* a Lock */
	zend_string *path;
	enum sl_mode mode;
	unsigned taken;      /* by which acquire of the set; 0: by none */
	unsigned generation; /* of the FileLock then: it may have been released since */
};

struct lock_set_object {
	struct element *elements; /* by path; NULL until it is constructed */
	struct sl_lock_set set;   /* the same in the same order */
	zval *values;             /* the same for the garbage collector */
	unsigned acquires;        /* how many have succeeded */
	zend_object std;
};

static zend_object_handlers lock_set_handlers;

static struct lock_set_object *from_object(zend_object *object)
{
	return (struct lock_set_object *)((char *)object - XtOffsetOf(struct lock_set_object, std));
}

static zend_object *create_object(zend_class_entry *ce)
{
	struct lock_set_object *self = zend_object_alloc(sizeof *self, ce);
	zend_object_std_init(&self->std, ce);
	object_properties_init(&self->std, ce);
	self->std.handlers = &lock_set_handlers;
	return &self->std;
}

static bool is_file_lock(const struct element *element)
{
	return element->object->ce == sl_file_lock_ce;
}

/* Ours, and still held since we took it. */
static bool is_taken(const struct element *element)
{
	if (element->taken == 0 || !is_file_lock(element))
		return element->taken != 0;
	const struct sl_file_lock *lock = sl_file_lock_of(element->object);
	return sl_file_lock_is_held(lock) && sl_file_lock_generation(lock) == element->generation;
}

/* Gives it back if acquire number `taken` took it; 0: whichever did. */
static enum sl_result give_back(
	struct element *element, unsigned taken, zend_object *thrown, struct sl_failure *failure)
{
	enum sl_result result = SL_OK;

	if ((taken != 0 && element->taken != taken) || !is_taken(element))
		return SL_OK;
	element->taken = 0;
	if (is_file_lock(element))
		result = sl_request_give_back(sl_file_lock_of(element->object), thrown, failure);
	else
		sl_foreign_lock_release(element->object);
	return result;
}

/* All of those, the last first, whatever becomes of the others; throws for the first failure. */
static void give_back_taken(struct lock_set_object *self, unsigned taken, zend_object *thrown)
{
	for (size_t i = self->set.count; i-- > 0;) {
		struct sl_failure failure;
		enum sl_result result = give_back(&self->elements[i], taken, thrown, &failure);
		if (result != SL_OK && EG(exception) == thrown)
			sl_throw_behind(thrown, result, &failure, ZSTR_VAL(self->elements[i].path));
	}
}

/* Here and not when it is freed, because a Lock written in PHP may have to be called. */
static void destroy_object(zend_object *object)
{
	struct lock_set_object *self = from_object(object);
	zend_object *thrown = EG(exception);

	zend_objects_destroy_object(object);
	if (self->elements == NULL || !sl_request_gives_back())
		return;
	for (size_t i = self->set.count; i-- > 0;) {
		struct sl_failure ignored;
		give_back(&self->elements[i], 0, thrown, &ignored);
	}
}

static void free_elements(struct lock_set_object *self)
{
	for (size_t i = 0; i < self->set.count; i++) {
		zend_string_release(self->elements[i].path);
		zval_ptr_dtor(&self->values[i]);
	}
	efree(self->elements);
	efree(self->set.members);
	efree(self->values);
	self->elements = NULL;
	self->set.count = 0;
}

static void free_object(zend_object *object)
{
	struct lock_set_object *self = from_object(object);
	if (self->elements != NULL)
		free_elements(self);
	zend_object_std_dtor(object);
}

static HashTable *get_gc(sl_handled *handled, zval **table, int *count)
{
	struct lock_set_object *self = from_object(sl_handled_object(handled));
	*table = self->values;
	*count = (int)self->set.count;
	return zend_std_get_properties(handled);
}

/* Reads the locks of one argument. False, and an exception: one is no Lock. */
static bool add_elements(struct lock_set_object *self, HashTable *locks, enum sl_mode mode)
{
	zval *value;
	ZEND_HASH_FOREACH_VAL(locks, value)
	{
		ZVAL_DEREF(value);
		if (Z_TYPE_P(value) != IS_OBJECT || !instanceof_function(Z_OBJCE_P(value), sl_lock_ce)) {
			if (mode == SL_EXCLUSIVE)
				sl_argument_type_error(1, "exclusive", "must be an array of Sitelock\\Lock");
			else
				sl_argument_type_error(2, "shared", "must be an array of Sitelock\\Lock");
			return false;
		}
		zend_string *path = sl_lock_path(Z_OBJ_P(value));
		if (path == NULL)
			return false;
		struct element *element = &self->elements[self->set.count];
		*element = (struct element){.object = Z_OBJ_P(value), .path = path, .mode = mode};
		ZVAL_COPY(&self->values[self->set.count], value);
		self->set.count++;
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static int by_path(const void *a, const void *b)
{
	const struct element *x = a, *y = b;
	return strcmp(ZSTR_VAL(x->path), ZSTR_VAL(y->path));
}

/* False, and an exception. */
static bool all_differ(const struct lock_set_object *self)
{
	for (size_t i = 1; i < self->set.count; i++) {
		const struct element *a = &self->elements[i - 1], *b = &self->elements[i];
		if (!zend_string_equals(a->path, b->path))
			continue;
		sl_value_error("%s is in this LockSet twice", ZSTR_VAL(a->path));
		return false;
	}
	return true;
}

ZEND_METHOD(Sitelock_LockSet, __construct)
{
	struct lock_set_object *self = from_object(Z_OBJ_P(ZEND_THIS));
	HashTable *exclusive, *shared = NULL;

	SL_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_ARRAY_HT(exclusive)
		Z_PARAM_OPTIONAL
		Z_PARAM_ARRAY_HT(shared)
	ZEND_PARSE_PARAMETERS_END();

	if (self->elements != NULL) {
		zend_throw_exception(spl_ce_LogicException, "this LockSet is constructed already", 0);
		return;
	}
	uint32_t count = zend_hash_num_elements(exclusive);
	if (shared != NULL)
		count += zend_hash_num_elements(shared);
	if (count == 0) {
		sl_value_error("%s", "a LockSet needs at least one lock");
		return;
	}
	self->elements = ecalloc(count, sizeof *self->elements);
	self->set.members = ecalloc(count, sizeof *self->set.members);
	self->values = ecalloc(count, sizeof *self->values);
	if (!add_elements(self, exclusive, SL_EXCLUSIVE) ||
		(shared != NULL && !add_elements(self, shared, SL_SHARED))) {
		free_elements(self);
		return;
	}
	qsort(self->elements, count, sizeof *self->elements, by_path);
	if (!all_differ(self))
		free_elements(self);
}

/* This object, or NULL and an exception if its constructor did not succeed. */
static struct lock_set_object *constructed(zval *this)
{
	struct lock_set_object *self = from_object(Z_OBJ_P(this));
	if (self->elements != NULL)
		return self;
	zend_throw_exception(spl_ce_LogicException, "this LockSet was never constructed", 0);
	return NULL;
}

/* Fills in what the core has to know. *complete: nothing is missing. False, and an exception. */
static bool prepare(struct lock_set_object *self, bool *complete)
{
	if (self->set.waiting) {
		zend_throw_exception(spl_ce_LogicException, "this LockSet waits already", 0);
		return false;
	}
	*complete = true;
	for (size_t i = 0; i < self->set.count; i++) {
		struct element *element = &self->elements[i];
		struct sl_member *member = &self->set.members[i];
		bool usable = is_file_lock(element)
						  ? sl_file_lock_member(member, element->object, element->mode)
						  : sl_foreign_lock_member(member, element->object, element->mode);
		if (!usable)
			return false;
		if (!member->has_it)
			*complete = false;
	}
	return true;
}

static void note_taken(struct lock_set_object *self)
{
	self->acquires++;
	for (size_t i = 0; i < self->set.count; i++) {
		struct element *element = &self->elements[i];
		if (!self->set.members[i].ours)
			continue;
		element->taken = self->acquires;
		if (is_file_lock(element))
			element->generation = sl_file_lock_generation(sl_file_lock_of(element->object));
	}
}

/* SL_OK: all are held. SL_BUSY: not all could be had. SL_THROWN: an exception is there. */
static enum sl_result acquire(struct lock_set_object *self, const struct sl_wait *wait)
{
	struct sl_failure failure;
	bool complete;

	if (!prepare(self, &complete))
		return SL_THROWN;
	if (complete)
		return SL_OK;
	sl_lock_set_begin(&self->set);
	enum sl_result result = sl_lock_set_take(&self->set, &failure);
	if (result == SL_BUSY && wait->timeout > 0.0)
		result = sl_wait_for_set(&self->set, wait, &failure);
	else if (result == SL_OK)
		result = sl_lock_set_confirm(&self->set, &failure);
	if (result == SL_OK) {
		note_taken(self);
		return SL_OK;
	}
	const struct element *busy = &self->elements[self->set.busy];
	return sl_throw_unless_busy(result, &failure,
		is_file_lock(busy) ? sl_file_lock_of(busy->object) : NULL, ZSTR_VAL(busy->path));
}

ZEND_METHOD(Sitelock_LockSet, acquire)
{
	struct sl_wait wait;

	sl_wait_for_seconds(&wait, 0.0);
	SL_PARSE_PARAMETERS_START(0, 2)
		Z_PARAM_OPTIONAL
		SL_PARAM_WAIT(wait)
	ZEND_PARSE_PARAMETERS_END();

	struct lock_set_object *self = constructed(ZEND_THIS);
	if (self != NULL && sl_timeout_is_valid(wait, 1))
		RETURN_BOOL(acquire(self, &wait) == SL_OK);
}

ZEND_METHOD(Sitelock_LockSet, release)
{
	SL_PARSE_PARAMETERS_NONE();
	struct lock_set_object *self = constructed(ZEND_THIS);
	if (self != NULL)
		give_back_taken(self, 0, NULL);
}

ZEND_METHOD(Sitelock_LockSet, isAcquired)
{
	SL_PARSE_PARAMETERS_NONE();
	struct lock_set_object *self = constructed(ZEND_THIS);
	if (self == NULL)
		return;
	for (size_t i = 0; i < self->set.count; i++) {
		bool acquired;
		if (!sl_lock_is_acquired(self->elements[i].object, &acquired))
			return;
		if (!acquired)
			RETURN_FALSE;
	}
	RETURN_TRUE;
}

ZEND_METHOD(Sitelock_LockSet, getHolders)
{
	SL_PARSE_PARAMETERS_NONE();
	struct lock_set_object *self = constructed(ZEND_THIS);
	if (self == NULL)
		return;
	array_init(return_value);
	for (size_t i = 0; i < self->set.count; i++) {
		zval holders;
		if (!sl_lock_holders(self->elements[i].object, &holders))
			return;
		if (zend_hash_num_elements(Z_ARRVAL(holders)) > 0)
			zend_symtable_update(Z_ARRVAL_P(return_value), self->elements[i].path, &holders);
		else
			zval_ptr_dtor(&holders);
	}
}

/* The member that was found busy says who has it. */
static void throw_busy(struct lock_set_object *self)
{
	const struct element *busy = &self->elements[self->set.busy];
	zval holders;

	if (is_file_lock(busy)) {
		sl_file_lock_throw_busy(busy->object);
		return;
	}
	if (!sl_lock_holders(busy->object, &holders)) {
		zend_clear_exception();
		array_init(&holders);
	}
	sl_throw_busy(ZSTR_VAL(busy->path), &holders, 0);
	zval_ptr_dtor(&holders);
}

ZEND_METHOD(Sitelock_LockSet, synchronized)
{
	zend_fcall_info call;
	zend_fcall_info_cache cache;
	struct sl_wait wait;

	sl_wait_for_seconds(&wait, ZEND_INFINITY);
	SL_PARSE_PARAMETERS_START(1, 3)
		Z_PARAM_FUNC(call, cache)
		Z_PARAM_OPTIONAL
		SL_PARAM_WAIT(wait)
	ZEND_PARSE_PARAMETERS_END();

	struct lock_set_object *self = constructed(ZEND_THIS);
	if (self == NULL || !sl_timeout_is_valid(wait, 2))
		return;
	unsigned before = self->acquires;
	enum sl_result result = acquire(self, &wait);
	if (result == SL_BUSY)
		throw_busy(self);
	if (result != SL_OK)
		return;
	bool nested = self->acquires == before;
	sl_call_critical(&call, &cache, return_value);
	/* The callable may have released the set itself, and even acquired it anew. */
	if (!nested && sl_request_outlives(EG(exception)))
		give_back_taken(self, before + 1, EG(exception));
}

void sl_register_lock_set(zend_class_entry *ce)
{
	sl_lock_set_ce = ce;
	ce->create_object = create_object;
	sl_forbid_serialization(ce);
	sl_forbid_dynamic_properties(ce);
	memcpy(&lock_set_handlers, zend_get_std_object_handlers(), sizeof lock_set_handlers);
	lock_set_handlers.offset = XtOffsetOf(struct lock_set_object, std);
	lock_set_handlers.dtor_obj = destroy_object;
	lock_set_handlers.free_obj = free_object;
	lock_set_handlers.clone_obj = NULL;
	lock_set_handlers.get_gc = get_gc;
	sl_forbid_comparison(&lock_set_handlers);
}
