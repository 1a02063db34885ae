/**
 * The database the daemon brings along: an embedded PostgreSQL below {@code imageferry.database.directory}, kept safe (on disk) and
 * closed (to other users), and the migration of whatever database is used. Start reading at {@link
 * dev.imageferry.database.EmbeddedDatabase}.
 */
@NullMarked
package dev.imageferry.database;

import org.jspecify.annotations.NullMarked;
