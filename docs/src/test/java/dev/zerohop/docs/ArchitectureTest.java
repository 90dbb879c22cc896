package dev.zerohop.docs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What holds between the packages of all modules together, those of the programs included: of each module that is built. */
class ArchitectureTest {
    private static final SliceAssignment PACKAGES = new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            return SliceIdentifier.of(type.getPackageName());
        }

        @Override
        public String getDescription() {
            return "packages";
        }
    };

    private final JavaClasses all = new ClassFileImporter().importPaths(built());

    private static List<Path> built() {
        try (Stream<Path> modules = Files.walk(Pages.checkout(), 2)) {
            return modules.filter(module -> Files.exists(module.resolve("pom.xml")))
                    .map(module -> module.resolve("target/classes"))
                    .filter(Files::isDirectory)
                    .toList();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Test
    void packagesFormNoCircle() {
        assertThat(all.containPackage("dev.zerohop.etcd.orchestrator")).isTrue();
        slices().assignedFrom(PACKAGES).should().beFreeOfCycles().check(all);
    }

    /** Public for the other rooms of lb-etcd and for what stands on it, and no API: applications and the other modules use its root. */
    @Test
    void whatIsBehindAFrontDoorIsUsedByItsOwnHouse() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.zerohop.etcd..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.zerohop.etcd.client..",
                        "dev.zerohop.etcd.election..",
                        "dev.zerohop.etcd.golb..",
                        "dev.zerohop.etcd.service..")
                .check(all);
    }

    @Test
    void internalsOfTheCoreAreForTheCore() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.zerohop.admin..",
                        "dev.zerohop.cli..",
                        "dev.zerohop.demo..",
                        "dev.zerohop.dns..",
                        "dev.zerohop.etcd..",
                        "dev.zerohop.gateway..",
                        "dev.zerohop.grpc..",
                        "dev.zerohop.kubernetes..",
                        "dev.zerohop.micrometer..",
                        "dev.zerohop.okhttp..",
                        "dev.zerohop.opentelemetry..",
                        "dev.zerohop.sharding..",
                        "dev.zerohop.sim..",
                        "dev.zerohop.server..",
                        "dev.zerohop.spring..",
                        "dev.zerohop.testing..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.zerohop.internal..")
                .check(all);
    }
}
