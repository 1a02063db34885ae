package dev.imageferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.RealTools;
import dev.imageferry.cli.Invocation.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandsTest {
    private final Invocation invocation = new Invocation();

    @ParameterizedTest
    @CsvSource({
        "frobnicate, 'Unknown argument frobnicate; usage: imageferry'",
        "inspect, 'inspect requires at least one FILE; usage: imageferry inspect'",
        "inspect x.img.gz --\u001byaml, 'Unknown option --?yaml of inspect; usage: imageferry inspect'",
        "put, put requires at least one FILE",
        "show, show requires ID or FILE",
        "show a b, Unknown argument b of show",
        "latest, latest requires FAMILY",
        "latest ../jobs, 'Bad value FAMILY=../jobs: expected a-z'",
        "put x --timeout=soon, expected a duration such as 30s",
        "jobs --limit=many, 'many'",
        "jobs --limit=0, 'Bad value --limit=0: expected 1 or more'",
        "retry, 'retry requires either jobs or filters'",
        "cancel x.img.gz --state=READY, 'cancel requires either jobs or filters'",
        "completion fish, fish"
    })
    void a_wrong_call_is_one_line_and_status_2(String arguments, String message) {
        Result result = invocation.run(arguments.split(" ", -1));

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err().lines())
                .singleElement()
                .asString()
                .startsWith("imageferry: ")
                .contains(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--token=s3cret", "status --token s3cret", "run --imageferry.api.token=s3cret"})
    void a_token_on_the_command_line_is_refused_and_not_printed(String arguments) {
        Result result = invocation.run(arguments.split(" ", -1));

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err().lines())
                .singleElement()
                .asString()
                .contains("Tokens are not accepted on the command line", "usage:")
                .doesNotContain("s3cret");
    }

    @Test
    void inspect_takes_options_anywhere_and_only_files_after_two_dashes(@TempDir Path folder) {
        Path missing = folder.resolve("a.img.gz");

        assertThat(invocation.run("inspect", missing.toString(), "--json").out())
                .startsWith("[ {");
        assertThat(invocation.run("inspect", "--", "--json", "-h").out())
                .startsWith("RESULT")
                .contains("cannot read --json: no such file or directory", "cannot read -h:");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "run",
                "inspect",
                "put",
                "jobs",
                "show",
                "latest",
                "wait",
                "retry",
                "cancel",
                "pause",
                "resume",
                "status",
                "completion"
            })
    void every_command_has_help(String command) {
        Result result = command.isEmpty() ? invocation.run("--help") : invocation.run(command, "--help");

        assertThat(result.status()).isZero();
        assertThat(result.out()).startsWith("Usage: imageferry " + command).contains("--help");
        assertThat(result.err()).isEmpty();
        assertThat(invocation.daemonRuns()).isZero();
    }

    @Test
    void prints_version_and_commit() {
        Result result = invocation.run("--version");

        assertThat(result.status()).isZero();
        assertThat(result.out()).matches("imageferry \\d\\S+ \\(commit ([0-9a-f]{7,}|unknown)\\)\\R");
    }

    @Test
    void run_and_no_word_at_all_run_the_daemon() {
        assertThat(invocation.run().status()).isEqualTo(Invocation.DAEMON_STATUS);
        assertThat(invocation.run("run").status()).isEqualTo(Invocation.DAEMON_STATUS);
        assertThat(invocation.daemonRuns()).isEqualTo(2);
    }

    @Test
    void run_takes_settings() {
        try {
            invocation.run("run", "-Dimageferry.test.some=a=b", "-Dimageferry.test.other=c");

            assertThat(System.getProperty("imageferry.test.some")).isEqualTo("a=b");
            assertThat(System.getProperty("imageferry.test.other")).isEqualTo("c");
        } finally {
            System.clearProperty("imageferry.test.some");
            System.clearProperty("imageferry.test.other");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "zsh"})
    void the_completion_script_completes_commands_and_options(String shell, @TempDir Path folder) throws Exception {
        Result result = invocation.run("completion", shell);

        assertThat(result.status()).isZero();
        Path script = Files.writeString(folder.resolve("completion"), result.out());
        assertThat(complete(script, "imageferry", "sta")).contains("status");
        assertThat(complete(script, "imageferry", "lat")).contains("latest");
        assertThat(complete(script, "imageferry put", "--w")).contains("--wait");
    }

    /** Asks bash for the completions of a word, as the Tab key does. */
    private static String complete(Path script, String before, String word) throws IOException, InterruptedException {
        Path bash = RealTools.find("bash");
        String[] words = (before + " " + word).split(" ", -1);
        String program = "source '%s'; COMP_WORDS=(%s); COMP_CWORD=%d; _complete_imageferry; echo \"${COMPREPLY[@]}\""
                .formatted(script, String.join(" ", words), words.length - 1);
        Process process = new ProcessBuilder(bash.toString(), "-c", program)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return output;
    }
}
