#include "php_sitelock.h"
#include "holder.h"

#include <ext/date/php_date.h>
#include <time.h>

/* The properties of class Holder, in the order of the stub. */
enum slot {
	SLOT_PID,
	SLOT_HOST,
	SLOT_USER,
	SLOT_COMMAND,
	SLOT_LABEL,
	SLOT_SHARED,
	SLOT_SINCE,
	SLOT_ALIVE,
	SLOT_SELF,
	SLOT_ANCESTOR,
	SLOT_INHERITED,
	SLOT_ACQUIRER,
	SLOT_ACQUIRER_COMMAND,
	SLOT_END,
	SLOT_UNTIL,
	SLOT_RECORD,
};

static zval *slot(zend_object *holder, enum slot number)
{
	return OBJ_PROP_NUM(holder, number);
}

static void set_pid(zend_object *holder, enum slot number, pid_t pid)
{
	ZVAL_NULL(slot(holder, number));
	if (pid > 0)
		ZVAL_LONG(slot(holder, number), pid);
}

static void set_time(zend_object *holder, enum slot number, const struct timespec *time)
{
	ZVAL_NULL(slot(holder, number));
	if (time->tv_sec != 0)
		ZVAL_DOUBLE(slot(holder, number), (double)time->tv_sec + (double)time->tv_nsec / 1e9);
}

static void set_owner(zend_object *holder, const struct sl_owner *owner)
{
	set_pid(holder, SLOT_PID, owner->process.pid);
	ZVAL_STRING(slot(holder, SLOT_HOST), owner->host);
	ZVAL_STRING(slot(holder, SLOT_USER), owner->user);
	ZVAL_STRING(slot(holder, SLOT_COMMAND), owner->command);
	ZVAL_STRING(slot(holder, SLOT_LABEL), owner->label);
	set_time(holder, SLOT_SINCE, &owner->since);
	set_time(holder, SLOT_UNTIL, &owner->until);
	ZVAL_NULL(slot(holder, SLOT_END));
	if (owner->end[0] != '\0')
		ZVAL_STRING(slot(holder, SLOT_END), owner->end);
}

static zend_object *new_holder(zval *value, const struct sl_holder *known)
{
	object_init_ex(value, sl_holder_ce);
	zend_object *holder = Z_OBJ_P(value);
	set_owner(holder, &known->owner);
	ZVAL_BOOL(slot(holder, SLOT_SHARED), !known->exclusive);
	ZVAL_NULL(slot(holder, SLOT_ALIVE));
	if (known->life != SL_LIFE_UNKNOWN)
		ZVAL_BOOL(slot(holder, SLOT_ALIVE), known->life == SL_ALIVE);
	ZVAL_BOOL(slot(holder, SLOT_SELF), known->self);
	ZVAL_BOOL(slot(holder, SLOT_ANCESTOR), known->ancestor);
	ZVAL_BOOL(slot(holder, SLOT_INHERITED), known->inherited);
	set_pid(holder, SLOT_ACQUIRER, known->acquirer);
	ZVAL_STRING(slot(holder, SLOT_ACQUIRER_COMMAND), known->acquirer_command);
	ZVAL_STRING(slot(holder, SLOT_RECORD), known->record);
	return holder;
}

void sl_holder_list(zval *value, const struct sl_holder_list *list)
{
	array_init_size(value, (uint32_t)list->count);
	for (size_t i = 0; i < list->count; i++) {
		zval holder;
		new_holder(&holder, &list->holders[i]);
		add_next_index_zval(value, &holder);
	}
}

void sl_holder_list_abandoned(zval *value, const struct sl_abandoned *abandoned)
{
	array_init(value);
	for (unsigned i = 0; abandoned != NULL && i < abandoned->count; i++) {
		struct sl_holder dead = {.owner = abandoned->owners[i], .life = SL_DEAD, .exclusive = true};
		/* A pid of another namespace means somebody else here. */
		if (dead.owner.process.pid_namespace != sl_process_self()->process.pid_namespace)
			dead.owner.process.pid = 0;
		zval holder;
		new_holder(&holder, &dead);
		add_next_index_zval(value, &holder);
	}
}

void sl_holder_list_unknown(zval *value)
{
	struct sl_holder unknown = {.life = SL_LIFE_UNKNOWN, .exclusive = true};
	sl_holder_list(value, &(struct sl_holder_list){&unknown, 1});
}

/* "40 s", "12 min", "3 h 5 min", "2 d 4 h". */
static void append_age(smart_str *sentence, double seconds)
{
	zend_long age = seconds > 0 ? (zend_long)seconds : 0;
	zend_long large = age, small = 0;
	const char *unit = " s", *small_unit = NULL;

	if (age >= 86400) {
		large = age / 86400, small = age % 86400 / 3600;
		unit = " d", small_unit = " h";
	} else if (age >= 3600) {
		large = age / 3600, small = age % 3600 / 60;
		unit = " h", small_unit = " min";
	} else if (age >= 60) {
		large = age / 60;
		unit = " min";
	}
	smart_str_append_long(sentence, large);
	smart_str_appends(sentence, unit);
	if (small > 0) {
		smart_str_appendc(sentence, ' ');
		smart_str_append_long(sentence, small);
		smart_str_appends(sentence, small_unit);
	}
}

static bool is_empty(zend_object *holder, enum slot number)
{
	/* Never anything but a string, unless a script of PHP 7.4 changed it by reflection. */
	zval *text = slot(holder, number);
	return Z_TYPE_P(text) != IS_STRING || Z_STRLEN_P(text) == 0;
}

const char *sl_holder_record(zend_object *holder)
{
	return is_empty(holder, SLOT_RECORD) ? "" : Z_STRVAL_P(slot(holder, SLOT_RECORD));
}

bool sl_holder_is_doubtful(zend_object *holder)
{
	return Z_TYPE_P(slot(holder, SLOT_ALIVE)) != IS_TRUE && sl_holder_record(holder)[0] != '\0';
}

static void append_text(smart_str *sentence, const char *before, zend_object *holder,
	enum slot number, const char *after)
{
	if (is_empty(holder, number))
		return;
	smart_str_appends(sentence, before);
	smart_str_append(sentence, Z_STR_P(slot(holder, number)));
	smart_str_appends(sentence, after);
}

/* (root@web1, "ee site backup example.com", nightly) as far as it is known */
static void append_details(smart_str *sentence, zend_object *holder)
{
	smart_str details = {0};

	append_text(&details, ", ", holder, SLOT_USER, "");
	append_text(&details, is_empty(holder, SLOT_USER) ? ", " : "@", holder, SLOT_HOST, "");
	append_text(&details, ", \"", holder, SLOT_COMMAND, "\"");
	append_text(&details, ", ", holder, SLOT_LABEL, "");
	if (details.s != NULL) {
		smart_str_0(&details);
		smart_str_appends(sentence, " (");
		smart_str_appends(sentence, ZSTR_VAL(details.s) + strlen(", "));
		smart_str_appendc(sentence, ')');
	}
	smart_str_free(&details);
}

static void append_pid(smart_str *sentence, zval *pid, const char *unknown)
{
	if (Z_TYPE_P(pid) == IS_LONG) {
		smart_str_appends(sentence, "pid ");
		smart_str_append_long(sentence, Z_LVAL_P(pid));
	} else {
		smart_str_appends(sentence, unknown);
	}
}

static void append_end(smart_str *sentence, zend_object *holder)
{
	zval *end = slot(holder, SLOT_END), *until = slot(holder, SLOT_UNTIL);

	smart_str_appends(sentence, ", ");
	smart_str_append(sentence, Z_STR_P(end));
	if (Z_TYPE_P(until) == IS_DOUBLE) {
		zend_string *when = php_format_date(ZEND_STRL("Y-m-d H:i"), (time_t)Z_DVAL_P(until), 1);
		/* Who was killed could not say when: the time is when it was found. */
		bool killed = strcmp(Z_STRVAL_P(end), SL_END_KILLED) == 0;
		smart_str_appends(sentence, killed ? " before " : " at ");
		smart_str_append(sentence, when);
		zend_string_release(when);
	}
}

void sl_holder_describe(zend_object *holder, smart_str *sentence)
{
	zval *since = slot(holder, SLOT_SINCE);

	append_pid(sentence, slot(holder, SLOT_PID), "a process that cannot be seen from here");
	append_details(sentence, holder);
	if (Z_TYPE_P(slot(holder, SLOT_END)) == IS_STRING) {
		append_end(sentence, holder);
		return;
	}
	if (Z_TYPE_P(since) == IS_DOUBLE) {
		smart_str_appends(sentence, " for ");
		append_age(sentence, (double)time(NULL) - Z_DVAL_P(since));
	}
	smart_str_appends(
		sentence, Z_TYPE_P(slot(holder, SLOT_SHARED)) == IS_TRUE ? ", shared" : ", exclusive");
	if (Z_TYPE_P(slot(holder, SLOT_INHERITED)) == IS_TRUE) {
		smart_str_appends(sentence, ", inherited from ");
		append_pid(sentence, slot(holder, SLOT_ACQUIRER), "a process");
		append_text(sentence, " (\"", holder, SLOT_ACQUIRER_COMMAND, "\")");
		smart_str_appends(sentence, ", which no longer has it");
	}
}

static void return_slot(zval *return_value, zend_object *holder, enum slot number)
{
	zval *value = slot(holder, number);
	if (Z_TYPE_P(value) == IS_UNDEF) /* unset through an ArrayObject */
		ZVAL_NULL(return_value);
	else
		ZVAL_COPY_DEREF(return_value, value);
}

#define GETTER(method, number)                                                                     \
	ZEND_METHOD(Sitelock_Holder, method)                                                           \
	{                                                                                              \
		SL_PARSE_PARAMETERS_NONE();                                                                \
		return_slot(return_value, Z_OBJ_P(ZEND_THIS), number);                                     \
	}

GETTER(getPid, SLOT_PID)
GETTER(getHost, SLOT_HOST)
GETTER(getUser, SLOT_USER)
GETTER(getCommand, SLOT_COMMAND)
GETTER(getLabel, SLOT_LABEL)
GETTER(isShared, SLOT_SHARED)
GETTER(getSince, SLOT_SINCE)
GETTER(isAlive, SLOT_ALIVE)
GETTER(isSelf, SLOT_SELF)
GETTER(isAncestor, SLOT_ANCESTOR)
GETTER(isInherited, SLOT_INHERITED)
GETTER(getEnd, SLOT_END)

/* Private: a Holder comes from a lock. */
ZEND_METHOD(Sitelock_Holder, __construct)
{
	SL_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(Sitelock_Holder, __toString)
{
	smart_str sentence = {0};
	SL_PARSE_PARAMETERS_NONE();
	sl_holder_describe(Z_OBJ_P(ZEND_THIS), &sentence);
	smart_str_0(&sentence);
	RETURN_STR(sentence.s);
}

void sl_register_holder(zend_class_entry *ce)
{
	sl_holder_ce = ce;
	sl_forbid_serialization(ce);
	sl_forbid_dynamic_properties(ce);
}
