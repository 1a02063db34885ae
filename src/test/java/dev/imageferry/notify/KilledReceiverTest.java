package dev.imageferry.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.daemon.PipelineDatabase;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Job;
import dev.imageferry.job.RetryPolicy;
import dev.imageferry.notify.TestReceiver.Answer;
import dev.imageferry.notify.TestReceiver.Received;
import dev.imageferry.queue.QueueAccess;
import dev.imageferry.worker.DatabaseRetry;
import dev.imageferry.worker.Gates;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A receiver that is killed again and again while two instances send. */
class KilledReceiverTest {
    private static final int JOBS = 500;
    /** Few jobs at a time, so that second outcomes wait for first ones that are not delivered yet. */
    private static final int BATCH = 10;

    private static final int KILLS = 10;
    private static final int REQUESTS_PER_LIFE = 90;

    private final DataSource database = PipelineDatabase.emptied();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    private NotificationSender sender(String instance, String url) {
        SettableClock clock = new SettableClock();
        Gates gates = new Gates(clock, clock);
        return new NotificationSender(
                new QueueAccess(database, instance, Duration.ofHours(1)).notifications(),
                new Receiver(url, "secret", "test", clock, Receiver.TIMEOUT),
                new RetryPolicy(1, Duration.ofMillis(20), Duration.ofMillis(100)),
                new Random(1),
                new DatabaseRetry(gates, PipelineDatabase.connections(), pause -> {}),
                gates,
                new DeliveryCounters(registry),
                task -> Thread.ofPlatform().daemon().start(task));
    }

    @Test
    @Timeout(120)
    void each_of_1000_outcomes_is_delivered_in_order_although_the_receiver_is_killed_ten_times() throws Exception {
        QueueAccess access = new QueueAccess(database, "here", Duration.ofHours(1));
        Outcomes outcomes = new Outcomes(access);
        try (TestReceiver receiver = TestReceiver.start();
                ScheduledExecutorService schedule = Executors.newScheduledThreadPool(2)) {
            AtomicInteger untilKill = new AtomicInteger(REQUESTS_PER_LIFE);
            Semaphore toKill = new Semaphore(0);
            receiver.script(request -> {
                int left = untilKill.decrementAndGet();
                if (left == 0) {
                    toKill.release();
                }
                // the receiver dies after it has read the request and before it answers
                return left <= 0 ? null : Answer.OK;
            });
            List<NotificationSender> senders = List.of(sender("one", receiver.url()), sender("two", receiver.url()));
            for (NotificationSender sender : senders) {
                var _ = schedule.scheduleWithFixedDelay(sender::sendDue, 0, 5, TimeUnit.MILLISECONDS);
            }

            CompletableFuture<Void> recorded = CompletableFuture.runAsync(() -> {
                List<Job> jobs = outcomes.checking(JOBS);
                for (int first = 0; first < JOBS; first += BATCH) {
                    List<Job> batch = jobs.subList(first, first + BATCH);
                    batch.forEach(job -> outcomes.end(job, ErrorCode.PROCESSING_FAILED));
                    outcomes.retried(batch).forEach(job -> outcomes.end(job, ErrorCode.FILE_CHANGED));
                }
            });
            for (int kill = 0; kill < KILLS; kill++) {
                toKill.acquire();
                receiver.kill();
                double failed = retries();
                while (retries() < failed + 5 || (!recorded.isDone() && waitingForAnEarlierOne(access) < 5)) {
                    TimeUnit.MILLISECONDS.sleep(5);
                }
                untilKill.set(kill == KILLS - 1 ? Integer.MAX_VALUE : REQUESTS_PER_LIFE);
                receiver.restart();
            }
            recorded.get();
            while (access.execute("UPDATE notification SET body = body") > 0) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            for (NotificationSender sender : senders) {
                sender.close(Duration.ofSeconds(5));
            }

            Map<String, List<String>> eventsByJob = eventsByJob(receiver.received());
            assertThat(eventsByJob).hasSize(JOBS);
            assertThat(eventsByJob.values()).containsOnly(List.of("job.failed", "job.cancelled"));
            assertThat(receiver.received()).as("repeated").hasSizeGreaterThanOrEqualTo(2 * JOBS + KILLS);
        }
    }

    /** The second outcomes of jobs whose first one is not delivered. They would overtake it without an order. */
    private static int waitingForAnEarlierOne(QueueAccess access) {
        return access.execute("UPDATE notification SET body = body WHERE EXISTS (SELECT FROM notification AS earlier"
                + " WHERE earlier.job_id = notification.job_id AND earlier.position < notification.position)");
    }

    private double retries() {
        return registry.get("imageferry_notifications")
                .tag("outcome", "retry")
                .counter()
                .count();
    }

    /** The events of each job in the order of their arrival, repeated deliveries only once if they followed each other. */
    private static Map<String, List<String>> eventsByJob(List<Received> received) {
        Map<String, List<String>> events = new LinkedHashMap<>();
        Map<String, String> lastDelivery = new LinkedHashMap<>();
        for (Received request : received) {
            String job = request.body().substring(7, 43);
            if (!String.valueOf(request.delivery()).equals(lastDelivery.put(job, String.valueOf(request.delivery())))) {
                events.computeIfAbsent(job, id -> new ArrayList<>()).add(String.valueOf(request.event()));
            }
        }
        return events;
    }
}
