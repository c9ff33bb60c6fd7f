#include "lock_set.h"

#include "clock.h"

#include <unistd.h>

/* The patience at first, longer than most locks of a web site are held, and at most. */
#define PATIENCE_FIRST (50 * SL_MILLISECOND)
#define PATIENCE_LAST  (2 * SL_SECOND)

void sl_lock_set_begin(struct sl_lock_set *set)
{
	set->pid = getpid();
	set->patience = PATIENCE_FIRST;
	set->patience_end = 0;
	set->busy = 0;
	for (size_t i = 0; i < set->count; i++)
		set->members[i].ours = false;
}

/* In a child that was forked meanwhile nothing is held, whoever held it in the parent. */
static void begin_again_in_child(struct sl_lock_set *set)
{
	if (set->pid == getpid())
		return;
	for (size_t i = 0; i < set->count; i++)
		set->members[i].has_it = false;
	sl_lock_set_begin(set);
}

/* What was held before the set came, others may have given back since it waits. */
static void look_at_held_before(struct sl_lock_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct sl_member *member = &set->members[i];
		if (member->has_it && !member->ours && member->kind->has != NULL)
			member->has_it = member->kind->has(member->lock);
	}
}

/* Code of the application that a member called may have forked, and this is the child. */
static bool began_in_parent(
	struct sl_lock_set *set, struct sl_member *member, enum sl_result result)
{
	if (set->pid == getpid())
		return false;
	if (result == SL_OK)
		member->kind->give_up(member->lock);
	begin_again_in_child(set);
	return true;
}

static bool holds_any(const struct sl_lock_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->members[i].ours)
			return true;
	return false;
}

/* The latest first. */
static void give_back_all(struct sl_lock_set *set)
{
	for (size_t i = set->count; i-- > 0;) {
		struct sl_member *member = &set->members[i];
		if (member->ours) {
			member->kind->give_up(member->lock);
			member->ours = member->has_it = false;
		}
	}
}

static void note_taken(struct sl_member *member)
{
	member->ours = member->has_it = true;
}

/* Tries all that are still missing. SL_OK: none is. Otherwise set->busy answered so. */
static enum sl_result take_missing(struct sl_lock_set *set, struct sl_failure *failure)
{
	for (size_t i = 0; i < set->count; i++) {
		struct sl_member *member = &set->members[i];
		if (member->has_it)
			continue;
		enum sl_result result = member->kind->take(member->lock, member->mode, failure);
		if (began_in_parent(set, member, result)) {
			i = (size_t)-1; /* all from the first one on */
			continue;
		}
		if (result != SL_OK) {
			set->busy = i;
			return result;
		}
		note_taken(member);
	}
	return SL_OK;
}

enum sl_result sl_lock_set_take(struct sl_lock_set *set, struct sl_failure *failure)
{
	enum sl_result result = take_missing(set, failure);
	if (result != SL_OK)
		give_back_all(set);
	return result;
}

/* It holds one that it should have tried after the busy one: another set may do the opposite. */
static bool is_out_of_order(const struct sl_lock_set *set)
{
	for (size_t i = set->busy + 1; i < set->count; i++)
		if (set->members[i].ours)
			return true;
	return false;
}

/* Not the same for all: of two sets that stand in each other's way one has to give in first. */
static void be_patient(struct sl_lock_set *set, int64_t now)
{
	int64_t patience = is_out_of_order(set) ? PATIENCE_FIRST : set->patience;
	set->patience_end = now + patience / 2 + (now ^ set->pid) % (patience / 2);
}

/* Gives back what it holds, and starts with the busy one. */
static void back_off(struct sl_lock_set *set)
{
	if (!is_out_of_order(set))
		set->patience = sl_clock_earlier(2 * set->patience, PATIENCE_LAST);
	give_back_all(set);
}

/* Waits for the member that was busy. SL_BUSY: it is time. */
static enum sl_result wait_for_busy(
	struct sl_lock_set *set, int64_t until, bool (*interrupted)(void), struct sl_failure *failure)
{
	struct sl_member *member = &set->members[set->busy];
	for (;;) {
		bool holding = holds_any(set);
		struct sl_patience patience = {
			.until = holding ? sl_clock_earlier(until, set->patience_end) : until,
			.deadline = set->deadline,
			.holding = holding,
			.interrupted = interrupted,
		};
		enum sl_result result = member->kind->wait(member->lock, member->mode, &patience, failure);
		if (began_in_parent(set, member, result))
			return SL_INTERRUPTED;
		int64_t now = sl_clock_now();
		if (result == SL_BUSY && holding && now >= set->patience_end) {
			result = member->kind->last_try(member->lock, failure);
			if (result == SL_BUSY) {
				back_off(set);
				continue;
			}
		}
		if (result != SL_BUSY || now >= until)
			return result;
	}
}

enum sl_result sl_lock_set_wait(
	struct sl_lock_set *set, int64_t until, bool (*interrupted)(void), struct sl_failure *failure)
{
	begin_again_in_child(set);
	look_at_held_before(set);
	for (;;) {
		enum sl_result result = SL_OK;
		if (!set->members[set->busy].has_it)
			result = wait_for_busy(set, until, interrupted, failure);
		if (result == SL_BUSY || result == SL_INTERRUPTED)
			return result;
		if (result == SL_OK) {
			if (!set->members[set->busy].has_it)
				note_taken(&set->members[set->busy]);
			result = take_missing(set, failure);
		}
		if (result == SL_BUSY) {
			be_patient(set, sl_clock_now());
			continue;
		}
		if (result != SL_OK)
			give_back_all(set);
		return result;
	}
}

void sl_lock_set_set_awake(struct sl_lock_set *set, bool awake)
{
	struct sl_member *member = &set->members[set->busy];
	if (!member->has_it && member->kind->set_awake != NULL)
		member->kind->set_awake(member->lock, awake);
}

enum sl_result sl_lock_set_last_try(struct sl_lock_set *set, struct sl_failure *failure)
{
	struct sl_member *member = &set->members[set->busy];
	enum sl_result result = SL_OK;

	begin_again_in_child(set);
	look_at_held_before(set);
	if (!member->has_it) {
		result = member->kind->last_try(member->lock, failure);
		if (result == SL_OK)
			note_taken(member);
	}
	if (result == SL_OK)
		result = take_missing(set, failure);
	if (result != SL_OK)
		give_back_all(set);
	return result;
}

void sl_lock_set_give_up(struct sl_lock_set *set)
{
	struct sl_member *member = &set->members[set->busy];
	if (!member->has_it)
		member->kind->give_up(member->lock);
	give_back_all(set);
}

enum sl_result sl_lock_set_confirm(struct sl_lock_set *set, struct sl_failure *failure)
{
	for (size_t i = 0; i < set->count; i++) {
		struct sl_member *member = &set->members[i];
		if (!member->ours)
			continue;
		enum sl_result result = member->kind->confirm(member->lock, failure);
		if (result == SL_OK)
			continue;
		set->busy = i;
		member->ours = member->has_it = false;
		while (i-- > 0) {
			struct sl_member *earlier = &set->members[i];
			if (earlier->ours) {
				earlier->kind->release(earlier->lock);
				earlier->ours = earlier->has_it = false;
			}
		}
		give_back_all(set);
		return result;
	}
	return SL_OK;
}
