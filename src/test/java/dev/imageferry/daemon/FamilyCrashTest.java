package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.worker.Gate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Crashes, failures and other daemons at every boundary of the deletion of images. */
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
class FamilyCrashTest {
    private static final SimulatedLinode LINODE = SimulatedLinode.start(Scenario.options(SimulatorOptions.forTests()));
    private static final List<String> OUTAGES = List.of("57P01", "08006", "40001", "57014", "25006", "55P03");

    @TempDir
    Path directory;

    private int trials;

    @AfterAll
    static void close() {
        LINODE.close();
    }

    /** A new folder and queue with images a, b, c and d of a family that keeps two. */
    private final class Trial {
        final FamilyGround ground;
        final List<String> images;

        Trial() {
            try {
                ground = new FamilyGround(LINODE, Files.createDirectory(directory.resolve("trial-" + ++trials)), 2);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            images = ground.images(ground.pipeline().start(), "a", "b", "c", "d");
        }

        /** A daemon whose time to delete images has come. */
        Pipeline.Daemon due(Boundaries.At at) {
            Pipeline.Daemon daemon = ground.pipeline().start(at);
            ground.pipeline().clock().advance(Duration.ofMinutes(10));
            return daemon;
        }

        Pipeline.Daemon due() {
            return due(Boundaries.At.NOTHING);
        }

        void afterLease() {
            ground.leaseRunsOut();
            due().prune();
        }

        /** Exactly the newest two are left, and each image was deleted at most so often. */
        void check(int deletions) {
            assertThat(ground.atLinode()).isEqualTo(new TreeSet<>(images.subList(2, 4)));
            assertThat(ground.retired()).containsExactly("a", "b");
            assertThat(ground.requested(Operation.DELETE_IMAGE)).hasSizeLessThanOrEqualTo(deletions);
            assertThat(ground.pipeline().jobs()).extracting(Job::state).containsOnly(JobState.AVAILABLE);
            checkRetirement("a", images.get(0));
            checkRetirement("b", images.get(1));
        }

        /** The deletion was intended before the call to Linode and recorded after it, each once. */
        private void checkRetirement(String name, String image) {
            Job job = ground.job(name);
            String reason = Objects.requireNonNull(job.retiredOrNull()).reason();
            assertThat(reason).startsWith("family debian keeps 2 images, and its newest is ");
            assertThat(ground.pipeline().queue().history(job.id()))
                    .extracting(List::getLast)
                    .filteredOn(detail -> detail.contains(image + " at Linode"))
                    .containsExactly(
                            "deleting image " + image + " at Linode: " + reason,
                            "deleted image " + image + " at Linode");
        }
    }

    private interface Attempt {
        void at(int boundary) throws Exception;
    }

    private Stream<DynamicTest> everywhere(List<String> boundaries, Predicate<String> where, Attempt attempt) {
        return IntStream.range(0, boundaries.size())
                .filter(boundary -> where.test(boundaries.get(boundary)))
                .mapToObj(boundary ->
                        DynamicTest.dynamicTest(boundary + " " + boundaries.get(boundary), () -> attempt.at(boundary)));
    }

    private List<String> boundaries() {
        Trial trial = new Trial();
        Pipeline.Daemon daemon = trial.due();
        daemon.prune();
        trial.check(2);
        List<String> passed = daemon.boundaries().passed();
        assertThat(passed).filteredOn(name -> name.equals("before delete")).hasSize(2);
        assertThat(passed).filteredOn(name -> name.equals("before COMMIT")).hasSize(4);
        return passed;
    }

    @TestFactory
    Stream<DynamicTest> the_next_run_finishes_after_a_crash_at_any_boundary() {
        return everywhere(boundaries(), name -> true, boundary -> {
            Trial trial = new Trial();
            Pipeline.Daemon first = trial.due((index, name, boundaries) -> {
                if (index == boundary) {
                    throw boundaries.kill(name);
                }
                return null;
            });
            try {
                first.prune();
            } catch (Boundaries.Killed e) {
                assertThat(first.boundaries().isDead()).isTrue();
            }
            assertThat(trial.ground.atLinode()).containsAll(trial.images.subList(2, 4));
            trial.afterLease();
            trial.check(3);
        });
    }

    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicTest> the_next_run_finishes_after_a_failure_of_any_statement() {
        return everywhere(boundaries(), Boundaries::isOfDatabase, boundary -> {
            Trial trial = new Trial();
            String state = OUTAGES.get(boundary % OUTAGES.size());
            Pipeline.Daemon daemon = trial.due((index, name, boundaries) ->
                    index == boundary ? new SQLException("scripted failure at " + name, state) : null);
            daemon.prune();
            assertThat(daemon.gates().isOpen(Gate.DATABASE)).isFalse();
            daemon.gates().open(Gate.DATABASE);
            trial.ground.leaseRunsOut();
            trial.ground.pipeline().clock().advance(Duration.ofMinutes(10));
            daemon.prune();
            trial.check(2);
        });
    }

    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicTest> two_daemons_at_once_delete_each_image_once() {
        return everywhere(boundaries(), FamilyCrashTest::isOutsideATransaction, boundary -> {
            Trial trial = new Trial();
            Pipeline.Daemon other = trial.due();
            Pipeline.Daemon daemon = trial.due(running(boundary, other::prune));
            daemon.prune();
            trial.afterLease();
            trial.check(2);
            assertThat(pruned(daemon) + pruned(other)).isEqualTo(2);
        });
    }

    /** A daemon that was frozen for longer than a lease, while another one finished its work. */
    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicTest> a_frozen_daemon_deletes_no_image_that_stays() {
        return everywhere(boundaries(), FamilyCrashTest::isOutsideATransaction, boundary -> {
            Trial trial = new Trial();
            Pipeline.Daemon daemon = trial.due(running(boundary, trial::afterLease));
            daemon.prune();
            trial.check(3);
        });
    }

    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicTest> no_image_is_deleted_that_a_new_file_of_the_same_content_gets() {
        return everywhere(boundaries(), FamilyCrashTest::isOutsideATransaction, boundary -> {
            Trial trial = new Trial();
            Pipeline.Daemon other = trial.ground.pipeline().start();
            Pipeline.Daemon daemon = trial.due(running(boundary, () -> copy(trial.ground, other)));
            daemon.prune();
            checkEveryImageExists(trial.ground);
            trial.afterLease();
            checkEveryImageExists(trial.ground);
            assertThat(trial.ground.atLinode()).hasSize(2);
        });
    }

    @TestFactory
    @Tag("exhaustive")
    Stream<DynamicTest> no_image_is_deleted_while_a_file_of_the_same_content_is_uploaded() {
        Trial undisturbed = new Trial();
        Pipeline.Daemon uploading = undisturbed.ground.pipeline().start();
        copy(undisturbed.ground, uploading);
        return everywhere(uploading.boundaries().passed(), FamilyCrashTest::isOutsideATransaction, boundary -> {
            Trial trial = new Trial();
            Pipeline.Daemon pruning = trial.due();
            Pipeline.Daemon daemon = trial.ground.pipeline().start(running(boundary, () -> {
                trial.ground.pipeline().clock().advance(Duration.ofMinutes(10));
                pruning.prune();
            }));
            copy(trial.ground, daemon);
            checkEveryImageExists(trial.ground);
        });
    }

    /** Drops the content of the oldest image again, with the same label. */
    private static void copy(FamilyGround ground, Pipeline.Daemon daemon) {
        try {
            Files.writeString(ground.pipeline().root().resolve("copy.img.gz.yaml"), "label: a\n");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        ground.image(daemon, "copy", FamilyGround.content("a"));
    }

    private static void checkEveryImageExists(FamilyGround ground) {
        Set<String> existing = ground.atLinode();
        assertThat(ground.pipeline().jobs())
                .filteredOn(job -> job.state() == JobState.AVAILABLE && job.retiredOrNull() == null)
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy(job -> assertThat(existing)
                        .contains(Objects.requireNonNull(job.image().idOrNull())));
    }

    private static Boundaries.At running(int boundary, Runnable action) {
        return new Boundaries.At() {
            @Override
            public @Nullable SQLException reached(int index, String name, Boundaries boundaries) {
                if (index == boundary && isOutsideATransaction(name)) {
                    action.run();
                }
                return null;
            }
        };
    }

    /** An open transaction would lock the rows until the server ends it. */
    private static boolean isOutsideATransaction(String name) {
        return !name.equals("before COMMIT");
    }

    private static double pruned(Pipeline.Daemon daemon) {
        return daemon.registry().counter("imageferry_images_pruned").count();
    }
}
