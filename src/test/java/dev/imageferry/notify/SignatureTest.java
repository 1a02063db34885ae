package dev.imageferry.notify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignatureTest {
    /** The second vector is test case 2 of RFC 4231, the first is that of GitHub's documentation. */
    @ParameterizedTest
    @CsvSource({
        "It's a Secret to Everybody, 'Hello, World!', 757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "Jefe, what do ya want for nothing?, 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    })
    void signs_with_hmac_sha256(String secret, String body, String hex) {
        assertThat(new Signature(secret).of(body.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("sha256=" + hex);
    }
}
