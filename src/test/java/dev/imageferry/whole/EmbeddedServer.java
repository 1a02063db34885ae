package dev.imageferry.whole;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Kills the embedded PostgreSQL of a daemon or runs statements in it. */
public record EmbeddedServer(Path workingDirectory) {
    private Path home() {
        return workingDirectory.resolve("data/postgres");
    }

    /** Kills the server and its child processes with SIGKILL. */
    void kill() {
        ProcessHandle postmaster = postmaster();
        List<ProcessHandle> all = postmaster.descendants().toList();
        postmaster.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
    }

    /** Returns the process whose descendants are the other processes of the server. */
    public ProcessHandle postmaster() {
        try {
            long pid = Long.parseLong(Files.readAllLines(home().resolve("data/postmaster.pid"))
                    .getFirst()
                    .strip());
            return ProcessHandle.of(pid).orElseThrow(() -> new AssertionError("no PostgreSQL process with pid " + pid));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a statement with the role of the daemon. */
    public int execute(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    /** Opens a connection with the role of the daemon. */
    public Connection connect() throws SQLException {
        try {
            List<String> configuration = Files.readAllLines(home().resolve("data/postgresql.conf"));
            String port = configuration.stream()
                    .filter(line -> line.startsWith("port = "))
                    .map(line -> line.substring("port = ".length()).strip())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no port in " + configuration));
            String password = Files.readString(home().resolve("password")).strip();
            return DriverManager.getConnection(
                    "jdbc:postgresql://127.0.0.1:" + port + "/imageferry", "imageferry", password);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
