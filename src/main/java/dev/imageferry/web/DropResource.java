package dev.imageferry.web;

import dev.imageferry.daemon.DropUpload;
import dev.imageferry.daemon.QueueView;
import dev.imageferry.drop.Incoming;
import dev.imageferry.drop.Incoming.Receipt;
import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.Job;
import dev.imageferry.job.JobView;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** REST resource of the drop folder. */
@Path("/api/v1/drop")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "drop", description = "The drop folder")
final class DropResource {
    private final QueueView queue;
    private final DropUpload upload;
    private final Receivers receivers;

    DropResource(QueueView queue, DropUpload upload, Receivers receivers) {
        this.queue = queue;
        this.upload = upload;
        this.receivers = receivers;
    }

    /** Lists the files in the folder that are not jobs. */
    @GET
    @Operation(
            operationId = "listDropFolder",
            summary = "Lists the files in the drop folder that are not jobs, with the reason",
            description =
                    "`status` is `settling` for a file that may still become a job, and `ignored` for any other file.")
    @APIResponse(responseCode = "200", description = "The files")
    public List<QueueView.DropFile> drop() {
        return queue.dropFiles();
    }

    /** Puts a file into the folder. */
    @PUT
    @Path("/{path: .+}")
    @Consumes(MediaType.WILDCARD)
    @NonBlocking
    @Operation(
            operationId = "putIntoDropFolder",
            summary = "Puts an image or a sidecar into the drop folder",
            description =
                    "The file gets its name when it is complete: its length equals Content-Length or its last chunk has arrived,"
                            + " and its digest equals Repr-Digest (sha-256 or sha-512) if that header is sent. An image becomes a"
                            + " job at once, so put its sidecar first. Nothing is overwritten. The name is the percent-decoded"
                            + " path in UTF-8 and is never altered.")
    @Parameter(
            name = "path",
            in = ParameterIn.PATH,
            required = true,
            description = "Path relative to the drop folder",
            schema = @Schema(implementation = String.class))
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_OCTET_STREAM,
                            schema = @Schema(type = SchemaType.STRING, format = "binary")))
    @APIResponse(
            responseCode = "201",
            description = "The file is in the folder. An image is a job, which Location names",
            content = @Content(schema = @Schema(oneOf = {JobView.class, QueueView.DropFile.class})))
    @APIResponse(
            responseCode = "202",
            description =
                    "The image is in the folder and becomes a job later, because the database is unavailable or an earlier file with"
                            + " this name is still being checked",
            content = @Content(schema = @Schema(implementation = QueueView.DropFile.class)))
    @APIResponse(
            responseCode = "400",
            description = "The name is not supported, or the content is incomplete or does not match Repr-Digest")
    @APIResponse(responseCode = "409", description = "A file with this name exists")
    @APIResponse(responseCode = "411", description = "The body has neither a Content-Length nor chunks")
    @APIResponse(responseCode = "413", description = "The file is larger than imageferry.limits.compressed")
    @APIResponse(responseCode = "408", description = "The file arrives at less than 4096 bytes per second")
    @APIResponse(
            responseCode = "503",
            description =
                    "The drop folder or the database is unavailable, or 16 files are already being received. Try again after"
                            + " Retry-After")
    @APIResponse(
            responseCode = "507",
            description = "The disk has not enough space for this file and those that are being received")
    public Uni<Response> put(
            @HeaderParam("Content-Length") @Parameter(hidden = true) @Nullable String length,
            @HeaderParam("Transfer-Encoding") @Parameter(hidden = true) @Nullable String encoding,
            @HeaderParam("Repr-Digest") @Nullable String digest,
            @Context @Parameter(hidden = true) RoutingContext context) {
        IncomingBody body = receivers.open(context);
        String path;
        try {
            path = DropPath.of(context.request());
        } catch (IllegalArgumentException e) {
            throw new ProblemException(at -> ApiProblem.badName(String.valueOf(e.getMessage()), at));
        }
        if (length == null && encoding == null) {
            throw new ProblemException(at -> ApiProblem.lengthRequired(at));
        }
        Map<String, byte[]> digests;
        try {
            digests = digest == null ? Map.of() : ReprDigest.parse(digest);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(at -> ApiProblem.badParameter(String.valueOf(e.getMessage()), at));
        }
        long bytes = length == null ? Incoming.UNKNOWN_LENGTH : Long.parseLong(length);
        return receivers.receive(body, content -> answer(upload.take(path, content, bytes, digests)));
    }

    private Response answer(DropUpload.Result result) {
        return switch (result) {
            case DropUpload.Result.NewJob(Job job) ->
                Response.status(Response.Status.CREATED)
                        .header("Location", "/api/v1/jobs/" + job.id())
                        .entity(queue.view(job))
                        .build();
            case DropUpload.Result.Stored stored -> answer(stored.file(), stored.laterOrNull());
            case DropUpload.Result.Refused(Receipt receipt) -> throw refused(receipt);
        };
    }

    private static Response answer(DroppedFile file, @Nullable String later) {
        return Response.status(later == null ? Response.Status.CREATED : Response.Status.ACCEPTED)
                .entity(new QueueView.DropFile(
                        file.path(),
                        file.fingerprint().bytes(),
                        "settling",
                        later == null ? "just received (imageferry.drop.settle)" : later))
                .build();
    }

    private static ProblemException refused(Receipt receipt) {
        return switch (receipt) {
            case Receipt.Stored stored -> throw new IllegalArgumentException(stored + " was not refused");
            case Receipt.BadName bad -> new ProblemException(at -> ApiProblem.badName(bad.reason(), at));
            case Receipt.Damaged damaged -> new ProblemException(at -> ApiProblem.damaged(damaged.reason(), at));
            case Receipt.Taken taken -> new ProblemException(at -> ApiProblem.nameTaken(taken.reason(), at));
            case Receipt.TooLarge large -> new ProblemException(at -> ApiProblem.tooLarge(large.reason(), at));
            case Receipt.NoRoom full -> new ProblemException(at -> ApiProblem.noRoom(full.reason(), at));
            case Receipt.Unavailable unavailable ->
                new ProblemException(at -> ApiProblem.folderUnavailable(unavailable.reason(), at));
        };
    }
}
