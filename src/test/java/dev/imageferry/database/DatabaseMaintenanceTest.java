package dev.imageferry.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.database.DatabaseMaintenance.Copied;
import dev.imageferry.database.MoveMarker.Move;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups and moves of embedded databases. A second embedded database stands for the external one. */
class DatabaseMaintenanceTest {
    private static final String JOB = """
            INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, state, state_since, priority, label, description, tags,
                cloud_init, replicate_to, next_run_at, created_at, updated_at, file_since)
            VALUES (gen_random_uuid(), gen_random_uuid(), 'a.img.gz', 1, 1, 1, 'QUEUED', now(), 0, '', '', '{}', false, '{}', now(), now(),
                now(), now())
            """;

    @TempDir
    static Path root;

    private static DatabaseDirectories directories;

    private Path home;
    private EmbeddedDatabase external;
    private Path file;

    @BeforeAll
    static void unpack() throws Exception {
        directories = new DatabaseDirectories(root);
    }

    @BeforeEach
    void fill() throws Exception {
        home = directories.next();
        external = EmbeddedDatabase.start(directories.next());
        file = home.resolveSibling(home.getFileName() + ".backup");
        try (EmbeddedDatabase database = EmbeddedDatabase.start(home)) {
            migrate(database);
            execute(database, JOB);
        }
    }

    @AfterEach
    void close() {
        external.close();
    }

    @Test
    void backs_up_a_running_database_and_one_that_does_not_run() throws Exception {
        Copied stopped = embedded(home).backUp(file);
        Path second = file.resolveSibling(file.getFileName() + "-2");
        Copied running;
        try (EmbeddedDatabase database = EmbeddedDatabase.start(home)) {
            execute(database, JOB.replace("a.img.gz", "b.img.gz"));
            running = embedded(home).backUp(second);
            assertThat(jobs(database)).isEqualTo(2);
        }

        assertThat(stopped.jobs()).isEqualTo(1);
        assertThat(running.jobs()).isEqualTo(2);
        Path restored = directories.next();
        assertThat(embedded(restored).restore(second).jobs()).isEqualTo(2);
        try (EmbeddedDatabase database = EmbeddedDatabase.start(restored)) {
            assertThat(jobs(database)).isEqualTo(2);
        }
    }

    @Test
    void restores_neither_over_jobs_nor_under_a_running_daemon() throws Exception {
        embedded(home).backUp(file);

        assertThatThrownBy(() -> embedded(home).restore(file)).hasMessageContaining("not empty (1 jobs)");
        try (EmbeddedDatabase running = EmbeddedDatabase.start(home)) {
            assertThatThrownBy(() -> embedded(home).restore(file)).hasMessageContaining("in use by another Imageferry");
            assertThat(jobs(running)).isEqualTo(1);
        }
    }

    @Test
    void backs_up_nothing_where_there_is_no_database() {
        Path nowhere = root.resolve("nowhere");

        assertThatThrownBy(() -> embedded(nowhere).backUp(file))
                .hasMessageContaining("There is no embedded database in " + nowhere);
        assertThat(nowhere).doesNotExist();
    }

    @Test
    void an_embedded_database_that_was_moved_does_not_start_again() throws Exception {
        assertThat(DatabaseMaintenance.checkNothingLeftBehind(home))
                .hasValueSatisfying(
                        warning -> assertThat(warning).contains(home.toString(), "imageferry database move"));

        Copied moved = moving().move();

        assertThat(DatabaseMaintenance.checkNothingLeftBehind(home)).isEmpty();
        assertThat(moved.jobs()).isEqualTo(1);
        assertThat(jobs(external)).isEqualTo(1);
        assertThat(home.resolve("move.zip")).doesNotExist();
        String target = "127.0.0.1:";
        assertThatThrownBy(() -> EmbeddedDatabase.start(home))
                .isInstanceOf(DatabaseStartException.class)
                .hasMessageContaining("was moved to " + target)
                .hasMessageContaining("quarkus.datasource.jdbc.url")
                .hasMessageNotContaining(external.password());
        assertThatThrownBy(() -> moving().move()).hasMessageContaining("was moved to " + target);
        assertThatThrownBy(() -> embedded(home).backUp(file)).hasMessageContaining("was moved to " + target);
        Files.delete(home.resolve("moved"));
        EmbeddedDatabase.start(home).close();
    }

    @Test
    void a_refused_move_leaves_the_embedded_database_in_use() throws Exception {
        migrate(external);
        execute(external, JOB);

        assertThatThrownBy(() -> moving().move()).hasMessageContaining("not empty (1 jobs)");
        assertThatThrownBy(() -> embedded(home).move()).hasMessageContaining("quarkus.datasource.jdbc.url");
        try (EmbeddedDatabase running = EmbeddedDatabase.start(home)) {
            assertThatThrownBy(() -> moving().move()).hasMessageContaining("in use by another Imageferry");
            assertThat(jobs(running)).isEqualTo(1);
        }
    }

    /** The process ended before the target was committed. */
    @Test
    void a_move_that_was_interrupted_before_the_commit_can_be_repeated() throws Exception {
        new MoveMarker(home).begin(new Move(UUID.randomUUID(), target()));
        assertThatThrownBy(() -> EmbeddedDatabase.start(home))
                .isInstanceOf(DatabaseStartException.class)
                .hasMessageContaining("to " + target() + " was interrupted");
        assertThatThrownBy(() -> DatabaseMaintenance.checkNothingLeftBehind(home))
                .isInstanceOf(DatabaseStartException.class)
                .hasMessageContaining("was interrupted");

        assertThat(moving().move().jobs()).isEqualTo(1);

        assertThat(jobs(external)).isEqualTo(1);
        assertThatThrownBy(() -> EmbeddedDatabase.start(home)).hasMessageContaining("was moved to " + target());
    }

    /** The process ended after the target was committed, and another daemon has used the target since. */
    @Test
    void a_move_that_was_interrupted_after_the_commit_completes_without_another_copy() throws Exception {
        moving().move();
        new MoveMarker(home).begin(new Move(moveInTarget(), target()));
        execute(external, JOB.replace("a.img.gz", "b.img.gz"));

        assertThat(moving().move().jobs()).isEqualTo(1);

        assertThat(jobs(external)).isEqualTo(2);
        assertThatThrownBy(() -> EmbeddedDatabase.start(home)).hasMessageContaining("was moved to " + target());
    }

    /** The first target may hold the queue already. */
    @Test
    void an_interrupted_move_goes_to_no_other_database() throws Exception {
        new MoveMarker(home).begin(new Move(UUID.randomUUID(), "first.example:5432/imageferry"));

        assertThatThrownBy(() -> moving().move())
                .hasMessageContaining("A move to first.example:5432/imageferry was interrupted")
                .hasMessageContaining(target())
                .hasMessageContaining(home.resolve("moved").toString());

        migrate(external);
        assertThat(jobs(external)).isZero();
        Files.delete(home.resolve("moved"));
        assertThat(moving().move().jobs()).isEqualTo(1);
    }

    /** As many jobs as in the embedded database, but not from it. */
    @Test
    void a_repeated_move_takes_no_other_queue_for_its_own() throws Exception {
        migrate(external);
        execute(external, JOB);
        new MoveMarker(home).begin(new Move(UUID.randomUUID(), target()));

        assertThatThrownBy(() -> moving().move()).hasMessageContaining("not empty (1 jobs)");
        assertThat(jobs(external)).isEqualTo(1);
    }

    private String target() {
        return external.jdbcUrl().replaceFirst("^jdbc:postgresql://", "").replaceFirst("\\?.*", "");
    }

    private UUID moveInTarget() throws SQLException {
        try (Connection connection = external.connections().open(SessionSettings.forMigration(), "test");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT obj_description('job'::regclass, 'pg_class')")) {
            row.next();
            return UUID.fromString(row.getString(1).replaceFirst(".* ", ""));
        }
    }

    private static DatabaseMaintenance embedded(Path directory) {
        return new DatabaseMaintenance(directory, Optional.empty(), Optional.empty(), Optional.empty());
    }

    private DatabaseMaintenance moving() {
        return new DatabaseMaintenance(
                home,
                Optional.of(external.jdbcUrl() + "&password=" + external.password()),
                Optional.of(external.username()),
                Optional.empty());
    }

    private static void migrate(EmbeddedDatabase database) {
        Flyway.configure()
                .dataSource(database.jdbcUrl(), database.username(), database.password())
                .locations("classpath:db/migration")
                .load()
                .migrate();
    }

    private static void execute(EmbeddedDatabase database, String sql) throws SQLException {
        try (Connection connection = database.connections().open(SessionSettings.forMigration(), "test");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long jobs(EmbeddedDatabase database) throws SQLException {
        try (Connection connection = database.connections().open(SessionSettings.forMigration(), "test");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM job")) {
            row.next();
            return row.getLong(1);
        }
    }
}
