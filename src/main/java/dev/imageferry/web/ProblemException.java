package dev.imageferry.web;

import java.io.Serial;
import java.util.function.Function;

/** Ends a request with a problem. The mapper adds the path of the request. */
final class ProblemException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient Function<String, ApiProblem> problem;

    /**
     * Creates an exception without stack trace.
     *
     * @param problem creates the problem from the path of the request
     */
    ProblemException(Function<String, ApiProblem> problem) {
        super(null, null, false, false);
        this.problem = problem;
    }

    ApiProblem problem(String instance) {
        return problem.apply(instance);
    }
}
