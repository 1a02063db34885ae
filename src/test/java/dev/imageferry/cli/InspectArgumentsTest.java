package dev.imageferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class InspectCallTest {
    @Test
    void accepts_files_and_the_option_in_any_order() {
        assertThat(InspectCall.of(List.of("a.img.gz", "--json", "b.img.gz")))
                .isEqualTo(new InspectCall.Check(true, List.of("a.img.gz", "b.img.gz")));
        assertThat(InspectCall.of(List.of("a.img.gz"))).isEqualTo(new InspectCall.Check(false, List.of("a.img.gz")));
    }

    @Test
    void treats_everything_after_two_dashes_as_files() {
        assertThat(InspectCall.of(List.of("--", "--json", "-h")))
                .isEqualTo(new InspectCall.Check(false, List.of("--json", "-h")));
    }

    @Test
    void refuses_missing_files_and_unknown_options() {
        assertThat(InspectCall.of(List.of("--json")))
                .isEqualTo(new InspectCall.Wrong("inspect requires at least one file"));
        assertThat(InspectCall.of(List.of("a.img.gz", "--\u001byaml")))
                .isEqualTo(new InspectCall.Wrong("Unknown option --?yaml of inspect"));
    }

    @Test
    void accepts_the_help_options() {
        assertThat(InspectCall.of(List.of("--help"))).isEqualTo(new InspectCall.Help());
    }
}
