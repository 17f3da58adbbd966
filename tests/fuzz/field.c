/* Field lines and values: parsed, forwarded both ways, and judged for coding.
 * Input: field lines. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "http/field.h"
#include "http/list.h"
#include "http/media_type.h"
#include "http/message.h"
#include "policy/encode.h"
#include "policy/forward.h"
#include "policy/route.h"
#include "tests/fuzz/check.h"
#include "tests/unit/policy/hand.h"

static const struct hand_rule rules[] = {
	{ .name = "hotels", .paths = "/hotels" },
};

static struct arena *arena;
static struct conf *conf;

static const struct slice never[] = {
#define NAME(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
	NAME("Connection"),
	NAME("Keep-Alive"),
	NAME("TE"),
	NAME("Transfer-Encoding"),
	NAME("Content-Length"),
	NAME("Upgrade"),
#undef NAME
};

static void check_fields(const struct fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		CHECK(field_name_valid(f->at[i].name));
		CHECK(field_value_valid(f->at[i].value));
	}
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		CHECK(!field_has(f, never[i]));
}

static void check_values(const struct fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct slice value = f->at[i].value;
		struct slice rest = value;
		struct slice member;
		struct slice params;

		(void)media_type_matches(media_type(value), LIT("text/*"));
		while (list_next(&rest, &member)) {
			CHECK(member.len > 0);
			CHECK(member.at >= value.at &&
			    member.at + member.len <= value.at + value.len);
			(void)list_head(member, &params);
			CHECK(qvalue_of(params) <= QVALUE_ONE);
		}
	}
}

static void check_forward(const struct fields *f)
{
	struct request request = { .method = LIT("GET"),
		.scheme = LIT("http"),
		.client_addr = LIT("::1"),
		.protocol = LIT("HTTP/1.1"),
		.fields = *f };
	struct response response = {
		.status = 200, .fields = *f, .content_length = 1000
	};
	struct route_match m = { .rule = &conf->rules[0],
		.prefix = LIT("/hotels"),
		.authority = field_get(f, LIT("Host")) };
	struct upstream up;
	struct encode_decision d;

	if (forward_request(&request, &m, &conf->settings, arena, &up) ==
	    FORWARD_OK) {
		check_fields(&up.fields);
		CHECK(field_has(&up.fields, LIT("X-Forwarded-For")));
		CHECK(field_has(&up.fields, LIT("Via")));
	}
	if (!forward_response(&response, &conf->settings, arena))
		return;
	check_fields(&response.fields);
	CHECK(!field_has(&response.fields, LIT("Status")));
	CHECK(!field_has(&response.fields, LIT("X-Sendfile")));
	d = encode_choose(&conf->rules[0], &request, &response);
	CHECK(d.coding == CODING_IDENTITY || d.vary);
	if (encode_head(&response, CODING_GZIP, arena) &&
	    encode_vary(&response, arena)) {
		CHECK(list_field_has(&response.fields, LIT("Vary"),
			  LIT("Accept-Encoding")) ||
		    list_field_has(&response.fields, LIT("Vary"), LIT("*")));
		check_fields(&response.fields);
		d = encode_choose(&conf->rules[0], &request, &response);
		CHECK(d.coding == CODING_IDENTITY);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size };
	struct fields f = { 0 };
	struct slice line;

	if (conf == NULL) {
		conf = hand_conf(arena_new(1 << 20), rules, 1);
		arena = arena_new(4 << 20);
		CHECK(arena != NULL);
	}
	arena_reset(arena);
	while (size > 0 && slice_cut(&rest, '\n', &line)) {
		struct field field;

		if (!field_parse(line, &field))
			continue;
		CHECK(field_name_valid(field.name));
		CHECK(field_value_valid(field.value));
		if (!field_add(&f, arena, field.name, field.value))
			break;
	}
	check_values(&f);
	check_forward(&f);
	return 0;
}
