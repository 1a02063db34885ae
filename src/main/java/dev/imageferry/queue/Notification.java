package dev.imageferry.queue;

import dev.imageferry.job.JobState;
import java.time.Duration;
import java.util.UUID;

/**
 * The notification about an outcome, claimed for one attempt to deliver it.
 *
 * @param delivery the same in every attempt
 * @param outcome the final state that the job had reached
 * @param body the job at the time of the outcome, as JSON
 * @param attempt from 1
 * @param age time from the outcome to the claim, by the clock of the database
 */
public record Notification(UUID delivery, UUID jobId, JobState outcome, String body, int attempt, Duration age) {}
