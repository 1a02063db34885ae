package dev.imageferry.linode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {
    @ParameterizedTest
    @CsvSource({
        "https://api.linode.com, https://api.linode.com/v4",
        "https://api.linode.com/, https://api.linode.com/v4",
        "https://proxy.example/linode/, https://proxy.example/linode/v4",
        "http://localhost:8081, http://localhost:8081/v4",
        "http://127.0.0.1:8081, http://127.0.0.1:8081/v4",
        "http://[::1]:8081, http://[::1]:8081/v4"
    })
    void adds_the_version(String setting, String expected) {
        assertThat(Addresses.api(URI.create(setting))).hasToString(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://api.linode.com",
                "http://127.evil.example",
                "http://localhost.evil.example",
                "http://10.0.0.1:8080",
                "ftp://localhost",
                "https://user:password@api.linode.com",
                "https://api.linode.com?x=y",
                "api.linode.com"
            })
    void refuses_invalid_addresses_and_those_that_expose_the_token(String setting) {
        assertThatThrownBy(() -> Addresses.api(URI.create(setting)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("imageferry.linode.url")
                .hasMessageNotContaining("password");
    }

    @ParameterizedTest
    @CsvSource({
        "https://us-ord-1.linodeobjects.com:443/b/1?Signature=x, true",
        "http://127.0.0.1:9000/b/1?Signature=x, true",
        "http://us-ord-1.linodeobjects.com/b/1?Signature=x, false",
        "not an address, false",
        "file:///etc/passwd, false"
    })
    void uploads_use_https_or_loopback(String uploadTo, boolean allowed) {
        assertThat(Addresses.bucket(uploadTo).isPresent()).isEqualTo(allowed);
    }
}
