/*
 * How long PHP takes to start and end, without and with the extension.
 *
 *     startup PAIRS PHP SITELOCK.SO      prints "WITHOUT WITH", nanoseconds, a line per pair
 *
 * Each pair is two starts close together, and who is first changes from pair to pair: what else the
 * machine does meets both alike. hyperfine(1) would have all starts of one command first.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long nanoseconds_for(char **command)
{
	struct timespec start, end;
	pid_t pid;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	int error = posix_spawn(&pid, command[0], NULL, NULL, command, environ);
	if (error != 0) {
		fprintf(stderr, "%s: %s\n", command[0], strerror(error));
		exit(1);
	}
	waitpid(pid, &status, 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (status != 0) {
		fprintf(stderr, "%s ended with status %d\n", command[0], status);
		exit(1);
	}
	return (end.tv_sec - start.tv_sec) * 1000000000LL + (end.tv_nsec - start.tv_nsec);
}

int main(int argc, char **argv)
{
	char setting[4096];

	if (argc != 4) {
		fprintf(stderr, "usage: startup PAIRS PHP SITELOCK.SO\n");
		return 2;
	}
	long pairs = atol(argv[1]);
	snprintf(setting, sizeof setting, "extension=%s", argv[3]);
	char *without[] = {argv[2], "-n", "-r", "", NULL};
	char *with[] = {argv[2], "-n", "-d", setting, "-r", "", NULL};

	nanoseconds_for(without); /* warm up */
	nanoseconds_for(with);
	for (long i = 0; i < pairs; i++) {
		long long first = nanoseconds_for(i % 2 == 0 ? without : with);
		long long second = nanoseconds_for(i % 2 == 0 ? with : without);
		if (i % 2 == 0)
			printf("%lld %lld\n", first, second);
		else
			printf("%lld %lld\n", second, first);
	}
	return 0;
}
