package dev.imageferry.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Creates gzip files of random content that is stored and not compressed, so that decompressing them costs little. */
final class BenchFiles {
    private static final int CHUNK_BYTES = 1 << 20;

    private BenchFiles() {}

    private static final class Storing extends GZIPOutputStream {
        Storing(OutputStream out) throws IOException {
            super(out, CHUNK_BYTES);
            def.setLevel(Deflater.NO_COMPRESSION);
        }
    }

    /** Creates a file with this much content. Each seed has other content. */
    static Path random(Path file, long contentBytes, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, contentBytes)];
        try (OutputStream out = new Storing(new BufferedOutputStream(Files.newOutputStream(file), CHUNK_BYTES))) {
            for (long left = contentBytes; left > 0; left -= chunk.length) {
                random.nextBytes(chunk);
                out.write(chunk, 0, (int) Math.min(chunk.length, left));
            }
        }
        return file;
    }

    /** Creates a folder with this many files of one KiB of content each, with consecutive seeds. */
    static Path folderOfSmallFiles(Path folder, int count, long firstSeed) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < count; i++) {
            random(folder.resolve("small-%06d.img.gz".formatted(i)), 1024, firstSeed + i);
        }
        return folder;
    }
}
