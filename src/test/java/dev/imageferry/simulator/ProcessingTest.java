package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.SimulatedImage.Ending;
import dev.imageferry.simulator.SimulatedImage.RegionCopy;
import dev.imageferry.simulator.SimulatorOptions.SecondPut;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of an image after its bytes came, or did not. */
class ProcessingTest {
    private static final byte[] CONTENT = TestGzip.of("not really an image");

    private final SettableClock clock = new SettableClock(Instant.parse("2026-03-01T12:00:00Z"));
    private SimulatedLinode linode = SimulatedLinode.start(options());
    private LinodeClient client = new LinodeClient(linode);

    private SimulatorOptions options() {
        return SimulatorOptions.forTests().withClock(clock);
    }

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void goes_from_pending_upload_over_creating_to_available() throws Exception {
        restart(options().withProcessing(Duration.ofSeconds(1), Duration.ZERO));
        Created created = client.create("a");
        Set<String> seen = new ConcurrentSkipListSet<>();
        seen.add(client.image(created).status());
        client.put(created.uploadTo(), CONTENT);

        linode.await(
                now -> {
                    seen.add(client.image(created).status());
                    return client.image(created).isAvailable();
                },
                LinodeClient.LIMIT);

        assertThat(seen).containsExactly("available", "creating", "pending_upload");
        assertThat(client.image(created).regions()).containsExactly(new RegionCopy("us-ord", "available"));
        assertThat(client.image(created).megabytes()).isEqualTo(1);
        assertThat(client.uploadEvent(created).getString("status")).isEqualTo("finished");
    }

    @Test
    void takes_longer_for_a_larger_object() throws Exception {
        restart(options().withProcessing(Duration.ZERO, Duration.ofMillis(300)));
        Created created = client.create("a");
        long began = System.nanoTime();

        client.put(created.uploadTo(), TestGzip.stored(new byte[2 << 20]));
        client.awaitAvailable(created);

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(590));
    }

    @Test
    void deletes_an_image_that_got_no_data_within_24_hours() throws Exception {
        Created created = client.create("a");
        clock.advance(Duration.ofHours(24).minusSeconds(1));
        assertThat(linode.images()).hasSize(1);

        clock.advance(Duration.ofSeconds(1));

        assertThat(linode.images()).isEmpty();
        assertThat(client.image(created).endingOrNull()).isEqualTo(Ending.UPLOAD_WINDOW_EXPIRED);
        assertThat(client.uploadEvent(created).getString("message")).isEqualTo("Upload window expired");
        assertThat(client.get("/v4/images/" + created.id()).status()).isEqualTo(404);
    }

    @Test
    void keeps_an_image_that_got_its_data_in_time() throws Exception {
        Created created = client.createAvailable("a", CONTENT);

        clock.advance(Duration.ofDays(30));

        assertThat(client.image(created).isAvailable()).isTrue();
    }

    @Test
    void refuses_what_is_too_large_when_uncompressed() throws Exception {
        restart(options().withUncompressedLimitBytes(1_000_000));
        Created fits = client.create("fits");
        Created tooLarge = client.create("too-large");

        client.put(fits.uploadTo(), TestGzip.of(new byte[1_000_000]));
        client.put(tooLarge.uploadTo(), TestGzip.of(new byte[1_000_001]));

        client.awaitAvailable(fits);
        client.awaitGone(tooLarge);
        assertThat(client.uploadEvent(tooLarge).getString("message")).isEqualTo("Image too large when uncompressed");
    }

    @Test
    void tells_the_uncompressed_size_in_megabytes() throws Exception {
        Created created = client.createAvailable("a", TestGzip.of(new byte[5_000_000]));

        assertThat(client.get("/v4/images/" + created.id()).body().getInteger("size"))
                .isEqualTo(5);
    }

    @Test
    void fails_with_a_message() throws Exception {
        linode.script(Fault.processingFails("Failed to decompress image"));
        Created created = client.create("a");

        client.put(created.uploadTo(), CONTENT);

        client.awaitGone(created);
        assertThat(client.image(created).endingOrNull()).isEqualTo(Ending.PROCESSING_FAILED);
        assertThat(client.get("/v4/images/" + created.id()).status()).isEqualTo(404);
        assertThat(client.uploadEvent(created).getString("status")).isEqualTo("failed");
        assertThat(client.uploadEvent(created).getString("message")).isEqualTo("Failed to decompress image");
    }

    @Test
    void the_failed_event_can_lag_behind_the_deletion() throws Exception {
        linode.script(Fault.onProcessing(
                new Effect.ProcessingFails("Upload canceled", Duration.ofSeconds(1), Duration.ZERO)));
        Created created = client.create("a");

        client.put(created.uploadTo(), CONTENT);

        client.awaitGone(created);
        assertThat(client.uploadEvent(created).getString("status")).isEqualTo("started");
        linode.await(now -> client.uploadEvent(created).getString("status").equals("failed"), LinodeClient.LIMIT);
        assertThat(client.uploadEvent(created).getString("message")).isEqualTo("Upload canceled");
    }

    @Test
    void the_deletion_can_lag_behind_the_failed_event() throws Exception {
        linode.script(Fault.onProcessing(
                new Effect.ProcessingFails("Upload canceled", Duration.ZERO, Duration.ofSeconds(1))));
        Created created = client.create("a");

        client.put(created.uploadTo(), CONTENT);

        linode.await(now -> client.uploadEvent(created).getString("status").equals("failed"), LinodeClient.LIMIT);
        assertThat(client.image(created).endingOrNull()).isNull();
        client.awaitGone(created);
    }

    @Test
    void vanishes_without_an_event_that_says_why() throws Exception {
        linode.script(Fault.onProcessing(new Effect.Vanishes()));
        Created created = client.create("a");

        client.put(created.uploadTo(), CONTENT);

        client.awaitGone(created);
        assertThat(client.image(created).endingOrNull()).isEqualTo(Ending.VANISHED);
        assertThat(client.uploadEvent(created).getString("status")).isEqualTo("started");
    }

    @Test
    void an_available_image_can_be_made_to_vanish() throws Exception {
        Created created = client.createAvailable("a", CONTENT);

        linode.vanish(created.id());

        assertThat(client.get("/v4/images/" + created.id()).status()).isEqualTo(404);
        assertThat(client.image(created).endingOrNull()).isEqualTo(Ending.VANISHED);
    }

    @Test
    void never_ends_when_told_so() throws Exception {
        linode.script(Fault.onProcessing(new Effect.ProcessingNeverEnds()).forLabel("stuck"));
        Created stuck = client.create("stuck");
        client.put(stuck.uploadTo(), CONTENT);

        client.createAvailable("other", CONTENT); // begun later, takes as long

        assertThat(client.image(stuck).status()).isEqualTo("pending_upload");
    }

    @Test
    void a_copy_can_end_as_something_else_than_available() throws Exception {
        linode.script(Fault.onReplication(new Effect.ReplicationEndsAs("timedout")));
        Created created = client.createAvailable("a", CONTENT);

        client.send("POST", "/v4/images/" + created.id() + "/regions", "{\"regions\":[\"us-ord\",\"fr-par\"]}");

        linode.await(
                now -> client.image(created).regions().contains(new RegionCopy("fr-par", "timedout")),
                LinodeClient.LIMIT);
    }

    @Test
    void a_second_put_while_processing_begins_it_anew() throws Exception {
        restart(options().withProcessing(Duration.ofSeconds(2), Duration.ZERO));
        Created created = client.create("a");
        client.put(created.uploadTo(), CONTENT);
        linode.await(now -> client.image(created).status().equals("creating"), LinodeClient.LIMIT);

        client.put(created.uploadTo(), CONTENT);

        assertThat(client.image(created).status()).isEqualTo("pending_upload");
        client.awaitAvailable(created);
        assertThat(client.image(created).objectsStored()).isEqualTo(2);
    }

    @Test
    void a_second_put_while_processing_can_be_taken_and_make_no_difference() throws Exception {
        restart(options().withProcessing(Duration.ofSeconds(2), Duration.ZERO).withSecondPut(SecondPut.TAKEN));
        Created created = client.create("a");
        client.put(created.uploadTo(), CONTENT);
        linode.await(now -> client.image(created).status().equals("creating"), LinodeClient.LIMIT);

        assertThat(client.put(created.uploadTo(), CONTENT).status()).isEqualTo(200);

        assertThat(client.image(created).status()).isEqualTo("creating");
    }

    @Test
    void a_second_put_while_processing_can_be_refused() throws Exception {
        restart(options().withProcessing(Duration.ofSeconds(30), Duration.ZERO).withSecondPut(SecondPut.REFUSED));
        Created created = client.create("a");
        assertThat(client.put(created.uploadTo(), CONTENT).status()).isEqualTo(200);

        assertThat(client.put(created.uploadTo(), CONTENT).status()).isEqualTo(403);
        assertThat(client.image(created).objectsStored()).isEqualTo(1);
    }

    private void restart(SimulatorOptions options) {
        linode.close();
        linode = SimulatedLinode.start(options);
        client = new LinodeClient(linode);
    }
}
