package dev.imageferry.worker;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Cause;
import dev.imageferry.linode.LinodeImages;
import java.util.Optional;

/**
 * Distinguishes an outage of Linode from the failure of one call, and opens and closes the gates {@code api} and
 * {@code token}. After a failed call it makes a neutral call that belongs to no job. Only if that fails too, a gate closes.
 */
public final class LinodeProbe {
    /** An image that cannot exist. A request for it shows whether the token is accepted, whatever its scopes. */
    private static final String NONEXISTENT_IMAGE = "private/0";

    private final LinodeImages linode;
    private final Gates gates;

    public LinodeProbe(LinodeImages linode, Gates gates) {
        this.linode = linode;
        this.gates = gates;
    }

    /** Returns what a refused call means for the job, and closes gates if it is an outage. */
    Problem judge(Answer.Refused<?> refused) throws InterruptedException {
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

    /** The neutral call succeeded, so the failure belongs to this call and counts as an attempt. */
    private static Problem ofThisCall(Problem problem) {
        return problem.code() == ErrorCode.LINODE_UNAUTHORIZED
                ? new Problem(
                        ErrorCode.LINODE_ERROR,
                        problem.message() + ". Linode accepts the token for other calls, so check its scopes",
                        problem.retryAfterOrNull())
                : problem;
    }

    /** Returns what a broken PUT means for the job. If the neutral call fails too, it is an outage and uses up no attempt. */
    public Problem judgeBroken(Problem broken) throws InterruptedException {
        if (gates.isOpen(Gate.API)) {
            probe();
        }
        return gates.isOpen(Gate.API)
                ? broken
                : new Problem(ErrorCode.LINODE_UNAVAILABLE, broken.message(), broken.retryAfterOrNull());
    }

    /** Makes the neutral call and opens or closes the gates accordingly. */
    public void probe() throws InterruptedException {
        ask();
    }

    /** Makes the neutral call. Empty if it succeeded, otherwise the outage. */
    private Optional<Problem> ask() throws InterruptedException {
        Optional<Answer.Refused<?>> refused = refusal(linode.profile());
        if (refused.isPresent() && refused.get().cause() == Cause.UNAUTHORIZED) {
            // a token with only the scopes for images may not read the profile
            refused = refusal(linode.get(NONEXISTENT_IMAGE));
        }
        if (refused.isEmpty()) {
            gates.open(Gate.API);
            gates.open(Gate.TOKEN);
            return Optional.empty();
        }
        Problem problem = refused.get().problem();
        return switch (refused.get().cause()) {
            case UNAUTHORIZED -> {
                gates.open(Gate.API);
                gates.close(Gate.TOKEN, problem);
                yield Optional.of(problem);
            }
            case SERVER, UNREACHABLE -> {
                Problem outage =
                        new Problem(ErrorCode.LINODE_UNAVAILABLE, problem.message(), problem.retryAfterOrNull());
                gates.close(Gate.API, outage);
                yield Optional.of(outage);
            }
            // the throttle may have suppressed the call, so this says nothing about the API or the token
            case RATE_LIMITED -> Optional.of(problem);
            case JOB, BUSY, QUOTA -> {
                // Linode has answered and accepts the token
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
