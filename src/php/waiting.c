#include "php_sitelock.h"
#include "waiting.h"

#include "../core/clock.h"
#include "lock_object.h"

#include <zend_vm_opcodes.h>

/* How often $onWait is called. */
#define TICK SL_SECOND

/* Is there declare(ticks) in the code that waits, or in what called it? */
static bool script_ticks(void)
{
	for (zend_execute_data *frame = EG(current_execute_data); frame != NULL;
		 frame = frame->prev_execute_data) {
		if (frame->func == NULL || !ZEND_USER_CODE(frame->func->type))
			continue;
		const zend_op_array *code = &frame->func->op_array;
		for (uint32_t i = 0; i < code->last; i++)
			if (code->opcodes[i].opcode == ZEND_TICKS)
				return true;
	}
	return false;
}

/* False: it gave up, or threw. */
static bool call_on_wait(const struct sl_wait *wait, zend_object *lock, int64_t waited)
{
	zend_fcall_info call = wait->on_wait;
	zend_fcall_info_cache cache = wait->on_wait_cache;
	zval answer, arguments[2];

	if (call.size == 0)
		return true;
	ZVAL_OBJ(&arguments[0], lock);
	ZVAL_DOUBLE(&arguments[1], (double)waited / (double)SL_SECOND);
	ZVAL_UNDEF(&answer);
	call.params = arguments;
	call.param_count = 2;
	call.retval = &answer;
	zend_call_function(&call, &cache);
	if (Z_ISREF(answer))
		zend_unwrap_reference(&answer);
	bool go_on = Z_TYPE(answer) != IS_FALSE && EG(exception) == NULL;
	zval_ptr_dtor(&answer);
	return go_on;
}

/*
 * Between two sleeps: what the script wants done when a signal comes or its time is up. That is
 * done between two opcodes with pcntl_async_signals, between two statements with declare(ticks);
 * the wait is neither, so it does both. False: the script gave up, or threw.
 */
static bool wake_script(struct sl_lock_set *set, const struct sl_wait *wait, int64_t start)
{
	bool ticks = zend_ticks_function != NULL && script_ticks();

	if (wait->on_wait.size == 0 && !ticks && !sl_interrupt_is_pending())
		return true;
	sl_lock_set_set_awake(set, true);
	sl_serve_interrupt();
	if (EG(exception) == NULL && ticks)
		zend_ticks_function(1);
	bool go_on = EG(exception) == NULL;
	if (go_on && sl_clock_now() < set->deadline)
		go_on = call_on_wait(wait, set->members[set->busy].object, sl_clock_now() - start);
	sl_lock_set_set_awake(set, false);
	return go_on;
}

/* SL_OK: all are taken. */
static enum sl_result wait_for(
	struct sl_lock_set *set, const struct sl_wait *wait, struct sl_failure *failure)
{
	int64_t start = sl_clock_now();
	int64_t deadline = sl_clock_after(start, wait->timeout);
	/* The first time at once, but behind the queue that it is then told of. */
	int64_t tick = wait->on_wait.size != 0 ? start : start + TICK;

	set->deadline = deadline;
	for (;;) {
		enum sl_result result = sl_lock_set_wait(
			set, sl_clock_earlier(deadline, tick), sl_interrupt_is_pending, failure);
		if (result != SL_BUSY && result != SL_INTERRUPTED)
			return result;
		if (!wake_script(set, wait, start))
			return EG(exception) != NULL ? SL_THROWN : SL_BUSY;
		int64_t now = sl_clock_now();
		if (now >= deadline)
			return sl_lock_set_last_try(set, failure);
		tick = now + TICK;
	}
}

void sl_set_acquiring(const struct sl_lock_set *set, bool acquiring)
{
	for (size_t i = 0; i < set->count; i++) {
		zend_object *object = set->members[i].object;
		if (object != NULL && sl_is_lock_object(object))
			sl_lock_set_acquiring(object, acquiring);
	}
}

static void end_wait(struct sl_lock_set *set, bool taken)
{
	if (!taken)
		sl_lock_set_give_up(set);
	sl_set_acquiring(set, false);
}

enum sl_result sl_wait_for_set(
	struct sl_lock_set *set, const struct sl_wait *wait, struct sl_failure *failure)
{
	volatile enum sl_result result = SL_BUSY;

	sl_set_acquiring(set, true);
	zend_try
	{
		result = wait_for(set, wait, failure);
	}
	zend_catch
	{
		/* exit() before PHP 8, a fatal error, the memory or time limit: shutdown functions are
		 * still to run, and they must not find a lock half held. */
		end_wait(set, false);
		zend_bailout();
	}
	zend_end_try();
	end_wait(set, result == SL_OK);
	return result == SL_OK ? sl_lock_set_confirm(set, failure) : result;
}
