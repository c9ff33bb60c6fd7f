#include "deadlock.h"

#include "clock.h"
#include "queue.h"
#include "registry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Looks that a proven cycle is left to the member whose turn it is to speak. */
#define PATIENCE 3

/* At least this long between two looks, and so many times as long as a look kept the processor. */
#define LOOK_INTERVAL SL_SECOND
#define LOOK_SHARE    1000

static bool is_member(const struct sl_cycle *cycle, pid_t pid)
{
	for (size_t i = 0; i < cycle->count; i++)
		if (cycle->members[i].pid == pid)
			return true;
	return false;
}

static bool add_member(struct sl_cycle *cycle, pid_t pid, const struct sl_kernel_file *file)
{
	if (cycle->count == SL_CYCLE_MAX)
		return false;
	struct sl_cycle_member *member = &cycle->members[cycle->count];
	memset(member, 0, sizeof *member);
	member->pid = pid;
	member->file = *file;
	if (!sl_process_sleeper(pid, SL_QUEUE_PATIENT, &member->thread, &member->told))
		return false;
	cycle->count++;
	return true;
}

/* Goes on from the last member to who holds what it waits for. True: that led back to the first. */
static bool closes(struct sl_cycle *cycle, struct sl_kernel_list *list)
{
	const struct sl_kernel_file file = cycle->members[cycle->count - 1].file;

	for (size_t i = 0; i < list->count; i++) {
		const struct sl_kernel_lock *held = &list->locks[i];
		if (held->waiting || held->acquirer == 0 || !sl_kernel_same_file(&held->file, &file))
			continue;
		if (held->acquirer == cycle->members[0].pid)
			return true;
		if (is_member(cycle, held->acquirer))
			continue;
		for (size_t k = 0; k < list->count; k++) {
			struct sl_kernel_lock *wanted = &list->locks[k];
			if (!wanted->waiting || wanted->acquirer != held->acquirer)
				continue;
			if (add_member(cycle, wanted->acquirer, &wanted->file)) {
				if (closes(cycle, list))
					return true;
				cycle->count--;
			}
			wanted->acquirer = 0; /* leads nowhere, once is enough */
		}
	}
	return false;
}

static bool someone_waits_for(pid_t pid, const struct sl_kernel_list *contended)
{
	for (size_t i = 0; i < contended->count; i++)
		if (!contended->locks[i].waiting && contended->locks[i].acquirer == pid)
			return true;
	return false;
}

static bool find_cycle(struct sl_cycle *cycle, const struct sl_kernel_file *file)
{
	struct sl_kernel_list list;
	struct sl_failure ignored;

	cycle->count = 0;
	if (sl_kernel_list_read(NULL, &list, &ignored) != SL_OK)
		return false;
	/* In most waits nobody waits for us, and that is all there is to see. */
	bool found = someone_waits_for(getpid(), &list) && add_member(cycle, getpid(), file) &&
				 cycle->members[0].told && closes(cycle, &list);
	free(list.locks);
	return found;
}

static bool same_cycle(const struct sl_cycle *a, const struct sl_cycle *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct sl_cycle_member *x = &a->members[i], *y = &b->members[i];
		if (x->pid != y->pid || x->thread.tid != y->thread.tid ||
			x->thread.start != y->thread.start || x->thread.switches != y->thread.switches ||
			!sl_kernel_same_file(&x->file, &y->file))
			return false;
	}
	return true;
}

struct owners {
	pid_t pid;   /* who should be the only one */
	bool has_it; /* is one of them */
	bool shared; /* there is another one */
};

static bool note_owner(pid_t pid, const struct sl_kernel_lock *lock, void *data)
{
	struct owners *owners = data;
	(void)lock;
	if (pid == owners->pid)
		owners->has_it = true;
	else
		owners->shared = true;
	return !owners->shared;
}

/* The next member has what this one waits for, and nobody could give it back in its stead. */
static bool is_held_by_next(const struct sl_cycle *cycle, size_t i)
{
	struct owners owners = {.pid = cycle->members[(i + 1) % cycle->count].pid};
	sl_kernel_each_process(&cycle->members[i].file, owners.pid, note_owner, &owners);
	return owners.has_it && !owners.shared;
}

/* Of those who will find the cycle too, did we come last? Then it is easiest for us to step back.
 */
static bool came_last(const struct sl_cycle *cycle)
{
	const struct sl_thread *own = &cycle->members[0].thread;
	for (size_t i = 1; i < cycle->count; i++) {
		const struct sl_thread *other = &cycle->members[i].thread;
		if (cycle->members[i].told &&
			(other->start > own->start || (other->start == own->start && other->tid > own->tid)))
			return false;
	}
	return true;
}

static bool is_proven(struct sl_suspicion *suspicion, const struct sl_kernel_file *file)
{
	struct sl_cycle cycle;

	if (!find_cycle(&cycle, file)) {
		suspicion->seen = 0;
		return false;
	}
	bool again = suspicion->seen > 0 && same_cycle(&suspicion->cycle, &cycle);
	suspicion->seen = again ? suspicion->seen + 1 : 1;
	suspicion->cycle = cycle;
	if (suspicion->seen < 2 || (!came_last(&cycle) && suspicion->seen < 2 + PATIENCE))
		return false;
	for (size_t i = 0; i < cycle.count; i++)
		if (!is_held_by_next(&cycle, i))
			return false;
	return true;
}

bool sl_deadlock_is_due(const struct sl_suspicion *suspicion)
{
	struct sl_kernel_lock lock;

	if (sl_clock_now() < suspicion->next_look)
		return false;
	/* It may also have been locked by PHP's own flock(). */
	return sl_registry_holds_any() ||
		   sl_kernel_process_has(getpid(), NULL, SL_ANY_ACQUIRER, &lock) == SL_HAS_IT;
}

/* Not more than a thousandth of the time is spent on looking, unless there is something to see. */
static int64_t pause_after(const struct sl_suspicion *suspicion, int64_t cost)
{
	int64_t pause = LOOK_SHARE * cost;
	return suspicion->seen > 0 || pause < LOOK_INTERVAL ? LOOK_INTERVAL : pause;
}

bool sl_deadlock_look(struct sl_suspicion *suspicion, const struct sl_kernel_file *file)
{
	int64_t start = sl_clock_cpu();
	bool proven = is_proven(suspicion, file);
	suspicion->next_look = sl_clock_now() + pause_after(suspicion, sl_clock_cpu() - start);
	return proven;
}
