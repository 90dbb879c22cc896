package dev.zerohop;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitCallTarget;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may see whom in lb-core, and what the parts that decide may not reach for. */
class ArchitectureTest {
    private static final String ROOT = "dev.zerohop";

    /** What every package may use: the JDK and the annotations. */
    private static final List<String> ALWAYS =
            List.of("java..", "javax.net..", "jdk.jfr..", "org.jspecify.annotations..");

    /** The packages and what else each may use; a package that is not named here may use nothing. */
    private static final Map<String, List<String>> ALLOWED = Map.ofEntries(
            entry(ROOT, List.of(ROOT, ROOT + ".internal", "org.slf4j..")),
            entry(ROOT + ".json", List.of(ROOT, ROOT + ".internal", ROOT + ".json", "com.fasterxml.jackson.core..")),
            entry(ROOT + ".internal", List.of(ROOT + ".internal")),
            entry(
                    ROOT + ".picker",
                    List.of(ROOT, ROOT + ".internal", ROOT + ".picker", ROOT + ".load", ROOT + ".json")),
            entry(ROOT + ".load", List.of(ROOT, ROOT + ".internal", ROOT + ".load")),
            entry(ROOT + ".report", List.of(ROOT, ROOT + ".report", ROOT + ".json")),
            entry(ROOT + ".stage", List.of(ROOT, ROOT + ".internal", ROOT + ".stage")),
            entry(ROOT + ".health", List.of(ROOT, ROOT + ".internal", ROOT + ".health")),
            entry(ROOT + ".probe", List.of(ROOT, ROOT + ".internal", ROOT + ".probe")),
            entry(ROOT + ".retry", List.of(ROOT, ROOT + ".internal", ROOT + ".retry")),
            entry(ROOT + ".guard", List.of(ROOT, ROOT + ".picker", ROOT + ".guard")),
            entry(
                    ROOT + ".resolver",
                    List.of(
                            ROOT,
                            ROOT + ".internal",
                            ROOT + ".resolver",
                            ROOT + ".watch",
                            ROOT + ".json",
                            // To be written to, alone.
                            "com.fasterxml.jackson.core..")),
            entry(ROOT + ".watch", List.of(ROOT, ROOT + ".watch")),
            entry(ROOT + ".monitor", List.of(ROOT, ROOT + ".internal", ROOT + ".monitor")),
            entry(
                    ROOT + ".config",
                    List.of(
                            ROOT,
                            ROOT + ".internal",
                            ROOT + ".config",
                            ROOT + ".picker",
                            ROOT + ".load",
                            ROOT + ".stage",
                            ROOT + ".health",
                            ROOT + ".probe",
                            ROOT + ".retry",
                            ROOT + ".resolver",
                            ROOT + ".json")));

    private static final String[] DECIDING = {
        ROOT + ".picker", ROOT + ".load", ROOT + ".stage", ROOT + ".health", ROOT + ".retry"
    };

    private static final Set<String> CLOCKS = Set.of(
            "java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis",
            "java.time.Instant.now",
            "java.time.Clock.systemUTC",
            "java.lang.Thread.sleep",
            "java.util.concurrent.locks.LockSupport.parkNanos",
            "java.lang.Math.random");

    private static final DescribedPredicate<JavaCall<?>> REACHES_FOR_CLOCK_OR_SLEEP =
            describe("reads a clock, throws its own dice or sleeps", call -> {
                CodeUnitCallTarget target = call.getTarget();
                return CLOCKS.contains(target.getOwner().getName() + "." + target.getName());
            });

    private static final DescribedPredicate<JavaClass> THREAD_OR_CHANCE = describe(
            "a thread, an executor, a timer or a generator of chance",
            type -> type.isAssignableTo(Thread.class)
                    || type.isAssignableTo(java.util.concurrent.Executor.class)
                    || type.isAssignableTo(java.util.concurrent.Executors.class)
                    || type.isAssignableTo(java.util.Timer.class)
                    || type.isAssignableTo(java.util.random.RandomGenerator.class)
                    || type.isAssignableTo(ThreadLocal.class));

    /** They decide nothing: what picks cause leaves on the executor of the environment. */
    private static final Set<String> SENDS_PROBES = Set.of(
            ROOT + ".picker.PrequalProbes", ROOT + ".picker.PrequalTarget", ROOT + ".picker.PrequalTarget$Probe");

    /** The module's own classes, without its tests and the test kit. */
    private final JavaClasses own = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT)
            .that(describe("of this module", type -> !type.getPackageName().startsWith(ROOT + ".testing")));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".internal",
                ".json",
                ".picker",
                ".load",
                ".report",
                ".stage",
                ".health",
                ".probe",
                ".retry",
                ".guard",
                ".resolver",
                ".watch",
                ".monitor",
                ".config"
            })
    void aPackageSeesOnlyWhatItMay(String name) {
        List<String> allowed = new ArrayList<>(ALWAYS);
        allowed.addAll(ALLOWED.get(ROOT + name));
        classes()
                .that()
                .resideInAPackage(ROOT + name)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed.toArray(String[]::new))
                .allowEmptyShould(true)
                .check(own);
    }

    @Test
    void everyPackageHasItsRule() {
        classes()
                .should()
                .resideInAnyPackage(ALLOWED.keySet().toArray(String[]::new))
                .because("a new package needs a rule here")
                .check(own);
    }

    @Test
    void onlyTheOneReaderParsesJson() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".json")
                .should()
                .dependOnClassesThat(describe(
                        "of the JSON library, but its generator",
                        type -> type.getPackageName().startsWith("com.fasterxml.jackson")
                                && !type.getSimpleName().equals("JsonGenerator")))
                .because("there is one strict reader and one writer, with one set of limits")
                .check(own);
    }

    @Test
    void onlyTheLogReachesSlf4j() {
        noClasses()
                .that()
                .doNotBelongToAnyOf(Log.class)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.slf4j..")
                .because("what is logged passes through the printable form")
                .check(own);
    }

    @Test
    void whatDecidesIsGivenItsClockAndNeverSleeps() {
        noClasses()
                .that()
                .resideInAnyPackage(DECIDING)
                .should()
                .callCodeUnitWhere(REACHES_FOR_CLOCK_OR_SLEEP)
                .check(own);
    }

    @Test
    void whatDecidesHasNoThreadsTimersOrChanceOfItsOwn() {
        noClasses()
                .that()
                .resideInAnyPackage(DECIDING)
                .and(describe("decide", type -> !SENDS_PROBES.contains(type.getName())))
                .should()
                .dependOnClassesThat(THREAD_OR_CHANCE)
                .check(own);
        noClasses()
                .that(describe("send probes", type -> SENDS_PROBES.contains(type.getName())))
                .should()
                .dependOnClassesThat(THREAD_OR_CHANCE.and(describe(
                        "is not the executor that they are given",
                        type -> !type.isEquivalentTo(java.util.concurrent.Executor.class))))
                .check(own);
    }
}
