package dev.imageferry.linode;

import dev.imageferry.job.Problem;

/**
 * How one call to the API ended, told apart in one place ({@code ResponseClassifier}).
 *
 * @param <T> what a good answer holds
 */
public sealed interface Answer<T> {
    /** The call did what it should. */
    record Ok<T>(T value) implements Answer<T> {}

    /** The image that the call names does not exist (404 in the API's own form). */
    record NotFound<T>() implements Answer<T> {}

    /**
     * Anything else.
     *
     * @param outcomeUnknown the call may have had its effect all the same: no answer was read, or one that says nothing
     * @param cause what it says about the service as a whole
     */
    record Refused<T>(Problem problem, boolean outcomeUnknown, Cause cause) implements Answer<T> {
        <U> Refused<U> retyped() {
            return new Refused<>(problem, outcomeUnknown, cause);
        }
    }
}
