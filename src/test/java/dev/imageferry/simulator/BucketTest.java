package dev.imageferry.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.simulator.LinodeClient.Created;
import dev.imageferry.simulator.LinodeClient.PutReply;
import dev.imageferry.simulator.RecordedRequest.Ending;
import java.io.IOException;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Row by row what LINODE.md says that the bucket answers. */
class BucketTest {
    private static final byte[] CONTENT = TestGzip.of("not really an image");
    private static final String TYPE = "Content-Type: application/octet-stream";

    private final SettableClock clock = new SettableClock(Instant.parse("2026-03-01T12:00:00Z"));
    private SimulatedLinode linode = SimulatedLinode.start(options());
    private LinodeClient client = new LinodeClient(linode);

    private SimulatorOptions options() {
        return SimulatorOptions.forTests().withClock(clock);
    }

    @BeforeEach
    void nothing_is_stored_yet() {
        assertThat(linode.images()).isEmpty();
    }

    @AfterEach
    void stop() {
        linode.close();
    }

    @Test
    void stores_a_right_put_and_answers_with_its_md5() throws Exception {
        Created created = client.create("debian-12");

        PutReply reply = client.put(created.uploadTo(), CONTENT);

        assertThat(reply).isEqualTo(new PutReply(200, '"' + hex("MD5", CONTENT) + '"', "", true));
        SimulatedImage image = client.image(created);
        assertThat(image.bytes()).isEqualTo(CONTENT.length);
        assertThat(image.sha256OrNull()).isEqualTo(hex("SHA-256", CONTENT));
        assertThat(image.md5OrNull()).isEqualTo(hex("MD5", CONTENT));
        RecordedRequest put = linode.requests(Operation.PUT_OBJECT).getFirst();
        assertThat(put.stored()).isTrue();
        assertThat(put.bodyBytes()).isEqualTo(CONTENT.length);
        assertThat(put.labelOrNull()).isEqualTo("debian-12");
    }

    @Test
    void the_upload_url_has_the_shape_of_linodes() throws Exception {
        URI url = client.create("debian-12").uploadTo();

        long expires = clock.instant().plus(Duration.ofHours(24)).getEpochSecond();
        assertThat(url.getPath()).matches("/linode-production-machine-images-uploads/\\d+");
        assertThat(url.getRawQuery()).matches("Signature=[^&/+]+&Expires=" + expires + "&AWSAccessKeyId=\\w+");
        assertThat(url.getAuthority()).isEqualTo(linode.uri().getAuthority());
    }

    @Test
    void refuses_a_put_without_a_content_type() throws Exception {
        Created created = client.create("a");
        try (RawConnection connection = new RawConnection(linode)) {
            connection.putHead(created.uploadTo(), "Content-Length: 4", "Connection: close");
            connection.send("1234".getBytes(UTF_8));

            assertThat(connection.rest())
                    .startsWith("HTTP/1.1 403 ")
                    .contains("<Error><Code>SignatureDoesNotMatch</Code>")
                    .contains("X-Simulated-Linode: true");
        }
        assertNothingStored(created);
    }

    @Test
    void refuses_another_content_type() throws Exception {
        Created created = client.create("a");

        PutReply reply = client.put(created.uploadTo(), RequestBody.create(CONTENT, MediaType.get("application/gzip")));

        assertRefused(reply, 403, "SignatureDoesNotMatch");
        assertNothingStored(created);
    }

    @Test
    void refuses_headers_that_are_signed_in_version_2() throws Exception {
        Created created = client.create("a");

        assertRefused(client.put(created.uploadTo(), CONTENT, "Content-MD5", "x"), 403, "SignatureDoesNotMatch");
        assertRefused(client.put(created.uploadTo(), CONTENT, "x-amz-acl", "private"), 403, "SignatureDoesNotMatch");
        assertNothingStored(created);
    }

    @Test
    void refuses_a_changed_query_or_key() throws Exception {
        Created created = client.create("a");
        Created other = client.create("b");
        String url = created.uploadTo().toString();
        long expires = clock.instant().plus(Duration.ofHours(24)).getEpochSecond();

        for (String changed : new String[] {
            url.replace("Signature=", "Signature=A"),
            url.replace("Expires=" + expires, "Expires=" + (expires + 1)),
            url.replace("AWSAccessKeyId=", "AWSAccessKeyId=A"),
            url.replace(number(created), number(other)),
            url + "&partNumber=1&uploadId=2",
            url.substring(0, url.indexOf('?'))
        }) {
            assertRefused(client.put(URI.create(changed), CONTENT), 403, "SignatureDoesNotMatch");
        }
        assertNothingStored(created);
        assertNothingStored(other);
    }

    @Test
    void refuses_an_expired_url_at_the_first_byte() throws Exception {
        Created created = client.create("a");
        clock.advance(Duration.ofHours(24));

        assertRefused(client.put(created.uploadTo(), CONTENT), 403, "AccessDenied");
    }

    @Test
    void takes_a_put_that_began_in_time_and_ended_after_expiry() throws Exception {
        Created created = client.create("a");
        linode.onRequest(RequestListener.onPutBytes(1, put -> {
            clock.advance(Duration.ofHours(25));
            assertThat(linode.images()).as("data is on its way").hasSize(1);
        }));

        PutReply reply = client.put(created.uploadTo(), CONTENT);

        assertThat(reply.status()).isEqualTo(200);
        client.awaitAvailable(created);
    }

    @Test
    void refuses_more_than_5_gib_from_the_headers_alone() throws Exception {
        Created created = client.create("a");
        try (RawConnection connection = new RawConnection(linode)) {
            connection.putHead(created.uploadTo(), TYPE, "Content-Length: 5368709121");

            assertThat(connection.head()).startsWith("HTTP/1.1 400 ");
        }
        try (RawConnection connection = new RawConnection(linode)) {
            connection.putHead(created.uploadTo(), TYPE, "Content-Length: 5368709120", "Expect: 100-continue");

            assertThat(connection.head()).startsWith("HTTP/1.1 100 ");
        }
    }

    @Test
    void refuses_a_put_without_a_length() throws Exception {
        Created created = client.create("a");
        RequestBody chunked = new RequestBody() {
            @Override
            public @Nullable MediaType contentType() {
                return MediaType.get(Signature.CONTENT_TYPE);
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                sink.write(CONTENT);
            }
        };

        assertRefused(client.put(created.uploadTo(), chunked), 411, "MissingContentLength");
        assertNothingStored(created);
    }

    @Test
    void refuses_a_put_that_carries_the_token_and_records_that_it_did() throws Exception {
        Created created = client.create("a");

        assertRefused(
                client.put(created.uploadTo(), CONTENT, "Authorization", "Bearer test-token"), 400, "InvalidArgument");
        RecordedRequest put = linode.requests(Operation.PUT_OBJECT).getFirst();
        assertThat(put.header("authorization")).isEqualTo("(masked)");
        assertThat(put.toString()).doesNotContain("test-token").doesNotContain("Signature=");
        assertNothingStored(created);
    }

    @Test
    void keeps_nothing_of_a_cut_put_and_leaves_the_older_object() throws Exception {
        Created created = client.create("a");
        client.put(created.uploadTo(), CONTENT);
        try (RawConnection connection = new RawConnection(linode)) {
            connection.putHead(created.uploadTo(), TYPE, "Content-Length: 100000");
            connection.send(new byte[50_000]);
            linode.await(now -> now.putsInProgress() == 1 && putBytes() == 50_000, LinodeClient.LIMIT);
        }

        linode.await(now -> now.putsInProgress() == 0, LinodeClient.LIMIT);
        RecordedRequest put = linode.requests(Operation.PUT_OBJECT).getLast();
        assertThat(put.ending()).isEqualTo(Ending.CLIENT_GONE);
        assertThat(put.stored()).isFalse();
        assertThat(client.image(created).md5OrNull()).isEqualTo(hex("MD5", CONTENT));
        assertThat(client.image(created).objectsStored()).isEqualTo(1);
    }

    private long putBytes() {
        return linode.requests(Operation.PUT_OBJECT).getLast().bodyBytes();
    }

    @Test
    void closes_without_an_answer_when_fewer_bytes_come_than_announced() throws Exception {
        restart(options().withBodyIdleTimeout(Duration.ofMillis(200)));
        Created created = client.create("a");
        try (RawConnection connection = new RawConnection(linode)) {
            connection.putHead(created.uploadTo(), TYPE, "Content-Length: 10");
            connection.send("12345".getBytes(UTF_8));

            assertThat(connection.rest()).isEmpty();
        }
        assertThat(linode.requests(Operation.PUT_OBJECT).getFirst().ending()).isEqualTo(Ending.CUT);
        assertNothingStored(created);
    }

    @Test
    void stores_a_truncated_object_when_the_file_grew_beyond_the_length() throws Exception {
        Created created = client.create("a");
        try (RawConnection connection = new RawConnection(linode)) {
            connection.putHead(created.uploadTo(), TYPE, "Content-Length: 5");
            connection.send("12345678".getBytes(UTF_8));

            assertThat(connection.head()).startsWith("HTTP/1.1 200 ").contains(hex("MD5", "12345".getBytes(UTF_8)));
        }
        assertThat(client.image(created).bytes()).isEqualTo(5);
    }

    @Test
    void a_second_put_replaces_the_first() throws Exception {
        Created created = client.create("a");
        client.put(created.uploadTo(), CONTENT);
        byte[] second = "another image".getBytes(UTF_8);

        assertThat(client.put(created.uploadTo(), second).status()).isEqualTo(200);

        assertThat(client.image(created).md5OrNull()).isEqualTo(hex("MD5", second));
        assertThat(client.image(created).objectsStored()).isEqualTo(2);
    }

    @Test
    void continues_when_asked_and_all_is_well() throws Exception {
        Created created = client.create("a");
        try (RawConnection connection = new RawConnection(linode)) {
            connection.putHead(created.uploadTo(), TYPE, "Content-Length: 4", "Expect: 100-continue");
            assertThat(connection.head()).startsWith("HTTP/1.1 100 ");

            connection.send("1234".getBytes(UTF_8));

            assertThat(connection.head()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void refuses_at_once_when_asked_to_continue_and_something_is_wrong() throws Exception {
        Created created = client.create("a");
        try (RawConnection connection = new RawConnection(linode)) {
            connection.putHead(created.uploadTo(), "Content-Length: 4", "Expect: 100-continue");

            assertThat(connection.rest()).startsWith("HTTP/1.1 403 ");
        }
        assertNothingStored(created);
    }

    @Test
    void an_early_error_reaches_a_client_that_still_writes_and_the_connection_stays() throws Exception {
        Created created = client.create("a");
        byte[] much = new byte[20_000_000];

        for (int time = 0; time < 3; time++) {
            assertRefused(client.put(created.uploadTo(), much, "Content-MD5", "x"), 403, "SignatureDoesNotMatch");
        }
        assertThat(client.put(created.uploadTo(), much).status()).isEqualTo(200);
    }

    @Test
    void takes_bytes_for_an_image_that_is_gone_and_makes_nothing_of_them() throws Exception {
        Created created = client.create("a");
        client.send("DELETE", "/v4/images/" + created.id(), "");

        PutReply reply = client.put(created.uploadTo(), CONTENT);

        assertThat(reply.status()).isEqualTo(200);
        assertThat(linode.images()).isEmpty();
    }

    private void restart(SimulatorOptions options) {
        linode.close();
        linode = SimulatedLinode.start(options);
        client = new LinodeClient(linode);
    }

    private void assertRefused(PutReply reply, int status, String code) {
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.body()).startsWith("<?xml").contains("<Error><Code>" + code + "</Code><Message></Message>");
        assertThat(reply.marked()).isTrue();
    }

    private void assertNothingStored(Created created) {
        assertThat(client.image(created).sha256OrNull()).isNull();
        assertThat(linode.requests(Operation.PUT_OBJECT)).noneMatch(RecordedRequest::stored);
        assertThat(linode.putsInProgress()).isZero();
    }

    private static String number(Created created) {
        return created.id().substring("private/".length());
    }

    private static String hex(String algorithm, byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    }
}
