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

/** REST resource of the jobs. */
@Path("/api/v1/jobs")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "jobs", description = "One job per dropped file")
final class JobResource {
    private final QueueView queue;
    private final QueueControl control;
    private final JobListing listing;

    JobResource(QueueView queue, QueueControl control, JobListing listing) {
        this.queue = queue;
        this.control = control;
        this.listing = listing;
    }

    /** Lists jobs, at once or when all matching jobs have ended. */
    @GET
    @Operation(
            operationId = "listJobs",
            summary = "Lists jobs, or waits until they have ended",
            description =
                    "Paging uses the position of the last job, so jobs that come or go meanwhile do not shift the pages.")
    @Parameter(
            name = "state",
            in = ParameterIn.QUERY,
            description = "Only jobs in one of these states",
            style = ParameterStyle.FORM,
            explode = Explode.FALSE,
            schema = @Schema(type = SchemaType.ARRAY, implementation = JobState.class))
    @Parameter(
            name = "file",
            in = ParameterIn.QUERY,
            description = "Path relative to the drop folder. `*` stands for any characters",
            schema = @Schema(implementation = String.class))
    @Parameter(
            name = "label",
            in = ParameterIn.QUERY,
            description = "Label. `*` stands for any characters",
            schema = @Schema(implementation = String.class))
    @Parameter(
            name = "family",
            in = ParameterIn.QUERY,
            description = "Only jobs of this family",
            schema = @Schema(implementation = String.class))
    @Parameter(
            name = "id",
            in = ParameterIn.QUERY,
            description = "Only these jobs. Can be repeated, up to 500 times",
            schema = @Schema(type = SchemaType.ARRAY, implementation = UUID.class))
    @Parameter(
            name = "sha256",
            in = ParameterIn.QUERY,
            description = "SHA-256 of the file as dropped, in hexadecimal. Known after the check",
            schema = @Schema(implementation = String.class, pattern = "[0-9a-fA-F]{64}"))
    @Parameter(
            name = "since",
            in = ParameterIn.QUERY,
            description = "Only jobs created at or after this time",
            schema = @Schema(implementation = String.class, format = "date-time"))
    @Parameter(
            name = "order",
            in = ParameterIn.QUERY,
            description = "`priority` is the order in which jobs are uploaded: by priority, then by age",
            schema =
                    @Schema(
                            implementation = String.class,
                            enumeration = {"newest", "oldest", "priority"},
                            defaultValue = "newest"))
    @Parameter(
            name = "limit",
            in = ParameterIn.QUERY,
            description = "Jobs per page",
            schema = @Schema(implementation = Integer.class, minimum = "1", maximum = "500", defaultValue = "50"))
    @Parameter(
            name = "after",
            in = ParameterIn.QUERY,
            description = "The value of `next` of the previous page",
            schema = @Schema(implementation = String.class))
    @Parameter(
            name = "wait",
            in = ParameterIn.QUERY,
            description =
                    "Answers as soon as at least one job matches and every match (on all pages) has ended, or when"
                            + " this time is up. A file that has exactly the name `file` and is still settling counts as a match"
                            + " that has not ended. At most 10m. Examples: 60s, 2m, PT1M30S",
            schema = @Schema(implementation = String.class))
    @APIResponse(
            responseCode = "200",
            description = "The page of jobs",
            content = @Content(schema = @Schema(implementation = JobPage.class)))
    public Uni<JobPage> list(@Parameter(hidden = true) UriInfo uri) {
        return listing.answer(JobQuery.parse(uri.getQueryParameters()));
    }

    /** Shows one job. */
    @GET
    @Path("/{id}")
    @Operation(operationId = "getJob", summary = "Shows one job")
    @APIResponse(
            responseCode = "200",
            description = "The job",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    public JobView job(@PathParam("id") @Schema(format = "uuid") String id) {
        return JobId.parse(id).flatMap(queue::find).orElseThrow(() -> noSuchJob(id));
    }

    /** Shows the history of a job. */
    @GET
    @Path("/{id}/history")
    @Operation(operationId = "getJobHistory", summary = "Shows the history of a job, oldest entry first")
    @APIResponse(
            responseCode = "200",
            description = "The history",
            content = @Content(schema = @Schema(type = SchemaType.ARRAY, implementation = HistoryEntry.class)))
    public List<HistoryEntry> history(@PathParam("id") @Schema(format = "uuid") String id) {
        return JobId.parse(id).flatMap(queue::history).orElseThrow(() -> noSuchJob(id));
    }

    /** Cancels a job. */
    @POST
    @Path("/{id}/cancel")
    @Operation(
            operationId = "cancelJob",
            summary = "Cancels a job that has not ended",
            description =
                    "A running upload stops within a second. The image is deleted at Linode unless it is available, and the file is"
                            + " moved to failed/. The answer shows the job before this is done.")
    @APIResponse(
            responseCode = "200",
            description = "The job will be cancelled",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(responseCode = "409", description = "The job has ended")
    public JobView cancel(@PathParam("id") @Schema(format = "uuid") String id) {
        return change(id, control::cancel);
    }

    /** Retries a job. */
    @POST
    @Path("/{id}/retry")
    @Operation(
            operationId = "retryJob",
            summary =
                    "Retries a job that is FAILED or REJECTED, or that is CANCELLED by a user or because its image vanished",
            description =
                    "Image and sidecar are moved back from failed/ into the drop folder. A file that changed is checked again.")
    @APIResponse(
            responseCode = "200",
            description = "The job starts again",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(
            responseCode = "409",
            description =
                    "The state of the job, or a file with the same name in the drop folder, does not allow a retry")
    public JobView retry(@PathParam("id") @Schema(format = "uuid") String id) {
        return change(id, control::retry);
    }

    /** Cancels many jobs. */
    @POST
    @Path("/cancel")
    @Operation(
            operationId = "cancelJobs",
            summary = "Cancels the jobs that the parameters select",
            description = "Needs at least one parameter. Jobs that have ended are refused.")
    @APIResponse(
            responseCode = "200",
            description = "The number of jobs that will be cancelled, and those that are refused",
            content = @Content(schema = @Schema(implementation = QueueControl.ManyChanged.class)))
    public QueueControl.ManyChanged cancelMany(@Parameter(hidden = true) UriInfo uri) {
        return control.cancel(JobQuery.parseSelection(uri.getQueryParameters()));
    }

    /** Retries many jobs. */
    @POST
    @Path("/retry")
    @Operation(
            operationId = "retryJobs",
            summary = "Retries the jobs that the parameters select",
            description = "Needs at least one parameter. Jobs whose state does not allow a retry are refused.")
    @APIResponse(
            responseCode = "200",
            description = "The number of jobs that start again, and those that are refused",
            content = @Content(schema = @Schema(implementation = QueueControl.ManyChanged.class)))
    public QueueControl.ManyChanged retryMany(@Parameter(hidden = true) UriInfo uri) {
        return control.retry(JobQuery.parseSelection(uri.getQueryParameters()));
    }

    /**
     * A change of a job that has not ended.
     *
     * @param priority jobs with a higher priority are uploaded first
     */
    @Schema(name = "JobChange", additionalProperties = Schema.False.class)
    record JobChange(
            @Schema(required = true, examples = "10") @Nullable
            Integer priority) {}

    /** Changes the priority of a job. */
    @PATCH
    @Path("/{id}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(operationId = "changeJob", summary = "Changes the priority of a job that has not ended")
    @APIResponse(
            responseCode = "200",
            description = "The changed job",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    @APIResponse(responseCode = "409", description = "The job has ended")
    public JobView change(@PathParam("id") @Schema(format = "uuid") String id, @Nullable JobChange change) {
        Integer priority = change == null ? null : change.priority();
        if (priority == null) {
            throw new ProblemException(
                    path -> ApiProblem.badBody("Send {\"priority\":n}, where n is an integer.", path));
        }
        return change(id, job -> control.setPriority(job, priority));
    }

    private JobView change(String id, Function<UUID, Change> how) {
        Change change = JobId.parse(id).map(how).orElseGet(Change.NoSuchJob::new);
        return switch (change) {
            case Change.Made made -> queue.view(made.job());
            case Change.NoSuchJob none -> throw noSuchJob(id);
            case Change.Refused refused ->
                throw new ProblemException(path -> ApiProblem.notAllowedNow(refused.reason(), path));
        };
    }

    private static ProblemException noSuchJob(String id) {
        return new ProblemException(instance -> ApiProblem.noSuchJob(id, instance));
    }
}
