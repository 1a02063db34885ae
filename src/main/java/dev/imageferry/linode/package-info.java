/**
 * The client of Linode: calls to the API ({@link dev.imageferry.linode.LinodeImages}) and the PUT to the object storage
 * bucket ({@link dev.imageferry.linode.Bucket}). {@code ResponseClassifier} and {@code BucketClassifier} turn every response
 * and network error into a value. Tokens and upload URLs appear in no message, log line or {@code toString}.
 */
@NullMarked
package dev.imageferry.linode;

import org.jspecify.annotations.NullMarked;
