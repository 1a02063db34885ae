package dev.imageferry.queue;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import org.jspecify.annotations.Nullable;

/**
 * A job that this instance has claimed.
 *
 * @param job the job after the claim
 * @param from the state before the claim
 * @param lostInstanceOrNull the instance whose lease had expired, if the job was taken over
 * @param lostBytes bytes that this instance had sent of an unfinished PUT; 0 if the final bytes were released, because the file
 *     may have arrived ({@link Job#bytesInDoubt()})
 */
public record Claim(Job job, JobState from, @Nullable String lostInstanceOrNull, long lostBytes) {}
