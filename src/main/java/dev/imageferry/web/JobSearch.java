package dev.imageferry.web;

import dev.imageferry.job.JobState;
import dev.imageferry.queue.JobFilter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which jobs the page shows, as its address keeps it. The names are those of {@code GET /jobs}; a text without {@code *} is
 * looked for anywhere in a name.
 *
 * @param file empty for all
 * @param label empty for all
 * @param after {@code next} of the page before; empty for the first page
 */
record JobSearch(Set<JobState> states, String file, String label, JobFilter.Order order, String after) {
    private static final List<String> TEXTS = List.of("file", "label");

    JobSearch {
        states = Set.copyOf(states);
    }

    /**
     * Reads the decoded query parameters; others than the page's are passed over.
     *
     * @throws ProblemException for one that cannot be used
     */
    static JobSearch of(Map<String, List<String>> parameters) {
        JobFilter checked = filter(parameters);
        return new JobSearch(
                checked.states(),
                first(parameters, "file"),
                first(parameters, "label"),
                checked.order(),
                first(parameters, "after"));
    }

    JobFilter filter() {
        return filter(parameters(states, after).entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> List.of(entry.getValue()))));
    }

    private static JobFilter filter(Map<String, List<String>> parameters) {
        Map<String, List<String>> asked = new LinkedHashMap<>();
        for (String name : List.of("state", "order", "after")) {
            asked.put(name, parameters.getOrDefault(name, List.of()));
        }
        for (String name : TEXTS) {
            String text = first(parameters, name);
            asked.put(name, text.isEmpty() || text.contains("*") ? List.of(text) : List.of("*" + text + "*"));
        }
        return JobQuery.parse(asked).filter();
    }

    private static String first(Map<String, List<String>> parameters, String name) {
        List<String> values = parameters.getOrDefault(name, List.of()).stream()
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .distinct()
                .toList();
        if (values.size() > 1) {
            throw new ProblemException(at -> ApiProblem.badParameter(
                    "parameter \"" + name + "\" is there " + values.size()
                            + " times with different values; send it once",
                    at));
        }
        return values.isEmpty() ? "" : values.getFirst();
    }

    /** Whether anything is left out. */
    public boolean isNarrowed() {
        return !states.isEmpty() || !file.isEmpty() || !label.isEmpty();
    }

    /** The states, for a form that keeps them. */
    public String stateList() {
        return EnumSet.allOf(JobState.class).stream()
                .filter(states::contains)
                .map(JobState::name)
                .collect(Collectors.joining(","));
    }

    public String orderName() {
        return order.name().toLowerCase(Locale.ROOT);
    }

    /** The address of the same search with this state chosen besides, or no longer. */
    String toggling(JobState state) {
        Set<JobState> others = EnumSet.noneOf(JobState.class);
        others.addAll(states);
        if (!others.remove(state)) {
            others.add(state);
        }
        return address(parameters(others, ""));
    }

    /** The address of all states. */
    public String inAllStates() {
        return address(parameters(Set.of(), ""));
    }

    /** The address of the page that begins behind the cursor. */
    String goingOn(String cursor) {
        return address(parameters(states, cursor));
    }

    /** The address of the first page. */
    public String fromTheBeginning() {
        return address(parameters(states, ""));
    }

    private Map<String, String> parameters(Set<JobState> chosen, String cursor) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("state", new JobSearch(chosen, "", "", order, "").stateList());
        parameters.put("file", file);
        parameters.put("label", label);
        parameters.put("order", order == JobFilter.Order.NEWEST ? "" : orderName());
        parameters.put("after", cursor);
        return parameters;
    }

    private static String address(Map<String, String> parameters) {
        String query = parameters.entrySet().stream()
                .filter(parameter -> !parameter.getValue().isEmpty())
                .map(parameter ->
                        parameter.getKey() + "=" + URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return query.isEmpty() ? "/" : "/?" + query;
    }
}
