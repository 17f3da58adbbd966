/* The methods whose properties we know, WebDAV's among them. */
#include "http/method.h"

static bool is_one_of(struct slice method, const struct slice *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(method, list[i]))
			return true;
	return false;
}

#define TEXT(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}

bool method_is_safe(struct slice method)
{
	static const struct slice list[] = { TEXT("GET"), TEXT("HEAD"),
		TEXT("OPTIONS"), TEXT("TRACE"), TEXT("PROPFIND"),
		TEXT("REPORT"), TEXT("SEARCH"), TEXT("QUERY") };

	return is_one_of(method, list, sizeof(list) / sizeof(list[0]));
}

bool method_is_idempotent(struct slice method)
{
	static const struct slice list[] = { TEXT("GET"), TEXT("HEAD"),
		TEXT("OPTIONS"), TEXT("TRACE"), TEXT("PUT"), TEXT("DELETE"),
		TEXT("PROPFIND"), TEXT("PROPPATCH"), TEXT("MKCOL"),
		TEXT("COPY"), TEXT("MOVE"), TEXT("UNLOCK"), TEXT("REPORT"),
		TEXT("SEARCH") };

	return is_one_of(method, list, sizeof(list) / sizeof(list[0]));
}

bool method_expects_content(struct slice method)
{
	static const struct slice list[] = { TEXT("POST"), TEXT("PUT"),
		TEXT("PATCH") };

	return is_one_of(method, list, sizeof(list) / sizeof(list[0]));
}
