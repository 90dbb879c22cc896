package dev.zerohop.sim.sockets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.sim.PolicyResult;
import dev.zerohop.sim.Recording;
import dev.zerohop.sim.Replay;
import dev.zerohop.sim.Scenario;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Processes, sockets and clients work together. What policies do with them is {@link OrderOfPoliciesTest}'s. */
class SocketsTest {
    private static final String SCENARIO = """
            {"duration": "2s", "timeout": "60s", "arrivals": {"rate": 60}, "demand": {"mean": "1ms"}, "clients": {"count": 2},
             "servers": [{"id": "slow", "concurrency": 100, "faults": [{"kind": "takes", "time": "300ms", "from": "1s", "to": "90s"}]},
                         {"id": "faulty", "faults": [{"kind": "fail"}]},
                         {"id": "full", "faults": [{"kind": "fail", "outcome": "OVERLOADED"}]}],
             "policies": ["round_robin"]}""";

    private static Scenario scenario() {
        return Scenario.read("small", SCENARIO);
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void callsArriveAndFaultsShow(Transport transport) throws Exception {
        Scenario scenario = scenario();
        Replay replay = Replay.of(scenario);
        SocketComparison.Results results =
                SocketComparison.run(replay, scenario.policies(), List.of(3L), transport, (runs, of) -> {}, 0);
        PolicyResult result = results.policies().get(0);
        long planned = 0;
        Replay.Calls calls = replay.calls(3);
        while (calls.next() != null) {
            planned++;
        }
        assertThat(result.calls()).isEqualTo(planned);
        assertThat(result.failures()).containsOnlyKeys("ERROR_RESPONSE", "OVERLOADED");
        assertThat(results.failuresByServer().get(0))
                .isEqualTo(Map.of(
                        "slow",
                        0L,
                        "faulty",
                        result.failures().get("ERROR_RESPONSE"),
                        "full",
                        result.failures().get("OVERLOADED")));
        assertThat(result.share().values()).allMatch(share -> share > 0.2);
        assertThat(result.retries()).isZero();
        assertThat(result.connections().value()).isEqualTo(6);
        assertThat(result.latencyMillis(0.99).value())
                .as("of those that were answered well")
                .isGreaterThanOrEqualTo(300);
        assertThat(results.machine().busy()).isPositive();
        assertThat(result.probes().value()).isZero();
    }

    /** Without a transport for probes there would be none. */
    @ParameterizedTest
    @EnumSource(Transport.class)
    void probesOfTheirLoadArriveAtServers(Transport transport) throws Exception {
        Scenario scenario = Scenario.read("probed", """
                {"duration": "2s", "measureFrom": "500ms", "timeout": "60s", "arrivals": {"rate": 60}, "demand": {"mean": "1ms"},
                 "clients": {"count": 2}, "servers": [{"id": "s", "count": 4, "concurrency": 10}], "reports": true,
                 "configuration": {"stages": {"subset": {"size": 2, "clients": 2}}}, "policies": ["prequal"]}""");
        PolicyResult result = SocketComparison.run(
                        Replay.of(scenario), scenario.policies(), List.of(3L), transport, (runs, of) -> {}, 0)
                .policies()
                .get(0);
        assertThat(result.probes().value()).isGreaterThan(result.calls() / 2.0);
        assertThat(result.connections().value())
                .as("each of two clients has two servers of its own")
                .isEqualTo(4);
        assertThat(result.share().values()).allMatch(share -> share > 0);
    }

    @Test
    void whateverIsThrownEndsTheCall() throws Exception {
        Scenario scenario = scenario();
        Replay replay = Replay.of(scenario);
        Recording recording = replay.newRecording();
        CountDownLatch over = new CountDownLatch(1);
        Replay.PlannedCall ofNoClient = new Replay.PlannedCall(0, 7, 1_000_000);
        try (ServerProcesses servers = new ServerProcesses(replay);
                HttpClients clients = HttpClients.of(
                        servers, client -> Replay.settings(scenario.policies().get(0), client), 1)) {
            clients.call(
                    new RunningCall(ofNoClient, recording, System.nanoTime(), replay.timeoutNanos(), over::countDown));
            assertThat(over.await(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(replay.result(scenario.policies().get(0), List.of(1L), List.of(recording))
                        .failures())
                .isEqualTo(Map.of("TRANSPORT_FAILURE", 1L));
    }

    @Test
    void anInterruptEndsAWaitForServers() throws Exception {
        try (ServerProcesses servers = new ServerProcesses(Replay.of(scenario()))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> servers.command(ServerMain.END)).isInstanceOf(InterruptedException.class);
        } finally {
            assertThat(Thread.interrupted()).isFalse();
        }
    }

    @Test
    void serversEndWithAClientThatIsKilled() throws Exception {
        Process client = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Client.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out = client.inputReader(StandardCharsets.UTF_8)) {
            List<Integer> ports = new ArrayList<>();
            for (String port : out.readLine().split(" ")) {
                ports.add(Integer.valueOf(port));
            }
            assertThat(ports).hasSize(3).allMatch(SocketsTest::listens);
            client.destroyForcibly();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .untilAsserted(() -> assertThat(ports).noneMatch(SocketsTest::listens));
        } finally {
            client.destroyForcibly();
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    /** Starts servers, names their ports and never ends by itself. */
    static final class Client {
        private Client() {}

        @SuppressWarnings("SystemOut")
        public static void main(String[] args) throws Exception {
            try (ServerProcesses servers = new ServerProcesses(Replay.of(scenario()))) {
                List<String> ports = new ArrayList<>();
                servers.placeByPort(Transport.HTTP).keySet().forEach(port -> ports.add(port.toString()));
                System.out.println(String.join(" ", ports));
                Thread.currentThread().join();
            }
        }
    }
}
