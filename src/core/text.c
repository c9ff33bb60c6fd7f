#include "text.h"

#include <string.h>

/* Length of the longest prefix of `string` within `limit` bytes that splits no UTF-8 sequence. */
static size_t cut_length(const char *string, size_t length, size_t limit)
{
	if (length <= limit)
		return length;
	while (limit > 0 && ((unsigned char)string[limit] & 0xc0) == 0x80)
		limit--;
	return limit;
}

/*
 * Bytes of the well-formed UTF-8 sequence at `s`, 0 if there is none. Overlong forms, surrogates
 * and what lies beyond U+10FFFF are not well-formed: their second byte is out of range (RFC 3629).
 */
static size_t utf8_length(const unsigned char *s, size_t available)
{
	unsigned char lowest = 0x80, highest = 0xbf;
	size_t need;

	if (s[0] < 0x80)
		return 1;
	else if (s[0] >= 0xc2 && s[0] <= 0xdf)
		need = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		need = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		need = 4;
	else
		return 0;

	if (s[0] == 0xe0)
		lowest = 0xa0;
	else if (s[0] == 0xed)
		highest = 0x9f;
	else if (s[0] == 0xf0)
		lowest = 0x90;
	else if (s[0] == 0xf4)
		highest = 0x8f;
	if (need > available || s[1] < lowest || s[1] > highest)
		return 0;
	for (size_t i = 2; i < need; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return need;
}

static bool is_control(const unsigned char *s, size_t sequence)
{
	if (sequence == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	return sequence == 2 && s[0] == 0xc2 && s[1] < 0xa0;
}

void sl_text_visible(char *target, size_t size, const char *source, size_t length)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)source;
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		size_t sequence = utf8_length(s + i, length - i);
		bool escape = sequence == 0 || is_control(s + i, sequence);
		if (sequence == 0)
			sequence = 1;
		if (used + (escape ? 4 * sequence : sequence) >= size)
			break;
		for (size_t j = 0; j < sequence; j++) {
			unsigned char byte = s[i + j];
			if (escape) {
				target[used++] = '\\';
				target[used++] = 'x';
				target[used++] = hex[byte >> 4];
				target[used++] = hex[byte & 15];
			} else {
				target[used++] = (char)byte;
			}
		}
		i += sequence;
	}
	target[used] = '\0';
}

static void add_bytes(struct sl_text *text, const char *bytes, size_t length)
{
	size_t room = text->size - text->length;
	if (length > room)
		length = room;
	memcpy(text->buffer + text->length, bytes, length);
	text->length += length;
}

void sl_text_add(struct sl_text *text, const char *string)
{
	add_bytes(text, string, strlen(string));
}

void sl_text_add_cut(struct sl_text *text, const char *string, size_t limit)
{
	add_bytes(text, string, cut_length(string, strlen(string), limit));
}

void sl_text_add_number(struct sl_text *text, uint64_t number)
{
	char digits[20];
	size_t first = sizeof digits;
	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	add_bytes(text, digits + first, sizeof digits - first);
}

bool sl_text_read_number(const char **cursor, uint64_t *number)
{
	const char *c = *cursor;
	uint64_t value = 0;

	if (*c < '0' || *c > '9')
		return false;
	for (; *c >= '0' && *c <= '9'; c++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
			return false;
	}
	*cursor = c;
	*number = value;
	return true;
}
