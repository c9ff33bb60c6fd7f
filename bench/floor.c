/*
 * The floor: the system calls of one uncontended acquire() and release() of a FileLock or a
 * DirectoryLock, and nothing else. bench/run compares them with what strace(1) sees of the
 * extension, so when the extension makes other ones this file has to follow.
 *
 *     floor PATH PAIRS record|bare|directory  prints nanoseconds per pair
 *     floor PATH PAIRS record|bare held the same beside other locks, for bench/waiting: for each
 *                                       number on stdin it holds so many and prints; at the end of
 *                                       stdin it prints the time and releases them
 */
#define _GNU_SOURCE /* O_PATH */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define OPEN_FLAGS (O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

#define RECORD_MAX       2048 /* how much the extension asks for when it reads a record */
#define FLIP_SIZE        40   /* how much it writes to turn a record from held into released */
#define DIRECTORY_RECORD 512

static char record[RECORD_MAX];
static size_t record_size; /* 0: without record */

static void check(bool good, const char *call)
{
	if (good)
		return;
	perror(call);
	exit(1);
}

/* The record that the extension left is what we write again and again: the same size, and what is
 * in the file stays a record. */
static void load_record(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	check(fd >= 0, path);
	ssize_t got = read(fd, record, sizeof record);
	check(got > FLIP_SIZE, "read a record");
	close(fd);
	record_size = (size_t)got;
}

static void write_bytes(int fd, size_t size)
{
	check(pwrite(fd, record, size, 0) == (ssize_t)size, "pwrite");
}

static int acquire(const char *path)
{
	struct stat st;
	char bytes[RECORD_MAX];

	int fd = open(path, OPEN_FLAGS);
	check(fd >= 0, "open");
	check(fstat(fd, &st) == 0, "fstat");
	check(flock(fd, LOCK_EX | LOCK_NB) == 0, "flock");
	check(lstat(path, &st) == 0, "lstat");
	getpid();
	geteuid();
	check(pread(fd, bytes, sizeof bytes, 0) >= 0, "pread");
	if (record_size > 0)
		write_bytes(fd, record_size);
	return fd;
}

static void release(const char *path, int fd)
{
	struct stat st;

	getpid();
	check(lstat(path, &st) == 0, "lstat");
	if (record_size > 0)
		write_bytes(fd, FLIP_SIZE);
	check(flock(fd, LOCK_UN) == 0, "flock");
	check(close(fd) == 0, "close");
}

/* --- DirectoryLock --- */

#define NONCE 32

static struct {
	char parent[4096];
	char temporary[256]; /* "base.NONCE.tmp" */
	char own[4096];      /* "path/s1.x.….NONCE" */
	const char *base;
	char *record;
	char *nonces[2];
} names;

/* The names are as long as those of the extension. */
static void make_names(const char *path)
{
	names.base = strrchr(path, '/') + 1;
	snprintf(names.parent, sizeof names.parent, "%.*s", (int)(names.base - 1 - path), path);
	snprintf(names.temporary, sizeof names.temporary, "%s.%0*d.tmp", names.base, NONCE, 0);
	snprintf(names.own, sizeof names.own, "%s/s1.x.1021994.1b.%036d.%d.%0*d", path, 0,
		(int)getpid(), NONCE, 0);
	names.record = names.own + strlen(path) + 1;
	names.nonces[0] = names.temporary + strlen(names.base) + 1;
	names.nonces[1] = names.own + strlen(names.own) - NONCE;
}

static void draw_nonce(void)
{
	unsigned char bits[NONCE / 2];

	check(getrandom(bits, sizeof bits, 0) == sizeof bits, "getrandom");
	for (size_t i = 0; i < sizeof bits; i++) {
		names.nonces[0][2 * i] = "0123456789abcdef"[bits[i] >> 4];
		names.nonces[0][2 * i + 1] = "0123456789abcdef"[bits[i] & 15];
	}
	memcpy(names.nonces[1], names.nonces[0], NONCE);
}

static void directory_pair(const char *path)
{
	struct stat st;
	struct statfs fs;

	int parent = open(names.parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(parent >= 0, names.parent);
	getpid();
	geteuid();
	draw_nonce();
	check(mkdirat(parent, names.temporary, 0700) == 0, "mkdir");
	int directory = openat(parent, names.temporary, (OPEN_FLAGS & ~O_RDWR) | O_DIRECTORY);
	check(directory >= 0, "open");
	check(fstatfs(directory, &fs) == 0 && fstat(directory, &st) == 0, "fstat");
	int fd = openat(directory, names.record, OPEN_FLAGS | O_CREAT | O_EXCL, 0600);
	check(fd >= 0, "open");
	check(flock(fd, LOCK_EX | LOCK_NB) == 0, "flock");
	check(fstat(fd, &st) == 0, "fstat");
	write_bytes(fd, DIRECTORY_RECORD);
	check(renameat(parent, names.temporary, parent, names.base) == 0, "rename");
	check(lstat(names.own, &st) == 0, "lstat");
	close(parent);
	getpid();
	geteuid();

	getpid();
	check(lstat(names.own, &st) == 0, "lstat");
	check(unlinkat(directory, names.record, 0) == 0, "unlink");
	check(rmdir(path) == 0, "rmdir");
	check(flock(fd, LOCK_UN) == 0, "flock");
	close(fd);
	close(directory);
}

static bool of_directory;

static double nanoseconds_for(const char *path, long pairs)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (long i = 0; i < pairs; i++) {
		if (of_directory)
			directory_pair(path);
		else
			release(path, acquire(path));
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
}

#define HELD_MAX 200000

static int held[HELD_MAX];

static void held_path(char *buffer, size_t size, const char *path, long number)
{
	snprintf(buffer, size, "%s.%ld", path, number);
}

static void hold(const char *path, long number)
{
	char name[4096];

	held_path(name, sizeof name, path, number);
	close(open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	held[number] = acquire(name);
}

static void measure_beside_held(const char *path, long pairs)
{
	struct timespec end;
	char name[4096];
	long wanted, count = 0;

	while (scanf("%ld", &wanted) == 1) {
		check(wanted <= HELD_MAX, "so many locks");
		while (count < wanted)
			hold(path, count++);
		printf("%.1f\n", nanoseconds_for(path, pairs) / (double)pairs);
		fflush(stdout);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%lld\n", (long long)end.tv_sec * 1000000000 + end.tv_nsec);
	fflush(stdout);
	for (long i = 0; i < count; i++) {
		held_path(name, sizeof name, path, i);
		release(name, held[i]);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: floor PATH PAIRS record|bare|directory [held]\n");
		return 2;
	}
	const char *path = argv[1];
	long pairs = atol(argv[2]);
	if (strcmp(argv[3], "record") == 0)
		load_record(path);
	of_directory = strcmp(argv[3], "directory") == 0;
	if (of_directory)
		make_names(path);
	if (argc == 5) {
		measure_beside_held(path, pairs);
		return 0;
	}
	nanoseconds_for(path, pairs / 10); /* warms up */
	printf("%.1f\n", nanoseconds_for(path, pairs) / (double)pairs);
	return 0;
}
