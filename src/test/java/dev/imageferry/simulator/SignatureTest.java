package dev.imageferry.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SignatureTest {
    @Test
    void is_the_one_that_aws_documents() {
        // the example of "Query string request authentication alternative", with its published example keys
        Signature signature =
                new Signature("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".getBytes(UTF_8));

        Signature.Verdict verdict = signature.verify(
                "GET",
                "/johnsmith/photos/puppy.jpg",
                "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
                MultiMap.caseInsensitiveMultiMap(),
                Instant.ofEpochSecond(1_175_139_000));

        assertThat(verdict).isEqualTo(new Signature.Verdict.Good());
    }
}
