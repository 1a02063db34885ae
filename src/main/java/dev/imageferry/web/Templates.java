package dev.imageferry.web;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;

/** The page's templates, {@code src/main/resources/templates/page}; their expressions are checked by the build. */
@CheckedTemplate(basePath = "page")
final class Templates {
    private Templates() {}

    static native TemplateInstance overview(Frame frame, Overview overview);

    static native TemplateInstance job(Frame frame, JobDetail detail);

    static native TemplateInstance logIn(LogInForm form);

    static native TemplateInstance trouble(ApiProblem problem);
}
