package dev.imageferry.web;

import dev.imageferry.job.JobState;
import dev.imageferry.queue.HistoryEntry;
import dev.imageferry.upload.JobView;
import dev.imageferry.upload.QueueView;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
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

/** The jobs: one a dropped file. */
@Path("/api/v1/jobs")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "jobs", description = "One job a dropped file.")
final class JobResource {
    private final QueueView queue;
    private final JobListing listing;

    JobResource(QueueView queue, JobListing listing) {
        this.queue = queue;
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

    private static ProblemException noSuchJob(String id) {
        return new ProblemException(instance -> ApiProblem.noSuchJob(id, instance));
    }
}
