package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.drop.ImageNames;
import dev.imageferry.drop.Incoming;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * The status page, rendered completely on the server. The scripts in {@code page/} fetch it again after changes and update what
 * differs.
 */
@Path("/")
@Produces(LogInResource.HTML)
final class PageResource {
    private final QueueView queue;
    private final OverviewReader overview;
    private final InstantSource clock;
    private final Credentials credentials;
    private final ProblemMapper problems;
    private final ImageNames names;

    PageResource(
            QueueView queue,
            OverviewReader overview,
            InstantSource clock,
            Credentials credentials,
            ProblemMapper problems,
            ImageNames names) {
        this.queue = queue;
        this.overview = overview;
        this.clock = clock;
        this.credentials = credentials;
        this.problems = problems;
        this.names = names;
    }

    /** The overview of the queue, or the results of a search. */
    @GET
    @Operation(hidden = true)
    public Response overview(@Context UriInfo uri) {
        JobSearch search = JobSearch.of(uri.getQueryParameters());
        QueueView.Summary summary = queue.summary();
        return html(200, queue.inOneSnapshot(() -> Templates.overview(frame(summary), overview.read(search, summary))));
    }

    /** The page of one job. */
    @GET
    @Path("jobs/{id}")
    @Operation(hidden = true)
    public Response job(@PathParam("id") String id) {
        UUID known = JobId.parse(id).orElseThrow(() -> noSuchJob(id));
        QueueView.Summary summary = queue.summary();
        return html(
                200,
                queue.inOneSnapshot(() ->
                        Templates.job(frame(summary), detail(known, summary).orElseThrow(() -> noSuchJob(id)))));
    }

    private Optional<JobDetail> detail(UUID id, QueueView.Summary summary) {
        return queue.find(id)
                .map(job -> JobDetail.of(
                        JobCard.of(job, summary, clock.instant()),
                        queue.history(id).orElseThrow(),
                        queue.fileLocation(id).orElseThrow()));
    }

    /**
     * Checks file names before the page sends the files.
     *
     * @return for each name, why the folder does not take it, or an empty text
     */
    @GET
    @Path("names")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(hidden = true)
    public List<String> refusals(@QueryParam("name") List<String> wanted) {
        return wanted.stream()
                .map(name -> Objects.requireNonNullElse(Incoming.pathError(name, names), ""))
                .toList();
    }

    /** An error page. For temporary errors, it reloads itself. */
    @ServerExceptionMapper
    public Response showError(Exception exception, HttpServerRequest request) {
        ApiProblem problem = problems.problem(exception, request);
        return html(problem.status(), Templates.error(problem));
    }

    private Frame frame(QueueView.Summary summary) {
        return Frame.of(summary, queue.bandwidth().orElse(""), credentials.areRequired(), clock.instant());
    }

    private static Response html(int status, TemplateInstance template) {
        return Response.status(status)
                .type(LogInResource.HTML)
                .entity(template.render())
                .build();
    }

    private static ProblemException noSuchJob(String id) {
        return new ProblemException(path -> ApiProblem.noSuchJob(id, path));
    }
}
