package dev.imageferry.document;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import dev.imageferry.whole.DaemonProcess;
import dev.imageferry.whole.DiskImages;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the commands of the documents with bash, each in a new folder with the data of a daemon that uses the simulator. */
@Tag("exhaustive")
class DocumentsIT {
    private static final int DISK_BYTES = 100_000;
    private static final String DISK = "/dev/sdb";
    private static final String PROBLEM = "urn:imageferry:problem:";

    /** In the documents, and what the daemon of this test has instead. */
    private static final String ADDRESS = "http://127.0.0.1:8080";

    @TempDir
    static Path home;

    @TempDir
    Path directory;

    private static SimulatedLinode linode;
    private static DaemonProcess daemon;

    @BeforeAll
    static void start() throws IOException {
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        daemon = DaemonProcess.in(home, linode).start();
    }

    @AfterAll
    static void stop() {
        daemon.close();
        linode.close();
    }

    static Stream<CodeBlock> commands() throws IOException {
        return CodeBlock.all().stream().filter(block -> block.isCommand() && block.isRun());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void the_command_succeeds(CodeBlock block) throws Exception {
        RealTools.require("bash");
        Assumptions.assumeTrue(
                !block.needsRoot() || System.getProperty("user.name").equals("root"), "needs root");
        Files.createSymbolicLink(directory.resolve("data"), home.resolve("data"));
        for (String need : block.needs()) {
            provide(need);
        }

        String output = run(block.code()
                .replace(ADDRESS, daemon.address().toString())
                .replace(DISK, directory.resolve("sdb").toString()));

        assertThat(output).doesNotContain(PROBLEM);
        if (block.document().equals(Path.of("README.md"))) {
            assertThat(output).contains("\"state\":\"AVAILABLE\"");
        }
    }

    /** A file of this name that a reader would have, or a program. */
    private void provide(String need) throws IOException, InterruptedException {
        Path file = directory.resolve(need.equals(DISK) ? "sdb" : need);
        if (need.endsWith(".img.gz")) {
            Files.createDirectories(file.getParent());
            DiskImages.ext4(file, DISK_BYTES, need.hashCode());
        } else if (need.equals("body")) {
            Files.writeString(file, "{}");
        } else if (need.equals(DISK)) {
            run("truncate -s 16M sdb && mkfs.ext4 -q sdb");
        } else if (need.endsWith(".qcow2")) {
            RealTools.require("qemu-img");
            run("truncate -s 16M raw && mkfs.ext4 -q raw && qemu-img convert -O qcow2 raw " + need + " && rm raw");
        } else if (need.endsWith(".raw.xz")) {
            RealTools.require("xz");
            run("truncate -s 16M raw && mkfs.ext4 -q raw && xz -c raw > " + need + " && rm raw");
        } else {
            RealTools.require(need);
        }
    }

    private String run(String script) throws IOException, InterruptedException {
        Path output = Files.createTempFile(home, "command", ".txt");
        ProcessBuilder bash = new ProcessBuilder(List.of("bash", "-euo", "pipefail", "-c", script))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        Map<String, String> environment = bash.environment();
        environment.keySet().removeIf(name -> name.startsWith("IMAGEFERRY_"));
        environment.put("IMAGEFERRY_URL", daemon.address().toString());
        environment.put("IMAGEFERRY_NOTIFY_SECRET", "secret");
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.put(
                "PATH",
                String.join(
                        File.pathSeparator,
                        Path.of("bin").toAbsolutePath().toString(),
                        environment.getOrDefault("PATH", ""),
                        String.join(File.pathSeparator, RealTools.FURTHER_FOLDERS)));
        Process process = bash.start();
        boolean ended = process.waitFor(10, TimeUnit.MINUTES);
        String text = Files.readString(output);
        assertThat(ended).as("%s%nended, with the output:%n%s", script, text).isTrue();
        assertThat(process.exitValue()).as("%s%nprinted%n%s", script, text).isZero();
        return text;
    }
}
