package dev.imageferry.simulator;

import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/** A simulator and a client that PUTs so many gzip members of 1 MB each, in a JVM of their own with little memory. */
final class LargePut {
    private LargePut() {}

    public static void main(String[] arguments) throws IOException {
        int members = Integer.parseInt(arguments[0]);
        try (SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests())) {
            LinodeClient client = new LinodeClient(linode);
            LinodeClient.Created created = client.create("large");
            int status = client.put(created.uploadTo(), members(members)).status();
            client.awaitAvailable(created);
            System.out.println("answered " + status + ", content "
                    + client.image(created).contentBytes() + " bytes, "
                    + client.image(created).status());
        }
        System.exit(0); // the HTTP client's idle threads
    }

    private static RequestBody members(int count) {
        byte[] member = TestGzip.stored(new byte[1_000_000]);
        return new RequestBody() {
            @Override
            public @Nullable MediaType contentType() {
                return MediaType.get(Signature.CONTENT_TYPE);
            }

            @Override
            public long contentLength() {
                return (long) count * member.length;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                for (int each = 0; each < count; each++) {
                    sink.write(member);
                }
            }
        };
    }
}
