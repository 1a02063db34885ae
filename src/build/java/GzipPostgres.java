import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * Part of the build: compresses the archive of PostgreSQL for Linux on x86-64 with gzip instead of xz, because unpacking it is a
 * part of the daemon's first start. Takes the file to write. Does nothing if it exists.
 */
final class GzipPostgres {
    private static final String ARCHIVE = "/postgres-linux-x86_64.txz";

    private GzipPostgres() {}

    public static void main(String[] arguments) throws IOException {
        Path target = Path.of(arguments[0]);
        if (Files.exists(target)) {
            return;
        }
        Files.createDirectories(target.getParent());
        Path draft = target.resolveSibling(target.getFileName() + ".draft");
        try (InputStream archive = GzipPostgres.class.getResourceAsStream(ARCHIVE);
                InputStream tar = new XZCompressorInputStream(archive);
                OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(draft), 1 << 16)) {
            tar.transferTo(gzip);
        }
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    }
}
