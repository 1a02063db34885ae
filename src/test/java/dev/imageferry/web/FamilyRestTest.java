package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.daemon.Daemon;
import dev.imageferry.daemon.QueueView;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Families over REST and on the page, over PostgreSQL and the running daemon. */
@QuarkusTest
@TestProfile(RealQueueTest.Profile.class)
@QuarkusTestResource(value = RealQueue.class, restrictToAnnotatedClass = true)
@SuppressWarnings("NullAway.Init") // Quarkus sets the fields
class FamilyRestTest {
    @Inject
    Daemon daemon;

    @Inject
    QueueView queue;

    @Inject
    ObjectMapper json;

    @Inject
    DataSource database;

    @TestHTTPResource("/")
    URI root;

    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void familyOfSeven() throws Exception {
        if (!queue.isStarted()) {
            daemon.start();
            RawHttp.until(queue::isStarted, Duration.ofSeconds(60));
        }
        execute("TRUNCATE job, job_history");
        for (int minute = 1; minute <= 7; minute++) {
            insert("debian-12", minute);
        }
        insert("alpine", 8);
        execute(
                "UPDATE job SET retired_at = now(), retired_reason = 'family debian-12 keeps 3 images' WHERE inode <= 4");
    }

    private void insert(String family, int minute) throws SQLException {
        execute("""
                INSERT INTO job (id, folder_id, file, inode, bytes, modified_nanos, changed_nanos, file_since, state, state_since,
                    priority, label, description, region, tags, cloud_init, replicate_to, family, keep, next_run_at,
                    created_at, updated_at, outcome_at, archived_at, file_gone_at, image_number, image_id, image_status)
                VALUES ('%s', gen_random_uuid(), '%s-%d.img.gz', %d, 1000, 1, 1, now(), 'AVAILABLE', now(), 0, 'debian', '',
                    'us-ord', '{}', false, '{}', '%s', 3, now(),
                    timestamptz '2026-01-01T00:00:00Z' + %d * interval '1 minute', now(), now(), now(), now(), 1,
                    'private/%d', 'available')
                """.formatted(new UUID(0, minute), family, minute, minute, family, minute, minute));
        execute("INSERT INTO job_history (job_id, at, to_state, attempt, detail) VALUES ('" + new UUID(0, minute)
                + "', now(), 'AVAILABLE', 1, 'is available')");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(root.resolve(path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private JsonNode body(String path) throws Exception {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/json"));
        return json.readTree(answer.body());
    }

    @Test
    void lists_families_with_their_newest_job() throws Exception {
        JsonNode families = body("api/v1/families");

        assertThat(families).extracting(family -> family.get("name").asText()).containsExactly("alpine", "debian-12");
        JsonNode debian = families.get(1);
        assertThat(debian.get("keep").asInt()).isEqualTo(3);
        assertThat(debian.get("kept").asInt()).isEqualTo(3);
        assertThat(debian.get("retired").asInt()).isEqualTo(4);
        assertThat(debian.at("/newest/image/id").asText()).isEqualTo("private/7");
    }

    @Test
    void pages_the_jobs_of_a_family_newest_first() throws Exception {
        List<String> images = new ArrayList<>();
        String after = "";
        do {
            JsonNode page = body("api/v1/families/debian-12?limit=3&after=" + after);
            page.get("items").forEach(job -> images.add(job.at("/image/id").asText()));
            after = page.path("next").asText("");
            after = page.get("next").isNull() ? "" : after;
        } while (!after.isEmpty());

        assertThat(images)
                .containsExactly(
                        "private/7", "private/6", "private/5", "private/4", "private/3", "private/2", "private/1");
        JsonNode oldest = body("api/v1/families/debian-12").get("items").get(6);
        assertThat(oldest.at("/image/retired/reason").asText()).isEqualTo("family debian-12 keeps 3 images");
        assertThat(body("api/v1/families/debian-12")
                        .at("/items/0/image/retired")
                        .isNull())
                .isTrue();
    }

    @Test
    void lists_jobs_of_a_family() throws Exception {
        assertThat(body("api/v1/jobs?family=alpine").get("items")).hasSize(1);
        assertThat(body("api/v1/jobs?family=debian").get("items")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"api/v1/families", "api/v1/families/debian-12", "api/v1/families/debian-12/latest"})
    void a_client_that_polls_gets_304_until_something_changes(String path) throws Exception {
        HttpResponse<String> first = get(path);
        String tag = first.headers().firstValue("ETag").orElseThrow();
        assertThat(tag).matches("\"[0-9a-f]{32}\"");
        assertThat(first.headers().allValues("Cache-Control")).containsExactly("private, no-cache");

        HttpResponse<String> same = get(path, "If-None-Match", tag);
        assertThat(same.statusCode()).isEqualTo(304);
        assertThat(same.body()).isEmpty();
        assertThat(same.headers().firstValue("ETag")).contains(tag);
        assertThat(same.headers().allValues("Cache-Control")).containsExactly("private, no-cache");
        assertThat(get(path, "If-None-Match", "\"other\", " + tag).statusCode()).isEqualTo(304);

        insert("debian-12", 9);
        HttpResponse<String> changed = get(path, "If-None-Match", tag);
        assertThat(changed.statusCode()).isEqualTo(200);
        assertThat(changed.body()).contains("private/9");
        assertThat(changed.headers().firstValue("ETag")).get().isNotEqualTo(tag);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"nixos", "nixos/latest", "debian", "%00/latest", "%00", "a%2Fb/latest", "%F0%9F%9A%80/latest"})
    void an_unknown_family_is_a_404(String path) throws Exception {
        HttpResponse<String> answer = get("api/v1/families/" + path);

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type")).get().asString().startsWith("application/problem+json");
        assertThat(json.readTree(answer.body()).get("type").asText())
                .isIn("urn:imageferry:problem:no-such-family", "about:blank");
    }

    @Test
    void a_wrong_parameter_is_a_400() throws Exception {
        assertThat(get("api/v1/families/debian-12?limt=3").statusCode()).isEqualTo(400);
        assertThat(get("api/v1/families/debian-12?limit=501").statusCode()).isEqualTo(400);
    }

    @Test
    void the_page_of_a_job_shows_its_family_and_the_deletion() throws Exception {
        String retired = get("jobs/" + new UUID(0, 1)).body();
        assertThat(retired)
                .contains("<a href=\"/?family=debian-12\">", "keeps 3 images", "id=\"retired\"")
                .contains("family debian-12 keeps 3 images")
                .doesNotContain("linode-cli linodes create");

        String kept = get("jobs/" + new UUID(0, 7)).body();
        assertThat(kept).contains("linode-cli linodes create --image private/7").doesNotContain("id=\"retired\"");
    }

    @Test
    void the_page_shows_the_newest_image_of_each_family_by_name() throws Exception {
        String section = between(get("").body(), "<section class=\"folder\" id=\"families\"", "</section>");

        assertThat(section)
                .containsSubsequence("?family=alpine", ">private/8</code>", "?family=debian-12", ">private/7</code>")
                .doesNotContain("private/6", "Show all");
    }

    @Test
    void the_page_has_no_families_if_all_their_images_are_deleted() throws Exception {
        execute("UPDATE job SET retired_at = now(), retired_reason = 'deleted by a person'");

        assertThat(get("").body()).doesNotContain("id=\"families\"");
    }

    @Test
    void the_page_shows_eight_families_and_a_link_to_all() throws Exception {
        for (int minute = 11; minute <= 18; minute++) {
            insert("ubuntu-" + minute, minute);
        }

        String section = between(get("").body(), "<section class=\"folder\" id=\"families\"", "</section>");

        assertThat(section).contains("private/16", "href=\"/api/v1/families\"").doesNotContain("private/17");
    }

    private static String between(String text, String begin, String end) {
        assertThat(text).contains(begin);
        String rest = text.substring(text.indexOf(begin));
        return rest.substring(0, rest.indexOf(end));
    }

    @Test
    void the_page_can_be_restricted_to_a_family() throws Exception {
        String page = get("?family=alpine").body();

        assertThat(page).contains("1 job", "alpine-8.img.gz", "id=\"family\"").doesNotContain("debian-12-7.img.gz");
        assertThat(get("?family=debian-12").body()).contains("7 jobs", "debian-12-7.img.gz");
        assertThat(get("").body()).doesNotContain("id=\"family\"");
    }
}
