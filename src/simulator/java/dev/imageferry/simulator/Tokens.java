package dev.imageferry.simulator;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The tokens that the API accepts at the moment. */
final class Tokens {
    private final Set<String> accepted = ConcurrentHashMap.newKeySet();

    void accept(String token) {
        accepted.add("Bearer " + token);
    }

    void revoke(String token) {
        accepted.remove("Bearer " + token);
    }

    boolean accepts(String authorization) {
        return accepted.contains(authorization);
    }
}
