package dev.imageferry.whole;

import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RecordedRequest;
import dev.imageferry.simulator.RequestListener;
import dev.imageferry.simulator.SimulatedLinode;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Kills a process when the simulator reaches a {@link KillPoint}, and blocks the request meanwhile. Armed again for each trial. */
final class Trap implements RequestListener {
    private final SimulatedLinode linode;
    private volatile Armed armed = Armed.NOT;

    private record Armed(KillPoint point, long putBytes, Runnable kill, AtomicInteger seen, CountDownLatch sprung) {
        static final Armed NOT = new Armed(
                new KillPoint.AfterLastStatusRequest(0),
                Long.MAX_VALUE,
                () -> {},
                new AtomicInteger(),
                new CountDownLatch(0));
    }

    private Trap(SimulatedLinode linode) {
        this.linode = linode;
    }

    static Trap in(SimulatedLinode linode) {
        Trap trap = new Trap(linode);
        linode.onRequest(trap);
        return trap;
    }

    /** @param bytes the size of the file to upload */
    void arm(KillPoint point, long bytes, Runnable kill) {
        long putBytes = point instanceof KillPoint.InPut(KillPoint.Part part) ? part.of(bytes) : Long.MAX_VALUE;
        armed = new Armed(point, putBytes, kill, new AtomicInteger(), new CountDownLatch(1));
    }

    void disarm() {
        armed = Armed.NOT;
    }

    boolean hasSprung() {
        return armed.sprung().getCount() == 0;
    }

    @Override
    public long putBytes() {
        return armed.putBytes();
    }

    @Override
    public void at(Moment moment, RecordedRequest request) {
        Armed now = armed;
        if (now.sprung().getCount() > 0 && isThere(now, moment, request)) {
            if (moment == Moment.ARRIVED) {
                // the request of a killed daemon must have no effect
                linode.script(Fault.on(request.operation(), new Effect.CutBeforeHandling()));
            }
            now.kill().run();
            now.sprung().countDown();
        }
    }

    private boolean isThere(Armed now, Moment moment, RecordedRequest request) {
        return switch (now.point()) {
            case KillPoint.AtRequest(Operation operation, int nth, Moment wanted) -> {
                if (request.operation() == operation && moment == Moment.ARRIVED) {
                    now.seen().incrementAndGet();
                }
                yield request.operation() == operation
                        && moment == wanted
                        && now.seen().get() >= nth;
            }
            case KillPoint.InPut inPut -> moment == Moment.RECEIVED_BYTES;
            case KillPoint.AfterLastStatusRequest(int millisLater) -> {
                boolean there = request.operation() == Operation.GET_IMAGE
                        && moment == Moment.ANSWERED
                        && linode.images().stream()
                                .anyMatch(image ->
                                        image.isAvailable() && image.id().equals(request.imageIdOrNull()));
                if (there && millisLater > 0) {
                    pause(millisLater);
                }
                yield there;
            }
        };
    }

    /** Waits after the answer was sent. This blocks only one worker of the simulator. */
    private static void pause(int millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
