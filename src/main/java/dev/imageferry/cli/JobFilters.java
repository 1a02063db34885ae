package dev.imageferry.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The filters of {@code GET /jobs} as options. The daemon checks their values. */
final class JobFilters {
    @Option(names = "--state", paramLabel = "STATE", split = ",", description = "Only jobs in one of these states")
    List<String> states = new ArrayList<>();

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "Only jobs of this file in the drop folder. * stands for any characters")
    @Nullable
    String file;

    @Option(
            names = "--label",
            paramLabel = "LABEL",
            description = "Only jobs with this label. * stands for any characters")
    @Nullable
    String label;

    @Option(names = "--family", paramLabel = "FAMILY", description = "Only jobs of this family")
    @Nullable
    String family;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "Only jobs created at this time or later, such as 2026-11-30T08:00:00Z")
    @Nullable
    String since;

    /** The query parameters, empty without filters. */
    Map<String, String> parameters() {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (!states.isEmpty()) {
            parameters.put("state", String.join(",", states));
        }
        put(parameters, "file", file);
        put(parameters, "label", label);
        put(parameters, "family", family);
        put(parameters, "since", since);
        return parameters;
    }

    private static void put(Map<String, String> parameters, String name, @Nullable String value) {
        if (value != null) {
            parameters.put(name, value);
        }
    }
}
