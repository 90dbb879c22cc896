package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.PickContext;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What stands around a policy of grpc-java, by itself. */
class GrpcBalancerTest {
    private static final int SERVERS = 10;
    private static final int KEYS = 2_000;

    private final Scenario scenario = Sims.scenario("{\"duration\": \"10s\", \"arrivals\": {\"rate\": 1}, "
            + "\"network\": {\"connect\": \"10ms\"}, \"servers\": [{\"id\": \"s\", \"count\": " + SERVERS + "}]}");
    private final Events events = new Events(VirtualTime.START_NANOS);
    private final World world = new World(scenario, events, new Recorder(scenario, events, null));
    private final ControlPlane control = new ControlPlane(world, scenario, 1);

    private ClientBalancer started(String policy, EndpointSet endpoints) {
        Env env = new Env(new VirtualTime(events), Stream.of(1, Stream.Purpose.BALANCERS), Runnable::run);
        ClientBalancer balancer = scenario.policy(policy).balancers().create(0, null, env, world);
        balancer.update(endpoints);
        balancer.start();
        return balancer;
    }

    /** The servers of the scenario; zerohop places them by the names that grpc-java always goes by, their addresses. */
    private EndpointSet servers() {
        List<Endpoint> endpoints = new ArrayList<>();
        control.running()
                .forEach(server -> endpoints.add(server.endpoint.toBuilder()
                        .attributes(Map.of(Endpoint.HASH_KEY, "/10.0.0.1:" + server.endpoint.port()))
                        .build()));
        return EndpointSet.builder("test").endpoints(endpoints).build();
    }

    private static Call call(String key) {
        Call call = new Call(new CallList(new Events(0), 1));
        call.context = PickContext.of(EndpointSelector.of(key));
        return call;
    }

    /**
     * Who gets a key. For a key behind the last of its entries grpc-java stays at that one instead of going on to the first (one key in as many as there are entries, here 1,030), which zerohop does not; all
     * others go to the same server.
     */
    @Test
    void keysGoToTheSameServerAsUnderZerohopsRingHash() {
        ClientBalancer grpc = started("grpc:ring_hash", servers());
        ClientBalancer zerohop = started("ring_hash", servers());
        int others = 0;
        for (int i = 0; i < KEYS; i++) {
            Call call = call("key-" + i);
            if (grpc.pick(call) == Pick.None.WAITS) {
                // A connection is made when a key first needs it.
                while (events.step(events.nowNanos() + 20_000_000)) {}
            }
            others += grpc.pick(call).server() == zerohop.pick(call).server() ? 0 : 1;
        }
        assertThat(others).isLessThanOrEqualTo(10);
    }

    /** The channel's own pauses: 1 s and 1.6 times as long each time, a fifth more or less. */
    @Test
    void aServerThatRefusesIsTriedAgainAfterGrowingPauses() {
        GrpcBalancer balancer = (GrpcBalancer) started("grpc:round_robin", servers());
        while (events.step(events.nowNanos() + 20_000_000)) {}
        Server server = world.server(1);
        GrpcConnection connection = new GrpcConnection(
                balancer,
                server,
                LoadBalancer.CreateSubchannelArgs.newBuilder()
                        .setAddresses(new EquivalentAddressGroup(InetSocketAddress.createUnresolved("a", 1)))
                        .build());
        List<ConnectivityState> states = new ArrayList<>();
        List<Double> tries = new ArrayList<>();
        connection.start(state -> {
            states.add(state.getState());
            if (state.getState() == ConnectivityState.CONNECTING) {
                tries.add(events.nowNanos() / 1e9);
            }
        });
        connection.requestConnection();
        run(1);
        assertThat(states).containsExactly(ConnectivityState.CONNECTING, ConnectivityState.READY);
        assertThat(connection.isReady()).isTrue();

        server.stop();
        run(1);
        assertThat(states).endsWith(ConnectivityState.IDLE);
        tries.clear();
        connection.requestConnection();
        run(13);
        assertThat(states).endsWith(ConnectivityState.TRANSIENT_FAILURE);
        assertThat(tries).hasSize(5);
        double pause = 1;
        for (int i = 1; i < tries.size(); i++) {
            assertThat(tries.get(i) - tries.get(i - 1)).isCloseTo(pause, within(pause / 5));
            pause *= 1.6;
        }
        connection.shutdown();
        run(30);
        assertThat(tries).hasSize(5);
    }

    private void run(int seconds) {
        long end = events.nowNanos() + seconds * Times.SECOND;
        while (events.step(end)) {}
    }
}
