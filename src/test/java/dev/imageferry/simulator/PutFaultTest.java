package dev.imageferry.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.RecordedRequest.Ending;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each kind of fault that befalls a PUT to the bucket. */
class PutFaultTest {
    private static final byte[] CONTENT = TestGzip.of("not really an image");

    private final SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private final LinodeClient client = new LinodeClient(linode);

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void answers_a_put_instead_of_storing() throws Exception {
        linode.script(Fault.answer(Operation.PUT_OBJECT, Answer.bucketError(503, "SlowDown")));
        Created created = client.create("a");

        assertThat(client.put(created.uploadTo(), new byte[3_000_000]).status()).isEqualTo(503);

        assertThat(client.image(created).objectsStored()).isZero();
        assertThat(linode.requests(Operation.PUT_OBJECT).getFirst().bodyBytes()).isEqualTo(3_000_000);
        assertThat(client.put(created.uploadTo(), CONTENT).status()).isEqualTo(200);
    }

    @Test
    void cuts_a_put_after_so_many_bytes() throws Exception {
        Created created = client.create("a");
        for (long bytes : new long[] {0, 1, 5_000_000}) {
            linode.script(Fault.onPut(new Effect.CutAfter(bytes)));

            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> client.put(created.uploadTo(), new byte[10_000_000]));

            RecordedRequest put = linode.requests(Operation.PUT_OBJECT).getLast();
            assertThat(put.ending()).isEqualTo(Ending.CUT);
            assertThat(put.bodyBytes()).isBetween(bytes, bytes + 500_000);
        }
        assertThat(client.image(created).objectsStored()).isZero();
        assertThat(linode.putsInProgress()).isZero();
    }

    @Test
    void stores_a_put_and_loses_the_answer() throws Exception {
        linode.script(Fault.on(Operation.PUT_OBJECT, new Effect.HandleThenCut()));
        Created created = client.create("a");

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.put(created.uploadTo(), CONTENT));

        RecordedRequest put = linode.requests(Operation.PUT_OBJECT).getFirst();
        assertThat(put.stored()).isTrue();
        assertThat(put.ending()).isEqualTo(Ending.CUT);
        client.awaitAvailable(created);
    }

    @Test
    void stores_a_put_later_than_the_client_looks() throws Exception {
        linode.script(Fault.on(Operation.PUT_OBJECT, new Effect.HandleLater(Duration.ofSeconds(1))));
        Created created = client.create("a");

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> client.put(created.uploadTo(), CONTENT));

        assertThat(client.image(created).objectsStored()).isZero();
        client.awaitAvailable(created);
    }

    @Test
    void answers_a_put_early_without_reading_its_body() throws Exception {
        linode.script(Fault.onPut(new Effect.AnswerEarly(Answer.bucketError(503, "SlowDown"))));
        Created created = client.create("a");
        try (RawConnection connection = new RawConnection(linode)) {
            connection.putHead(
                    created.uploadTo(), "Content-Type: application/octet-stream", "Content-Length: 50000000");

            assertThat(connection.rest()).startsWith("HTTP/1.1 503 ").contains("SlowDown");
        }
        assertThat(linode.requests(Operation.PUT_OBJECT).getFirst().bodyBytes()).isZero();
    }

    @Test
    void an_early_answer_reaches_a_client_that_still_writes() throws Exception {
        Created created = client.create("a");
        for (int time = 0; time < 5; time++) {
            linode.script(Fault.onPut(new Effect.AnswerEarly(Answer.bucketError(503, "SlowDown"))));

            assertThat(client.put(created.uploadTo(), new byte[50_000_000]).status())
                    .isEqualTo(503);
        }
        assertThat(linode.requests(Operation.PUT_OBJECT)).allMatch(put -> put.bodyBytes() == 0);
    }

    @Test
    void reads_slowly() throws Exception {
        linode.script(Fault.onPut(new Effect.ReadSlowly(4_000_000)));
        Created created = client.create("a");
        long began = System.nanoTime();

        client.put(created.uploadTo(), new byte[2_000_000]);

        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isBetween(Duration.ofMillis(450), Duration.ofSeconds(5));
    }

    @Test
    void stops_reading() throws Exception {
        linode.script(Fault.onPut(new Effect.StallAfter(1_000_000, Duration.ofMillis(500))));
        Created created = client.create("a");
        long began = System.nanoTime();

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> client.put(created.uploadTo(), new byte[50_000_000]));

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(500));
        assertThat(linode.requests(Operation.PUT_OBJECT).getFirst().bodyBytes()).isBetween(1_000_000L, 1_500_000L);
        assertThat(linode.putsInProgress()).isZero();
    }

    @Test
    void answers_with_a_wrong_etag() throws Exception {
        String wrong = "00000000000000000000000000000000";
        linode.script(Fault.onPut(new Effect.WrongETag(wrong)));
        Created created = client.create("a");

        assertThat(client.put(created.uploadTo(), CONTENT).etag()).isEqualTo('"' + wrong + '"');
        assertThat(client.image(created).objectsStored()).isEqualTo(1);
    }

    @Test
    void takes_a_fault_of_the_put_and_one_of_the_processing_for_the_same_object() throws Exception {
        linode.script(Fault.processingFails("Failed to decompress image"));
        linode.script(Fault.onPut(new Effect.WrongETag("x")));
        Created created = client.create("a");

        assertThat(client.put(created.uploadTo(), CONTENT).etag()).isEqualTo("\"x\"");

        client.awaitGone(created);
    }
}
