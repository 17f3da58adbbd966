/* Writing UTF-8. */
#include "base/utf8.h"

size_t utf8_put(uint32_t code, char bytes_out[4])
{
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n;

	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		code = 0xfffd;
	if (code < 0x80) {
		bytes_out[0] = (char)code;
		return 1;
	}
	n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, code >>= 6)
		bytes_out[i] = (char)(0x80 | (code & 0x3f));
	bytes_out[0] = (char)(marks[n] | code);
	return n;
}
