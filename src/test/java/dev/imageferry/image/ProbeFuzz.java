package dev.imageferry.image;

import java.util.Arrays;

/** Probes any bytes as a disk. The result must not depend on the size of the chunks. */
public final class ProbeFuzz {
    private static final int ODD_BYTES = 509;

    private ProbeFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        DiskProbe.Findings atOnce = probe(data, Math.max(1, data.length));
        DiskProbe.Findings inPieces = probe(data, ODD_BYTES);
        if (!atOnce.equals(inPieces)) {
            throw new AssertionError("at once " + atOnce + ", in pieces " + inPieces);
        }
    }

    private static DiskProbe.Findings probe(byte[] disk, int pieceBytes) {
        DiskProbe probe = new DiskProbe();
        for (int from = 0; from < disk.length; from += pieceBytes) {
            byte[] piece = Arrays.copyOfRange(disk, from, Math.min(disk.length, from + pieceBytes));
            probe.accept(piece, piece.length);
        }
        return probe.finish();
    }
}
