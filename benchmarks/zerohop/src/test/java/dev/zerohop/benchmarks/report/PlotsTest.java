package dev.zerohop.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class PlotsTest {
    /** In the widest of the common fonts a letter takes this share of the font's size, on average. */
    private static final double LETTER = 0.53;

    @TempDir
    Path directory;

    @Test
    void aPartThatDidNotRunDrawsNothing() throws IOException {
        assertThat(Plots.of(new StoredRun().in(directory))).isEmpty();
    }

    @Test
    void picksByNumberHaveASeriesForEachLibrary() throws Exception {
        StoredRun run = new StoredRun();
        for (int n : new int[] {10, 1_000, 10_000}) {
            run.cpu("zerohop.Pick.pick", "round_robin", n, 1, 3)
                    .cpu("grpc.Pick.pick", "round_robin", n, 1, 9)
                    .cpu("armeria.Pick.pick", "round_robin", n, 1, 10)
                    .cpu("floor.Pick.stripedCursor", "", n, 1, 2);
        }
        Results results = run.in(directory);

        assertThat(Plots.of(results)).containsOnlyKeys("picks.svg");
        Document picture = picture(results, "picks.svg");
        assertThat(series(picture)).containsExactly("zerohop", "grpc", "armeria", "floor");
        assertThat(texts(picture))
                .contains(
                        "Round robin", "zerohop", "grpc-java", "Armeria", "floor: a bare array", "10,000", "endpoints")
                .doesNotContain("Weighted", "By load");
    }

    @Test
    void eachPanelHasItsOwnSeries() throws Exception {
        Document picture = picture(
                new StoredRun()
                        .cpu("zerohop.Acquire.acquire", "least_request", 10, 1, 25)
                        .cpu("finagle.Acquire.acquire", "least_request", 10, 1, 99)
                        .cpu("zerohop.Acquire.acquire", "peak_ewma", 10, 1, 85)
                        .in(directory),
                "acquire.svg");

        assertThat(series(picture)).containsExactly("zerohop", "finagle", "zerohop");
    }

    @Test
    void picksOnTwoThreadsHaveABarWithItsFigureForEachLibrary() throws Exception {
        Document picture = picture(
                new StoredRun()
                        .cpu("zerohop.Pick.pick", "weighted_round_robin", 100, 2, 3.5)
                        .cpu("grpc.Pick.pick", "weighted_round_robin", 100, 2, 200)
                        .in(directory),
                "picks-two-threads.svg");

        assertThat(series(picture)).containsExactly("zerohop", "grpc");
        assertThat(texts(picture)).contains("Weighted", "3.50", "200");
    }

    @Test
    void updatesShowThePeersWhereTheyWereMeasured() throws Exception {
        Document picture = picture(
                new StoredRun()
                        .wall("zerohop.Update.add", "round_robin", 1_000, 50)
                        .wall("zerohop.Update.add", "round_robin", 100_000, 20_000)
                        .wall("armeria.Update.add", "round_robin", 1_000, 60)
                        .in(directory),
                "updates.svg");

        assertThat(series(picture)).containsExactly("zerohop", "armeria");
        assertThat(texts(picture)).contains("1,000", "100,000");
    }

    @Test
    void callsPerSecondAreRelativeToTheCallWithoutZerohop() throws Exception {
        Document picture = picture(new StoredRun().file("endtoend.json", """
                                {"proxy": "none", "callsPerSecond": {
                                 "grpc zerohop": [90, 95, 100], "grpc round_robin": [100, 100, 100],
                                 "http zerohop": [110, 100, 120], "http fixed server": [100, 100, 100], "http proxy": [50, 60, 40]}}""").in(directory), "end-to-end.svg");

        assertThat(series(picture)).containsExactly("zerohop", "grpc", "zerohop", "okhttp", "proxy");
        assertThat(texts(picture)).contains("0.95", "1.10", "0.50");
    }

    @Test
    void thePicturesAreWrittenByTheirNames() throws IOException {
        Results results = new StoredRun()
                .wall("zerohop.Update.add", "round_robin", 1_000, 50)
                .in(directory);
        Path folder = directory.resolve("plots");

        assertThat(Plots.write(results, folder)).containsExactly("updates.svg");
        assertThat(Files.readString(folder.resolve("updates.svg"))).startsWith("<svg ");
    }

    /** Parses it, so that it is well-formed, and looks whether its texts can be seen. */
    private static Document picture(Results results, String name) throws Exception {
        Document picture = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(Plots.of(results).get(name))));
        double width = number(picture.getDocumentElement(), "width");
        double height = number(picture.getDocumentElement(), "height");
        for (Element text : elements(picture, "text")) {
            double length = text.getTextContent().length() * LETTER * number(text, "font-size");
            double left = switch (text.getAttribute("text-anchor")) {
                case "middle" -> number(text, "x") - length / 2;
                case "end" -> number(text, "x") - length;
                default -> number(text, "x");
            };
            assertThat(left).as(text.getTextContent()).isBetween(0.0, width - length);
            assertThat(number(text, "y")).as(text.getTextContent()).isBetween(number(text, "font-size"), height - 4);
        }
        return picture;
    }

    private static List<String> series(Document picture) {
        return elements(picture, "g").stream()
                .map(group -> group.getAttribute("class"))
                .filter(name -> name.startsWith("series "))
                .map(name -> name.substring("series ".length()))
                .toList();
    }

    private static List<String> texts(Document picture) {
        return elements(picture, "text").stream().map(Element::getTextContent).toList();
    }

    private static List<Element> elements(Document picture, String name) {
        NodeList found = picture.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            elements.add((Element) found.item(i));
        }
        return elements;
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }
}
