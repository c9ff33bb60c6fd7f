/*
 * Text that ends up before a person's eyes or in a record: bounded, on one line, and with nothing
 * in it that a terminal would obey.
 */
#ifndef SL_TEXT_H
#define SL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Copies `length` bytes of `source` into `target` (`size` bytes, always terminated) and makes
 * control characters visible as \x1b: ASCII controls, DEL, and the C1 controls that some terminals
 * obey, alone or in UTF-8. What does not fit is cut off between two characters, never inside one.
 */
void sl_text_visible(char *target, size_t size, const char *source, size_t length);

/* A text being put together in a buffer. What does not fit is left out; `length` never exceeds it.
 */
struct sl_text {
	char *buffer;
	size_t size;
	size_t length;
};

void sl_text_add(struct sl_text *text, const char *string);
/* At most `limit` bytes of it, cut between two characters. */
void sl_text_add_cut(struct sl_text *text, const char *string, size_t limit);
void sl_text_add_number(struct sl_text *text, uint64_t number);

/*
 * Reads a decimal number at *cursor and moves *cursor behind it. False, and nothing moved, if there
 * is no digit or the number needs more than 64 bits.
 */
bool sl_text_read_number(const char **cursor, uint64_t *number);

#endif
