package dev.imageferry.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Checks at the start whether a server can be used, before anything is changed in it.
 *
 * @param schema where the tables are or will be
 * @param errorOrNull why it cannot be used and what to do; null if it can
 */
record ServerCheck(String schema, @Nullable String errorOrNull) {
    private static final int OLDEST_MAJOR = 14;

    private static final String FACTS = """
            SELECT current_database(), current_user, current_schema(), current_setting('search_path'),
                current_setting('server_version'), CAST(current_setting('server_version_num') AS integer),
                current_setting('server_encoding'), pg_is_in_recovery(),
                COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false),
                to_regclass(quote_ident(current_schema()) || '.flyway_schema_history') IS NOT NULL,
                (SELECT string_agg(nspname, ', ' ORDER BY nspname) FROM pg_namespace
                    WHERE (SELECT count(*) FROM pg_class WHERE relnamespace = pg_namespace.oid
                        AND relname IN ('flyway_schema_history', 'job', 'job_history', 'known_folder')) = 4)
            """;

    /**
     * Queries the server.
     *
     * @param schemaIsNamed whether the JDBC URL names the schema
     */
    static ServerCheck query(Connection connection, boolean schemaIsNamed) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FACTS);
                ResultSet row = statement.executeQuery()) {
            row.next();
            String database = row.getString(1);
            String role = row.getString(2);
            String schema = row.getString(3);
            String searchPath = row.getString(4);
            String encoding = row.getString(7);
            boolean tablesAreHere = row.getBoolean(10);
            String schemasWithTables = row.getString(11);
            if (row.getInt(6) < OLDEST_MAJOR * 10_000) {
                return failed("PostgreSQL %s is too old: version %d or newer is required"
                        .formatted(row.getString(5), OLDEST_MAJOR));
            }
            if (!encoding.equals("UTF8")) {
                return failed(
                        "the database \"%s\" has the encoding %s, which cannot store every file name: create one with \"createdb -E UTF8 -T template0 NAME\" and name it in quarkus.datasource.jdbc.url"
                                .formatted(database, encoding));
            }
            if (row.getBoolean(8)) {
                return failed(
                        "the server of the database \"%s\" is a read-only standby: promote it, or name all hosts with targetServerType=primary in quarkus.datasource.jdbc.url"
                                .formatted(database));
            }
            if (schema == null) {
                return failed(
                        "the role \"%s\" cannot use any schema of its search_path (%s) in the database \"%s\": GRANT USAGE, CREATE ON SCHEMA public TO \"%s\", or name another schema with currentSchema= in quarkus.datasource.jdbc.url"
                                .formatted(role, searchPath, database, role));
            }
            if (tablesAreHere) {
                return new ServerCheck(schema, null);
            }
            if (schemasWithTables != null && !schemaIsNamed) {
                return failed(
                        "the tables in the database \"%s\" are in the schema %s, but the search_path (%s) leads to \"%s\", which has none: add currentSchema=%s to quarkus.datasource.jdbc.url, or currentSchema=%s for a new queue"
                                .formatted(database, schemasWithTables, searchPath, schema, schemasWithTables, schema));
            }
            return row.getBoolean(9)
                    ? new ServerCheck(schema, null)
                    : failed(
                            "the role \"%s\" cannot create tables in the schema \"%s\" of the database \"%s\": GRANT USAGE, CREATE ON SCHEMA \"%s\" TO \"%s\""
                                    .formatted(role, schema, database, schema, role));
        }
    }

    private static ServerCheck failed(String reason) {
        return new ServerCheck("", reason);
    }
}
