// SPDX-License-Identifier: GPL-2.0
/*
 * The hand-off rules of the protocol (docs/protocol.md, rules 1-9) as a state machine: one origin, two targets, a client.
 * docs/model.md tells what is covered, what is not, and what was found; `tests/model/run` runs it.
 *
 * One process chooses among all steps that are possible: a board handles a frame, a timer fires, the network misbehaves, a
 * board restarts. Every misbehaviour has a budget, every repetition a limit, so each run ends, and is judged there: a state
 * that would last for ever shows as a run that ended badly.
 *
 * Time. A frame is either *prompt*: it arrives within the round trip that every timer exceeds, or *late*: it arrives at any
 * moment until its life is over, or never. So a timer fires only when no prompt frame is under way, and a lost frame, a slow
 * one and one that a timer overtook are all the same: late, at the cost of one of LATE. A doubled frame is a late copy.
 *
 * Sequence numbers count the client's request segments, 0 to K-1. Nothing was handed to an application before the hand-off,
 * so the receive-queue count n of an offer is also its RCV.NXT.
 */

/* What may go wrong, how often. */
#ifndef LATE
#define LATE 2		/* frames that come late or never */
#endif
#ifndef DUP
#define DUP 1		/* frames doubled */
#endif
#ifndef TCRASH
#define TCRASH 0	/* restarts of a target */
#endif
#ifndef OCRASH
#define OCRASH 0	/* restarts of the origin */
#endif
#ifndef REFUSE
#define REFUSE 0	/* offers refused */
#endif
#ifndef STRAY
#define STRAY 0		/* client segments sent again, or come again, at any time */
#endif
#ifndef LCLOSE
#define LCLOSE 0	/* listeners closed over a reservation */
#endif
#ifndef ABORT
#define ABORT 0		/* clients that send RST */
#endif
#ifndef RSTLOSS
#define RSTLOSS 0	/* resets that do not reach the client */
#endif
/* What is run. */
#ifndef K
#define K 1		/* request segments; 0: the server speaks first */
#endif
#ifndef QUEUE
#define QUEUE 0		/* up to so many of them acknowledged by the origin before the hand-off */
#endif
#ifndef TRIES
#define TRIES 3		/* offers of one connection, each to any target */
#endif
#ifndef RESEND
#define RESEND 1	/* retransmissions of an offer */
#endif
#ifndef NREP
#define NREP (LATE + 1)	/* rule 6: N, more than the losses to survive */
#endif
#ifndef SELF
#define SELF 1		/* 0: the origin has no listener of its own */
#endif
#ifndef EPOCHS
#define EPOCHS 1	/* 0: the targets do not advertise, offers carry epoch 0 */
#endif
#ifdef PAIR		/* two connections, other services, one 11b header */
#define NC 2
#define NT 2
#define TUPLE(c) (c)
#else
#ifdef REUSE		/* the client forgets and opens the same 4-tuple anew */
#define NC 2
#define NT 1
#define TUPLE(c) 0
#else
#define NC 1
#define NT 1
#define TUPLE(c) 0
#endif
#endif
#define PATIENCE (LATE + K + RSTLOSS + 3)
#define PCAP 10
#define LCAP (LATE + DUP + 1)

/* Frames: type, target, connection, then id or kind, sequence number + 1, epoch. */
#define OFFER 0
#define WITHDRAW 1
#define PACKET 2
#define ACK 3
#define REFUSAL 4
#define CLOSED 5
#define UNKNOWN 6
#define WITHDRAWN 7
#define FRAME(type, t, c, a, s, e) (((type) << 12) | ((t) << 11) | ((c) << 10) | ((a) << 6) | ((s) << 3) | (e))
#define F_TYPE(f) (((f) >> 12) & 7)
#define F_T(f) (((f) >> 11) & 1)
#define F_C(f) (((f) >> 10) & 1)
#define F_A(f) (((f) >> 6) & 15)
#define F_S(f) (((f) >> 3) & 7)
#define F_E(f) ((f) & 7)
/* Kinds of client packets. */
#define DATA 0
#define EMPTY 1
#define RST 2
#define SYN 3
#define PKT(t, c, kind, s) FRAME(PACKET, t, c, kind, (s) + 1, 0)

/* The client's connections. */
#define IDLE 0
#define WAITS 1		/* for the response */
#define DONE 2		/* has it */
#define RESET 3
#define GONE 4		/* gave the connection up itself */
byte cst[NC], told[NC];	/* told: acknowledged to the client, by whoever */
byte patience[NC];
byte owners[NC];	/* applications that were given the connection */

/* The origin: one flow entry a 4-tuple. */
#define NONE 0
#define TEMPORARY 1
#define CONNECT 2
#define FORWARD 3
#define LOCAL 4
#define CLOSING 5	/* ended at the target: still forwards */
#define DEAD 6		/* ended here: answers with RST */
typedef entry { byte st, c, t, id, n, sent };
entry o[NT];
byte tries[NC];
byte lastid;		/* survives restarts: hand-off ids are ordered */
byte known[2];		/* epochs as advertised, 0 = not known */
byte hold[2];		/* the 11b header at a target: 0 free, 1 in use, 2 to be waited for */
bool cookie;		/* a segment at IRS+1 may still begin an endpoint */

/* The targets: index AT(t, u). */
#define RESERVED 1
#define OWNED 2
#define AT(t, u) ((t) * NT + (u))
typedef endpoint { byte st, c, id, n, got, acks, tomb; bool acked, lost };	/* tomb: the last id that ended; lost: before a commit */
endpoint e[2 * NT];
byte epoch[2];
bool quiet[2];		/* restarted less than a frame's life ago */

/* The network: two bags, kept sorted so that equal bags are equal states. */
short prompt[PCAP], late[LCAP];
byte np, nl;
byte slow, doubled, tcrash, ocrash, refused, stray, lclose, aborts, rstlost;

/* Choices, made before the deterministic step that uses them and zeroed after. */
byte pick, coin, first;
/* Scratch. */
hidden short f, g;
hidden byte i, j, t, u, c, x, s, a, next;
/* The properties: one name each, so that a failure names what broke. */
hidden byte two_owners, dead_owner, lost_bytes, needless_reset, false_expiry, client_stuck, stale_state, bag_full;

#define ALL(n) ((1 << (n)) - 1)
#define COMPLETE(x) ((e[x].got & ALL(e[x].n)) == ALL(e[x].n))
#define EXCUSE (NREP <= LATE || tcrash > 0 || ocrash > 0 || lclose > 0 || aborts > 0 || SELF == 0)

/* For people: `run trace` prints what happened. */
#ifdef TRACE
#define SAY(...) printf(__VA_ARGS__)
inline tell()
{
	if
	:: F_TYPE(f) == OFFER -> SAY("target %d <- offer of %d: id %d, n %d, epoch %d\n", F_T(f), F_C(f), F_A(f), F_S(f), F_E(f))
	:: F_TYPE(f) == WITHDRAW -> SAY("target %d <- withdrawal up to id %d\n", F_T(f), F_A(f))
	:: F_TYPE(f) == PACKET && F_A(f) == DATA -> SAY("target %d <- data of %d, seq %d\n", F_T(f), F_C(f), F_S(f) - 1)
	:: F_TYPE(f) == PACKET && F_A(f) == EMPTY -> SAY("target %d <- bare ACK of %d, seq %d\n", F_T(f), F_C(f), F_S(f) - 1)
	:: F_TYPE(f) == PACKET && F_A(f) == RST -> SAY("target %d <- RST of %d\n", F_T(f), F_C(f))
	:: F_TYPE(f) == PACKET && F_A(f) == SYN -> SAY("target %d <- SYN of %d\n", F_T(f), F_C(f))
	:: F_TYPE(f) == ACK -> SAY("origin <- acknowledgement of target %d\n", F_T(f))
	:: F_TYPE(f) == REFUSAL -> SAY("origin <- refusal of target %d, id %d\n", F_T(f), F_A(f))
	:: F_TYPE(f) == CLOSED -> SAY("origin <- closed, target %d, id %d\n", F_T(f), F_A(f))
	:: F_TYPE(f) == UNKNOWN -> SAY("origin <- unknown, target %d, connection %d, seq %d\n", F_T(f), F_C(f), F_S(f) - 1)
	:: else -> SAY("origin <- withdrawn, target %d, id %d\n", F_T(f), F_A(f))
	fi
}
#else
#define SAY(...) skip
#define tell() skip
#endif

inline send(fr)
{
	g = fr;
	bag_full = np >= PCAP;
	assert(!bag_full);
	j = np;
	do
	:: j > 0 && prompt[j - 1] > g -> prompt[j] = prompt[j - 1]; j--
	:: else -> break
	od;
	prompt[j] = g;
	np++
}

inline make_late(fr)
{
	g = fr;
	j = nl;
	do
	:: j > 0 && late[j - 1] > g -> late[j] = late[j - 1]; j--
	:: else -> break
	od;
	late[j] = g;
	nl++
}

/* Takes the picked frame out of a bag into f. */
#define TAKE(bag, n) \
	f = bag[pick]; \
	n--; \
	j = pick; \
	do \
	:: j < n -> bag[j] = bag[j + 1]; j++ \
	:: else -> break \
	od; \
	bag[n] = 0

inline choose(n)
{
	pick = 0;
	do
	:: pick + 1 < n -> pick++
	:: break
	od
}

/* A coin for whether the target refuses, an order of candidates for an origin that moves on. */
inline flip(may)
{
	if
	:: coin = 0
	:: may -> coin = 1
	fi
}
inline order()
{
	if
	:: first = 0
	:: first = 1
	fi
}

/* ---- Rules as they stand, and switched off one by one (NO_...) ---- */

#ifdef NO_HOLD
#define FREE(t) 1
#else
#define FREE(t) (hold[t] == 0)
#endif
#ifdef NO_R2_FROM
#define ACK_FROM(u) 1
#else
#define ACK_FROM(u) (o[u].t == t)
#endif
#ifdef NO_R3_81
#define ENTRY_OF(u) (o[u].st == FORWARD)
#else
#define ENTRY_OF(u) (o[u].st == FORWARD && o[u].t == t)
#endif
#if defined(NO_R3_81) || defined(NO_M_ID)
#define MINE(u) true
#else
#define MINE(u) (o[u].id == a)
#endif
#ifdef NO_R7_OLDER
#define BELIEVED true
#else
#define BELIEVED (o[u].c != c || s >= o[u].n + 1)
#endif
#ifdef NO_R1_EPOCH
#define EPOCH_OK true
#else
#ifdef NO_M_QUIET
#define EPOCH_OK (F_E(f) == 0 || F_E(f) == epoch[t])
#else
#define EPOCH_OK ((F_E(f) == 0 && !quiet[t]) || F_E(f) == epoch[t])
#endif
#endif
#ifdef NO_R1_TOMB
#define BURIED false
#else
#define BURIED (a <= e[x].tomb)
#endif
#ifdef NO_R1_NEWER
#define OLDER_OFFER (a != e[x].id)
#else
#define OLDER_OFFER (a < e[x].id)
#endif
#ifdef NO_R5_COMPLETE
#define READY(x) true
#else
#define READY(x) COMPLETE(x)
#endif
#ifdef NO_M_UPTO	/* as first written: of its id */
#define WITHDRAWS(id) ((id) == a)
#else
#define WITHDRAWS(id) ((id) <= a)
#endif
#ifdef NO_R2_COMPLETE
#define COMMITS(x) true
#else
#define COMMITS(x) COMPLETE(x)
#endif
#ifdef NO_R5_SILENT	/* the origin goes on acknowledging during the hand-off */
#define CHATTY(u) (o[u].st == CONNECT && told[o[u].c] == o[u].n && o[u].n < K)
#else
#define CHATTY(u) false
#endif
#ifdef NO_TOMB_LIFE
#define TOMB_OVER(x) QUIET
#else
#define TOMB_OVER(x) FRAMES_DEAD
#endif
#ifdef NO_HOLD_LIFE
#define HOLD_OVER(t) true
#else
#define HOLD_OVER(t) (FRAMES_DEAD && !ANY_RESERVED(t))
#endif
#ifdef NO_R4_COMMITTED	/* the origin may withdraw after the acknowledgement */
#define MAY_GIVE_UP(u) (o[u].st == FORWARD)
#else
#define MAY_GIVE_UP(u) false
#endif
#ifdef NO_R6_COUNT	/* an acknowledged reservation expires whenever its time is over */
#define UNANSWERED(x) true
#else
#define UNANSWERED(x) (e[x].acks == NREP)
#endif
#ifdef NO_M_COOKIE_LIFE
#define CLOSING_OVER skip
#else
#define CLOSING_OVER cookie = 0; past[0] = 1
#endif

/* ---- The client ---- */

inline reset_client(cc)
{
	if
	:: cst[cc] == WAITS && RSTLOSS > rstlost && coin -> rstlost++
	:: cst[cc] == WAITS && !(RSTLOSS > rstlost && coin) ->
		needless_reset = !EXCUSE;
		assert(!needless_reset);
		SAY("   client of %d is reset\n", cc);
		cst[cc] = RESET
	:: else
	fi
}

inline respond(cc)
{
	if
	:: cst[cc] == WAITS -> SAY("   client of %d has its response\n", cc); cst[cc] = DONE
	:: else
	fi
}

/* An application is given the connection cc. */
inline own(cc)
{
	SAY("   an application is given connection %d\n", cc);
	owners[cc]++;
	two_owners = owners[cc] > 1;
	assert(!two_owners);
	dead_owner = cst[cc] == RESET && !ocrash;
	assert(!dead_owner)
}

/* ---- The origin ---- */

inline send_offer(uu)
{
	send(FRAME(OFFER, o[uu].t, o[uu].c, o[uu].id, o[uu].n, EPOCHS * known[o[uu].t]));
	i = 0;
	do
	:: i < o[uu].n -> send(PKT(o[uu].t, o[uu].c, DATA, i)); i++
	:: else -> break
	od
}

inline stop_forwarding(uu)
{
#ifdef NO_M_CLOSING
	skip
#else
	if
	:: o[uu].st == CLOSING -> hold[o[uu].t] = 2
	:: else
	fi
#endif
}

inline clear_entry(uu)
{
	o[uu].st = NONE; o[uu].c = 0; o[uu].t = 0; o[uu].id = 0; o[uu].n = 0; o[uu].sent = 0
}

/* Rule 4: the next candidate, at last the origin itself. `first` orders the targets. */
inline offer_next(uu)
{
	next = 2;
	if
	:: tries[o[uu].c] < TRIES && FREE(first) -> next = first
	:: tries[o[uu].c] < TRIES && !FREE(first) && FREE(1 - first) -> next = 1 - first
	:: else
	fi;
	if
	:: next < 2 ->
		tries[o[uu].c]++;
		lastid++;
		o[uu].st = CONNECT; o[uu].t = next; o[uu].id = lastid; o[uu].sent = 0;
		hold[next] = 1;
		send_offer(uu)
	:: next == 2 && SELF ->
		SAY("origin attaches %d itself\n", o[uu].c);
		own(o[uu].c);
		o[uu].st = LOCAL; o[uu].t = 0; o[uu].id = 0; o[uu].sent = 0
	:: else ->
		reset_client(o[uu].c);
		end_entry(uu)
	fi
}

inline withdraw(uu)
{
#ifndef NO_R4_WITHDRAW
	send(FRAME(WITHDRAW, o[uu].t, 0, o[uu].id, 0, 0));
#endif
	hold[o[uu].t] = 2
}

/* Rule 9. */
inline lose(uu)
{
#ifndef NO_R9
	reset_client(o[uu].c);
#endif
	hold[o[uu].t] = 2;
	end_entry(uu)
}

/* The entry outlives the connection, so that a late segment of the client's begins nothing (SYN cookies). */
inline end_entry(uu)
{
#ifdef NO_M_DEAD
	clear_entry(uu)
#else
	o[uu].st = DEAD; o[uu].t = 0; o[uu].id = 0; o[uu].n = 0; o[uu].sent = 0
#endif
}

inline origin_ack()
{
	/* The acknowledgement names client and target, not the service: any entry that fits. */
	u = 0;
	do
	:: u < NT && !(o[u].st == CONNECT && ACK_FROM(u)) && !(o[u].st == FORWARD && o[u].t == t) -> u++
	:: else -> break
	od;
	if
	:: u < NT && o[u].st == CONNECT ->
		o[u].st = FORWARD;
		o[u].sent = 0;
		i = o[u].n;
		if
		:: i == K -> send(PKT(o[u].t, o[u].c, EMPTY, i))
		:: else
		fi;
		do
		:: i < K -> send(PKT(o[u].t, o[u].c, DATA, i)); i++
		:: else -> break
		od
	:: u < NT && o[u].st == FORWARD ->
		send(PKT(t, o[u].c, EMPTY, o[u].n))
	:: else ->
		/* The id is not in the acknowledgement: every reservation up to the last id given out is meant. */
#ifndef NO_R3_WITHDRAW
		send(FRAME(WITHDRAW, t, 0, lastid, 0, 0))
#else
		skip
#endif
	fi
}

inline origin_refusal()
{
	u = TUPLE(c);
#ifdef NO_R3_REFUSAL
	if
	:: o[u].st == CONNECT || o[u].st == FORWARD ->
#else
	if
	:: o[u].st == CONNECT && o[u].t == t && o[u].id == a ->
#endif
		hold[o[u].t] = 2;
		offer_next(u)
	:: else
	fi
}


inline origin_unknown()
{
	u = TUPLE(c);
	if
	:: ENTRY_OF(u) && BELIEVED -> lose(u)
	:: ENTRY_OF(u) && !(BELIEVED) -> send(PKT(t, o[u].c, EMPTY, o[u].n))
	:: else
	fi
}

inline origin_closed()
{
	u = TUPLE(c);
	if
	:: ENTRY_OF(u) && MINE(u) ->
#ifdef NO_M_CLOSING	/* the wait for the header begins while the closing entry still forwards */
		hold[o[u].t] = 2;
#endif
		o[u].st = CLOSING
	:: else
	fi
}

inline origin_withdrawn()
{
#ifdef NO_M_HOLD
	if
	:: hold[t] == 2 -> hold[t] = 0
	:: else
	fi
#else
	skip
#endif
}

/* A client's packet at the origin: forwarded blindly, or held, or answered. */
inline origin_packet(cc, kind, seq)
{
	u = TUPLE(cc);
	if
#ifdef NO_SYN_FORWARD	/* a SYN begins a new endpoint: the client of the old one is lost */
	:: kind == SYN && o[u].st == FORWARD -> lose(u)
#endif
	:: o[u].st == FORWARD || o[u].st == CLOSING -> send(PKT(o[u].t, cc, kind, seq))
	:: o[u].st == NONE && cookie && kind <= EMPTY && seq == 0 ->
		o[u].st = TEMPORARY; o[u].c = cc; tries[cc] = 0
	:: kind <= EMPTY && ((o[u].st == NONE && !(cookie && seq == 0)) || o[u].st == DEAD) -> reset_client(cc)
	:: else
	fi
}

/* ---- The targets ---- */

inline bury(xx, why)
{
	e[xx].tomb = e[xx].id;
	e[xx].lost = why;
	drop(xx)
}

inline drop(xx)
{
	e[xx].st = NONE; e[xx].c = 0; e[xx].id = 0; e[xx].n = 0; e[xx].got = 0; e[xx].acks = 0; e[xx].acked = 0
}


inline acknowledge(xx)
{
	send(FRAME(ACK, t, 0, 0, 0, 0));
	e[xx].acked = 1
}

inline target_offer()
{
	x = AT(t, TUPLE(c));
	if
	:: !EPOCH_OK || BURIED -> skip
	:: EPOCH_OK && !BURIED && e[x].st == OWNED ->
		if
		:: a > e[x].id -> send(FRAME(REFUSAL, t, c, a, 0, 0))
		:: else
		fi
	:: EPOCH_OK && !BURIED && e[x].st == RESERVED && a == e[x].id ->
		if
		:: COMPLETE(x) -> acknowledge(x)
		:: else
		fi
	:: EPOCH_OK && !BURIED && e[x].st == RESERVED && OLDER_OFFER -> skip
	:: else ->
		drop(x);
		if
		:: coin -> refused++; send(FRAME(REFUSAL, t, c, a, 0, 0))
		:: else ->
			e[x].st = RESERVED; e[x].c = c; e[x].id = a; e[x].n = s;
			if
			:: READY(x) -> acknowledge(x)
			:: else
			fi
		fi
	fi
}

inline commit(kind, seq)
{
	own(e[x].c);
	lost_bytes = !COMPLETE(x);
	assert(!lost_bytes);
	e[x].st = OWNED; e[x].acks = 0; e[x].acked = 0;
	receive(kind, seq)
}

/* What an owned connection does with a segment; sets told to the new RCV.NXT. */
inline receive(kind, seq)
{
	if
	:: kind == DATA -> e[x].got = e[x].got | (1 << seq)
	:: else
	fi;
	i = 0;
	do
	:: i < K && (e[x].got >> i & 1) -> i++
	:: else -> break
	od;
	if
	:: told[e[x].c] < i -> told[e[x].c] = i
	:: else
	fi
}

inline not_here()
{
	if
	:: e[x].tomb && !e[x].lost -> send(FRAME(CLOSED, t, c, e[x].tomb, s, 0))
	:: else ->
#ifndef NO_R7_UNKNOWN
		send(FRAME(UNKNOWN, t, c, 0, s, 0))
#else
		skip
#endif
	fi
}

/* s is the sequence number + 1, a the kind. */
inline target_packet()
{
	x = AT(t, TUPLE(c));
	if
	:: e[x].st == NONE -> not_here()
	:: e[x].st != NONE && e[x].c != c ->
		/* Another incarnation: out of the window. RFC 5961: the challenge ACK makes a client that opens anew send RST. */
		if
		:: e[x].st == OWNED && a == SYN && e[x].c < c -> send(PKT(t, e[x].c, RST, 0))
		:: else
		fi
	:: e[x].st != NONE && e[x].c == c && a == RST ->
		send(FRAME(CLOSED, t, c, e[x].id, 0, 0));
		bury(x, 0)
	:: e[x].st == OWNED && e[x].c == c && a <= EMPTY -> receive(a, s - 1)
	:: e[x].st == RESERVED && e[x].c == c && a <= EMPTY ->
		if
		:: (a == DATA && s > e[x].n) || (a == EMPTY && s == e[x].n + 1) ->
			if
			:: COMMITS(x) -> commit(a, s - 1)
			:: else -> send(FRAME(UNKNOWN, t, c, 0, s, 0))
			fi
		:: a == DATA && s <= e[x].n ->
			e[x].got = e[x].got | (1 << (s - 1));
			if
#ifdef NO_R2_BELOW
			:: COMPLETE(x) -> commit(a, s - 1)
#endif
			:: COMPLETE(x) && !e[x].acked -> acknowledge(x)
			:: else
			fi
		:: else
		fi
	:: else
	fi
}

inline target_withdraw()
{
	u = 0;
	j = 0;
	do
	:: u < NT ->
		x = AT(t, u);
		if
		:: e[x].st == OWNED -> j = 1
		:: e[x].st == RESERVED && WITHDRAWS(e[x].id) -> drop(x)
		:: else
		fi;
		u++
	:: else -> break
	od;
	if
	:: j == 0 -> send(FRAME(WITHDRAWN, t, 0, a, 0, 0))
	:: else
	fi
}

inline expire(xx)
{
	t = xx / NT;
	c = e[xx].c;
	SAY("target %d: reservation expires\n", t);
#ifdef NO_M_LOST	/* as first written: closed */
	send(FRAME(CLOSED, t, c, e[xx].id, e[xx].n + 1, 0));
#else
	send(FRAME(UNKNOWN, t, c, 0, e[xx].n + 1, 0));
#endif
#ifdef NO_R6_TOMB
	drop(xx)
#else
#ifdef NO_M_LOST
	bury(xx, 0)
#else
	bury(xx, 1)
#endif
#endif
}

/* ---- Frames arrive ---- */

inline arrive()
{
	t = F_T(f); c = F_C(f); a = F_A(f); s = F_S(f);
	if
	:: F_TYPE(f) == OFFER -> target_offer()
	:: F_TYPE(f) == WITHDRAW -> target_withdraw()
	:: F_TYPE(f) == PACKET -> target_packet()
	:: F_TYPE(f) == ACK -> origin_ack()
	:: F_TYPE(f) == REFUSAL -> origin_refusal()
	:: F_TYPE(f) == CLOSED -> origin_closed()
	:: F_TYPE(f) == UNKNOWN -> origin_unknown()
	:: F_TYPE(f) == WITHDRAWN -> origin_withdrawn()
	fi
}

/* Only what the frame can use is chosen, else the same step is explored twice. */
inline choices(fr)
{
	if
	:: F_TYPE(fr) == OFFER -> flip(refused < REFUSE)
	:: F_TYPE(fr) == REFUSAL -> order()
	:: F_TYPE(fr) == UNKNOWN -> flip(rstlost < RSTLOSS)
	:: else
	fi
}

#define QUIET (np == 0)

/* No timer of a board is running but those for what is over: then the client's retransmission, the longest, is due. */
#define AT_REST(x) (e[x].st == NONE || (e[x].st == OWNED && !ANSWERABLE(x) && cst[e[x].c] != DONE))
#define STEADY(u) (o[u].st != TEMPORARY && o[u].st != CONNECT && o[u].st != LOCAL)
#define ANSWERABLE(x) (e[x].got == ALL(K) && cst[e[x].c] == WAITS)
#if NT == 2
#define REST (QUIET && STEADY(0) && STEADY(1) && AT_REST(0) && AT_REST(1) && AT_REST(2) && AT_REST(3))
#define ANY_RESERVED(t) (e[2 * t].st == RESERVED || e[2 * t + 1].st == RESERVED)
#else
#define REST (QUIET && STEADY(0) && AT_REST(0) && AT_REST(1))
#define ANY_RESERVED(t) (e[t].st == RESERVED)
#endif
/* Nothing that was sent so far can still arrive. */
#define FRAMES_DEAD (QUIET && nl == 0)


inline done() { pick = 0; coin = 0; first = 0 }

#define ARRIVES(bag, n) choose(n); choices(bag[pick]); d_step { TAKE(bag, n); tell(); arrive(); done() }

/* The first offer goes to target 0: the targets are alike. */
inline decide(uu)
{
	choose(QUEUE + 1);
	if
	:: lastid > 0 -> first = 1
	:: first = 0
	fi;
	d_step {
		o[uu].n = pick;
		if
		:: told[o[uu].c] < pick -> told[o[uu].c] = pick
		:: else
		fi;
		offer_next(uu);
		done()
	}
}

inline local_end(uu)
{
	respond(o[uu].c);
	end_entry(uu)
}

/* Rule 8: an advertisement with another epoch. */
inline learn(tt)
{
	u = 0;
	do
	:: u < NT ->
		if
		:: known[tt] && o[u].t == tt && o[u].st == FORWARD -> lose(u)
		:: known[tt] && o[u].t == tt && o[u].st == CONNECT -> hold[tt] = 2; offer_next(u)
		:: else
		fi;
		u++
	:: else -> break
	od;
	known[tt] = epoch[tt];
	SAY("origin hears the epoch of target %d\n", tt)
}

inline restart_target(tt)
{
	SAY("target %d restarts\n", tt);
	tcrash++;
	epoch[tt]++;
	quiet[tt] = 1;
	u = 0;
	do
	:: u < NT -> x = AT(tt, u); drop(x); e[x].tomb = 0; e[x].lost = 0; u++
	:: else -> break
	od
}

inline restart_origin()
{
	SAY("origin restarts\n");
	ocrash++;
	u = 0;
	do
	:: u < NT -> clear_entry(u); u++
	:: else -> break
	od;
	known[0] = 0; known[1] = 0;
#ifdef NO_M_START
	hold[0] = 0; hold[1] = 0;
#else
	hold[0] = 2; hold[1] = 2;
#endif
#ifndef NO_M_SECRET
	cookie = 0;
#endif
#ifdef NO_ID_ORDER
	lastid = 0;
#endif
}

inline close(xx)
{
	SAY("target %d: application closes %d\n", xx / NT, e[xx].c);
	send(FRAME(CLOSED, xx / NT, e[xx].c, e[xx].id, 0, 0));
#ifdef NO_R6_CLOSED
	drop(xx)
#else
	bury(xx, 0)
#endif
}

/* The client gives up: its RST reaches the origin, or (coin) it was switched off. */
inline give_up(cc)
{
	aborts++;
	SAY("client gives %d up, silently: %d\n", cc, coin);
	cst[cc] = GONE;
	u = TUPLE(cc);
	if
	:: coin -> skip
	:: !coin && o[u].st == FORWARD -> send(PKT(o[u].t, cc, RST, 0))
	:: !coin && o[u].st == CONNECT -> withdraw(u); end_entry(u)
	:: !coin && o[u].st == TEMPORARY -> end_entry(u)
	:: else
	fi
}

/* A SYN of the second incarnation. What the origin still owns it challenges, and the client's RST ends it. */
inline syn()
{
	SAY("client sends SYN of 1\n");
	patience[1]++;
	client_stuck = patience[1] > PATIENCE;
	assert(!client_stuck);
	if
	:: o[0].st == NONE || o[0].st == DEAD || o[0].st == CLOSING ->
		stop_forwarding(0);
		clear_entry(0);
		o[0].st = TEMPORARY; o[0].c = 1;
		opened = 1; patience[1] = 0
	:: o[0].st == FORWARD -> send(PKT(o[0].t, 1, SYN, -1))
	:: o[0].st == CONNECT -> withdraw(0); end_entry(0)
	:: else -> end_entry(0)
	fi
}

/* A copy of an old segment: data, or (coin) empty, or the SYN, which stands before the first. */
inline come_again(cc)
{
	stray++;
	next = EMPTY;
	s = pick + 1;
	if
	:: coin && pick < K -> next = DATA
	:: coin && pick == K -> next = SYN; s = 0
	:: else
	fi;
	SAY("client segment comes again: %d, kind %d, seq %d\n", cc, next, s - 1);
	coin = 0;
	origin_packet(cc, next, s - 1)
}

inline retransmit(cc)
{
	SAY("client retransmits %d, seq %d\n", cc, told[cc]);
	patience[cc]++;
	client_stuck = patience[cc] > PATIENCE;
	assert(!client_stuck);
	if
	:: told[cc] < K -> origin_packet(cc, DATA, told[cc])
	:: else -> origin_packet(cc, EMPTY, told[cc] - 1)
	fi
}

#define ORIGIN(U) \
	:: atomic { o[U].st == TEMPORARY -> decide(U) } \
	:: d_step { o[U].st == LOCAL -> local_end(U); done() } \
	:: d_step { QUIET && o[U].st == CONNECT && o[U].sent < RESEND -> SAY("origin repeats its offer\n"); o[U].sent++; send_offer(U); done() } \
	:: atomic { QUIET && ((o[U].st == CONNECT && o[U].sent == RESEND) || MAY_GIVE_UP(U)) -> order(); \
		d_step { SAY("origin gives target %d up\n", o[U].t); withdraw(U); offer_next(U); done() } } \
	:: d_step { CHATTY(U) -> told[o[U].c]++; done() } \
	/* Idle: a client that has nothing to retransmit. */ \
	:: d_step { REST && o[U].st == FORWARD && !TALKS(o[U].c) -> SAY("origin: idle entry ends\n"); lose(U); done() } \
	:: d_step { FRAMES_DEAD && (o[U].st == CLOSING || o[U].st == DEAD) -> \
		SAY("origin: closing entry ends\n"); stop_forwarding(U); clear_entry(U); CLOSING_OVER; done() }

#define TARGET(X) \
	:: d_step { QUIET && e[X].st == RESERVED && e[X].acked && e[X].acks < NREP -> \
		SAY("target %d repeats its acknowledgement\n", (X) / NT); e[X].acks++; t = (X) / NT; acknowledge(X); done() } \
	:: d_step { QUIET && e[X].st == RESERVED && e[X].acked && UNANSWERED(X) -> \
		false_expiry = NREP > LATE; assert(!false_expiry); expire(X); done() } \
	:: d_step { QUIET && e[X].st == RESERVED && !e[X].acked -> SAY("target %d: reservation expires silently\n", (X) / NT); drop(X); done() } \
	:: d_step { lclose < LCLOSE && e[X].st == RESERVED -> lclose++; expire(X); done() } \
	:: d_step { e[X].st == OWNED && ANSWERABLE(X) -> respond(e[X].c); done() } \
	:: d_step { e[X].st == OWNED && cst[e[X].c] == DONE -> close(X); done() } \
	/* The application's own time limit. */ \
	:: d_step { REST && e[X].st == OWNED && (cst[e[X].c] == RESET || cst[e[X].c] == GONE) -> close(X); done() } \
	:: d_step { e[X].tomb && TOMB_OVER(X) -> e[X].tomb = 0; e[X].lost = 0 }

#define BOARD(T) \
	:: d_step { hold[T] == 2 && HOLD_OVER(T) -> hold[T] = 0 } \
	:: atomic { tcrash < TCRASH -> d_step { restart_target(T); done() } } \
	:: d_step { quiet[T] && FRAMES_DEAD -> quiet[T] = 0 } \
	:: atomic { EPOCHS && known[T] != epoch[T] -> order(); d_step { learn(T); done() } }

/* A client speaks up while it has unacknowledged data; one that waits only by its keep-alive (rule 9). */
#define TALKS(c) (cst[c] == WAITS && (told[c] < K || ocrash || rstlost))
#define STRAYS(c) (cst[c] != IDLE && (TALKS(c) || !past[c]))

#define CLIENT(C) \
	:: atomic { REST && TALKS(C) && OPEN(C) -> flip(rstlost < RSTLOSS); d_step { retransmit(C); done() } } \
	:: atomic { stray < STRAY && OPEN(C) && STRAYS(C) -> choose(K + 1); flip(true); \
		d_step { come_again(C); done() } } \
	:: atomic { aborts < ABORT && cst[C] == WAITS -> flip(true); d_step { give_up(C); done() } }

#ifdef REUSE
#define OPEN(c) ((c) == 0 || opened)
#else
#define OPEN(c) true
#endif
bool opened, past[NC];

#define ENDED(c) (cst[c] == DONE || cst[c] == RESET || cst[c] == GONE)

inline judge()
{
	stale_state = hold[0] || hold[1];
	x = 0;
	do
	:: x < 2 * NT -> stale_state = stale_state || e[x].st || e[x].tomb; x++
	:: else -> break
	od;
	u = 0;
	do
	:: u < NT -> stale_state = stale_state || o[u].st; u++
	:: else -> break
	od;
	c = 0;
	do
	:: c < NC ->
		client_stuck = !ENDED(c) && cst[c] != IDLE;
		assert(!client_stuck);
		c++
	:: else -> break
	od;
	assert(!stale_state)
}

init
{
	d_step {
		epoch[0] = 1; epoch[1] = 1;
		if
		:: EPOCHS -> known[0] = 1; known[1] = 1
		:: else
		fi;
		u = 0;
		do
		:: u < NT -> o[u].st = TEMPORARY; o[u].c = u; cst[u] = WAITS; u++
		:: else -> break
		od;
#ifdef COOKIES
		cookie = 1;
#endif
		done()
	};
	do
	:: atomic { np > 0 -> ARRIVES(prompt, np) }
	:: atomic { nl > 0 -> ARRIVES(late, nl) }
	:: atomic { np > 0 && slow < LATE -> choose(np);
		d_step { TAKE(prompt, np); slow++; make_late(f); SAY("late or lost: "); tell(); done() } }
	:: atomic { np > 0 && doubled < DUP -> choose(np); d_step { doubled++; f = prompt[pick]; make_late(f); SAY("doubled: "); tell(); done() } }
	:: d_step { QUIET && nl > 0 ->
		do
		:: nl > 0 -> nl--; late[nl] = 0
		:: else -> break
		od;
		SAY("late frames die\n"); done() }
	ORIGIN(0)
	TARGET(0)
	TARGET(1)
	BOARD(0)
	BOARD(1)
	CLIENT(0)
#if NT == 2
	ORIGIN(1)
	TARGET(2)
	TARGET(3)
#endif
#if NC == 2
	CLIENT(1)
#endif
#ifdef REUSE
	:: d_step { cst[1] == IDLE && ENDED(0) -> cst[1] = WAITS; syn(); done() }
	:: d_step { cst[1] == WAITS && !opened && REST -> syn(); done() }
#endif
	:: atomic { ocrash < OCRASH -> d_step { restart_origin(); done() } }
	:: timeout -> d_step { judge(); done() }; break
	od
}
