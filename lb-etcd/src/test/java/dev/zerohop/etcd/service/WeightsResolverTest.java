package dev.zerohop.etcd.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.Target;
import dev.zerohop.etcd.client.FakeSource;
import dev.zerohop.etcd.client.FakeStore;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.ManualResolver;
import dev.zerohop.testing.ResolutionRecorder;
import dev.zerohop.testing.ResolverContract;
import dev.zerohop.testing.ScriptedResolver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class WeightsResolverTest extends ResolverContract {
    private final ServiceKeys keys = new ServiceKeys("orders");
    private final FakeSource etcd = new FakeSource(env);
    private final FakeStore store = etcd.store;
    private final ScriptedResolver members = new ScriptedResolver();
    private final ResolutionRecorder heard = new ResolutionRecorder();

    private Resolver over(Resolver source) {
        return new WeightsResolver("weighted", source, etcd.source, new ServiceKeys("orders"));
    }

    @Override
    protected Resolver resolverOver(List<Endpoint> endpoints) {
        ManualResolver source = new ManualResolver("members", env);
        source.set(endpoints);
        return over(source);
    }

    private static Endpoint endpoint(String id) {
        return Endpoint.builder("10.0.0.1", 80).id(id).build();
    }

    private List<Integer> weights() {
        return heard.last().endpoints().stream().map(Endpoint::weight).toList();
    }

    @Test
    void theFirstMembersArePublishedWithTheirWeights() {
        store.put(keys.weights(), "{\"a\": 0, \"later\": 7}");
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"), endpoint("b"));
            assertThat(heard.sets).hasSize(1);
            assertThat(weights()).containsExactly(0, 1);
            members.push(endpoint("a"), endpoint("later"));
            assertThat(weights()).containsExactly(0, 7);
            store.put(keys.weights(), "{\"a\": 5}");
            assertThat(weights()).containsExactly(5, 1);
            store.delete(keys.weights());
            assertThat(weights()).containsExactly(1, 1);
        }
        assertThat(etcd.uses).isZero();
        assertThat(members.running()).isFalse();
    }

    @Test
    void whileEtcdIsAwayTheLastWeightsStayAndMembersGoOn() {
        store.put(keys.weights(), "{\"a\": 5, \"b\": 6}");
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"));
            store.goAway();
            members.push(endpoint("a"), endpoint("b"));
            assertThat(weights()).containsExactly(5, 6);
            assertThat(heard.last().stale()).isFalse();
            assertThat(heard.errors).isEmpty();
            store.readFailure = null;
            store.losePut(keys.weights(), "{\"a\": 1, \"b\": 2}");
            settle();
            assertThat(weights()).containsExactly(1, 2);
        } catch (Exception failed) {
            throw new AssertionError(failed);
        }
    }

    @Test
    void anEtcdThatFailsAtTheStartDelaysNoEndpoint() {
        store.readFailure = FakeStore.unreachable();
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"));
            assertThat(weights()).containsExactly(1);
        }
    }

    @Test
    void theFirstMembersWaitForTheWeightsButNotForEver() {
        store.silent = true;
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"));
            assertThat(heard.sets).isEmpty();
            time.advance(OverlayResolver.PATIENCE);
            assertThat(weights()).containsExactly(1);
        }
    }

    @Test
    void whileTheMembersSourceIsAwayWeightsGoOnAndTheSetIsStale() {
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"));
            members.fail(new IOException("gone"));
            store.put(keys.weights(), "{\"a\": 9}");
            assertThat(weights()).containsExactly(9);
            assertThat(heard.last().stale()).isTrue();
            assertThat(heard.errors).hasSize(1);
            members.push(endpoint("a"));
            assertThat(heard.last().stale()).isFalse();
        }
    }

    @Test
    void badWeightsAreRefusedOnceAndTheLastGoodOnesStay() {
        store.put(keys.weights(), "{\"a\": 5}");
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"));
            store.put(keys.weights(), "{\"a\": -5}");
            time.advance(Duration.ofMinutes(2));
            assertThat(weights()).containsExactly(5);
            assertThat(heard.rejected).hasSize(1);
            assertThat(etcd.statuses.get("orders")).hasSize(1);
        }
        assertThat(etcd.statuses.get("orders")).isEmpty();
    }

    @Test
    void withoutAClientTheMembersComeWithTheirOwnWeights() {
        etcd.unopened = new IllegalArgumentException("the CA file is gone");
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"));
            assertThat(heard.errors).containsExactly(etcd.unopened);
            assertThat(weights()).containsExactly(1);
        }
        assertThat(members.running()).isFalse();
    }

    @Test
    void weightsMayMoveInSteps() {
        try (Resolver resolver = over(members)) {
            resolver.start(heard);
            members.push(endpoint("a"));
            store.put(keys.weights(), "{\"weights\": {\"a\": 4}, \"smoothing\": {\"step\": 2, \"interval\": \"1s\"}}");
            assertThat(weights()).containsExactly(3);
            time.advance(Duration.ofSeconds(1));
            assertThat(weights()).containsExactly(4);
        }
    }

    @Test
    void theTargetFormNamesTheMembersTarget() {
        Target target = Target.parse("etcd-weights://fake:2379/orders?of=refreshing-dns%3A%2F%2F%2Forders.shop%3A8080");
        target.newResolver(Env.system()).close();
        assertThat(target.provider().tlsName(target)).isEqualTo("orders.shop");
        assertThatThrownBy(() -> Target.parse("etcd-weights://fake:2379/orders").newResolver(env))
                .hasMessageContaining("found no parameter 'of', expected one name, the service");
        assertThatThrownBy(() -> Target.parse("etcd-weights://fake:2379/orders?of=etcd%3A%2F%2Ffake:2379%2Fa")
                        .newResolver(env))
                .hasMessageContaining("position 35: found 'etcd://fake:2379/a', expected a target of another source");
        assertThatThrownBy(() ->
                        Target.parse("etcd-weights://fake:2379/orders?from=x").newResolver(env))
                .hasMessageContaining("found the parameter 'from', expected of");
    }
}
