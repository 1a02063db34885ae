package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.RequestListener.Moment;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Creating the next image while the only permitted PUT still waits for its answer. */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // JUnit sets the fields
class NextUploadTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path root;

    private final CountDownLatch mayAnswer = new CountDownLatch(1);
    private final AtomicBoolean held = new AtomicBoolean();
    private SimulatedLinode linode;
    private Pipeline pipeline;
    private FolderService service;

    @BeforeEach
    void start_and_drop_three_images() throws Exception {
        linode = SimulatedLinode.start(Scenario.options(SimulatorOptions.forTests()));
        linode.onRequest(RequestListener.on(Operation.PUT_OBJECT, Moment.HANDLED, put -> holdFirst()));
        pipeline = new Pipeline(linode, root).onThreads().set("imageferry.upload.concurrency", "1");
        for (int image = 1; image <= 3; image++) {
            pipeline.drop(image + ".img.gz", Scenario.gzip(Scenario.random(300_000, image)));
        }
        service = pipeline.start().service();
        service.start();
        service.scan();
        service.scan();
        linode.await(now -> count(Operation.CREATE) == 2, LIMIT);
    }

    @AfterEach
    void stop() throws InterruptedException {
        mayAnswer.countDown();
        service.drain();
        linode.close();
    }

    private void holdFirst() {
        if (held.compareAndSet(false, true)) {
            try {
                assertThat(mayAnswer.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private long count(Operation operation) {
        return linode.requests().stream()
                .map(RecordedRequest::operation)
                .filter(operation::equals)
                .count();
    }

    /** Waits until a number of jobs fulfil the condition. */
    private void await(int number, Predicate<Job> condition) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (pipeline.jobs().stream().filter(condition).count() != number) {
            assertThat(System.nanoTime()).as("%s", pipeline.jobs()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    /** The job whose image is created and whose PUT has not begun. */
    private Job next() throws InterruptedException {
        await(2, job -> job.image().uploadUrlOrNull() != null);
        String sending = linode.requests().stream()
                .filter(request -> request.operation() == Operation.PUT_OBJECT)
                .map(RecordedRequest::imageIdOrNull)
                .findFirst()
                .orElseThrow();
        return pipeline.jobs().stream()
                .filter(job -> job.image().uploadUrlOrNull() != null
                        && !sending.equals(job.image().idOrNull()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void never_sends_more_at_once_than_configured() throws Exception {
        next();
        assertThat(count(Operation.PUT_OBJECT)).isOne();

        mayAnswer.countDown();
        await(3, job -> job.state() == JobState.AVAILABLE);

        assertThat(linode.mostConcurrentPuts()).isOne();
        assertThat(count(Operation.PUT_OBJECT)).isEqualTo(3);
    }

    @Test
    void a_pause_lets_the_next_upload_finish_and_starts_no_other() throws Exception {
        next();
        pipeline.queue().control().setPaused(true);

        mayAnswer.countDown();
        await(2, job -> job.state() == JobState.AVAILABLE);

        await(1, job -> job.state() == JobState.READY);
        assertThat(count(Operation.CREATE)).isEqualTo(2);
    }

    @Test
    void a_user_cancels_the_next_upload_while_it_waits() throws Exception {
        Job next = next();

        pipeline.queue().control().requestCancel(next.id());
        await(1, job -> job.state() == JobState.CANCELLED);

        assertThat(count(Operation.PUT_OBJECT)).isOne();
        mayAnswer.countDown();
        await(2, job -> job.state() == JobState.AVAILABLE);
        assertThat(linode.images()).hasSize(2);
    }

    @Test
    void a_shutdown_stops_the_next_upload_at_once_and_uses_up_no_attempt() throws Exception {
        Job next = next();

        Thread draining = Thread.ofPlatform().start(() -> {
            try {
                service.drain();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        await(1, job -> job.id().equals(next.id()) && job.instanceOrNull() == null);

        assertThat(pipeline.jobs())
                .filteredOn(job -> job.id().equals(next.id()))
                .singleElement()
                .satisfies(job -> {
                    assertThat(job.state()).isEqualTo(JobState.UPLOADING);
                    assertThat(job.attempt()).isOne();
                });
        mayAnswer.countDown();
        draining.join();
        assertThat(count(Operation.PUT_OBJECT)).isOne();
        await(1, job -> job.state() == JobState.PROCESSING);
    }
}
