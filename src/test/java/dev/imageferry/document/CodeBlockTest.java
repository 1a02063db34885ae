package dev.imageferry.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CodeBlockTest {
    @Test
    void every_command_of_the_documents_is_run_or_says_why_not() throws IOException {
        List<CodeBlock> commands =
                CodeBlock.all().stream().filter(CodeBlock::isCommand).toList();

        assertThat(commands)
                .hasSizeGreaterThan(15)
                .allSatisfy(block -> assertThat(block.isRun() || block.isLeftOutWithReason())
                        .as("%s has <!-- run --> or <!-- not run: REASON --> above it", block)
                        .isTrue());
        assertThat(commands).filteredOn(CodeBlock::isRun).hasSizeGreaterThan(8);
    }

    @Test
    void reads_notes_languages_and_indented_code() {
        List<CodeBlock> blocks = CodeBlock.in(Path.of("x.md"), """
                <!-- run as root with debootstrap, disk.qcow2 -->
                ```sh
                one
                ```
                text
                ```
                output
                ```
                1. step

                   <!-- not run: needs a token of Linode -->
                   ```sh
                   two
                     three
                   ```
                """.lines().toList());

        assertThat(blocks).extracting(CodeBlock::code).containsExactly("one\n", "output\n", "two\n  three\n");
        assertThat(blocks).extracting(CodeBlock::isCommand).containsExactly(true, false, true);
        assertThat(blocks).extracting(CodeBlock::isRun).containsExactly(true, false, false);
        assertThat(blocks).extracting(CodeBlock::isLeftOutWithReason).containsExactly(false, false, true);
        assertThat(blocks).extracting(CodeBlock::needsRoot).containsExactly(true, false, false);
        assertThat(blocks.getFirst().needs()).containsExactly("debootstrap", "disk.qcow2");
        assertThat(blocks).extracting(CodeBlock::toString).containsExactly("x.md:2", "x.md:6", "x.md:12");
    }
}
