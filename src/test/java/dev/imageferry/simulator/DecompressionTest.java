package dev.imageferry.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.SimulatedImage.Ending;
import dev.imageferry.simulator.SimulatorOptions.FailedUpload;
import dev.imageferry.simulator.SimulatorOptions.TrailingBytes;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of an image whose object is no gzip, or not a whole one. */
class DecompressionTest {
    private static final byte[] DISK = new byte[3_000_000];

    private SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private LinodeClient client = new LinodeClient(linode);

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void deletes_an_image_whose_object_is_not_whole_gzip() throws Exception {
        byte[] whole = TestGzip.concat(TestGzip.stored(DISK), TestGzip.of("second member"));
        byte[] corrupt = whole.clone();
        corrupt[1_000_000] ^= 1;
        byte[] corruptSecond = whole.clone();
        corruptSecond[whole.length - 8] ^= 1;
        byte[] truncated = Arrays.copyOf(whole, whole.length - 1);
        byte[] trailing = TestGzip.concat(whole, "metadata".getBytes(UTF_8));

        for (byte[] object :
                new byte[][] {"no gzip".getBytes(UTF_8), {}, corrupt, corruptSecond, truncated, trailing}) {
            Created created = put(object);

            client.awaitGone(created);
            assertThat(client.image(created).endingOrNull()).isEqualTo(Ending.PROCESSING_FAILED);
            assertThat(client.image(created).contentSha256OrNull()).isNull();
            assertThat(client.get("/v4/images/" + created.id()).status()).isEqualTo(404);
            assertThat(client.uploadEvent(created).getString("status")).isEqualTo("failed");
            assertThat(client.uploadEvent(created).getString("message")).isEqualTo("Failed to decompress image");
        }
    }

    @Test
    void keeps_size_and_hash_of_the_content_of_all_members() throws Exception {
        byte[] second = "second member".getBytes(UTF_8);

        Created created = put(TestGzip.concat(TestGzip.of(DISK), TestGzip.of(second), new byte[512]));

        client.awaitAvailable(created);
        byte[] content = TestGzip.concat(DISK, second);
        assertThat(client.image(created).contentBytes()).isEqualTo(content.length);
        assertThat(client.image(created).contentSha256OrNull())
                .isEqualTo(HexFormat.of().formatHex(ObjectHash.digest("SHA-256").digest(content)));
        assertThat(client.get("/v4/images/" + created.id()).body().getInteger("size"))
                .isEqualTo(3);
    }

    @Test
    void adds_up_the_members_for_the_limit() throws Exception {
        restart(SimulatorOptions.forTests().withUncompressedLimitBytes(1_000_000));
        byte[] half = TestGzip.of(new byte[500_000]);

        Created fits = put(TestGzip.concat(half, half));
        Created tooLarge = put(TestGzip.concat(half, half, TestGzip.of("x")));

        client.awaitAvailable(fits);
        client.awaitGone(tooLarge);
        assertThat(client.uploadEvent(tooLarge).getString("message")).isEqualTo("Image too large when uncompressed");
    }

    @Test
    void bytes_after_the_last_member_can_make_no_difference() throws Exception {
        restart(SimulatorOptions.forTests().withTrailingBytes(TrailingBytes.IGNORED));

        Created created = put(TestGzip.concat(TestGzip.of(DISK), "metadata".getBytes(UTF_8)));

        client.awaitAvailable(created);
        assertThat(client.image(created).contentBytes()).isEqualTo(DISK.length);
    }

    @Test
    void a_failed_image_can_stay_pending_beside_its_event() throws Exception {
        restart(SimulatorOptions.forTests().withFailedUpload(FailedUpload.STAYS_PENDING));

        Created created = put("no gzip".getBytes(UTF_8));

        assertStaysPending(created, "Failed to decompress image");
    }

    @Test
    void one_image_can_be_made_to_fail_and_stay_pending() throws Exception {
        linode.script(Fault.onProcessing(new Effect.FailsAndStaysPending("Upload canceled")));

        Created created = put(TestGzip.of(DISK));

        assertStaysPending(created, "Upload canceled");
        client.send("DELETE", "/v4/images/" + created.id(), "");
        assertThat(client.uploadEvent(created).getString("message"))
                .as("an upload that failed is not cancelled")
                .isEqualTo("Upload canceled");
    }

    private void assertStaysPending(Created created, String message) throws IOException {
        linode.await(now -> client.uploadEvent(created).getString("status").equals("failed"), LinodeClient.LIMIT);
        assertThat(client.uploadEvent(created).getString("message")).isEqualTo(message);
        assertThat(client.get("/v4/images/" + created.id()).body().getString("status"))
                .isEqualTo("pending_upload");
        assertThat(client.image(created).endingOrNull()).isNull();
    }

    private Created put(byte[] object) throws IOException {
        Created created = client.create("a");
        assertThat(client.put(created.uploadTo(), object).status()).isEqualTo(200);
        return created;
    }

    private void restart(SimulatorOptions options) {
        linode.close();
        linode = SimulatedLinode.start(options);
        client = new LinodeClient(linode);
    }
}
