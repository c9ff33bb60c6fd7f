#include "fixture.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The bytes as the core sees them: at the end of a block, so that reading too far is noticed. */
static void make_visible(char *target, size_t size, const char *source, size_t length)
{
	char *exact = malloc(length > 0 ? length : 1);
	assert_non_null(exact);
	memcpy(exact, source, length);
	sl_text_visible(target, size, exact, length);
	free(exact);
}

static void assert_visible(const char *source, size_t length, const char *wanted)
{
	char target[256];
	make_visible(target, sizeof target, source, length);
	assert_string_equal(target, wanted);
}

static void assert_unharmed(const char *source)
{
	assert_visible(source, strlen(source), source);
}

/* Every byte of it is invalid by itself, so each is shown by its number. */
static void assert_each_byte_escaped(const char *source, size_t length)
{
	char wanted[256] = "";
	for (size_t i = 0; i < length; i++)
		sprintf(wanted + 4 * i, "\\x%02x", (unsigned char)source[i]);
	assert_visible(source, length, wanted);
}

static void printable_text_is_unchanged(void **state)
{
	(void)state;
	assert_unharmed("");
	assert_unharmed("ee site backup example.com --force");
	assert_unharmed("\\x1b is only text, \"quotes\" and 'ticks' too ~");
	assert_unharmed("gr\xc3\xbc\xc3\x9f dich");
	assert_unharmed("\xe2\x82\xac \xed\x95\x9c \xf0\x9f\x94\x92");
	assert_unharmed(
		"\xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
}

static void ascii_controls_and_delete_are_visible(void **state)
{
	(void)state;
	for (char byte = 0; byte < 0x20; byte++)
		assert_each_byte_escaped(&byte, 1);
	assert_each_byte_escaped("\x7f", 1);
	assert_visible("a\x1b[31mb\r\nc", 10, "a\\x1b[31mb\\x0d\\x0ac");
	assert_visible("nul\0inside", 10, "nul\\x00inside");
}

static void lone_c1_controls_are_visible(void **state)
{
	(void)state;
	for (int byte = 0x80; byte < 0xa0; byte++) {
		char source = (char)byte;
		assert_each_byte_escaped(&source, 1);
	}
	assert_visible("a\x9b"
				   "31m",
		5, "a\\x9b31m");
}

static void c1_controls_in_utf8_are_visible(void **state)
{
	(void)state;
	for (int byte = 0x80; byte < 0xa0; byte++) {
		char source[2] = {(char)0xc2, (char)byte};
		assert_each_byte_escaped(source, 2);
	}
	assert_unharmed("\xc2\xa0 no-break space is no control");
}

static void invalid_utf8_is_visible(void **state)
{
	(void)state;
	assert_each_byte_escaped("\xbf", 1);
	assert_each_byte_escaped("\xc0\x80", 2);
	assert_each_byte_escaped("\xc1\xbf", 2);
	assert_each_byte_escaped("\xf5\x80\x80\x80", 4);
	assert_each_byte_escaped("\xfe\xff", 2);
	assert_each_byte_escaped("\xc3", 1);
	assert_each_byte_escaped("\xe2\x82", 2);
	assert_each_byte_escaped("\xf0\x9f\x94", 3);
	assert_visible("\xe2\x82ok", 4, "\\xe2\\x82ok");
	assert_visible("\xc3\x1b", 2, "\\xc3\\x1b");
}

/* A sloppy decoder reads E0 82 9B as U+009B, which begins a terminal's control sequence. */
static void overlong_utf8_is_visible(void **state)
{
	(void)state;
	assert_each_byte_escaped("\xe0\x82\x9b", 3);
	assert_each_byte_escaped("\xe0\x80\x9b", 3);
	assert_each_byte_escaped("\xf0\x80\x82\x9b", 4);
}

static void surrogates_and_beyond_unicode_are_visible(void **state)
{
	(void)state;
	assert_each_byte_escaped("\xed\xa0\x80", 3);
	assert_each_byte_escaped("\xed\xbf\xbf", 3);
	assert_each_byte_escaped("\xf4\x90\x80\x80", 4);
}

static void visible_text_is_cut_between_characters(void **state)
{
	(void)state;
	static const char source[] = "a\xc3\xbc\x1b\xe2\x82\xac\xc2\x9b\xf0\x9f\x94\x92z";
	/* Where one visible character ends and the next begins. */
	static const size_t ends[] = {0, 1, 3, 7, 10, 18, 22, 23};
	char whole[64];
	make_visible(whole, sizeof whole, source, sizeof source - 1);

	for (size_t size = 1; size < sizeof whole; size++) {
		char *target = malloc(size);
		assert_non_null(target);
		make_visible(target, size, source, sizeof source - 1);
		size_t wanted = 0;
		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
			if (ends[i] < size)
				wanted = ends[i];
		assert_int_equal(strlen(target), wanted);
		assert_memory_equal(target, whole, wanted);
		free(target);
	}
}

static void visible_text_stays_as_it_is_when_made_visible_again(void **state)
{
	(void)state;
	char once[1200], twice[1200];
	for (int byte = 0; byte < 256; byte++) {
		char source[] = {'a', (char)byte, 'b', (char)0xc2, (char)byte, 'c'};
		make_visible(once, sizeof once, source, sizeof source);
		make_visible(twice, sizeof twice, once, strlen(once));
		assert_string_equal(once, twice);
	}
}

static void added_text_never_exceeds_its_buffer(void **state)
{
	(void)state;
	for (size_t size = 0; size <= 12; size++) {
		char *buffer = malloc(size > 0 ? size : 1);
		assert_non_null(buffer);
		struct sl_text text = {buffer, size, 0};
		sl_text_add(&text, "site");
		sl_text_add_number(&text, 42);
		sl_text_add(&text, "");
		sl_text_add_cut(&text, "lock", 3);
		size_t wanted = size < 9 ? size : 9;
		assert_int_equal(text.length, wanted);
		assert_memory_equal(buffer, "site42loc", wanted);
		free(buffer);
	}
}

static void added_text_is_cut_between_characters(void **state)
{
	(void)state;
	static const char source[] = "\xc3\xbcx\xe2\x82\xac\xf0\x9f\x94\x92";
	static const size_t kept[] = {0, 0, 2, 3, 3, 3, 6, 6, 6, 6, 10, 10};
	for (size_t limit = 0; limit < sizeof kept / sizeof *kept; limit++) {
		char buffer[32];
		struct sl_text text = {buffer, sizeof buffer, 0};
		sl_text_add_cut(&text, source, limit);
		assert_int_equal(text.length, kept[limit]);
		assert_memory_equal(buffer, source, kept[limit]);
	}
}

static void assert_number_added(uint64_t number, const char *wanted)
{
	char buffer[32] = "";
	struct sl_text text = {buffer, sizeof buffer, 0};
	sl_text_add_number(&text, number);
	assert_int_equal(text.length, strlen(wanted));
	assert_string_equal(buffer, wanted);
}

static void numbers_are_added_in_full_range(void **state)
{
	(void)state;
	assert_number_added(0, "0");
	assert_number_added(9, "9");
	assert_number_added(10, "10");
	assert_number_added(4211, "4211");
	assert_number_added(UINT64_MAX, "18446744073709551615");
}

static void assert_number_read(const char *text, uint64_t wanted, const char *rest)
{
	uint64_t number = 7;
	const char *cursor = text;
	assert_true(sl_text_read_number(&cursor, &number));
	assert_true(number == wanted);
	assert_string_equal(cursor, rest);
}

static void assert_no_number(const char *text)
{
	uint64_t number = 7;
	const char *cursor = text;
	assert_false(sl_text_read_number(&cursor, &number));
	assert_true(number == 7);
	assert_ptr_equal(cursor, text);
}

static void numbers_are_read_up_to_what_follows(void **state)
{
	(void)state;
	assert_number_read("0", 0, "");
	assert_number_read("42 start 7", 42, " start 7");
	assert_number_read("0512\n", 512, "\n");
	assert_number_read("00000000000000000000000001", 1, "");
	assert_number_read("18446744073709551615x", UINT64_MAX, "x");
}

static void numbers_that_are_none_or_too_large_move_nothing(void **state)
{
	(void)state;
	assert_no_number("");
	assert_no_number(" 1");
	assert_no_number("-1");
	assert_no_number("+1");
	assert_no_number("x1");
	assert_no_number("18446744073709551616");
	assert_no_number("18446744073709551620");
	assert_no_number("99999999999999999999");
	assert_no_number("184467440737095516150");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable_text_is_unchanged),
		cmocka_unit_test(ascii_controls_and_delete_are_visible),
		cmocka_unit_test(lone_c1_controls_are_visible),
		cmocka_unit_test(c1_controls_in_utf8_are_visible),
		cmocka_unit_test(invalid_utf8_is_visible),
		cmocka_unit_test(overlong_utf8_is_visible),
		cmocka_unit_test(surrogates_and_beyond_unicode_are_visible),
		cmocka_unit_test(visible_text_is_cut_between_characters),
		cmocka_unit_test(visible_text_stays_as_it_is_when_made_visible_again),
		cmocka_unit_test(added_text_never_exceeds_its_buffer),
		cmocka_unit_test(added_text_is_cut_between_characters),
		cmocka_unit_test(numbers_are_added_in_full_range),
		cmocka_unit_test(numbers_are_read_up_to_what_follows),
		cmocka_unit_test(numbers_that_are_none_or_too_large_move_nothing),
	};
	return cmocka_run_group_tests_name("core: text", tests, NULL, NULL);
}
