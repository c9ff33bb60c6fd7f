#include "queue.h"

#include "clock.h"
#include "registry.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The thread needs a page or two, and what the sanitizers put there. */
#define STACK_SIZE ((size_t)256 * 1024)

/* A sleep that is shorter ends in time. */
#define ALMOST (20 * SL_MILLISECOND)

static void block_signals(sigset_t *before)
{
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, before);
}

static void unblock_signals(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* Between the two changes of the type it may end at any instruction: only system calls are there.
 */
#ifdef __SANITIZE_ADDRESS__
/* It marks the variables of this frame on the stack, and a thread that is cancelled never unmarks
 * them. */
__attribute__((no_sanitize_address))
#endif
static void *
wait_in_queue(void *data)
{
	struct sl_queue *queue = data;

	prctl(PR_SET_NAME, queue->name);
	atomic_store(&queue->tid, (pid_t)syscall(SYS_gettid));
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	/* EINTR: glibc stops all threads when the script changes its user. Any other failure is told by
	 * the flock that has the last word. */
	while (flock(queue->descriptor, queue->operation) != 0 && errno == EINTR)
		;
	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
	eventfd_write(queue->event, 1);
	/* Who was woken may be on this processor, and is in more haste than the end of a thread, which
	 * takes the kernel longer than all else that is done here. */
	sched_yield();
	return NULL;
}

static int start_thread(struct sl_queue *queue)
{
	pthread_attr_t attributes;
	sigset_t before;

	int error = pthread_attr_init(&attributes);
	if (error != 0)
		return error;
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	/* A thread inherits the mask. */
	block_signals(&before);
	error = pthread_create(&queue->thread, &attributes, wait_in_queue, queue);
	unblock_signals(&before);
	pthread_attr_destroy(&attributes);
	return error;
}

/* pthread_cancel sends a signal that has to be queued. Where none can be, a wait would have no end.
 */
static bool can_be_cancelled(void)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_SIGPENDING, &limit) != 0 || limit.rlim_cur > 0;
}

static void close_event(struct sl_queue *queue)
{
	if (queue->event >= 0)
		close(queue->event);
	queue->event = -1;
}

bool sl_queue_enter(struct sl_queue *queue, int descriptor, int operation, const char *name)
{
	*queue = (struct sl_queue){
		.pid = getpid(),
		.event = -1,
		.descriptor = descriptor,
		.operation = operation,
		.name = name,
	};
	if (!can_be_cancelled())
		return false;
	queue->event = sl_above_standard_descriptors(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (queue->event < 0)
		return false;
	queue->started = start_thread(queue) == 0;
	if (!queue->started)
		close_event(queue);
	return queue->started;
}

bool sl_queue_is_entered(const struct sl_queue *queue)
{
	return queue->event >= 0 && queue->pid == getpid();
}

void sl_queue_set_awake(const struct sl_queue *queue, bool awake)
{
	if (!sl_queue_is_entered(queue))
		return;
	while (atomic_load(&queue->tid) == 0) /* it is about to give itself its name */
		sched_yield();
	/* Should it fail: without the right name nobody takes the thread for one that waits. */
	pthread_setname_np(queue->thread, awake ? SL_QUEUE_AWAKE : queue->name);
}

/* The signal of pthread_cancel once more; glibc's second pthread_cancel would send none. */
static void cancel_again(struct sl_queue *queue)
{
#ifdef __GLIBC__
	pid_t tid = atomic_load(&queue->tid);
	if (tid != 0)
		syscall(SYS_tgkill, queue->pid, tid, __SIGRTMIN);
#else
	pthread_cancel(queue->thread);
#endif
}

/* It has said that its flock is over, and does nothing more. */
static bool is_ending(const struct sl_queue *queue)
{
	eventfd_t ignored;
	return queue->event < 0 || eventfd_read(queue->event, &ignored) == 0;
}

static void end_thread(struct sl_queue *queue)
{
	if (is_ending(queue) || pthread_cancel(queue->thread) == 0) {
		pthread_join(queue->thread, NULL);
		return;
	}
	/* The user has as many signals pending as he may have (EAGAIN): until one is delivered. */
	while (pthread_tryjoin_np(queue->thread, NULL) == EBUSY) {
		poll(NULL, 0, 1);
		cancel_again(queue);
	}
}

void sl_queue_pass(struct sl_queue *queue)
{
	close_event(queue);
}

void sl_queue_leave(struct sl_queue *queue)
{
	if (queue->started && queue->pid == getpid())
		end_thread(queue);
	queue->started = false;
	close_event(queue);
}

/* One ppoll, with the signals of `mask` blocked. */
static enum sl_wakeup sleep_for(const struct sl_queue *queue, int64_t time, const sigset_t *mask)
{
	/* A negative descriptor is passed over (poll(2)). */
	struct pollfd event = {.fd = queue->event, .events = POLLIN};
	struct timespec timeout = {time / SL_SECOND, time % SL_SECOND};

	/* Never restarted after a handler, whatever its flags (signal(7)). */
	int ready = ppoll(&event, 1, &timeout, mask);
	if (ready > 0)
		return SL_WOKEN_BY_LOCK;
	return ready == 0 ? SL_WOKEN_BY_CLOCK : SL_WOKEN_BY_SIGNAL;
}

enum sl_wakeup sl_queue_sleep(
	const struct sl_queue *queue, int64_t until, bool (*interrupted)(void))
{
	enum sl_wakeup wakeup = SL_WOKEN_BY_SIGNAL;
	sigset_t before;

	block_signals(&before);
	if (interrupted == NULL || !interrupted()) {
		int64_t left;
		do {
			left = until - sl_clock_now();
			/* The kernel may be late by a thousandth of the time, so a long sleep ends with a short
			 * one. */
			int64_t time = left > ALMOST ? left - left / 256 : left;
			wakeup = sleep_for(queue, time > 0 ? time : 0, &before);
		} while (wakeup == SL_WOKEN_BY_CLOCK && left > ALMOST);
	}
	unblock_signals(&before);
	return wakeup;
}
