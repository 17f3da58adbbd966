/* The CGI response head. */
#include "front/head.h"

#include "base/text.h"
#include "http/status.h"

void head_write(struct text *t, const struct response *r)
{
	text_add(t, LIT("Status: "));
	text_u64(t, (uint64_t)r->status);
	text_char(t, ' ');
	text_add(t, status_reason(r->status));
	text_add(t, LIT("\r\n"));
	for (size_t i = 0; i < r->fields.n; i++) {
		text_add(t, r->fields.at[i].name);
		text_add(t, LIT(": "));
		text_add(t, r->fields.at[i].value);
		text_add(t, LIT("\r\n"));
	}
	if (r->content_length != LENGTH_UNKNOWN) {
		text_add(t, LIT("Content-Length: "));
		text_u64(t, (uint64_t)r->content_length);
		text_add(t, LIT("\r\n"));
	}
	text_add(t, LIT("\r\n"));
}
