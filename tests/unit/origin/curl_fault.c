/* What libcurl reports, in our words. */
#include "tests/unit/unit.h"

#include "origin/curl_fault.h"

static const struct {
	CURLcode code;
	struct transfer_stage stage;
	enum fault want;
} rows[] = {
	{ CURLE_OK, { .head_done = true }, FAULT_NONE },
	{ CURLE_OK, { .head_seen = true }, FAULT_HTTP_RESPONSE_INCOMPLETE },
	{ CURLE_COULDNT_RESOLVE_HOST, { 0 }, FAULT_DNS_ERROR },
	{ CURLE_OPERATION_TIMEDOUT, { 0 }, FAULT_DNS_TIMEOUT },
	{ CURLE_OPERATION_TIMEDOUT, { .resolved = true },
	    FAULT_CONNECTION_TIMEOUT },
	{ CURLE_COULDNT_CONNECT, { 0 }, FAULT_CONNECTION_REFUSED },
	/* Theirs does not hold. */
	{ CURLE_PEER_FAILED_VERIFICATION, { 0 }, FAULT_TLS_CERTIFICATE_ERROR },
	{ CURLE_SSL_CACERT_BADFILE, { 0 }, FAULT_TLS_CERTIFICATE_ERROR },
	{ CURLE_SSL_ISSUER_ERROR, { 0 }, FAULT_TLS_CERTIFICATE_ERROR },
	/* Ours does not. */
	{ CURLE_SSL_CERTPROBLEM, { 0 }, FAULT_PROXY_CONFIGURATION_ERROR },
	/* No common ground. */
	{ CURLE_SSL_CONNECT_ERROR, { 0 }, FAULT_TLS_PROTOCOL_ERROR },
	{ CURLE_SSL_CIPHER, { 0 }, FAULT_TLS_PROTOCOL_ERROR },
	{ CURLE_SSL_CLIENTCERT, { 0 }, FAULT_TLS_PROTOCOL_ERROR },
	{ CURLE_RECV_ERROR, { .connected = true },
	    FAULT_CONNECTION_TERMINATED },
	{ CURLE_RECV_ERROR, { .connected = true, .head_seen = true },
	    FAULT_HTTP_RESPONSE_INCOMPLETE },
	/* A line without end, or really no memory. */
	{ CURLE_OUT_OF_MEMORY, { .connected = true, .head_seen = true },
	    FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE },
	{ CURLE_OUT_OF_MEMORY, { 0 }, FAULT_PROXY_INTERNAL_ERROR },
	{ CURLE_OUT_OF_MEMORY, { .connected = true, .head_done = true },
	    FAULT_PROXY_INTERNAL_ERROR },
};

static void codes_become_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		if (curl_fault(rows[i].code, rows[i].stage) != rows[i].want)
			fail_msg("row %zu: %.*s", i,
			    SLICE_ARG(fault_token(
				curl_fault(rows[i].code, rows[i].stage))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_become_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
