package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.SettableClock;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.FileFingerprint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettleTrackerTest {
    private static final Duration SETTLE = Duration.ofSeconds(5);

    private final SettableClock ticker = new SettableClock();
    private final SettleTracker tracker = new SettleTracker(SETTLE, ticker);

    @Test
    void settles_exactly_after_the_settle_time() {
        Candidate image = image("x.img.gz", 1, 10, 0);

        assertThat(tracker.look(List.of(image))).isEqualTo(settling(image));
        ticker.advance(SETTLE.minusNanos(1));
        assertThat(tracker.look(List.of(image))).isEqualTo(settling(image));
        ticker.advance(Duration.ofNanos(1));
        assertThat(tracker.look(List.of(image))).isEqualTo(settled(image));
        ticker.advance(Duration.ofHours(1));
        assertThat(tracker.look(List.of(image))).isEqualTo(settled(image));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE, Long.MIN_VALUE})
    void an_old_or_future_modification_time_makes_no_difference(long modified) {
        Candidate image = image("x.img.gz", 1, 10, modified);

        assertThat(tracker.look(List.of(image))).isEqualTo(settling(image));
        ticker.advance(SETTLE);
        assertThat(tracker.look(List.of(image))).isEqualTo(settled(image));
    }

    @Test
    void every_change_of_size_time_or_inode_restarts_the_wait() {
        List<Candidate> changes = List.of(
                image("x.img.gz", 1, 10, 0),
                image("x.img.gz", 1, 11, 0),
                image("x.img.gz", 1, 11, 1),
                image("x.img.gz", 2, 11, 1),
                image("x.img.gz", 1, 10, 0));

        for (Candidate change : changes) {
            assertThat(tracker.look(List.of(change))).isEqualTo(settling(change));
            ticker.advance(SETTLE.minusMillis(1));
            assertThat(tracker.look(List.of(change))).isEqualTo(settling(change));
            ticker.advance(Duration.ofMillis(1));
        }
        assertThat(tracker.look(List.of(changes.getLast()))).isEqualTo(settled(changes.getLast()));
    }

    @Test
    void a_new_or_changed_sidecar_must_settle_too() {
        DroppedFile file = new DroppedFile("x.img.gz", new FileFingerprint(1, 10, 0, 1));
        Candidate bare = new Candidate(file);
        Candidate half = new Candidate(file, Map.of("x.img.gz.yaml", new FileFingerprint(2, 5, 0, 1)));
        Candidate whole = new Candidate(file, Map.of("x.img.gz.yaml", new FileFingerprint(2, 90, 0, 1)));

        tracker.look(List.of(bare));
        ticker.advance(Duration.ofMillis(200));
        tracker.look(List.of(half));
        ticker.advance(Duration.ofMillis(200));
        tracker.look(List.of(whole));
        ticker.advance(SETTLE.minusMillis(1));

        assertThat(tracker.look(List.of(whole))).isEqualTo(settling(whole));
        ticker.advance(Duration.ofMillis(1));
        assertThat(tracker.look(List.of(whole))).isEqualTo(settled(whole));
    }

    @Test
    void a_file_that_was_missing_in_one_scan_restarts_the_wait() {
        Candidate image = image("x.img.gz", 1, 10, 0);
        tracker.look(List.of(image));
        ticker.advance(SETTLE);
        tracker.look(List.of());

        assertThat(tracker.look(List.of(image))).isEqualTo(settling(image));
    }

    @Test
    void settles_at_once_if_the_time_is_zero() {
        Candidate image = image("x.img.gz", 1, 10, 0);

        assertThat(new SettleTracker(Duration.ZERO, ticker).look(List.of(image)))
                .isEqualTo(settled(image));
    }

    @Test
    void refuses_a_negative_time() {
        assertThatThrownBy(() -> new SettleTracker(Duration.ofSeconds(-1), ticker))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("imageferry.drop.settle");
    }

    /** The model keeps all scans. A file has settled if it was unchanged in every scan of the last five seconds or longer. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void agrees_with_a_model_over_random_histories(long seed) {
        Random random = new Random(seed);
        List<Duration> times = new ArrayList<>();
        List<Map<String, Candidate>> scans = new ArrayList<>();
        Duration now = Duration.ZERO;
        Map<String, Candidate> folder = new HashMap<>();
        int everSettled = 0;
        for (int step = 0; step < 2_000; step++) {
            Duration pause = Duration.ofMillis(random.nextInt(2_500));
            ticker.advance(pause);
            now = now.plus(pause);
            String path = random.nextInt(6) + ".img.gz";
            switch (random.nextInt(8)) {
                case 0 -> folder.remove(path);
                case 1, 2 -> folder.put(path, image(path, random.nextInt(2), random.nextInt(2), random.nextInt(2)));
                default -> {}
            }
            times.add(now);
            scans.add(Map.copyOf(folder));

            Settling seen = tracker.look(List.copyOf(folder.values()));

            for (Candidate candidate : folder.values()) {
                boolean expected = modelSettled(candidate, times, scans);
                everSettled += expected ? 1 : 0;
                assertThat(seen.settled().contains(candidate.file()))
                        .as("seed %s, step %s, %s", seed, step, candidate)
                        .isEqualTo(expected);
                assertThat(seen.settling().contains(candidate.file())).isEqualTo(!expected);
            }
            assertThat(seen.settled().size() + seen.settling().size()).isEqualTo(folder.size());
        }
        assertThat(everSettled).isPositive();
    }

    private static boolean modelSettled(Candidate candidate, List<Duration> times, List<Map<String, Candidate>> scans) {
        int first = scans.size() - 1;
        while (first > 0
                && candidate.equals(scans.get(first - 1).get(candidate.file().path()))) {
            first--;
        }
        return times.getLast().minus(times.get(first)).compareTo(SETTLE) >= 0;
    }

    private static Candidate image(String path, long inode, long bytes, long modified) {
        return new Candidate(new DroppedFile(path, new FileFingerprint(inode, bytes, modified, 1)));
    }

    private static Settling settled(Candidate candidate) {
        return new Settling(List.of(candidate.file()), List.of());
    }

    private static Settling settling(Candidate candidate) {
        return new Settling(List.of(), List.of(candidate.file()));
    }
}
