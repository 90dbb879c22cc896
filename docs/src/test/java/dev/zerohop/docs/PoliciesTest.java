package dev.zerohop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.Stages;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The pages name the policies and stages that there are. */
class PoliciesTest {

    @Test
    void thePageOfPoliciesHasARowForEachAndForNoOther() {
        List<String> rows = new ArrayList<>();
        Matcher row = Pattern.compile("(?m)^\\| ((?:`[a-z_]+`(?:, )?)+) \\|").matcher(page("policies"));
        while (row.find()) {
            names(row.group(1)).forEach(rows::add);
        }
        assertThat(rows).containsExactlyInAnyOrderElementsOf(Pickers.names());
    }

    @Test
    void theReferenceNamesEach() {
        String reference = page("configuration");
        assertThat(Pickers.names()).allSatisfy(name -> assertThat(reference).contains("`" + name + "`"));
        assertThat(Stages.names()).allSatisfy(name -> assertThat(reference).contains("| `" + name + "."));
    }

    @Test
    void theCommandLineListsEach() {
        String row = page("command-line")
                .lines()
                .filter(line -> line.startsWith("| `--policy NAME`"))
                .findFirst()
                .orElseThrow();
        assertThat(names(row.split("\\|")[2])).containsExactlyInAnyOrderElementsOf(Pickers.names());
    }

    private static List<String> names(String cell) {
        return Pattern.compile("`([a-z_]+)`")
                .matcher(cell)
                .results()
                .map(name -> name.group(1))
                .toList();
    }

    private static String page(String name) {
        return Pages.read(Pages.checkout().resolve("docs").resolve(name + ".md"));
    }
}
