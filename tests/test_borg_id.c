/* How borg calls a process, who we are to it, and whom it holds for dead. */
#include "fixture.h"

#include "borg_id.h"

#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST "web-1.example.com@8796750862"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A user without a name. */
#define SOME_USER 54321

static struct sl_borg_self self;

/* So many bytes of one letter. */
static const char *letters(size_t length)
{
	static char text[NAME_MAX + 2];
	memset(text, 'h', length);
	text[length] = '\0';
	return text;
}

/* --- Names --- */

static void name_of_a_process_is_read_back(void **state)
{
	(void)state;
	static const struct {
		const char *text, *host;
		int64_t pid, thread;
	} names[] = {
		{"web1@8796750862.4211-0", "web1@8796750862", 4211, 0},
		{HOST ".1-0", HOST, 1, 0},
		{HOST ".4194304-1f", HOST, 4194304, 31},
		{"h.5-7fffffff", "h", 5, INT32_MAX},
		{"h.9223372036854775807-7fffffffffffffff", "h", INT64_MAX, INT64_MAX},
		/* The last dash counts, and the last dot before it. */
		{"a.1-0.b.2-0.3-4", "a.1-0.b.2-0", 3, 4},
		{"..5-0", ".", 5, 0},
		{"-.5-0", "-", 5, 0},
		{"my host.5-0", "my host", 5, 0},
		{"h\xc3\xb6st.5-a", "h\xc3\xb6st", 5, 10},
	};
	struct sl_borg_id id;
	char again[SL_BORG_NAME_MAX + 1];
	for (size_t i = 0; i < COUNT(names); i++) {
		if (!sl_borg_id_read(&id, names[i].text))
			fail_msg("no name: %s", names[i].text);
		assert_string_equal(id.host, names[i].host);
		assert_int_equal(id.pid, names[i].pid);
		assert_int_equal(id.thread, names[i].thread);
		sl_borg_id_write(again, &id);
		assert_string_equal(again, names[i].text);
	}
}

static void what_borg_would_not_write_is_no_name(void **state)
{
	(void)state;
	static const char *const names[] = {"", ".", "..", "-", ".-", "-.", "h", "h.", "h-", "h.-",
		"h-0", "h.5", "h.5-", "h.-0", ".5-0", "5-0", "h5-0", "README", ".nfs00000000015a3c8b0002",
		"h.0-0", "h.-5-0", "h.+5-0", "h. 5-0", "h.5 -0", "h.05-0", "h.5_0-0", "h.5x-0", "h.x-0",
		"h.0x5-0", "h.5.-0", "h.5-x", "h.5-0x0", "h.5-00", "h.5-01", "h.5-A", "h.5-0g", "h.5- 0",
		"h.5-+1", "h.5--1", "h.5-0 ", "h.5-0\n", "h.5-0.", "h.5-0.tmp",
		/* Of 64 bits they would be another process, or none. */
		"h.9223372036854775808-0", "h.18446744073709551621-0", "h.99999999999999999999999-0",
		"h.5-8000000000000000", "h.5-ffffffffffffffff", "h.5-10000000000000000",
		"h.5-10000000000000001"};
	struct sl_borg_id id;
	for (size_t i = 0; i < COUNT(names); i++)
		if (sl_borg_id_read(&id, names[i]))
			fail_msg("a name: %s", names[i]);
}

static void longest_name_is_one_of_a_file(void **state)
{
	(void)state;
	struct sl_borg_id id = {.pid = INT64_MAX, .thread = INT64_MAX}, read;
	char name[SL_BORG_NAME_MAX + 1], text[2 * NAME_MAX];
	strcpy(id.host, letters(SL_BORG_HOST_MAX));
	sl_borg_id_write(name, &id);
	assert_int_equal(strlen(name), SL_BORG_HOST_MAX + 37);
	assert_true(sl_borg_id_read(&read, name));
	assert_true(sl_borg_id_equal(&read, &id));
	snprintf(text, sizeof text, "%s.5-0", letters(SL_BORG_HOST_MAX + 1));
	assert_false(sl_borg_id_read(&read, text));
	/* As long as a file can be called. */
	snprintf(text, sizeof text, "%s.5-0", letters(NAME_MAX - 4));
	assert_false(sl_borg_id_read(&read, text));
	assert_false(sl_borg_id_read(&read, letters(NAME_MAX)));
}

static void processes_are_equal_in_all_three_parts_or_not_at_all(void **state)
{
	(void)state;
	const struct sl_borg_id id = {.host = HOST, .pid = 5, .thread = 7};
	struct sl_borg_id other = id;
	assert_true(sl_borg_id_equal(&id, &other));
	other.thread = 0;
	assert_false(sl_borg_id_equal(&id, &other));
	other = id;
	other.pid = 6;
	assert_false(sl_borg_id_equal(&id, &other));
	/* 32 bits of it are the same. */
	other.pid = id.pid + (INT64_C(1) << 32);
	assert_false(sl_borg_id_equal(&id, &other));
	other = id;
	other.host[0] = 'W';
	assert_false(sl_borg_id_equal(&id, &other));
	strcpy(other.host, HOST "0");
	assert_false(sl_borg_id_equal(&id, &other));
}

/* --- Who we are. borg's answer to the host is remembered, so it is asked for in children --- */

static void host_id_is_what_the_caller_says(void **state)
{
	(void)state;
	setenv("BORG_HOST_ID", "of the environment", true);
	assert_true(sl_borg_self(HOST, &self));
	unsetenv("BORG_HOST_ID");
	assert_string_equal(self.id.host, HOST);
	assert_int_equal(self.id.pid, getpid());
	assert_true(self.certain);
	assert_int_equal(self.sees_all, sl_process_sees_all());
	if (self.sees_all)
		assert_int_equal(self.id.thread, 0);
	assert_true(sl_borg_self(letters(SL_BORG_HOST_MAX), &self));
	assert_string_equal(self.id.host, letters(SL_BORG_HOST_MAX));
}

static void what_cannot_be_a_part_of_a_file_name_is_no_host_id(void **state)
{
	(void)state;
	const char *const ids[] = {"", "/", "a/b", "a/", "/a", letters(SL_BORG_HOST_MAX + 1)};
	for (size_t i = 0; i < COUNT(ids); i++) {
		assert_false(sl_borg_self(ids[i], &self));
		if (ids[i][0] == '\0')
			continue;
		setenv("BORG_HOST_ID", ids[i], true);
		assert_false(sl_borg_self(NULL, &self));
		assert_true(sl_borg_self(HOST, &self));
		unsetenv("BORG_HOST_ID");
	}
}

static void host_id_of_the_environment_counts_each_time(void **state)
{
	(void)state;
	static const char *const ids[] = {"one@1", "two", "one@1"};
	for (size_t i = 0; i < COUNT(ids); i++) {
		setenv("BORG_HOST_ID", ids[i], true);
		assert_true(sl_borg_self(NULL, &self));
		assert_string_equal(self.id.host, ids[i]);
		assert_true(self.certain);
	}
	unsetenv("BORG_HOST_ID");
}

/* The number behind the last "@". */
static uint64_t node_of(const char *host)
{
	char *end;
	const char *at = strrchr(host, '@');
	expect(at != NULL && at[1] >= '0' && at[1] <= '9');
	uint64_t node = strtoull(at + 1, &end, 10);
	expect(*end == '\0' && node < UINT64_C(1) << 48);
	return node;
}

/* The MAC address of an interface from /sys; 0: it has none. */
static uint64_t address_of(const char *interface)
{
	char path[64 + IF_NAMESIZE];
	unsigned bytes[6] = {0};
	uint64_t address = 0;
	snprintf(path, sizeof path, "/sys/class/net/%s/address", interface);
	FILE *file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%x:%x:%x:%x:%x:%x", &bytes[0], &bytes[1], &bytes[2],
							&bytes[3], &bytes[4], &bytes[5]) != 6)
		abort();
	fclose(file);
	for (size_t i = 0; i < COUNT(bytes); i++)
		address = address << 8 | bytes[i];
	return address;
}

/* Is it of an interface with an IPv4 address? *any: there is one that it could be of. */
static bool is_of_interface(uint64_t node, bool *any)
{
	struct ifaddrs *list;
	bool is_found = false;
	*any = false;
	expect(getifaddrs(&list) == 0);
	for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next) {
		if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET)
			continue;
		uint64_t address = address_of(entry->ifa_name);
		*any |= address != 0;
		is_found |= address != 0 && address == node;
	}
	freeifaddrs(list);
	return is_found;
}

static void ask_for_own_host(void *data)
{
	(void)data;
	struct sl_borg_self again;
	bool any;
	unsetenv("BORG_HOST_ID");
	unsigned descriptors = descriptor_count();
	expect(sl_borg_self(NULL, &self));
	expect(descriptor_count() == descriptors);
	bool is_one = is_of_interface(node_of(self.id.host), &any);
	expect(self.certain == any && is_one == any);
	/* Once in the life of a process. */
	expect(sl_borg_self(NULL, &again));
	expect(strcmp(self.id.host, again.id.host) == 0);
	/* As borg takes it. */
	setenv("BORG_HOST_ID", "", true);
	expect(sl_borg_self(NULL, &again));
	expect(strcmp(self.id.host, again.id.host) == 0);
}

static void host_is_called_by_its_name_and_the_address_of_an_interface(void **state)
{
	(void)state;
	in_child(ask_for_own_host, NULL);
}

static void say_own_host(void *data)
{
	(void)data;
	expect(sl_borg_self(NULL, &self));
	say_bytes(self.id.host, sizeof self.id.host);
}

static void raise_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memcpy(&request.ifr_addr, &address, sizeof address);
	expect(ioctl(descriptor, SIOCSIFADDR, &request) == 0);
	request.ifr_flags = IFF_UP;
	expect(ioctl(descriptor, SIOCSIFFLAGS, &request) == 0);
	close(descriptor);
}

static void ask_without_an_interface(void *data)
{
	char other[SL_BORG_HOST_MAX + 2];
	struct sl_borg_self again;
	if (*(bool *)data)
		raise_loopback();
	struct child child = start_child(say_own_host, NULL);
	child_hear_bytes(&child, other, sizeof other);
	expect(child_finish(&child) == 0);

	unsetenv("BORG_HOST_ID");
	expect(sl_borg_self(NULL, &self));
	expect(!self.certain);
	expect((node_of(self.id.host) & UINT64_C(1) << 40) != 0);
	expect(node_of(self.id.host) != node_of(other));
	expect(sl_borg_self(NULL, &again));
	expect(sl_borg_id_equal(&self.id, &again.id));

	/* Nobody is dead by that, but we ourselves are known. */
	struct sl_borg_id id = self.id;
	expect(sl_borg_life(&id, &self) == SL_ALIVE);
	id.pid = dead_pid();
	expect(sl_borg_life(&id, &self) == SL_LIFE_UNKNOWN);
	/* Control: by a name that is certain he is. */
	expect(sl_borg_self(HOST, &again) && again.certain);
	strcpy(id.host, HOST);
	expect(sl_borg_life(&id, &again) == SL_DEAD);
}

static void host_without_an_address_is_another_one_in_each_process(void **state)
{
	(void)state;
	bool loopback = false;
	in_own_host(ask_without_an_interface, &loopback);
	loopback = true;
	in_own_host(ask_without_an_interface, &loopback);
}

struct naming {
	const char *host;  /* hostname(1) */
	const char *hosts; /* hosts(5) */
	const char *name;  /* what borg makes of it */
};

static void ask_under_a_name(void *data)
{
	const struct naming *naming = data;
	const char *hosts = path_of("hosts");
	write_file(hosts, naming->hosts);
	expect(sethostname(naming->host, strlen(naming->host)) == 0);
	expect(mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL) == 0);
	unsetenv("BORG_HOST_ID");
	expect(sl_borg_self(NULL, &self));
	char *at = strrchr(self.id.host, '@');
	expect(at != NULL);
	*at = '\0';
	if (strcmp(self.id.host, naming->name) != 0)
		fprintf(stderr, "%s, not %s\n", self.id.host, naming->name);
	expect(strcmp(self.id.host, naming->name) == 0);
}

static void host_is_called_by_its_full_name_where_there_is_one(void **state)
{
	(void)state;
	static const struct naming namings[] = {
		{"box", "127.0.1.1 box.example.com box\n", "box.example.com"},
		{"box", "127.0.1.1 box box.example.com\n", "box"},
		{"box", "::1 box.v6.example.com box\n", "box.v6.example.com"},
		{"box", "127.0.0.1 localhost\n", "box"},
		{"box.example.com", "127.0.0.1 localhost\n", "box.example.com"},
		{"", "127.0.0.1 localhost\n", ""},
	};
	for (size_t i = 0; i < COUNT(namings); i++)
		in_own_host(ask_under_a_name, (void *)&namings[i]);
}

static void be_in_a_container(void *data)
{
	(void)data;
	struct sl_borg_self again;
	int64_t other;
	expect(sl_borg_self(HOST, &self));
	expect(!self.sees_all);
	expect(self.certain);
	expect(self.id.pid == 1);
	expect(self.id.thread > 0);
	expect(sl_borg_self("another", &again));
	expect(again.id.thread == self.id.thread);
	/* A name that borg can read. */
	char name[SL_BORG_NAME_MAX + 1];
	sl_borg_id_write(name, &self.id);
	expect(sl_borg_id_read(&again.id, name));
	expect(sl_borg_id_equal(&self.id, &again.id));
	expect(sl_borg_life(&self.id, &self) == SL_ALIVE);
	/* Of pids that mean something else outside, nobody is known to be dead. */
	struct sl_borg_id id = {.host = HOST, .pid = dead_pid()};
	expect(sl_borg_life(&id, &self) == SL_LIFE_UNKNOWN);
	/* A child draws another one. */
	int pipes[2];
	expect(pipe(pipes) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		expect(sl_borg_self(HOST, &self));
		expect(write(pipes[1], &self.id.thread, sizeof self.id.thread) == sizeof self.id.thread);
		_exit(0);
	}
	reap(pid);
	expect(read(pipes[0], &other, sizeof other) == sizeof other);
	expect(other > 0 && other != self.id.thread);
}

static void in_a_container_the_thread_keeps_borg_from_judging_by_the_pid(void **state)
{
	(void)state;
	in_own_namespaces(be_in_a_container, NULL);
}

static void be_a_child(void *data)
{
	struct sl_borg_self own;
	const struct sl_borg_id *parent = data;
	expect(sl_borg_self(HOST, &own));
	expect(own.id.pid == getpid());
	expect(!sl_borg_id_equal(&own.id, parent));
	expect(sl_borg_life(parent, &own) == SL_ALIVE);
}

static void forked_child_is_another_process(void **state)
{
	(void)state;
	assert_true(sl_borg_self(HOST, &self));
	in_child(be_a_child, &self.id);
	in_cloned_child(be_a_child, &self.id);
}

#ifdef UNFIXED
static void ask_with_a_slash(void *data)
{
	const struct naming *naming = data;
	write_file(path_of("hosts"), naming->hosts);
	expect(sethostname(naming->host, strlen(naming->host)) == 0);
	expect(mount(path_of("hosts"), "/etc/hosts", NULL, MS_BIND, NULL) == 0);
	unsetenv("BORG_HOST_ID");
	expect(!sl_borg_self(NULL, &self));
}

static void name_of_the_host_with_a_slash_in_it_is_no_host_id(void **state)
{
	(void)state;
	struct naming naming = {"a/b", "127.0.0.1 localhost\n", ""};
	in_own_host(ask_with_a_slash, &naming);
}

static void ask_under_a_long_name(void *data)
{
	(void)data;
	char line[400];
	snprintf(line, sizeof line, "127.0.1.1 %.60s.%.60s.%.60s.example box\n", letters(60),
		letters(60), letters(60));
	write_file(path_of("hosts"), line);
	expect(sethostname("box", 3) == 0);
	raise_loopback();
	expect(mount(path_of("hosts"), "/etc/hosts", NULL, MS_BIND, NULL) == 0);
	unsetenv("BORG_HOST_ID");
	/* Cut off it is not what borg says, and others may be called so. */
	expect(!sl_borg_self(NULL, &self) || strstr(self.id.host, ".example@") != NULL);
}

static void name_of_the_host_that_is_too_long_is_not_cut_off(void **state)
{
	(void)state;
	in_own_host(ask_under_a_long_name, NULL);
}

static int at[2], go[2];

static void stay_there(void *data)
{
	char word;
	(void)data;
	if (write(at[1], "a", 1) != 1 || read(go[0], &word, 1) != 1)
		abort();
}

static void *ask(void *data)
{
	struct sl_borg_self own;
	(void)data;
	return sl_borg_self(HOST, &own) ? &self : NULL;
}

static void fork_while_another_thread_asks(void *data)
{
	pthread_t thread;
	char word;
	int status;
	(void)data;
	expect(pipe(at) == 0 && pipe(go) == 0);
	watch_calls();
	around_calls_of_helper(CALL_GETRANDOM, stay_there, NULL, NULL);
	expect(pthread_create(&thread, NULL, ask, NULL) == 0);
	expect(read(at[0], &word, 1) == 1);
	pid_t pid = fork();
	if (pid == 0) {
		alarm(5);
		_exit(ask(NULL) == NULL);
	}
	expect(waitpid(pid, &status, 0) == pid);
	expect(write(go[1], "g", 1) == 1);
	pthread_join(thread, NULL);
	stop_watching();
	expect(status == 0);
}

static void child_that_is_forked_while_another_thread_asks_can_ask(void **state)
{
	(void)state;
	in_own_namespaces(fork_while_another_thread_asks, NULL);
}
#endif

/* --- Dead, alive, unknown --- */

static void wait_for_the_end(void *data)
{
	(void)data;
	await();
}

static struct sl_borg_self host_that_sees_all(void)
{
	return (struct sl_borg_self){
		.id = {.host = HOST, .pid = getpid()}, .certain = true, .sees_all = true};
}

static void process_of_this_host_is_dead_when_there_is_none_of_its_number(void **state)
{
	(void)state;
	const struct sl_borg_self here = host_that_sees_all();
	struct child child = start_child(wait_for_the_end, NULL);
	struct sl_borg_id id = {.host = HOST, .pid = child.pid};
	assert_int_equal(sl_borg_life(&id, &here), SL_ALIVE);
	/* As long as it is not reaped, borg finds it too. */
	child_kill_unreaped(&child);
	assert_int_equal(sl_borg_life(&id, &here), SL_ALIVE);
	child_kill(&child);
	assert_int_equal(sl_borg_life(&id, &here), SL_DEAD);
	id.pid = 1;
	assert_int_equal(sl_borg_life(&id, &here), SL_ALIVE);
	/* There can be no such process. */
	id.pid = INT_MAX;
	assert_int_equal(sl_borg_life(&id, &here), SL_DEAD);
}

static void where_borg_would_not_judge_nobody_is_dead(void **state)
{
	(void)state;
	const struct sl_borg_self here = host_that_sees_all();
	const struct sl_borg_id dead = {.host = HOST, .pid = dead_pid()};
	struct sl_borg_self there;
	struct sl_borg_id id;
	assert_int_equal(sl_borg_life(&dead, &here), SL_DEAD);

	static const char *const hosts[] = {"db1@8796750862", "", HOST "1",
		"web-1.example.com@879675086", "WEB-1.example.com@8796750862"};
	for (size_t i = 0; i < COUNT(hosts); i++) {
		id = dead;
		strcpy(id.host, hosts[i]);
		assert_int_equal(sl_borg_life(&id, &here), SL_LIFE_UNKNOWN);
	}
	static const int64_t threads[] = {1, -1, INT64_MAX, INT64_C(1) << 32};
	for (size_t i = 0; i < COUNT(threads); i++) {
		id = dead;
		id.thread = threads[i];
		assert_int_equal(sl_borg_life(&id, &here), SL_LIFE_UNKNOWN);
	}
	/* kill(2) means groups of processes by those, or would be asked for another one. */
	const int64_t pids[] = {0, -1, -dead.pid, INT_MIN, INT64_MIN, INT64_C(1) + INT_MAX,
		dead.pid + (INT64_C(1) << 32), INT64_MAX};
	for (size_t i = 0; i < COUNT(pids); i++) {
		id = dead;
		id.pid = pids[i];
		assert_int_equal(sl_borg_life(&id, &here), SL_LIFE_UNKNOWN);
	}
	there = here;
	there.certain = false;
	assert_int_equal(sl_borg_life(&dead, &there), SL_LIFE_UNKNOWN);
	there = here;
	there.sees_all = false;
	assert_int_equal(sl_borg_life(&dead, &there), SL_LIFE_UNKNOWN);
}

static void we_are_alive_wherever_we_are(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct sl_borg_self here = host_that_sees_all();
		here.certain = i % 2;
		here.sees_all = i / 2;
		here.id.thread = here.sees_all ? 0 : 31;
		struct sl_borg_id id = here.id;
		assert_int_equal(sl_borg_life(&id, &here), SL_ALIVE);
	}
}

static void judge_as_another_user(void *data)
{
	(void)data;
	const struct sl_borg_self here = host_that_sees_all();
	const struct sl_borg_id id = {.host = HOST, .pid = getppid()};
	become(SOME_USER);
	expect(kill(getppid(), 0) != 0 && errno == EPERM);
	expect(sl_borg_life(&id, &here) == SL_ALIVE);
}

static void process_of_another_user_is_alive(void **state)
{
	(void)state;
	need_root();
	in_child(judge_as_another_user, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(name_of_a_process_is_read_back),
		fixture_test(what_borg_would_not_write_is_no_name),
		fixture_test(longest_name_is_one_of_a_file),
		fixture_test(processes_are_equal_in_all_three_parts_or_not_at_all),
		fixture_test(host_id_is_what_the_caller_says),
		fixture_test(what_cannot_be_a_part_of_a_file_name_is_no_host_id),
		fixture_test(host_id_of_the_environment_counts_each_time),
		fixture_test(host_is_called_by_its_name_and_the_address_of_an_interface),
		fixture_test(host_without_an_address_is_another_one_in_each_process),
		fixture_test(host_is_called_by_its_full_name_where_there_is_one),
		fixture_test(in_a_container_the_thread_keeps_borg_from_judging_by_the_pid),
		fixture_test(forked_child_is_another_process),
#ifdef UNFIXED
		fixture_test(name_of_the_host_with_a_slash_in_it_is_no_host_id),
		fixture_test(name_of_the_host_that_is_too_long_is_not_cut_off),
		fixture_test(child_that_is_forked_while_another_thread_asks_can_ask),
#endif
		fixture_test(process_of_this_host_is_dead_when_there_is_none_of_its_number),
		fixture_test(where_borg_would_not_judge_nobody_is_dead),
		fixture_test(we_are_alive_wherever_we_are),
		fixture_test(process_of_another_user_is_alive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
