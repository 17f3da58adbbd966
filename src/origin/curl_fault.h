/* What libcurl reports, in the names of RFC 9209. */
#ifndef ORIGIN_CURL_FAULT_H
#define ORIGIN_CURL_FAULT_H

#include <stdbool.h>

#include <curl/curl.h>

#include "http/fault.h"

/* How far a transfer had come when it ended. */
struct transfer_stage {
	bool resolved;  /* the name has addresses */
	bool connected; /* the request could be sent */
	bool head_seen; /* a byte of the response head came */
	bool head_done;
	long os_errno; /* of the connection attempt; 0: none */
};

enum fault curl_fault(CURLcode code, struct transfer_stage stage);

#endif
