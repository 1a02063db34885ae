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
 * Runs trials in parallel, one environment for each configuration of the simulator. A failed trial is followed by a new
 * environment.
 */
final class TrialRun {
    private final Path directory;

    TrialRun(Path directory) {
        this.directory = directory;
    }

    /** The configuration of a simulator. */
    private record Configuration(SecondPut secondPut, Duration processing) {}

    /** The result of a trial. */
    record Result(Trial trial, Duration took, @Nullable Throwable failureOrNull) {
        /** @@throws AssertionError if the trial failed */
        void require() {
            if (failureOrNull != null) {
                throw new AssertionError(trial.name() + ": " + failureOrNull.getMessage(), failureOrNull);
            }
        }
    }

    /** Runs the trials and returns their results. */
    List<Result> run(List<Trial> trials) {
        Map<Configuration, List<Trial>> shares = share(trials);
        List<Result> results = new ArrayList<>();
        try (ExecutorService grounds =
                Executors.newFixedThreadPool(Math.max(2, Runtime.getRuntime().availableProcessors() - 1))) {
            List<Future<List<Result>>> running = new ArrayList<>();
            shares.entrySet().stream()
                    // the slow ones first, so that none is left running alone at the end
                    .sorted(Map.Entry.comparingByKey(
                            Comparator.comparing(Configuration::processing).reversed()))
                    .forEach(share -> running.add(grounds.submit(() -> run(share.getKey(), share.getValue()))));
            for (Future<List<Result>> each : running) {
                results.addAll(each.get());
            }
        } catch (ExecutionException e) {
            throw new AssertionError("could not run the trials", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return results;
    }

    /** Distributes the trials: those that require a variant of the second PUT get it, the others are spread evenly. */
    private static Map<Configuration, List<Trial>> share(List<Trial> trials) {
        List<SecondPut> variants = List.of(SecondPut.values());
        Map<Configuration, List<Trial>> shares = new LinkedHashMap<>();
        for (int i = 0; i < trials.size(); i++) {
            Trial trial = trials.get(i);
            SecondPut wanted = trial.secondPutOrNull();
            SecondPut variant = wanted == null ? variants.get(i % variants.size()) : wanted;
            shares.computeIfAbsent(new Configuration(variant, trial.processing()), none -> new ArrayList<>())
                    .add(trial);
        }
        return shares;
    }

    private List<Result> run(Configuration configuration, List<Trial> trials) throws IOException {
        List<Result> results = new ArrayList<>();
        TrialGround ground = open(configuration, 0);
        try {
            for (Trial trial : trials) {
                long began = System.nanoTime();
                Throwable failure = failureOf(ground, trial);
                Duration took = Duration.ofNanos(System.nanoTime() - began);
                results.add(new Result(trial, took, failure));
                System.out.printf(
                        "%s %5.1f s  %s%n",
                        failure == null ? "passed" : "FAILED", took.toMillis() / 1000.0, trial.name());
                if (failure != null) {
                    keepLog(ground, trial, failure);
                    ground.close();
                    ground = open(configuration, results.size());
                }
            }
        } finally {
            ground.close();
        }
        return results;
    }

    /** Runs a trial and returns its failure, so that the next trial can run. */
    private static @Nullable Throwable failureOf(TrialGround ground, Trial trial) {
        try {
            ground.run(trial);
            return null;
        } catch (AssertionError | IOException | RuntimeException e) {
            return e;
        }
    }

    private TrialGround open(Configuration configuration, int number) throws IOException {
        String name = configuration.secondPut() + "-" + configuration.processing() + "-" + number;
        return TrialGround.open(
                Files.createDirectories(directory.resolve(name)),
                configuration.secondPut(),
                configuration.processing());
    }

    /** Saves the log outside the directory of the test, which is deleted. */
    private static void keepLog(TrialGround ground, Trial trial, Throwable failure) throws IOException {
        Path kept = Files.createDirectories(Path.of("target", "crash-logs"))
                .resolve(trial.name().replaceAll("[^A-Za-z0-9]+", "-") + ".log");
        Files.writeString(kept, failure + "\n" + ground.log());
    }
}
