package dev.imageferry.daemon;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The points before and after each commit and each call to Linode's API. At a boundary, a test can make a statement fail, run
 * its own code, or simulate a SIGKILL, after which the objects of the daemon reach neither the database nor the API.
 */
final class Boundaries {
    private static final Set<String> EXECUTIONS = Set.of("execute", "executeQuery", "executeUpdate");

    private final List<String> passed = new ArrayList<>();
    private final At at;
    private volatile boolean dead;

    /** Simulates a SIGKILL. An error, so that no exception handler of the daemon catches it. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;

        Killed(String where) {
            super("killed " + where);
        }
    }

    /** The action of a test at a boundary. */
    interface At {
        At NOTHING = (index, name, boundaries) -> null;

        /**
         * Called at each boundary.
         *
         * @param index counts from 0
         * @return the failure of the statement; null to continue. Ignored for a call to the API
         */
        @Nullable
        SQLException reached(int index, String name, Boundaries boundaries);
    }

    Boundaries(At at) {
        this.at = at;
    }

    /** The names of all boundaries so far, in order. */
    List<String> passed() {
        return List.copyOf(passed);
    }

    /** Simulates a SIGKILL from now on. */
    Killed kill(String where) {
        dead = true;
        return new Killed(where);
    }

    boolean isDead() {
        return dead;
    }

    private synchronized @Nullable SQLException pass(String name) {
        if (dead) {
            throw new Killed(name);
        }
        int index = passed.size();
        passed.add(name);
        return at.reached(index, name, this);
    }

    /** Records a boundary on any thread. A kill there takes effect at the next boundary. */
    void mark(String name) {
        if (!dead) {
            try {
                pass(name);
            } catch (Killed e) {
                dead = true;
            }
        }
    }

    /** Adds a boundary before and after each call. */
    <T> T around(Class<T> type, T delegate) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    pass("before " + method.getName());
                    Object result = invoke(delegate, method, arguments);
                    pass("after " + method.getName());
                    return result;
                }));
    }

    /** Adds a boundary before and after each commit. */
    DataSource around(DataSource delegate) {
        return (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (dead) {
                        throw new Killed("at a connection");
                    }
                    Object result = invoke(delegate, method, arguments);
                    return result instanceof Connection connection ? around(connection) : result;
                });
    }

    private Connection around(Connection delegate) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("commit")) {
                        return passing("COMMIT", () -> invoke(delegate, method, arguments));
                    }
                    Object result = invoke(delegate, method, arguments);
                    return result instanceof PreparedStatement statement
                            ? around(statement, (String) arguments[0], delegate)
                            : result;
                });
    }

    private PreparedStatement around(PreparedStatement delegate, String sql, Connection connection) {
        return (PreparedStatement) Proxy.newProxyInstance(
                PreparedStatement.class.getClassLoader(),
                new Class<?>[] {PreparedStatement.class},
                (proxy, method, arguments) -> {
                    boolean commits = EXECUTIONS.contains(method.getName()) && connection.getAutoCommit();
                    return commits
                            ? passing(name(sql), () -> invoke(delegate, method, arguments))
                            : invoke(delegate, method, arguments);
                });
    }

    /** Whether the boundary belongs to a statement or a commit. */
    static boolean isOfDatabase(String name) {
        return name.matches("(before|after) [A-Z]{4,} ?.*");
    }

    private static String name(String sql) {
        String words = sql.strip().replaceAll("\\s+", " ");
        return words.substring(0, Math.min(60, words.length()));
    }

    private interface Invocation {
        @Nullable
        Object invoke() throws Throwable;
    }

    private @Nullable Object passing(String name, Invocation invocation) throws Throwable {
        SQLException before = pass("before " + name);
        if (before != null) {
            throw before;
        }
        Object result = invocation.invoke();
        SQLException after = pass("after " + name);
        if (after != null) {
            throw after;
        }
        return result;
    }

    private static @Nullable Object invoke(
            Object delegate, java.lang.reflect.Method method, @Nullable Object[] arguments) throws Throwable {
        try {
            return method.invoke(delegate, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
