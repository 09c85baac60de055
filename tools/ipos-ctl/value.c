// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/ipos.h>
#include "print.h"
#include "value.h"

static bool read_number(const char *word, int base, uint64_t max,
			uint64_t *number)
{
	char *end;

	/* strtoull() would take a sign and blanks. */
	if (!isdigit((unsigned char)*word))
		return false;
	errno = 0;
	*number = strtoull(word, &end, base);
	return !errno && !*end && *number <= max;
}

static bool put_ipv4(struct nlmsghdr *nlh, const struct field *field,
		     const char *word)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, word, &addr) != 1)
		return false;
	mnl_attr_put_u32(nlh, field->attr, addr.s_addr);
	return true;
}

static void show_ipv4(const struct field *field, struct nlattr **row)
{
	const struct nlattr *attr = row[field->attr];
	char text[INET_ADDRSTRLEN];
	struct in_addr addr;

	if (!attr) {
		print_none(field->name);
		return;
	}
	addr.s_addr = mnl_attr_get_u32(attr);
	print_text(field->name,
		   inet_ntop(AF_INET, &addr, text, sizeof(text)));
}

const struct kind kind_ipv4 = {
	"ADDRESS", "an IPv4 address", put_ipv4, show_ipv4
};

static bool read_hex(const char *word, uint8_t *byte)
{
	char text[3] = { word[0], word[0] ? word[1] : '\0' };

	if (!isxdigit((unsigned char)text[0]) ||
	    !isxdigit((unsigned char)text[1]))
		return false;
	*byte = strtoul(text, NULL, 16);
	return true;
}

static bool put_mac(struct nlmsghdr *nlh, const struct field *field,
		    const char *word)
{
	uint8_t mac[6];

	for (int i = 0; i < 6; i++, word += 3)
		if (!read_hex(word, &mac[i]) || word[2] != (i < 5 ? ':' : '\0'))
			return false;
	mnl_attr_put(nlh, field->attr, sizeof(mac), mac);
	return true;
}

static void show_mac(const struct field *field, struct nlattr **row)
{
	const struct nlattr *attr = row[field->attr];
	char text[sizeof("00:00:00:00:00:00")];
	const uint8_t *mac;

	if (!attr || mnl_attr_get_payload_len(attr) != 6) {
		print_none(field->name);
		return;
	}
	mac = mnl_attr_get_payload(attr);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	print_text(field->name, text);
}

const struct kind kind_mac = { "MAC", "a MAC address", put_mac, show_mac };

static bool put_device(struct nlmsghdr *nlh, const struct field *field,
		       const char *word)
{
	unsigned int index = if_nametoindex(word);

	if (!index)
		return false;
	mnl_attr_put_u32(nlh, field->attr, index);
	return true;
}

static void show_device(const struct field *field, struct nlattr **row)
{
	const struct nlattr *attr = row[field->attr];
	char name[IF_NAMESIZE];

	if (!attr)
		print_none(field->name);
	else if (if_indextoname(mnl_attr_get_u32(attr), name))
		print_text(field->name, name);
	else	/* It is gone, or another namespace's. */
		print_number(field->name, mnl_attr_get_u32(attr));
}

const struct kind kind_device = {
	"DEVICE", "the name of a device that exists", put_device, show_device
};

static void show_text(const struct field *field, struct nlattr **row)
{
	if (row[field->attr])
		print_text(field->name, mnl_attr_get_str(row[field->attr]));
	else
		print_none(field->name);
}

const struct kind kind_text = { "NAME", "a name", NULL, show_text };

static bool put_url(struct nlmsghdr *nlh, const struct field *field,
		    const char *word)
{
	if (strlen(word) > IPOS_URL_LEN_MAX)
		return false;
	mnl_attr_put_strz(nlh, field->attr, word);
	return true;
}

const struct kind kind_url = {
	"HOST[/PATH-PREFIX]", "HOST[/PATH-PREFIX] of at most 766 bytes",
	put_url, show_text
};

static bool read_word(const struct field *field, const char *word, int *value)
{
	if (!*word)
		return false;
	for (int i = 0; field->words[i]; i++)
		if (!strcmp(field->words[i], word)) {
			*value = i;
			return true;
		}
	return false;
}

static bool put_u8_word(struct nlmsghdr *nlh, const struct field *field,
			const char *word)
{
	int value;

	if (!read_word(field, word, &value))
		return false;
	mnl_attr_put_u8(nlh, field->attr, value);
	return true;
}

static bool put_u32_word(struct nlmsghdr *nlh, const struct field *field,
			 const char *word)
{
	int value;

	if (!read_word(field, word, &value))
		return false;
	mnl_attr_put_u32(nlh, field->attr, value);
	return true;
}

static uint32_t word_number(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == 1 ? mnl_attr_get_u8(attr) :
						     mnl_attr_get_u32(attr);
}

/**
 * value_word() - the word of a kind that is words
 * @field: which
 * @row: attributes
 *
 * Return: the word; "" where there is no value, or a newer kernel's.
 */
const char *value_word(const struct field *field, struct nlattr *const *row)
{
	const struct nlattr *attr = row[field->attr];
	uint32_t i = 0;

	if (!attr)
		return "";
	while (i < word_number(attr) && field->words[i])
		i++;
	return field->words[i] ?: "";
}

/**
 * value_is_word() - whether a field can be that
 * @field: of a kind that is words
 * @word: a word
 *
 * Return: whether it is one of them.
 */
bool value_is_word(const struct field *field, const char *word)
{
	int value;

	return read_word(field, word, &value);
}

/* A newer kernel may know a value that has no word here. */
static void show_word(const struct field *field, struct nlattr **row)
{
	const struct nlattr *attr = row[field->attr];
	const char *word = value_word(field, row);

	if (!attr)
		print_none(field->name);
	else if (*word)
		print_text(field->name, word);
	else
		print_number(field->name, word_number(attr));
}

const struct kind kind_u8_word = { NULL, NULL, put_u8_word, show_word };
const struct kind kind_onoff = { NULL, NULL, put_u8_word, show_word };
const struct kind kind_u32_word = { NULL, NULL, put_u32_word, show_word };

static void show_bits(const struct field *field, struct nlattr **row)
{
	const struct nlattr *attr = row[field->attr];

	print_list(field->name, field->words,
		   attr ? mnl_attr_get_u32(attr) : 0);
}

const struct kind kind_bits = { NULL, NULL, NULL, show_bits };

static void show_yesno(const struct field *field, struct nlattr **row)
{
	const struct nlattr *attr = row[field->attr];

	if (attr)
		print_bool(field->name, mnl_attr_get_u8(attr));
	else
		print_none(field->name);
}

const struct kind kind_yesno = { NULL, NULL, put_u8_word, show_yesno };

static bool put_flag(struct nlmsghdr *nlh, const struct field *field,
		     const char *word)
{
	(void)word;
	/* 0: means something to us only. */
	if (field->attr)
		mnl_attr_put(nlh, field->attr, 0, NULL);
	return true;
}

static void show_flag(const struct field *field, struct nlattr **row)
{
	print_flag(field->name, row[field->attr]);
}

const struct kind kind_flag = { "", "", put_flag, show_flag, .flag = true };

static bool put_u32(struct nlmsghdr *nlh, const struct field *field,
		    const char *word)
{
	uint64_t number;

	if (!read_number(word, 10, UINT32_MAX, &number))
		return false;
	mnl_attr_put_u32(nlh, field->attr, number);
	return true;
}

static void show_u32(const struct field *field, struct nlattr **row)
{
	if (row[field->attr])
		print_number(field->name, mnl_attr_get_u32(row[field->attr]));
	else
		print_none(field->name);
}

const struct kind kind_u32 = {
	"NUMBER", "a number below 2^32", put_u32, show_u32
};

static bool put_u64(struct nlmsghdr *nlh, const struct field *field,
		    const char *word)
{
	uint64_t number;

	if (!read_number(word, 10, UINT64_MAX, &number))
		return false;
	mnl_attr_put_u64(nlh, field->attr, number);
	return true;
}

static void show_u64(const struct field *field, struct nlattr **row)
{
	if (row[field->attr])
		print_number(field->name, mnl_attr_get_u64(row[field->attr]));
	else
		print_none(field->name);
}

const struct kind kind_u64 = {
	"NUMBER", "a number below 2^64", put_u64, show_u64
};

static bool put_ethertype(struct nlmsghdr *nlh, const struct field *field,
			  const char *word)
{
	uint64_t number;

	if (!read_number(word, 0, UINT16_MAX, &number))
		return false;
	mnl_attr_put_u16(nlh, field->attr, number);
	return true;
}

static void show_ethertype(const struct field *field, struct nlattr **row)
{
	const struct nlattr *attr = row[field->attr];
	char text[8];

	if (!attr) {
		print_none(field->name);
		return;
	}
	snprintf(text, sizeof(text), "0x%04x", mnl_attr_get_u16(attr));
	print_text(field->name, text);
}

const struct kind kind_ethertype = {
	"TYPE", "a type such as 0x88b5", put_ethertype, show_ethertype
};

/* Text in JSON too: a number there ends at 2^53. */
static void show_id(const struct field *field, struct nlattr **row)
{
	const struct nlattr *attr = row[field->attr];
	char text[20];

	if (!attr) {
		print_none(field->name);
		return;
	}
	snprintf(text, sizeof(text), "0x%016" PRIx64, mnl_attr_get_u64(attr));
	print_text(field->name, text);
}

static bool put_id(struct nlmsghdr *nlh, const struct field *field,
		   const char *word)
{
	uint64_t number;

	if (!read_number(word, 16, UINT64_MAX, &number))
		return false;
	mnl_attr_put_u64(nlh, field->attr, number);
	return true;
}

const struct kind kind_id = {
	"ID", "an id, as 0x000105e7a2b3c4d5", put_id, show_id
};

static bool put_port(struct nlmsghdr *nlh, const struct field *field,
		     const char *word)
{
	uint64_t number;

	if (!read_number(word, 10, UINT16_MAX, &number))
		return false;
	mnl_attr_put_u16(nlh, field->attr, htons(number));
	return true;
}

static void show_port(const struct field *field, struct nlattr **row)
{
	const struct nlattr *attr = row[field->attr];

	if (attr)
		print_number(field->name, ntohs(mnl_attr_get_u16(attr)));
	else
		print_none(field->name);
}

const struct kind kind_port = { "PORT", "a port", put_port, show_port };

/* The attribute is the address, the next one the port. */
static bool put_endpoint(struct nlmsghdr *nlh, const struct field *field,
			 const char *word)
{
	const struct field port = { .attr = field->attr + 1 };
	const char *colon = strrchr(word, ':');
	char addr[INET_ADDRSTRLEN] = "";

	if (!colon || colon - word >= (int)sizeof(addr))
		return false;
	memcpy(addr, word, colon - word);
	return put_ipv4(nlh, field, addr) && put_port(nlh, &port, colon + 1);
}

static void show_endpoint(const struct field *field, struct nlattr **row)
{
	const struct nlattr *port = row[field->attr + 1];
	const struct nlattr *ip = row[field->attr];
	char addr[INET_ADDRSTRLEN], text[INET_ADDRSTRLEN + 6];
	struct in_addr in;

	if (!ip || !port) {
		print_none(field->name);
		return;
	}
	in.s_addr = mnl_attr_get_u32(ip);
	inet_ntop(AF_INET, &in, addr, sizeof(addr));
	snprintf(text, sizeof(text), "%s:%u", addr,
		 ntohs(mnl_attr_get_u16(port)));
	print_text(field->name, text);
}

const struct kind kind_endpoint = {
	"ADDRESS:PORT", "ADDRESS:PORT, as 192.0.2.1:80", put_endpoint,
	show_endpoint
};

static void show_seconds(const struct field *field, struct nlattr **row)
{
	if (row[field->attr])
		print_seconds(field->name,
			      mnl_attr_get_u64(row[field->attr]));
	else
		print_none(field->name);
}

const struct kind kind_seconds = { "SECONDS", "seconds", NULL, show_seconds };

static const char *const *next_word(const char *const *words)
{
	while (*words && !**words)
		words++;
	return words;
}

static const char *join_words(const char *const *words, const char *between,
			      const char *before_last)
{
	const char *const *next;
	static char text[256];
	const char *gap = "";
	size_t len = 0;

	text[0] = '\0';
	for (words = next_word(words); *words; words = next) {
		len += snprintf(text + len, sizeof(text) - len, "%s%s",
				gap, *words);
		next = next_word(words + 1);
		gap = *next && *next_word(next + 1) ? between : before_last;
	}
	return text;
}

/**
 * value_words() - the words that a field may be
 * @field: which has words
 *
 * Return: a|b|c, valid until the next call.
 */
const char *value_words(const struct field *field)
{
	return join_words(field->words, "|", "|");
}

/**
 * value_meta() - what stands for a value in the help
 * @field: whose value
 *
 * Return: text that is valid until the next call.
 */
const char *value_meta(const struct field *field)
{
	return field->kind->meta ?: value_words(field);
}

/**
 * value_takes() - what a value has to be
 * @field: whose value
 *
 * Return: text that is valid until the next call.
 */
const char *value_takes(const struct field *field)
{
	return field->kind->takes ?: join_words(field->words, ", ", " or ");
}
