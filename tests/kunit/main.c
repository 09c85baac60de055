// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include "suites.h"

/* A module has one list of suites, so its other files tell theirs here. */
kunit_test_suites(&ipos_flow_suite, &ipos_server_suite, &ipos_presence_suite,
		  &ipos_service_suite, &ipos_url_suite, &ipos_withdrawn_suite,
		  &ipos_listen_suite, &ipos_app_suite, &ipos_program_suite,
		  &ipos_cookiemap_suite, &ipos_pending_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests of ipOS's tables and timers");
