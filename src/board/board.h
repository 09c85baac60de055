/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One network namespace's whole, built and torn down in one order.
 */
#ifndef IPOS_BOARD_BOARD_H
#define IPOS_BOARD_BOARD_H

#include "engine/engine.h"

struct net;

/**
 * struct ipos_board - what ipOS keeps for a network namespace
 * @engine: tables, settings, counters and decisions
 * @mutex: serializes every change that control/ makes
 */
struct ipos_board {
	struct ipos_engine	engine;
	struct mutex		mutex;
};

/* The namespace's board; never NULL between init and exit of the module. */
struct ipos_board *ipos_board(const struct net *net);

int ipos_board_init(void);
void ipos_board_exit(void);
int ipos_board_leave_init(void);
void ipos_board_leave_exit(void);

#endif /* IPOS_BOARD_BOARD_H */
