package dev.imageferry.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.LinodeClient.Reply;
import dev.imageferry.simulator.RecordedRequest.Ending;
import dev.imageferry.simulator.RequestListener.Moment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Listeners, and waiting for the simulator. */
class ListenerTest {
    private static final byte[] CONTENT = "not really an image".getBytes(UTF_8);
    private static final Duration LIMIT = LinodeClient.LIMIT;

    private final SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private final LinodeClient client = new LinodeClient(linode);

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void tells_listeners_of_each_moment_while_the_request_stands_still() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        CountDownLatch answered = new CountDownLatch(1);
        linode.onRequest((moment, request) -> {
            if (request.operation() == Operation.CREATE) {
                told.add(moment + " " + linode.images().size() + " " + request.status());
            }
            if (moment == Moment.ANSWERED) {
                answered.countDown();
            }
        });

        client.create("a");

        assertThat(answered.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(told).containsExactly("ARRIVED 0 0", "HANDLED 1 0", "ANSWERED 1 200");
    }

    @Test
    void tells_when_a_put_has_received_so_many_bytes() throws Exception {
        Created created = client.create("a");
        List<Long> received = new CopyOnWriteArrayList<>();
        linode.onRequest(RequestListener.onPutBytes(3_000_000, put -> received.add(put.bodyBytes())));
        linode.onRequest(RequestListener.onPutBytes(CONTENT.length, put -> {
            received.add(put.bodyBytes());
            assertThat(client.image(created).objectsStored())
                    .as("not stored yet")
                    .isEqualTo(received.size() - 1);
        }));

        client.put(created.uploadTo(), CONTENT);
        client.put(created.uploadTo(), new byte[9_000_000]);

        assertThat(received).hasSize(3);
        assertThat(received.getFirst()).isEqualTo(CONTENT.length);
        assertThat(received.getLast()).isBetween(3_000_000L, 3_500_000L);
    }

    @Test
    void tells_of_the_bytes_before_a_fault_strikes_there() throws Exception {
        linode.script(Fault.onPut(new Effect.StallAfter(1_000_000, Duration.ofMillis(100))));
        Created created = client.create("a");
        List<Ending> seen = new CopyOnWriteArrayList<>();
        linode.onRequest(RequestListener.onPutBytes(1_000_000, put -> seen.add(put.ending())));

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> client.put(created.uploadTo(), new byte[20_000_000]));

        assertThat(seen).containsExactly(Ending.UNDER_WAY);
        assertThat(linode.requests(Operation.PUT_OBJECT).getFirst().bodyBytes()).isLessThan(1_500_000);
    }

    @Test
    void an_answer_waits_for_the_listener() throws Exception {
        linode.onRequest(RequestListener.on(Operation.PROFILE, Moment.HANDLED, request -> {
            assertThat(linode.requests(Operation.PROFILE).getFirst().ending()).isEqualTo(Ending.UNDER_WAY);
        }));

        Reply reply = client.get("/v4/profile");

        assertThat(reply.status()).isEqualTo(200);
    }

    @Test
    void a_listener_that_fails_is_told_at_the_end() throws Exception {
        SimulatedLinode other = SimulatedLinode.start(SimulatorOptions.forTests());
        other.onRequest((moment, request) -> {
            throw new IllegalStateException("of the listener");
        });
        new LinodeClient(other).get("/v4/profile");

        assertThatThrownBy(other::close).hasMessageContaining("of the listener");
    }

    @Test
    void waiting_in_vain_says_what_there_is() throws Exception {
        client.create("the only one");

        assertThatThrownBy(() -> linode.await(now -> now.images().size() == 2, Duration.ofMillis(50)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("the only one");
    }

    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void waiting_in_vain_ends_even_if_looking_changes_something() {
        assertThatThrownBy(() -> linode.await(now -> profileIsGone(), Duration.ofMillis(300)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("PROFILE");
    }

    private boolean profileIsGone() {
        try {
            return client.get("/v4/profile").status() == 404;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
