/* The record codec's state machine. */
#include "front/record.h"

#include <fastcgi.h>
#include <string.h>

static enum record_event head_done(struct record_reader *r)
{
	if (r->head[0] != FCGI_VERSION_1)
		return RECORD_BROKEN;
	r->type = r->head[1];
	r->id = (uint16_t)(r->head[2] << 8 | r->head[3]);
	r->content_len = (size_t)r->head[4] << 8 | r->head[5];
	r->content_left = r->content_len;
	r->padding_left = r->head[6];
	return RECORD_BEGIN;
}

enum record_event record_next(
    struct record_reader *r, struct slice *input, struct slice *content_out)
{
	if (r->head_len < RECORD_HEAD_BYTES) {
		size_t n = RECORD_HEAD_BYTES - r->head_len;

		if (n > input->len)
			n = input->len;
		if (n > 0)
			memcpy(r->head + r->head_len, input->at, n);
		r->head_len += (unsigned)n;
		*input = slice_from(*input, n);
		return r->head_len < RECORD_HEAD_BYTES ? RECORD_MORE :
							 head_done(r);
	}
	if (r->content_left > 0) {
		struct slice content = slice_upto(*input, r->content_left);

		if (content.len == 0)
			return RECORD_MORE;
		r->content_left -= content.len;
		*input = slice_from(*input, content.len);
		*content_out = content;
		return RECORD_CONTENT;
	}
	if (r->padding_left > 0) {
		size_t n =
		    r->padding_left < input->len ? r->padding_left : input->len;

		r->padding_left -= n;
		*input = slice_from(*input, n);
		if (r->padding_left > 0)
			return RECORD_MORE;
	}
	r->head_len = 0;
	return RECORD_END;
}

void record_head(unsigned char to[RECORD_HEAD_BYTES], uint8_t type, uint16_t id,
    size_t content_len, size_t padding_len)
{
	to[0] = FCGI_VERSION_1;
	to[1] = type;
	to[2] = (unsigned char)(id >> 8);
	to[3] = (unsigned char)id;
	to[4] = (unsigned char)(content_len >> 8);
	to[5] = (unsigned char)content_len;
	to[6] = (unsigned char)padding_len;
	to[7] = 0;
}
