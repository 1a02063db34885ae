package dev.imageferry.whole;

import dev.imageferry.simulator.SimulatorOptions.SecondPut;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Plays trials on grounds of their own, by how a second PUT is taken and how slow Linode is; a trial mostly waits, so that
 * there may be nearly as many grounds at a time as there are cores. After a trial that failed its ground is left and a new one is taken.
 */
final class TrialRun {
    private final Path directory;

    TrialRun(Path directory) {
        this.directory = directory;
    }

    /** How the simulator of a ground is set up. */
    private record Weather(SecondPut secondPut, Duration processing) {}

    /** How a trial ended. */
    record Result(Trial trial, Duration took, @Nullable Throwable failureOrNull) {
        /** @throws AssertionError when it failed */
        void require() {
            if (failureOrNull != null) {
                throw new AssertionError(trial.name() + ": " + failureOrNull.getMessage(), failureOrNull);
            }
        }
    }

    /** In the order in which they were played, ground by ground. */
    List<Result> play(List<Trial> trials) {
        Map<Weather, List<Trial>> shares = share(trials);
        List<Result> results = new ArrayList<>();
        try (ExecutorService grounds =
                Executors.newFixedThreadPool(Math.max(2, Runtime.getRuntime().availableProcessors() - 1))) {
            List<Future<List<Result>>> running = new ArrayList<>();
            shares.entrySet().stream()
                    // the slow ones first, that no one of them is waited for at the end
                    .sorted(Map.Entry.comparingByKey(
                            Comparator.comparing(Weather::processing).reversed()))
                    .forEach(share -> running.add(grounds.submit(() -> play(share.getKey(), share.getValue()))));
            for (Future<List<Result>> each : running) {
                results.addAll(each.get());
            }
        } catch (ExecutionException e) {
            throw new AssertionError("the trials could not be played", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return results;
    }

    /** Those that ask for a variant get it, the others go where the fewest are. */
    private static Map<Weather, List<Trial>> share(List<Trial> trials) {
        List<SecondPut> variants = List.of(SecondPut.values());
        Map<Weather, List<Trial>> shares = new LinkedHashMap<>();
        for (int i = 0; i < trials.size(); i++) {
            Trial trial = trials.get(i);
            SecondPut wanted = trial.secondPutOrNull();
            SecondPut variant = wanted == null ? variants.get(i % variants.size()) : wanted;
            shares.computeIfAbsent(new Weather(variant, trial.processing()), none -> new ArrayList<>())
                    .add(trial);
        }
        return shares;
    }

    private List<Result> play(Weather weather, List<Trial> trials) throws IOException {
        List<Result> results = new ArrayList<>();
        TrialGround ground = open(weather, 0);
        try {
            for (Trial trial : trials) {
                long began = System.nanoTime();
                Throwable failure = failureOf(ground, trial);
                Duration took = Duration.ofNanos(System.nanoTime() - began);
                results.add(new Result(trial, took, failure));
                System.out.printf(
                        "%s %5.1f s  %s%n",
                        failure == null ? "kept  " : "BROKEN", took.toMillis() / 1000.0, trial.name());
                if (failure != null) {
                    keepLog(ground, trial, failure);
                    ground.close();
                    ground = open(weather, results.size());
                }
            }
        } finally {
            ground.close();
        }
        return results;
    }

    /** Any failure of a trial is its result; the next trial goes on. */
    private static @Nullable Throwable failureOf(TrialGround ground, Trial trial) {
        try {
            ground.play(trial);
            return null;
        } catch (AssertionError | IOException | RuntimeException e) {
            return e;
        }
    }

    private TrialGround open(Weather weather, int number) throws IOException {
        String name = weather.secondPut() + "-" + weather.processing() + "-" + number;
        return TrialGround.open(
                Files.createDirectories(directory.resolve(name)), weather.secondPut(), weather.processing());
    }

    /** Beside the reports of failsafe, for the directory of the test is deleted. */
    private static void keepLog(TrialGround ground, Trial trial, Throwable failure) throws IOException {
        Path kept = Files.createDirectories(Path.of("target", "crash-logs"))
                .resolve(trial.name().replaceAll("[^A-Za-z0-9]+", "-") + ".log");
        Files.writeString(kept, failure + "\n" + ground.log());
    }
}
