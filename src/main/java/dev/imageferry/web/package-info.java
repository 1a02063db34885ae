/**
 * The HTTP interface: REST API, status page, access control and health checks.
 */
@NullMarked
package dev.imageferry.web;

import org.jspecify.annotations.NullMarked;
