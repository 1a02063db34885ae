package dev.imageferry.worker;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Cause;
import dev.imageferry.linode.LinodeImages;
import java.util.Optional;

/**
 * Tells an outage of Linode from a problem of one call, and closes and opens the gates {@code api}, {@code token} and
 * {@code quota}. What one call met closes a gate for all only when a neutral call, which has nothing to do with any job,
 * meets the same.
 */
public final class LinodeProbe {
    /** An image that nobody can have: asking for it shows whether the token is taken, whatever its scopes. */
    private static final String NO_IMAGE = "private/0";

    private final LinodeImages linode;
    private final Gates gates;

    public LinodeProbe(LinodeImages linode, Gates gates) {
        this.linode = linode;
        this.gates = gates;
    }

    /** What a refused call means for the job. */
    public Problem judge(Answer.Refused<?> refused) throws InterruptedException {
        Problem problem = refused.problem();
        return switch (refused.cause()) {
            case JOB, BUSY, RATE_LIMITED -> problem;
            case QUOTA ->
                new Problem(
                        problem.code(), problem.message(), problem.retryAfter().orElse(Gates.QUOTA_PAUSE));
            case UNAUTHORIZED, SERVER, UNREACHABLE -> {
                if (problem.code() == ErrorCode.LINODE_UNAVAILABLE) {
                    gates.close(Gate.API, problem);
                    yield problem;
                }
                Optional<Problem> outage = ask();
                yield outage.map(found -> new Problem(
                                found.code(),
                                found.message(),
                                found.retryAfter().or(problem::retryAfter).orElse(null)))
                        .orElseGet(() -> ofThisCall(problem));
            }
        };
    }

    /** The neutral call worked: what this call met is its own, and counts. */
    private static Problem ofThisCall(Problem problem) {
        return problem.code() == ErrorCode.LINODE_UNAUTHORIZED
                ? new Problem(
                        ErrorCode.LINODE_ERROR,
                        problem.message() + "; it does accept the token for other calls, so check the scopes",
                        problem.retryAfterOrNull())
                : problem;
    }

    /**
     * The account is full: two create calls in a row were refused for it.
     *
     * @return what that means for the job
     */
    public Problem accountIsFull(Answer.Refused<?> refused) throws InterruptedException {
        gates.close(Gate.QUOTA, refused.problem());
        return judge(refused);
    }

    /**
     * What a connection that broke in the middle of a PUT means for the job. When a neutral call gets no answer either, the line is
     * down or Linode is: no attempt is charged for what cut every PUT at once.
     */
    public Problem judgeBroken(Problem broken) throws InterruptedException {
        if (gates.isOpen(Gate.API)) {
            probe();
        }
        return gates.isOpen(Gate.API)
                ? broken
                : new Problem(ErrorCode.LINODE_UNAVAILABLE, broken.message(), broken.retryAfterOrNull());
    }

    /** Makes the neutral call and sets the gates by its answer. */
    public void probe() throws InterruptedException {
        ask();
    }

    /** Empty when the neutral call worked; else what keeps calls of all jobs from working. */
    private Optional<Problem> ask() throws InterruptedException {
        Optional<Answer.Refused<?>> refused = refusal(linode.profile());
        if (refused.isPresent() && refused.get().cause() == Cause.UNAUTHORIZED) {
            // a token with the scopes for images alone may not read the profile
            refused = refusal(linode.get(NO_IMAGE));
        }
        if (refused.isEmpty()) {
            gates.open(Gate.API);
            gates.open(Gate.TOKEN);
            return Optional.empty();
        }
        Problem problem = refused.get().problem();
        return switch (refused.get().cause()) {
            case UNAUTHORIZED -> {
                gates.open(Gate.API); // it answers
                gates.close(Gate.TOKEN, problem);
                yield Optional.of(problem);
            }
            case SERVER, UNREACHABLE -> {
                Problem outage =
                        new Problem(ErrorCode.LINODE_UNAVAILABLE, problem.message(), problem.retryAfterOrNull());
                gates.close(Gate.API, outage);
                yield Optional.of(outage);
            }
            // the call may not even have been made: nothing is known of the API or the token
            case RATE_LIMITED -> Optional.of(problem);
            case JOB, BUSY, QUOTA -> {
                // Linode is there and knows us
                gates.open(Gate.API);
                gates.open(Gate.TOKEN);
                yield Optional.empty();
            }
        };
    }

    private static Optional<Answer.Refused<?>> refusal(Answer<?> answer) {
        return switch (answer) {
            case Answer.Ok<?> ok -> Optional.empty();
            case Answer.NotFound<?> notFound -> Optional.empty();
            case Answer.Refused<?> refused -> Optional.of(refused);
        };
    }
}
