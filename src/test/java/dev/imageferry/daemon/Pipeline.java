package dev.imageferry.daemon;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.imageferry.SettableClock;
import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.DropSettings;
import dev.imageferry.drop.Opening;
import dev.imageferry.job.Job;
import dev.imageferry.job.Ticker;
import dev.imageferry.linode.Bandwidth;
import dev.imageferry.linode.Bucket;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.LinodeSettings;
import dev.imageferry.linode.TokenSource;
import dev.imageferry.notify.NotifySettings;
import dev.imageferry.queue.QueueAccess;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.step.CheckSettings;
import dev.imageferry.step.PollSettings;
import dev.imageferry.worker.Dispatcher;
import dev.imageferry.worker.Gate;
import dev.imageferry.worker.Gates;
import dev.imageferry.worker.JobListeners;
import dev.imageferry.worker.JobLog;
import dev.imageferry.worker.JudgedLinodeImages;
import dev.imageferry.worker.LinodeProbe;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Runs the daemon's objects in the JVM of the test, with real PostgreSQL, real files and the simulated Linode over real HTTP. A
 * test runs due jobs on its own thread, moves the clock, and restarts the daemon by creating new objects.
 */
public final class Pipeline {
    public static final Duration LEASE = Duration.ofMinutes(2);

    /** Duration of one round, longer than the pauses between polls and the first pauses of closed gates. */
    public static final Duration ROUND = Duration.ofSeconds(30);

    private static final ObjectMapper JSON = new ObjectMapper()
            .registerModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);

    private final SimulatedLinode linode;
    private final Path root;
    private final DataSource database = PipelineDatabase.emptied();
    private final QueueAccess outside = new QueueAccess(database, "outside", LEASE);
    private final Map<String, String> properties = new HashMap<>();
    private final SettableClock clock = new SettableClock(Instant.now());
    private Dispatcher.RunStarter starter = (thread, run) -> run.run();
    private Ticker apiTicker = Ticker.SYSTEM;
    private int generation;

    public Pipeline(SimulatedLinode linode, Path root) {
        this.linode = linode;
        this.root = root;
        set("imageferry.drop.directory", root.toString());
        set("imageferry.drop.settle", "0s");
        set("imageferry.image.region", "us-ord");
        set("imageferry.linode.token", linode.token());
        set("imageferry.linode.url", linode.uri().toString());
        set("imageferry.retry.initial-delay", "1s");
    }

    public Pipeline set(String key, String value) {
        properties.put(key, value);
        return this;
    }

    /** Runs each job on its own thread, as the daemon does. */
    public Pipeline onThreads() {
        starter = Dispatcher.RunStarter.THREADS;
        return this;
    }

    /** Measures the rates of calls to the API by the clock of the pipeline. A wait for a rate then never ends by itself. */
    public Pipeline withRatesByClock() {
        apiTicker = clock;
        return this;
    }

    public SettableClock clock() {
        return clock;
    }

    public SimulatedLinode linode() {
        return linode;
    }

    public Path root() {
        return root;
    }

    /** The queue as seen by another process. */
    public QueueAccess queue() {
        return outside;
    }

    /** Starts a new daemon with the same database and folder. */
    public Daemon start(Boundaries.At at) {
        return new Daemon(new Boundaries(at), "daemon-" + ++generation);
    }

    public Daemon start() {
        return start(Boundaries.At.NOTHING);
    }

    /** Moves due times, leases and ages in the database, and the clock of the daemon. */
    public void pass(Duration duration) {
        clock.advance(duration);
        double seconds = duration.toMillis() / 1000.0;
        outside.execute(
                "UPDATE job SET next_run_at = next_run_at - d, lease_until = lease_until - d, state_since = state_since - d,"
                        + " error_since = error_since - d, all_bytes_sent_at = all_bytes_sent_at - d, file_since = file_since - d,"
                        + " created_at = created_at - d, started_at = started_at - d, updated_at = updated_at - d"
                        + " FROM (SELECT make_interval(secs => ?)) AS passed (d) WHERE archived_at IS NULL",
                seconds);
        outside.execute(
                "UPDATE notification SET next_attempt_at = next_attempt_at - d, created_at = created_at - d"
                        + " FROM (SELECT make_interval(secs => ?)) AS passed (d)",
                seconds);
    }

    /** Drops a complete file into the folder atomically. */
    public Path drop(String name, byte[] content) {
        try {
            Path aside = Files.write(root.resolve("." + UUID.randomUUID()), content);
            return Files.move(aside, root.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public List<Job> jobs() {
        return outside.jobs();
    }

    /** The only job. */
    public Job job() {
        List<Job> jobs = jobs();
        if (jobs.size() != 1) {
            throw new AssertionError("one job expected, not " + jobs);
        }
        return jobs.getFirst();
    }

    public boolean isAllArchived() {
        List<Job> jobs = jobs();
        return !jobs.isEmpty() && jobs.stream().allMatch(Job::isArchived);
    }

    /** One daemon. */
    public final class Daemon {
        private final Boundaries boundaries;
        private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
        private final Gates gates = new Gates(clock, clock);
        private final QueueAccess access;
        private final FolderService service;
        private final Webhook webhook;
        private final FamilyBell bell = new FamilyBell();
        private final FamilySchedule families;

        private Daemon(Boundaries boundaries, String name) {
            this.boundaries = boundaries;
            this.access = new QueueAccess(boundaries.around(database), name, LEASE);
            SmallRyeConfig config = config();
            Composition.Settings settings = new Composition.Settings(
                    config.getConfigMapping(DropSettings.class),
                    config.getConfigMapping(ImageSettings.class),
                    config.getConfigMapping(LimitSettings.class),
                    config.getConfigMapping(CheckSettings.class),
                    config.getConfigMapping(UploadSettings.class),
                    config.getConfigMapping(RetrySettings.class),
                    config.getConfigMapping(PollSettings.class),
                    config.getConfigMapping(ShutdownSettings.class),
                    config.getConfigMapping(HistorySettings.class));
            LinodeSettings linodeSettings = config.getConfigMapping(LinodeSettings.class);
            LinodeImages http = boundaries.around(
                    LinodeImages.class,
                    new HttpLinodeImages(
                            linodeSettings.url(), new TokenSource(linodeSettings), "test", clock, apiTicker, registry));
            LinodeProbe probe = new LinodeProbe(http, gates);
            DropFolder folder = switch (DropFolder.open(root, null)) {
                case Opening.Opened opened -> opened.folder();
                case Opening.Closed closed -> throw new AssertionError(closed.problem());
            };
            UploadSettings upload = settings.upload();
            NotifySettings notify = config.getConfigMapping(NotifySettings.class);
            Composition.Parts parts = new Composition.Parts(
                    access.claims(),
                    access.queue(Webhook.outbox(notify, settings, JSON)),
                    access.offers(),
                    access.instance(),
                    access.leases(PipelineDatabase.url(), PipelineDatabase.username(), PipelineDatabase.password()),
                    PipelineDatabase.connections(),
                    new JudgedLinodeImages(http, probe, gates),
                    probe,
                    new Bucket("test", upload.stallTimeout(), upload.answerTimeout(), new Bandwidth(), clock, registry),
                    gates,
                    new JobListeners(List.of(
                            new JobLog(), new JobMetrics(registry, upload.concurrency(), List.of("us-ord")), bell)),
                    JSON,
                    clock,
                    clock,
                    new Random(1),
                    pause -> pass(Duration.ofMillis(500)),
                    starter);
            this.service = FolderComposition.serve(folder, settings, parts);
            this.families = new FamilySchedule(bell, access.familyImages(), parts);
            this.webhook = new Webhook(notify, settings, parts, access.notifications(), "test", registry);
            heartbeat();
        }

        private SmallRyeConfig config() {
            SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                    .withConverter(Duration.class, 200, new DurationConverter())
                    .withConverter(MemorySize.class, 200, new MemorySizeConverter())
                    .withSources(new PropertiesConfigSource(properties, "test", 100));
            List.of(
                            DropSettings.class,
                            ImageSettings.class,
                            LimitSettings.class,
                            CheckSettings.class,
                            UploadSettings.class,
                            RetrySettings.class,
                            PollSettings.class,
                            ShutdownSettings.class,
                            HistorySettings.class,
                            NotifySettings.class,
                            LinodeSettings.class)
                    .forEach(builder::withMapping);
            return builder.build();
        }

        /** Records in the table that the daemon is alive. */
        void heartbeat() {
            outside.execute(
                    "INSERT INTO instance (name, folder_id, started_at, seen_at) VALUES (?, ?, now(), now())"
                            + " ON CONFLICT (name) DO UPDATE SET seen_at = now()",
                    access.instance().value(),
                    service.folder().id());
        }

        Pipeline pipeline() {
            return Pipeline.this;
        }

        FolderService service() {
            return service;
        }

        Gates gates() {
            return gates;
        }

        Webhook webhook() {
            return webhook;
        }

        /** Deletes images of families, if the daemon's schedule would do so now. */
        void prune() {
            try {
                families.pruneIfDue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        Boundaries boundaries() {
            return boundaries;
        }

        SimpleMeterRegistry registry() {
            return registry;
        }

        /** Scans the folder and runs all due jobs on this thread. */
        void runDue() {
            service.scan();
            service.dispatcher().dispatch();
        }

        /** Runs due jobs and moves the clock until every job is archived. */
        Daemon runToEnd() {
            return runToEnd(1);
        }

        /**
         * Runs due jobs and moves the clock until every job is archived.
         *
         * @param jobs the minimum number of jobs
         */
        Daemon runToEnd(int jobs) {
            for (int round = 0; round < 200; round++) {
                runDue();
                if (isAllArchived() && jobs().size() >= jobs) {
                    return this;
                }
                heartbeat();
                pass(ROUND);
                openDueGates();
            }
            throw new AssertionError("no end after 200 rounds: " + jobs() + "; gates " + gates.blocked()
                    + "; simulator " + linode.everCreated() + "; boundaries " + boundaries.passed());
        }

        /** Tries closed gates that are due, as the daemon's schedule does. */
        private void openDueGates() {
            try {
                if (!gates.isOpen(Gate.API) || !gates.isOpen(Gate.TOKEN)) {
                    new LinodeProbe(boundaries.around(LinodeImages.class, client()), gates).probe();
                }
                gates.open(Gate.DATABASE);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private LinodeImages client() {
            LinodeSettings settings = config().getConfigMapping(LinodeSettings.class);
            return new HttpLinodeImages(
                    settings.url(), new TokenSource(settings), "test", clock, new SimpleMeterRegistry());
        }
    }
}
