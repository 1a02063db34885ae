package dev.imageferry.web;

import dev.imageferry.job.JobState;
import dev.imageferry.queue.JobFilter;
import dev.imageferry.queue.JobFilter.Order;
import dev.imageferry.queue.JobFilter.Position;
import io.quarkus.runtime.configuration.DurationConverter;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code GET /jobs} is asked. A parameter without a value counts as not given.
 *
 * @param waitLimit how long to wait for the end of all that match; zero to answer at once
 */
record JobQuery(JobFilter filter, Duration waitLimit) {
    static final int DEFAULT_LIMIT = 50;
    static final int MAX_LIMIT = 500;
    static final Duration MAX_WAIT = Duration.ofMinutes(10);

    private static final Set<String> NAMES = Set.of("state", "file", "label", "order", "limit", "after", "wait");
    /** PostgreSQL's text cannot hold it, so no job's name has it. */
    private static final String NUL = "\0";

    /**
     * Reads the decoded query parameters.
     *
     * @throws ProblemException for one that cannot be used
     */
    static JobQuery parse(Map<String, List<String>> parameters) {
        for (String name : parameters.keySet()) {
            if (!NAMES.contains(name)) {
                // a misspelled filter would list everything, and a misspelled wait would not wait
                throw new ProblemException(instance -> ApiProblem.badParameter(
                        "there is no parameter \"" + name + "\"; allowed are "
                                + NAMES.stream().sorted().collect(Collectors.joining(", ")),
                        instance));
            }
        }
        return new JobQuery(
                new JobFilter(
                        states(parameters.getOrDefault("state", List.of())),
                        text(parameters, "file").orElse(null),
                        text(parameters, "label").orElse(null),
                        order(parameters),
                        limit(parameters),
                        after(parameters)),
                waitLimit(parameters));
    }

    private static Set<JobState> states(List<String> values) {
        Set<JobState> states = EnumSet.noneOf(JobState.class);
        for (String value : values) {
            for (String name : value.split(",", -1)) {
                if (!name.isBlank()) {
                    states.add(constant(JobState.class, name)
                            .orElseThrow(() -> refused("state", name, names(JobState.class, false))));
                }
            }
        }
        return states;
    }

    private static Order order(Map<String, List<String>> parameters) {
        return text(parameters, "order")
                .map(value -> constant(Order.class, value)
                        .orElseThrow(() -> refused("order", value, names(Order.class, true))))
                .orElse(Order.NEWEST);
    }

    private static int limit(Map<String, List<String>> parameters) {
        return text(parameters, "limit")
                .map(value -> {
                    int limit = value.matches("[0-9]{1,9}") ? Integer.parseInt(value) : 0;
                    if (limit < 1 || limit > MAX_LIMIT) {
                        throw refused("limit", value, "a whole number from 1 to " + MAX_LIMIT);
                    }
                    return limit;
                })
                .orElse(DEFAULT_LIMIT);
    }

    private static @Nullable Position after(Map<String, List<String>> parameters) {
        return text(parameters, "after")
                .map(value -> Cursor.parse(value)
                        .orElseThrow(() -> refused("after", value, "the value of \"next\" of an earlier answer")))
                .orElse(null);
    }

    private static Duration waitLimit(Map<String, List<String>> parameters) {
        return text(parameters, "wait")
                .map(value -> duration(value)
                        .filter(duration -> !duration.isNegative() && duration.compareTo(MAX_WAIT) <= 0)
                        .orElseThrow(() -> refused(
                                "wait",
                                value,
                                "a duration from 0s to " + MAX_WAIT.toMinutes() + "m, e.g. 60s, 2m or PT1M30S")))
                .orElse(Duration.ZERO);
    }

    private static Optional<Duration> duration(String value) {
        try {
            return Optional.ofNullable(new DurationConverter().convert(value));
        } catch (IllegalArgumentException | ArithmeticException e) {
            return Optional.empty(); // the caller tells what is allowed
        }
    }

    private static Optional<String> text(Map<String, List<String>> parameters, String name) {
        List<String> values = parameters.getOrDefault(name, List.of()).stream()
                .filter(value -> !value.isBlank())
                .toList();
        if (values.size() > 1) {
            throw refused(name, String.join("\", \"", values), "one value");
        }
        if (!values.isEmpty() && values.getFirst().contains(NUL)) {
            throw refused(name, values.getFirst().replace(NUL, "\\0"), "a text without NUL");
        }
        return values.stream().findFirst();
    }

    private static <E extends Enum<E>> Optional<E> constant(Class<E> type, String name) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.name().equalsIgnoreCase(name.strip()))
                .findFirst();
    }

    private static <E extends Enum<E>> String names(Class<E> type, boolean lowerCase) {
        return Arrays.stream(type.getEnumConstants())
                .map(constant -> lowerCase ? constant.name().toLowerCase(Locale.ROOT) : constant.name())
                .collect(Collectors.joining(", "));
    }

    private static ProblemException refused(String name, String value, String allowed) {
        return new ProblemException(instance -> ApiProblem.badParameter(
                "parameter \"" + name + "\" is \"" + value + "\"; allowed is: " + allowed, instance));
    }
}
