/**
 * The embedded PostgreSQL in {@code imageferry.database.directory}, and the schema migration of the embedded or external
 * database. Start reading at {@link dev.imageferry.database.EmbeddedDatabase}.
 */
@NullMarked
package dev.imageferry.database;

import org.jspecify.annotations.NullMarked;
