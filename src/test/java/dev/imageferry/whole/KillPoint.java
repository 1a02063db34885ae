package dev.imageferry.whole;

import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.RequestListener.Moment;

/** A point at which a process is killed, defined by the requests that the simulator receives. */
sealed interface KillPoint {

    /**
     * The start or end of a request.
     *
     * @param operation the operation of the request
     * @param nth the number of the request since the trap was armed, from 1
     * @param moment with ARRIVED, the simulator does not handle the request
     */
    record AtRequest(Operation operation, int nth, Moment moment) implements KillPoint {
        @Override
        public String toString() {
            return operation + " #" + nth + " " + moment;
        }
    }

    /** After the bucket has received a part of the file. At that time nothing is stored yet, even if the whole file was received. */
    record InPut(Part part) implements KillPoint {
        @Override
        public String toString() {
            return "PUT after " + part;
        }
    }

    /**
     * After the status request that returned the image as available, while the daemon writes the outcome and archives the file.
     *
     * @param millisLater the delay after the answer
     */
    record AfterLastStatusRequest(int millisLater) implements KillPoint {
        @Override
        public String toString() {
            return millisLater + " ms after the last status request";
        }
    }

    /** A part of a file. */
    enum Part {
        FIRST_BYTE,
        A_QUARTER,
        HALF,
        /** Everything before the final bytes, which the daemon holds back. */
        ALL_BUT_THE_FINAL_BYTES,
        HALF_OF_THE_FINAL_BYTES,
        ALL_BUT_ONE_BYTE,
        EVERY_BYTE;

        private static final long FINAL_BYTES = 64 * 1024;

        long of(long bytes) {
            return switch (this) {
                case FIRST_BYTE -> 1;
                case A_QUARTER -> bytes / 4;
                case HALF -> bytes / 2;
                case ALL_BUT_THE_FINAL_BYTES -> bytes - FINAL_BYTES;
                case HALF_OF_THE_FINAL_BYTES -> bytes - FINAL_BYTES / 2;
                case ALL_BUT_ONE_BYTE -> bytes - 1;
                case EVERY_BYTE -> bytes;
            };
        }
    }
}
