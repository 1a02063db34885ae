package dev.imageferry.queue;

import dev.imageferry.web.RealQueue;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.List;
import java.util.Map;

/** Starts the queue on PostgreSQL without a daemon, once for all classes with this profile. */
public final class QueueProfile implements QuarkusTestProfile {
    static final String INSTANCE = "here";

    @Override
    public List<TestResourceEntry> testResources() {
        return List.of(new TestResourceEntry(RealQueue.class));
    }

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "quarkus.http.test-port", "0",
                "imageferry.instance", INSTANCE,
                // long enough that no lease expires during a test
                "imageferry.lease.duration", "1h");
    }
}
