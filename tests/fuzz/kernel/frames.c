// SPDX-License-Identifier: GPL-2.0
/*
 * Frames that come in by two TAP devices, so that the module sees them in this
 * task. A record's kind is the device's number (its lowest bit), its body the
 * frame; by its flags checksums are left wrong, or a segment acknowledges what
 * the board's last SYN-ACK said.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "guided.h"
#include "right.h"

#define LEAVE_SUMS	0x01
#define ACKNOWLEDGE	0x02

static int taps[2];
static uint32_t acknowledged;

static void frames_open(char **devices)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };

		if (!devices[i])
			fuzz_die("two devices are needed");
		strncpy(request.ifr_name, devices[i], IFNAMSIZ - 1);
		taps[i] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (taps[i] < 0 || ioctl(taps[i], TUNSETIFF, &request))
			fuzz_die(devices[i]);
	}
}

/* The sums of an IP packet and what is in it, as far as there is one. */
static void mend_packet(uint8_t *ip, size_t len)
{
	size_t head = len ? (ip[0] & 15) * 4 : 0, body, i;
	uint32_t pseudo = 0;

	if (len < 20 || head < 20 || head > len)
		return;
	set_sum(ip + 10, ip, head, 0);
	body = get16(ip + 2) - head;
	if (get16(ip + 2) < head || body > len - head)
		return;
	for (i = 12; i < 20; i += 2)
		pseudo += get16(ip + i);
	pseudo += ip[9] + body;
	ip += head;
	if (ip[9 - head] == IPPROTO_TCP && body >= 20)
		set_sum(ip + 16, ip, body, pseudo);
	else if (ip[9 - head] == IPPROTO_UDP && body >= 8)
		set_sum(ip + 6, ip, body, pseudo);
	else if (ip[9 - head] == IPPROTO_ICMP && body >= 8)
		set_sum(ip + 2, ip, body, 0);
}

static void mend_ipos(uint8_t *frame, size_t len)
{
	if (len > IPOS_HDR_LEN && frame[12] == IPOS_TYPE_PACKET)
		mend_packet(frame + IPOS_HDR_LEN, len - IPOS_HDR_LEN);
	set_frame_sum(frame, len);
}

static void mend(struct record *record)
{
	uint8_t *frame = record->body + ETH_HLEN;
	size_t len = record->len - ETH_HLEN;
	uint16_t type = get16(record->body + 12);
	uint32_t ack = htonl(acknowledged);

	if (record->flags & ACKNOWLEDGE && type == ETH_P_IP && len >= 40)
		memcpy(frame + 28, &ack, 4);
	if (record->flags & LEAVE_SUMS)
		return;
	if (type == ETH_P_IP)
		mend_packet(frame, len);
	else if (type == IPOS_ETHERTYPE)
		mend_ipos(frame, len);
}

/* What the board answers is thrown away, but for what it wants acknowledged. */
static void drain(int tap)
{
	uint8_t frame[2048], *tcp = frame + ETH_HLEN + 20;

	while (read(tap, frame, sizeof(frame)) > 0)
		if (get16(frame + 12) == ETH_P_IP && tcp[-11] == IPPROTO_TCP &&
		    (tcp[13] & 0x12) == 0x12)
			acknowledged = ((uint32_t)get16(tcp + 4) << 16 |
					get16(tcp + 6)) + 1;
}

static void frames_run(struct record *record)
{
	if (record->len > ETH_HLEN)
		mend(record);
	(void)!write(taps[record->kind & 1], record->body, record->len);
	drain(taps[0]);
	drain(taps[1]);
}

const struct target frames = { "frames", frames_open, frames_run };
