/* Reason phrases. */
#include "http/status.h"

#define WORDS(s)                   \
	{                          \
		(s), sizeof(s) - 1 \
	}

static const struct {
	int status;
	struct slice reason;
} reasons[] = {
	{ 100, WORDS("Continue") },
	{ 101, WORDS("Switching Protocols") },
	{ 102, WORDS("Processing") },
	{ 103, WORDS("Early Hints") },
	{ 200, WORDS("OK") },
	{ 201, WORDS("Created") },
	{ 202, WORDS("Accepted") },
	{ 203, WORDS("Non-Authoritative Information") },
	{ 204, WORDS("No Content") },
	{ 205, WORDS("Reset Content") },
	{ 206, WORDS("Partial Content") },
	{ 207, WORDS("Multi-Status") },
	{ 208, WORDS("Already Reported") },
	{ 226, WORDS("IM Used") },
	{ 300, WORDS("Multiple Choices") },
	{ 301, WORDS("Moved Permanently") },
	{ 302, WORDS("Found") },
	{ 303, WORDS("See Other") },
	{ 304, WORDS("Not Modified") },
	{ 305, WORDS("Use Proxy") },
	{ 307, WORDS("Temporary Redirect") },
	{ 308, WORDS("Permanent Redirect") },
	{ 400, WORDS("Bad Request") },
	{ 401, WORDS("Unauthorized") },
	{ 402, WORDS("Payment Required") },
	{ 403, WORDS("Forbidden") },
	{ 404, WORDS("Not Found") },
	{ 405, WORDS("Method Not Allowed") },
	{ 406, WORDS("Not Acceptable") },
	{ 407, WORDS("Proxy Authentication Required") },
	{ 408, WORDS("Request Timeout") },
	{ 409, WORDS("Conflict") },
	{ 410, WORDS("Gone") },
	{ 411, WORDS("Length Required") },
	{ 412, WORDS("Precondition Failed") },
	{ 413, WORDS("Content Too Large") },
	{ 414, WORDS("URI Too Long") },
	{ 415, WORDS("Unsupported Media Type") },
	{ 416, WORDS("Range Not Satisfiable") },
	{ 417, WORDS("Expectation Failed") },
	{ 421, WORDS("Misdirected Request") },
	{ 422, WORDS("Unprocessable Content") },
	{ 423, WORDS("Locked") },
	{ 424, WORDS("Failed Dependency") },
	{ 425, WORDS("Too Early") },
	{ 426, WORDS("Upgrade Required") },
	{ 428, WORDS("Precondition Required") },
	{ 429, WORDS("Too Many Requests") },
	{ 431, WORDS("Request Header Fields Too Large") },
	{ 451, WORDS("Unavailable For Legal Reasons") },
	{ 500, WORDS("Internal Server Error") },
	{ 501, WORDS("Not Implemented") },
	{ 502, WORDS("Bad Gateway") },
	{ 503, WORDS("Service Unavailable") },
	{ 504, WORDS("Gateway Timeout") },
	{ 505, WORDS("HTTP Version Not Supported") },
	{ 506, WORDS("Variant Also Negotiates") },
	{ 507, WORDS("Insufficient Storage") },
	{ 508, WORDS("Loop Detected") },
	{ 511, WORDS("Network Authentication Required") },
};

static const struct slice classes[] = {
	WORDS("Unknown"),
	WORDS("Informational"),
	WORDS("Successful"),
	WORDS("Redirection"),
	WORDS("Client Error"),
	WORDS("Server Error"),
};

struct slice status_reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return classes[status >= 100 && status < 600 ? status / 100 : 0];
}
