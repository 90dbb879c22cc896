package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.LoadReport;
import dev.zerohop.report.LoadReports;
import dev.zerohop.testing.FreePorts;
import io.grpc.Channel;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Load that servers report in their trailers, over real connections: a reports twice the utilization of b and c for the same rate. */
class ReportedLoadTest {
    private static final Metadata.Key<byte[]> TRAILER =
            Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private static final int CALLS = 300;

    /** What the servers put in their trailers, by id; null for nothing. */
    private volatile Function<String, byte @Nullable []> reports = ReportedLoadTest::report;

    private static byte[] report(String id) {
        return LoadReports.toProtobuf(LoadReport.builder()
                .applicationUtilization(id.equals("a") ? 0.8 : 0.4)
                .requestsPerSecond(100)
                .build());
    }

    private final class Reporting implements ServerInterceptor {
        private final String id;

        Reporting(String id) {
            this.id = id;
        }

        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            return next.startCall(
                    new SimpleForwardingServerCall<Q, A>(call) {
                        @Override
                        public void close(Status status, Metadata trailers) {
                            byte[] report = reports.apply(id);
                            if (report != null) {
                                trailers.put(TRAILER, report);
                            }
                            super.close(status, trailers);
                        }
                    },
                    headers);
        }
    }

    private Fleet fleet() {
        Fleet fleet = new Fleet();
        for (String id : new String[] {"a", "b", "c"}) {
            fleet.servers.put(
                    id,
                    new TestServer(
                            id,
                            FreePorts.next(),
                            InsecureServerCredentials.create(),
                            builder -> builder.intercept(new Reporting(id))));
        }
        fleet.name("a", "b", "c");
        return fleet;
    }

    private static Channel channel(Fleet fleet, String expiration) {
        Channel channel = fleet.channel("{'policy': {'weighted_round_robin': {'reportedLoad': {'blackoutPeriod': '0s',"
                + " 'weightUpdatePeriod': '100ms', 'weightExpirationPeriod': '" + expiration + "'}}}}");
        await().untilAsserted(() -> {
            TestServer.call(channel);
            assertThat(fleet.servers.values())
                    .allSatisfy(server -> assertThat(server.log).isNotEmpty());
        });
        return channel;
    }

    private static double shareOfA(Channel channel) {
        int ofA = 0;
        for (int i = 0; i < CALLS; i++) {
            ofA += TestServer.call(channel).equals("a") ? 1 : 0;
        }
        return (double) ofA / CALLS;
    }

    @Test
    void aServerOfTwiceTheUtilizationGetsHalfAsMuchAndReportsThatCannotBeReadChangeNothing() throws Exception {
        try (Fleet fleet = fleet()) {
            Channel channel = channel(fleet, "1h");
            await().untilAsserted(() -> assertThat(shareOfA(channel)).isBetween(0.17, 0.23));
            reports = id -> new byte[] {(byte) 0xFF, 1, 2};
            assertThat(shareOfA(channel)).isBetween(0.17, 0.23);
            reports = id -> null;
            assertThat(shareOfA(channel)).isBetween(0.17, 0.23);
        }
    }

    @Test
    void whenTheReportsStopTheWeightsExpire() throws Exception {
        try (Fleet fleet = fleet()) {
            Channel channel = channel(fleet, "2s");
            await().untilAsserted(() -> assertThat(shareOfA(channel)).isBetween(0.17, 0.23));
            reports = id -> null;
            await().untilAsserted(() -> assertThat(shareOfA(channel)).isBetween(0.30, 0.36));
        }
    }
}
