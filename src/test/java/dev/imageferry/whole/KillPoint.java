package dev.imageferry.whole;

import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RequestListener.Moment;

/** A moment at which something dies, told by what the simulator sees; nothing in the product knows of it. */
sealed interface KillPoint {

    /**
     * A boundary of a request.
     *
     * @param operation of the request
     * @param nth that arrives after the trap was set, from 1
     * @param moment ARRIVED is killed before anything was done, and nothing is done afterwards
     */
    record AtRequest(Operation operation, int nth, Moment moment) implements KillPoint {
        @Override
        public String toString() {
            return operation + " #" + nth + " " + moment;
        }
    }

    /** When the PUT has received so much of the file. Nothing is stored by then, even if that is all. */
    record InPut(Part part) implements KillPoint {
        @Override
        public String toString() {
            return "PUT after " + part;
        }
    }

    /**
     * After the look that shows the image as available: the daemon writes the outcome and archives.
     *
     * @param millisLater so long after the answer went out
     */
    record AfterLastLook(int millisLater) implements KillPoint {
        @Override
        public String toString() {
            return millisLater + " ms after the look that shows the image";
        }
    }

    /** How much of a file. */
    enum Part {
        FIRST_BYTE,
        A_QUARTER,
        HALF,
        /** Up to the end that is held back until the guard has agreed. */
        ALL_BUT_THE_HELD_BACK_END,
        HALF_OF_THE_HELD_BACK_END,
        ALL_BUT_ONE_BYTE,
        EVERY_BYTE;

        private static final long HELD_BACK_BYTES = 64 * 1024;

        long of(long bytes) {
            return switch (this) {
                case FIRST_BYTE -> 1;
                case A_QUARTER -> bytes / 4;
                case HALF -> bytes / 2;
                case ALL_BUT_THE_HELD_BACK_END -> bytes - HELD_BACK_BYTES;
                case HALF_OF_THE_HELD_BACK_END -> bytes - HELD_BACK_BYTES / 2;
                case ALL_BUT_ONE_BYTE -> bytes - 1;
                case EVERY_BYTE -> bytes;
            };
        }
    }
}
