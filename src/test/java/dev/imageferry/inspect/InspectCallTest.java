package dev.imageferry.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class InspectCallTest {
    @Test
    void takes_files_and_the_option_anywhere() {
        assertThat(InspectCall.of(List.of("a.img.gz", "--json", "b.img.gz")))
                .isEqualTo(new InspectCall.Check(true, List.of("a.img.gz", "b.img.gz")));
        assertThat(InspectCall.of(List.of("a.img.gz"))).isEqualTo(new InspectCall.Check(false, List.of("a.img.gz")));
    }

    @Test
    void takes_everything_behind_two_dashes_for_a_file() {
        assertThat(InspectCall.of(List.of("--", "--json", "-h")))
                .isEqualTo(new InspectCall.Check(false, List.of("--json", "-h")));
    }

    @Test
    void is_wrong_without_a_file_and_with_an_unknown_option() {
        assertThat(InspectCall.of(List.of("--json")))
                .isEqualTo(new InspectCall.Wrong("inspect needs at least one file"));
        assertThat(InspectCall.of(List.of("a.img.gz", "--\u001byaml")))
                .isEqualTo(new InspectCall.Wrong("inspect knows no option --?yaml"));
    }

    @Test
    void tells_how_it_is_called() {
        assertThat(InspectCall.of(List.of("--help"))).isEqualTo(new InspectCall.Help());
    }
}
