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
 * One simulator, one folder, one daemon that is killed and started again, trial after trial: what one trial leaves behind
 * is there in the next, and a restart serves both.
 */
final class TrialGround implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** More than the held-back end by far, so that a PUT has a middle. */
    private static final int IMAGE_BYTES = 400_000;

    private final Path directory;
    private final SimulatedLinode linode;
    private final DaemonProcess daemon;
    private final EmbeddedServer server;
    private final Trap trap;
    private final Oracle oracle;
    private final Map<String, String> hashes = new LinkedHashMap<>();
    private final StringBuilder earlierLives = new StringBuilder();

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

    /** @param processing how long Linode takes for each image */
    static TrialGround open(Path directory, SecondPut secondPut, Duration processing) {
        SimulatedLinode linode = SimulatedLinode.start(
                SimulatorOptions.forTests().withSecondPut(secondPut).withProcessing(processing, Duration.ZERO));
        TrialGround ground = new TrialGround(directory, linode);
        ground.daemon.start();
        return ground;
    }

    /** Plays one trial to its end and asks the oracle. */
    void play(Trial trial) throws IOException {
        String file = "file-%03d.img.gz".formatted(hashes.size());
        Path made = DiskImages.ext4(directory.resolve(file), IMAGE_BYTES, file.hashCode());
        hashes.put(file, DiskImages.sha256(made));
        linode.clearFaults();
        trial.faults().forEach(linode::script);
        trap.arm(trial.point(), Files.size(made), () -> kill(trial.victim()));

        Files.move(made, daemon.dropFolder().resolve(file), StandardCopyOption.ATOMIC_MOVE);
        daemon.await("the point to be reached", LIMIT, trap::hasSprung);
        bringBack(trial);
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

    private void bringBack(Trial trial) {
        if (trial.victim() == Victim.DAEMON && trial.doubtIsOver()) {
            letTheDoubtPass();
        }
        if (trial.victim() != Victim.POSTGRESQL) {
            earlierLives.append("---- a life that ended by SIGKILL\n").append(daemon.log());
            daemon.start();
        }
    }

    /** As if two minutes had gone by: the daemon knows no other clock than the database's. */
    private void letTheDoubtPass() {
        server.execute("UPDATE job SET all_bytes_sent_at = all_bytes_sent_at - interval '3 minutes'"
                + " WHERE outcome_at IS NULL AND all_bytes_sent_at > now() - interval '2 minutes'");
    }

    private JsonNode awaitArchived(String file, Trial trial) {
        // a server that died with the daemon is up only now, and what a dead daemon sent last may just be being written
        boolean againAndAgain = trial.victim() != Victim.POSTGRESQL && trial.doubtIsOver();
        daemon.await(file + " to be archived", LIMIT, () -> {
            if (againAndAgain) {
                letTheDoubtPass();
            }
            HttpResponse<String> answer = daemon.get("/api/v1/jobs?file=" + file);
            // 503 while PostgreSQL is away
            return answer.statusCode() == 200 && answer.body().contains("\"archived\":true");
        });
        return daemon.job(file);
    }

    /** Of all lives, the last one at the end. */
    String log() {
        return earlierLives + "---- the last life\n" + daemon.log();
    }

    @Override
    public void close() {
        trap.disarm();
        daemon.close();
        linode.close();
    }
}
