package dev.imageferry.upload;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.job.Ticker;
import dev.imageferry.linode.Bucket;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.queue.Connections;
import dev.imageferry.queue.InstanceName;
import dev.imageferry.queue.JobQueue;
import dev.imageferry.queue.Leases;
import dev.imageferry.queue.Offers;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** What a ferry works with and does not own: the queue, Linode, the gates, the clock. */
@Singleton
record Surroundings(
        JobQueue queue,
        Offers offers,
        InstanceName instance,
        Leases leases,
        Connections connections,
        LinodeImages linode,
        ServiceHealth health,
        Bucket bucket,
        Gates gates,
        UploadMetrics metrics,
        Changes changes,
        ObjectMapper json,
        InstantSource clock,
        Ticker ticker,
        RandomGenerator random,
        DatabaseRetry.Pause pause,
        Dispatcher.RunStarter starter) {}
