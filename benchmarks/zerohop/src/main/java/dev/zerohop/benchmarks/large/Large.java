package dev.zerohop.benchmarks.large;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.zerohop.picker.Pickers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One balancer of very many endpoints under every policy: start, heap, pick, and whether the control path keeps up with a stream of changes. Each policy is
 * measured in processes of its own, as an application starts once; the last of them goes on to the changes. Arguments: endpoints, starts of each policy,
 * changes per second, seconds of sets, seconds of verdicts, file for the result, and then the policies if not all are wanted.
 */
public final class Large {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Large() {}

    public static void main(String[] arguments) throws Exception {
        List<String> all = List.of(arguments);
        List<String> policies = all.size() > 6 ? all.subList(6, all.size()) : Pickers.names();
        int starts = Integer.parseInt(all.get(1));
        ArrayNode results = JSON.createArrayNode();
        for (String policy : policies) {
            results.add(measure(policy, starts, all.get(0), all.subList(2, 5)));
        }
        JSON.writerWithDefaultPrettyPrinter().writeValue(Path.of(all.get(5)).toFile(), results);
    }

    private static ObjectNode measure(String policy, int starts, String endpoints, List<String> changes)
            throws IOException, InterruptedException {
        ArrayNode first = JSON.createArrayNode();
        ObjectNode result = JSON.createObjectNode();
        for (int i = 1; i <= starts; i++) {
            boolean last = i == starts;
            JsonNode one =
                    child(policy, endpoints, changes.get(0), last ? changes.get(1) : "0", last ? changes.get(2) : "0");
            first.add(one.get("firstMillis"));
            result.setAll((ObjectNode) one);
        }
        result.set("firstMillis", first);
        System.out.println(result);
        return result;
    }

    private static JsonNode child(String... arguments) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        ProcessBuilder builder = new ProcessBuilder(
                java, "-Xmx1g", "-cp", System.getProperty("java.class.path"), OnePolicy.class.getName());
        builder.command().addAll(List.of(arguments));
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        byte[] output = process.getInputStream().readAllBytes();
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", builder.command()) + " ended with " + process.exitValue());
        }
        return JSON.readTree(output);
    }
}
