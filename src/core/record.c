#include "record.h"

#include "text.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * The first line has a fixed layout: state and checksum lie side by side, so that releasing is one
 * short write over both. The state counts for the checksum, so a reader never takes an old state
 * for that of a new record.
 */
#define MAGIC       "sitelock 1 "
#define MAGIC_SIZE  (sizeof MAGIC - 1)
#define STATE_SIZE  8
#define SUM_KEY     " sum "
#define SUM_OFFSET  (MAGIC_SIZE + STATE_SIZE + sizeof SUM_KEY - 1)
#define SUM_SIZE    16
#define BODY        (SUM_OFFSET + SUM_SIZE) /* from here on the checksum sees the bytes */
#define SIZE_KEY    " size "
#define SIZE_OFFSET (BODY + sizeof SIZE_KEY - 1)
#define DEAD_KEY    " dead "
#define DEAD_OFFSET (SIZE_OFFSET + NUMBER_SIZE + sizeof DEAD_KEY - 1)
#define NUMBER_SIZE 4 /* digits of both */
#define NUMBER_MAX  9999

/* How much of an abandoned owner's texts is kept: four of them and a full owner fit a record. */
#define CUT_HOST    40
#define CUT_USER    20
#define CUT_COMMAND 64
#define CUT_LABEL   40
#define CUT_END     36

static const char *const state_words[] = {
	[SL_RECORD_HELD] = "held    ",
	[SL_RECORD_RELEASED] = "released",
	[SL_RECORD_FAILED] = "failed  ",
};

/* Detects torn and foreign content, nothing more: 8 bytes a step, the same on every machine. */
static uint64_t checksum(const char *body, size_t size)
{
	uint64_t sum = 0x9E3779B97F4A7C15u, word;
	size_t i = 0;
	for (; i + sizeof word <= size; i += sizeof word) {
		memcpy(&word, body + i, sizeof word);
		sum = (sum ^ le64toh(word)) * 0xFF51AFD7ED558CCDu;
		sum ^= sum >> 32;
	}
	word = 0;
	memcpy(&word, body + i, size - i);
	return (sum ^ le64toh(word)) * 0xFF51AFD7ED558CCDu;
}

/* The state counts too, at the end: one pass over the body serves for `held` and for `released`. */
static uint64_t seal(uint64_t body_sum, enum sl_record_state state)
{
	uint64_t sum = (body_sum ^ (uint64_t)state) * 0xC4CEB9FE1A85EC53u;
	return sum ^ sum >> 32;
}

static void put_sum(char *target, uint64_t sum)
{
	static const char hex[] = "0123456789abcdef";
	for (int i = SUM_SIZE - 1; i >= 0; i--, sum >>= 4)
		target[i] = hex[sum & 15];
}

static void add_line(struct sl_text *text, const char *key, const char *value, size_t limit)
{
	if (value[0] == '\0')
		return;
	sl_text_add(text, key);
	sl_text_add_cut(text, value, limit);
	sl_text_add(text, "\n");
}

static void add_padded(struct sl_text *text, unsigned number, unsigned width)
{
	for (unsigned power = 10; width > 1; width--, power *= 10)
		if (number < power)
			sl_text_add(text, "0");
	sl_text_add_number(text, number);
}

static void add_time(struct sl_text *text, const char *key, const struct timespec *time)
{
	struct tm tm;
	if (time->tv_sec == 0 || gmtime_r(&time->tv_sec, &tm) == NULL || tm.tm_year < 0)
		return;
	sl_text_add(text, key);
	sl_text_add_number(text, (uint64_t)tm.tm_year + 1900);
	sl_text_add(text, "-");
	add_padded(text, (unsigned)tm.tm_mon + 1, 2);
	sl_text_add(text, "-");
	add_padded(text, (unsigned)tm.tm_mday, 2);
	sl_text_add(text, "T");
	add_padded(text, (unsigned)tm.tm_hour, 2);
	sl_text_add(text, ":");
	add_padded(text, (unsigned)tm.tm_min, 2);
	sl_text_add(text, ":");
	add_padded(text, (unsigned)tm.tm_sec, 2);
	sl_text_add(text, ".");
	add_padded(text, (unsigned)(time->tv_nsec / 1000), 6);
	sl_text_add(text, "Z\n");
}

static void add_process(struct sl_text *text, const char *key, const struct sl_process *process)
{
	sl_text_add(text, key);
	sl_text_add_number(text, (uint64_t)process->pid);
	if (process->start != 0) {
		sl_text_add(text, " start ");
		sl_text_add_number(text, process->start);
	}
	if (process->boot_id[0] != '\0') {
		sl_text_add(text, " boot ");
		sl_text_add(text, process->boot_id);
	}
	sl_text_add(text, " pidns ");
	sl_text_add_number(text, process->pid_namespace);
	sl_text_add(text, "\n");
}

/* Both kinds of owner share their lines; an abandoned one is cut shorter and never comes back to
 * life, so what would tell its process from another one's is left out. */
static void add_owner(struct sl_text *text, const struct sl_owner *owner)
{
	add_process(text, "pid ", &owner->process);
	add_time(text, "since ", &owner->since);
	add_time(text, "until ", &owner->until);
	add_line(text, "host ", owner->host, SL_HOST_MAX);
	add_line(text, "user ", owner->user, SL_USER_MAX);
	add_line(text, "command ", owner->command, SL_COMMAND_MAX);
	add_line(text, "label ", owner->label, SL_LABEL_MAX);
	add_line(text, "end ", owner->end, SL_END_MAX);
}

static void add_abandoned_owner(struct sl_text *text, const struct sl_owner *owner)
{
	struct sl_process process = {
		.pid = owner->process.pid, .pid_namespace = owner->process.pid_namespace};
	add_process(text, "abandoned pid ", &process);
	add_time(text, "since ", &owner->since);
	add_time(text, "until ", &owner->until);
	add_line(text, "host ", owner->host, CUT_HOST);
	add_line(text, "user ", owner->user, CUT_USER);
	add_line(text, "command ", owner->command, CUT_COMMAND);
	add_line(text, "label ", owner->label, CUT_LABEL);
	add_line(text, "end ", owner->end, CUT_END);
}

static void put_number(char *target, unsigned number)
{
	struct sl_text digits = {target, NUMBER_SIZE, 0};
	add_padded(&digits, number < NUMBER_MAX ? number : NUMBER_MAX, NUMBER_SIZE);
}

void sl_record_encode(struct sl_record_image *image, enum sl_record_state state,
	const struct sl_owner *owner, const struct sl_abandoned *abandoned, size_t size)
{
	struct sl_text text = {image->bytes, sizeof image->bytes - 1, 0};
	sl_text_add(&text, MAGIC);
	sl_text_add(&text, state_words[state]);
	sl_text_add(&text, SUM_KEY "0000000000000000" SIZE_KEY "0000" DEAD_KEY "0000\n");
	add_owner(&text, owner);
	for (unsigned i = 0; abandoned != NULL && i < abandoned->count; i++)
		add_abandoned_owner(&text, &abandoned->owners[i]);

	size_t steps = text.length / SL_RECORD_STEP + 1; /* at least one byte for the last newline */
	image->size = steps * SL_RECORD_STEP;
	if (image->size < size)
		image->size = size;
	memset(image->bytes + text.length, ' ', image->size - text.length);
	image->bytes[image->size - 1] = '\n';

	put_number(image->bytes + SIZE_OFFSET, (unsigned)image->size);
	put_number(image->bytes + DEAD_OFFSET, abandoned != NULL ? abandoned->total : 0);
	image->body_sum = checksum(image->bytes + BODY, image->size - BODY);
	put_sum(image->bytes + SUM_OFFSET, seal(image->body_sum, state));
}

void sl_record_encode_flip(struct sl_record_flip *flip, const struct sl_record_image *image)
{
	flip->size = BODY;
	memcpy(flip->bytes, image->bytes, flip->size);
	memcpy(flip->undo, image->bytes, flip->size);
	memcpy(flip->bytes + MAGIC_SIZE, state_words[SL_RECORD_RELEASED], STATE_SIZE);
	put_sum(flip->bytes + SUM_OFFSET, seal(image->body_sum, SL_RECORD_RELEASED));
}

static bool get_number(const char *source, unsigned *number)
{
	char digits[NUMBER_SIZE + 1];
	const char *cursor = digits;
	uint64_t value;

	memcpy(digits, source, NUMBER_SIZE);
	digits[NUMBER_SIZE] = '\0';
	if (!sl_text_read_number(&cursor, &value) || *cursor != '\0')
		return false;
	*number = (unsigned)value;
	return true;
}

/* The state, size and number of dead owners of a record that is whole, or SL_RECORD_NONE. */
static enum sl_record_state verify(const char *bytes, size_t length, size_t *size, unsigned *dead)
{
	char sum[SUM_SIZE];
	unsigned number;
	enum sl_record_state state = SL_RECORD_HELD;

	*size = 0;
	*dead = 0;
	if (length < SL_RECORD_STEP || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
		return SL_RECORD_NONE;
	while (memcmp(bytes + MAGIC_SIZE, state_words[state], STATE_SIZE) != 0)
		if (++state > SL_RECORD_FAILED)
			return SL_RECORD_NONE;
	if (memcmp(bytes + MAGIC_SIZE + STATE_SIZE, SUM_KEY, sizeof SUM_KEY - 1) != 0 ||
		!get_number(bytes + SIZE_OFFSET, &number) || number < SL_RECORD_STEP || number > length ||
		number > SL_RECORD_MAX)
		return SL_RECORD_NONE;
	put_sum(sum, seal(checksum(bytes + BODY, number - BODY), state));
	if (memcmp(sum, bytes + SUM_OFFSET, SUM_SIZE) != 0 || !get_number(bytes + DEAD_OFFSET, dead))
		return SL_RECORD_NONE;
	*size = number;
	return state;
}

bool sl_record_is_quiet(const char *bytes, size_t length, size_t *size)
{
	unsigned dead;
	return verify(bytes, length, size, &dead) == SL_RECORD_RELEASED && dead == 0;
}

static bool read_key(const char **cursor, const char *key)
{
	size_t length = strlen(key);
	if (strncmp(*cursor, key, length) != 0)
		return false;
	*cursor += length;
	return true;
}

static void read_time(const char *value, struct timespec *time)
{
	struct tm tm = {0};
	unsigned micros;
	if (sscanf(value, "%4d-%2d-%2dT%2d:%2d:%2d.%6uZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
			&tm.tm_hour, &tm.tm_min, &tm.tm_sec, &micros) != 7 ||
		micros > 999999)
		return;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	time->tv_sec = timegm(&tm);
	time->tv_nsec = (long)micros * 1000;
}

static void read_process(const char *cursor, struct sl_process *process)
{
	uint64_t number;

	if (!sl_text_read_number(&cursor, &number) || number > INT32_MAX)
		return;
	process->pid = (pid_t)number;
	if (read_key(&cursor, " start "))
		sl_text_read_number(&cursor, &process->start);
	if (read_key(&cursor, " boot ")) {
		size_t length = strcspn(cursor, " ");
		sl_text_visible(process->boot_id, sizeof process->boot_id, cursor, length);
		cursor += length;
	}
	if (read_key(&cursor, " pidns "))
		sl_text_read_number(&cursor, &process->pid_namespace);
}

/* One line of an owner, terminated. A line that is not known is passed over. */
static void read_line(const char *line, struct sl_owner *owner)
{
	const struct {
		const char *key;
		char *text;
		size_t size;
	} texts[] = {
		{"host ", owner->host, sizeof owner->host},
		{"user ", owner->user, sizeof owner->user},
		{"command ", owner->command, sizeof owner->command},
		{"label ", owner->label, sizeof owner->label},
		{"end ", owner->end, sizeof owner->end},
	};

	if (read_key(&line, "pid ")) {
		read_process(line, &owner->process);
	} else if (read_key(&line, "since ")) {
		read_time(line, &owner->since);
	} else if (read_key(&line, "until ")) {
		read_time(line, &owner->until);
	} else {
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
			if (read_key(&line, texts[i].key))
				sl_text_visible(texts[i].text, texts[i].size, line, strlen(line));
	}
}

static void read_body(struct sl_record *record, const char *body, size_t length)
{
	struct sl_owner *owner = &record->owner;
	struct sl_abandoned *abandoned = &record->abandoned;
	char buffer[SL_RECORD_MAX + 1];

	memcpy(buffer, body, length);
	buffer[length] = '\0';
	for (char *line = buffer, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		const char *cursor = line;
		*end = '\0';
		if (read_key(&cursor, "abandoned ")) {
			if (abandoned->count == SL_ABANDONED_MAX)
				break;
			owner = &abandoned->owners[abandoned->count++];
			read_line(cursor, owner);
		} else {
			read_line(line, owner);
		}
	}
	if (abandoned->total < abandoned->count)
		abandoned->total = abandoned->count;
}

void sl_record_decode(struct sl_record *record, const char *bytes, size_t length)
{
	memset(record, 0, sizeof *record);
	record->state = verify(bytes, length, &record->size, &record->abandoned.total);
	if (record->state != SL_RECORD_NONE) {
		read_body(record, bytes + BODY, record->size - BODY);
	} else {
		size_t line = 0;
		while (line < length && bytes[line] != '\n' && bytes[line] != '\0')
			line++;
		sl_text_visible(record->alien, sizeof record->alien, bytes, line);
	}
}

void sl_record_abandon(
	struct sl_abandoned *abandoned, const struct sl_owner *owner, struct timespec now)
{
	/* Full: the first stays, the second oldest goes. The first is where it began to go wrong. */
	if (abandoned->count == SL_ABANDONED_MAX) {
		memmove(&abandoned->owners[1], &abandoned->owners[2],
			(SL_ABANDONED_MAX - 2) * sizeof abandoned->owners[0]);
		abandoned->count--;
	}
	struct sl_owner *dead = &abandoned->owners[abandoned->count++];
	*dead = *owner;
	if (dead->end[0] == '\0')
		memcpy(dead->end, SL_END_KILLED, sizeof SL_END_KILLED);
	if (dead->until.tv_sec == 0)
		dead->until = now;
	if (abandoned->total < NUMBER_MAX)
		abandoned->total++;
}

enum sl_result sl_record_read(int fd, struct sl_record_bytes *record, struct sl_failure *failure)
{
	ssize_t got;
	do {
		got = pread(fd, record->bytes, sizeof record->bytes, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return sl_failed(failure, SL_SYSTEM, "pread");
	record->length = (size_t)got;
	return SL_OK;
}

/* Returns how many bytes were written; fewer than `size` with errno. */
static size_t write_bytes(int fd, const char *bytes, size_t size)
{
	size_t done = 0;
	/* More than one round only where a signal or a full disk cut the first one short. */
	while (done < size) {
		ssize_t put = pwrite(fd, bytes + done, size - done, (off_t)done);
		if (put > 0) {
			done += (size_t)put;
		} else if (put == 0) {
			errno = ENOSPC;
			break;
		} else if (errno != EINTR) {
			break;
		}
	}
	return done;
}

enum sl_result sl_record_write(int fd, const char *bytes, size_t size,
	const struct sl_record_bytes *previous, struct sl_failure *failure)
{
	size_t done = write_bytes(fd, bytes, size);
	if (done == size)
		return SL_OK;
	enum sl_result result = sl_failed(failure, SL_SYSTEM, "pwrite");
	/* What could be overwritten once can be overwritten again. */
	if (done > 0 && previous != NULL)
		write_bytes(fd, previous->bytes, done < previous->length ? done : previous->length);
	return result;
}
