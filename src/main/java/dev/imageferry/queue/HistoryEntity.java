package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A row of {@code job_history}. */
@Entity
@Table(name = "job_history")
@SuppressWarnings("NullAway.Init") // Hibernate fills the fields
class HistoryEntity {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    Long id;

    @Column(name = "job_id")
    UUID jobId;

    Instant at;

    @Column(name = "from_state")
    @Enumerated(EnumType.STRING)
    @Nullable
    JobState from;

    @Column(name = "to_state")
    @Enumerated(EnumType.STRING)
    JobState to;

    int attempt;

    @Nullable
    String instance;

    String detail;

    HistoryEntry toEntry() {
        return new HistoryEntry(at, from, to, attempt, instance, detail);
    }
}
