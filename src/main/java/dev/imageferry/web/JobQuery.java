package dev.imageferry.web;

import dev.imageferry.job.JobState;
import dev.imageferry.queue.JobFilter;
import dev.imageferry.queue.JobFilter.Order;
import dev.imageferry.queue.JobFilter.Position;
import io.quarkus.runtime.configuration.DurationConverter;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of {@code GET /jobs}. A parameter without a value counts as absent.
 *
 * @param waitLimit how long to wait until all matching jobs have ended; zero to answer at once
 */
record JobQuery(JobFilter filter, Duration waitLimit) {
    static final int DEFAULT_LIMIT = 50;
    static final int MAX_LIMIT = 500;
    static final Duration MAX_WAIT = Duration.ofMinutes(10);

    /** The parameters that select jobs. */
    static final Set<String> FILTERS = Set.of("state", "id", "file", "label", "family", "sha256", "since");

    private static final Set<String> NAMES = Stream.concat(
                    FILTERS.stream(), Stream.of("order", "limit", "after", "wait"))
            .collect(Collectors.toUnmodifiableSet());
    private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");
    /** PostgreSQL does not accept it in text. */
    private static final String NUL = "\0";

    /**
     * Parses the decoded query parameters.
     *
     * @throws ProblemException if a parameter is unknown or invalid
     */
    static JobQuery parse(Map<String, List<String>> parameters) {
        requireKnown(parameters, NAMES);
        return new JobQuery(
                filter(parameters).page(order(parameters), limit(parameters), after(parameters)),
                waitLimit(parameters));
    }

    /**
     * Parses the parameters of {@code GET /families/{name}}.
     *
     * @throws ProblemException if a parameter is unknown or invalid
     */
    static JobFilter parseFamily(String name, Map<String, List<String>> parameters) {
        requireKnown(parameters, Set.of("limit", "after"));
        return JobFilter.imagesOf(name, limit(parameters), after(parameters));
    }

    /**
     * Parses the selection of a change of many jobs.
     *
     * @throws ProblemException if a parameter is unknown or invalid, or if there is none
     */
    static JobFilter parseSelection(Map<String, List<String>> parameters) {
        requireKnown(parameters, FILTERS);
        JobFilter filter = filter(parameters);
        if (filter.matchesAll()) {
            throw new ProblemException(instance -> ApiProblem.badParameter(
                    "Send at least one of the parameters " + sorted(FILTERS)
                            + ". To select all jobs that have failed, send state=FAILED.",
                    instance));
        }
        return filter;
    }

    /** Ignoring a misspelled filter would select everything. */
    private static void requireKnown(Map<String, List<String>> parameters, Set<String> known) {
        for (String name : parameters.keySet()) {
            if (!known.contains(name)) {
                throw new ProblemException(instance -> ApiProblem.badParameter(
                        "Unknown parameter \"" + name + "\". Allowed parameters: " + sorted(known) + ".", instance));
            }
        }
    }

    private static String sorted(Set<String> names) {
        return names.stream().sorted().collect(Collectors.joining(", "));
    }

    private static JobFilter filter(Map<String, List<String>> parameters) {
        return new JobFilter(
                states(parameters.getOrDefault("state", List.of())),
                ids(parameters.getOrDefault("id", List.of())),
                text(parameters, "file").orElse(null),
                text(parameters, "label").orElse(null),
                text(parameters, "family").orElse(null),
                sha256(parameters),
                since(parameters),
                Order.NEWEST,
                DEFAULT_LIMIT,
                null);
    }

    private static Set<UUID> ids(List<String> values) {
        Set<UUID> ids = new HashSet<>();
        for (String value : values) {
            if (!value.isBlank()) {
                ids.add(JobId.parse(value).orElseThrow(() -> invalid("id", value, "the id of a job, a UUID")));
            }
        }
        if (ids.size() > MAX_LIMIT) {
            throw invalid("id", ids.size() + " values", "at most " + MAX_LIMIT);
        }
        return ids;
    }

    private static @Nullable String sha256(Map<String, List<String>> parameters) {
        return text(parameters, "sha256")
                .map(value -> {
                    if (!SHA256.matcher(value).matches()) {
                        throw invalid("sha256", value, "64 hexadecimal digits");
                    }
                    return value.toLowerCase(Locale.ROOT);
                })
                .orElse(null);
    }

    private static @Nullable Instant since(Map<String, List<String>> parameters) {
        return text(parameters, "since")
                .map(value -> {
                    try {
                        return OffsetDateTime.parse(value).toInstant();
                    } catch (DateTimeParseException e) {
                        throw invalid("since", value, "a time with a zone, such as 2026-11-30T08:15:00Z");
                    }
                })
                .orElse(null);
    }

    private static Set<JobState> states(List<String> values) {
        Set<JobState> states = EnumSet.noneOf(JobState.class);
        for (String value : values) {
            for (String name : value.split(",", -1)) {
                if (!name.isBlank()) {
                    states.add(constant(JobState.class, name)
                            .orElseThrow(() -> invalid("state", name, names(JobState.class, false))));
                }
            }
        }
        return states;
    }

    private static Order order(Map<String, List<String>> parameters) {
        return text(parameters, "order")
                .map(value -> constant(Order.class, value)
                        .orElseThrow(() -> invalid("order", value, names(Order.class, true))))
                .orElse(Order.NEWEST);
    }

    private static int limit(Map<String, List<String>> parameters) {
        return text(parameters, "limit")
                .map(value -> {
                    int limit = value.matches("[0-9]{1,9}") ? Integer.parseInt(value) : 0;
                    if (limit < 1 || limit > MAX_LIMIT) {
                        throw invalid("limit", value, "an integer from 1 to " + MAX_LIMIT);
                    }
                    return limit;
                })
                .orElse(DEFAULT_LIMIT);
    }

    private static @Nullable Position after(Map<String, List<String>> parameters) {
        return text(parameters, "after")
                .map(value -> Cursor.parse(value)
                        .orElseThrow(() -> invalid("after", value, "the value of \"next\" in a previous answer")))
                .orElse(null);
    }

    private static Duration waitLimit(Map<String, List<String>> parameters) {
        return text(parameters, "wait")
                .map(value -> duration(value)
                        .filter(duration -> !duration.isNegative() && duration.compareTo(MAX_WAIT) <= 0)
                        .orElseThrow(() -> invalid(
                                "wait",
                                value,
                                "a duration from 0s to " + MAX_WAIT.toMinutes() + "m, such as 60s, 2m or PT1M30S")))
                .orElse(Duration.ZERO);
    }

    private static Optional<Duration> duration(String value) {
        try {
            return Optional.ofNullable(new DurationConverter().convert(value));
        } catch (IllegalArgumentException | ArithmeticException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> text(Map<String, List<String>> parameters, String name) {
        List<String> values = parameters.getOrDefault(name, List.of()).stream()
                .filter(value -> !value.isBlank())
                .toList();
        if (values.size() > 1) {
            throw invalid(name, String.join("\", \"", values), "one value");
        }
        if (!values.isEmpty() && values.getFirst().contains(NUL)) {
            throw invalid(name, values.getFirst().replace(NUL, "\\0"), "text without NUL characters");
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

    private static ProblemException invalid(String name, String value, String allowed) {
        return new ProblemException(instance -> ApiProblem.badParameter(
                "Invalid value \"" + value + "\" of parameter \"" + name + "\". Allowed: " + allowed + ".", instance));
    }
}
