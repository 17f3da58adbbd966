/* The rules' TLS settings as libcurl's options, for one use of a handle. */
#ifndef ORIGIN_TLS_H
#define ORIGIN_TLS_H

#include <curl/curl.h>

#include "base/slice.h"

struct arena;
struct tls;

/* What the handle's URL begins with: the root under the server's name where
 * there is one.  NUL-terminated, as `root` is. */
struct slice tls_root(const struct tls *tls, struct slice root);

/* For an https URL: sets every option of TLS and where to connect, whatever
 * the handle was used for before; NULL: verified by what the system trusts.
 * The handle borrows from `tls` and the arena until tls_take_back(). */
bool tls_lend(CURL *curl, const struct tls *tls, struct arena *a);
void tls_take_back(CURL *curl);

#endif
