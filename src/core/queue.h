/*
 * A place in the kernel's queue for a flock, and a sleep that ends when it is our turn, when a
 * signal comes, or at a time.
 *
 * A thread of its own waits in flock(2), with all signals blocked; whoever wants the lock sleeps in
 * ppoll(2). So signals are served at once and the place in the queue is still kept: a flock that a
 * signal interrupts goes to its end, and one that is restarted (SA_RESTART) serves no signal of a
 * PHP script before the lock is granted.
 *
 * The thread is ended by pthread_cancel(3), in whatever instruction it is. It may have got the lock
 * in that very moment, so sl_queue_leave() says nothing about the lock: a flock with LOCK_NB on the
 * same descriptor has the last word.
 */
#ifndef SL_QUEUE_H
#define SL_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* How these threads are called (proc_pid_comm(5)); 15 bytes are shown. */
#define SL_QUEUE_PATIENT   "sitelock-wait" /* waits for as long as it takes */
#define SL_QUEUE_IMPATIENT "sitelock-try"  /* soon gives up, and what it holds with it */
#define SL_QUEUE_AWAKE     "sitelock-busy" /* its application does not sleep just now */

struct sl_queue {
	pthread_t thread;
	bool started;      /* it was, and nobody has joined it yet */
	pid_t pid;         /* who started it: a forked child has no such thread */
	_Atomic pid_t tid; /* of the thread; 0 until it runs and has its name */
	int event;         /* eventfd(2): it is our turn. -1: not in the queue */
	int descriptor;    /* of the lock */
	int operation;     /* LOCK_EX or LOCK_SH */
	const char *name;
};

#define SL_QUEUE_NONE ((struct sl_queue){.event = -1})

/*
 * Queues up on this descriptor. False: there is no thread, descriptor or signal to be had
 * (RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_SIGPENDING); then one has to ask from time to time.
 */
bool sl_queue_enter(struct sl_queue *queue, int descriptor, int operation, const char *name);

bool sl_queue_is_entered(const struct sl_queue *queue);

/* While the application runs code of its own in the middle of the wait: so the thread is called. */
void sl_queue_set_awake(const struct sl_queue *queue, bool awake);

/*
 * The queue is behind us, flock says that we have the lock. Closes what is not needed any more, but
 * does not wait until the thread has ended: sl_queue_leave() does, when the lock is given back.
 */
void sl_queue_pass(struct sl_queue *queue);

/* Always safe. The thread is gone afterwards; whether it got the lock is for flock to say. */
void sl_queue_leave(struct sl_queue *queue);

enum sl_wakeup {
	SL_WOKEN_BY_LOCK,   /* it is our turn, or flock failed */
	SL_WOKEN_BY_SIGNAL, /* a signal handler ran, or `interrupted` said so */
	SL_WOKEN_BY_CLOCK,
};

/*
 * Sleeps until then, in the queue or not. `interrupted` (NULL for never) is asked with all signals
 * blocked, so what a handler told it before cannot be slept over.
 */
enum sl_wakeup sl_queue_sleep(
	const struct sl_queue *queue, int64_t until, bool (*interrupted)(void));

#endif
