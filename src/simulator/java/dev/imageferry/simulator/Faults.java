package dev.imageferry.simulator;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The scripted faults that are not used up, in order of registration; guarded by {@link Changes}. */
final class Faults {
    private final Changes changes;
    private final List<Scripted> scripted = new ArrayList<>();

    Faults(Changes changes) {
        this.changes = changes;
    }

    private static final class Scripted {
        final Fault fault;
        int toSkip;
        int left;

        Scripted(Fault fault) {
            this.fault = fault;
            this.toSkip = fault.skip();
            this.left = fault.times();
        }
    }

    void add(Fault fault) {
        synchronized (changes) {
            scripted.add(new Scripted(fault));
        }
    }

    void clear() {
        synchronized (changes) {
            scripted.clear();
        }
    }

    /** Takes the fault of this kind that strikes the target, if one does. */
    <E extends Effect> Optional<E> take(Class<E> kind, Fault.Target target) {
        synchronized (changes) {
            for (Iterator<Scripted> each = scripted.iterator(); each.hasNext(); ) {
                Scripted next = each.next();
                Fault fault = next.fault;
                if (fault.operation() != target.operation()
                        || !kind.isInstance(fault.effect())
                        || !fault.fits().test(target)) {
                    continue;
                }
                if (next.toSkip > 0) {
                    next.toSkip--;
                    continue;
                }
                if (next.left != Integer.MAX_VALUE && --next.left == 0) {
                    each.remove();
                }
                return Optional.of(kind.cast(fault.effect()));
            }
            return Optional.empty();
        }
    }
}
