package dev.imageferry.worker;

import dev.imageferry.job.Job;
import dev.imageferry.queue.Claim;
import java.time.Duration;
import java.util.List;

/** Calls several listeners in order. */
public record JobListeners(List<JobListener> listeners) implements JobListener {
    public JobListeners {
        listeners = List.copyOf(listeners);
    }

    @Override
    public void claimed(Claim claim) {
        listeners.forEach(listener -> listener.claimed(claim));
    }

    @Override
    public void recorded(StepResult result) {
        listeners.forEach(listener -> listener.recorded(result));
    }

    @Override
    public void leaseLost(Job job) {
        listeners.forEach(listener -> listener.leaseLost(job));
    }

    @Override
    public void retried(Job ended, Job again) {
        listeners.forEach(listener -> listener.retried(ended, again));
    }

    @Override
    public void putStarted(Job job) {
        listeners.forEach(listener -> listener.putStarted(job));
    }

    @Override
    public void bytesSent(Job job, long bytes) {
        listeners.forEach(listener -> listener.bytesSent(job, bytes));
    }

    @Override
    public void putEnded(Job job, boolean stored, long bytes, Duration duration) {
        listeners.forEach(listener -> listener.putEnded(job, stored, bytes, duration));
    }

    @Override
    public void fileChecked(Job job, Duration duration) {
        listeners.forEach(listener -> listener.fileChecked(job, duration));
    }

    @Override
    public void leftOverDeleted(String imageId) {
        listeners.forEach(listener -> listener.leftOverDeleted(imageId));
    }

    @Override
    public void imagePruned(String imageId, String family) {
        listeners.forEach(listener -> listener.imagePruned(imageId, family));
    }
}
