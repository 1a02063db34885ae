package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import dev.imageferry.RealTools;
import dev.imageferry.bench.Aim;
import dev.imageferry.bench.BenchReport;
import dev.imageferry.bench.Row;
import dev.imageferry.bench.Section;
import dev.imageferry.job.CheckedImage;
import dev.imageferry.job.DiskContents;
import dev.imageferry.job.FileFingerprint;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.zip.CRC32C;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the CPU time of a PUT with that of other programs, over HTTP and TLS 1.3 with the same cipher: {@code ./mvnw clean
 * verify -Pbench -Dit.test=PutCpuIT}. The time of Imageferry is that of its whole process, including the compiler of the JVM.
 * Defaults: {@code -Dbench.put-megabytes=1024} and {@code -Dbench.rounds=5}.
 */
@Tag("bench")
class PutCpuIT {
    private static final int MEGABYTES = Integer.getInteger("bench.put-megabytes", 1024);
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final Map<String, Double> LIMITS = Map.of("curl -T", 1.1, "Python http.client", 1.0);
    private static final Duration PATIENT = Duration.ofMinutes(1);

    private static final String PYTHON = """
            import http.client, os, ssl, sys
            file, scheme, port, certificate = sys.argv[1:]
            if scheme == 'https':
                context = ssl.create_default_context(cafile=certificate)
                connection = http.client.HTTPSConnection('127.0.0.1', int(port), context=context)
            else:
                connection = http.client.HTTPConnection('127.0.0.1', int(port))
            with open(file, 'rb') as body:
                headers = {'Content-Length': str(os.path.getsize(file))}
                connection.request('PUT', '/x', body, headers)
                sys.exit(connection.getresponse().status != 200)
            """;

    /** Sends the file once and returns the CPU seconds of its process. */
    @FunctionalInterface
    private interface Sender {
        double send(String scheme, int port) throws Exception;
    }

    @TempDir
    Path folder;

    @Test
    void compares_the_cpu_time_of_a_put() throws Exception {
        BenchReport.measure("CPU of the PUT", this::measure);
    }

    private void measure(Section section) throws Exception {
        // given
        section.about(
                ("CPU seconds of the sending process for each GiB to a server on loopback; medians of %d. TLS is version 1.3 with"
                                + " the same cipher for all. The JVM compiles during the first two uploads.")
                        .formatted(ROUNDS));
        RealTools.require("curl", "bash");
        Path file = folder.resolve("disk.img.gz");
        CheckedImage checked = write(file);
        Path certificate = folder.resolve("certificate.pem");
        Process sink = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        SinkServer.class.getName(),
                        certificate.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader ports = sink.inputReader()) {
            String[] port = String.valueOf(ports.readLine()).split(" ", 2);
            Map<String, Sender> senders = new LinkedHashMap<>();
            senders.put("Imageferry", imageferry(file, checked, certificate));
            senders.put("curl -T", curl(file, certificate));
            if (RealTools.isInstalled("python3")) {
                senders.put("Python http.client", python(file, certificate));
            }

            // when
            for (String scheme : List.of("http", "https")) {
                int at = Integer.parseInt(port[scheme.equals("http") ? 0 : 1]);
                Map<String, List<Double>> seconds = new LinkedHashMap<>();
                for (int round = 0; round < ROUNDS; round++) {
                    for (Map.Entry<String, Sender> sender : senders.entrySet()) {
                        double each = sender.getValue().send(scheme, at) * 1024 / MEGABYTES;
                        seconds.computeIfAbsent(sender.getKey(), name -> new ArrayList<>())
                                .add(each);
                    }
                }
                report(section, scheme.equals("http") ? "HTTP" : "TLS", seconds);
                assertThat(seconds).hasSameSizeAs(senders);
            }
        } finally {
            sink.destroy();
        }
    }

    private static void report(Section section, String scheme, Map<String, List<Double>> seconds) {
        double ours = median(Objects.requireNonNull(seconds.get("Imageferry")));
        seconds.forEach((name, each) -> {
            if (!name.equals("Imageferry")) {
                section.row(Row.of(scheme, ours, "s")
                        .beside(name, median(each))
                        .aim(Aim.ratioAtMost(Objects.requireNonNull(LIMITS.get(name)))));
            }
        });
    }

    private static double median(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    private static Sender imageferry(Path file, CheckedImage checked, Path certificate) throws Exception {
        FileFingerprint fingerprint = FileFingerprint.of(file);
        OkHttpClient.Builder client = trusting(certificate);
        Bucket bucket = new Bucket(
                client, "bench", PATIENT, PATIENT, new Bandwidth(), SentFile.CLOCK, new SimpleMeterRegistry());
        return (scheme, port) -> {
            long before = processNanos();
            PutResult result =
                    bucket.put(SentFile.url(scheme, port), file, checked, fingerprint, SentFile.YES, total -> {});
            assertThat(result).isInstanceOf(PutResult.Stored.class);
            return (processNanos() - before) / 1e9;
        };
    }

    private static long processNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static OkHttpClient.Builder trusting(Path certificate) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            Certificate read = CertificateFactory.getInstance("X.509").generateCertificate(in);
            store.setCertificateEntry("sink", read);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return new OkHttpClient.Builder()
                .sslSocketFactory(context.getSocketFactory(), (X509TrustManager) trust.getTrustManagers()[0]);
    }

    private static Sender curl(Path file, Path certificate) {
        return (scheme, port) -> timed(
                "curl",
                "-sf",
                "--tlsv1.3",
                "--cacert",
                certificate.toString(),
                "-T",
                file.toString(),
                scheme + "://127.0.0.1:" + port + "/x");
    }

    private static Sender python(Path file, Path certificate) {
        return (scheme, port) ->
                timed("python3", "-c", PYTHON, file.toString(), scheme, String.valueOf(port), certificate.toString());
    }

    /** Runs a command and returns its CPU seconds, user and system, as the shell measures them. */
    private static double timed(String... command) throws Exception {
        List<String> words = new ArrayList<>(List.of("bash", "-c", "TIMEFORMAT='%U %S'; time \"$@\"", "bash"));
        words.addAll(List.of(command));
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).as(output).isZero();
        String[] seconds = output.substring(output.lastIndexOf('\n') + 1).split(" ", 2);
        return Double.parseDouble(seconds[0]) + Double.parseDouble(seconds[1]);
    }

    private static CheckedImage write(Path file) throws IOException {
        byte[] block = new byte[1024 * 1024];
        Random random = new Random(1);
        CRC32C crc = new CRC32C();
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < MEGABYTES; i++) {
                random.nextBytes(block);
                crc.update(block);
                out.write(block);
            }
        }
        long bytes = Files.size(file);
        return new CheckedImage(
                bytes,
                bytes,
                SentFile.sum("SHA-256", new byte[0]),
                SentFile.sum("MD5", new byte[0]),
                (int) crc.getValue(),
                new DiskContents(null, null, null, "none", List.of(), List.of()));
    }
}
