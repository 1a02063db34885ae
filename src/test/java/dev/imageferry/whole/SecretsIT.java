package dev.imageferry.whole;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.notify.TestReceiver;
import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing that a daemon produces contains a secret, not even with every log line on and in a run with many failures. */
@Tag("exhaustive")
class SecretsIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String WEBHOOK_SECRET = "s3cret-of-the-signature";
    private static final Pattern SIGNATURE = Pattern.compile("Signature=([^&]+)");
    private static final int FILE_BYTES = 300_000;

    @TempDir
    Path directory;

    @Test
    void no_output_of_a_noisy_run_contains_a_secret() throws Exception {
        // given
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
                TestReceiver receiver = TestReceiver.start();
                DaemonProcess daemon = DaemonProcess.in(directory, linode)
                        .environment("IMAGEFERRY_NOTIFY_URL", receiver.url() + "/s3cret-path")
                        .environment("IMAGEFERRY_NOTIFY_SECRET", WEBHOOK_SECRET)
                        .set("imageferry.retry.max-attempts", "3")
                        .set("quarkus.log.level", "ALL")
                        .start()) {
            linode.script(Fault.answer(Operation.CREATE, Answer.maintenance()));
            linode.script(Fault.on(Operation.CREATE, new Effect.HandleThenCut()));
            linode.script(Fault.on(Operation.GET_IMAGE, new Effect.TruncateAnswer(20)));
            linode.script(
                    Fault.onPut(new Effect.AnswerEarly(Answer.of(500, "<Error><Code>InternalError</Code></Error>"))));
            linode.script(
                    Fault.onPut(new Effect.AnswerEarly(Answer.of(403, "<Error><Code>AccessDenied</Code></Error>"))));
            linode.script(Fault.onPut(new Effect.WrongETag("0".repeat(32))));
            linode.script(Fault.processingFails("Failed to decompress image"));

            // when
            for (int i = 0; i < 6; i++) {
                DiskImages.ext4(daemon.dropFolder().resolve("image-" + i + ".img.gz"), FILE_BYTES, i);
            }
            daemon.awaitArchived(6, LIMIT);

            // then
            Map<String, String> secrets = new LinkedHashMap<>();
            secrets.put("the token", linode.token());
            secrets.put("the secret of the webhook", WEBHOOK_SECRET);
            secrets.put("the path of the webhook", "s3cret-path");
            for (URI address : linode.uploadAddresses()) {
                Matcher signature = SIGNATURE.matcher(address.toString());
                assertThat(signature.find()).isTrue();
                secrets.put("the signature of " + address.getPath(), signature.group(1));
                secrets.put(
                        "the decoded signature of " + address.getPath(), URLDecoder.decode(signature.group(1), UTF_8));
            }
            assertThat(secrets).hasSizeGreaterThan(3 + 2 * 6);
            assertThat(daemon.log()).contains("DEBUG").contains("WARN");
            Map<String, String> outputs = outputs(daemon);
            assertThat(outputs).hasSizeGreaterThan(20);
            outputs.forEach((what, text) ->
                    secrets.forEach((name, secret) -> assertThat(text.lines().filter(line -> line.contains(secret)))
                            .as("%s in %s", name, what)
                            .isEmpty()));
        }
    }

    private Map<String, String> outputs(DaemonProcess daemon) throws IOException, InterruptedException {
        Map<String, String> outputs = new LinkedHashMap<>();
        outputs.put("the log", daemon.log());
        List<String> paths = new ArrayList<>(List.of(
                "/",
                "/api/v1/jobs?limit=500",
                "/api/v1/summary",
                "/api/v1/drop",
                "/q/metrics",
                "/q/health",
                "/q/openapi"));
        daemon.jobs().forEach(job -> {
            String id = job.get("id").asText();
            paths.addAll(List.of("/jobs/" + id, "/api/v1/jobs/" + id, "/api/v1/jobs/" + id + "/history"));
        });
        paths.forEach(path -> outputs.put(path, daemon.get(path).body()));
        try (Stream<Path> files = Files.walk(daemon.dropFolder())) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().endsWith(".gz"))
                    .toList()) {
                outputs.put(file.toString(), Files.readString(file));
            }
        }
        outputs.put("the thread dump", threadDump(daemon.process().pid()));
        for (ProcessHandle each : Stream.concat(
                        Stream.of(daemon.process().toHandle()), daemon.process().descendants())
                .toList()) {
            outputs.put("the arguments of process " + each.pid(), arguments(each.pid()));
        }
        return outputs;
    }

    private static String arguments(long pid) throws IOException {
        Path arguments = Path.of("/proc", Long.toString(pid), "cmdline");
        return Files.exists(arguments) ? Files.readString(arguments) : "";
    }

    private String threadDump(long pid) throws IOException, InterruptedException {
        Path dump = directory.resolve("threads.txt");
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(pid),
                        "Thread.print",
                        "-l")
                .redirectErrorStream(true)
                .redirectOutput(dump.toFile())
                .start();
        assertThat(jcmd.waitFor(60, TimeUnit.SECONDS)).isTrue();
        String text = Files.readString(dump);
        assertThat(text).contains("\"main\"");
        return text;
    }
}
