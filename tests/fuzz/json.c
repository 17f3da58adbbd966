/* JSON of every kind, and the token, cut where the first byte says. */
#include "filter/json.h"

#include "conf/conf.h"
#include "filter/token.h"
#include "tests/fuzz/pieces.h"

static enum json_kind kind;

static const struct slice names[] = { { "href", 4 }, { "x", 1 } };
static const struct slice_list members = { names, 2 };

static struct rewriter *make_json(
    struct arena *a, const struct mapping *m, struct outlet out)
{
	return json_new(a, m, mapping_place(m), kind,
	    kind == JSON_MEMBERS ? &members : NULL, out);
}

static struct rewriter *make_token(
    struct arena *a, const struct mapping *m, struct outlet out)
{
	return token_new(a, m, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	kind = size == 0 ? JSON_MEMBERS : (enum json_kind)(data[0] % 4);
	fuzz_pieces(make_json, true, data, size);
	fuzz_pieces(make_token, false, data, size);
	return 0;
}
