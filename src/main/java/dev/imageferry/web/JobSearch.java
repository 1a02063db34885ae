package dev.imageferry.web;

import dev.imageferry.job.JobState;
import dev.imageferry.queue.EndedList;
import dev.imageferry.queue.JobFilter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The search of the overview page, as its URL contains it. The parameters are those of {@code GET /jobs}; text without
 * {@code *} matches any part of a name.
 *
 * @param file empty for all
 * @param label empty for all
 * @param family empty for all
 * @param after {@code next} of the previous page; empty for the first page
 * @param endedBefore the end of the previous page of ended jobs; empty for a search
 */
record JobSearch(
        Set<JobState> states,
        String file,
        String label,
        String family,
        JobFilter.Order order,
        String after,
        String endedBefore) {
    private static final List<String> TEXTS = List.of("file", "label");

    JobSearch {
        states = Set.copyOf(states);
    }

    /**
     * Parses the decoded query parameters. Unknown parameters are ignored.
     *
     * @throws ProblemException if a parameter is invalid
     */
    static JobSearch of(Map<String, List<String>> parameters) {
        JobFilter checked = filter(parameters);
        return new JobSearch(
                checked.states(),
                first(parameters, "file"),
                first(parameters, "label"),
                first(parameters, "family"),
                checked.order(),
                first(parameters, "after"),
                first(parameters, "ended"));
    }

    /** The URL of the jobs of a family. */
    static String ofFamily(String family) {
        return url(Map.of("family", family));
    }

    /** The newest jobs in these states. */
    static JobSearch newest(Set<JobState> states) {
        return new JobSearch(states, "", "", "", JobFilter.Order.NEWEST, "", "");
    }

    /** The open jobs in these states, in the order in which they are uploaded. */
    static JobSearch uploadOrder(Set<JobState> states) {
        return new JobSearch(states, "", "", "", JobFilter.Order.PRIORITY, "", "");
    }

    JobFilter filter(int limit) {
        Map<String, List<String>> wanted = parameters(states, after).entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> List.of(entry.getValue())));
        wanted.put("limit", List.of(Integer.toString(limit)));
        return filter(wanted);
    }

    private static JobFilter filter(Map<String, List<String>> parameters) {
        Map<String, List<String>> wanted = new LinkedHashMap<>();
        for (String name : List.of("state", "family", "order", "after", "limit")) {
            wanted.put(name, parameters.getOrDefault(name, List.of()));
        }
        for (String name : TEXTS) {
            String text = first(parameters, name);
            wanted.put(name, List.of(anywhere(text)));
        }
        return JobQuery.parse(wanted).filter();
    }

    private static String anywhere(String text) {
        return text.isEmpty() || text.contains("*") ? text : "*" + text + "*";
    }

    private static String first(Map<String, List<String>> parameters, String name) {
        List<String> values = parameters.getOrDefault(name, List.of()).stream()
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .distinct()
                .toList();
        if (values.size() > 1) {
            throw new ProblemException(at -> ApiProblem.badParameter(
                    "Parameter \"" + name + "\" has " + values.size() + " different values. Send it once.", at));
        }
        return values.isEmpty() ? "" : values.getFirst();
    }

    /** Whether a filter is set. */
    public boolean isFiltered() {
        return !states.isEmpty() || isByText();
    }

    boolean isByText() {
        return !file.isEmpty() || !label.isEmpty() || !family.isEmpty();
    }

    /** Whether the page shows its three sections. */
    public boolean isOverview() {
        return endedBefore.isEmpty() && isUnrestricted();
    }

    /** Whether the page shows ended jobs, the one that ended last first. */
    public boolean isEnded() {
        return isUnrestricted();
    }

    private boolean isUnrestricted() {
        return parameters(states, after).values().stream().allMatch(String::isEmpty);
    }

    /** The end of the previous page of ended jobs. */
    Optional<EndedList.Position> endedPosition() {
        return endedBefore.isEmpty()
                ? Optional.empty()
                : Optional.of(Cursor.parse(endedBefore)
                        .map(position -> new EndedList.Position(position.createdAt(), position.id()))
                        .orElseThrow(() -> new ProblemException(at -> ApiProblem.badParameter(
                                "Invalid value \"" + endedBefore + "\" of parameter \"ended\".", at))));
    }

    /** The URL of the ended jobs after the position. */
    static String endedAfter(EndedList.Position position) {
        return url(Map.of("ended", Cursor.of(new JobFilter.Position(0, position.endedAt(), position.id()))));
    }

    /** The parameters of {@code POST /jobs/retry} and {@code POST /jobs/cancel} that select all matching jobs. */
    public String selection() {
        Map<String, String> all = parameters(states, "");
        all.remove("order");
        all.computeIfPresent("file", (name, text) -> anywhere(text));
        all.computeIfPresent("label", (name, text) -> anywhere(text));
        return query(all);
    }

    /** Whether a user could retry some of the matching jobs. */
    public boolean isOfEnded() {
        return states.isEmpty() || states.stream().anyMatch(JobState::isEnd);
    }

    /** Whether a user could cancel some of the matching jobs. */
    public boolean isOfOpen() {
        return states.isEmpty() || !states.stream().allMatch(JobState::isEnd);
    }

    /** The selected states, for the hidden field of the search form. */
    public String stateList() {
        return EnumSet.allOf(JobState.class).stream()
                .filter(states::contains)
                .map(JobState::name)
                .collect(Collectors.joining(","));
    }

    public String orderName() {
        return order.name().toLowerCase(Locale.ROOT);
    }

    /** The URL of this search with the given state added or removed. */
    String withStateToggled(JobState state) {
        Set<JobState> others = EnumSet.noneOf(JobState.class);
        others.addAll(states);
        if (!others.remove(state)) {
            others.add(state);
        }
        return url(parameters(others, ""));
    }

    /** The URL of the page after the cursor. */
    String pageAfter(String cursor) {
        return url(parameters(states, cursor));
    }

    /** This search from its first page. */
    JobSearch first() {
        return new JobSearch(states, file, label, family, order, "", "");
    }

    /** The URL of the first page. */
    public String firstPage() {
        return url(parameters(states, ""));
    }

    private Map<String, String> parameters(Set<JobState> chosen, String cursor) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("state", new JobSearch(chosen, "", "", "", order, "", "").stateList());
        parameters.put("file", file);
        parameters.put("label", label);
        parameters.put("family", family);
        parameters.put("order", order == JobFilter.Order.NEWEST ? "" : orderName());
        parameters.put("after", cursor);
        return parameters;
    }

    private static String url(Map<String, String> parameters) {
        String query = query(parameters);
        return query.isEmpty() ? "/" : "/?" + query;
    }

    private static String query(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .filter(parameter -> !parameter.getValue().isEmpty())
                .map(parameter ->
                        parameter.getKey() + "=" + URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }
}
