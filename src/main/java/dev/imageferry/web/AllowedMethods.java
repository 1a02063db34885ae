package dev.imageferry.web;

import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The {@code Allow} header of a 405 answer (RFC 9110, 15.5.6), which Quarkus REST does not send. */
@Singleton
final class AllowedMethods {
    /** A path parameter, with or without a regular expression. */
    private static final Pattern PARAMETER = Pattern.compile("\\{\\s*\\w+\\s*(?::\\s*([^}]+?)\\s*)?}");

    private final List<Operation> operations;

    AllowedMethods(BeanManager beans) {
        operations = beans.getBeans(Object.class, Any.Literal.INSTANCE).stream()
                .map(bean -> bean.getBeanClass())
                .filter(type -> type.isAnnotationPresent(Path.class))
                .distinct()
                .flatMap(AllowedMethods::operations)
                .toList();
    }

    private record Operation(Pattern path, String method) {}

    /** The value of {@code Allow} for a path. */
    String of(String path) {
        Set<String> methods = new TreeSet<>();
        for (Operation operation : operations) {
            if (operation.path().matcher(path).matches()) {
                methods.add(operation.method());
            }
        }
        if (methods.contains(HttpMethod.GET)) {
            methods.add(HttpMethod.HEAD);
        }
        methods.add(HttpMethod.OPTIONS);
        return String.join(", ", methods);
    }

    private static Stream<Operation> operations(Class<?> resource) {
        List<Operation> found = new ArrayList<>();
        for (Method method : resource.getMethods()) {
            httpMethod(method)
                    .ifPresent(name -> found.add(new Operation(
                            pattern(path(resource.getAnnotation(Path.class)) + path(method.getAnnotation(Path.class))),
                            name)));
        }
        return found.stream();
    }

    private static Optional<String> httpMethod(Method method) {
        return Arrays.stream(method.getAnnotations())
                .map(Annotation::annotationType)
                .filter(type -> type.isAnnotationPresent(HttpMethod.class))
                .map(type -> type.getAnnotation(HttpMethod.class).value())
                .findFirst();
    }

    private static String path(Path path) {
        String stripped = path == null ? "" : path.value().replaceAll("^/+|/+$", "");
        return stripped.isEmpty() ? "" : "/" + stripped;
    }

    private static Pattern pattern(String template) {
        StringBuilder expression = new StringBuilder();
        var parameter = PARAMETER.matcher(template);
        int end = 0;
        while (parameter.find()) {
            expression.append(Pattern.quote(template.substring(end, parameter.start())));
            expression
                    .append("(?:")
                    .append(parameter.group(1) == null ? "[^/]+" : parameter.group(1))
                    .append(")");
            end = parameter.end();
        }
        return Pattern.compile(expression
                .append(Pattern.quote(template.substring(end)))
                .append("/?")
                .toString());
    }
}
