/* SPDX-License-Identifier: GPL-2.0 */
/* The ClientHello of TLS, RFC 8446: which server it names (RFC 6066). */
#ifndef IPOS_INSPECT_TLS_H
#define IPOS_INSPECT_TLS_H

#include "inspect/inspect.h"
#include "compat/types.h"

#define IPOS_TLS_HOST_MAX	253	/* a DNS name without its final dot */

/**
 * struct ipos_tls - a ClientHello on its way through the parser
 * @host: lower-cased, without a final dot; NUL-terminated; empty if the client
 *	names no server, or by what is no DNS name
 * @left: bytes of the message that no field has taken yet; private to the
 *	parser, as all below
 * @size: bytes of the field that are still to come
 * @value: the field, as far as it is read; of use where it is a number
 * @record: bytes of the record that are still to come
 * @header: bytes of the record's header that were read
 * @state: which field is read
 * @host_len: of @host, bytes without the NUL
 * @label: bytes of the last label of @host
 * @number: that label consists of digits
 * @named: a host's name was read
 * @bad: it is no DNS name
 *
 * @host is to be read after IPOS_INSPECT_FOUND only.
 */
struct ipos_tls {
	char	host[IPOS_TLS_HOST_MAX + 1];
	u32	left;
	u32	size;
	u32	value;
	u16	record;
	u8	header;
	u8	state;
	u8	host_len;
	u8	label;
	bool	number;
	bool	named;
	bool	bad;
};

void ipos_tls_init(struct ipos_tls *t);
enum ipos_inspect ipos_tls_feed(struct ipos_tls *t, const u8 *data, size_t len);

#endif /* IPOS_INSPECT_TLS_H */
