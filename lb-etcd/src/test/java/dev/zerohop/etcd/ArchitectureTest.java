package dev.zerohop.etcd;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which room of lb-etcd sees which. What an application calls is in the root, and what it says about a directory in that room. */
class ArchitectureTest {
    private static final String ROOT = "dev.zerohop.etcd";

    /** The rooms that each sees beside itself, from the top to the bottom. */
    private static final Map<String, List<String>> SEES = Map.of(
            "", List.of(".golb", ".service", ".directory", ".client"),
            ".golb", List.of(".service", ".client"),
            ".service", List.of(".directory", ".client"),
            ".directory", List.of(".client"),
            ".election", List.of(".client"),
            ".client", List.of());

    private final JavaClasses own = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    static Stream<String> rooms() {
        return SEES.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void aRoomSeesOnlyThoseThatItMay(String room) {
        String[] others = rooms().filter(
                        other -> !other.equals(room) && !SEES.get(room).contains(other))
                .map(other -> ROOT + other)
                .toArray(String[]::new);
        classes()
                .that()
                .resideInAPackage(ROOT + room)
                .should()
                .onlyDependOnClassesThat()
                .resideOutsideOfPackages(others)
                .check(own);
    }

    @Test
    void everyRoomHasItsRule() {
        classes()
                .should()
                .resideInAnyPackage(rooms().map(room -> ROOT + room).toArray(String[]::new))
                .because("a new room needs a rule here")
                .check(own);
    }
}
