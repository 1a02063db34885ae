package dev.imageferry.simulator;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** What other clients of the account do to its images. */
public final class OtherImages {
    private OtherImages() {}

    /** Creates an available image with these tags, and returns its id. */
    public static String create(SimulatedLinode linode, String... tags) {
        try {
            String id = new LinodeClient(linode)
                    .createAvailable("other", TestGzip.of("another disk"))
                    .id();
            setTags(linode, id, tags);
            return id;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Replaces the tags of an image. */
    public static void setTags(SimulatedLinode linode, String id, String... tags) {
        try {
            LinodeClient.Reply reply = new LinodeClient(linode)
                    .send(
                            "PUT",
                            "/v4/images/" + id,
                            new JsonObject()
                                    .put("tags", new JsonArray(List.of(tags)))
                                    .encode());
            if (reply.status() != 200) {
                throw new AssertionError(reply.body().encode());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
