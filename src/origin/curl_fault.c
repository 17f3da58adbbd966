/* CURLcode to fault. */
#include "origin/curl_fault.h"

#include <errno.h>

static enum fault not_connected(long os_errno)
{
	switch (os_errno) {
	case ETIMEDOUT:
		return FAULT_CONNECTION_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL:
		return FAULT_DESTINATION_IP_UNROUTABLE;
	default:
		return FAULT_CONNECTION_REFUSED;
	}
}

static enum fault broken_off(struct transfer_stage stage)
{
	return stage.head_seen ? FAULT_HTTP_RESPONSE_INCOMPLETE :
				 FAULT_CONNECTION_TERMINATED;
}

/* libcurl has a maximum for a line, and until 8.6 no other word for what is
 * beyond it.  Between request and response nothing else takes much. */
static enum fault exhausted(struct transfer_stage stage)
{
	return stage.connected && !stage.head_done ?
	    FAULT_HTTP_RESPONSE_HEADER_SECTION_SIZE :
	    FAULT_PROXY_INTERNAL_ERROR;
}

enum fault curl_fault(CURLcode code, struct transfer_stage stage)
{
	switch (code) {
	case CURLE_OK:
		return stage.head_done ? FAULT_NONE :
					 FAULT_HTTP_RESPONSE_INCOMPLETE;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return FAULT_DNS_ERROR;
	case CURLE_COULDNT_CONNECT:
		return not_connected(stage.os_errno);
	case CURLE_OPERATION_TIMEDOUT:
		/* The only timeout libcurl keeps for us is the one to
		 * connect. */
		return stage.resolved ? FAULT_CONNECTION_TIMEOUT :
					FAULT_DNS_TIMEOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return FAULT_TLS_CERTIFICATE_ERROR;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CLIENTCERT:
	case CURLE_SSL_ENGINE_INITFAILED:
		return FAULT_TLS_PROTOCOL_ERROR;
	case CURLE_SSL_CERTPROBLEM: /* of our own certificate */
		return FAULT_PROXY_CONFIGURATION_ERROR;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_PARTIAL_FILE:
		return broken_off(stage);
	case CURLE_OUT_OF_MEMORY:
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE:
#endif
		return exhausted(stage);
	case CURLE_FAILED_INIT:
	case CURLE_WRITE_ERROR:
	case CURLE_READ_ERROR:
		return FAULT_PROXY_INTERNAL_ERROR;
	default:
		return stage.head_done ? FAULT_HTTP_RESPONSE_INCOMPLETE :
					 FAULT_HTTP_PROTOCOL_ERROR;
	}
}
