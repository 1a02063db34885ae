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

/** One file, one image, at every boundary of every scenario: whatever dies, fails or is taken over there. */
class PipelineCrashTest {
    private static final SimulatedLinode LINODE = SimulatedLinode.start(Scenario.options(SimulatorOptions.forTests()));

    private static final List<Scenario> QUICK = Scenario.ALL.subList(0, 2);
    private static final List<Scenario> OTHERS = Scenario.ALL.subList(2, Scenario.ALL.size());

    private static final List<String> OUTAGES = List.of("57P01", "08006", "40001", "57014", "25006", "55P03");

    @TempDir
    Path directory;

    private int trials;

    @AfterAll
    static void close() {
        LINODE.close();
    }

    /** The objects are dropped at the boundary, and others go on when the lease has run out. */
    @TestFactory
    Stream<DynamicNode> one_image_whatever_dies() {
        return everywhere(QUICK, name -> true, this::die);
    }

    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicNode> one_image_whatever_dies_in_every_other_scenario() {
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

    /** The statement fails, or its answer is lost; the same objects go on. */
    @TestFactory
    Stream<DynamicNode> one_image_whatever_statement_fails() {
        return everywhere(QUICK, Boundaries::isOfDatabase, this::failStatement);
    }

    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicNode> one_image_whatever_statement_fails_in_every_other_scenario() {
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

    /** The process stands still at the boundary until another has taken over and finished; then it goes on. */
    @TestFactory
    Stream<DynamicNode> one_image_whatever_is_taken_over() {
        return everywhere(QUICK, name -> true, this::takeOver);
    }

    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicNode> one_image_whatever_is_taken_over_in_every_other_scenario() {
        return everywhere(OTHERS, name -> true, this::takeOver);
    }

    private void takeOver(Scenario scenario, int boundary) throws IOException, InterruptedException {
        Trial trial = new Trial(scenario);
        Pipeline.Daemon frozen = trial.pipeline.start((index, name, boundaries) -> {
            // an open transaction holds its row against everybody until the server ends it
            if (index == boundary && !name.equals("before COMMIT")) {
                trial.pipeline.pass(Pipeline.LEASE.plusSeconds(1));
                scenario.run(trial.pipeline.start());
            }
            return null;
        });
        scenario.run(frozen);
        // its create call came after the other had looked for it: what the sweep is for
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

    /** Most claims find nothing: then the one behind them is the next boundary, and all is as it was. */
    private static boolean isIdleClaim(List<String> boundaries, int boundary) {
        return isClaim(boundaries.get(boundary))
                && boundary + 2 < boundaries.size()
                && isClaim(boundaries.get(boundary + 1))
                && isClaim(boundaries.get(boundary + 2));
    }

    private static boolean isClaim(String name) {
        return name.contains("WITH due");
    }

    /** The boundaries of a run in which nothing happens at them. */
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

    /** A fresh folder, an empty queue, the scripted faults. */
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
