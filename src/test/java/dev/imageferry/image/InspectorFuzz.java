package dev.imageferry.image;

import dev.imageferry.image.GzipInspector.Decoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Inspects any bytes as a {@code .img.gz} file. */
public final class InspectorFuzz {
    private static final ImageLimits LIMITS = new ImageLimits(1 << 20, 8 << 20);
    private static final Path FILE = file();

    private InspectorFuzz() {}

    private static Path file() {
        try {
            Path file = Files.createTempFile("fuzz", ".img.gz");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        Files.write(FILE, data);
        Inspection inspection = new GzipInspector(LIMITS, ContentsRule.STRICT, Decoder.JDK).inspect(FILE, bytes -> {});
        if (IsalLibrary.installed().isPresent()) {
            Inspection other = new GzipInspector(LIMITS, ContentsRule.STRICT, Decoder.ISA_L).inspect(FILE, bytes -> {});
            check(other.equals(inspection), other);
        }
        switch (inspection) {
            case Inspection.Fit fit -> check(fit.image().compressedBytes() == data.length, fit);
            case Inspection.Unfit unfit -> check(!unfit.problem().message().isEmpty(), unfit);
        }
    }

    private static void check(boolean holds, Inspection inspection) {
        if (!holds) {
            throw new AssertionError(inspection.toString());
        }
    }
}
