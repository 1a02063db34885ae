package dev.imageferry.web;

import java.io.Serial;
import java.util.function.Function;

/** Ends a request with a problem; what is asked for is known to the mapper alone. */
final class ProblemException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Function<String, ApiProblem> problem;

    /**
     * An error to answer with.
     *
     * @param problem makes it from the path that was asked for
     */
    ProblemException(Function<String, ApiProblem> problem) {
        super(null, null, false, false);
        this.problem = problem;
    }

    ApiProblem problem(String instance) {
        return problem.apply(instance);
    }
}
