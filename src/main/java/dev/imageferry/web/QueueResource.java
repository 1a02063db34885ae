package dev.imageferry.web;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.imageferry.daemon.QueueControl;
import dev.imageferry.daemon.QueueView;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** REST resource of the whole queue. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "queue", description = "The whole queue")
final class QueueResource {
    private final QueueView queue;
    private final QueueControl control;

    QueueResource(QueueView queue, QueueControl control) {
        this.queue = queue;
        this.control = control;
    }

    /** Counts and totals of the queue. */
    @GET
    @Path("/summary")
    @Operation(
            operationId = "getSummary",
            summary = "Shows counts and totals of the queue, and what blocks it",
            description = "`jobs` contains every state. `totals` are exact across restarts. `monthlyCost`"
                    + " is in dollars, for all images of the queue that are at Linode. `blocked` is empty if nothing"
                    + " blocks the queue. `bandwidth` is the limit that applies now, and when the timetable changes"
                    + " it. `simulated` is true if Linode is simulated.")
    @APIResponse(responseCode = "200", description = "The summary")
    public QueueView.Summary summary() {
        return queue.summary();
    }

    /**
     * The bandwidth limit of the whole queue.
     *
     * @param limit such as {@code 10M}, {@code off}, or a timetable; null for the setting {@code imageferry.upload.bandwidth}
     */
    @Schema(name = "BandwidthLimit", additionalProperties = Schema.False.class)
    record BandwidthLimit(
            @JsonProperty(required = true)
            @Schema(
                    required = true,
                    nullable = true,
                    examples = "10M",
                    description =
                            "Bytes per second, `off`, a timetable such as `Mon-08:00,10M Mon-18:00,off`, or null for"
                                    + " the setting imageferry.upload.bandwidth")
            @Nullable
            String limit) {}

    /** The bandwidth limit. */
    @GET
    @Path("/bandwidth")
    @Operation(
            operationId = "getBandwidth",
            summary = "Shows the bandwidth limit of the whole queue",
            description =
                    "null means that the setting imageferry.upload.bandwidth applies. The summary shows the limit that"
                            + " applies now.")
    @APIResponse(responseCode = "200", description = "The limit")
    public BandwidthLimit bandwidth() {
        return new BandwidthLimit(control.bandwidth().orElse(null));
    }

    /** Sets the bandwidth limit. */
    @PUT
    @Path("/bandwidth")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "setBandwidth",
            summary = "Sets the bandwidth limit of the whole queue",
            description =
                    "Applies to running uploads on all instances, and across restarts. A timetable has the form of"
                            + " rclone's --bwlimit, in the time zone imageferry.upload.time-zone.")
    @APIResponse(responseCode = "200", description = "The new limit")
    @APIResponse(responseCode = "400", description = "The body is invalid")
    public BandwidthLimit setBandwidth(@Nullable BandwidthLimit wanted) {
        if (wanted == null) {
            throw new ProblemException(path ->
                    ApiProblem.badBody("Send {\"limit\":\"10M\"}, {\"limit\":\"off\"} or {\"limit\":null}.", path));
        }
        try {
            control.setBandwidth(wanted.limit());
        } catch (IllegalArgumentException e) {
            throw new ProblemException(path -> ApiProblem.badBody(String.valueOf(e.getMessage()), path));
        }
        return wanted;
    }

    /** Stops new uploads. */
    @POST
    @Path("/queue/pause")
    @Operation(
            operationId = "pauseQueue",
            summary = "Stops new uploads on all instances",
            description = "Uploads whose image exists finish. The pause continues across restarts.")
    @APIResponse(responseCode = "204", description = "The queue is paused")
    public void pause() {
        control.pause();
    }

    /** Allows new uploads again. */
    @POST
    @Path("/queue/resume")
    @Operation(operationId = "resumeQueue", summary = "Allows new uploads again")
    @APIResponse(responseCode = "204", description = "The queue is not paused")
    public void resume() {
        control.resume();
    }
}
