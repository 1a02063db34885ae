package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills the daemon or PostgreSQL at random points. A seed always produces the same trials. Runs only with {@code -Pchaos}. */
@Tag("chaos")
class ChaosIT {
    @TempDir
    Path directory;

    @Test
    void random_kills_leave_one_image_per_file() {
        int count = Integer.getInteger("chaos.trials", 100);
        long seed = Long.getLong("chaos.seed", 1L);
        SplittableRandom random = new SplittableRandom(seed);
        List<Trial> trials =
                Stream.generate(() -> Trials.random(random)).limit(count).toList();

        List<TrialRun.Result> results = new TrialRun(directory).run(trials);

        List<TrialRun.Result> failures = results.stream()
                .filter(result -> result.failureOrNull() != null)
                .toList();
        System.out.printf("chaos: %d trials, %d failures, seed %d%n", results.size(), failures.size(), seed);
        assertThat(failures).as("failures with seed %d", seed).isEmpty();
    }
}
