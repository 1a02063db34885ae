package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.simulator.SimulatorOptions.SecondPut;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The environment of several trials: a simulator, a folder and a daemon that is killed and restarted. The trials share its state.
 */
final class TrialGround implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** Much more than the final bytes, so that a PUT can be killed in the middle. */
    private static final int IMAGE_BYTES = 400_000;

    private final Path directory;
    private final SimulatedLinode linode;
    private final DaemonProcess daemon;
    private final EmbeddedServer server;
    private final Trap trap;
    private final Oracle oracle;
    private final Map<String, String> hashes = new LinkedHashMap<>();
    private final StringBuilder earlierLogs = new StringBuilder();

    private TrialGround(Path directory, SimulatedLinode linode) {
        this.directory = directory;
        this.linode = linode;
        this.daemon = DaemonProcess.in(directory, linode)
                .set("imageferry.lease.duration", "3s")
                .set("imageferry.drop.settle", "100ms")
                .set("imageferry.drop.scan-every", "100ms")
                .jvm("-Xmx256m");
        this.server = new EmbeddedServer(directory);
        this.trap = Trap.in(linode);
        this.oracle = new Oracle(linode, daemon.dropFolder());
    }

    /** @param processing how long Linode processes each image */
    static TrialGround open(Path directory, SecondPut secondPut, Duration processing) {
        SimulatedLinode linode = SimulatedLinode.start(
                SimulatorOptions.forTests().withSecondPut(secondPut).withProcessing(processing, Duration.ZERO));
        TrialGround ground = new TrialGround(directory, linode);
        ground.daemon.start();
        return ground;
    }

    /** Runs one trial and checks its result. */
    void run(Trial trial) throws IOException {
        String file = "file-%03d.img.gz".formatted(hashes.size());
        Path made = DiskImages.ext4(directory.resolve(file), IMAGE_BYTES, file.hashCode());
        hashes.put(file, DiskImages.sha256(made));
        linode.clearFaults();
        trial.faults().forEach(linode::script);
        trap.arm(trial.point(), Files.size(made), () -> kill(trial.victim()));

        Files.move(made, daemon.dropFolder().resolve(file), StandardCopyOption.ATOMIC_MOVE);
        daemon.await("the kill point", LIMIT, trap::hasSprung);
        restart(trial);
        JsonNode job = awaitArchived(file, trial);
        trap.disarm();
        if (trial.sentTwice()) {
            assertThat(linode.requests(Operation.PUT_OBJECT).stream()
                            .filter(put -> file.equals(put.labelOrNull() + ".img.gz")))
                    .as("PUTs of %s", file)
                    .hasSizeGreaterThan(1);
        }

        oracle.check(hashes, job, daemon.json("/api/v1/jobs/" + job.get("id").asText() + "/history"), trial);
    }

    private void kill(Victim victim) {
        switch (victim) {
            case DAEMON -> daemon.process().destroyForcibly();
            case POSTGRESQL -> server.kill();
            case BOTH -> {
                daemon.process().destroyForcibly();
                server.kill();
            }
        }
        if (victim != Victim.POSTGRESQL) {
            daemon.awaitEnd();
        }
    }

    private void restart(Trial trial) {
        if (trial.victim() == Victim.DAEMON && trial.doubtIsOver()) {
            endDoubtPeriod();
        }
        if (trial.victim() != Victim.POSTGRESQL) {
            earlierLogs.append("---- a process that was killed\n").append(daemon.log());
            daemon.start();
        }
    }

    /** Changes the database as if the final bytes were released three minutes earlier. */
    private void endDoubtPeriod() {
        server.execute("UPDATE job SET all_bytes_sent_at = all_bytes_sent_at - interval '3 minutes'"
                + " WHERE outcome_at IS NULL AND all_bytes_sent_at > now() - interval '2 minutes'");
    }

    private JsonNode awaitArchived(String file, Trial trial) {
        // the server can have restarted only now, and the last statement of a killed daemon can still be running
        boolean repeatedly = trial.victim() != Victim.POSTGRESQL && trial.doubtIsOver();
        daemon.await(file + " to be archived", LIMIT, () -> {
            if (repeatedly) {
                endDoubtPeriod();
            }
            HttpResponse<String> answer = daemon.get("/api/v1/jobs?file=" + file);
            // 503 while PostgreSQL is unavailable
            return answer.statusCode() == 200 && answer.body().contains("\"archived\":true");
        });
        return daemon.job(file);
    }

    /** Returns the logs of all processes, the latest last. */
    String log() {
        return earlierLogs + "---- the last process\n" + daemon.log();
    }

    @Override
    public void close() {
        trap.disarm();
        daemon.close();
        linode.close();
    }
}
