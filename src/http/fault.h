/* What can go wrong between us and an origin, under the names of RFC 9209
 * section 2.3.  Zero is success. */
#ifndef HTTP_FAULT_H
#define HTTP_FAULT_H

#include "base/slice.h"

enum fault {
	FAULT_NONE,
	FAULT_DNS_TIMEOUT,
	FAULT_DNS_ERROR,
	FAULT_DESTINATION_IP_UNROUTABLE,
	FAULT_DESTINATION_UNAVAILABLE,
	FAULT_CONNECTION_REFUSED,
	FAULT_CONNECTION_TERMINATED,
	FAULT_CONNECTION_TIMEOUT,
	FAULT_CONNECTION_READ_TIMEOUT,
	FAULT_CONNECTION_WRITE_TIMEOUT,
	FAULT_CONNECTION_LIMIT_REACHED,
	FAULT_TLS_PROTOCOL_ERROR,
	FAULT_TLS_CERTIFICATE_ERROR,
	FAULT_HTTP_REQUEST_ERROR,
	FAULT_HTTP_RESPONSE_INCOMPLETE,
	FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE,
	FAULT_HTTP_RESPONSE_CONTENT_CODING,
	FAULT_HTTP_RESPONSE_TIMEOUT,
	FAULT_HTTP_UPGRADE_FAILED,
	FAULT_HTTP_PROTOCOL_ERROR,
	FAULT_PROXY_INTERNAL_ERROR,
	FAULT_PROXY_CONFIGURATION_ERROR,
	FAULT_PROXY_LOOP_DETECTED,
	FAULT_CLIENT_GONE, /* nobody is left to answer: never on the wire */
	FAULT_N
};

/* The error type of Proxy-Status. */
struct slice fault_token(enum fault f);

/* The status of the answer where no response has begun yet. */
int fault_status(enum fault f);

/* What happened, for the error page and the log. */
struct slice fault_words(enum fault f);

#endif
