package dev.imageferry.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/**
 * A statement with named parameters that is executed often. It binds and reads with JDBC, because Jdbi takes a
 * multiple of the time for dozens of parameters.
 */
final class NamedStatement {
    private static final Pattern PARAMETER = Pattern.compile(":(\\w+)");

    private final String named;
    private final String sql;
    private final List<String> parameters;

    /** @param named SQL with parameters such as {@code :id}; it contains no other colons */
    NamedStatement(String named) {
        this.named = named;
        this.sql = PARAMETER.matcher(named).replaceAll("?");
        this.parameters = PARAMETER
                .matcher(named)
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
    }

    /** Maps a row. */
    @FunctionalInterface
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Reads a row. */
    @FunctionalInterface
    interface RowReader {
        void accept(ResultSet row) throws SQLException;
    }

    /** Returns the number of rows that were changed. */
    int update(Handle handle, Map<String, Object> values) {
        try (PreparedStatement statement = bound(handle.getConnection(), values)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** Returns the rows of the result. */
    <T> List<T> query(Handle handle, Map<String, Object> values, Row<T> mapper) {
        List<T> rows = new ArrayList<>();
        forEach(handle, values, row -> rows.add(mapper.read(row)));
        return rows;
    }

    /** Reads the rows of the result one by one. */
    void forEach(Handle handle, Map<String, Object> values, RowReader reader) {
        try (PreparedStatement statement = bound(handle.getConnection(), values);
                ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                reader.accept(result);
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private PreparedStatement bound(Connection connection, Map<String, Object> values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.size(); i++) {
            String name = parameters.get(i);
            bind(statement, i + 1, Objects.requireNonNull(values.get(name), name));
        }
        return statement;
    }

    private static void bind(PreparedStatement statement, int position, Object value) throws SQLException {
        switch (value) {
            case Argument argument -> argument.apply(position, statement, null);
            case String[] texts ->
                statement.setArray(position, statement.getConnection().createArrayOf("text", texts));
            case Long[] numbers ->
                statement.setArray(position, statement.getConnection().createArrayOf("bigint", numbers));
            case UUID[] ids ->
                statement.setArray(position, statement.getConnection().createArrayOf("uuid", ids));
            default -> statement.setObject(position, value);
        }
    }

    private UnableToExecuteStatementException failure(SQLException cause) {
        return new UnableToExecuteStatementException("failed: " + named, cause, null);
    }
}
