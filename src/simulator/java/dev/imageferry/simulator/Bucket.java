package dev.imageferry.simulator;

import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules of the bucket that images are uploaded to, as a stock radosgw 16.2 keeps them. */
final class Bucket {
    /** Where its paths begin. */
    static final String PATH = "/linode-production-machine-images-uploads/";

    /** S3's limit of a single PUT: 5 GiB. */
    static final long MAX_OBJECT_BYTES = 5_368_709_120L;

    private static final Pattern OBJECT = Pattern.compile(Pattern.quote(PATH) + "(\\d{1,15})");

    private final Changes changes;
    private final SimulatorOptions options;
    private final ImageStore images;
    private final Signature signature =
            new Signature("SIMULATEDACCESSKEY00", "not-a-secret-of-anybody".getBytes(StandardCharsets.UTF_8));

    Bucket(Changes changes, SimulatorOptions options, ImageStore images) {
        this.changes = changes;
        this.options = options;
        this.images = images;
    }

    String uploadTo(String origin, ImageRow row) {
        String resource = PATH + row.number;
        return origin + resource + "?" + signature.presignPut(resource, row.created.plus(options.urlValidity()));
    }

    /** The image whose bytes the path is for, also when it is gone. */
    Optional<ImageRow> imageOf(String path) {
        Matcher matcher = OBJECT.matcher(path);
        return matcher.matches() ? images.ever(Long.parseLong(matcher.group(1))) : Optional.empty();
    }

    /** What the headers alone make the bucket refuse. */
    Optional<Answer> refusal(HttpServerRequest request) {
        if (request.headers().contains("Authorization")) {
            return Optional.of(Answer.bucketError(400, "InvalidArgument"));
        }
        String query = request.query();
        Signature.Verdict verdict = signature.verify(
                request.method().name(),
                request.path(),
                query == null ? "" : query,
                request.headers(),
                options.clock().instant());
        return switch (verdict) {
            case Signature.Verdict.Expired ignored -> Optional.of(Answer.bucketError(403, "AccessDenied"));
            case Signature.Verdict.Different ignored -> Optional.of(Answer.bucketError(403, "SignatureDoesNotMatch"));
            case Signature.Verdict.Good ignored -> refusalOfLength(request).or(() -> refusalOfSecond(request));
        };
    }

    private static Optional<Answer> refusalOfLength(HttpServerRequest request) {
        String length = request.getHeader("Content-Length");
        if (length == null || request.headers().contains("Transfer-Encoding")) {
            return Optional.of(Answer.bucketError(411, "MissingContentLength"));
        }
        return Long.parseLong(length) > MAX_OBJECT_BYTES
                ? Optional.of(Answer.bucketError(400, "EntityTooLarge"))
                : Optional.empty();
    }

    private Optional<Answer> refusalOfSecond(HttpServerRequest request) {
        synchronized (changes) {
            boolean processing =
                    imageOf(request.path()).map(row -> row.processing).orElse(false);
            return processing && options.secondPut() == SimulatorOptions.SecondPut.REFUSED
                    ? Optional.of(Answer.bucketError(403, "AccessDenied"))
                    : Optional.empty();
        }
    }
}
