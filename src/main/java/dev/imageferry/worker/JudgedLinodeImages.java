package dev.imageferry.worker;

import dev.imageferry.linode.Answer;
import dev.imageferry.linode.Cause;
import dev.imageferry.linode.CreatedImage;
import dev.imageferry.linode.Done;
import dev.imageferry.linode.ImageEvent;
import dev.imageferry.linode.LinodeImages;
import dev.imageferry.linode.NewImage;
import dev.imageferry.linode.Polled;
import dev.imageferry.linode.Profile;
import dev.imageferry.linode.Region;
import dev.imageferry.linode.RemoteImage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The Images API as the steps see it: a refused call has closed the gates that it concerns, and its problem says what the
 * refusal means for the job.
 */
public final class JudgedLinodeImages implements LinodeImages {
    private final LinodeImages linode;
    private final LinodeProbe probe;
    private final Gates gates;

    public JudgedLinodeImages(LinodeImages linode, LinodeProbe probe, Gates gates) {
        this.linode = linode;
        this.probe = probe;
        this.gates = gates;
    }

    /** Repeats a call that was refused for a limit of the account. Only two refusals in a row close the gate. */
    @Override
    public Answer<CreatedImage> create(NewImage image) throws InterruptedException {
        Answer<CreatedImage> answer = linode.create(image);
        if (isQuota(answer)) {
            answer = linode.create(image);
        }
        if (isQuota(answer)) {
            gates.close(Gate.QUOTA, ((Answer.Refused<CreatedImage>) answer).problem());
        } else if (answer instanceof Answer.Ok) {
            gates.open(Gate.QUOTA);
        }
        return judged(answer);
    }

    private static boolean isQuota(Answer<?> answer) {
        return answer instanceof Answer.Refused<?> refused && refused.cause() == Cause.QUOTA;
    }

    @Override
    public Answer<RemoteImage> get(String imageId) throws InterruptedException {
        return judged(linode.get(imageId));
    }

    @Override
    public Polled poll(String imageId, Predicate<RemoteImage> decides) throws InterruptedException {
        Polled polled = linode.poll(imageId, decides);
        return new Polled(judged(polled.answer()), polled.age());
    }

    @Override
    public Answer<Done> delete(String imageId) throws InterruptedException {
        return judged(linode.delete(imageId));
    }

    @Override
    public Answer<RemoteImage> replicate(String imageId, List<String> regions) throws InterruptedException {
        return judged(linode.replicate(imageId, regions));
    }

    @Override
    public Answer<List<RemoteImage>> privateImages() throws InterruptedException {
        return judged(linode.privateImages());
    }

    /** A missing scope is no reason to test the token. If the token itself is invalid, the next call shows it. */
    @Override
    public Answer<List<ImageEvent>> uploadEvents(String imageId) throws InterruptedException {
        Answer<List<ImageEvent>> answer = linode.uploadEvents(imageId);
        boolean scopeMissing =
                answer instanceof Answer.Refused<List<ImageEvent>> refused && refused.cause() == Cause.UNAUTHORIZED;
        return scopeMissing ? answer : judged(answer);
    }

    /** Not judged, because no job depends on the listing. */
    @Override
    public Answer<List<Region>> regions(Duration mostAge) throws InterruptedException {
        return linode.regions(mostAge);
    }

    @Override
    public Answer<Profile> profile() throws InterruptedException {
        return judged(linode.profile());
    }

    @Override
    public Optional<Instant> serviceTime() {
        return linode.serviceTime();
    }

    private <T> Answer<T> judged(Answer<T> answer) throws InterruptedException {
        return switch (answer) {
            case Answer.Ok<T> ok -> ok;
            case Answer.NotFound<T> notFound -> notFound;
            case Answer.Refused<T> refused ->
                new Answer.Refused<>(probe.judge(refused), refused.outcomeUnknown(), refused.cause());
        };
    }
}
