package dev.imageferry.web;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;

/** The templates of the page in {@code src/main/resources/templates/page}. The build checks their expressions. */
@CheckedTemplate(basePath = "page")
final class Templates {
    private Templates() {}

    static native TemplateInstance overview(Frame frame, Overview overview);

    static native TemplateInstance job(Frame frame, JobDetail detail);

    static native TemplateInstance logIn(LogInForm form);

    static native TemplateInstance error(ApiProblem problem);
}
