// SPDX-License-Identifier: GPL-2.0
/*
 * The Internet checksum, RFC 1071. The kernel's own functions would do in the
 * kernel; one plain loop for both worlds means that what the tests prove is
 * what the module runs, and it covers 176 bytes at most.
 */
#include "wire/checksum.h"

/**
 * ipos_checksum() - the Internet checksum of some bytes
 * @data: the bytes, of any alignment; may be NULL if @len is 0
 * @len: how many, odd or even
 *
 * No branch and no address depends on the bytes' values, so neither does the
 * time it takes.
 *
 * Context: any.
 * Return: the complement of the one's complement sum, in network order: what
 * goes into a checksum field that was zero in @data, and 0 if @data holds its
 * right checksum already.
 */
__sum16 ipos_checksum(const void *data, size_t len)
{
	const u8 *p = data;
	u64 sum = 0;
	u32 word;
	u16 half;

	/* RFC 1071: in whatever byte order, the sum stands in the same one. */
	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum += word;
	}
	if (len & 2) {
		memcpy(&half, p, sizeof(half));
		sum += half;
		p += sizeof(half);
	}
	/* An odd byte counts as if a zero followed it. */
	if (len & 1) {
		half = 0;
		memcpy(&half, p, 1);
		sum += half;
	}

	/* Two folds settle 64 bits into 32, three settle those into 16. */
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);

	return (__force __sum16)(u16)~sum;
}
