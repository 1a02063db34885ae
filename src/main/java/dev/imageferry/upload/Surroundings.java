package dev.imageferry.upload;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.job.Ticker;
import dev.imageferry.linode.Bucket;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Leases;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** What a ferry works with and does not own: the queue, Linode, the gates, the clock. */
@Singleton
record Surroundings(
        JobQueue queue,
        Leases leases,
        HttpLinodeImages linode,
        ServiceHealth health,
        Bucket bucket,
        Gates gates,
        UploadMetrics metrics,
        Changes changes,
        ObjectMapper json,
        InstantSource clock,
        Ticker ticker) {}
