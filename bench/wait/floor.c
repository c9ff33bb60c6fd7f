/*
 * The floor of waiting: what the kernel's own queue gives to a C program that blocks in flock(2).
 *
 *     floor PATH handoff COUNT           from a release to the acquire that follows, ns each
 *     floor PATH timeout SECONDS COUNT   how much later than SECONDS it gives up, ns each
 *     floor PATH cpu SECONDS             processor time of a wait, us for each second of it
 *     floor PATH contend COUNT SECONDS   COUNT processes in a loop: pairs a second, and the least
 *                                        and the most pairs of one process
 *
 * The PHP contestants do the same in handoff.php, timeout.php, cpu.php and contend.php.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND    1000000000LL
#define WORK_TIME 50000 /* ns, what each of many does with the lock */

static void check(bool good, const char *call)
{
	if (good)
		return;
	perror(call);
	exit(1);
}

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

static void pause_for(int64_t time)
{
	struct timespec left = {time / SECOND, time % SECOND};
	nanosleep(&left, NULL);
}

/* -1: a signal came first. */
static int acquire(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	check(fd >= 0, path);
	if (flock(fd, LOCK_EX) == 0)
		return fd;
	check(errno == EINTR, "flock");
	close(fd);
	return -1;
}

static void release(int fd)
{
	flock(fd, LOCK_UN);
	close(fd);
}

static void send(int to, int64_t value)
{
	check(write(to, &value, sizeof value) == sizeof value, "write");
}

static int64_t receive(int from)
{
	int64_t value;
	check(read(from, &value, sizeof value) == sizeof value, "read");
	return value;
}

/* The lock is busy before the waiter wants it, and long enough to let it fall asleep. The first one
 * warms up. */
static void hold_again_and_again(const char *path, int count, int to, int from)
{
	srandom((unsigned)getpid());
	for (int i = 0; i <= count; i++) {
		int fd = acquire(path);
		send(to, 0);
		pause_for(20000000 + random() % 20000000);
		int64_t released = now();
		release(fd);
		send(to, released);
		receive(from);
	}
}

static void wait_again_and_again(const char *path, int count, int to, int from)
{
	for (int i = 0; i <= count; i++) {
		receive(from);
		int fd = acquire(path);
		int64_t acquired = now();
		int64_t released = receive(from);
		if (i > 0)
			printf("%lld\n", (long long)(acquired - released));
		release(fd);
		send(to, 0);
	}
}

static void handoff(const char *path, int count)
{
	int to_waiter[2], to_holder[2];

	check(pipe(to_waiter) == 0 && pipe(to_holder) == 0, "pipe");
	pid_t holder = fork();
	if (holder == 0) {
		hold_again_and_again(path, count, to_waiter[1], to_holder[0]);
		exit(0);
	}
	wait_again_and_again(path, count, to_holder[1], to_waiter[0]);
	waitpid(holder, NULL, 0);
}

/* A child that has the lock for so long; when this returns it has it. */
static pid_t hold_in_child(const char *path, int64_t time)
{
	int ready[2];

	check(pipe(ready) == 0, "pipe");
	pid_t holder = fork();
	if (holder == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		acquire(path);
		send(ready[1], 0);
		pause_for(time);
		_exit(0);
	}
	receive(ready[0]);
	return holder;
}

static void nothing(int number)
{
	(void)number;
}

/* As flock -w does it: a timer interrupts the flock. */
static void timeout(const char *path, double seconds, int count)
{
	int64_t time = (int64_t)(seconds * 1e9);
	struct itimerval timer = {.it_value = {time / SECOND, time % SECOND / 1000}};
	struct sigaction action = {.sa_handler = nothing};
	pid_t holder = hold_in_child(path, 3600 * SECOND);

	sigaction(SIGALRM, &action, NULL);
	for (int i = 0; i <= count; i++) {
		int64_t start = now();
		setitimer(ITIMER_REAL, &timer, NULL);
		check(acquire(path) == -1, "acquire");
		int64_t late = now() - start - time;
		if (i > 0)
			printf("%lld\n", (long long)late);
	}
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
}

static int64_t processor_time(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec +
		   usage.ru_stime.tv_usec;
}

static void cpu(const char *path, double seconds)
{
	pid_t holder = hold_in_child(path, (int64_t)(seconds * 1e9));
	int64_t start = now(), used = processor_time();

	release(acquire(path));
	printf("%.1f\n", (double)(processor_time() - used) * 1e9 / (double)(now() - start));
	waitpid(holder, NULL, 0);
}

static void work(void)
{
	int64_t end = now() + WORK_TIME;
	while (now() < end)
		;
}

static int64_t pairs_until(const char *path, int64_t end)
{
	int64_t count = 0;
	for (;;) {
		int fd = acquire(path);
		work();
		release(fd);
		if (now() >= end)
			return count;
		count++;
	}
}

static void contend(const char *path, int processes, double seconds)
{
	int start[2], result[2];
	int64_t sum = 0, least = INT64_MAX, most = 0;

	check(pipe(start) == 0 && pipe(result) == 0, "pipe");
	for (int i = 0; i < processes; i++) {
		if (fork() == 0) {
			int64_t begin = receive(start[0]);
			pause_for(begin - now());
			send(result[1], pairs_until(path, begin + (int64_t)(seconds * 1e9)));
			_exit(0);
		}
	}
	int64_t begin = now() + SECOND / 20;
	for (int i = 0; i < processes; i++)
		send(start[1], begin);
	for (int i = 0; i < processes; i++) {
		int64_t pairs = receive(result[0]);
		sum += pairs;
		least = pairs < least ? pairs : least;
		most = pairs > most ? pairs : most;
	}
	while (wait(NULL) > 0)
		;
	printf("%.1f %lld %lld\n", (double)sum / seconds, (long long)least, (long long)most);
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: floor PATH handoff|timeout|cpu|contend ...\n");
		return 2;
	}
	const char *path = argv[1], *what = argv[2];
	double last = atof(argv[argc - 1]);
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	if (strcmp(what, "handoff") == 0)
		handoff(path, (int)last);
	else if (strcmp(what, "timeout") == 0)
		timeout(path, atof(argv[3]), (int)last);
	else if (strcmp(what, "cpu") == 0)
		cpu(path, last);
	else
		contend(path, atoi(argv[3]), last);
	return 0;
}
