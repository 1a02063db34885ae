package dev.imageferry.queue;

import dev.imageferry.job.Job;
import dev.imageferry.job.JobState;
import org.jspecify.annotations.Nullable;

/**
 * A job that this instance holds from now on.
 *
 * @param job as it is after the claim
 * @param from the state before; a first turn moves the job on
 * @param lostInstanceOrNull whose lease had run out, where the job was taken over
 * @param lostBytes what that instance had sent of a PUT that never ended; 0 when its end was let go: those bytes may have
 *     arrived and are booked when that is known ({@link Job#bytesInDoubt()})
 */
public record Claim(Job job, JobState from, @Nullable String lostInstanceOrNull, long lostBytes) {}
