package dev.imageferry.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** What the files of an embedded database say, while a daemon runs on it or not. */
record EmbeddedFiles(Path directory) {
    private static final String PORT = "port = ";

    /** Whether the directory contains a database. */
    boolean exist() {
        return Files.isRegularFile(directory.resolve("data/PG_VERSION"));
    }

    /** The database of the daemon that runs in this directory. */
    DirectConnections ofRunningDaemon() throws IOException {
        String password = Files.readString(directory.resolve("password")).strip();
        return new DirectConnections(
                EmbeddedDatabase.jdbcUrl(port()),
                Optional.of(PostgresServer.ROLE),
                Optional.of(password),
                new TablesSchema());
    }

    private int port() throws IOException {
        Path configuration = directory.resolve("data/postgresql.conf");
        try (Stream<String> lines = Files.lines(configuration)) {
            return lines.filter(line -> line.startsWith(PORT))
                    .map(line -> Integer.parseInt(line.substring(PORT.length()).strip()))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no port in " + configuration));
        }
    }
}
