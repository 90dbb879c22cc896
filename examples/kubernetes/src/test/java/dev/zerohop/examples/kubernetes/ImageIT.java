package dev.zerohop.examples.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the images hold and start. They are looked at, not run: that needs a container engine. */
class ImageIT {

    @ParameterizedTest
    @CsvSource({
        "../kubernetes/target/orders-server.tar, dev.zerohop.examples.kubernetes.OrdersServer, zerohop/orders-server",
        "../kubernetes/target/orders-client.tar, dev.zerohop.examples.kubernetes.OrdersClient, zerohop/orders-client",
        "../../apps/zerohop-image/target/zerohop.tar, dev.zerohop.cli.Main, zerohop/zerohop"
    })
    void startsTheProgramAsAnUnprivilegedUserWithItsLibraries(Path tar, String mainClass, String name)
            throws IOException {
        Map<String, byte[]> image = entries(Files.readAllBytes(tar));
        ObjectMapper json = new ObjectMapper();
        JsonNode manifest = json.readTree(image.get("manifest.json")).get(0);
        assertThat(manifest.get("RepoTags").get(0).asText()).startsWith(name + ":");
        JsonNode config =
                json.readTree(image.get(manifest.get("Config").asText())).get("config");
        assertThat(config.get("User").asText()).isEqualTo("65532:65532");
        assertThat(config.get("Entrypoint"))
                .extracting(JsonNode::asText)
                .startsWith("java", "-XX:MaxRAMPercentage=75", "-cp")
                .endsWith(mainClass);

        Set<String> files = new TreeSet<>();
        for (JsonNode layer : manifest.get("Layers")) {
            byte[] packed = image.get(layer.asText());
            files.addAll(entries(new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes())
                    .keySet());
        }
        assertThat(files).anyMatch(file -> file.matches("app/libs/lb-core-.*\\.jar"));
        assertThat(files).anyMatch(file -> file.matches("app/libs/lb-k8s-discovery-.*\\.jar"));
        // The command line takes every kind of target.
        assertThat(files.stream().anyMatch(file -> file.matches("app/libs/lb-dns-.*\\.jar")))
                .isEqualTo(mainClass.equals("dev.zerohop.cli.Main"));
        assertThat(files)
                .anyMatch(file -> file.equals("app/classes/" + mainClass.replace('.', '/') + ".class")
                        || file.matches("app/libs/zerohop-cli-.*\\.jar"));
        assertThat(files).noneMatch(file -> file.contains("junit") || file.contains("server-mock"));
    }

    private static Map<String, byte[]> entries(byte[] tar) throws IOException {
        Map<String, byte[]> entries = new HashMap<>();
        try (TarArchiveInputStream in = new TarArchiveInputStream(new ByteArrayInputStream(tar))) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (!entry.isDirectory()) {
                    entries.put(entry.getName(), in.readAllBytes());
                }
            }
        }
        return entries;
    }
}
