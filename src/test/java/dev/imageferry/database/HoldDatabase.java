package dev.imageferry.database;

import java.nio.file.Path;

/** A daemon's database part as a process of its own: starts the database, prints its URL, and holds it until its input ends. */
final class HoldDatabase {
    private HoldDatabase() {}

    public static void main(String[] arguments) throws Exception {
        try (EmbeddedDatabase database = EmbeddedDatabase.start(Path.of(arguments[0]))) {
            System.out.println(database.jdbcUrl());
            while (System.in.read() >= 0) {
                // whatever comes
            }
        } catch (DatabaseStartException e) {
            System.out.println("refused: " + e.getMessage());
        }
    }
}
