/* The entrance: which of the program's lives this call is. */
#include <stdio.h>

int main(void)
{
	fputs("usage: fingerpost serve|check|explain|fetch\n", stderr);
	return 2;
}
