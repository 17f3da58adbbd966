/* The traversal oracle: slow, plain, and its own. */
#include "tests/unit/policy/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decodes once; '/' and, as told, %2F and backslashes become NULs, which no
 * accepted target holds. */
static size_t oracle_decode(
    struct slice in, bool encoded_slash, bool backslash, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		char c = in.at[i];
		bool escaped = false;
		unsigned byte;
		char hex[3] = { 0 };

		if (c == '%' && i + 2 < in.len) {
			memcpy(hex, in.at + i + 1, 2);
			if (strspn(hex, "0123456789abcdefABCDEF") == 2 &&
			    sscanf(hex, "%2x", &byte) == 1) {
				c = (char)byte;
				escaped = true;
				i += 2;
			}
		}
		if ((c == '/' && (!escaped || encoded_slash)) ||
		    (c == '\\' && backslash))
			c = '\0';
		out[n++] = c;
	}
	out[n] = '\0';
	return n;
}

/* How far below its start the path goes at its lowest: 0 or less. */
static long oracle_lowest(struct slice in, bool encoded_slash, bool backslash)
{
	char *text = malloc(in.len + 2);
	size_t len = oracle_decode(in, encoded_slash, backslash, text);
	long depth = 0;
	long lowest = 0;

	for (char *at = text; at < text + len;) {
		size_t n = strnlen(at, (size_t)(text + len - at));

		if (n == 2 && memcmp(at, "..", 2) == 0)
			depth--;
		else if (n > 2 && memcmp(at, "..;", 3) == 0)
			depth--;
		else if (n > 0 && !(n == 1 && *at == '.'))
			depth++;
		if (depth < lowest)
			lowest = depth;
		at += n + 1;
	}
	free(text);
	return lowest;
}

bool oracle_led_out(struct slice path)
{
	return oracle_lowest(path, false, false) < 0 ||
	    oracle_lowest(path, true, false) < 0 ||
	    oracle_lowest(path, false, true) < 0 ||
	    oracle_lowest(path, true, true) < 0;
}
