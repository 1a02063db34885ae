package dev.imageferry.web;

import dev.imageferry.daemon.QueueControl;
import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobState;
import dev.imageferry.job.JobView;
import dev.imageferry.queue.HistoryEntry;
import dev.imageferry.queue.JobControl.Change;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.Explode;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterStyle;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The jobs: one a dropped file. */
@Path("/api/v1/jobs")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "jobs", description = "One job a dropped file.")
final class JobResource {
    private final QueueView queue;
    private final QueueControl control;
    private final JobListing listing;

    JobResource(QueueView queue, QueueControl control, JobListing listing) {
        this.queue = queue;
        this.control = control;
        this.listing = listing;
    }

    /** A page of jobs, at once or when all that match have ended. */
    @GET
    @Operation(
            operationId = "listJobs",
            summary = "Lists jobs, or waits for their end",
            description = "Paging is by keyset: a page goes on behind the last one, whatever came or went meanwhile.")
    @Parameter(
            name = "state",
            in = ParameterIn.QUERY,
            description = "only jobs in these states",
            style = ParameterStyle.FORM,
            explode = Explode.FALSE,
            schema = @Schema(type = SchemaType.ARRAY, implementation = JobState.class))
    @Parameter(
            name = "file",
            in = ParameterIn.QUERY,
            description = "path relative to the drop folder; `*` stands for any characters",
            schema = @Schema(implementation = String.class))
    @Parameter(
            name = "label",
            in = ParameterIn.QUERY,
            description = "label; `*` stands for any characters",
            schema = @Schema(implementation = String.class))
    @Parameter(
            name = "order",
            in = ParameterIn.QUERY,
            description = "`priority`: as they are uploaded, higher priority first, then older",
            schema =
                    @Schema(
                            implementation = String.class,
                            enumeration = {"newest", "oldest", "priority"},
                            defaultValue = "newest"))
    @Parameter(
            name = "limit",
            in = ParameterIn.QUERY,
            description = "jobs a page",
            schema = @Schema(implementation = Integer.class, minimum = "1", maximum = "500", defaultValue = "50"))
    @Parameter(
            name = "after",
            in = ParameterIn.QUERY,
            description = "`next` of the page before",
            schema = @Schema(implementation = String.class))
    @Parameter(
            name = "wait",
            in = ParameterIn.QUERY,
            description = "answer as soon as at least one job matches and every match (on all pages) has ended, or when"
                    + " this time is up; at most 10m; e.g. 60s, 2m, PT1M30S",
            schema = @Schema(implementation = String.class))
    @APIResponse(
            responseCode = "200",
            description = "the page",
            content = @Content(schema = @Schema(implementation = JobPage.class)))
    @APIResponse(
            responseCode = "400",
            description = "a parameter cannot be used",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    public Uni<JobPage> list(@Parameter(hidden = true) UriInfo uri) {
        return listing.answer(JobQuery.parse(uri.getQueryParameters()));
    }

    /** One job. */
    @GET
    @Path("/{id}")
    @Operation(operationId = "getJob", summary = "Shows one job")
    @APIResponse(
            responseCode = "200",
            description = "the job",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(
            responseCode = "404",
            description = "there is no such job",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    public JobView job(@PathParam("id") @Schema(format = "uuid") String id) {
        return JobId.parse(id).flatMap(queue::find).orElseThrow(() -> noSuchJob(id));
    }

    /** What happened to a job, oldest first. */
    @GET
    @Path("/{id}/history")
    @Operation(operationId = "getJobHistory", summary = "Tells what happened to a job, oldest first")
    @APIResponse(
            responseCode = "200",
            description = "the history",
            content = @Content(schema = @Schema(type = SchemaType.ARRAY, implementation = HistoryEntry.class)))
    @APIResponse(
            responseCode = "404",
            description = "there is no such job",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    public List<HistoryEntry> history(@PathParam("id") @Schema(format = "uuid") String id) {
        return JobId.parse(id).flatMap(queue::history).orElseThrow(() -> noSuchJob(id));
    }

    /** Ends a job that has no outcome yet. */
    @POST
    @Path("/{id}/cancel")
    @Operation(
            operationId = "cancelJob",
            summary = "Ends a job that has no outcome yet",
            description =
                    "A running PUT is cut within a second, what the job has at Linode is deleted and its file goes to"
                            + " failed/. The answer is the job as it is at this moment.")
    @APIResponse(
            responseCode = "200",
            description = "asked for",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(
            responseCode = "404",
            description = "there is no such job",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "409",
            description = "the job has ended",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    public JobView cancel(@PathParam("id") @Schema(format = "uuid") String id) {
        return change(id, control::cancel);
    }

    /** Has an ended job tried again. */
    @POST
    @Path("/{id}/retry")
    @Operation(
            operationId = "retryJob",
            summary = "Has a job tried again that is FAILED, REJECTED or was cancelled by a user",
            description =
                    "Image and sidecar go back from failed/ into the drop folder. A changed file is checked again.")
    @APIResponse(
            responseCode = "200",
            description = "it is on its way",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(
            responseCode = "404",
            description = "there is no such job",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "409",
            description = "the job's state or a file in the way does not allow it",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    public JobView retry(@PathParam("id") @Schema(format = "uuid") String id) {
        return change(id, control::retry);
    }

    /**
     * What can be changed of a job that has no outcome yet.
     *
     * @param priority higher is uploaded first
     */
    @Schema(name = "JobChange", additionalProperties = Schema.False.class)
    record JobChange(
            @Schema(required = true, examples = "10") @Nullable
            Integer priority) {}

    /** Puts a job before or behind others. */
    @PATCH
    @Path("/{id}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(operationId = "changeJob", summary = "ChangeCounter the priority of a job that has no outcome yet")
    @APIResponse(
            responseCode = "200",
            description = "changed",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(
            responseCode = "400",
            description = "the body cannot be used",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "404",
            description = "there is no such job",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "409",
            description = "the job has ended",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    public JobView change(@PathParam("id") @Schema(format = "uuid") String id, @Nullable JobChange change) {
        Integer priority = change == null ? null : change.priority();
        if (priority == null) {
            throw new ProblemException(path -> ApiProblem.badBody("send {\"priority\":n}, a whole number", path));
        }
        return change(id, job -> control.setPriority(job, priority));
    }

    private JobView change(String id, Function<UUID, Change> how) {
        Change change = JobId.parse(id).map(how).orElseGet(Change.NoSuchJob::new);
        return switch (change) {
            case Change.Made made -> queue.view(made.job());
            case Change.NoSuchJob none -> throw noSuchJob(id);
            case Change.Refused refused ->
                throw new ProblemException(path -> ApiProblem.notNow(refused.reason(), path));
        };
    }

    private static ProblemException noSuchJob(String id) {
        return new ProblemException(instance -> ApiProblem.noSuchJob(id, instance));
    }
}
