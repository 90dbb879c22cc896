package dev.zerohop.grpc;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** An adapter sees the core's front doors, and of grpc the API. */
class ArchitectureTest {
    private final JavaClasses main = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.zerohop.grpc");

    @Test
    void onlyTheFrontDoorsOfTheCoreAreUsed() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.zerohop.internal..", "dev.zerohop.picker..", "dev.zerohop.stage..", "dev.zerohop.load..")
                .check(main);
    }

    @Test
    void onlyGrpcsApiIsUsed() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.grpc.internal..", "io.grpc.util..", "io.grpc.netty..", "com.google..")
                .check(main);
    }

    @Test
    void whatIsPublicIsMeantToBe() {
        classes()
                .that()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .should()
                .haveSimpleName("ZerohopGrpc")
                .orShould()
                .haveSimpleName("ShardGuardInterceptor")
                .orShould()
                .haveSimpleNameEndingWith("Provider")
                .orShould()
                .haveSimpleNameEndingWith("Providers")
                .check(main);
    }
}
