/* CSS of every context, cut where the first byte says. */
#include "filter/css.h"
#include "tests/fuzz/pieces.h"

static enum css_context context;

static struct rewriter *make(
    struct arena *a, const struct mapping *m, struct outlet out)
{
	return css_new(a, m, mapping_place(m), context, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	context = size > 0 && data[0] % 3 == 1 ? CSS_DECLARATIONS :
	    size > 0 && data[0] % 3 == 2       ? CSS_VALUE :
						 CSS_SHEET;
	fuzz_pieces(make, true, data, size);
	return 0;
}
