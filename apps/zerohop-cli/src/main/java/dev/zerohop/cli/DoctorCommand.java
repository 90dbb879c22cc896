package dev.zerohop.cli;

import dev.zerohop.json.JsonWriter;
import dev.zerohop.kubernetes.Diagnosis;
import dev.zerohop.kubernetes.KubernetesDoctor;
import dev.zerohop.kubernetes.KubernetesOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code zerohop doctor}. */
@Command(
        name = "doctor",
        description =
                "Finds out why a target does not work: checks its source, its endpoints, connections to them and its configuration; for Kubernetes also permissions, service, port, slices,"
                        + " StatefulSet and topology. Changes nothing.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false)
final class DoctorCommand implements Callable<Integer> {
    private static final Pattern KUBERNETES = Pattern.compile("k8s(-pods)?:", Pattern.CASE_INSENSITIVE);

    /** How long the doctor waits for a source. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Console console;

    @Parameters(paramLabel = "TARGET", description = "any target, such as k8s:///shop/orders:grpc")
    private String target = "";

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "the kubeconfig (default: as kubectl finds it; in a pod its service account)")
    private @Nullable Path kubeconfig;

    @Option(
            names = "--context",
            paramLabel = "NAME",
            description = "the kubeconfig's context (default: its current one)")
    private @Nullable String context;

    @Option(
            names = "--output",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE})")
    private String output = "";

    DoctorCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        Output form = Output.parse(output, Output.TEXT, Output.JSON);
        KubernetesOptions.Builder options = KubernetesOptions.builder();
        if (kubeconfig != null) {
            if (!Files.isReadable(kubeconfig)) {
                throw new BadInput("--kubeconfig was '" + kubeconfig + "', expected a file that can be read");
            }
            options.kubeconfig(kubeconfig);
        }
        if (context != null) {
            options.context(context);
        }
        Diagnosis diagnosis = KUBERNETES.matcher(target).lookingAt() ? cluster(options.build()) : source();
        console.line(form == Output.JSON ? json(diagnosis) : text(diagnosis));
        return diagnosis.healthy() ? Main.OK : Main.FAILED;
    }

    private Diagnosis cluster(KubernetesOptions options) throws InterruptedException {
        try {
            return KubernetesDoctor.examine(target, options, System.getenv());
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(String.valueOf(rejected.getMessage()));
        }
    }

    private Diagnosis source() throws InterruptedException {
        if (kubeconfig != null || context != null) {
            throw new BadInput(
                    "--kubeconfig and --context are for Kubernetes targets only, and the target is '" + target + "'");
        }
        return SourceDoctor.examine(Targets.parse(target), PATIENCE);
    }

    private static String text(Diagnosis diagnosis) {
        StringBuilder out = new StringBuilder();
        for (Diagnosis.Finding finding : diagnosis.findings()) {
            out.append(out.isEmpty() ? "" : "\n").append(finding);
        }
        if (!diagnosis.toApply().isEmpty()) {
            out.append("\n\n# kubectl apply -f -\n").append(diagnosis.toApply().stripTrailing());
        }
        return out.toString();
    }

    private String json(Diagnosis diagnosis) {
        return JsonWriter.object(json -> {
            json.writeStringField("target", target);
            json.writeBooleanField("healthy", diagnosis.healthy());
            json.writeArrayFieldStart("findings");
            for (Diagnosis.Finding finding : diagnosis.findings()) {
                json.writeStartObject();
                json.writeStringField("state", finding.state().name());
                json.writeStringField("what", finding.what());
                json.writeStringField("why", finding.why());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeStringField("toApply", diagnosis.toApply());
        });
    }
}
