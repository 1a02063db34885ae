package dev.imageferry.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class PlotTest {
    @Test
    void lines_are_inside_the_axes_and_in_proportion() throws Exception {
        Document svg = parsed(new Plot("makespan", "Throughput", "seconds", "MB/s")
                .perSecond("ours", List.of(0.0, 25.0, 50.0))
                .perSecond("xargs & curl <4>", List.of(50.0, 50.0))
                .mark("line", 50));

        List<double[]> ours = points(svg, 0);
        assertThat(ours).hasSize(3).allSatisfy(point -> {
            assertThat(point[0]).isBetween(70.0, 700.0);
            assertThat(point[1]).isBetween(60.0, 290.0);
        });
        assertThat(ours.get(0)[1]).isEqualTo(290); // zero is on the axis
        assertThat(290 - ours.get(2)[1]).isCloseTo(2 * (290 - ours.get(1)[1]), within());
        assertThat(ours.get(1)[0] - ours.get(0)[0]).isCloseTo(ours.get(2)[0] - ours.get(1)[0], within());
        assertThat(points(svg, 1)).hasSize(2);
        assertThat(texts(svg)).contains("Throughput", "seconds", "MB/s", "ours", "xargs & curl <4>", "line", "0", "50");
    }

    @Test
    void bars_have_labels_values_and_proportional_heights() throws Exception {
        Document svg =
                parsed(new Plot("check", "Check", "", "seconds").bar("check", 3).bar("zcat", 6));

        List<Element> bars = elements(svg, "rect").subList(1, 3); // the first one is the background
        assertThat(height(bars.get(1))).isCloseTo(2 * height(bars.get(0)), within());
        assertThat(texts(svg)).contains("check", "zcat", "3", "6");
    }

    @Test
    void a_plot_without_points_is_well_formed() throws Exception {
        assertThat(texts(parsed(new Plot("idle", "Idle", "seconds", "MB").line("ours", List.of()))))
                .contains("Idle");
    }

    @Test
    void refuses_what_cannot_be_plotted() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Plot("x", "Title", "", "")
                        .perSecond("ours", List.of(Double.NaN))
                        .svg());
    }

    private static org.assertj.core.data.Offset<Double> within() {
        return org.assertj.core.data.Offset.offset(0.2); // coordinates have one decimal
    }

    private static Document parsed(Plot plot) throws Exception {
        return DocumentBuilderFactory.newNSInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(plot.svg())));
    }

    private static List<double[]> points(Document svg, int line) {
        String points = elements(svg, "polyline").get(line).getAttribute("points");
        return Arrays.stream(points.split(" ", -1))
                .map(point -> Arrays.stream(point.split(",", -1))
                        .mapToDouble(Double::parseDouble)
                        .toArray())
                .toList();
    }

    private static double height(Element bar) {
        return Double.parseDouble(bar.getAttribute("height"));
    }

    private static List<String> texts(Document svg) {
        return elements(svg, "text").stream().map(Element::getTextContent).toList();
    }

    private static List<Element> elements(Document svg, String name) {
        NodeList nodes = svg.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }
}
