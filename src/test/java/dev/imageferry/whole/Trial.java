package dev.imageferry.whole;

import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.SimulatorOptions.SecondPut;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One file and one death on its way.
 *
 * @param name says what is tried, for reports
 * @param faults scripted before the file is dropped: they lead to the point, or make what is killed a retry
 * @param secondPutOrNull how the simulator must play a second PUT; null where it does not matter
 * @param doubtIsOver whether the two minutes for which a PUT without an answer is doubted are over when the daemon comes
 *     back
 * @param slowProcessing whether Linode takes longer for the image than the daemon to come back
 */
record Trial(
        String name,
        KillPoint point,
        Victim victim,
        List<Fault> faults,
        @Nullable SecondPut secondPutOrNull,
        boolean doubtIsOver,
        boolean slowProcessing) {
    Trial {
        faults = List.copyOf(faults);
    }

    static Trial of(KillPoint point, Victim victim, List<Fault> faults) {
        return new Trial(victim + " at " + point + describe(faults), point, victim, faults, null, false, false);
    }

    Trial withDoubtOver() {
        return new Trial(name, point, victim, faults, secondPutOrNull, true, slowProcessing);
    }

    Trial withSlowProcessing() {
        return new Trial(name, point, victim, faults, secondPutOrNull, doubtIsOver, true);
    }

    Trial withSecondPut(SecondPut variant, String what) {
        return new Trial(
                name + ", " + what + " " + variant, point, victim, faults, variant, doubtIsOver, slowProcessing);
    }

    /** Each fault costs at most one attempt; a death costs none. */
    int mostAttemptsCharged() {
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
