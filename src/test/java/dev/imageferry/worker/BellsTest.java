package dev.imageferry.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.queue.Lane;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BellsTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final Bells bells = new Bells();

    @Test
    void returns_the_rung_lanes_once() throws InterruptedException {
        bells.ring(Set.of(Lane.CHECK));
        bells.ring(Set.of(Lane.UPLOAD, Lane.CHECK));

        assertThat(bells.await(LONG)).contains(EnumSet.of(Lane.CHECK, Lane.UPLOAD));
        assertThat(bells.await(Duration.ZERO)).as("nothing is rung").isEmpty();
    }

    @Test
    void wakes_a_thread_that_waits() throws Exception {
        CompletableFuture<Set<Lane>> woken = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                woken.complete(bells.await(LONG).orElseThrow());
            } catch (InterruptedException e) {
                woken.completeExceptionally(e);
            }
        });

        bells.ring(Set.of(Lane.AWAIT));

        assertThat(woken.get(1, TimeUnit.MINUTES)).containsExactly(Lane.AWAIT);
    }

    @Test
    void every_pause_rings_and_not_only_the_shortest() throws InterruptedException {
        bells.ringAfter(Duration.ofMillis(40), Lane.UPLOAD);
        bells.ringAfter(Duration.ofMillis(1), Lane.CHECK);
        bells.ringAfter(LONG, Lane.ARCHIVE);

        assertThat(bells.await(LONG)).contains(Set.of(Lane.CHECK));
        assertThat(bells.await(LONG)).contains(Set.of(Lane.UPLOAD));
    }

    @Test
    void a_lane_that_rings_all_the_time_does_not_hide_the_limit() throws InterruptedException {
        bells.ring(Set.of(Lane.CHECK));

        assertThat(bells.await(Duration.ZERO)).as("the limit").isEmpty();
        assertThat(bells.await(LONG)).as("is kept for the next call").contains(Set.of(Lane.CHECK));
    }
}
