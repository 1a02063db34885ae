package dev.imageferry.whole;

import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.SimulatorOptions.SecondPut;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The upload of one file with one kill.
 *
 * @param name description for reports
 * @param faults scripted before the file is dropped, to reach the kill point or to make the killed request a retry
 * @param secondPutOrNull how the simulator handles a second PUT; null if it does not matter
 * @param doubtIsOver whether the daemon restarts after the two minutes in which it checks whether an unanswered PUT arrived
 * @param processing how long Linode processes the image; it is pending for half of that time
 * @param sentTwice whether the trial requires that the file was sent twice
 */
record Trial(
        String name,
        KillPoint point,
        Victim victim,
        List<Fault> faults,
        @Nullable SecondPut secondPutOrNull,
        boolean doubtIsOver,
        Duration processing,
        boolean sentTwice) {
    private static final Duration QUICK = Duration.ofMillis(400);

    Trial {
        faults = List.copyOf(faults);
    }

    static Trial of(KillPoint point, Victim victim, List<Fault> faults) {
        return new Trial(victim + " at " + point + describe(faults), point, victim, faults, null, false, QUICK, false);
    }

    Trial withDoubtOver() {
        return new Trial(name, point, victim, faults, secondPutOrNull, true, processing, sentTwice);
    }

    Trial withProcessing(Duration time) {
        return new Trial(name, point, victim, faults, secondPutOrNull, doubtIsOver, time, sentTwice);
    }

    Trial withSecondPut(SecondPut variant, boolean mustHappen) {
        return new Trial(
                name + (mustHappen ? ", the second PUT is " : ", a second PUT would be ") + variant,
                point,
                victim,
                faults,
                variant,
                doubtIsOver,
                processing,
                mustHappen);
    }

    /** Each fault uses up at most one attempt. A kill uses up none. */
    int mostAttemptsUsed() {
        return (int) faults.stream()
                .mapToLong(Fault::times)
                .filter(times -> times < 100)
                .sum();
    }

    private static String describe(List<Fault> faults) {
        return faults.isEmpty()
                ? ""
                : " after "
                        + faults.stream()
                                .map(fault -> fault.operation() + " "
                                        + fault.effect().getClass().getSimpleName())
                                .toList();
    }
}
