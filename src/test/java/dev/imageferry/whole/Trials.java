package dev.imageferry.whole;

import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RequestListener.Moment;
import dev.imageferry.simulator.SimulatorOptions.SecondPut;
import dev.imageferry.whole.KillPoint.Part;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Creates the trials: all kill points, or random ones. */
final class Trials {
    private static final List<Operation> OPERATIONS = List.of(
            Operation.PROFILE,
            Operation.CREATE,
            Operation.PUT_OBJECT,
            Operation.GET_IMAGE,
            Operation.LIST,
            Operation.DELETE_IMAGE,
            Operation.EVENTS);

    private static final List<Moment> BOUNDARIES = List.of(Moment.ARRIVED, Moment.HANDLED, Moment.ANSWERED);

    private Trials() {}

    static List<Trial> all() {
        List<Trial> trials = new ArrayList<>();
        for (Moment moment : BOUNDARIES) {
            for (Operation operation : OPERATIONS) {
                trials.add(first(operation, moment, Victim.DAEMON));
                trials.add(retry(operation, moment, Victim.DAEMON));
            }
        }
        for (Part part : Part.values()) {
            trials.add(inPut(part, Victim.DAEMON));
        }
        for (int millis : List.of(0, 4, 10, 20, 40, 80)) {
            trials.add(Trial.of(new KillPoint.AfterLastStatusRequest(millis), Victim.DAEMON, List.of()));
        }
        for (Victim victim : List.of(Victim.POSTGRESQL, Victim.BOTH)) {
            for (Operation operation :
                    List.of(Operation.CREATE, Operation.PUT_OBJECT, Operation.GET_IMAGE, Operation.DELETE_IMAGE)) {
                trials.add(Trial.of(new KillPoint.AtRequest(operation, 1, Moment.HANDLED), victim, waysTo(operation)));
            }
            trials.add(inPut(Part.HALF, victim));
            trials.add(inPut(Part.EVERY_BYTE, victim));
            trials.add(Trial.of(new KillPoint.AfterLastStatusRequest(4), victim, List.of()));
        }
        for (SecondPut variant : SecondPut.values()) {
            trials.add(secondPut(variant));
            trials.add(inPut(Part.EVERY_BYTE, Victim.DAEMON).withSecondPut(variant, false));
        }
        return trials;
    }

    static Trial random(RandomGenerator random) {
        Victim victim = random.nextInt(4) == 0 ? one(random, Victim.POSTGRESQL, Victim.BOTH) : Victim.DAEMON;
        return switch (random.nextInt(8)) {
            case 0 -> Trial.of(new KillPoint.AfterLastStatusRequest(random.nextInt(100)), victim, List.of());
            case 1, 2 -> inPut(one(random, Part.values()), victim);
            case 3 -> secondPut(one(random, SecondPut.values()));
            default -> {
                Operation operation = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
                if (victim == Victim.POSTGRESQL) {
                    // the daemon is not killed, so its requests must not be cut
                    yield timed(
                            new KillPoint.AtRequest(operation, 1, one(random, Moment.HANDLED, Moment.ANSWERED)),
                            victim,
                            waysTo(operation));
                }
                Moment moment = BOUNDARIES.get(random.nextInt(BOUNDARIES.size()));
                yield random.nextBoolean() ? first(operation, moment, victim) : retry(operation, moment, victim);
            }
        };
    }

    @SafeVarargs
    private static <T> T one(RandomGenerator random, T... of) {
        return of[random.nextInt(of.length)];
    }

    private static Trial first(Operation operation, Moment moment, Victim victim) {
        return timed(new KillPoint.AtRequest(operation, 1, moment), victim, waysTo(operation));
    }

    /** The first request of this operation fails, and the second is the kill point. */
    private static Trial retry(Operation operation, Moment moment, Victim victim) {
        List<Fault> faults = new ArrayList<>(waysTo(operation));
        faults.add(Fault.answer(operation, Answer.error(500, "Internal Server Error")));
        return timed(new KillPoint.AtRequest(operation, 2, moment), victim, faults);
    }

    private static Trial timed(KillPoint.AtRequest point, Victim victim, List<Fault> faults) {
        Trial trial = Trial.of(point, victim, faults);
        if (point.operation() == Operation.EVENTS) {
            return trial.withProcessing(Duration.ofSeconds(8)); // events are requested only while the image is pending
        }
        // the final bytes of a small file can be in the socket buffers before the simulator handles the request
        return point.operation() == Operation.PUT_OBJECT && point.moment() == Moment.ARRIVED
                ? trial.withDoubtOver()
                : trial;
    }

    private static Trial inPut(Part part, Victim victim) {
        // after the final bytes the file may have arrived, so the daemon checks for two minutes before it sends again
        return Trial.of(new KillPoint.InPut(part), victim, List.of()).withDoubtOver();
    }

    /** The answer to the PUT is lost and no event shows that the file was stored, so the file is sent again. */
    private static Trial secondPut(SecondPut variant) {
        return Trial.of(
                        new KillPoint.AtRequest(Operation.PUT_OBJECT, 1, Moment.HANDLED),
                        Victim.DAEMON,
                        List.of(Fault.answer(Operation.EVENTS, Answer.error(401, "no scope for events"))
                                .always()))
                .withDoubtOver()
                .withProcessing(Duration.ofSeconds(70)) // pending for half of it, which is longer than a restart
                .withSecondPut(variant, true);
    }

    /** Returns the faults that cause a request of this operation. */
    private static List<Fault> waysTo(Operation operation) {
        return switch (operation) {
            case PROFILE -> List.of(Fault.answer(Operation.CREATE, Answer.error(500, "Internal Server Error")));
            case LIST, DELETE_IMAGE -> List.of(Fault.on(Operation.CREATE, new Effect.HandleThenCut()));
            case EVENTS -> List.of(Fault.on(Operation.PUT_OBJECT, new Effect.HandleThenCut()));
            case CREATE, PUT_OBJECT, GET_IMAGE, UPDATE_IMAGE, REPLICATE, REGIONS, OTHER -> List.of();
        };
    }
}
