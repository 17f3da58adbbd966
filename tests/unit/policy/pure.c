/* That this links is the test: all of libpure.a, and neither curl nor zlib. */
#include <stdio.h>

int main(void)
{
	puts("the pure rooms need no I/O library");
	return 0;
}
