package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobView;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
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
    private final Credentials credentials;
    private final ProblemMapper problems;

    PageResource(QueueView queue, Credentials credentials, ProblemMapper problems) {
        this.queue = queue;
        this.credentials = credentials;
        this.problems = problems;
    }

    /** The overview of the queue. */
    @GET
    @Operation(hidden = true)
    public Response overview(@Context UriInfo uri) {
        JobSearch search = JobSearch.of(uri.getQueryParameters());
        QueueView.Summary summary = queue.summary();
        JobPage jobs = JobPage.of(queue.list(search.filter()));
        return html(200, Templates.overview(frame(summary), Overview.of(search, summary, jobs, queue.dropFiles())));
    }

    /** The page of one job. */
    @GET
    @Path("jobs/{id}")
    @Operation(hidden = true)
    public Response job(@PathParam("id") String id) {
        UUID known = JobId.parse(id).orElseThrow(() -> noSuchJob(id));
        JobView job = queue.find(known).orElseThrow(() -> noSuchJob(id));
        QueueView.Summary summary = queue.summary();
        JobDetail detail = JobDetail.of(job, queue.history(known).orElseThrow(() -> noSuchJob(id)), summary);
        return html(200, Templates.job(frame(summary), detail));
    }

    /** An error page. For temporary errors, it reloads itself. */
    @ServerExceptionMapper
    public Response showError(Exception exception, HttpServerRequest request) {
        ApiProblem problem = problems.problem(exception, request);
        return html(problem.status(), Templates.error(problem));
    }

    private Frame frame(QueueView.Summary summary) {
        return Frame.of(summary, queue.bandwidth().orElse(""), credentials.areRequired());
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
