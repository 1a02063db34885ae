package dev.imageferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.OutputStream;
import org.junit.jupiter.api.Test;

class ProcessUseTest {
    @Test
    void a_tree_includes_running_and_ended_children() throws Exception {
        ProcessHandle here = ProcessHandle.current();
        ProcessUse before = ProcessUse.of(here);
        assertThat(before.cpuSeconds()).isPositive();
        assertThat(before.residentMegabytes()).isGreaterThan(10);

        // a shell with a child that works and ends, and that waits for it
        Process shell = new ProcessBuilder(
                        "sh",
                        "-c",
                        "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; echo done; read line; exit 0")
                .start();
        try (BufferedReader output = shell.inputReader();
                OutputStream input = shell.getOutputStream()) {
            assertThat(output.readLine()).isEqualTo("done");

            ProcessUse alone = ProcessUse.of(shell.toHandle());
            ProcessUse tree = ProcessUse.ofTree(shell.toHandle());
            assertThat(tree.cpuSecondsSince(alone)).isPositive();
            assertThat(ProcessUse.ofTree(here).residentBytes())
                    .isGreaterThan(ProcessUse.of(here).residentBytes());
            input.write('\n');
        }
        assertThat(shell.waitFor()).isZero();
    }
}
