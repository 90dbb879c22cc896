package dev.zerohop.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.LoadReport;
import dev.zerohop.report.LoadReports;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.services.MetricRecorder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.xds.orca.OrcaMetricReportingServerInterceptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

/** With grpc-java in one process, over real connections: its policy reads our trailers, and ours those that it writes. A call takes twice as much of the first server as of the others. */
class GrpcCompatibilityTest {
    private static final int CALLS = 300;

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
    }

    /** Three reporters whose utilization is their rate times what a call costs there, at the first twice as much as at the others. */
    private static List<LoadReporter> reporters() {
        List<LoadReporter> reporters = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            double perCall = i == 0 ? 0.002 : 0.001;
            AtomicReference<LoadReporter> self = new AtomicReference<>();
            LoadReporter reporter = LoadReporter.builder()
                    .applicationUtilization(() -> self.get().requestsPerSecond() * perCall)
                    .build();
            self.set(reporter);
            reporters.add(reporter);
        }
        return reporters;
    }

    private static Map<String, ?> config(String policy, Map<String, ?> options) {
        return Map.of("loadBalancingConfig", List.of(Map.of(policy, options)));
    }

    private static void halfAsMuch(ManagedChannel channel) {
        try {
            await().untilAsserted(() ->
                    assertThat(Servers.shareOfTheFirst(channel, CALLS)).isBetween(0.17, 0.23));
        } finally {
            channel.shutdownNow();
        }
    }

    private static ManagedChannel ofZerohop(Servers servers) {
        return Grpc.newChannelBuilder(servers.zerohopTarget(), InsecureChannelCredentials.create())
                .defaultServiceConfig(config(
                        "zerohop",
                        Map.of(
                                "policy",
                                Map.of(
                                        "weighted_round_robin",
                                        Map.of(
                                                "reportedLoad",
                                                Map.of("blackoutPeriod", "0s", "weightUpdatePeriod", "100ms"))))))
                .build();
    }

    @Test
    void thePolicyOfGrpcReadsOurReports() throws Exception {
        List<LoadReporter> reporters = reporters();
        try (Servers servers = new Servers(3, i -> new LoadReportInterceptor(reporters.get(i)))) {
            NameResolverProvider provider = servers.provider();
            NameResolverRegistry.getDefaultRegistry().register(provider);
            try {
                halfAsMuch(Grpc.newChannelBuilder("servers:///", InsecureChannelCredentials.create())
                        .defaultServiceConfig(config(
                                "weighted_round_robin", Map.of("blackoutPeriod", "0s", "weightUpdatePeriod", "0.1s")))
                        .build());
            } finally {
                NameResolverRegistry.getDefaultRegistry().deregister(provider);
            }
        }
    }

    /** gRPC's client of reports out of band, which does not look at trailers. */
    @Test
    void thePolicyOfGrpcFollowsOurStreams() throws Exception {
        List<LoadReporter> reporters = reporters();
        List<LoadReportService> services = new ArrayList<>();
        reporters.forEach(reporter -> services.add(new LoadReportService(reporter, Duration.ofMillis(50))));
        try (Servers servers =
                new Servers(3, i -> new LoadReportInterceptor(reporters.get(i)), i -> List.of(services.get(i)))) {
            NameResolverProvider provider = servers.provider();
            NameResolverRegistry.getDefaultRegistry().register(provider);
            try {
                halfAsMuch(Grpc.newChannelBuilder("servers:///", InsecureChannelCredentials.create())
                        .defaultServiceConfig(config(
                                "weighted_round_robin",
                                Map.of(
                                        "blackoutPeriod",
                                        "0s",
                                        "weightUpdatePeriod",
                                        "0.1s",
                                        "enableOobLoadReport",
                                        true,
                                        "oobReportingPeriod",
                                        "0.1s")))
                        .build());
                // The channel is closed by now, and its streams with it.
                await().untilAsserted(() -> services.forEach(
                        service -> assertThat(service.streams()).isZero()));
            } finally {
                NameResolverRegistry.getDefaultRegistry().deregister(provider);
            }
        }
    }

    @Test
    void ourPolicyReadsOurReports() throws Exception {
        List<LoadReporter> reporters = reporters();
        try (Servers servers = new Servers(3, i -> new LoadReportInterceptor(reporters.get(i)))) {
            halfAsMuch(ofZerohop(servers));
        }
    }

    @Test
    void ourPolicyReadsTheReportsOfGrpc() throws Exception {
        try (Servers servers = new Servers(3, i -> {
            MetricRecorder recorder = MetricRecorder.newInstance();
            recorder.setCpuUtilizationMetric(i == 0 ? 0.8 : 0.4);
            recorder.setQpsMetric(100);
            return OrcaMetricReportingServerInterceptor.create(recorder);
        })) {
            halfAsMuch(ofZerohop(servers));
        }
    }

    @Test
    void failedCallsBringAReportAndCountAsErrors() throws Exception {
        LoadReporter reporter = LoadReporter.create();
        try (Servers servers = new Servers(1, i -> new LoadReportInterceptor(reporter))) {
            ManagedChannel channel = Grpc.newChannelBuilder(
                            "127.0.0.1:" + servers.running.get(0).getPort(), InsecureChannelCredentials.create())
                    .build();
            AtomicReference<Metadata> headers = new AtomicReference<>();
            AtomicReference<Metadata> trailers = new AtomicReference<>();
            await().untilAsserted(() -> {
                try {
                    ClientCalls.blockingUnaryCall(
                            ClientInterceptors.intercept(
                                    channel, MetadataUtils.newCaptureMetadataInterceptor(headers, trailers)),
                            Servers.WHO,
                            CallOptions.DEFAULT.withWaitForReady(),
                            "fail");
                } catch (StatusRuntimeException failed) {
                    assertThat(failed.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                }
                byte[] report = trailers.get()
                        .get(Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER));
                LoadReport read = LoadReports.ofProtobuf(report);
                assertThat(read.errorsPerSecond()).isGreaterThan(0);
                assertThat(read.metric("named_metrics.requests_in_flight", -1)).isZero();
            });
            channel.shutdownNow();
            await().untilAsserted(() ->
                    assertThat(reporter.report().namedMetrics()).containsEntry("requests_in_flight", 0.0));
        }
    }
}
