package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.database.DatabaseStartException;
import dev.imageferry.database.EmbeddedDatabase;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RequestListener.Moment;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.KillPoint.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two daemons share PostgreSQL and the folder. The holder of a job is stopped with SIGSTOP for longer than its lease and resumes
 * while the other daemon, which has taken over, has a request in progress.
 */
@Tag("exhaustive")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FrozenDaemonIT {
    private static final Duration LIMIT = Duration.ofSeconds(75);
    private static final int IMAGE_BYTES = 400_000;

    @TempDir
    static Path directory;

    private final SimulatedLinode linode =
            SimulatedLinode.start(SimulatorOptions.forTests().withProcessing(Duration.ofMillis(400), Duration.ZERO));
    private final Trap trap = Trap.in(linode);
    private final Map<String, String> hashes = new LinkedHashMap<>();
    private final Map<String, DaemonProcess> daemons = new LinkedHashMap<>();
    private EmbeddedDatabase database;
    private Path folder;

    static Stream<Trial> points() {
        List<Fault> lostCreate = List.of(Fault.on(Operation.CREATE, new Effect.HandleThenCut()));
        return Stream.of(
                // first the trials that need listings, whose rate is limited
                at(new KillPoint.AtRequest(Operation.DELETE_IMAGE, 1, Moment.HANDLED), lostCreate),
                at(new KillPoint.AtRequest(Operation.CREATE, 1, Moment.HANDLED), List.of()),
                at(new KillPoint.AtRequest(Operation.CREATE, 1, Moment.ARRIVED), List.of()),
                at(new KillPoint.InPut(Part.HALF), List.of()),
                at(new KillPoint.InPut(Part.HALF_OF_THE_FINAL_BYTES), List.of()),
                at(new KillPoint.AtRequest(Operation.PUT_OBJECT, 1, Moment.HANDLED), List.of()),
                at(new KillPoint.AtRequest(Operation.GET_IMAGE, 1, Moment.HANDLED), List.of()));
    }

    private static Trial at(KillPoint point, List<Fault> faults) {
        return Trial.of(point, Victim.DAEMON, faults);
    }

    @BeforeAll
    void start() throws IOException, DatabaseStartException {
        database = EmbeddedDatabase.start(directory.resolve("postgres"));
        folder = directory.resolve("drop");
        for (String name : List.of("one", "two")) {
            DaemonProcess daemon = DaemonProcess.in(Files.createDirectory(directory.resolve(name)), linode)
                    .set("imageferry.instance", name)
                    .set("imageferry.drop.directory", folder.toString())
                    .set("imageferry.lease.duration", "3s")
                    .set("imageferry.drop.settle", "100ms")
                    // a PUT takes two seconds, so that it can be stopped in the middle
                    .set("imageferry.upload.bandwidth", "200K")
                    .set("quarkus.datasource.jdbc.url", database.jdbcUrl())
                    .set("quarkus.datasource.username", database.username())
                    .environment("QUARKUS_DATASOURCE_PASSWORD", database.password());
            daemons.put(name, daemon);
            daemon.launch();
        }
        daemons.values().forEach(DaemonProcess::awaitReady);
    }

    @AfterAll
    void stop() {
        trap.disarm();
        daemons.values().forEach(DaemonProcess::close);
        database.close();
        linode.close();
    }

    @ParameterizedTest
    @MethodSource("points")
    void daemon_that_resumes_after_losing_its_lease_does_no_harm(Trial trial) throws IOException {
        // given
        String file = "frozen-%03d.img.gz".formatted(hashes.size());
        Path made = DiskImages.ext4(directory.resolve(file), IMAGE_BYTES, file.hashCode());
        hashes.put(file, DiskImages.sha256(made));
        linode.clearFaults();
        trial.faults().forEach(linode::script);
        AtomicReference<DaemonProcess> frozen = new AtomicReference<>();
        CountDownLatch reached = new CountDownLatch(1);
        trap.arm(trial.point(), Files.size(made), () -> {
            DaemonProcess holder = holderOf(file);
            signal("STOP", holder);
            frozen.set(holder);
            reached.countDown();
        });

        // when
        Files.move(made, folder.resolve(file), StandardCopyOption.ATOMIC_MOVE);
        DaemonProcess any = daemons.values().iterator().next();
        any.await("the kill point", LIMIT, () -> reached.getCount() == 0);
        DaemonProcess stopped = Objects.requireNonNull(frozen.get(), "no daemon held the job");
        DaemonProcess other = daemons.values().stream()
                .filter(each -> each != stopped)
                .findFirst()
                .orElseThrow();
        trap.arm(requestOfOtherDaemon(trial), Long.MAX_VALUE, () -> {
            signal("CONT", stopped);
            awaitLoss(stopped, file);
        });
        try {
            other.await("a request of the other daemon", LIMIT, trap::hasSprung);
        } finally {
            signal("CONT", stopped);
        }
        other.await(file + " to be archived", LIMIT, () -> {
            endDoubtPeriod();
            return other.job(file).get("archived").asBoolean();
        });
        stopped.await("the stopped daemon to notice its lost lease", LIMIT, () -> hasNoticedLoss(stopped, file));

        // then
        JsonNode job = other.job(file);
        new Oracle(linode, folder)
                .check(hashes, job, other.json("/api/v1/jobs/" + job.get("id").asText() + "/history"), trial);
        assertThat(daemons.values()).allMatch(DaemonProcess::isAlive);
    }

    /** Returns the request of the second daemon during which the first resumes. */
    private static KillPoint requestOfOtherDaemon(Trial trial) {
        boolean bytesAreThere = switch (trial.point()) {
            case KillPoint.AtRequest(Operation operation, int nth, Moment moment) ->
                operation == Operation.PUT_OBJECT || operation == Operation.GET_IMAGE;
            case KillPoint.InPut(Part part) -> part != Part.HALF;
            case KillPoint.AfterLastStatusRequest last -> true;
        };
        return new KillPoint.AtRequest(bytesAreThere ? Operation.GET_IMAGE : Operation.PUT_OBJECT, 1, Moment.HANDLED);
    }

    /** Delays the request of the other daemon until the first notices the lost lease, for at most 3 s. */
    private static void awaitLoss(DaemonProcess stopped, String file) {
        long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        stopped.await("the lost lease or 3 s", LIMIT, () -> System.nanoTime() > end || hasNoticedLoss(stopped, file));
    }

    private static boolean hasNoticedLoss(DaemonProcess stopped, String file) {
        return stopped.log()
                .lines()
                .filter(line -> line.contains(stopped.job(file).get("id").asText()))
                .anyMatch(line -> line.contains("lease lost"));
    }

    /** Changes the database as if the final bytes were released three minutes earlier. */
    private void endDoubtPeriod() {
        try (Connection connection =
                        DriverManager.getConnection(database.jdbcUrl(), database.username(), database.password());
                PreparedStatement back = connection.prepareStatement(
                        "UPDATE job SET all_bytes_sent_at = all_bytes_sent_at - interval '3 minutes'"
                                + " WHERE outcome_at IS NULL AND all_bytes_sent_at > now() - interval '2 minutes'")) {
            back.executeUpdate();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns the daemon that holds the job. */
    private DaemonProcess holderOf(String file) {
        try (Connection connection =
                        DriverManager.getConnection(database.jdbcUrl(), database.username(), database.password());
                PreparedStatement holder = connection.prepareStatement("SELECT instance FROM job WHERE file = ?")) {
            holder.setString(1, file);
            try (ResultSet row = holder.executeQuery()) {
                row.next();
                return Objects.requireNonNull(daemons.get(row.getString(1)), "no daemon holds " + file);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static void signal(String name, DaemonProcess daemon) {
        try {
            DiskImages.run(
                    List.of("kill", "-" + name, Long.toString(daemon.process().pid())));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
