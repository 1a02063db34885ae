package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/** Claims the notifications that are not delivered yet, and records the result of each attempt. All instances share them. */
@ApplicationScoped
public class Notifications {
    /** Only the oldest notification of a job can be claimed, so that those of a job are delivered in order. */
    private static final String CLAIM = """
            WITH due AS (
                SELECT delivery FROM notification
                WHERE next_attempt_at <= now() AND NOT EXISTS (
                    SELECT FROM notification AS earlier
                    WHERE earlier.job_id = notification.job_id AND earlier.position < notification.position)
                ORDER BY next_attempt_at, position
                LIMIT :limit FOR UPDATE SKIP LOCKED)
            UPDATE notification SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => :lease)
            FROM due WHERE notification.delivery = due.delivery
            RETURNING notification.*, CAST(extract(epoch FROM now() - created_at) * 1000 AS bigint) AS age_millis
            """;

    private static final String REMOVE = "DELETE FROM notification WHERE delivery = :delivery";

    /** Changes nothing if another instance has claimed the notification since. */
    private static final String POSTPONE = """
            UPDATE notification SET next_attempt_at = now() + make_interval(secs => :pause)
            WHERE delivery = :delivery AND attempts = :attempt
            """;

    private final Jdbi jdbi;

    Notifications(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * Claims due notifications of different jobs for one attempt each.
     *
     * @param lease how long no other instance can claim them. Must be longer than an attempt
     */
    public List<Notification> claim(int limit, Duration lease) {
        return jdbi.withHandle(handle -> handle.createQuery(CLAIM)
                .bind("limit", limit)
                .bind("lease", seconds(lease))
                .map((row, context) -> new Notification(
                        row.getObject("delivery", UUID.class),
                        row.getObject("job_id", UUID.class),
                        JobState.valueOf(row.getString("outcome")),
                        row.getString("body"),
                        row.getInt("attempts"),
                        Duration.ofMillis(row.getLong("age_millis"))))
                .list());
    }

    /**
     * Removes a notification that was delivered or given up.
     *
     * @return false if another instance has already removed it
     */
    public boolean remove(Notification notification) {
        return jdbi.withHandle(handle -> handle.createUpdate(REMOVE)
                        .bind("delivery", notification.delivery())
                        .execute())
                == 1;
    }

    /**
     * Makes the notification due again after the pause.
     *
     * @return false if another instance has claimed it since
     */
    public boolean postpone(Notification notification, Duration pause) {
        return jdbi.withHandle(handle -> handle.createUpdate(POSTPONE)
                        .bind("delivery", notification.delivery())
                        .bind("attempt", notification.attempt())
                        .bind("pause", seconds(pause))
                        .execute())
                == 1;
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
