package dev.imageferry.upload;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Cause;
import dev.imageferry.linode.LinodeImages;
import java.util.Optional;

/** Tells an outage of Linode from a problem of one job, and closes and opens the gates {@code api} and {@code token}. */
final class ServiceHealth {
    /** An image that nobody can have: asking for it shows whether the token is taken, whatever its scopes. */
    private static final String NO_IMAGE = "private/0";

    private final LinodeImages linode;
    private final Gates gates;

    ServiceHealth(LinodeImages linode, Gates gates) {
        this.linode = linode;
        this.gates = gates;
    }

    /**
     * What a refused call means for the job. A refusal that may be everybody's is held against a neutral call: only when
     * that fails too, the gate closes and no attempt is charged.
     */
    Problem judge(Answer.Refused<?> refused) throws InterruptedException {
        Problem problem = refused.problem();
        return switch (refused.cause()) {
            case JOB, BUSY, RATE_LIMITED -> problem;
            case QUOTA -> {
                gates.close(Gate.QUOTA, problem);
                yield problem;
            }
            case UNAUTHORIZED -> {
                gates.close(Gate.TOKEN, problem);
                yield problem;
            }
            case SERVER, UNREACHABLE -> {
                if (problem.code() == ErrorCode.LINODE_UNAVAILABLE) {
                    gates.close(Gate.API, problem);
                    yield problem;
                }
                probe();
                Problem closed = gates.problemOf(Gate.API);
                yield closed == null
                        ? problem
                        : new Problem(ErrorCode.LINODE_UNAVAILABLE, closed.message(), problem.retryAfterOrNull());
            }
        };
    }

    /**
     * What a connection that broke in the middle of a PUT means for the job. When a neutral call gets no answer either, the line is
     * down or Linode is: no attempt is charged for what cut every PUT at once.
     */
    Problem judgeBroken(Problem broken) throws InterruptedException {
        if (gates.isOpen(Gate.API)) {
            probe();
        }
        return gates.isOpen(Gate.API)
                ? broken
                : new Problem(ErrorCode.LINODE_UNAVAILABLE, broken.message(), broken.retryAfterOrNull());
    }

    /** Asks Linode something that has nothing to do with any job, and sets the gates by the answer. */
    void probe() throws InterruptedException {
        Optional<Answer.Refused<?>> refused = refusal(linode.profile());
        if (refused.isPresent() && refused.get().cause() == Cause.UNAUTHORIZED) {
            // a token with the scopes for images alone may not read the profile
            refused = refusal(linode.get(NO_IMAGE));
        }
        if (refused.isEmpty()) {
            gates.open(Gate.API);
            gates.open(Gate.TOKEN);
            return;
        }
        Problem problem = refused.get().problem();
        switch (refused.get().cause()) {
            case UNAUTHORIZED -> {
                gates.open(Gate.API); // it answers
                gates.close(Gate.TOKEN, problem);
            }
            case SERVER, UNREACHABLE ->
                gates.close(
                        Gate.API,
                        new Problem(ErrorCode.LINODE_UNAVAILABLE, problem.message(), problem.retryAfterOrNull()));
            case JOB, BUSY, RATE_LIMITED, QUOTA -> {
                // Linode is there and knows us
                gates.open(Gate.API);
                gates.open(Gate.TOKEN);
            }
        }
    }

    private static Optional<Answer.Refused<?>> refusal(Answer<?> answer) {
        return switch (answer) {
            case Answer.Ok<?> ok -> Optional.empty();
            case Answer.NotFound<?> notFound -> Optional.empty();
            case Answer.Refused<?> refused -> Optional.of(refused);
        };
    }
}
