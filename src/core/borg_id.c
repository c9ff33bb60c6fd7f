#include "borg_id.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* As many interfaces as libuuid looks at, from which borg's Python has its number. */
#define INTERFACES_MAX 25

/* A random one has this bit, which no card has (RFC 4122, 4.5). */
#define NODE_IS_RANDOM (UINT64_C(1) << 40)

/* What borg finds out about the host at its start. */
static struct {
	pthread_mutex_t mutex;
	bool known;
	char host[SL_BORG_HOST_MAX + 1];
	bool certain;
	int64_t thread; /* 0: not yet drawn */
	unsigned forks; /* when it was drawn */
} found = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* The MAC address of the first interface that has an IPv4 address and is no loopback. */
static bool find_node(uint64_t *node)
{
	struct ifreq interfaces[INTERFACES_MAX];
	struct ifconf list = {.ifc_len = sizeof interfaces, .ifc_req = interfaces};
	static const unsigned char none[6];
	bool is_found = false;

	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return false;
	if (ioctl(descriptor, SIOCGIFCONF, &list) != 0)
		list.ifc_len = 0;
	for (int i = 0; i < list.ifc_len / (int)sizeof *interfaces && !is_found; i++) {
		const unsigned char *address = (const unsigned char *)interfaces[i].ifr_hwaddr.sa_data;
		if (ioctl(descriptor, SIOCGIFHWADDR, &interfaces[i]) != 0 ||
			memcmp(address, none, sizeof none) == 0)
			continue;
		*node = 0;
		for (size_t byte = 0; byte < sizeof none; byte++)
			*node = *node << 8 | address[byte];
		is_found = true;
	}
	close(descriptor);
	return is_found;
}

static uint64_t draw(void)
{
	uint64_t bits = 0;
	ssize_t got;
	do {
		got = getrandom(&bits, sizeof bits, 0);
	} while (got < 0 && errno == EINTR);
	return bits;
}

static void find_name(char *name, size_t size)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_CANONNAME}, *answers;

	if (gethostname(name, size) != 0)
		name[0] = '\0';
	name[size - 1] = '\0';
	if (getaddrinfo(name, NULL, &hints, &answers) != 0)
		return;
	for (const struct addrinfo *answer = answers; answer != NULL; answer = answer->ai_next) {
		if (answer->ai_canonname == NULL || answer->ai_canonname[0] == '\0')
			continue;
		snprintf(name, size, "%s", answer->ai_canonname);
		break;
	}
	freeaddrinfo(answers);
}

static void find_host(void)
{
	char name[SL_BORG_HOST_MAX - 20];
	uint64_t node;

	found.certain = find_node(&node);
	if (!found.certain)
		node = (draw() & 0xffffffffffff) | NODE_IS_RANDOM;
	find_name(name, sizeof name);
	snprintf(found.host, sizeof found.host, "%s@%" PRIu64, name, node);
	found.known = true;
}

static bool is_host(const char *host)
{
	size_t length = strlen(host);
	json_t *text = json_string(host); /* NULL: no UTF-8 */
	bool fits = text != NULL;
	json_decref(text);
	return fits && length > 0 && length <= SL_BORG_HOST_MAX && strchr(host, '/') == NULL;
}

bool sl_borg_self(const char *host_id, struct sl_borg_self *self)
{
	*self = (struct sl_borg_self){.id.pid = getpid(), .sees_all = sl_process_sees_all()};
	if (host_id == NULL) {
		const char *set = getenv("BORG_HOST_ID");
		host_id = set != NULL && set[0] != '\0' ? set : NULL;
	}
	self->given = self->certain = host_id != NULL;
	if (host_id != NULL && !is_host(host_id))
		return false;

	pthread_mutex_lock(&found.mutex);
	if (host_id == NULL) {
		if (!found.known)
			find_host();
		host_id = found.host;
		self->certain = found.certain;
	}
	snprintf(self->id.host, sizeof self->id.host, "%s", host_id);
	/* In a container borg must never look for our pid: there is another process of that number. */
	if (!self->sees_all) {
		if (found.thread == 0 || found.forks != sl_process_forks())
			found.thread = (int64_t)(draw() >> 33) + 1;
		found.forks = sl_process_forks();
		self->id.thread = found.thread;
	}
	pthread_mutex_unlock(&found.mutex);
	return true;
}

bool sl_borg_id_equal(const struct sl_borg_id *a, const struct sl_borg_id *b)
{
	return a->pid == b->pid && a->thread == b->thread && strcmp(a->host, b->host) == 0;
}

void sl_borg_id_write(char name[SL_BORG_NAME_MAX + 1], const struct sl_borg_id *id)
{
	snprintf(name, SL_BORG_NAME_MAX + 1, "%s.%" PRId64 "-%" PRIx64, id->host, id->pid, id->thread);
}

bool sl_borg_id_read(struct sl_borg_id *id, const char *name)
{
	char again[SL_BORG_NAME_MAX + 1];
	const char *dash = strrchr(name, '-'), *dot;

	if (dash == NULL)
		return false;
	for (dot = dash; dot > name && *dot != '.'; dot--)
		continue;
	if (dot == name || dot - name > SL_BORG_HOST_MAX)
		return false;
	memset(id, 0, sizeof *id);
	memcpy(id->host, name, (size_t)(dot - name));
	id->pid = strtoll(dot + 1, NULL, 10);
	id->thread = strtoll(dash + 1, NULL, 16);
	/* What is written otherwise than borg would is not its own. */
	sl_borg_id_write(again, id);
	return id->pid > 0 && id->thread >= 0 && strcmp(again, name) == 0;
}

enum sl_life sl_borg_life(const struct sl_borg_id *id, const struct sl_borg_self *self)
{
	if (sl_borg_id_equal(id, &self->id))
		return SL_ALIVE;
	if (!self->certain || !self->sees_all || id->thread != 0 || id->pid <= 0 || id->pid > INT_MAX ||
		strcmp(id->host, self->id.host) != 0)
		return SL_LIFE_UNKNOWN;
	return sl_process_is_gone((pid_t)id->pid) ? SL_DEAD : SL_ALIVE;
}
