/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An unattached endpoint: a connection this board answers by itself, that no
 * socket and no process owns yet. All calls: flow lock and RCU held, softirq
 * or bottom halves off.
 */
#ifndef IPOS_ENGINE_UNATTACHED_H
#define IPOS_ENGINE_UNATTACHED_H

#include "engine/hold.h"
#include "engine/pending.h"
#include "engine/sacked.h"
#include "inspect/inspector.h"
#include "link/segment.h"
#include "table/listen.h"
#include "wire/wire.h"

struct ipos_packet;
struct tcp_options_received;

/* Until a SYN-ACK is sent again, doubling. */
#define IPOS_SYN_ACK_MS	1000
#define IPOS_CANDIDATES	(IPOS_URL_SERVERS + 8)

enum ipos_stage {
	IPOS_STAGE_SYN_RECEIVED,
	IPOS_STAGE_REQUEST,	/* established, the request is gathered */
	IPOS_STAGE_OFFERED,	/* a target has to answer */
	IPOS_STAGE_WAITING,	/* a board has to start the application */
};

struct ipos_endpoint;

/**
 * struct ipos_endpoint_ops - what is TCP's or UDP's own in placing an endpoint
 * @numbered: its offers bear a hand-off id
 * @capture: what a board is offered, figures 11c, 11d
 * @here: this board takes it, which ends the endpoint; false: the next board
 * @unplaced: tell the client that nobody can serve it
 * @moved: the target has it; @sent: a held packet has told it so
 */
struct ipos_endpoint_ops {
	bool	numbered;
	void	(*capture)(const struct ipos_endpoint *ep,
			   struct ipos_conn *conn);
	bool	(*here)(struct ipos_endpoint *ep);
	void	(*unplaced)(struct ipos_endpoint *ep);
	void	(*moved)(struct ipos_endpoint *ep, bool sent);
};

/**
 * struct ipos_endpoint - what the board knows of the connection, host order
 * @pending: timer and lifetime
 * @ops: of its protocol
 * @service: referenced
 * @stage: enum ipos_stage
 * @tries: of what the stage repeats
 * @bounded: a place in the Forward Table is taken in advance
 * @exhausted: @candidates are all there are
 * @searched: no board that listens is left to be tried
 * @starts: @candidates are boards that start the application
 * @asks: @candidates are boards not known to listen: no others are left
 * @waits: has, or had to wait for one of them
 * @timestamps: agreed on, like all options below
 * @sack: see there
 * @wscale: see there
 * @ecn: see there
 * @snd_wscale: Snd.Wind.Shift
 * @rcv_wscale: Rcv.Wind.Shift
 * @ttl: of the client's SYN
 * @tos: of the client's SYN
 * @ifindex: device the client's packets arrive at
 * @iss: ISS
 * @irs: IRS
 * @rcv_nxt: RCV.NXT, what the client was told
 * @rcv_wnd: RCV.WND in bytes
 * @snd_wl1: segment that told @window
 * @window: SND.WND as it stood in the header
 * @snd_mss: send MSS
 * @adv_mss: advertised MSS
 * @ts_offset: our TSval less the milliseconds of this host's clock
 * @ts_recent: TS.Recent for who gets the endpoint: not beyond any held segment
 * @ts_recent_at: jiffies when it came
 * @ts_echo: TS.Recent for our own segments; see ipos_unattached_heard()
 * @sacked: what our ACKs tell beside RCV.NXT
 * @answered_at: tcp_jiffies32 when something invalid was last answered, 0 = never
 * @syn_ack_at: ns when the SYN-ACK left, 0 after a retransmission
 * @srtt: round trip of the handshake in us, 0 = not measured
 * @deadline: jiffies after which the policy decides; if it @waits, after which
 *	it waits no more
 * @tried: jiffies when it was last found to have to wait
 * @hold: the request; of UDP the datagrams, numbered from 0
 * @candidates: Server IPs, IPOS_HERE for this board, best first
 * @n_candidates: how many
 * @next: the next to be tried
 * @inspector: reads the request
 */
struct ipos_endpoint {
	struct ipos_pending	pending;
	const struct ipos_endpoint_ops *ops;
	struct ipos_service	*service;
	u8			stage;
	u8			tries;
	bool			bounded;
	bool			exhausted;
	bool			searched;
	bool			starts;
	bool			asks;
	bool			waits;
	bool			timestamps;
	bool			sack;
	bool			wscale;
	bool			ecn;
	u8			snd_wscale;
	u8			rcv_wscale;
	u8			ttl;
	u8			tos;
	int			ifindex;
	u32			iss;
	u32			irs;
	u32			rcv_nxt;
	u32			rcv_wnd;
	u32			snd_wl1;
	u16			window;
	u16			snd_mss;
	u16			adv_mss;
	u32			ts_offset;
	u32			ts_recent;
	unsigned long		ts_recent_at;
	u32			ts_echo;
	struct ipos_sacked	sacked;
	u32			answered_at;
	u64			syn_ack_at;
	u32			srtt;
	unsigned long		deadline;
	unsigned long		tried;
	struct ipos_hold	hold;
	__be32			candidates[IPOS_CANDIDATES];
	u8			n_candidates;
	u8			next;
	struct ipos_inspector	inspector;
};

static inline struct ipos_endpoint *
ipos_endpoint_of(struct ipos_pending *pending)
{
	return container_of(pending, struct ipos_endpoint, pending);
}

struct ipos_flow *ipos_unattached_flow(struct ipos_engine *engine,
				       const struct ipos_key *key);
struct ipos_endpoint *
ipos_unattached_new(struct ipos_engine *engine, struct ipos_service *service,
		    const struct ipos_endpoint_ops *ops);
void ipos_unattached_free(struct ipos_pending *pending);

u32 ipos_unattached_ts_offset(const struct ipos_engine *engine,
			      const struct ipos_key *key);
void ipos_unattached_number(struct ipos_endpoint *ep,
			    const struct ipos_packet *syn);
void ipos_unattached_renumber(struct ipos_endpoint *ep,
			      const struct ipos_packet *ack);
bool ipos_unattached_ecn_offered(const struct net *net,
				 const struct sk_buff *skb);
void ipos_unattached_agree(struct ipos_endpoint *ep,
			   const struct tcp_options_received *opt,
			   struct net_device *dev);
struct ipos_segment
ipos_unattached_syn_ack_segment(const struct ipos_endpoint *ep);
void ipos_unattached_syn_ack(struct ipos_endpoint *ep);
void ipos_unattached_ack(struct ipos_endpoint *ep);
bool ipos_unattached_may_answer(struct ipos_endpoint *ep);
void ipos_unattached_challenge(struct ipos_endpoint *ep);
void ipos_unattached_reset(struct ipos_endpoint *ep);
void ipos_unattached_options(const struct ipos_endpoint *ep,
			     const struct sk_buff *skb,
			     struct tcp_options_received *opt);
bool ipos_unattached_opens_window(const struct ipos_endpoint *ep,
				  const struct ipos_packet *packet);
void ipos_unattached_heard(struct ipos_endpoint *ep,
			   const struct ipos_packet *packet,
			   const struct tcp_options_received *opt);
u32 ipos_unattached_rto(const struct ipos_endpoint *ep);
void ipos_unattached_capture(const struct ipos_endpoint *ep,
			     struct ipos_conn *conn);

#endif /* IPOS_ENGINE_UNATTACHED_H */
