/* Heads of a bucket's responses, made those of a website. */
#ifndef POLICY_S3_HEAD_H
#define POLICY_S3_HEAD_H

struct response;

/* Takes off what S3 says to its own clients alone: ids, storage classes,
 * metadata, and whatever leads to the bucket itself. */
void s3_head_hide(struct response *r);

/* Takes off what is true of the object and not of the error that it is shown
 * for: what validates it, and how long it may be kept. */
void s3_head_error_page(struct response *r);

#endif
