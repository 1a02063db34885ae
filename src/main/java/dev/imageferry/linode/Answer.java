package dev.imageferry.linode;

import dev.imageferry.job.Problem;

/**
 * The result of one call to the API, decided by {@code ResponseClassifier}.
 *
 * @param <T> the value of a successful call
 */
public sealed interface Answer<T> {
    /** The call succeeded. */
    record Ok<T>(T value) implements Answer<T> {}

    /** The image does not exist (404 in the API's own form). */
    record NotFound<T>() implements Answer<T> {}

    /**
     * Any other result.
     *
     * @param outcomeUnknown whether the call may have had its effect although there was no usable answer
     * @param cause what the result means for the service as a whole
     */
    record Refused<T>(Problem problem, boolean outcomeUnknown, Cause cause) implements Answer<T> {
        <U> Refused<U> retyped() {
            return new Refused<>(problem, outcomeUnknown, cause);
        }
    }
}
