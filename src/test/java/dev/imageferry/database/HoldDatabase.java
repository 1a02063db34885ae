package dev.imageferry.database;

import java.nio.file.Path;

/** Starts the embedded database in a separate process, prints its URL, and keeps it running until its input ends. */
final class HoldDatabase {
    private HoldDatabase() {}

    public static void main(String[] arguments) throws Exception {
        try (EmbeddedDatabase database = EmbeddedDatabase.start(Path.of(arguments[0]))) {
            System.out.println(database.jdbcUrl());
            while (System.in.read() >= 0) {
                // ignore the input
            }
        } catch (DatabaseStartException e) {
            System.out.println("refused: " + e.getMessage());
        }
    }
}
