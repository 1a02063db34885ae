package dev.imageferry.web;

import dev.imageferry.upload.QueueControl;
import dev.imageferry.upload.QueueView;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The queue as a whole and the folder it comes from. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "queue", description = "The queue as a whole and the folder it comes from.")
final class QueueResource {
    private final QueueView queue;
    private final QueueControl control;

    QueueResource(QueueView queue, QueueControl control) {
        this.queue = queue;
        this.control = control;
    }

    /** The whole queue in figures. */
    @GET
    @Path("/summary")
    @Operation(
            operationId = "getSummary",
            summary = "Shows the whole queue in figures, and what keeps it from going on",
            description = "Every state is in `jobs`; `totals` are exact over restarts; `blocked` is empty when all"
                    + " work can be done; `simulated` is true when what is called Linode is a simulator.")
    @APIResponse(responseCode = "200", description = "the figures")
    public QueueView.Summary summary() {
        return queue.summary();
    }

    /** What lies in the folder and is no job. */
    @GET
    @Path("/drop")
    @Operation(
            operationId = "listDropFolder",
            summary = "Lists what lies in the drop folder and is no job, with the reason",
            description = "`status` is `settling` for what may yet become a job, `ignored` for what will not.")
    @APIResponse(responseCode = "200", description = "the files")
    public List<QueueView.DropFile> drop() {
        return queue.dropFiles();
    }

    /** Lets no new upload begin, on any instance, over restarts; those under way finish. */
    @POST
    @Path("/queue/pause")
    @Operation(operationId = "pauseQueue", summary = "Lets no new upload begin, on any instance, over restarts")
    @APIResponse(responseCode = "204", description = "paused; uploads under way finish")
    public void pause() {
        control.pause();
    }

    /** Lets uploads begin again. */
    @POST
    @Path("/queue/resume")
    @Operation(operationId = "resumeQueue", summary = "Lets uploads begin again")
    @APIResponse(responseCode = "204", description = "resumed")
    public void resume() {
        control.resume();
    }
}
