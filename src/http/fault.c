/* The one table of faults. */
#include "http/fault.h"

#define TEXT(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}

static const struct {
	struct slice token;
	int status;
	struct slice words;
} fault_info[FAULT_N] = {
	[FAULT_NONE] = { TEXT(""), 200, TEXT("all is well") },
	[FAULT_DNS_TIMEOUT] = { TEXT("dns_timeout"), 504,
	    TEXT("the origin's name was not resolved in time") },
	[FAULT_DNS_ERROR] = { TEXT("dns_error"), 502,
	    TEXT("the origin's name could not be resolved") },
	[FAULT_DESTINATION_IP_UNROUTABLE] = { TEXT("destination_ip_unroutable"),
	    502, TEXT("there is no route to the origin") },
	[FAULT_DESTINATION_UNAVAILABLE] = { TEXT("destination_unavailable"),
	    503, TEXT("no server is fit to answer now") },
	[FAULT_CONNECTION_REFUSED] = { TEXT("connection_refused"), 502,
	    TEXT("the origin refused the connection") },
	[FAULT_CONNECTION_TERMINATED] = { TEXT("connection_terminated"), 502,
	    TEXT("the origin closed the connection without an answer") },
	[FAULT_CONNECTION_TIMEOUT] = { TEXT("connection_timeout"), 504,
	    TEXT("the origin could not be connected in time") },
	[FAULT_CONNECTION_READ_TIMEOUT] = { TEXT("connection_read_timeout"),
	    504, TEXT("the origin stopped sending") },
	[FAULT_CONNECTION_WRITE_TIMEOUT] = { TEXT("connection_write_timeout"),
	    504, TEXT("the origin stopped taking the request") },
	[FAULT_CONNECTION_LIMIT_REACHED] = { TEXT("connection_limit_reached"),
	    503, TEXT("too many requests are under way") },
	[FAULT_TLS_PROTOCOL_ERROR] = { TEXT("tls_protocol_error"), 502,
	    TEXT("the TLS handshake with the origin failed") },
	[FAULT_TLS_CERTIFICATE_ERROR] = { TEXT("tls_certificate_error"), 502,
	    TEXT("the origin's certificate could not be verified") },
	[FAULT_HTTP_REQUEST_ERROR] = { TEXT("http_request_error"), 400,
	    TEXT("the request was not understood") },
	[FAULT_HTTP_RESPONSE_INCOMPLETE] = { TEXT("http_response_incomplete"),
	    502, TEXT("the origin broke off its response") },
	[FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE] = { TEXT("http_response_"
							   "header_section_"
							   "size"),
	    502, TEXT("the head of the origin's response was too large") },
	[FAULT_HTTP_RESPONSE_CONTENT_CODING] = { TEXT("http_response_content_"
						      "coding"),
	    502, TEXT("the content coding of the response was broken") },
	[FAULT_HTTP_RESPONSE_TIMEOUT] = { TEXT("http_response_timeout"), 504,
	    TEXT("the origin did not answer in time") },
	[FAULT_HTTP_UPGRADE_FAILED] = { TEXT("http_upgrade_failed"), 502,
	    TEXT("the origin switched protocols unasked") },
	[FAULT_HTTP_PROTOCOL_ERROR] = { TEXT("http_protocol_error"), 502,
	    TEXT("the origin's response was not valid HTTP") },
	[FAULT_PROXY_INTERNAL_ERROR] = { TEXT("proxy_internal_error"), 500,
	    TEXT("the gateway ran out of a resource") },
	[FAULT_PROXY_CONFIGURATION_ERROR] = { TEXT("proxy_configuration_error"),
	    500, TEXT("the gateway is not set up as this origin needs it") },
	[FAULT_PROXY_LOOP_DETECTED] = { TEXT("proxy_loop_detected"), 502,
	    TEXT("the request went in a circle") },
	[FAULT_CLIENT_GONE] = { TEXT("connection_terminated"), 499,
	    TEXT("the client went away") },
};

struct slice fault_token(enum fault f)
{
	return fault_info[f].token;
}

int fault_status(enum fault f)
{
	return fault_info[f].status;
}

struct slice fault_words(enum fault f)
{
	return fault_info[f].words;
}
