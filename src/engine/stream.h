/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is TCP's own in placing an endpoint.
 */
#ifndef IPOS_ENGINE_STREAM_H
#define IPOS_ENGINE_STREAM_H

#include "engine/unattached.h"

extern const struct ipos_endpoint_ops ipos_stream_ops;

#endif /* IPOS_ENGINE_STREAM_H */
