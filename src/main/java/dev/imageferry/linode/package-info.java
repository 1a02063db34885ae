/**
 * The edge to Linode: the calls to the API ({@link dev.imageferry.linode.LinodeImages}) and the one PUT to the bucket
 * ({@link dev.imageferry.linode.Bucket}). Every answer becomes a value here, in {@code ResponseClassifier} and
 * {@code BucketClassifier}; no exception of the network leaves this package. Tokens and upload URLs appear in no
 * message, log line or {@code toString}.
 */
@NullMarked
package dev.imageferry.linode;

import org.jspecify.annotations.NullMarked;
