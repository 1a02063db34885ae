package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** One file becomes one image after a crash, a failure or a takeover at every boundary of every scenario. */
class PipelineCrashTest {
    private static final SimulatedLinode LINODE = SimulatedLinode.start(Scenario.options(SimulatorOptions.forTests()));

    private static final List<Scenario> QUICK = Scenario.ALL.subList(0, 1);
    private static final List<Scenario> OTHERS = Scenario.ALL.subList(1, Scenario.ALL.size());

    private static final List<String> OUTAGES = List.of("57P01", "08006", "40001", "57014", "25006", "55P03");

    @TempDir
    Path directory;

    private int trials;

    @AfterAll
    static void close() {
        LINODE.close();
    }

    /** The daemon crashes at the boundary, and another one continues after the lease has expired. */
    @TestFactory
    Stream<DynamicNode> one_image_after_a_crash_at_any_boundary() {
        return everywhere(QUICK, name -> true, this::die);
    }

    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicNode> one_image_after_a_crash_in_every_other_scenario() {
        return everywhere(OTHERS, name -> true, this::die);
    }

    private void die(Scenario scenario, int boundary) throws IOException {
        Trial trial = new Trial(scenario);
        Pipeline.Daemon first = trial.pipeline.start((index, name, boundaries) -> {
            if (index == boundary) {
                throw boundaries.kill(name);
            }
            return null;
        });
        try {
            scenario.run(first);
        } catch (Boundaries.Killed e) {
            assertThat(first.boundaries().isDead()).isTrue();
        }
        trial.pipeline.pass(Pipeline.LEASE.plusSeconds(1));
        scenario.run(trial.pipeline.start());
        scenario.check(trial.pipeline);
    }

    /** The statement fails or its answer is lost, and the same daemon continues. */
    @TestFactory
    Stream<DynamicNode> one_image_after_a_failure_of_any_statement() {
        return everywhere(QUICK, Boundaries::isOfDatabase, this::failStatement);
    }

    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicNode> one_image_after_a_failed_statement_in_every_other_scenario() {
        return everywhere(OTHERS, Boundaries::isOfDatabase, this::failStatement);
    }

    private void failStatement(Scenario scenario, int boundary) throws IOException {
        Trial trial = new Trial(scenario);
        String state = OUTAGES.get(boundary % OUTAGES.size());
        Pipeline.Daemon daemon = trial.pipeline.start((index, name, boundaries) ->
                index == boundary ? new SQLException("scripted failure at " + name, state) : null);
        scenario.run(daemon);
        scenario.check(trial.pipeline);
    }

    /** The daemon freezes at the boundary, another one takes over and finishes, and then the first one continues. */
    @TestFactory
    Stream<DynamicNode> one_image_after_a_takeover_at_any_boundary() {
        return everywhere(QUICK, name -> true, this::takeOver);
    }

    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicNode> one_image_after_a_takeover_in_every_other_scenario() {
        return everywhere(OTHERS, name -> true, this::takeOver);
    }

    private void takeOver(Scenario scenario, int boundary) throws IOException, InterruptedException {
        Trial trial = new Trial(scenario);
        Pipeline.Daemon frozen = trial.pipeline.start((index, name, boundaries) -> {
            // an open transaction would lock the row until the server ends it
            if (index == boundary && !name.equals("before COMMIT")) {
                trial.pipeline.pass(Pipeline.LEASE.plusSeconds(1));
                scenario.run(trial.pipeline.start());
            }
            return null;
        });
        scenario.run(frozen);
        // the frozen daemon creates an image after the search of the other one, and the sweep must delete it
        trial.pipeline.start().service().sweep();
        scenario.check(trial.pipeline);
    }

    private interface Attempt {
        void at(Scenario scenario, int boundary) throws Exception;
    }

    private Stream<DynamicNode> everywhere(List<Scenario> scenarios, Predicate<String> where, Attempt attempt) {
        return scenarios.stream().map(scenario -> {
            List<String> boundaries = boundaries(scenario);
            Predicate<Integer> isWorth =
                    boundary -> !isIdleClaim(boundaries, boundary) && where.test(boundaries.get(boundary));
            return DynamicContainer.dynamicContainer(
                    scenario.name(),
                    IntStream.range(0, boundaries.size())
                            .filter(isWorth::test)
                            .mapToObj(boundary -> DynamicTest.dynamicTest(
                                    boundary + " " + boundaries.get(boundary), () -> attempt.at(scenario, boundary))));
        });
    }

    /** Skips claims that find nothing, because they are equivalent to the next boundary. */
    private static boolean isIdleClaim(List<String> boundaries, int boundary) {
        return isClaim(boundaries.get(boundary))
                && boundary + 2 < boundaries.size()
                && isClaim(boundaries.get(boundary + 1))
                && isClaim(boundaries.get(boundary + 2));
    }

    private static boolean isClaim(String name) {
        return name.contains("WITH due");
    }

    /** The boundaries of an undisturbed run. */
    private List<String> boundaries(Scenario scenario) {
        Trial trial = new Trial(scenario);
        Pipeline.Daemon daemon = trial.pipeline.start();
        scenario.run(daemon);
        try {
            scenario.check(trial.pipeline);
        } catch (Exception e) {
            throw new AssertionError("the scenario fails without any disturbance", e);
        }
        return new ArrayList<>(daemon.boundaries().passed());
    }

    /** A new folder, an empty queue and the scripted faults. */
    private final class Trial {
        final Pipeline pipeline;

        Trial(Scenario scenario) {
            LINODE.clearFaults();
            LINODE.images().forEach(image -> LINODE.vanish(image.id()));
            try {
                pipeline = new Pipeline(LINODE, Files.createDirectory(directory.resolve("trial-" + ++trials)));
                scenario.arrange(pipeline);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
