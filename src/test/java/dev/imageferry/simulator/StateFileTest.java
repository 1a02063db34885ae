package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.simulator.LinodeClient.Created;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StateFileTest {
    private static final byte[] DISK = TestGzip.of("a disk");

    @TempDir
    private Path folder;

    private SimulatedLinode linode;
    private LinodeClient client;

    @BeforeEach
    void start() {
        start(options());
    }

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void images_and_events_outlive_a_restart() throws Exception {
        Created available = client.createAvailable("available", DISK);
        Created deleted = client.create("deleted");
        client.send("DELETE", "/v4/images/" + deleted.id(), "");
        List<SimulatedImage> before = linode.everCreated();
        JsonObject eventsBefore = client.get("/v4/account/events").body();

        restart(options());

        assertThat(linode.everCreated()).isEqualTo(before);
        assertThat(client.image(available).isAvailable()).isTrue();
        assertThat(client.get("/v4/account/events").body()).isEqualTo(eventsBefore);
        assertThat(client.create("next").id())
                .isEqualTo("private/" + (before.getLast().number() + 1));
    }

    @Test
    void an_upload_url_is_valid_after_a_restart() throws Exception {
        Created created = client.create("a");

        restart(options());

        assertThat(client.put(created.uploadTo(), DISK).status()).isEqualTo(200);
        client.awaitAvailable(created);
    }

    @Test
    void processing_and_copying_go_on_after_a_restart() throws Exception {
        Created copied = client.createAvailable("copied", DISK);
        restart(options().withProcessing(Duration.ofHours(1), Duration.ZERO).withReplicationTime(Duration.ofHours(1)));
        Created processed = client.create("processed");
        client.put(processed.uploadTo(), DISK);
        client.post(
                "/v4/images/" + copied.id() + "/regions",
                new JsonObject().put("regions", new JsonArray().add("us-ord").add("fr-par")));

        restart(options());

        client.awaitAvailable(processed);
        linode.await(
                now -> client.image(copied).regions().stream()
                        .allMatch(copy -> copy.status().equals("available")),
                LinodeClient.LIMIT);
        assertThat(client.image(copied).regions()).hasSize(2);
    }

    @Test
    void a_damaged_file_is_named() throws Exception {
        Path file = folder.resolve("damaged.json");
        Files.writeString(file, "{\"port\":");

        assertThatThrownBy(() -> SimulatedLinode.start(options().withStateFile(file)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("Delete it");
    }

    private SimulatorOptions options() {
        return SimulatorOptions.forTests().withStateFile(folder.resolve("state.json"));
    }

    private void restart(SimulatorOptions options) {
        linode.close();
        start(options);
    }

    private void start(SimulatorOptions options) {
        linode = SimulatedLinode.start(options);
        client = new LinodeClient(linode);
    }
}
