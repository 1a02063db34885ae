/**
 * What is seen over HTTP: the REST interface, its errors, who may ask, health. Reads through
 * {@link dev.imageferry.upload.QueueView} and knows no table, no folder and no Linode.
 */
@NullMarked
package dev.imageferry.web;

import org.jspecify.annotations.NullMarked;
