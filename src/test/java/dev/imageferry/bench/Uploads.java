package dev.imageferry.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Upload addresses for other programs that send the same bytes. */
final class Uploads {
    /** The header that an upload address is signed for. */
    static final String CONTENT_TYPE = "Content-Type: application/octet-stream";

    private Uploads() {}

    /** Creates an image at the simulated Linode of this address and returns where its bytes go. */
    static String address(URI linode, String token) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(linode.resolve("/v4/images/upload"))
                            .header("Authorization", "Bearer " + token)
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"label\":\"comparison\",\"region\":\"us-ord\"}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return new ObjectMapper().readTree(answer.body()).get("upload_to").asText();
        }
    }
}
