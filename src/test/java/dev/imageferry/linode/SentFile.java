package dev.imageferry.linode;

import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.UploadUrl;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;

/** A real file of random bytes with the result of its check, ready to send. */
final class SentFile {
    private final Path path;
    private final byte[] bytes;
    private final CheckedImage checked;
    private final FileFingerprint fingerprint;

    private SentFile(Path path, byte[] bytes, CheckedImage checked, FileFingerprint fingerprint) {
        this.path = path;
        this.bytes = bytes;
        this.checked = checked;
        this.fingerprint = fingerprint;
    }

    Path path() {
        return path;
    }

    byte[] bytes() {
        return bytes;
    }

    CheckedImage checked() {
        return checked;
    }

    FileFingerprint fingerprint() {
        return fingerprint;
    }

    static final String SIGNATURE = "Q%2FZG9cXoT7rO4Naerg53RQc3%2BgA%3D";
    static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");
    static final InstantSource CLOCK = InstantSource.fixed(NOW);
    static final PutGuard YES = () -> true;

    static SentFile of(Path directory, int length) throws IOException {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        Path path = Files.write(directory.resolve("debian-12.img.gz"), bytes);
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        CheckedImage checked = new CheckedImage(
                length,
                length,
                sum("SHA-256", bytes),
                sum("MD5", bytes),
                (int) crc.getValue(),
                new DiskContents(null, null, null, "none", List.of(), List.of()));
        return new SentFile(path, bytes, checked, FileFingerprint.of(path));
    }

    static String sum(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static UploadUrl url(String scheme, int port) {
        return url(scheme, port, NOW.plus(Duration.ofDays(1)));
    }

    static UploadUrl url(String scheme, int port, Instant expires) {
        return new UploadUrl(
                scheme + "://127.0.0.1:" + port + "/linode-production-machine-images-uploads/26427534?Signature="
                        + SIGNATURE + "&Expires=" + expires.getEpochSecond() + "&AWSAccessKeyId=ACCESSKEY");
    }

    static Bucket bucket(Duration stall, Duration answer) {
        return bucket(stall, answer, new Bandwidth(), new SimpleMeterRegistry());
    }

    static Bucket bucket(Duration stall, Duration answer, Bandwidth bandwidth, MeterRegistry registry) {
        return new Bucket("1.2.3", stall, answer, bandwidth, CLOCK, registry);
    }

    /** A bucket with time limits that no test reaches. */
    static Bucket patientBucket() {
        return bucket(Duration.ofSeconds(30), Duration.ofSeconds(30));
    }

    PutResult putTo(int port) throws InterruptedException {
        return putTo(patientBucket(), port, YES);
    }

    PutResult putTo(Bucket bucket, int port, PutGuard guard) throws InterruptedException {
        return bucket.put(url("http", port), path, checked, fingerprint, guard, total -> {});
    }
}
