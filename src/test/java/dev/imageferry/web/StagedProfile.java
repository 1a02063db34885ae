package dev.imageferry.web;

import dev.imageferry.daemon.StagedQueueView;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;
import java.util.Set;

/** The HTTP interface over {@link StagedQueueView}, without a database. */
public class StagedProfile implements QuarkusTestProfile {
    static final String TOKEN = "t0ken-of-the-test";

    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(StagedQueueView.class);
    }

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "quarkus.http.test-port", "0",
                // unused
                "quarkus.datasource.jdbc.url", "jdbc:postgresql://127.0.0.1:1/none");
    }

    /** Sets a token and a host name. */
    public static final class Guarded extends StagedProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> overrides = new java.util.HashMap<>(super.getConfigOverrides());
            overrides.put("imageferry.api.token", TOKEN);
            overrides.put("imageferry.api.hosts", "ferry.example.org,localhost");
            return overrides;
        }
    }
}
