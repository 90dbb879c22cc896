package dev.zerohop.okhttp;

import static dev.zerohop.okhttp.Rig.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.BalancerSettings;
import dev.zerohop.LoadReport;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ReportedWeights;
import dev.zerohop.report.LoadReports;
import java.io.IOException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import mockwebserver3.MockResponse;
import org.junit.jupiter.api.Test;

/** Load that servers report in a header, over real connections: s0 reports twice the utilization of the others for the same rate. */
class ReportedLoadTest {
    private static final int CALLS = 300;

    private static Rig rig(Duration expiration) {
        return new Rig(BalancerSettings.of(Pickers.weightedRoundRobin(ReportedWeights.builder()
                .blackoutPeriod(Duration.ZERO)
                .weightUpdatePeriod(Duration.ofMillis(100))
                .weightExpirationPeriod(expiration)
                .build())));
    }

    private static void answer(TestServer server, String header, String value) {
        server.answers(new MockResponse.Builder().addHeader(header, value).body(server.id));
    }

    private static double shareOfTheFirst(Rig rig) throws IOException {
        int ofFirst = 0;
        for (int i = 0; i < CALLS; i++) {
            ofFirst += rig.text("/").equals("s0") ? 1 : 0;
        }
        return (double) ofFirst / CALLS;
    }

    @Test
    void aServerOfTwiceTheUtilizationGetsHalfAsMuchInWhateverFormItSaysSo() throws IOException {
        LoadReport other =
                LoadReport.builder().cpuUtilization(0.4).requestsPerSecond(100).build();
        try (Rig rig = rig(Duration.ofHours(1))) {
            List<TestServer> servers = rig.servers(3);
            answer(servers.get(0), "endpoint-load-metrics", "TEXT application_utilization=0.8,rps_fractional=100");
            answer(servers.get(1), "Endpoint-Load-Metrics", LoadReports.toHeader(other));
            answer(
                    servers.get(2),
                    "endpoint-load-metrics-bin",
                    Base64.getEncoder().withoutPadding().encodeToString(LoadReports.toProtobuf(other)));
            await().untilAsserted(() -> assertThat(shareOfTheFirst(rig)).isBetween(0.17, 0.23));
            for (TestServer server : servers) {
                answer(server, "endpoint-load-metrics", "JSON nothing of the kind");
            }
            assertThat(shareOfTheFirst(rig)).isBetween(0.17, 0.23);
        }
    }

    @Test
    void whenTheReportsStopTheWeightsExpire() throws IOException {
        try (Rig rig = rig(Duration.ofSeconds(2))) {
            List<TestServer> servers = rig.servers(3);
            for (TestServer server : servers) {
                answer(
                        server,
                        "endpoint-load-metrics",
                        "JSON {\"rps_fractional\": 100, \"cpu_utilization\": " + (server == servers.get(0) ? 0.8 : 0.4)
                                + "}");
            }
            await().untilAsserted(() -> assertThat(shareOfTheFirst(rig)).isBetween(0.17, 0.23));
            for (TestServer server : servers) {
                answer(server, "X-Other", "1");
            }
            await().untilAsserted(() -> assertThat(shareOfTheFirst(rig)).isBetween(0.30, 0.36));
        }
    }
}
