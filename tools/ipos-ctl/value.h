/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the value of an attribute is written by people, sent and shown.
 */
#ifndef IPOS_CTL_VALUE_H
#define IPOS_CTL_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <libmnl/libmnl.h>

struct kind;

/**
 * struct field - a keyword, column and attribute at once
 * @name: keyword, heading, and with underscores the JSON name
 * @kind: form of its value
 * @attr: the attribute
 * @words: of kinds that are words: by value or bit, ends with NULL; "" is none
 * @help: what it means
 * @complete: of what there is, what a value may be; completion.bash asks;
 *	NULL: nobody can know
 */
struct field {
	const char *name;
	const struct kind *kind;
	uint16_t attr;
	const char *const *words;
	const char *help;
	const char *complete;
};

/**
 * struct kind - a form of values
 * @meta: stands for the value in the help; NULL: the words do
 * @takes: completes "it takes ..." when a value is wrong; NULL: the words do
 * @put: reads a word and puts it into a request, false if it cannot be;
 *	NULL: cannot be given
 * @show: prints the field's cell of a row; NULL: cannot be shown
 * @flag: the keyword alone says it; @put is called without a word
 */
struct kind {
	const char *meta;
	const char *takes;
	bool (*put)(struct nlmsghdr *nlh, const struct field *field,
		    const char *word);
	void (*show)(const struct field *field, struct nlattr **row);
	bool flag;
};

extern const struct kind kind_ipv4, kind_mac, kind_device, kind_text, kind_url;
extern const struct kind kind_u8_word, kind_u32_word, kind_bits, kind_yesno;
extern const struct kind kind_onoff, kind_flag, kind_u32, kind_u64;
extern const struct kind kind_ethertype;
extern const struct kind kind_id, kind_port, kind_endpoint, kind_seconds;

/* The word in a row, of a kind that is words; "" where there is none. */
const char *value_word(const struct field *field, struct nlattr *const *row);
bool value_is_word(const struct field *field, const char *word);
/* All words, a|b|c. */
const char *value_words(const struct field *field);
/* What stands for the field's value in the help: METAVAR or a|b|c. */
const char *value_meta(const struct field *field);
/* What the value has to be, in words. */
const char *value_takes(const struct field *field);

#endif /* IPOS_CTL_VALUE_H */
