package dev.zerohop.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.apps.EtcdProcess;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gateway while etcd is away. */
class GatewayOutageTest {
    @TempDir
    private Path directory;

    @Test
    void itListensWithoutEtcdAndServesWhenItComesAndWhenItGoesAgain() throws Exception {
        EtcdProcess etcd = EtcdProcess.stopped(directory);
        GatewayRig rig = new GatewayRig(etcd);
        try (etcd;
                rig) {
            Upstream upstream = rig.with(Upstream.named("u"));
            Gateway gateway = rig.gateway("wrr", "n1");
            HttpResponse<String> early = rig.get(gateway, "/function/f");
            assertThat(early.statusCode()).isEqualTo(503);
            assertThat(early.headers().firstValue("Retry-After")).contains("1");
            assertThat(early.body()).contains("etcd has not answered yet");
            etcd.start();
            rig.function("f", Map.of(upstream.address(), 1));
            rig.awaitServed(gateway, "/function/f", "u");
            assertThat(rig.log)
                    .anyMatch(line -> line.startsWith("etcd cannot be read"))
                    .contains("etcd answers");
            etcd.kill();
            GatewayRig.await()
                    .until(() -> rig.log.get(rig.log.size() - 1).startsWith("etcd cannot be read")
                            || rig.log.stream()
                                            .filter(line -> line.startsWith("etcd cannot"))
                                            .count()
                                    == 2);
            for (int i = 0; i < 20; i++) {
                assertThat(rig.get(gateway, "/function/f").body()).isEqualTo("u");
            }
            assertThat(rig.get(gateway, "/function/unknown").statusCode()).isEqualTo(404);
            etcd.start();
            etcd.delete("golb/function/zone-b/f");
            GatewayRig.await().until(() -> rig.get(gateway, "/function/f").statusCode() == 404);
        }
    }
}
