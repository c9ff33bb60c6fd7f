#include "fixture.h"

#include "record.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The layout that the file format fixes: offsets into the first line. */
#define SUM_KEY_OFFSET 19
#define SUM_OFFSET     24
#define BODY_OFFSET    40

/* What Linux can count to: PID_MAX_LIMIT, and 300 years of clock ticks. */
#define LARGEST_PID   4194304
#define LARGEST_START 999999999999u

/* What the record counts to. */
#define LARGEST_COUNT 9999

static const enum sl_record_state written_states[] = {
	SL_RECORD_HELD, SL_RECORD_RELEASED, SL_RECORD_FAILED};

static const struct sl_owner nobody;

static void fill(char *text, size_t size, char letter)
{
	memset(text, letter, size - 1);
	text[size - 1] = '\0';
}

/* An owner all of whose texts are as long as they can be. */
static struct sl_owner long_owner(char letter)
{
	struct sl_owner owner = {
		.process = {.pid = LARGEST_PID, .start = LARGEST_START, .pid_namespace = UINT32_MAX},
		.since = {1795263401, 250317000},
		.until = {1795263402, 999999000},
	};
	fill(owner.process.boot_id, sizeof owner.process.boot_id, letter);
	fill(owner.host, sizeof owner.host, letter);
	fill(owner.user, sizeof owner.user, letter);
	fill(owner.command, sizeof owner.command, letter);
	fill(owner.label, sizeof owner.label, letter);
	fill(owner.end, sizeof owner.end, letter);
	return owner;
}

static struct sl_owner usual_owner(void)
{
	return (struct sl_owner){
		.process = {.pid = 4211,
			.start = 8812345,
			.pid_namespace = 4026531836,
			.boot_id = "1c0b5e0e-7a2f-4f0e-9d56-0a4f6a1d2c3b"},
		.since = {1795263401, 250317000},
		.host = "web1",
		.user = "root",
		.command = "ee site backup example.com",
		.label = "backup",
	};
}

static struct sl_owner dead_owner(pid_t pid)
{
	struct sl_owner owner = usual_owner();
	owner.process.pid = pid;
	owner.until = (struct timespec){1795263500, 1000};
	memcpy(owner.end, SL_END_KILLED, sizeof SL_END_KILLED);
	return owner;
}

static void assert_time_equal(const struct timespec *found, const struct timespec *wanted)
{
	assert_int_equal(found->tv_sec, wanted->tv_sec);
	assert_int_equal(found->tv_nsec, wanted->tv_nsec);
}

static void assert_texts_equal(const struct sl_owner *found, const struct sl_owner *wanted)
{
	assert_time_equal(&found->since, &wanted->since);
	assert_time_equal(&found->until, &wanted->until);
	assert_string_equal(found->host, wanted->host);
	assert_string_equal(found->user, wanted->user);
	assert_string_equal(found->command, wanted->command);
	assert_string_equal(found->label, wanted->label);
	assert_string_equal(found->end, wanted->end);
}

static void assert_owner_equal(const struct sl_owner *found, const struct sl_owner *wanted)
{
	assert_int_equal(found->process.pid, wanted->process.pid);
	assert_true(found->process.start == wanted->process.start);
	assert_true(found->process.pid_namespace == wanted->process.pid_namespace);
	assert_string_equal(found->process.boot_id, wanted->process.boot_id);
	assert_texts_equal(found, wanted);
}

/* Decodes from a block of exactly this length, so that reading too far is noticed. */
static struct sl_record decode(const char *bytes, size_t length)
{
	struct sl_record record;
	char *exact = malloc(length > 0 ? length : 1);
	assert_non_null(exact);
	memcpy(exact, bytes, length);
	sl_record_decode(&record, exact, length);

	size_t size;
	bool quiet = sl_record_is_quiet(exact, length, &size);
	assert_int_equal(size, record.size);
	assert_true(!quiet || record.state == SL_RECORD_RELEASED);
	free(exact);
	return record;
}

static struct sl_record decode_image(const struct sl_record_image *image)
{
	return decode(image->bytes, image->size);
}

static void assert_owner_survives(const struct sl_owner *owner)
{
	struct sl_record_image image;
	for (size_t i = 0; i < sizeof written_states / sizeof *written_states; i++) {
		sl_record_encode(&image, written_states[i], owner, NULL, 0);
		struct sl_record record = decode_image(&image);
		assert_int_equal(record.state, written_states[i]);
		assert_int_equal(record.size, image.size);
		assert_owner_equal(&record.owner, owner);
		assert_int_equal(record.abandoned.total, 0);
		assert_int_equal(record.abandoned.count, 0);
		assert_string_equal(record.alien, "");
	}
}

/* The checksum of the format, written down a second time: old records must stay readable. */
static void repair_checksum(char *bytes, size_t size)
{
	static const char states[] = "?hrf";
	char digits[17];
	uint64_t sum = 0x9E3779B97F4A7C15u;
	for (size_t i = BODY_OFFSET; i <= size; i += 8) {
		uint64_t word = 0;
		memcpy(&word, bytes + i, size - i < 8 ? size - i : 8);
		sum = (sum ^ le64toh(word)) * 0xFF51AFD7ED558CCDu;
		if (size - i >= 8)
			sum ^= sum >> 32;
	}
	sum = (sum ^ (uint64_t)(strchr(states, bytes[11]) - states)) * 0xC4CEB9FE1A85EC53u;
	sum ^= sum >> 32;
	sprintf(digits, "%016llx", (unsigned long long)sum);
	memcpy(bytes + SUM_OFFSET, digits, 16);
}

/* A whole record around these lines, as anybody could write it who may write the file. */
static void forge(char *bytes, size_t size, const char *lines)
{
	char line[64];
	sprintf(line, "sitelock 1 held     sum 0000000000000000 size %04zu dead 0000\n", size);
	memset(bytes, ' ', size);
	memcpy(bytes, line, strlen(line));
	memcpy(bytes + strlen(line), lines, strlen(lines));
	bytes[size - 1] = '\n';
	repair_checksum(bytes, size);
}

/* --- Encoding and decoding --- */

static void record_is_text_that_a_person_can_read(void **state)
{
	(void)state;
	struct sl_record_image image;
	struct sl_owner owner = usual_owner();
	struct sl_abandoned abandoned = {1, 1, {dead_owner(3990)}};
	static const char wanted[] = "sitelock 1 held     sum 521f33a8253cb8f8 size 0512 dead 0001\n"
								 "pid 4211 start 8812345 boot 1c0b5e0e-7a2f-4f0e-9d56-0a4f6a1d2c3b "
								 "pidns 4026531836\n"
								 "since 2026-11-21T12:16:41.250317Z\n"
								 "host web1\n"
								 "user root\n"
								 "command ee site backup example.com\n"
								 "label backup\n"
								 "abandoned pid 3990 pidns 4026531836\n"
								 "since 2026-11-21T12:16:41.250317Z\n"
								 "until 2026-11-21T12:18:20.000001Z\n"
								 "host web1\n"
								 "user root\n"
								 "command ee site backup example.com\n"
								 "label backup\n"
								 "end killed or crashed\n";

	sl_record_encode(&image, SL_RECORD_HELD, &owner, &abandoned, 0);
	assert_int_equal(image.size, SL_RECORD_STEP);
	assert_memory_equal(image.bytes, wanted, sizeof wanted - 1);
	for (size_t i = sizeof wanted - 1; i < image.size - 1; i++)
		assert_int_equal(image.bytes[i], ' ');
	assert_int_equal(image.bytes[image.size - 1], '\n');
}

static void checksum_is_the_one_that_the_format_fixes(void **state)
{
	(void)state;
	struct sl_record_image image, again;
	struct sl_owner owner = usual_owner();
	for (size_t i = 0; i < sizeof written_states / sizeof *written_states; i++) {
		sl_record_encode(&image, written_states[i], &owner, NULL, 0);
		again = image;
		memset(again.bytes + SUM_OFFSET, 'x', 16);
		repair_checksum(again.bytes, again.size);
		assert_memory_equal(again.bytes, image.bytes, image.size);
	}
}

static void each_field_survives_alone(void **state)
{
	(void)state;
	const struct sl_owner full = long_owner('x');
	struct sl_owner owner = nobody;
	assert_owner_survives(&owner);

	owner.process.pid = full.process.pid;
	assert_owner_survives(&owner);
	owner = nobody;
	owner.process.start = UINT64_MAX;
	assert_owner_survives(&owner);
	owner = nobody;
	owner.process.pid_namespace = UINT64_MAX;
	assert_owner_survives(&owner);
	owner = nobody;
	memcpy(owner.process.boot_id, full.process.boot_id, sizeof owner.process.boot_id);
	assert_owner_survives(&owner);
	owner = nobody;
	owner.since = (struct timespec){1, 0};
	assert_owner_survives(&owner);
	owner = nobody;
	owner.until = (struct timespec){253402300799, 999999000};
	assert_owner_survives(&owner);
	owner = nobody;
	memcpy(owner.host, full.host, sizeof owner.host);
	assert_owner_survives(&owner);
	owner = nobody;
	memcpy(owner.user, full.user, sizeof owner.user);
	assert_owner_survives(&owner);
	owner = nobody;
	memcpy(owner.command, full.command, sizeof owner.command);
	assert_owner_survives(&owner);
	owner = nobody;
	memcpy(owner.label, full.label, sizeof owner.label);
	assert_owner_survives(&owner);
	owner = nobody;
	memcpy(owner.end, full.end, sizeof owner.end);
	assert_owner_survives(&owner);
}

static void all_fields_survive_together(void **state)
{
	(void)state;
	struct sl_owner owner = usual_owner();
	assert_owner_survives(&owner);
	owner = long_owner('w');
	assert_owner_survives(&owner);
	strcpy(owner.label, "abandoned dead 7 pid 8 end \\x0a blank at the end ");
	strcpy(owner.command, " two  blanks, gr\xc3\xbc\xc3\x9f dich");
	assert_owner_survives(&owner);
}

static void time_is_kept_to_the_microsecond(void **state)
{
	(void)state;
	struct sl_record_image image;
	struct sl_owner owner = usual_owner();
	owner.since.tv_nsec = 7999;
	sl_record_encode(&image, SL_RECORD_HELD, &owner, NULL, 0);
	struct sl_record record = decode_image(&image);
	assert_time_equal(&record.owner.since, &(struct timespec){owner.since.tv_sec, 7000});
}

static void abandoned_owners_survive(void **state)
{
	(void)state;
	struct sl_record_image image;
	struct sl_owner owner = usual_owner();
	struct sl_abandoned abandoned = {5678, 4, {dead_owner(1), dead_owner(2), dead_owner(3)}};
	abandoned.owners[3] = dead_owner(LARGEST_PID);
	strcpy(abandoned.owners[3].command, "another command");

	sl_record_encode(&image, SL_RECORD_RELEASED, &owner, &abandoned, 0);
	struct sl_record record = decode_image(&image);
	assert_owner_equal(&record.owner, &owner);
	assert_int_equal(record.abandoned.total, 5678);
	assert_int_equal(record.abandoned.count, 4);
	for (unsigned i = 0; i < 4; i++) {
		const struct sl_owner *found = &record.abandoned.owners[i];
		assert_int_equal(found->process.pid, abandoned.owners[i].process.pid);
		assert_true(found->process.pid_namespace == abandoned.owners[i].process.pid_namespace);
		/* What would tell the process from another one is left out: it is dead for good. */
		assert_true(found->process.start == 0);
		assert_string_equal(found->process.boot_id, "");
		assert_texts_equal(found, &abandoned.owners[i]);
	}
}

static struct sl_abandoned four_long_ones(void)
{
	struct sl_abandoned abandoned = {.total = UINT32_MAX, .count = SL_ABANDONED_MAX};
	for (unsigned i = 0; i < SL_ABANDONED_MAX; i++)
		abandoned.owners[i] = long_owner((char)('a' + i));
	return abandoned;
}

static void largest_record_fits_with_four_largest_abandoned_owners(void **state)
{
	(void)state;
	struct sl_record_image image;
	const struct sl_owner owner = long_owner('o');
	const struct sl_abandoned abandoned = four_long_ones();

	sl_record_encode(&image, SL_RECORD_FAILED, &owner, &abandoned, 0);
	assert_true(image.size <= SL_RECORD_MAX);
	struct sl_record record = decode_image(&image);
	assert_int_equal(record.state, SL_RECORD_FAILED);
	assert_owner_equal(&record.owner, &owner);
	assert_int_equal(record.abandoned.total, LARGEST_COUNT);
	assert_int_equal(record.abandoned.count, SL_ABANDONED_MAX);

	/* The last one is as whole as it is when there is room enough. */
	for (unsigned i = 0; i < SL_ABANDONED_MAX; i++) {
		const struct sl_abandoned alone = {1, 1, {abandoned.owners[i]}};
		sl_record_encode(&image, SL_RECORD_HELD, &nobody, &alone, 0);
		struct sl_record roomy = decode_image(&image);
		assert_owner_equal(&record.abandoned.owners[i], &roomy.abandoned.owners[0]);
		assert_true(strlen(roomy.abandoned.owners[0].end) > strlen(SL_END_KILLED));
	}
}

/* Numbers that no kernel has come from a forged record; they may push the last lines out. */
static void record_with_forged_numbers_is_cut_and_still_valid(void **state)
{
	(void)state;
	struct sl_record_image image;
	struct sl_owner owner = long_owner('o');
	struct sl_abandoned abandoned = four_long_ones();
	owner.process.start = UINT64_MAX;
	owner.process.pid = INT32_MAX;
	owner.process.pid_namespace = UINT64_MAX;
	for (unsigned i = 0; i < SL_ABANDONED_MAX; i++) {
		abandoned.owners[i].process.pid = INT32_MAX;
		abandoned.owners[i].process.pid_namespace = UINT64_MAX;
	}
	sl_record_encode(&image, SL_RECORD_FAILED, &owner, &abandoned, 0);
	assert_int_equal(image.size, SL_RECORD_MAX);
	struct sl_record record = decode_image(&image);
	assert_int_equal(record.state, SL_RECORD_FAILED);
	assert_owner_equal(&record.owner, &owner);
	assert_int_equal(record.abandoned.count, SL_ABANDONED_MAX);
}

static void long_texts_of_the_dead_are_cut_between_characters(void **state)
{
	(void)state;
	struct sl_record_image image;
	struct sl_abandoned abandoned = {1, 1, {dead_owner(7)}};
	struct sl_owner *dead = &abandoned.owners[0];
	for (size_t i = 0; i + 3 < sizeof dead->command; i += 3)
		memcpy(dead->command + i, "\xe2\x82\xac", 4);

	sl_record_encode(&image, SL_RECORD_HELD, &nobody, &abandoned, 0);
	struct sl_record record = decode_image(&image);
	size_t length = strlen(record.abandoned.owners[0].command);
	assert_true(length > 0 && length < strlen(dead->command));
	assert_int_equal(length % 3, 0);
	assert_memory_equal(record.abandoned.owners[0].command, dead->command, length);
}

static void record_never_shrinks(void **state)
{
	(void)state;
	struct sl_record_image image;
	struct sl_owner owner = usual_owner();
	for (size_t size = 0; size <= SL_RECORD_MAX; size += SL_RECORD_STEP) {
		sl_record_encode(&image, SL_RECORD_HELD, &owner, NULL, size);
		assert_int_equal(image.size, size > SL_RECORD_STEP ? size : SL_RECORD_STEP);
		struct sl_record record = decode_image(&image);
		assert_int_equal(record.state, SL_RECORD_HELD);
		assert_int_equal(record.size, image.size);
		assert_owner_equal(&record.owner, &owner);
	}
}

static void record_grows_by_whole_steps(void **state)
{
	(void)state;
	struct sl_record_image image;
	struct sl_owner owner = usual_owner();
	size_t smallest = SL_RECORD_MAX, largest = 0;
	/* Lengths on both sides of a step. */
	for (size_t length = 0; length <= SL_COMMAND_MAX; length++) {
		struct sl_abandoned abandoned = {1, 1, {dead_owner(1)}};
		memset(owner.command, 'c', length);
		owner.command[length] = '\0';
		sl_record_encode(&image, SL_RECORD_HELD, &owner, &abandoned, 0);
		assert_int_equal(image.size % SL_RECORD_STEP, 0);
		struct sl_record record = decode_image(&image);
		assert_owner_equal(&record.owner, &owner);
		assert_int_equal(record.abandoned.count, 1);
		smallest = image.size < smallest ? image.size : smallest;
		largest = image.size > largest ? image.size : largest;
	}
	assert_int_equal(smallest, SL_RECORD_STEP);
	assert_int_equal(largest, 2 * SL_RECORD_STEP);
}

static void flip_makes_a_released_record_of_a_held_one(void **state)
{
	(void)state;
	struct sl_record_image image, wanted;
	struct sl_record_flip flip;
	const struct sl_owner owners[] = {usual_owner(), long_owner('o')};
	const struct sl_abandoned several = four_long_ones();
	const struct sl_abandoned *abandoned[] = {NULL, &several};

	for (unsigned i = 0; i < 4; i++) {
		sl_record_encode(&image, SL_RECORD_HELD, &owners[i % 2], abandoned[i / 2], 0);
		sl_record_encode(&wanted, SL_RECORD_RELEASED, &owners[i % 2], abandoned[i / 2], 0);
		sl_record_encode_flip(&flip, &image);
		assert_true(flip.size < image.size);
		memcpy(image.bytes, flip.bytes, flip.size);
		assert_int_equal(image.size, wanted.size);
		assert_memory_equal(image.bytes, wanted.bytes, wanted.size);
		assert_int_equal(decode_image(&image).state, SL_RECORD_RELEASED);
	}
}

static void only_a_released_record_without_abandoned_owners_is_quiet(void **state)
{
	(void)state;
	struct sl_record_image image;
	struct sl_owner owner = usual_owner();
	struct sl_abandoned abandoned = {1, 1, {dead_owner(3990)}};
	size_t size;
	strcpy(owner.label, "abandoned pid 7");

	sl_record_encode(&image, SL_RECORD_RELEASED, &owner, NULL, 1024);
	assert_true(sl_record_is_quiet(image.bytes, image.size, &size));
	assert_int_equal(size, 1024);
	sl_record_encode(&image, SL_RECORD_HELD, &owner, NULL, 0);
	assert_false(sl_record_is_quiet(image.bytes, image.size, &size));
	assert_int_equal(size, 512);
	sl_record_encode(&image, SL_RECORD_FAILED, &owner, NULL, 0);
	assert_false(sl_record_is_quiet(image.bytes, image.size, &size));
	sl_record_encode(&image, SL_RECORD_RELEASED, &owner, &abandoned, 0);
	assert_false(sl_record_is_quiet(image.bytes, image.size, &size));
	assert_false(sl_record_is_quiet("", 0, &size));
	assert_int_equal(size, 0);
}

/* --- Content that is no record --- */

static void assert_alien(const char *bytes, size_t length, const char *wanted)
{
	struct sl_record record = decode(bytes, length);
	assert_int_equal(record.state, SL_RECORD_NONE);
	assert_int_equal(record.size, 0);
	assert_string_equal(record.alien, wanted);
	assert_owner_equal(&record.owner, &nobody);
}

static void first_line_of_alien_content_is_shown(void **state)
{
	(void)state;
	char large[4096];
	char wanted[SL_LABEL_MAX + 1];
	memset(large, 'x', sizeof large);
	fill(wanted, sizeof wanted, 'x');

	assert_alien("", 0, "");
	assert_alien("example.com (PID: 4211)", 23, "example.com (PID: 4211)");
	assert_alien("4211\nsecond line\n", 17, "4211");
	assert_alien("\x1b]0;title\x07\n", 11, "\\x1b]0;title\\x07");
	assert_alien("\0\0\0\0", 4, "");
	assert_alien(large, sizeof large, wanted);
}

static void assert_byte_changes_are_detected(size_t from, size_t to)
{
	struct sl_record_image image;
	struct sl_owner owner = usual_owner();
	for (size_t i = 0; i < sizeof written_states / sizeof *written_states; i++) {
		sl_record_encode(&image, written_states[i], &owner, NULL, 0);
		for (size_t position = from; position < to; position++) {
			for (int change = 1; change < 256; change++) {
				image.bytes[position] = (char)(image.bytes[position] ^ change);
				assert_int_equal(decode_image(&image).state, SL_RECORD_NONE);
				image.bytes[position] = (char)(image.bytes[position] ^ change);
			}
		}
	}
}

static void each_changed_byte_is_detected(void **state)
{
	(void)state;
	assert_byte_changes_are_detected(0, SUM_KEY_OFFSET);
	assert_byte_changes_are_detected(SUM_OFFSET, SL_RECORD_STEP);
}

static void each_changed_byte_of_the_word_sum_is_detected(void **state)
{
	(void)state;
	assert_byte_changes_are_detected(SUM_KEY_OFFSET, SUM_OFFSET);
}

static void each_changed_bit_of_the_largest_record_is_detected(void **state)
{
	(void)state;
	struct sl_record_image image;
	const struct sl_owner owner = long_owner('o');
	const struct sl_abandoned abandoned = four_long_ones();
	sl_record_encode(&image, SL_RECORD_HELD, &owner, &abandoned, 0);
	for (size_t position = SUM_OFFSET; position < image.size; position++) {
		for (int bit = 1; bit < 256; bit <<= 1) {
			image.bytes[position] = (char)(image.bytes[position] ^ bit);
			assert_int_equal(decode_image(&image).state, SL_RECORD_NONE);
			image.bytes[position] = (char)(image.bytes[position] ^ bit);
		}
	}
}

static void truncation_to_every_length_is_detected(void **state)
{
	(void)state;
	struct sl_record_image image;
	const struct sl_owner owner = long_owner('o');
	const struct sl_abandoned abandoned = four_long_ones();
	sl_record_encode(&image, SL_RECORD_HELD, &owner, &abandoned, 0);
	for (size_t length = 0; length < image.size; length++)
		assert_int_equal(decode(image.bytes, length).state, SL_RECORD_NONE);
	assert_int_equal(decode(image.bytes, image.size).state, SL_RECORD_HELD);
}

static void record_that_is_not_whole_counts_no_abandoned_owners(void **state)
{
	(void)state;
	struct sl_record_image image;
	const struct sl_owner owner = usual_owner();
	const struct sl_abandoned abandoned = {3, 1, {dead_owner(3990)}};
	sl_record_encode(&image, SL_RECORD_RELEASED, &owner, &abandoned, 0);
	image.bytes[100] ^= 1;
	struct sl_record record = decode_image(&image);
	assert_int_equal(record.state, SL_RECORD_NONE);
	assert_int_equal(record.abandoned.count, 0);
	assert_int_equal(record.abandoned.total, 0);
}

/* What a reader sees who comes in the middle of a write. */
static void half_of_one_record_and_half_of_another_is_detected(void **state)
{
	(void)state;
	struct sl_record_image old, new, torn;
	const struct sl_owner owners[] = {usual_owner(), long_owner('n')};
	sl_record_encode(&old, SL_RECORD_RELEASED, &owners[0], NULL, 1024);
	sl_record_encode(&new, SL_RECORD_HELD, &owners[1], NULL, 1024);
	assert_int_equal(old.size, new.size);
	for (size_t written = 0; written <= new.size; written++) {
		torn = old;
		memcpy(torn.bytes, new.bytes, written);
		struct sl_record record = decode_image(&torn);
		if (memcmp(torn.bytes, old.bytes, old.size) == 0)
			assert_int_equal(record.state, SL_RECORD_RELEASED);
		else if (memcmp(torn.bytes, new.bytes, new.size) == 0)
			assert_int_equal(record.state, SL_RECORD_HELD);
		else
			assert_int_equal(record.state, SL_RECORD_NONE);
	}
}

static bool is_visible_line(const char *text, size_t size)
{
	size_t length = strnlen(text, size);
	if (length == size)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

static bool is_sound(const struct sl_owner *owner)
{
	return is_visible_line(owner->process.boot_id, sizeof owner->process.boot_id) &&
		   is_visible_line(owner->host, sizeof owner->host) &&
		   is_visible_line(owner->user, sizeof owner->user) &&
		   is_visible_line(owner->command, sizeof owner->command) &&
		   is_visible_line(owner->label, sizeof owner->label) &&
		   is_visible_line(owner->end, sizeof owner->end) && owner->process.pid >= 0;
}

static void assert_sound(const struct sl_record *record)
{
	assert_true(is_visible_line(record->alien, sizeof record->alien));
	assert_true(is_sound(&record->owner));
	assert_true(record->abandoned.count <= SL_ABANDONED_MAX);
	assert_true(record->abandoned.total >= record->abandoned.count);
	for (unsigned i = 0; i < record->abandoned.count; i++)
		assert_true(is_sound(&record->abandoned.owners[i]));
}

/* xorshift: the same numbers at every run. */
static uint32_t random_number(void)
{
	static uint32_t number = 2463534242u;
	number ^= number << 13;
	number ^= number >> 17;
	number ^= number << 5;
	return number;
}

static void random_bytes(char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)random_number();
}

static void random_bytes_are_no_record(void **state)
{
	(void)state;
	char bytes[SL_RECORD_MAX];
	for (int round = 0; round < 300000; round++) {
		/* Short ones are the more interesting, and quicker. */
		size_t length = random_number() % (round % 8 == 0 ? sizeof bytes + 1 : 64);
		random_bytes(bytes, length);
		if (round % 2 == 0 && length > 19)
			memcpy(bytes, "sitelock 1 released", 19);
		struct sl_record record = decode(bytes, length);
		assert_int_equal(record.state, SL_RECORD_NONE);
		assert_sound(&record);
	}
}

/* Nobody is kept from computing a checksum: what follows it must be safe whatever it is. */
static void random_lines_under_a_right_checksum_do_no_harm(void **state)
{
	(void)state;
	static const char *const pieces[] = {"pid ", "abandoned pid ", "abandoned ", "since ", "until ",
		"host ", "user ", "command ", "label ", "end ", " start ", " boot ", " pidns ", "\n", "\n",
		"\n", "2026-11-21T12:16:41.250317Z", "18446744073709551616", "4294967296", "2147483648",
		"0", "-1", "7", "\x1b[2J", "\x9b", "\xc2\x9b", "gr\xc3\xbc\xc3\x9f"};
	char bytes[SL_RECORD_MAX], lines[SL_RECORD_MAX - 64];

	for (int round = 0; round < 100000; round++) {
		size_t size = SL_RECORD_STEP * (1 + random_number() % 4), used = 0;
		while (used < size - 128) {
			if (random_number() % 8 == 0) {
				lines[used++] = (char)(1 + random_number() % 255);
				continue;
			}
			const char *piece = pieces[random_number() % (sizeof pieces / sizeof *pieces)];
			memcpy(lines + used, piece, strlen(piece));
			used += strlen(piece);
		}
		lines[used] = '\0';
		forge(bytes, size, lines);
		struct sl_record record = decode(bytes, size);
		assert_int_equal(record.state, SL_RECORD_HELD);
		assert_sound(&record);

		/* And so must be what the next owner makes of it. */
		struct sl_record_image image;
		sl_record_abandon(&record.abandoned, &record.owner, (struct timespec){1, 0});
		sl_record_encode(&image, SL_RECORD_HELD, &record.owner, &record.abandoned, record.size);
		assert_int_equal(decode_image(&image).state, SL_RECORD_HELD);
	}
}

static void forged_time_is_a_time_or_unknown(void **state)
{
	(void)state;
	static const char *const times[] = {"since 2026-11-21T12:16:41.-1Z\n",
		"since 2026-11-21T12:16:41.-99999Z\n", "since 2026-11-21T12:16:41.+1Z\n",
		"since 9999-99-99T99:99:99.999999Z\n", "since 2026-11-21\n", "since \n"};
	char bytes[SL_RECORD_STEP];
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		forge(bytes, sizeof bytes, times[i]);
		struct sl_record record = decode(bytes, sizeof bytes);
		assert_int_equal(record.state, SL_RECORD_HELD);
		assert_in_range(record.owner.since.tv_nsec, 0, 999999999);
	}
}

static void more_abandoned_owners_than_fit_are_left_out(void **state)
{
	(void)state;
	char bytes[SL_RECORD_STEP];
	forge(bytes, sizeof bytes,
		"abandoned pid 1\nabandoned pid 2\nabandoned pid 3\nabandoned pid 4\nabandoned pid 5\n"
		"label of the fifth\n");
	struct sl_record record = decode(bytes, sizeof bytes);
	assert_int_equal(record.abandoned.count, SL_ABANDONED_MAX);
	assert_int_equal(record.abandoned.total, SL_ABANDONED_MAX);
	assert_int_equal(record.abandoned.owners[3].process.pid, 4);
	assert_string_equal(record.abandoned.owners[3].label, "");
}

static void decode_record_beyond_maximum(void *data)
{
	(void)data;
	char bytes[2 * SL_RECORD_MAX];
	struct sl_record record;
	/* The report of the sanitizer would be longer than all else that is printed here. */
	expect(freopen("/dev/null", "w", stderr) != NULL);
	forge(bytes, sizeof bytes, "label far too long\n");
	sl_record_decode(&record, bytes, sizeof bytes);
	expect(record.size <= SL_RECORD_MAX);
}

static void record_that_claims_more_than_the_maximum_does_no_harm(void **state)
{
	(void)state;
	in_child(decode_record_beyond_maximum, NULL);
}

/* --- Abandoned owners --- */

static void abandoning_keeps_the_first_and_the_latest_and_counts_all(void **state)
{
	(void)state;
	struct sl_abandoned abandoned = {0};
	for (pid_t pid = 1; pid <= 10; pid++) {
		struct sl_owner owner = usual_owner();
		owner.process.pid = pid;
		sl_record_abandon(&abandoned, &owner, (struct timespec){pid, 0});
		assert_int_equal(abandoned.total, pid);
		assert_int_equal(abandoned.count, pid < SL_ABANDONED_MAX ? pid : SL_ABANDONED_MAX);
	}
	static const pid_t kept[] = {1, 8, 9, 10};
	for (unsigned i = 0; i < SL_ABANDONED_MAX; i++) {
		assert_int_equal(abandoned.owners[i].process.pid, kept[i]);
		assert_int_equal(abandoned.owners[i].until.tv_sec, kept[i]);
	}
}

static void abandoning_says_killed_unless_the_owner_said_why(void **state)
{
	(void)state;
	struct sl_abandoned abandoned = {0};
	struct sl_owner killed = usual_owner(), failed = usual_owner();
	const struct timespec now = {1795263999, 5000}, before = {1795263500, 1000};
	strcpy(failed.end, "fatal error");
	failed.until = before;

	sl_record_abandon(&abandoned, &killed, now);
	sl_record_abandon(&abandoned, &failed, now);
	assert_string_equal(abandoned.owners[0].end, SL_END_KILLED);
	assert_time_equal(&abandoned.owners[0].until, &now);
	assert_string_equal(abandoned.owners[1].end, "fatal error");
	assert_time_equal(&abandoned.owners[1].until, &before);
}

static void count_of_the_abandoned_does_not_wrap(void **state)
{
	(void)state;
	struct sl_record_image image;
	struct sl_abandoned abandoned = {.total = UINT32_MAX};
	struct sl_owner owner = usual_owner();
	sl_record_abandon(&abandoned, &owner, (struct timespec){1, 0});
	assert_true(abandoned.total == UINT32_MAX);
	for (unsigned total = LARGEST_COUNT; total < LARGEST_COUNT + 3; total++) {
		abandoned.total = total;
		sl_record_encode(&image, SL_RECORD_HELD, &owner, &abandoned, 0);
		assert_int_equal(decode_image(&image).abandoned.total, LARGEST_COUNT);
	}
}

/* --- Reading and writing --- */

static int open_file(void)
{
	int fd = open(path_of("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	return fd;
}

static enum sl_result write_text(int fd, const char *text, struct sl_failure *failure)
{
	return sl_record_write(fd, text, strlen(text), NULL, failure);
}

static void assert_text_in(int fd, const char *text)
{
	char found[64] = "";
	stop_watching();
	assert_true(pread(fd, found, sizeof found - 1, 0) >= 0);
	assert_string_equal(found, text);
}

static void short_writes_are_continued(void **state)
{
	(void)state;
	struct sl_failure failure;
	int fd = open_file();
	shorten_write(1, 1);
	shorten_write(2, 7);
	shorten_write(4, 2);
	refuse_call(CALL_PWRITE, 3, EINTR);
	assert_int_equal(write_text(fd, "all of this text", &failure), SL_OK);
	assert_int_equal(call_count(CALL_PWRITE), 5);
	assert_text_in(fd, "all of this text");
	close(fd);
}

static void whole_record_is_one_write(void **state)
{
	(void)state;
	struct sl_failure failure;
	struct sl_record_image image;
	const struct sl_owner owner = long_owner('o');
	const struct sl_abandoned abandoned = four_long_ones();
	const struct sl_record_bytes previous = {"old", 3};
	int fd = open_file();
	sl_record_encode(&image, SL_RECORD_HELD, &owner, &abandoned, 0);
	watch_calls();
	assert_int_equal(sl_record_write(fd, image.bytes, image.size, &previous, &failure), SL_OK);
	assert_int_equal(call_count(CALL_PWRITE), 1);
	close(fd);
}

static void assert_write_fails(int fd, int number)
{
	struct sl_failure failure = {0};
	assert_int_equal(write_text(fd, "all of this text", &failure), SL_SYSTEM);
	assert_string_equal(failure.call, "pwrite");
	assert_int_equal(failure.number, number);
	stop_watching();
}

static void write_that_fails_tells_the_error(void **state)
{
	(void)state;
	int fd = open_file();
	refuse_call(CALL_PWRITE, 1, ENOSPC);
	assert_write_fails(fd, ENOSPC);
	shorten_write(1, 4);
	refuse_call(CALL_PWRITE, 2, EIO);
	assert_write_fails(fd, EIO);
	close(fd);
	assert_write_fails(-1, EBADF);
}

static void write_of_nothing_is_a_full_disk_and_no_endless_loop(void **state)
{
	(void)state;
	int fd = open_file();
	shorten_write(1, 0);
	assert_write_fails(fd, ENOSPC);
	close(fd);
}

static void write_that_breaks_off_puts_back_what_it_overwrote(void **state)
{
	(void)state;
	static const char text[] = "the new text, longer than the old one";
	struct sl_failure failure;
	struct sl_record_bytes previous, now;
	int fd = open_file();
	for (size_t written = 0; written < sizeof text - 1; written++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(write_text(fd, "what was there before", &failure), SL_OK);
		assert_int_equal(sl_record_read(fd, &previous, &failure), SL_OK);
		shorten_write(1, written);
		refuse_call(CALL_PWRITE, 2, EIO);
		assert_int_equal(
			sl_record_write(fd, text, sizeof text - 1, &previous, &failure), SL_SYSTEM);
		stop_watching();
		assert_string_equal(failure.call, "pwrite");
		assert_int_equal(failure.number, written == 0 ? ENOSPC : EIO);
		assert_int_equal(sl_record_read(fd, &now, &failure), SL_OK);
		assert_true(now.length >= previous.length);
		assert_memory_equal(now.bytes, previous.bytes, previous.length);
	}
	close(fd);
}

static void write_that_breaks_off_and_cannot_be_undone_tells_the_first_error(void **state)
{
	(void)state;
	struct sl_failure failure;
	const struct sl_record_bytes previous = {"old", 3};
	int fd = open_file();
	shorten_write(1, 4);
	refuse_call(CALL_PWRITE, 2, ENOSPC);
	refuse_calls_from(CALL_PWRITE, 3, EIO);
	assert_int_equal(sl_record_write(fd, "new text", 8, &previous, &failure), SL_SYSTEM);
	assert_int_equal(failure.number, ENOSPC);
	assert_text_in(fd, "new ");
	close(fd);
}

static void record_is_read_from_the_start_wherever_the_file_stands(void **state)
{
	(void)state;
	struct sl_failure failure;
	struct sl_record_bytes record = {.length = 7};
	int fd = open_file();
	assert_int_equal(sl_record_read(fd, &record, &failure), SL_OK);
	assert_int_equal(record.length, 0);
	assert_int_equal(write(fd, "text", 4), 4);
	assert_int_equal(sl_record_read(fd, &record, &failure), SL_OK);
	assert_int_equal(record.length, 4);
	assert_memory_equal(record.bytes, "text", 4);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 4);
	assert_int_equal(ftruncate(fd, 10 * SL_RECORD_MAX), 0);
	assert_int_equal(sl_record_read(fd, &record, &failure), SL_OK);
	assert_int_equal(record.length, SL_RECORD_MAX);
	close(fd);
}

static void interrupted_read_is_repeated_and_a_failed_one_told(void **state)
{
	(void)state;
	struct sl_failure failure;
	struct sl_record_bytes record;
	int fd = open_file();
	refuse_call(CALL_PREAD, 1, EINTR);
	assert_int_equal(sl_record_read(fd, &record, &failure), SL_OK);
	assert_int_equal(call_count(CALL_PREAD), 2);
	watch_calls();
	refuse_call(CALL_PREAD, 1, EIO);
	assert_int_equal(sl_record_read(fd, &record, &failure), SL_SYSTEM);
	assert_string_equal(failure.call, "pread");
	assert_int_equal(failure.number, EIO);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_is_text_that_a_person_can_read),
		cmocka_unit_test(checksum_is_the_one_that_the_format_fixes),
		cmocka_unit_test(each_field_survives_alone),
		cmocka_unit_test(all_fields_survive_together),
		cmocka_unit_test(time_is_kept_to_the_microsecond),
		cmocka_unit_test(abandoned_owners_survive),
		cmocka_unit_test(largest_record_fits_with_four_largest_abandoned_owners),
		cmocka_unit_test(record_with_forged_numbers_is_cut_and_still_valid),
		cmocka_unit_test(long_texts_of_the_dead_are_cut_between_characters),
		cmocka_unit_test(record_never_shrinks),
		cmocka_unit_test(record_grows_by_whole_steps),
		cmocka_unit_test(flip_makes_a_released_record_of_a_held_one),
		cmocka_unit_test(only_a_released_record_without_abandoned_owners_is_quiet),
		cmocka_unit_test(first_line_of_alien_content_is_shown),
		cmocka_unit_test(each_changed_byte_is_detected),
		cmocka_unit_test(each_changed_byte_of_the_word_sum_is_detected),
		cmocka_unit_test(each_changed_bit_of_the_largest_record_is_detected),
		cmocka_unit_test(truncation_to_every_length_is_detected),
		cmocka_unit_test(record_that_is_not_whole_counts_no_abandoned_owners),
		cmocka_unit_test(half_of_one_record_and_half_of_another_is_detected),
		cmocka_unit_test(random_bytes_are_no_record),
		cmocka_unit_test(random_lines_under_a_right_checksum_do_no_harm),
		cmocka_unit_test(forged_time_is_a_time_or_unknown),
		cmocka_unit_test(more_abandoned_owners_than_fit_are_left_out),
		fixture_test(record_that_claims_more_than_the_maximum_does_no_harm),
		cmocka_unit_test(abandoning_keeps_the_first_and_the_latest_and_counts_all),
		cmocka_unit_test(abandoning_says_killed_unless_the_owner_said_why),
		cmocka_unit_test(count_of_the_abandoned_does_not_wrap),
		fixture_test(short_writes_are_continued),
		fixture_test(whole_record_is_one_write),
		fixture_test(write_that_fails_tells_the_error),
		fixture_test(write_of_nothing_is_a_full_disk_and_no_endless_loop),
		fixture_test(write_that_breaks_off_puts_back_what_it_overwrote),
		fixture_test(write_that_breaks_off_and_cannot_be_undone_tells_the_first_error),
		fixture_test(record_is_read_from_the_start_wherever_the_file_stands),
		fixture_test(interrupted_read_is_repeated_and_a_failed_one_told),
	};
	return cmocka_run_group_tests_name("core: record", tests, NULL, NULL);
}
